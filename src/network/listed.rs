//! Lists of weights and delays, and what their values go by.

use super::rule::{Connectivity, Rule};
use crate::error::{Error, Result};
use crate::model::tag::TagUnit;
use crate::model::value::{Given, Number, Value};
use crate::unit::table;

/// What the values of a list go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// One for every edge.
    Edge,
    /// One for every source.
    Source,
}

/// What listed delays go by: edges where there is one for each, otherwise sources.
pub(super) fn delays_by(delay: &Value, rule: &Rule, (sources, targets): (u32, u32)) -> Listed {
    let Value::Each(delays) = delay else { return Listed::Edge };
    let edges = match rule {
        Rule::Edges(pairs) => pairs.len() as u64,
        Rule::OneToOne => u64::from(sources),
        Rule::AllToAll => u64::from(sources) * u64::from(targets),
        // drawn edges have no order that a list could follow
        _ => u64::MAX,
    };
    let n = delays.len() as u64;
    if n != edges && n == u64::from(sources) { Listed::Source } else { Listed::Edge }
}

/// Whether a list has values for pairs that are left out.
pub(super) fn lists_gaps(connectivity: &Connectivity, weights: [&Value; 2]) -> bool {
    let lists = weights.iter().any(|weight| matches!(weight, Value::Each(_)));
    lists && !connectivity.autapses && matches!(connectivity.rule, Rule::AllToAll)
}

/// A list needs one value for each edge, and a rule that fixes the order of edges.
pub(super) fn check_length(
    place: &str,
    what: &str,
    value: &Value,
    rule: &Rule,
    sizes: (u32, u32),
) -> Result<()> {
    let Value::Each(values) = value else { return Ok(()) };
    let edges = match rule {
        Rule::Edges(pairs) => pairs.len() as u64,
        Rule::OneToOne => u64::from(sizes.0),
        Rule::AllToAll => u64::from(sizes.0) * u64::from(sizes.1),
        drawn => {
            let text = format!(
                "the {what} of {place} is a list, but {} draws its edges; give one value or a distribution",
                drawn.name()
            );
            return Err(Error::network(text));
        }
    };
    if values.len() as u64 == edges {
        return Ok(());
    }
    let plural = if values.len() == 1 { "" } else { "s" };
    Err(Error::network(format!(
        "the {what} of {place} is a list of {} value{plural}; it has {edges} edges",
        values.len()
    )))
}

/// The delays in ms, at least a step where nothing else takes one.
pub(super) fn delay(dt_ms: f64, place: &str, given: Option<Given>, latency: u32) -> Result<Value> {
    let unit = TagUnit::Unit(table::find("ms").expect("the table has ms"));
    let what = format!("the delay of {place}");
    let least = if latency == 0 { dt_ms } else { 0.0 };
    let given = given.unwrap_or(Given::Constant(Number { value: least, unit: Some(("time", -3)) }));
    let value = given.resolve(&what, &unit)?;
    let delays: Vec<f64> = match &value {
        Value::Constant(delay) => vec![*delay],
        Value::Each(delays) => delays.to_vec(),
        Value::Random(_) => vec![],
    };
    // 1e-9: decimal input such as 0.1 ms may miss dt by a rounding of f64
    match delays.iter().find(|delay| !(**delay >= least * (1.0 - 1e-9) && delay.is_finite())) {
        None => Ok(value),
        Some(delay) if latency == 0 => {
            Err(Error::Value { what, expected: format!(">= dt = {dt_ms} ms"), got: format!("{delay} ms") })
        }
        Some(delay) => Err(Error::Value { what, expected: ">= 0 ms".into(), got: format!("{delay} ms") }),
    }
}

/// A matrix of weights as the list that it stands for.
pub(super) fn dense(place: &str, given: Given, rule: &Rule, sizes: (u32, u32)) -> Result<Given> {
    let Given::Lists(rows) = &given else { return Ok(given) };
    let (n_sources, n_targets) = (sizes.0 as usize, sizes.1 as usize);
    if *rule != Rule::AllToAll {
        let text = format!(
            "the weight of {place} is a matrix, which {} does not take; all_to_all does",
            rule.name()
        );
        return Err(Error::network(text));
    }
    let row = |row: &Given| match row {
        Given::Each(numbers) if numbers.len() == n_targets => Some(numbers.clone()),
        _ => None,
    };
    let matrix = rows.iter().map(row).collect::<Option<Vec<Vec<Number>>>>();
    let Some(matrix) = matrix.filter(|matrix| matrix.len() == n_sources) else {
        return Err(Error::network(format!(
            "the weight of {place} is a matrix of {} rows; it has {n_sources} sources, a row of {n_targets} for each",
            rows.len()
        )));
    };
    let by_target = (0..n_targets).flat_map(|target| matrix.iter().map(move |row| row[target].clone()));
    Ok(Given::Each(by_target.collect()))
}
