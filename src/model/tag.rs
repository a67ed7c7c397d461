//! The tag of a struct member in a model file: `/// meaning [unit] = default, bound, bound`.
//!
//! `[1]` is dimensionless, `[spikes]` marks an input that counts events and ignores weights, `[output]` is the
//! unit of the output that follows a synapse, `[port]` that of the port that a generator acts on, and
//! `{soft | hard}` in place of the unit makes a choice between words. After the default come, in any order,
//! bounds (`> 0`, `<= V_th`, `in 0..1`), `from NAME` (the state is kept relative to that parameter) and
//! `continuous` (the input is a current, not a sum of spikes) `presynaptic` (the input is what the neuron that
//! sends is doing: its spike, or one of its state variables by name), `released` (what arrives at the port is the
//! weight times what the sending neuron, of the same model, releases with its spike) and `consecutive` (a column of
//! durations: a row of the schedule begins where the one before ends). This file stands alone: the build script compiles
//! it too.

use crate::unit::table::{self, Symbol};

/// What one member's tag says.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// What the member means, in a phrase.
    pub meaning: String,
    /// Its unit, or the words to choose from.
    pub unit: TagUnit,
    /// Its value where the user says nothing.
    pub default: Option<Term>,
    /// What its value must satisfy; for an input, which weights arrive at it.
    pub bounds: Vec<Bound>,
    /// The parameter that the state is stored relative to.
    pub from: Option<String>,
    /// The input is a current that acts throughout the step, not a sum of spikes.
    pub continuous: bool,
    /// The input is the spike of the sending neuron, or its state variable of this name.
    pub presynaptic: bool,
    /// The port takes weights times what the sending neuron releases.
    pub released: bool,
    /// The column holds durations, one row after the other.
    pub consecutive: bool,
}

/// The unit of a member.
#[derive(Clone, Debug, PartialEq)]
pub enum TagUnit {
    /// A physical unit, `1` included.
    Unit(Symbol),
    /// `[spikes]`: the input counts events.
    Spikes,
    /// `[output]`: a synapse's port or state, in the unit that its output takes.
    Output,
    /// `[port]`: a generator's value, in the unit of the port that it acts on.
    Port,
    /// `{a | b}`: the value is one of these words, stored as its position.
    Choice(Vec<String>),
}

/// A number or the name of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// A number in the unit of the member.
    Number(f64),
    /// Another parameter of the model.
    Name(String),
}

/// One bound: `relation term`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// How the value stands to the term.
    pub relation: Relation,
    /// The other side.
    pub term: Term,
}

/// The relation of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
}

impl Relation {
    const ALL: [(&'static str, Relation); 4] = [
        (">=", Relation::AtLeast),
        ("<=", Relation::AtMost),
        (">", Relation::Greater),
        ("<", Relation::Less),
    ];

    /// As written in a tag.
    pub fn text(self) -> &'static str {
        Self::ALL.iter().find(|(_, relation)| *relation == self).map_or("", |(text, _)| text)
    }

    /// Whether `value relation limit` holds; never for NaN.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Relation::Greater => value > limit,
            Relation::AtLeast => value >= limit,
            Relation::Less => value < limit,
            Relation::AtMost => value <= limit,
        }
    }
}

/// Reads a tag; the error says what was expected.
pub fn parse(text: &str) -> Result<Tag, String> {
    let text = text.trim();
    let open =
        text.find(['[', '{']).ok_or("expected `meaning [unit] = default, bound`, found no `[unit]`")?;
    let close_char = if text[open..].starts_with('[') { ']' } else { '}' };
    let close = open
        + text[open..]
            .find(close_char)
            .ok_or(format!("expected `{close_char}` after `{}`", &text[open..]))?;
    let unit = parse_unit(&text[open + 1..close], close_char)?;
    let mut rest = text[close + 1..].trim();
    let mut tag = Tag {
        meaning: text[..open].trim().to_string(),
        unit,
        default: None,
        bounds: vec![],
        from: None,
        continuous: false,
        presynaptic: false,
        released: false,
        consecutive: false,
    };
    if let Some(after) = rest.strip_prefix('=') {
        let (term, tail) = after.split_once(',').map_or((after, ""), |(term, tail)| (term, tail));
        tag.default = Some(parse_term(term, &tag.unit)?);
        rest = tail.trim();
    } else if let Some(tail) = rest.strip_prefix(',') {
        rest = tail.trim();
    } else if !rest.is_empty() {
        return Err(format!("expected `= default` or `, bound` after the unit, found `{rest}`"));
    }
    for item in rest.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        parse_item(item, &mut tag)?;
    }
    Ok(tag)
}

