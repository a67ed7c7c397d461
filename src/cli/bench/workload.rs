//! The networks that `synfire bench` knows, and how each grows.

use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::network::rule::Rule;

/// A network to measure, as an experiment file.
pub(super) struct Workload {
    pub name: &'static str,
    pub about: &'static str,
    text: &'static str,
    /// The `--scale` at which the network is as in the file, and the default.
    pub scale: f64,
    growth: Growth,
}

/// What changes with the number of neurons.
#[derive(Clone, Copy, PartialEq)]
enum Growth {
    /// Nothing: a neuron keeps its number of partners.
    Neurons,
    /// Neurons have partners in proportion.
    Partners,
    /// As [`Growth::Partners`], with weights, drive and a current that keep mean and variance of the input of each population
    /// (van Albada et al. (2015), doi:10.1371/journal.pcbi.1004490). The current at scale 0, in pA.
    Input(&'static [(&'static str, f64)]),
}

/// Mean input of the populations of the microcircuit at the rates that Potjans & Diesmann (2014) report; from
/// benches/peers/microcircuit.py.
const MICROCIRCUIT: [(&str, f64); 8] = [
    ("L23E", 31.419107),
    ("L23I", 161.366445),
    ("L4E", 162.002190),
    ("L4I", 165.403792),
    ("L5E", 181.133841),
    ("L5I", 220.923914),
    ("L6E", 62.047349),
    ("L6I", 224.699642),
];

macro_rules! asset {
    ($file:literal) => {
        include_str!(concat!("../../../assets/", $file))
    };
}

