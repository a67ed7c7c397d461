//! A model as data: what one annotated WGSL file says, and what the user set on it.
//!
//! *How it works.* [`reflect`](mod@reflect) reads the file with naga; the tags of its structs ([`tag`]) give every
//! parameter, unit, default and bound. [`Model`] checks that the functions fit the role that the file has.
//! A model may have lists of any length, such as ports ([`Model::counts`]).
//! An [`Instance`] is a model with the values that a user gave, checked as they enter ([`value`]).

pub mod catalogue;
pub mod reflect;
pub mod tag;
pub mod value;

mod count;
pub mod instance;
mod integrator;
#[cfg(test)]
pub(crate) mod placeholder;

pub use instance::Instance;
pub use integrator::Integrator;
pub use value::{Amount, Given, Number, Value};

use crate::error::{Error, Result};
use reflect::{Fault, Function, Member, Reflection};
use std::sync::Arc;
use tag::{Tag, TagUnit};

/// What a model does in a network; shipped models have it from their folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Integrates its inputs and spikes.
    Neuron,
    /// Receptor dynamics between a projection and its target.
    Synapse,
    /// Turns a synapse's conductance into a current.
    Output,
    /// Changes the weights of a projection.
    Plasticity,
    /// Makes spikes or currents of its own.
    Generator,
}

impl Role {
    /// Every role with the name of its folder.
    pub const ALL: [(&'static str, Role); 5] = [
        ("neuron", Role::Neuron),
        ("synapse", Role::Synapse),
        ("output", Role::Output),
        ("plasticity", Role::Plasticity),
        ("generator", Role::Generator),
    ];

    /// The folder's name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, role)| *role == self).map_or("", |(name, _)| name)
    }

    /// Functions that a model of this role may have; anything else in the file is a helper of its own.
    fn roles_functions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Role::Neuron => &[
                ("derive", "Derived"),
                ("update", "State"),
                ("threshold", "f32"),
                ("reset", "State"),
                ("spikes", "f32"),
                ("release", "f32"),
                ("bound", "f32"),
            ],
            Role::Synapse => &[
                ("derive", "Derived"),
                ("update", "State"),
                ("output", "f32"),
                ("release", "f32"),
                ("current", "f32"),
                ("bound", "f32"),
            ],
            Role::Output => &[("derive", "Derived"), ("current", "f32")],
            Role::Plasticity => &[],
            Role::Generator => &[
                ("derive", "Derived"),
                ("update", "State"),
                ("spikes", "f32"),
                ("bound", "f32"),
                ("current", "f32"),
                ("event", "f32"),
                ("count", "f32"),
                ("level", "f32"),
                ("latency", "u32"),
                ("ports", "u32"),
                ("copies", "u32"),
                ("moment", "f32"),
                ("rounds_up", "u32"),
                ("shifts_now", "u32"),
                ("offset", "f32"),
            ],
        }
    }
}

/// The argument by which a generator takes random numbers that all targets of an element have in common.
pub(crate) const COMMON_DRAWS: &str = "joint";

/// One model: a WGSL text and what it says about itself.
#[derive(Debug)]
pub struct Model {
    name: String,
    role: Role,
    text: String,
    /// Lines of the text before its imports.
    own_lines: usize,
    reflection: Reflection,
}

/// Names that engine functions take from the model's files by type or by name.
const ARGUMENT_TYPES: [&str; 9] =
    ["Params", "Derived", "State", "Input", "Arrived", "Schedule", "Clock", "Stream", "f32"];

impl Model {
    /// Reads a neuron model of the user's own from its text; it runs on every device like a shipped one.
    ///
    /// # Errors
    /// [`Error::Model`] with the line and what was expected there.
    pub fn from_wgsl(name: &str, text: &str) -> Result<Arc<Model>> {
        Model::with_role(name, Role::Neuron, text)
    }

