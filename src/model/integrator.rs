//! How the equations of a model with a `derivative` are integrated over a step.
//!
//! *How it works.* The methods stand in `lib/ode/`, which such a model imports; a constant there says how many fixed
//! sub-steps a step has, and 0 stands for the adaptive method. The model is read again with another number.

use super::reflect;
use super::{Instance, Model};
use crate::error::{Error, Result};

/// How the equations of a model are integrated over a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Integrator {
    /// Steps as large as the tolerance allows, each element its own: Runge-Kutta-Fehlberg of order 4 and 5, NEST's
    /// method.
    #[default]
    Adaptive,
    /// This many steps of equal size, Runge-Kutta of order 4: deterministic in its work, the same on every device.
    Rk4(u32),
}

/// The most sub-steps of a step.
const MOST: u32 = 256;

/// How the library declares the number: with this, at the start of a line.
const SUBSTEPS: &str = "const SUBSTEPS";

impl Model {
    /// How its equations are integrated; none where it has no equations to integrate.
    pub fn integrator(&self) -> Option<Integrator> {
        let line = self.text().lines().find_map(|line| line.strip_prefix(SUBSTEPS))?;
        let number = line.trim_start_matches([' ', '=']).trim_end_matches([';', 'u']);
        Some(match number.parse().ok()? {
            0 => Integrator::Adaptive,
            n => Integrator::Rk4(n),
        })
    }

    /// Its name, with the integrator where that is not the adaptive one.
    pub(crate) fn label(&self) -> String {
        match self.integrator() {
            Some(Integrator::Rk4(n)) => format!("{} (rk4, {n})", self.name()),
            Some(Integrator::Adaptive) | None => self.name().to_string(),
        }
    }

    /// The same model with another integrator.
    pub(super) fn with_integrator(&self, integrator: Integrator, place: &str) -> Result<Model> {
        let n = match integrator {
            Integrator::Adaptive => 0,
            Integrator::Rk4(n) if (1..=MOST).contains(&n) => n,
            Integrator::Rk4(n) => {
                let what = format!("the number of sub-steps of {place}");
                return Err(Error::Value { what, expected: format!("in 1..={MOST}"), got: n.to_string() });
            }
        };
        if self.integrator().is_none() {
            let text = format!(
                "`{}` has no equations that an integrator solves in steps: leave `integrator` out of {place}",
                self.name()
            );
            return Err(Error::network(text));
        }
        self.with_constant(&format!("{SUBSTEPS} ="), n)
    }

    /// The same model with another number for a constant, which is declared by a line that begins with `constant`.
    pub(super) fn with_constant(&self, constant: &str, n: u32) -> Result<Model> {
        let lines = self.text.lines().map(|line| match line.starts_with(constant) {
            true => format!("{constant} {n}u;\n"),
            false => format!("{line}\n"),
        });
        let text: String = lines.collect();
        let reflection = reflect::reflect(&text, self.own_lines).map_err(|fault| Error::Model {
            file: format!("{}.wgsl", self.name),
            line: fault.line,
            message: fault.message,
        })?;
        Ok(Model { name: self.name.clone(), text, reflection, ..*self })
    }
}

/// Whether a line of a model's text says what another population may have otherwise.
pub(super) fn is_free(line: &str) -> bool {
    line.starts_with(SUBSTEPS)
}

impl Instance {
    /// Chooses the integrator of a model with a `derivative`; a network refuses it for any other.
    pub fn integrator(mut self, integrator: Integrator) -> Instance {
        self.integrator = integrator;
        self
    }
}
