//! NEST's vocabulary over a network: create, connect, record, simulate, and change what was built.
//!
//! ```
//! use synfire::models::{iaf_psc_alpha, poisson_generator};
//! use synfire::network::rule::{all_to_all, fixed_indegree};
//! use synfire::simulator::{Simulator, Synapse};
//! use synfire::unit::{Hz, mV, ms, pA};
//! use synfire::Device;
//!
//! let mut sim = Simulator::on(Device::cpu(), 0.1 * ms)?;
//! let exc = sim.create("exc", iaf_psc_alpha().tau_m(20.0 * ms), 80)?;
//! let inh = sim.create("inh", iaf_psc_alpha().tau_m(20.0 * ms), 20)?;
//! let noise = sim.create_one(poisson_generator().rate(8000.0 * Hz))?;
//! sim.connect(&noise, &(&exc + &inh), all_to_all(), Synapse::weight(45.0 * pA).delay(1.5 * ms))?;
//! sim.connect(&exc, &(&exc + &inh), fixed_indegree(8), Synapse::weight(20.0 * pA).receptor_type(1))?;
//! sim.connect(&inh, &exc, fixed_indegree(2), Synapse::weight(-100.0 * pA).delay(1.5 * ms))?;
//! let recorder = sim.record_spikes(&exc.slice(..50)?)?;
//! let meter = sim.record(&exc.slice(..3)?, &["V_m"], 1.0 * ms)?;
//!
//! let first = sim.simulate(200.0 * ms)?; // builds the network
//! sim.set(&exc, "I_e", 300.0 * pA)?; // builds nothing
//! let second = sim.simulate(200.0 * ms)?;
//! assert!(second.rate_hz(&exc) > first.rate_hz(&exc));
//! assert_eq!(second.traces(&meter).times.len(), 200);
//! assert_eq!(second.n_events(&recorder), second.spikes(&recorder).times.len());
//! # Ok::<(), synfire::Error>(())
//! ```
//!
//! # For those who come from NEST
//!
//! | NEST | here |
//! |---|---|
//! | `Create(model, n)` | [`create`](Simulator::create); node ids are [`node_ids`](Simulator::node_ids) |
//! | `Connect(a, b, conn_spec, syn_spec)` | [`connect`](Simulator::connect) with a rule and a [`Synapse`] |
//! | `receptor_type` | [`Synapse::receptor_type`], or the port's name: [`Synapse::receptor`] |
//! | `spike_recorder`, `spin_detector` | [`record_spikes`](Simulator::record_spikes), [`record_spins`](Simulator::record_spins) |
//! | `multimeter`, `voltmeter` | [`record`](Simulator::record), [`voltmeter`](Simulator::voltmeter) |
//! | `correlation_detector` and the matrices | [`detect`](Simulator::detect) with a [`detector`](crate::network::detector) |
//! | `start`, `stop`, `origin` of a recorder | [`record_spikes_during`](Simulator::record_spikes_during), [`record_during`](Simulator::record_during) |
//! | `Simulate(t)` | [`simulate`](Simulator::simulate); its result holds what this call recorded |
//! | `nodes.set`, `nodes.get` | [`set`](Simulator::set), [`get`](Simulator::get) |
//! | `GetConnections(a, b)` | [`connections`](Simulator::connections), [`set_weights`](Simulator::set_weights), [`set_delays`](Simulator::set_delays) |
//! | new `spike_times` between two calls | [`inject_spikes`](Simulator::inject_spikes), [`inject`](Simulator::inject) |
//!
//! The simulator is a thin layer: [`network`](Simulator::network) is the description, [`rollout`](Simulator::rollout) the run.

mod result;
mod synapse;

pub use result::{CorrelationDetector, Multimeter, SimulationResult, SpikeRecorder, SpinDetector};
pub use synapse::Synapse;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::model::Instance;
use crate::model::value::Given;
use crate::network::detector::Detector;
use crate::network::rule::Connectivity;
use crate::network::{Network, View, Window};
use crate::rollout::{Connections, Rollout};
use crate::unit::{Quantity, Time, ms};

/// A network in NEST's words: described until the first [`simulate`](Simulator::simulate), then changed while it runs.
pub struct Simulator {
    network: Network,
    device: Option<Device>,
    rollout: Option<Rollout>,
}

impl Simulator {
    /// An empty network with this resolution, on a GPU where there is one.
    ///
    /// # Errors
    /// [`Error::Value`] where the resolution is not a positive time.
    pub fn new(resolution: Quantity<Time>) -> Result<Simulator> {
        Ok(Simulator { network: Network::new(resolution)?, device: None, rollout: None })
    }

    /// An empty network with this resolution, on a device.
    ///
    /// # Errors
    /// [`Error::Value`] where the resolution is not a positive time.
    pub fn on(device: Device, resolution: Quantity<Time>) -> Result<Simulator> {
        Ok(Simulator { device: Some(device), ..Simulator::new(resolution)? })
    }

