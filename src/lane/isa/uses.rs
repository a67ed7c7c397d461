//! What instructions find where they begin: the values that must be there when they run elsewhere or later.

use super::{Instruction, Item, Place, Repeat};

/// What a sequence of instructions reads and writes.
#[derive(Default)]
pub struct Uses {
    /// Slots and leaves that it reads before it writes them
    pub found: Vec<Place>,
    /// What it writes
    pub written: Vec<Place>,
}

impl Uses {
    /// Of items in order.
    pub fn of(items: &[Item]) -> Uses {
        let mut uses = Uses::default();
        uses.items(items);
        uses
    }

    /// Of one iteration of a loop, from its head on. The loop's mask is no value of it.
    pub fn of_iteration(repeat: &Repeat) -> Uses {
        let mut uses = Uses::default();
        uses.iteration(repeat);
        uses
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Run(list) => self.list(list),
                // all that a later iteration reads was written by the first, or is found by it
                Item::Loop(repeat) => {
                    self.list(&repeat.start);
                    self.iteration(repeat);
                }
            }
        }
    }

    fn iteration(&mut self, repeat: &Repeat) {
        self.write(Place::Slot(repeat.mask));
        self.items(&repeat.head);
        self.list(&repeat.test);
        self.items(&repeat.body);
        self.list(&repeat.update);
    }

    fn list(&mut self, list: &[Instruction]) {
        for instruction in list {
            instruction.operands.iter().flatten().for_each(|place| self.read(*place));
            if instruction.updates() {
                self.read(instruction.d);
            }
            self.write(instruction.d);
        }
    }

    fn read(&mut self, place: Place) {
        let is_value = matches!(place, Place::Slot(_) | Place::Leaf(_));
        if is_value && !self.written.contains(&place) && !self.found.contains(&place) {
            self.found.push(place);
        }
    }

    fn write(&mut self, place: Place) {
        if !self.written.contains(&place) {
            self.written.push(place);
        }
    }
}
