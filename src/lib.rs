//! Spiking neural networks on any GPU, and on the CPU from the same shaders.
//!
//! A model is one annotated WGSL file ([`models`] lists what is shipped, [`Model::from_wgsl`] reads your own). A
//! [`Network`] describes populations, projections and what to record; nothing runs. A [`Rollout`] compiles it for a
//! [`Device`] and advances it by any number of steps; a [`Recording`] holds what was recorded.
//!
//! ```
//! use synfire::models::{coba, expon, lif_ref};
//! use synfire::model::value::normal;
//! use synfire::network::rule::fixed_outdegree;
//! use synfire::unit::{S, mA, mV, ms};
//! use synfire::{Device, Network, Rollout};
//!
//! let mut network = Network::new(0.1 * ms)?;
//! let neuron = lif_ref()
//!     .tau(20.0 * ms).tau_ref(5.0 * ms)
//!     .V_rest(-60.0 * mV).V_reset(-60.0 * mV).V_th(-50.0 * mV)
//!     .init_V(normal(-55.0 * mV, 2.0 * mV))
//!     .input_I(20.0 * mA);
//! let exc = network.population("exc", 320, neuron.clone())?;
//! let inh = network.population("inh", 80, neuron)?;
//! let all = &exc + &inh;
//! network.project(&exc, &all, fixed_outdegree(8)).weight(6.0 * S)
//!     .synapse(expon().tau(5.0 * ms)).output(coba().E(0.0 * mV)).build()?;
//! network.project(&inh, &all, fixed_outdegree(8)).weight(67.0 * S)
//!     .synapse(expon().tau(10.0 * ms)).output(coba().E(-80.0 * mV)).build()?;
//! network.record_spikes("spikes", &all)?;
//!
//! let mut rollout = Rollout::new(&network, &Device::cpu())?;
//! rollout.advance(100.0 * ms)?;
//! assert!(rollout.recording().rate_hz("exc").is_some_and(|rate| rate > 1.0));
//! # Ok::<(), synfire::Error>(())
//! ```
//!
//! # The way of the data
//!
//! ```text
//! shaders/neuron/*.wgsl …   one annotated text per model
//!         │ reflect
//!       Model               parameters, units, defaults, bounds, functions
//!         │ described in Rust, or in a file ([`experiment`])
//!      Network              a description; names, units and sizes are checked as they enter
//!         │ compile         recipe → compose → layout → wire → schedule
//!      Program              graphs, rows of synapses, sizes; can be printed (SYNFIRE_DUMP=folder)
//!         │ load
//!      Rollout              state on the device: advance, checkpoint, restore
//!         │ drain
//!     Recording             spikes, traces, rates; npz files
//! ```
//!
//! [`Network::set_trials`] runs independent copies of a network together, [`Network::set_each_trial`] gives each its own
//! values: repetitions with other noise, sweeps of parameters, batches of inputs.
//!
//! [`Simulator`] says the same in NEST's words. A network that is built can be changed while it runs: parameters,
//! currents, state, weights and delays are set ([`Rollout::set`], [`Rollout::set_weights`]) and spikes injected
//! ([`Rollout::inject_spikes`]) between two advances, and no synapse is built again.
//!
//! Nothing above [`device`] knows wgpu, nothing below [`compile`] knows a model's name. Results do not depend on
//! threads, chunks, windows or workgroups: spikes add up as integers, and random numbers come from counters.

#[cfg(feature = "cli")]
pub mod cli;
pub mod compile;
pub mod device;
pub mod error;
pub mod experiment;
pub mod lane;
mod memory;
pub mod model;
pub mod monitor;
pub mod network;
#[cfg(feature = "cli")]
pub mod plot;
pub mod program;
pub mod random;
pub mod record;
pub mod rollout;
pub mod simulator;
pub mod unit;

pub use device::Device;
pub use error::{Error, Result};
pub use model::catalogue as models;
pub use model::{Instance, Model};
pub use network::Network;
pub use record::Recording;
pub use rollout::Rollout;
pub use simulator::Simulator;

/// The examples of the README are compiled and run with the documents.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
