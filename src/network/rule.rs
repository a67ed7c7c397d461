//! Which neurons are connected: NEST's connection rules, by name and meaning, and BrainPy's.
//!
//! ```
//! use synfire::network::rule::{csr, fixed_indegree, pairwise_bernoulli};
//!
//! let local = fixed_indegree(100).without_autapses().without_multapses();
//! let sparse = pairwise_bernoulli(0.1);
//! let listed = csr(&[0, 2, 3], &[1, 4, 0])?; // source 0 to targets 1 and 4, source 1 to target 0
//! # Ok::<(), synfire::Error>(())
//! ```
//!
//! BrainPy's operators, as in brainstate.nn and brainevent, are these rules:
//!
//! | there | here |
//! |---|---|
//! | `OneToOne` | [`one_to_one`]; a list of weights is one per pair |
//! | `AllToAll`, `Linear` | [`all_to_all`]; a matrix of weights is a list of rows, one per source, as long as there are targets |
//! | `EventFixedProb`, `FixedNumConn(p)` | [`fixed_prob`]: int(p · number of targets) targets for each source, drawn with replacement |
//! | `EventFixedNumConn(n)`, `FixedNumPerPre` | [`fixed_outdegree`] |
//! | `FixedNumPerPost` | [`fixed_indegree`] |
//! | `CSR`, `SparseLinear` | [`csr`], a list of weights in its order |
//! | `COO` | [`coo`], or [`edges`] for pairs |
//! | `JITCScalarR`, `JITCUniformR`, `JITCNormalR` | [`pairwise_bernoulli`] with a constant, uniform or normal weight, and [`procedural`](super::ProjectionBuilder::procedural) |
//!
//! `allow_multi_conn=False` is [`Connectivity::without_multapses`].

mod matrix;

use std::sync::Arc;

use crate::Error;
pub use matrix::{coo, csr};

/// How pairs of neurons are chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Source `i` to target `i`.
    OneToOne,
    /// Every source to every target.
    AllToAll,
    /// Every target draws this many sources.
    FixedIndegree(u32),
    /// Every source draws this many targets.
    FixedOutdegree(u32),
    /// Every source draws this share of the targets, rounded down.
    FixedProb(f64),
    /// This many pairs in total, all pairs equally likely.
    FixedTotalNumber(u64),
    /// Every pair with this probability.
    PairwiseBernoulli(f64),
    /// Every pair with this probability, and then in both directions. Needs [`Connectivity::without_autapses`].
    SymmetricPairwiseBernoulli(f64),
    /// Every pair a Poisson-distributed number of times with this mean.
    PairwisePoisson(f64),
    /// These pairs: index of the source and index of the target, within the projection.
    Edges(Arc<[[u32; 2]]>),
}

/// A rule and what it may produce.
///
/// An autapse connects a neuron with itself; a multapse is a second connection of the same source and target. Both
/// are judged by the identity of the neuron, however it was sliced.
#[derive(Clone, Debug, PartialEq)]
pub struct Connectivity {
    /// How pairs are chosen.
    pub rule: Rule,
    /// Whether a neuron may connect to itself (NEST: `allow_autapses`); at first it may.
    pub autapses: bool,
    /// Whether a pair may be connected more than once (NEST: `allow_multapses`); at first it may.
    pub multapses: bool,
    /// Whether sources and targets have changed places: see [`Connectivity::mirrored`].
    pub(crate) mirrored: bool,
    /// Whether nothing is stored: see [`ProjectionBuilder::procedural`](super::ProjectionBuilder::procedural).
    pub(crate) procedural: bool,
}

/// Source `i` to target `i`; as many sources as targets.
pub fn one_to_one() -> Connectivity {
    Rule::OneToOne.into()
}

/// Every source to every target.
pub fn all_to_all() -> Connectivity {
    Rule::AllToAll.into()
}

/// Every target draws `n` sources, from all sources of the projection together.
pub fn fixed_indegree(n: u32) -> Connectivity {
    Rule::FixedIndegree(n).into()
}

