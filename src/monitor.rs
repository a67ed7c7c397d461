//! A run in one call: how long, and what to watch.
//!
//! ```
//! use synfire::Network;
//! use synfire::monitor::monitor;
//! use synfire::models::iaf_psc_exp;
//! use synfire::unit::{mV, ms, pA};
//!
//! let mut network = Network::new(0.1 * ms)?;
//! network.population("exc", 10, iaf_psc_exp().I_e(500.0 * pA))?;
//!
//! let run = network.simulate(50.0 * ms, &["exc.spikes", "exc[0..3].V_m"])?;
//! assert_eq!(run.spikes("exc.spikes").map(|train| train.width), Some(10));
//! assert_eq!(run.trace("exc[0..3].V_m").map(|table| (table.times.len(), table.width)), Some((500, 3)));
//!
//! // once every millisecond
//! let run = network.simulate(50.0 * ms, [monitor("exc.V_m").every(1.0 * ms)])?;
//! let table = run.trace("exc.V_m").expect("it was watched");
//! assert_eq!((table.times.len(), table.units[0].as_str()), (50, "mV"));
//! # Ok::<(), synfire::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::network::{Network, View};
use crate::unit::{Quantity, Time, ms};
use crate::{Device, Recording, Rollout};

/// What to watch: `exc.spikes`, `exc.V`, `exc[0..5].V`, `exc + inh.spikes`, or `exc.NAME.g` for the synapse of the
/// projection `NAME`.
#[derive(Clone, Debug)]
pub struct Monitor {
    name: String,
    every: Option<Quantity<Time>>,
}

/// Watches `name`, in every step unless [`Monitor::every`] says otherwise.
pub fn monitor(name: &str) -> Monitor {
    Monitor { name: name.into(), every: None }
}

impl Monitor {
    /// Writes a state variable down once every `interval`, a multiple of dt.
    pub fn every(mut self, interval: Quantity<Time>) -> Monitor {
        self.every = Some(interval);
        self
    }

    fn add(&self, network: &mut Network) -> Result<()> {
        let (view, variable) = self.parts(network)?;
        if variable != "spikes" {
            let every = self.every.unwrap_or(network.dt_ms() * ms);
            return network.record_trace(&self.name, &view, &[variable], every);
        }
        if self.every.is_some() {
            let text = format!("monitor `{}`: spikes have times of their own; leave `every` out", self.name);
            return Err(Error::network(text));
        }
        network.record_spikes(&self.name, &view)
    }

    /// The elements, and what is watched of them: what follows the first point outside of brackets.
    fn parts(&self, network: &Network) -> Result<(View, &str)> {
        let after = |depth: &mut i32, c: char| {
            *depth += i32::from(c == '[') - i32::from(c == ']');
            Some((*depth, c))
        };
        let point = self.name.chars().scan(0, after).position(|(depth, c)| depth == 0 && c == '.');
        let at = point.and_then(|k| self.name.char_indices().nth(k));
        let Some((at, _)) = at else {
            return Err(Error::network(format!(
                "monitor `{}` names nothing to watch; expected `exc.spikes` or `exc.V`",
                self.name
            )));
        };
        Ok((network.view(&self.name[..at])?, &self.name[at + 1..]))
    }
}

impl From<&str> for Monitor {
    fn from(name: &str) -> Monitor {
        monitor(name)
    }
}

impl From<&&str> for Monitor {
    fn from(name: &&str) -> Monitor {
        monitor(name)
    }
}

impl From<&Monitor> for Monitor {
    fn from(monitor: &Monitor) -> Monitor {
        monitor.clone()
    }
}

impl Network {
    /// Runs for `duration` from the initial state, on a GPU where there is one, otherwise on the CPU. The recording
    /// holds what the network records, and the monitors by their names.
    ///
    /// The network stays as it is: it may be run again, for longer or with other monitors.
    ///
    /// # Errors
    /// A monitor that names nothing, and what [`Rollout`] reports.
    pub fn simulate<M: Into<Monitor>>(
        &self,
        duration: Quantity<Time>,
        monitors: impl IntoIterator<Item = M>,
    ) -> Result<Recording> {
        self.simulate_on(&Device::open(Default::default())?, duration, monitors)
    }

    /// As [`Network::simulate`], on this device.
    ///
    /// # Errors
    /// As [`Network::simulate`].
    pub fn simulate_on<M: Into<Monitor>>(
        &self,
        device: &Device,
        duration: Quantity<Time>,
        monitors: impl IntoIterator<Item = M>,
    ) -> Result<Recording> {
        let mut network = self.clone();
        for monitor in monitors {
            monitor.into().add(&mut network)?;
        }
        let mut rollout = Rollout::new(&network, device)?;
        rollout.advance(duration)?;
        Ok(rollout.take_recording())
    }
}