/// All workloads; the first is the default.
pub(super) static WORKLOADS: [Workload; 11] = [
    Workload {
        name: "balanced",
        about: "COBA network of brainpy.state's README, 80 targets a neuron; 4,000 neurons times the scale",
        text: asset!("balanced.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
    Workload {
        name: "coba",
        about: "COBA network of Vogels & Abbott, about 80 inputs a neuron; 4,000 neurons times the scale",
        text: asset!("coba_2005.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
    Workload {
        name: "cuba",
        about: "CUBA network of Vogels & Abbott, about 80 inputs a neuron; 4,000 neurons times the scale",
        text: asset!("cuba_2005.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
    Workload {
        name: "brunel",
        about: "Brunel's network of brainpy.state's README, 200 inputs a neuron; 2,000 neurons times the scale",
        text: asset!("brunel.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
    Workload {
        name: "brunel-readme",
        about: "the same by its order: 5 neurons times the scale, inputs from a tenth of them",
        text: asset!("brunel.toml"),
        scale: 400.0,
        growth: Growth::Partners,
    },
    Workload {
        name: "brunel-alpha",
        about: "NEST's brunel_alpha example by its order: 5 neurons times the scale, inputs from a tenth of them",
        text: asset!("bench/brunel_alpha.toml"),
        scale: 400.0,
        growth: Growth::Partners,
    },
    Workload {
        name: "pd14",
        about: "cortical microcircuit of Potjans & Diesmann: 77,169 neurons times the scale, synapses with its square",
        text: asset!("bench/pd14.toml"),
        scale: 1.0,
        growth: Growth::Input(&MICROCIRCUIT),
    },
    Workload {
        name: "tiny",
        about: "1,000 neurons of Izhikevich at steps of 1 ms: what a step costs at least",
        text: asset!("bench/tiny.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
    Workload {
        name: "batch",
        about: "64 trials of 500 neurons together, then one by one",
        text: asset!("trials.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
    Workload {
        name: "build",
        about: "construction alone: 10^8 synapses times the scale, one weight and delay",
        text: asset!("bench/build.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
    Workload {
        name: "build-drawn",
        about: "construction alone: 10^8 synapses times the scale, weights and delays drawn",
        text: asset!("bench/build_drawn.toml"),
        scale: 1.0,
        growth: Growth::Neurons,
    },
];

impl Workload {
    /// The workload of this name.
    pub fn find(name: &str) -> Result<&'static Workload> {
        let known = WORKLOADS.iter().map(|it| it.name).chain(["start"]);
        let found = WORKLOADS.iter().find(|it| it.name == name);
        found.ok_or_else(|| Error::unknown("network", name, "the benchmarks", known))
    }

    /// Whether only its construction is measured.
    pub fn is_construction(&self) -> bool {
        self.name.starts_with("build")
    }

    /// The network at a scale, with this many inputs a neuron where `indegree` says so. It records nothing.
    pub fn experiment(&self, scale: f64, indegree: Option<u32>) -> Result<Experiment> {
        if !(scale > 0.0 && scale.is_finite()) {
            let got = scale.to_string();
            return Err(Error::Value { what: "--scale".into(), expected: "> 0".into(), got });
        }
        let sizes = scale / self.scale;
        let mut experiment = Experiment::scaled(self.text, self.name, sizes)?;
        let degrees = match indegree {
            Some(wanted) => f64::from(wanted) / self.inputs(&experiment)?,
            None if self.growth == Growth::Neurons => 1.0,
            None => sizes,
        };
        experiment.network.grow(sizes, degrees);
        if let Growth::Input(currents) = self.growth {
            keep_input(&mut experiment, degrees, currents)?;
        }
        experiment.network.forget_records();
        Ok(experiment)
    }

    /// Inputs of a neuron as the file has them.
    fn inputs(&self, experiment: &Experiment) -> Result<f64> {
        let inputs = experiment.network.projections().iter().filter_map(|it| match it.connectivity.rule {
            Rule::FixedIndegree(n) => Some(f64::from(n)),
            _ => None,
        });
        let sum: f64 = inputs.sum();
        if sum == 0.0 {
            let text = format!("--indegree is for networks of a fixed in-degree; `{}` has none", self.name);
            return Err(Error::network(text));
        }
        Ok(sum)
    }
}

/// Keeps mean and variance of the input where there are `degrees` times the inputs.
fn keep_input(experiment: &mut Experiment, degrees: f64, currents: &[(&str, f64)]) -> Result<()> {
    let network = &mut experiment.network;
    network.scale_weights(degrees.sqrt().recip());
    network.scale_parameter("rate", degrees);
    for (name, current) in currents {
        let view = network.find(name)?;
        network.set(&view, "I_e", &((1.0 - degrees.sqrt()) * current).into())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected_synapses(experiment: &Experiment) -> f64 {
        let drawn =
            experiment.network.projections().iter().filter(|it| it.connectivity.rule != Rule::AllToAll);
        drawn.map(|it| it.connectivity.rule.expected(it.from.len(), it.to.len())).sum()
    }

    #[test]
    fn networks_have_the_sizes_of_the_peers() {
        for (name, scale, indegree, neurons, synapses) in [
            ("coba", 10.0, None, 40_000, 3_200_000.0),
            ("cuba", 0.5, None, 2_000, 160_000.0),
            ("brunel-readme", 400.0, None, 2_000, 400_000.0),
            ("brunel-alpha", 2500.0, None, 12_500, 15_625_000.0),
            ("brunel-alpha", 20_000.0, Some(1000), 100_000, 100_000_000.0),
            ("pd14", 0.1, None, 7_717, 2_988_807.0),
            ("build", 0.01, None, 1_000, 1_000_000.0),
        ] {
            let experiment = Workload::find(name).and_then(|it| it.experiment(scale, indegree)).expect(name);
            let sizes = experiment.network.populations().iter().map(|it| it.size).filter(|size| *size > 1);
            assert_eq!(sizes.sum::<u32>(), neurons, "{name}");
            let found = expected_synapses(&experiment);
            assert!((found / synapses - 1.0).abs() < 1e-4, "{name}: {found}");
        }
    }
}