/// Every source draws `n` targets.
pub fn fixed_outdegree(n: u32) -> Connectivity {
    Rule::FixedOutdegree(n).into()
}

/// Every source draws as many targets as `p` times their number, rounded down: brainstate's `EventFixedProb`.
///
/// A target may be drawn twice; [`Connectivity::without_multapses`] excludes it.
pub fn fixed_prob(p: f64) -> Connectivity {
    Rule::FixedProb(p).into()
}

/// `n` connections in total.
pub fn fixed_total_number(n: u64) -> Connectivity {
    Rule::FixedTotalNumber(n).into()
}

/// Every pair with probability `p`.
pub fn pairwise_bernoulli(p: f64) -> Connectivity {
    Rule::PairwiseBernoulli(p).into()
}

/// Every pair with probability `p`, in both directions; autapses are excluded, as NEST demands.
///
/// Where sources and targets are the same neurons, a pair is tried once in each order, so that it may be connected
/// twice; [`Connectivity::without_multapses`] tries it once.
pub fn symmetric_pairwise_bernoulli(p: f64) -> Connectivity {
    Connectivity::from(Rule::SymmetricPairwiseBernoulli(p)).without_autapses()
}

/// Every pair a Poisson-distributed number of times (NEST: `pairwise_avg_num_conns`).
pub fn pairwise_poisson(mean: f64) -> Connectivity {
    Rule::PairwisePoisson(mean).into()
}

/// Exactly these pairs of source and target index.
pub fn edges(pairs: impl Into<Arc<[[u32; 2]]>>) -> Connectivity {
    Rule::Edges(pairs.into()).into()
}

impl From<Rule> for Connectivity {
    fn from(rule: Rule) -> Self {
        Self { rule, autapses: true, multapses: true, mirrored: false, procedural: false }
    }
}

impl Connectivity {
    /// No neuron connects to itself.
    pub fn without_autapses(mut self) -> Self {
        self.autapses = false;
        self
    }

    /// No pair is connected twice.
    pub fn without_multapses(mut self) -> Self {
        self.multapses = false;
        self
    }

    /// The way back of [`symmetric_pairwise_bernoulli`]: for a wiring whose sources are the targets of the way there
    /// and whose targets are its sources, with the same stream.
    pub fn mirrored(mut self) -> Self {
        self.mirrored = true;
        self
    }

    /// Checks the rule for a number of sources and targets, of which `n_shared` are the same neurons.
    pub fn validate(&self, n_sources: u32, n_targets: u32, n_shared: u32) -> Result<(), Error> {
        let fail = |text: String| Err(Error::Rule(text));
        let name = self.rule.name();
        match &self.rule {
            rule if self.mirrored && !matches!(rule, Rule::SymmetricPairwiseBernoulli(_)) => {
                fail(format!("{name} has no way back; only symmetric_pairwise_bernoulli has"))
            }
            rule if self.procedural && !rule.is_by_source() => fail(format!(
                "{name} cannot be procedural, since a source alone does not know its targets; one_to_one, all_to_all, \
                 fixed_outdegree, fixed_prob and pairwise_bernoulli can"
            )),
            Rule::OneToOne if n_sources != n_targets => fail(format!(
                "one_to_one needs as many sources as targets; there are {n_sources} and {n_targets}"
            )),
            Rule::FixedIndegree(n) => self.validate_degree(*n, n_sources, "sources", n_targets, n_shared),
            Rule::FixedOutdegree(n) => self.validate_degree(*n, n_targets, "targets", n_sources, n_shared),
            Rule::FixedProb(p) if !(0.0..=1.0).contains(p) => {
                fail(format!("{name} takes a probability in 0..1, got {p}"))
            }
            Rule::FixedProb(p) => {
                let degree = Rule::degree(*p, n_targets);
                self.validate_degree(degree, n_targets, "targets", n_sources, n_shared)
            }
            Rule::FixedTotalNumber(n) => {
                let shared = if self.autapses { 0 } else { u64::from(n_shared) };
                let pairs = u64::from(n_sources) * u64::from(n_targets) - shared;
                if *n > 0 && pairs == 0 {
                    return fail(format!("{name} {n} needs a pair to connect; there is none"));
                }
                if !self.multapses && *n > pairs {
                    return fail(format!(
                        "{name} {n} without multapses needs at least {n} pairs; there are {pairs}"
                    ));
                }
                Ok(())
            }
            Rule::SymmetricPairwiseBernoulli(_) if self.autapses => {
                fail(format!("{name} excludes autapses; add `without_autapses`"))
            }
            Rule::PairwiseBernoulli(p) | Rule::SymmetricPairwiseBernoulli(p) if !(0.0..=1.0).contains(p) => {
                fail(format!("{name} takes a probability in 0..1, got {p}"))
            }
            Rule::PairwisePoisson(mean) if !(*mean >= 0.0 && mean.is_finite()) => {
                fail(format!("{name} takes a mean of at least 0, got {mean}"))
            }
            Rule::PairwisePoisson(_) if !self.multapses => {
                fail(format!("{name} makes multapses; pairwise_bernoulli does not"))
            }
            Rule::Edges(pairs) => validate_edges(pairs, n_sources, n_targets),
            _ => Ok(()),
        }
    }