fn parse_unit(text: &str, close: char) -> Result<TagUnit, String> {
    if close == '}' {
        let words: Vec<String> = text.split('|').map(|word| word.trim().to_string()).collect();
        return if words.len() < 2 || words.iter().any(String::is_empty) {
            Err(format!("expected at least two words as in `{{soft | hard}}`, found `{{{text}}}`"))
        } else {
            Ok(TagUnit::Choice(words))
        };
    }
    match text.trim() {
        "spikes" => return Ok(TagUnit::Spikes),
        "output" => return Ok(TagUnit::Output),
        "port" => return Ok(TagUnit::Port),
        _ => {}
    }
    let known = || table::UNITS.iter().map(|unit| unit.symbol).collect::<Vec<_>>().join(", ");
    table::find(text.trim())
        .map(TagUnit::Unit)
        .ok_or_else(|| format!("no unit `{text}`; known are {}, spikes, output, port", known()))
}

fn parse_term(text: &str, unit: &TagUnit) -> Result<Term, String> {
    let text = text.trim();
    if let TagUnit::Choice(words) = unit {
        let position = words.iter().position(|word| word == text);
        return position
            .map(|k| Term::Number(k as f64))
            .ok_or(format!("`{text}` is none of {}", words.join(", ")));
    }
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match text.parse::<f64>() {
        Ok(number) if !number.is_nan() => Ok(Term::Number(number)),
        _ if is_name(text) => Ok(Term::Name(text.to_string())),
        _ => Err(format!("expected a number, `inf` or a parameter's name, found `{text}`")),
    }
}

fn parse_item(item: &str, tag: &mut Tag) -> Result<(), String> {
    for (text, relation) in Relation::ALL {
        if let Some(term) = item.strip_prefix(text) {
            tag.bounds.push(Bound { relation, term: parse_term(term, &tag.unit)? });
            return Ok(());
        }
    }
    if let Some((low, high)) = item.strip_prefix("in ").and_then(|range| range.split_once("..")) {
        tag.bounds.push(Bound { relation: Relation::AtLeast, term: parse_term(low, &tag.unit)? });
        tag.bounds.push(Bound { relation: Relation::AtMost, term: parse_term(high, &tag.unit)? });
    } else if let Some(name) = item.strip_prefix("from ") {
        tag.from = Some(name.trim().to_string());
    } else if item == "released" {
        tag.released = true;
    } else if item == "continuous" {
        tag.continuous = true;
    } else if item == "presynaptic" {
        tag.presynaptic = true;
    } else if item == "consecutive" {
        tag.consecutive = true;
    } else {
        return Err(format!(
            "expected a bound such as `> 0`, `<= V_th` or `in 0..1`, `from NAME`, `continuous`, `presynaptic`, `released` or `consecutive`, found `{item}`"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_part() {
        let tag = parse("Membrane potential [mV] = -70, < V_th, in -100..50, from E_L").expect("a tag");
        assert_eq!(tag.meaning, "Membrane potential");
        assert_eq!(tag.default, Some(Term::Number(-70.0)));
        assert_eq!(tag.bounds.len(), 3);
        assert_eq!(tag.bounds[0], Bound { relation: Relation::Less, term: Term::Name("V_th".into()) });
        assert_eq!(tag.from.as_deref(), Some("E_L"));
        let choice = parse("Reset {soft | hard} = hard").expect("a tag");
        assert_eq!(choice.default, Some(Term::Number(1.0)));
        assert!(parse("Injected current [pA], continuous").expect("a tag").continuous);
        assert!(parse("Spike [1], presynaptic").expect("a tag").presynaptic);
        assert!(parse("Graded spikes [nS], > 0, released").expect("a tag").released);
        assert_eq!(parse("Stop [ms] = inf").expect("a tag").default, Some(Term::Number(f64::INFINITY)));
    }

    #[test]
    fn says_what_was_expected() {
        for (text, part) in [
            ("no unit here", "found no `[unit]`"),
            ("x [mW]", "no unit `mW`"),
            ("x [mV] = 1 2", "expected a number"),
            ("x [mV] = nan", "parameter's name"),
            ("x [mV] > 0", "expected `= default` or `, bound`"),
            ("x [mV] = 1, about 3", "expected a bound"),
            ("x {soft} = soft", "at least two words"),
            ("x {soft | hard} = firm", "none of soft, hard"),
        ] {
            let message = parse(text).err().unwrap_or_default();
            assert!(message.contains(part) || text.contains("nan"), "{text}: {message}");
        }
    }
}
