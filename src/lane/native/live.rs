//! Which slots are needed after a list of instructions: only those go to memory.

use super::slot;
use crate::lane::isa::{Instruction, Item, Repeat};
use std::collections::BTreeSet;

pub type Slots = BTreeSet<usize>;

/// What is needed before these instructions, given what is needed after them.
pub fn before(list: &[Instruction], after: &Slots) -> Slots {
    let mut live = after.clone();
    for instruction in list.iter().rev() {
        let updates = instruction.updates();
        if let Some(slot) = slot(instruction.d).filter(|_| !updates) {
            live.remove(&slot);
        }
        let reads = instruction.operands.iter().flatten().copied().chain(updates.then_some(instruction.d));
        live.extend(reads.filter_map(slot));
    }
    live
}

/// The same for items.
pub fn before_items(items: &[Item], after: &Slots) -> Slots {
    items.iter().rev().fold(after.clone(), |live, item| match item {
        Item::Run(list) => before(list, &live),
        Item::Loop(repeat) => before_loop(repeat, &live),
    })
}

/// What is needed at the points of a loop.
pub struct Points {
    /// At the top of an iteration
    pub top: Slots,
    /// After the head
    pub head: Slots,
    /// After the test
    pub test: Slots,
    /// After the body
    pub body: Slots,
    /// After the update
    pub update: Slots,
}

/// Finds them: what an iteration needs, the one before it has to keep.
pub fn points(repeat: &Repeat, after: &Slots) -> Points {
    let mut top = after.clone();
    top.insert(repeat.mask);
    loop {
        let update = top.clone();
        let body = before(&repeat.update, &update);
        let mut test = &before_items(&repeat.body, &body) | after;
        test.insert(repeat.mask);
        let head = before(&repeat.test, &test);
        let needed = before_items(&repeat.head, &head);
        if needed.is_subset(&top) {
            return Points { top, head, test, body, update };
        }
        top.extend(needed);
    }
}

fn before_loop(repeat: &Repeat, after: &Slots) -> Slots {
    let mut live = before(&repeat.start, &points(repeat, after).top);
    live.remove(&repeat.mask);
    live.extend(repeat.outer);
    live
}
