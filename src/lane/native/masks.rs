//! Which truth values live in mask registers.
//!
//! A comparison gives a mask, and selections take one; kept there, a truth value costs no vector instruction. It has to be
//! a vector where it is stored, or computed with as a number, or where there are more masks at once than registers.

use super::micro::{Arg, Micro, Two, Value};

/// Mask registers for truth values.
pub const REGISTERS: usize = 5;

/// The mask register of each value that has one, by value.
pub fn masks(micros: &[Micro], all_ones: Option<usize>) -> Vec<Option<usize>> {
    let mut is_mask = booleans(micros, all_ones);
    while demote(micros, &mut is_mask) {}
    loop {
        let (registers, without) = assign(micros, &is_mask);
        let Some(value) = without else { return registers };
        is_mask[value] = false;
        while demote(micros, &mut is_mask) {}
    }
}

/// The values that are all ones or 0 in every lane.
fn booleans(micros: &[Micro], all_ones: Option<usize>) -> Vec<bool> {
    let mut is_boolean: Vec<bool> = vec![];
    for micro in micros {
        is_boolean.push(match *micro {
            Micro::Two(Two::Compare(_), ..) => true,
            Micro::Two(Two::Xor, a, Arg::Constant(k)) => is_boolean[a] && Some(k) == all_ones,
            Micro::Two(Two::And | Two::Or | Two::Xor | Two::NotAnd, a, Arg::Value(b)) => {
                is_boolean[a] && is_boolean[b]
            }
            _ => false,
        });
    }
    is_boolean
}

/// Makes vectors of masks that are needed as such; whether there were any.
fn demote(micros: &[Micro], is_mask: &mut [bool]) -> bool {
    let mut demoted = false;
    for (result, micro) in micros.iter().enumerate() {
        let mut vectors: [Option<Value>; 3] = [None; 3];
        match *micro {
            Micro::Two(Two::Compare(_), a, b) => vectors = [Some(a), value(b), None],
            Micro::Two(Two::And | Two::Or | Two::Xor | Two::NotAnd, a, b) if is_mask[result] => {
                // a mask of masks
                let all = is_mask[a] && value(b).is_none_or(|b| is_mask[b]);
                if !all {
                    vectors = [Some(result), None, None];
                }
            }
            // a mask selects lanes of a vector
            Micro::Two(Two::And, a, Arg::Value(b)) if is_mask[a] && is_mask[b] => {
                vectors = [Some(b), None, None]
            }
            Micro::Two(Two::And, ..) => {}
            Micro::Two(Two::NotAnd, _, b) => vectors = [value(b), None, None],
            Micro::TwoIf(_, a, _, c) => vectors = [Some(a), value(c), None],
            Micro::Select(_, a, b) => vectors = [Some(a), value(b), None],
            Micro::StoreBits(..) => {}
            Micro::Rare { fast, x, .. } => vectors = [Some(fast), Some(x), None],
            _ => micro.reads().zip(&mut vectors).for_each(|(read, vector)| *vector = Some(read)),
        }
        for vector in vectors.into_iter().flatten() {
            demoted |= std::mem::replace(&mut is_mask[vector], false);
        }
    }
    demoted
}

fn value(arg: Arg) -> Option<Value> {
    if let Arg::Value(value) = arg { Some(value) } else { None }
}

/// Registers in the order of the values, and a value for which there was none.
fn assign(micros: &[Micro], is_mask: &[bool]) -> (Vec<Option<usize>>, Option<Value>) {
    let mut last: Vec<usize> = (0..micros.len()).collect();
    for (position, micro) in micros.iter().enumerate() {
        micro.reads().for_each(|value| last[value] = position);
    }
    let mut registers = vec![None; micros.len()];
    let mut held: [Option<Value>; REGISTERS] = [None; REGISTERS];
    for (position, micro) in micros.iter().enumerate() {
        if matches!(micro, Micro::Call(..)) {
            // functions keep no masks
            let across = held.iter().flatten().find(|value| last[**value] > position);
            if let Some(value) = across {
                return (registers, Some(*value));
            }
        }
        held.iter_mut()
            .filter(|it| it.is_some_and(|value| last[value] <= position))
            .for_each(|it| *it = None);
        if !is_mask[position] || last[position] == position {
            continue;
        }
        let Some(free) = held.iter().position(Option::is_none) else { return (registers, Some(position)) };
        held[free] = Some(position);
        registers[position] = Some(free);
    }
    (registers, None)
}
