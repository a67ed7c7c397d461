//! Whether a network fits the memory there is: an estimate before anything large is allocated.

use super::Target;
use crate::error::{Error, Result};
use crate::model::value::Value;
use crate::network::{Network, Projection};

/// The share of the available memory that a network may take; the rest is for recordings and the system.
const SHARE: f64 = 0.9;

/// A number of bytes as a person reads it.
pub fn readable(bytes: f64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let fitting = units.iter().find(|(_, exponent)| bytes >= f64::from(*exponent as f32).exp2());
    match fitting {
        Some((unit, exponent)) => format!("{:.1} {unit}", bytes / f64::from(*exponent as f32).exp2()),
        None => format!("{bytes:.0} B"),
    }
}

/// Fails where elements and synapses alone exceed the memory: asked first, before anything is evaluated for an element.
///
/// # Errors
/// [`Error::Memory`] with what is needed and what there is.
pub fn check_network(network: &Network, target: Target) -> Result<()> {
    let synapses: f64 = network.projections().iter().map(synapse_bytes).sum();
    let elements: f64 = (network.populations().iter())
        .map(|population| {
            let planes = population.settings.model.state().len() + population.settings.model.inputs().len();
            4.0 * f64::from(population.size) * planes as f64
        })
        .sum();
    let elements = elements * network.trials().len() as f64;
    let edges: f64 = network.projections().iter().map(edges).sum();
    let what = format!("a network of {edges:.3e} synapses");
    fits(what, synapses + elements, target.memory, FEWER)
}

/// What helps against too many synapses.
pub(super) const FEWER: &str =
    "fewer synapses or trials, one weight for a projection or procedural connectivity would fit";

/// Fails where more is needed than a network may take of the memory there is.
pub(super) fn fits(what: String, needed: f64, memory: u64, advice: &str) -> Result<()> {
    if needed <= SHARE * memory as f64 {
        return Ok(());
    }
    let available = readable(memory as f64);
    Err(Error::Memory { what, needed: readable(needed), available, advice: advice.into() })
}

fn edges(projection: &Projection) -> f64 {
    projection.connectivity.rule.expected(projection.from.len(), projection.to.len())
}

fn synapse_bytes(projection: &Projection) -> f64 {
    if projection.connectivity.procedural {
        return 0.0;
    }
    let bytes = if matches!(projection.weight, Value::Constant(_)) { 4.0 } else { 8.0 };
    edges(projection) * bytes
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn bytes_are_readable() {
        assert_eq!(readable(512.0), "512 B");
        assert_eq!(readable(1536.0), "1.5 KiB");
        assert_eq!(readable(3.0 * 1024f64.powi(3)), "3.0 GiB");
    }
}
