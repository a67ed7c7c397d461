//! How two populations are connected: NEST's `syn_spec`.

use crate::error::{Error, Result};
use crate::model::instance::{continuous, spike_ports};
use crate::model::value::Given;
use crate::model::{Instance, Model};
use crate::network::rule::Connectivity;
use crate::network::{Network, View};
use crate::unit::ms;

/// Weight, delay and receptor of a connection; what is not said is as in NEST: weight 1, delay 1 ms, receptor 0.
#[derive(Clone, Debug, Default)]
pub struct Synapse {
    weight: Option<Given>,
    delay: Option<Given>,
    receptor: Receptor,
    model: Option<Instance>,
}

/// Where spikes arrive.
#[derive(Clone, Debug, Default)]
enum Receptor {
    /// By the sign of the weight.
    #[default]
    Sign,
    /// NEST's number.
    Number(u32),
    /// The port's name.
    Port(String),
}

impl Synapse {
    /// A synapse of this weight: a quantity in the unit of the port, a list with one for each connection, or a
    /// distribution.
    pub fn weight(weight: impl Into<Given>) -> Synapse {
        Synapse { weight: Some(weight.into()), ..Synapse::default() }
    }

    /// The delay: a time, a list, or a distribution.
    pub fn delay(mut self, delay: impl Into<Given>) -> Synapse {
        self.delay = Some(delay.into());
        self
    }

    /// NEST's number of the receptor. The ports of a model stand in its file in the order in which NEST numbers them, the
    /// spike ports from 1 on, then those of currents; 0 leaves the choice to the weight's sign. A model whose
    /// currents NEST numbers from 0 has them under these numbers, too; `synfire models NAME` lists the ports.
    pub fn receptor_type(mut self, number: u32) -> Synapse {
        self.receptor = Receptor::Number(number);
        self
    }

    /// The port by name.
    pub fn receptor(mut self, port: &str) -> Synapse {
        self.receptor = Receptor::Port(port.into());
        self
    }

    /// The model of the connections.
    pub fn model(mut self, model: impl Into<Instance>) -> Synapse {
        self.model = Some(model.into());
        self
    }

    pub(super) fn connect(
        self,
        network: &mut Network,
        from: &View,
        to: &View,
        rule: Connectivity,
    ) -> Result<()> {
        let port = self.port(network, from, to)?;
        // NEST's default, and at least a step
        let delay = self.delay.unwrap_or_else(|| (network.dt_ms().max(1.0) * ms).into());
        let mut projection = network.project(from, to, rule).delay(delay);
        if let Some(weight) = self.weight {
            projection = projection.weight(weight);
        }
        if let Some(port) = &port {
            projection = projection.port(port);
        }
        if let Some(model) = self.model {
            projection = projection.synapse(model);
        }
        projection.build()
    }

    fn port(&self, network: &Network, from: &View, to: &View) -> Result<Option<String>> {
        let number = match &self.receptor {
            Receptor::Sign | Receptor::Number(0) => return Ok(None),
            Receptor::Port(port) => return Ok(Some(port.clone())),
            Receptor::Number(number) => *number as usize,
        };
        let source = network.get(from.slices()[0].population);
        let model = &network.get(to.slices()[0].population).settings.model;
        let is_current = source.settings.model.makes_currents();
        let port = if is_current { current_port(model, number) } else { spike_port(model, number) };
        port.map(Some).ok_or_else(|| {
            let names: Vec<&str> =
                spike_ports(model).chain(continuous(model)).map(|it| it.name.as_str()).collect();
            let (model, names) = (model.name(), names.join(", "));
            Error::network(format!("`{model}` has no receptor {number}; from 1 on it has {names}"))
        })
    }
}

fn spike_port(model: &Model, number: usize) -> Option<String> {
    spike_ports(model).nth(number - 1).map(|member| member.name.clone())
}

/// Currents are numbered after the spike ports, or from 0 on where their number is below.
fn current_port(model: &Model, number: usize) -> Option<String> {
    let after = number.checked_sub(1 + spike_ports(model).count());
    continuous(model).nth(after.unwrap_or(number)).map(|member| member.name.clone())
}
