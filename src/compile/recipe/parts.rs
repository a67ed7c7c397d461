//! The ports, the title and the constants of a recipe.

use super::Recipe;
use crate::compile::constants::{self, Entry};
use crate::compile::stimulus;
use crate::error::Result;
use crate::model::instance::{Kind, Numbers, Settings, continuous, spike_ports};
use crate::model::reflect::{Member, Scalar};
use crate::network::projection::{Carries, Projection, Receptor};
use crate::network::target::port_for;

/// A port of a recipe, by position: those of the neuron, then those of each receptor.
impl Recipe {
    /// Names of the ports, in order.
    pub fn ports(&self) -> Vec<String> {
        if self.relays.is_some() {
            return vec!["events".into()];
        }
        let own = spike_ports(&self.model).map(|member| member.name.clone());
        let receptors = self.receptors.iter().enumerate().flat_map(|(k, receptor)| match &receptor.synapse {
            None => vec![format!("{}_{k}", receptor.output.model.name())],
            Some(synapse) => {
                let name = |member: &Member| format!("{}_{k}.{}", synapse.model.name(), member.name);
                spike_ports(&synapse.model).map(name).collect()
            }
        });
        let inputs: Vec<&Member> = continuous(&self.model).collect();
        let held = self.held.iter().map(|input| format!("held {}", inputs[*input].name));
        own.chain(receptors).chain(held).collect()
    }

    /// The position of the continuous input that a projection of currents ends on.
    pub fn current_input(&self, projection: &Projection) -> usize {
        let named = |name: &String| continuous(&self.model).position(|member| member.name == *name);
        projection.port.as_ref().and_then(named).unwrap_or(0)
    }

    /// The port of the first held current.
    pub fn first_held(&self) -> usize {
        self.ports().len() - self.held.len()
    }

    /// The ports that take what a projection delivers, for weights of either sign.
    pub fn taking_ports(&self, projection: &Projection) -> impl Iterator<Item = usize> + use<> {
        self.ports_by_sign(projection).into_iter().flatten()
    }

    /// The ports that take positive and negative weights of a projection.
    pub fn ports_by_sign(&self, projection: &Projection) -> [Option<usize>; 2] {
        if projection.carries == Carries::Levels {
            let input = self.current_input(projection);
            let held = self.held.iter().position(|known| *known == input);
            return [held.map(|k| self.first_held() + k); 2];
        }
        match &projection.receptor {
            Some(receptor) => [self.receptor_port(receptor); 2],
            None => [1.0, -1.0].map(|sign| port_for(&self.model, projection.port.as_deref(), sign)),
        }
    }

    /// The first port of a receptor of this population.
    pub fn receptor_port(&self, receptor: &Receptor) -> Option<usize> {
        let own = spike_ports(&self.model).count();
        let k = self.receptors.iter().position(|known| known == receptor)?;
        let ports = |known: &Receptor| {
            known.synapse.as_ref().map_or(1, |synapse| spike_ports(&synapse.model).count())
        };
        Some(own + self.receptors[..k].iter().map(ports).sum::<usize>())
    }

    /// Names of the constants that are known only when the rows are, but for the scales of ports.
    pub fn wired(&self) -> Vec<String> {
        let numbered = self.receptors.iter().enumerate().filter(|(_, receptor)| receptor.sums_weights());
        numbered.map(|(k, receptor)| format!("{}weights", part_prefix(&receptor.output, k))).collect()
    }

    /// Whether all values are those of `other`, which has the same parts.
    pub(super) fn is_like(&self, other: &Recipe) -> bool {
        let stimuli = self.stimuli.iter().zip(&other.stimuli);
        self.params == other.params
            && self.inputs == other.inputs
            && stimuli.into_iter().all(|(one, other)| one.params == other.params)
    }

    /// The models it is made of: `neuron + synapse/output`.
    pub fn title(&self) -> String {
        let name = |settings: &Settings| settings.model.name().to_string();
        let receptors = self.receptors.iter().map(|receptor| {
            let parts = receptor.synapse.iter().chain([&receptor.output]).map(name);
            format!(" + {}", parts.collect::<Vec<_>>().join("/"))
        });
        let stimuli = self.stimuli.iter().map(|stimulus| format!(" + {}", stimulus.model.name()));
        let senders = self.senders.iter().map(|sender| {
            let parts: Vec<String> = sender.stp.iter().chain(&sender.synapse).map(name).collect();
            if parts.is_empty() { " > released".into() } else { format!(" > {}", parts.join("/")) }
        });
        let held = self.held.iter().map(|input| format!(" + held {input}"));
        let parts = receptors.chain(stimuli).chain(held).chain(senders);
        parts.fold(self.model.label(), |title, part| title + &part)
    }

    /// Every constant of its update, in a fixed order; the scales of the ports come first and are set later.
    ///
    /// # Errors
    /// A `derive` that cannot be lowered.
    pub fn constants(&self, dt: f64, seed: u64) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = (0..self.ports().len())
            .map(|port| Entry::shared(&format!("scale_{port}"), Scalar::F32, 1f32.to_bits()))
            .collect();
        entries.push(Entry::shared("dt", Scalar::F32, (dt as f32).to_bits()));
        entries.push(Entry::shared(constants::SEED[0], Scalar::U32, seed as u32));
        entries.push(Entry::shared(constants::SEED[1], Scalar::U32, (seed >> 32) as u32));
        entries.push(Entry::shared("stream", Scalar::U32, self.stream));
        entries.extend(continuous(&self.model).map(|member| {
            Entry::numbers(&format!("input_{}", member.name), Scalar::F32, &self.inputs[&member.name])
        }));
        entries.extend(constants::of_model("", &self.model, &self.params, dt)?);
        for (k, receptor) in self.receptors.iter().enumerate() {
            for settings in receptor.synapse.iter().chain([&receptor.output]) {
                entries.extend(of_settings(&part_prefix(settings, k), settings, dt)?);
            }
            if receptor.sums_weights() {
                // set when the rows are known
                let zeros = Numbers::Each(vec![0.0; self.size as usize]);
                let name = format!("{}weights", part_prefix(&receptor.output, k));
                entries.push(Entry::numbers(&name, Scalar::F32, &zeros));
            }
        }
        for (k, sender) in self.senders.iter().enumerate() {
            for settings in sender.stp.iter().chain(&sender.synapse) {
                entries.extend(of_settings(&sender_prefix(settings, k), settings, dt)?);
            }
        }
        if self.model.has_common_draws() {
            entries.extend(stimulus::common_draws("", &self.sends_for));
        }
        for (k, stimulus) in self.stimuli.iter().enumerate() {
            entries.extend(stimulus.constants(k, dt)?);
        }
        Ok(entries)
    }
}

/// The prefix of the constants and the state of a part of the `k`-th receptor.
pub fn part_prefix(settings: &Settings, k: usize) -> String {
    format!("{}_{k}_", settings.model.name())
}

/// The prefix of the constants and the state of a part of the `k`-th sender.
pub fn sender_prefix(settings: &Settings, k: usize) -> String {
    format!("sent_{k}_{}_", settings.model.name())
}

fn of_settings(prefix: &str, settings: &Settings, dt: f64) -> Result<Vec<Entry>> {
    let params = settings.numbers(Kind::Param, 1, None);
    constants::of_model(prefix, &settings.model, &params, dt)
}
