//! What is read and changed between two chunks.

use super::owned::{steady, uniforms};
use super::{Compiled, Owned, Share, fill};
use crate::device::cpu::deliver::Survey;
use crate::device::{Span, add_arrivals};
use crate::error::Result;
use crate::program::Program;
use std::sync::Arc;

impl Owned {
    /// Where the owned part of a span lies: from the first owned element, within the span, and its length.
    fn part(&self, span: Span) -> Option<(usize, usize, usize)> {
        if (self.kernel, self.member) != (span.kernel, span.member) {
            return None;
        }
        let range = span.within(self.first, self.len)?;
        let from = |first: u32| (range.start - first) as usize;
        Some((from(self.first), from(span.first), range.len()))
    }
}

impl Share {
    /// Copies the owned part of a state variable.
    pub fn read_state(&self, span: Span, variable: usize, words: &mut [u32]) {
        for owned in &self.members {
            let Some((own, at, len)) = owned.part(span) else { continue };
            words[at..at + len].copy_from_slice(&self.arena.read()[owned.state[variable] + own..][..len]);
        }
    }

    /// Replaces the owned part of a state variable.
    pub fn write_state(&mut self, span: Span, variable: usize, words: &[u32]) {
        for owned in &self.members {
            let Some((own, at, len)) = owned.part(span) else { continue };
            self.arena.words()[owned.state[variable] + own..][..len].copy_from_slice(&words[at..at + len]);
        }
    }

    /// Adds to what arrives at the owned elements in a step.
    pub fn arrive(&mut self, span: Span, port: usize, step: u64, amounts: &[i32]) -> Result<()> {
        for owned in &self.members {
            let Some((own, at, len)) = owned.part(span) else { continue };
            let from = self.ring.at(step, owned.slots[port]) + own;
            add_arrivals(&mut self.arena.words()[from..from + len], &amounts[at..at + len])?;
        }
        Ok(())
    }

    /// Takes the constants of a kernel anew; which of them every element has its own of stays.
    pub fn set_constants(&mut self, program: &Program, compiled: &[Compiled], kernel: usize) {
        let words = self.arena.words();
        for owned in self.members.iter_mut().filter(|owned| owned.kernel == kernel) {
            let kernel = &program.kernels[owned.kernel];
            let member = &kernel.members[owned.member];
            for (plane, values) in owned.constants.iter().zip(&member.constants) {
                if let Some(plane) = plane {
                    fill(&mut words[*plane..], values, owned.first, owned.len);
                }
            }
            owned.uniforms = uniforms(&compiled[owned.kernel], kernel, member);
            owned.steady = steady(&compiled[owned.kernel], &owned.uniforms);
        }
    }

    /// Replaces what is known of the blocks.
    pub fn set_survey(&mut self, survey: &Arc<Survey>) {
        self.rows.set_survey(survey.clone());
    }
}
