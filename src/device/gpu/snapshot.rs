//! Reads and replaces all state.

use super::{Gpu, Snapshot, table};
use crate::error::Result;
use crate::program::{Kernel, Member};

impl Gpu {
    pub(super) fn read_snapshot(&mut self) -> Result<Snapshot> {
        let mut state = vec![];
        for (kernel, update) in self.program.kernels.iter().zip(&self.kernels) {
            let count = u64::from(kernel.len) * kernel.state.len() as u64;
            let words = self.adapter.download(&update.states, 0, count)?;
            let planes = |member: &Member| {
                let planes = words.chunks_exact(kernel.len as usize);
                planes.map(|plane| own(kernel, member, plane).to_vec()).collect()
            };
            state.push(kernel.members.iter().map(planes).collect());
        }
        let (depth, slots) = (self.program.depth as usize, self.program.slots as usize);
        let words = self.adapter.download(&self.buffers.ring, 0, (depth * slots) as u64)?;
        let ring = self.program.kernels.iter().map(|kernel| {
            let of_member = |member: &Member| {
                let ports = member.slots.first().into_iter().flatten();
                let rows = |slot: &u32| -> Vec<i32> {
                    let row = |k| (self.step as usize + k) % depth * slots + *slot as usize;
                    (0..depth)
                        .flat_map(|k| words[row(k)..][..member.size as usize].iter().map(|it| *it as i32))
                        .collect()
                };
                ports.map(rows).collect()
            };
            kernel.members.iter().map(of_member).collect()
        });
        Ok(Snapshot { step: self.step, state, ring: ring.collect() })
    }

    pub(super) fn write_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        snapshot.check(&self.program)?;
        for (n, (kernel, update)) in self.program.kernels.iter().zip(&self.kernels).enumerate() {
            for k in 0..kernel.state.len() {
                let mut planes = snapshot.state[n].iter();
                let plane =
                    table::plane(kernel, |_| &planes.next().expect("there is one for every member")[k]);
                self.adapter.upload(&update.states, k as u64 * u64::from(kernel.len), &plane)?;
            }
        }
        self.adapter.upload(&self.buffers.ring, 0, &self.ring_words(snapshot))?;
        let turn = [("step", snapshot.step as u32), ("halted", 0), ("window.steps", 0)];
        let turn = turn.map(|(name, word)| (self.buffers.turn(self.parity, name), word));
        let faults = ["faults[0]", "faults[1]"].map(|name| (self.buffers.fields.offset(name), u32::MAX));
        for (offset, word) in turn.into_iter().chain(faults) {
            self.adapter.upload(&self.buffers.control, offset / 4, &[word])?;
        }
        self.step = snapshot.step;
        Ok(())
    }

    fn ring_words(&self, snapshot: &Snapshot) -> Vec<u32> {
        let (depth, slots) = (self.program.depth as usize, self.program.slots as usize);
        let mut words = vec![0; depth * slots];
        for (kernel, ring) in self.program.kernels.iter().zip(&snapshot.ring) {
            for (member, ports) in kernel.members.iter().zip(ring) {
                let size = member.size as usize;
                for (slot, port) in member.slots.first().into_iter().flatten().zip(ports) {
                    for (k, row) in port.chunks_exact(size).enumerate() {
                        let place = (snapshot.step as usize + k) % depth * slots + *slot as usize;
                        words[place..][..size].copy_from_slice(bytemuck::cast_slice(row));
                    }
                }
            }
        }
        words
    }
}

/// The part of a plane that belongs to a member.
fn own<'a>(kernel: &Kernel, member: &Member, plane: &'a [u32]) -> &'a [u32] {
    &plane[(member.first - kernel.first) as usize..][..member.size as usize]
}