    /// Sets the seed of everything random (NEST: `rng_seed`).
    ///
    /// # Errors
    /// A network that is built.
    pub fn set_seed(&mut self, seed: u64) -> Result<()> {
        self.describe()?.set_seed(seed);
        Ok(())
    }

    /// Creates `n` nodes of a model under a name.
    ///
    /// # Errors
    /// A name in use, no nodes, a value that does not fit the model, a network that is built.
    pub fn create(&mut self, name: &str, model: impl Into<Instance>, n: u32) -> Result<View> {
        self.describe()?.population(name, n, model)
    }

    /// Creates `n` nodes under a name that is made from the model's.
    ///
    /// # Errors
    /// As [`create`](Simulator::create).
    pub fn create_unnamed(&mut self, model: impl Into<Instance>, n: u32) -> Result<View> {
        let instance: Instance = model.into();
        let model = instance.model().name().to_string();
        let taken = |name: &String| self.network.populations().iter().any(|known| known.name == *name);
        let names = std::iter::once(model.clone()).chain((2..).map(|k: u32| format!("{model}_{k}")));
        let name =
            names.into_iter().find(|name| !taken(name)).expect("there are more numbers than populations");
        self.create(&name, instance, n)
    }

    /// Creates one node, such as a generator.
    ///
    /// # Errors
    /// As [`create`](Simulator::create).
    pub fn create_one(&mut self, model: impl Into<Instance>) -> Result<View> {
        self.create_unnamed(model, 1)
    }

    /// The node ids: 1 for the first node that was created, then in the order of creation. None for nodes of another
    /// simulator.
    pub fn node_ids(&self, nodes: &View) -> Vec<u64> {
        let sizes = self.network.populations().iter().map(|population| u64::from(population.size));
        let firsts: Vec<u64> =
            sizes.scan(1, |next, size| Some(std::mem::replace(next, *next + size))).collect();
        let own = nodes.slices().iter().filter(|_| self.network.own(nodes).is_ok());
        let ids = own.flat_map(|slice| {
            let first = firsts[slice.population.0 as usize] + u64::from(slice.first);
            first..first + u64::from(slice.len)
        });
        ids.collect()
    }

    /// Connects every node of `from` to nodes of `to` by a rule.
    ///
    /// # Errors
    /// One sentence on what does not fit: receptor, unit, rule, sizes, delay; a network that is built.
    pub fn connect(
        &mut self,
        from: &View,
        to: &View,
        rule: impl Into<Connectivity>,
        synapse: Synapse,
    ) -> Result<()> {
        self.network.own(from)?;
        self.network.own(to)?;
        synapse.connect(self.describe()?, from, to, rule.into())
    }

    /// Records the spikes of `nodes`.
    ///
    /// # Errors
    /// A network that is built.
    pub fn record_spikes(&mut self, nodes: &View) -> Result<SpikeRecorder> {
        let (name, recorder) = SpikeRecorder::next(&self.network);
        self.describe()?.record_spikes(&name, nodes)?;
        Ok(recorder)
    }

    /// Records state variables of `nodes` at an interval.
    ///
    /// # Errors
    /// An unknown variable, an interval that is no multiple of the resolution, a network that is built.
    pub fn record(
        &mut self,
        nodes: &View,
        variables: &[&str],
        interval: Quantity<Time>,
    ) -> Result<Multimeter> {
        let (name, meter) = Multimeter::next(&self.network);
        self.describe()?.record_trace(&name, nodes, variables, interval)?;
        Ok(meter)
    }

    /// Records the spikes of `nodes` that come within a window.
    ///
    /// # Errors
    /// A time that is no multiple of the resolution, a network that is built.
    pub fn record_spikes_during(&mut self, nodes: &View, window: Window) -> Result<SpikeRecorder> {
        let (name, recorder) = SpikeRecorder::next(&self.network);
        self.record_spikes(nodes)?;
        self.describe()?.record_during(&name, window)?;
        Ok(recorder)
    }

    /// Records state variables of `nodes` at an interval, within a window.
    ///
    /// # Errors
    /// As [`record`](Simulator::record).
    pub fn record_during(
        &mut self,
        nodes: &View,
        variables: &[&str],
        interval: Quantity<Time>,
        window: Window,
    ) -> Result<Multimeter> {
        let (name, meter) = Multimeter::next(&self.network);
        self.record(nodes, variables, interval)?;
        self.describe()?.record_during(&name, window)?;
        Ok(meter)
    }

    /// Records `V_m` of `nodes` once a millisecond.
    ///
    /// # Errors
    /// Nodes without `V_m`, a resolution that does not divide a millisecond, a network that is built.
    pub fn voltmeter(&mut self, nodes: &View) -> Result<Multimeter> {
        self.record(nodes, &["V_m"], 1.0 * ms)
    }

