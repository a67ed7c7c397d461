//! The sections of an experiment file that say what is recorded.

use super::node::Node;
use super::section::Reader;
use super::table::Table;
use super::value::{plain, time_ms, whole};
use crate::error::{Error, Result};
use crate::network::detector::{Detector, Measure};
use crate::network::{Network, Window};
use crate::unit::ms;

const RECORD: [&str; 6] = ["from", "what", "every", "start", "stop", "origin"];
const DETECTOR: [&str; 11] = [
    "from",
    "what",
    "weight",
    "delta_tau",
    "tau_max",
    "Tstart",
    "Tstop",
    "N_channels",
    "start",
    "stop",
    "origin",
];

impl Reader {
    /// Adds `[record.NAME]`.
    pub(super) fn record(&self, network: &mut Network, name: &str, node: &Node) -> Result<()> {
        let what = node.entries("a record")?.iter().find(|(key, _)| key == "what").map(|(_, what)| what);
        if let Some(Node::Text(text)) = what
            && let Some((_, measure)) = Measure::ALL.iter().find(|(known, _)| text == known)
        {
            return self.detector(network, name, node, *measure);
        }
        let table = Table::open(node, "a record", &RECORD)?;
        let from = self.view(network, "`from`", table.need("from")?)?;
        let what = table.need("what")?;
        let every = table.get("every");
        match (what, every) {
            (Node::Text(text), None) if text == "spikes" => network.record_spikes(name, &from)?,
            (Node::Text(text), None) if text == "spins" => network.record_spins(name, &from)?,
            (Node::Text(text), Some(_)) if ["spikes", "spins"].contains(&text.as_str()) => {
                return Err(Error::network(format!("{text} have times of their own; leave `every` out")));
            }
            (Node::List(list), _) => {
                let variables = list.iter().map(|node| node.text("`what`")).collect::<Result<Vec<&str>>>()?;
                let every = every.map_or(Ok(network.dt_ms()), |node| time_ms("`every`", node))?;
                network.record_trace(name, &from, &variables, every * ms)?;
            }
            _ => {
                let detectors = Measure::ALL.map(|(name, _)| format!("\"{name}\"")).join(", ");
                let expected =
                    format!("\"spikes\", \"spins\", a list of variables such as [\"V_m\"], or {detectors}");
                return Err(what.wrong("`what`", &expected));
            }
        }
        network.record_during(name, window(&table)?)
    }

    /// Adds a detector; every entry of `from` is a channel.
    fn detector(&self, network: &mut Network, name: &str, node: &Node, measure: Measure) -> Result<()> {
        let table = Table::open(node, "a detector", &DETECTOR)?;
        let from = table.need("from")?;
        let channels = match from {
            Node::List(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let weights = match table.get("weight") {
            None => vec![1.0; channels.len()],
            Some(Node::List(list)) => {
                list.iter().map(|node| plain("`weight`", node)).collect::<Result<_>>()?
            }
            Some(one) => vec![plain("`weight`", one)?; channels.len()],
        };
        if weights.len() != channels.len() {
            let (n, given) = (channels.len(), weights.len());
            return Err(Error::network(format!(
                "`weight` of record `{name}` has {given} values for {n} channels"
            )));
        }
        let mut detector = Detector::new(measure).window(window(&table)?);
        for (channel, (node, weight)) in channels.iter().zip(weights).enumerate() {
            detector = detector.input(&self.view(network, "`from`", node)?, channel as u32, weight);
        }
        type Setter = fn(Detector, crate::unit::Quantity<crate::unit::Time>) -> Detector;
        let setters: [(&str, Setter); 4] = [
            ("delta_tau", Detector::delta_tau),
            ("tau_max", Detector::tau_max),
            ("Tstart", Detector::Tstart),
            ("Tstop", Detector::Tstop),
        ];
        for (key, set) in setters {
            if let Some(node) = table.get(key) {
                detector = set(detector, time_ms(&format!("`{key}`"), node)? * ms);
            }
        }
        if let Some(node) = table.get("N_channels") {
            detector = detector.N_channels(whole("`N_channels`", node, u32::MAX.into())? as u32);
        }
        network.detect(name, detector)
    }
}

/// When a record is switched on.
fn window(table: &Table) -> Result<Window> {
    type Setter = fn(Window, crate::unit::Quantity<crate::unit::Time>) -> Window;
    let setters: [(&str, Setter); 3] =
        [("start", Window::start), ("stop", Window::stop), ("origin", Window::origin)];
    setters.into_iter().try_fold(Window::new(), |window, (key, set)| match table.get(key) {
        None => Ok(window),
        Some(node) => Ok(set(window, time_ms(&format!("`{key}`"), node)? * ms)),
    })
}