    /// Whether `n_drawers` neurons can draw `n` partners each out of `n_partners`.
    fn validate_degree(
        &self,
        n: u32,
        n_partners: u32,
        partners: &str,
        n_drawers: u32,
        n_shared: u32,
    ) -> Result<(), Error> {
        // with autapses excluded a neuron that is its own partner has one less to choose from
        let lost = u32::from(!self.autapses && n_shared > 0);
        let needed = if self.multapses { n.min(1) } else { n } + lost;
        if n == 0 || n_drawers == 0 || n_partners >= needed {
            return Ok(());
        }
        let without = match (self.autapses, self.multapses) {
            (true, true) => "",
            (true, false) => " without multapses",
            (false, true) => " without autapses",
            (false, false) => " without autapses and multapses",
        };
        let name = self.rule.name();
        Err(Error::Rule(format!(
            "{name} {n}{without} needs at least {needed} {partners}; there are {n_partners}"
        )))
    }
}

impl Rule {
    /// NEST's name of the rule; `edges` for an explicit list.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OneToOne => "one_to_one",
            Self::AllToAll => "all_to_all",
            Self::FixedIndegree(_) => "fixed_indegree",
            Self::FixedOutdegree(_) => "fixed_outdegree",
            Self::FixedProb(_) => "fixed_prob",
            Self::FixedTotalNumber(_) => "fixed_total_number",
            Self::PairwiseBernoulli(_) => "pairwise_bernoulli",
            Self::SymmetricPairwiseBernoulli(_) => "symmetric_pairwise_bernoulli",
            Self::PairwisePoisson(_) => "pairwise_poisson",
            Self::Edges(_) => "edges",
        }
    }

    /// Whether a source alone knows its targets.
    pub(crate) fn is_by_source(&self) -> bool {
        matches!(
            self,
            Self::OneToOne
                | Self::AllToAll
                | Self::FixedOutdegree(_)
                | Self::FixedProb(_)
                | Self::PairwiseBernoulli(_)
        )
    }

    /// Targets of a source of [`fixed_prob`].
    pub(crate) fn degree(p: f64, n_targets: u32) -> u32 {
        (p * f64::from(n_targets)) as u32
    }

    /// How many connections are to be expected; exact where nothing but the partners is drawn.
    pub fn expected(&self, n_sources: u32, n_targets: u32) -> f64 {
        let (n_sources, n_targets) = (f64::from(n_sources), f64::from(n_targets));
        match self {
            Self::OneToOne => n_targets,
            Self::AllToAll => n_sources * n_targets,
            Self::FixedIndegree(n) => f64::from(*n) * n_targets,
            Self::FixedOutdegree(n) => f64::from(*n) * n_sources,
            Self::FixedProb(p) => f64::from(Self::degree(*p, n_targets as u32)) * n_sources,
            Self::FixedTotalNumber(n) => *n as f64,
            Self::PairwiseBernoulli(p) | Self::SymmetricPairwiseBernoulli(p) | Self::PairwisePoisson(p) => {
                p * n_sources * n_targets
            }
            Self::Edges(pairs) => pairs.len() as f64,
        }
    }
}

