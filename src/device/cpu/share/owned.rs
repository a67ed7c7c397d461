//! The part of a member that a share owns: where its planes lie, what its kernel reads and stores.

use super::{Owned, Piece, Sent, fill, padded};
use crate::device::cpu::Compiled;
use crate::lane::{NodeId, Planes, Scalars, Uniforms};
use crate::program::{Kernel, Leaf, Member, Program};

impl Owned {
    pub(super) fn new(
        program: &Program,
        compiled: &Compiled,
        place: (usize, usize),
        range: (u32, u32),
        (partition, copy): (usize, u32),
        arena: &mut Vec<u32>,
    ) -> Owned {
        let (first, len) = range;
        let kernel = &program.kernels[place.0];
        let member = &kernel.members[place.1];
        let mut plane = |words: &[u32]| {
            let offset = arena.len();
            arena.resize(offset + padded(len), 0);
            fill(&mut arena[offset..], words, first, len);
            offset
        };
        let state: Vec<usize> = member.state.iter().map(|words| plane(words)).collect();
        let constants: Vec<Option<usize>> = (kernel.constants.iter().zip(&member.constants))
            .map(|(constant, words)| constant.each.then(|| plane(words)))
            .collect();
        let mut output = |node: &Option<NodeId>| node.map(|_| plane(&[0]));
        let (fired, value) = (output(&kernel.fired), output(&kernel.value));
        let outlets: Vec<Sent> = (kernel.outlets.iter().zip(&member.outlets))
            .map(|(outlet, number)| Sent {
                when: output(&outlet.when),
                value: output(&Some(outlet.value)).expect("a value has a plane"),
                first: number + first,
            })
            .collect();
        let recorded: Vec<usize> = kernel.recorded.iter().map(|_| plane(&[0])).collect();
        let share = &program.partitions[partition];
        let first_slot = share.first_slot + copy * (program.slots / program.copies());
        let slots: Vec<usize> =
            member.slots[partition].iter().map(|slot| (slot - first_slot) as usize).collect();
        let (mut moving, mut arrivals) = (vec![], vec![]);
        let leaves = compiled.reads.iter().enumerate().map(|(position, leaf)| match leaf {
            Leaf::State(k) => state[*k as usize],
            Leaf::Constant(k) => constants[*k as usize].expect("planes are constants of each element"),
            Leaf::Arrival(port) => {
                moving.push(position);
                arrivals.push(slots[*port as usize]);
                0
            }
            Leaf::Step => unreachable!("the step has no plane"),
        });
        let leaves = leaves.collect();
        let sent = outlets.iter().flat_map(|outlet| outlet.when.into_iter().chain([outlet.value]));
        let outputs =
            state.iter().chain(&fired).chain(&value).chain(&recorded).copied().chain(sent).collect();
        let uniforms = uniforms(compiled, kernel, member);
        let bound = compiled.kernel.bind(Planes { leaves, outputs }, moving, len as usize);
        let steady = steady(compiled, &uniforms);
        Owned {
            kernel: place.0,
            member: place.1,
            first,
            len,
            state,
            constants,
            bound,
            arrivals,
            steady,
            slots,
            fired,
            value,
            recorded,
            outlets,
            uniforms,
        }
    }

    /// The recorded ranges within the owned elements.
    pub(super) fn pieces(&self, program: &Program, position: usize) -> Vec<Piece> {
        let kernel = &program.kernels[self.kernel];
        let owned = kernel.members[self.member].traces.iter().filter_map(|recorded| {
            let low = recorded.first.max(self.first);
            let high = (recorded.first + recorded.len).min(self.first + self.len);
            (low < high).then(|| Piece {
                owned: position,
                trace: recorded.trace,
                value: recorded.value as usize,
                first: (low - self.first) as usize,
                len: (high - low) as usize,
                column: recorded.column + low - recorded.first,
                ty: kernel.graph.ty(kernel.recorded[recorded.value as usize]),
                first_row: 0,
                rows: vec![],
            })
        });
        owned.collect()
    }
}

/// What all elements of a member share, evaluated.
pub(super) fn uniforms(compiled: &Compiled, kernel: &Kernel, member: &Member) -> Uniforms {
    compiled.kernel.uniforms(&|id| match compiled.leaves[id.index()] {
        Some(Leaf::Constant(k)) if !kernel.constants[k as usize].each => member.constants[k as usize][0],
        _ => 0,
    })
}

/// What all elements share in a step, where that does not depend on the step.
pub(super) fn steady(compiled: &Compiled, uniforms: &Uniforms) -> Option<Scalars> {
    compiled.kernel.is_steady().then(|| compiled.kernel.at_step(uniforms, &|_| 0))
}