    /// Reads a model of any role from its text.
    ///
    /// # Errors
    /// [`Error::Model`] with the line and what was expected there.
    pub fn with_role(name: &str, role: Role, text: &str) -> Result<Arc<Model>> {
        let at = |fault: Fault| Error::Model {
            file: format!("{name}.wgsl"),
            line: fault.line,
            message: fault.message,
        };
        let assembled =
            reflect::assemble(text, &|path| catalogue::library(path).map(str::to_string)).map_err(at)?;
        let own_lines = text.lines().count();
        let reflection = reflect::reflect(&assembled, own_lines).map_err(at)?;
        let model = Model { name: name.to_string(), role, text: assembled, own_lines, reflection };
        model.check().map_err(|message| {
            let line = message.0.and_then(|word| line_of(text, &word)).unwrap_or(1);
            Error::Model { file: format!("{name}.wgsl"), line, message: message.1 }
        })?;
        Ok(Arc::new(model))
    }

    /// The model's name: its file's stem.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does in a network.
    pub fn role(&self) -> Role {
        self.role
    }

    /// One line that says what it is.
    pub fn title(&self) -> &str {
        &self.reflection.title
    }

    /// The whole document: equations and sources.
    pub fn document(&self) -> &str {
        &self.reflection.document
    }

    /// The WGSL text with its imports.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Members of one of its structs; none where it goes without.
    pub fn members(&self, name: &str) -> &[Member] {
        self.reflection.members(name)
    }

    /// The parameters.
    pub fn params(&self) -> &[Member] {
        self.members("Params")
    }

    /// The state variables.
    pub fn state(&self) -> &[Member] {
        self.members("State")
    }

    /// The ports.
    pub fn inputs(&self) -> &[Member] {
        self.members("Input")
    }

    /// The signature of one of its functions.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.reflection.function(name)
    }

    /// Whether a model of edges leaves them as they are: it has no function and no state.
    pub fn is_static(&self) -> bool {
        self.reflection.functions.is_empty() && self.reflection.structs.is_empty()
    }

    /// Whether it acts at the source of a projection: its inputs are those of the sending neuron.
    pub fn is_presynaptic(&self) -> bool {
        self.inputs().iter().any(|member| member.tag().is_some_and(|tag| tag.presynaptic))
    }

    /// Whether all its spikes or currents are listed by the user: it has a `Schedule` and draws no spikes.
    pub fn is_scheduled(&self) -> bool {
        self.has_schedule() && self.function("spikes").is_none()
    }

    /// Whether something of it is listed by the user: its spikes, its currents, or what its random spikes follow.
    pub fn has_schedule(&self) -> bool {
        !self.members("Schedule").is_empty()
    }

    /// Whether the times that are listed are only what the times of its spikes are drawn around.
    pub fn draws_times(&self) -> bool {
        ["copies", "moment"].iter().all(|name| self.function(name).is_some())
    }

    /// Whether it is a generator that draws spikes while the network runs.
    pub fn is_random(&self) -> bool {
        self.role == Role::Generator && self.function("spikes").is_some()
    }

    /// Whether it is a generator of currents, not of spikes.
    pub fn makes_currents(&self) -> bool {
        let makes = |name: &&str| self.function(name).is_some();
        self.role == Role::Generator && !self.is_random() && ["current", "level"].iter().any(makes)
    }

    /// Whether some of its random numbers are those of all targets of an element.
    pub fn has_common_draws(&self) -> bool {
        let takes = |name: &&str| {
            let arguments = self.function(name).map_or(&[][..], |function| &function.arguments);
            arguments.iter().any(|(argument, _)| argument == COMMON_DRAWS)
        };
        ["update", "spikes"].iter().any(takes)
    }

    /// Checks names, defaults and signatures; the word tells which line to show.
    fn check(&self) -> std::result::Result<(), (Option<String>, String)> {
        let imported: Vec<&str> = self.text.lines().skip(self.own_lines).collect();
        for (name, result) in self.role.roles_functions() {
            // it would be a helper that nobody calls
            if imported.iter().any(|line| line.starts_with(&format!("fn {name}("))) {
                return Err((
                    None,
                    format!("an import defines `{name}`: it belongs to the model's own text"),
                ));
            }
            let Some(function) = self.function(name) else { continue };
            if function.result.as_deref() != Some(result) {
                return Err((Some(format!("fn {name}")), format!("`{name}` must return {result}")));
            }
            for (argument, ty) in &function.arguments {
                if !ARGUMENT_TYPES.contains(&ty.as_str()) {
                    let message =
                        format!("`{argument}: {ty}`: `{name}` takes values of {}", ARGUMENT_TYPES.join(", "));
                    return Err((Some(format!("fn {name}")), message));
                }
            }
        }
        self.check_has_a_purpose()?;
        let params: Vec<&str> = self.params().iter().map(|member| member.name.as_str()).collect();
        for owner in ["Params", "State", "Schedule"] {
            for (k, member) in self.members(owner).iter().enumerate() {
                let earlier = if owner == "Params" { &params[..k] } else { &params[..] };
                check_terms(member, earlier, &params)?;
            }
        }
        let graded = self.inputs().iter().find(|member| member.tag().is_some_and(|tag| tag.released));
        match graded {
            Some(port) if self.function("release").is_none() => {
                let message = format!(
                    "`{}` takes what neurons of this model release: add a function `release`",
                    port.name
                );
                Err((Some(port.name.clone()), message))
            }
            _ => Ok(()),
        }
    }

    fn check_has_a_purpose(&self) -> std::result::Result<(), (Option<String>, String)> {
        let needed: &[&str] = match self.role {
            Role::Neuron => &["update", "spikes"],
            Role::Synapse => &["output", "release"],
            Role::Output => &["current"],
            Role::Plasticity => return Ok(()),
            Role::Generator => &["spikes", "current", "event", "level"],
        };
        let sends = ["spikes", "release"].into_iter().find(|name| self.function(name).is_some());
        if let Some(sends) = sends.filter(|_| self.function("bound").is_none()) {
            let message = format!("`{sends}` needs a function `bound`: the most that it can return");
            return Err((Some(format!("fn {sends}")), message));
        }
        if needed.iter().any(|name| self.function(name).is_some()) {
            return Ok(());
        }
        Err((None, format!("a {} needs a function `{}`", self.role.name(), needed.join("` or `"))))
    }
}

