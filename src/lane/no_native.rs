//! In place of `native` where there is no machine code for kernels: nothing is ever compiled.

use super::isa::{Item, Layout};

/// There is none.
#[derive(Clone, Copy, Debug)]
pub enum Native {}

impl Native {
    pub fn compile(_: &[Item], _: &Layout) -> Option<Native> {
        None
    }

    pub fn is_aligned(&self) -> bool {
        match *self {}
    }

    pub fn frame_words(&self) -> usize {
        match *self {}
    }

    /// # Safety
    /// It cannot be called.
    #[allow(unsafe_code, reason = "the signature of the real one")]
    pub unsafe fn run(&self, _: usize, _: &[*mut u32], _: *mut u32, _: &[u32], _: usize) {
        match *self {}
    }
}