fn validate_edges(pairs: &[[u32; 2]], n_sources: u32, n_targets: u32) -> Result<(), Error> {
    if u32::try_from(pairs.len()).is_err() {
        return Err(Error::Rule(format!("edges takes at most {} pairs, got {}", u32::MAX, pairs.len())));
    }
    let outside =
        pairs.iter().enumerate().find(|(_, [source, target])| *source >= n_sources || *target >= n_targets);
    let Some((k, [source, target])) = outside else {
        return Ok(());
    };
    Err(Error::Rule(format!(
        "edge {k} joins source {source} and target {target}; there are {n_sources} sources and {n_targets} targets"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_rules_are_refused() {
        let cases = [
            (one_to_one(), "one_to_one needs as many sources as targets; there are 80 and 50"),
            (
                fixed_indegree(100).without_multapses(),
                "fixed_indegree 100 without multapses needs at least 100 sources; there are 80",
            ),
            (
                fixed_outdegree(50).without_multapses().without_autapses(),
                "fixed_outdegree 50 without autapses and multapses needs at least 51 targets; there are 50",
            ),
            (
                fixed_total_number(4000).without_multapses().without_autapses(),
                "fixed_total_number 4000 without multapses needs at least 4000 pairs; there are 3990",
            ),
            (
                fixed_prob(1.0).without_multapses().without_autapses(),
                "fixed_prob 50 without autapses and multapses needs at least 51 targets; there are 50",
            ),
            (fixed_prob(-0.1), "fixed_prob takes a probability in 0..1, got -0.1"),
            (pairwise_bernoulli(1.5), "pairwise_bernoulli takes a probability in 0..1, got 1.5"),
            (pairwise_bernoulli(f64::NAN), "pairwise_bernoulli takes a probability in 0..1, got NaN"),
            (
                Rule::SymmetricPairwiseBernoulli(0.5).into(),
                "symmetric_pairwise_bernoulli excludes autapses; add `without_autapses`",
            ),
            (pairwise_poisson(-1.0), "pairwise_poisson takes a mean of at least 0, got -1"),
            (
                edges(vec![[0, 0], [80, 1]]),
                "edge 1 joins source 80 and target 1; there are 80 sources and 50 targets",
            ),
        ];
        for (connectivity, message) in cases {
            let error = connectivity.validate(80, 50, 10).expect_err(message);
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn only_rules_by_source_are_procedural() {
        let procedural = |mut connectivity: Connectivity| {
            connectivity.procedural = true;
            connectivity.validate(80, 80, 10)
        };
        for possible in
            [one_to_one(), all_to_all(), fixed_outdegree(3), fixed_prob(0.1), pairwise_bernoulli(0.1)]
        {
            procedural(possible).expect("possible");
        }
        for impossible in [
            fixed_indegree(3),
            fixed_total_number(9),
            symmetric_pairwise_bernoulli(0.1),
            pairwise_poisson(0.1),
            edges(vec![]),
        ] {
            let name = impossible.rule.name();
            let message = procedural(impossible).expect_err(name).to_string();
            let expected = format!(
                "{name} cannot be procedural, since a source alone does not know its targets; one_to_one, all_to_all, \
                 fixed_outdegree, fixed_prob and pairwise_bernoulli can"
            );
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn possible_rules_are_accepted() {
        for connectivity in [
            all_to_all(),
            fixed_indegree(80).without_multapses(),
            fixed_indegree(1000).without_autapses(),
            fixed_total_number(3990).without_multapses().without_autapses(),
            symmetric_pairwise_bernoulli(1.0),
            edges(vec![[79, 49], [79, 49]]),
        ] {
            connectivity.validate(80, 50, 10).expect("possible");
        }
    }
}
