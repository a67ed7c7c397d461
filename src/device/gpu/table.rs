//! What a kernel reads that does not change, and the state that it starts with, as words.

use crate::compile::kernel::{MEMBER, TRACE, member_words, words};
use crate::program::{GROUP, Kernel, Member, Program, Recorded};

/// What a kernel knows as `tables`, and where its planes of constants begin.
pub(super) fn tables(program: &Program, kernel: &Kernel) -> (Vec<u32>, u32) {
    let mut all = records(program, kernel);
    let planes = all.len() as u32;
    let own = (0..kernel.constants.len()).filter(|k| kernel.constants[*k].each);
    all.extend(own.flat_map(|k| plane(kernel, |member| &member.constants[k])));
    (all, planes)
}

/// Where each group's member record begins, the records, their traces.
fn records(program: &Program, kernel: &Kernel) -> Vec<u32> {
    let shared = kernel.constants.iter().filter(|constant| !constant.each).count();
    let record = member_words(kernel) as usize + shared;
    let records = (kernel.len / GROUP) as usize;
    let mut traces = (records + record * kernel.members.len()) as u32;
    // groups without a member find the first one and lie outside of it
    let mut out = vec![records as u32; records];
    let mut rows = vec![];
    for member in &kernel.members {
        let (group, place) = ((member.first - kernel.first) / GROUP, out.len() as u32);
        out[group as usize..][..(member.padded() / GROUP) as usize].fill(place);
        let end = traces + (member.traces.len() * TRACE.len()) as u32;
        let header = [
            ("first", member.first - kernel.first),
            ("size", member.size),
            ("traces", traces),
            ("traces_end", end),
        ];
        out.extend(words(MEMBER, header));
        out.extend(member.slots.first().into_iter().flatten());
        out.extend(&member.outlets);
        out.extend(shared_constants(kernel, member));
        rows.extend(member.traces.iter().flat_map(|recorded| trace(program, recorded)));
        traces = end;
    }
    out.extend(rows);
    out
}

fn trace(program: &Program, recorded: &Recorded) -> [u32; TRACE.len()] {
    let trace = &program.traces[recorded.trace as usize];
    let values = [
        ("number", recorded.trace),
        ("value", recorded.value),
        ("first", recorded.first),
        ("len", recorded.len),
        ("column", recorded.column),
        ("every", trace.every),
        ("width", trace.width),
    ];
    words(TRACE, values)
}

fn shared_constants<'a>(kernel: &'a Kernel, member: &'a Member) -> impl Iterator<Item = u32> + 'a {
    let pairs = kernel.constants.iter().zip(&member.constants);
    pairs.filter(|(constant, _)| !constant.each).map(|(_, values)| values[0])
}

/// One plane for each state variable.
pub(super) fn initial_state(kernel: &Kernel) -> Vec<u32> {
    (0..kernel.state.len()).flat_map(|k| plane(kernel, |member| &member.state[k])).collect()
}

/// A plane of the kernel from the members' values, each one for all or one per element.
pub(super) fn plane<'a>(kernel: &'a Kernel, mut values: impl FnMut(&'a Member) -> &'a Vec<u32>) -> Vec<u32> {
    let mut plane = vec![0; kernel.len as usize];
    for member in &kernel.members {
        let own = &mut plane[(member.first - kernel.first) as usize..][..member.size as usize];
        match values(member).as_slice() {
            [value] => own.fill(*value),
            values => own.copy_from_slice(values),
        }
    }
    plane
}
