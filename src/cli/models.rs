//! `synfire models`: the catalogue, and one model with its parameters.

use super::print;
use crate::error::Result;
use crate::model::catalogue;
use crate::model::reflect::Member;
use crate::model::tag::{Tag, TagUnit, Term};
use std::fmt::Write;

#[derive(clap::Args)]
pub struct Args {
    /// The model to show
    name: Option<String>,
}

/// The structs of a model that a user sets or sees, with a heading each.
const SECTIONS: [(&str, &str); 4] =
    [("Params", "parameters"), ("Schedule", "schedule"), ("State", "state"), ("Input", "ports")];

/// Lists the models, or shows one.
pub fn run(args: &Args) -> Result<()> {
    let Some(name) = &args.name else { return print(&list()) };
    let model = catalogue::find(name)?;
    let mut text = format!("{} ({})\n\n", model.name(), model.role().name());
    for line in model.document().lines() {
        let _ = writeln!(text, "{line}");
    }
    for (of, heading) in SECTIONS {
        let mut rows: Vec<[String; 4]> = model.members(of).iter().map(row).collect();
        if of == "Params" {
            // the list is set, not its elements
            let lists = model.members(of).iter().zip(&mut rows);
            let lists = lists.filter_map(|(member, row)| Some((member.list.as_ref()?, row)));
            lists.for_each(|(list, row)| (row[0], row[3]) = (list.clone(), format!("{}, a list", row[3])));
        }
        if !rows.is_empty() {
            let _ = write!(text, "\n{heading}\n{}", table(&rows));
        }
    }
    print(&text)
}

fn list() -> String {
    let models = catalogue::models().iter();
    let rows = models.map(|model| [model.role().name().into(), model.name().into(), model.title().into()]);
    table(&rows.collect::<Vec<[String; 3]>>())
}

/// Name, unit, default with bounds, meaning.
fn row(member: &Member) -> [String; 4] {
    let Some(tag) = member.tag() else {
        return [member.name.clone(), String::new(), String::new(), String::new()];
    };
    [member.name.clone(), format!("[{}]", member.unit_text()), limits(tag), tag.meaning.clone()]
}

/// `= 10, > 0`
fn limits(tag: &Tag) -> String {
    let default = tag.default.as_ref().map(|default| format!("= {}", term(tag, default)));
    let bounds =
        tag.bounds.iter().map(|bound| format!("{} {}", bound.relation.text(), term(tag, &bound.term)));
    let current = tag.continuous.then(|| "continuous".to_string());
    default.into_iter().chain(bounds).chain(current).collect::<Vec<_>>().join(", ")
}

fn term(tag: &Tag, term: &Term) -> String {
    match (term, &tag.unit) {
        (Term::Name(name), _) => name.clone(),
        (Term::Number(k), TagUnit::Choice(words)) => words.get(*k as usize).cloned().unwrap_or_default(),
        (Term::Number(number), _) => number.to_string(),
    }
}

/// Columns as wide as their widest cell.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |k: usize| rows.iter().map(|row| row[k].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
