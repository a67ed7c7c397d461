//! Which element and port a ring slot belongs to.

use super::Program;

/// Consecutive ring slots of the first copy: a port of consecutive elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    /// First ring slot.
    pub slot: u32,
    /// Number of slots.
    pub len: u32,
    /// Kernel, and member of the first copy.
    pub place: (usize, usize),
    /// First element of the member.
    pub first: u32,
    /// Position among [`Program::ports`].
    pub port: usize,
}

impl Program {
    /// All planes, by slot.
    pub fn planes(&self) -> Vec<Plane> {
        let mut planes = vec![];
        for (port, about) in self.ports.iter().enumerate() {
            let (kernel, member) = about.place;
            let slots = &self.kernels[kernel].members[member].slots;
            for (partition, slots) in self.partitions.iter().zip(slots) {
                let (first, len) = partition.elements[kernel][member];
                planes.push(Plane { slot: slots[about.number], len, place: about.place, first, port });
            }
        }
        planes.retain(|plane| plane.len > 0);
        planes.sort_unstable_by_key(|plane| plane.slot);
        planes
    }
}