/// A default must name an earlier parameter, a bound any parameter, `from` a parameter.
fn check_terms(
    member: &Member,
    earlier: &[&str],
    all: &[&str],
) -> std::result::Result<(), (Option<String>, String)> {
    let Some(tag) = &member.tag else { return Ok(()) };
    let word = Some(member.name.clone());
    if let Some(tag::Term::Name(name)) = &tag.default
        && !earlier.contains(&name.as_str())
    {
        return Err((word, format!("default `{name}` of `{}` is no earlier parameter", member.name)));
    }
    for bound in &tag.bounds {
        if let tag::Term::Name(name) = &bound.term
            && !all.contains(&name.as_str())
        {
            return Err((word, format!("bound `{name}` of `{}` is no parameter", member.name)));
        }
    }
    match &tag.from {
        Some(name) if !all.contains(&name.as_str()) => {
            Err((word, format!("`from {name}` of `{}` names no parameter", member.name)))
        }
        _ => Ok(()),
    }
}

/// The line of `text` that declares `word` (a function, or a member followed by a colon).
fn line_of(text: &str, word: &str) -> Option<usize> {
    let declares = |line: &str| {
        let line = line.trim_start();
        line.strip_prefix(word).is_some_and(|rest| rest.starts_with([':', '(', ' ']))
    };
    text.lines().position(declares).map(|k| k + 1)
}

impl Member {
    /// The tag; members without one are internal and carry no unit.
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The unit as written, empty for an internal member.
    pub fn unit_text(&self) -> String {
        match self.tag().map(|tag| &tag.unit) {
            Some(TagUnit::Unit(unit)) => unit.symbol.to_string(),
            Some(TagUnit::Spikes) => "spikes".to_string(),
            Some(TagUnit::Output) => "output".to_string(),
            Some(TagUnit::Port) => "port".to_string(),
            Some(TagUnit::Choice(words)) => words.join(" | "),
            None => String::new(),
        }
    }
}