    /// Records the states of binary nodes at their changes. See [`Network::record_spins`].
    ///
    /// # Errors
    /// A network that is built.
    pub fn record_spins(&mut self, nodes: &View) -> Result<SpinDetector> {
        let (name, detector) = SpinDetector::next(&self.network);
        self.describe()?.record_spins(&name, nodes)?;
        Ok(detector)
    }

    /// Adds a detector of correlations.
    ///
    /// # Errors
    /// As [`Network::detect`]; a network that is built.
    pub fn detect(&mut self, detector: Detector) -> Result<CorrelationDetector> {
        let (name, handle) = CorrelationDetector::next(&self.network);
        self.describe()?.detect(&name, detector)?;
        Ok(handle)
    }

    /// Simulates for `duration` from where the last call ended; the first call builds the network. Cutting a run into calls
    /// changes nothing in it.
    ///
    /// # Errors
    /// What cannot be built, a duration that is no multiple of the resolution, a state that stops being a number.
    pub fn simulate(&mut self, duration: Quantity<Time>) -> Result<SimulationResult> {
        let rollout = self.rollout()?;
        let begin = SimulationResult::begin(rollout);
        rollout.advance(duration)?;
        Ok(begin.end(rollout))
    }

    /// Sets a parameter, a current into a port or a state variable of `nodes`; the built network stays as it is
    /// otherwise. See [`Rollout::set`].
    ///
    /// # Errors
    /// An unknown name, a wrong unit, a value outside its bounds.
    pub fn set(&mut self, nodes: &View, name: &str, value: impl Into<Given>) -> Result<()> {
        match &mut self.rollout {
            Some(rollout) => rollout.set(nodes, name, value),
            None => self.network.set(nodes, name, &value.into()),
        }
    }

    /// The values of a parameter, a current into a port or a state variable, one for each node, in the unit of its tag.
    /// See [`Rollout::get`].
    ///
    /// # Errors
    /// An unknown name, what cannot be built.
    pub fn get(&mut self, nodes: &View, name: &str) -> Result<Vec<f64>> {
        self.rollout()?.get(nodes, name)
    }

    /// The connections from nodes of `from` to nodes of `to`. See [`Rollout::connections`].
    ///
    /// # Errors
    /// What cannot be built; nodes of another simulator.
    pub fn connections(&mut self, from: &View, to: &View) -> Result<Connections> {
        self.network.own(from)?;
        self.network.own(to)?;
        Ok(self.rollout()?.connections(from, to))
    }

    /// Sets the weights of connections. See [`Rollout::set_weights`].
    ///
    /// # Errors
    /// A wrong unit, a sign that the port does not take, weights that are too large for the built network.
    pub fn set_weights(&mut self, connections: &Connections, weight: impl Into<Given>) -> Result<()> {
        self.rollout()?.set_weights(connections, weight)
    }

    /// Sets the delays of connections. See [`Rollout::set_delays`].
    ///
    /// # Errors
    /// A delay outside the shortest and the longest that the network was built for.
    pub fn set_delays(&mut self, connections: &Connections, delay: impl Into<Given>) -> Result<()> {
        self.rollout()?.set_delays(connections, delay)
    }

    /// Makes generators with a schedule spike at times to come. See [`Rollout::inject_spikes`].
    ///
    /// # Errors
    /// A sender without a schedule, a time that is past.
    pub fn inject_spikes(
        &mut self,
        senders: &View,
        spikes: impl IntoIterator<Item = (u32, Quantity<Time>)>,
    ) -> Result<()> {
        self.rollout()?.inject_spikes(senders, spikes)
    }

    /// Adds a spike to what arrives at a port of `nodes` in the next step. See [`Rollout::inject`].
    ///
    /// # Errors
    /// A port where no connection ends, a wrong unit.
    pub fn inject(&mut self, nodes: &View, port: &str, weight: impl Into<Given>) -> Result<()> {
        self.rollout()?.inject(nodes, port, weight)
    }

    /// Biological time so far, in ms.
    pub fn time_ms(&self) -> f64 {
        self.rollout.as_ref().map_or(0.0, Rollout::time_ms)
    }

    /// The description, with what was set since it was built.
    pub fn network(&self) -> &Network {
        self.rollout.as_ref().map_or(&self.network, Rollout::network)
    }

    /// The run; builds the network where that has not happened yet (NEST: `Prepare`).
    ///
    /// # Errors
    /// What cannot be built, no device.
    pub fn rollout(&mut self) -> Result<&mut Rollout> {
        let rollout = match self.rollout.take() {
            Some(rollout) => rollout,
            None => {
                let device = match &self.device {
                    Some(device) => device.clone(),
                    None => Device::open(Default::default())?,
                };
                Rollout::new(&self.network, &device)?
            }
        };
        Ok(self.rollout.insert(rollout))
    }

    /// The network, as long as it is a description.
    fn describe(&mut self) -> Result<&mut Network> {
        if self.rollout.is_some() {
            let text = "the network is built; create, connect and record before the first `simulate`";
            return Err(Error::network(text));
        }
        Ok(&mut self.network)
    }
}
