//! Drawing the edges of one line of a projection: of a target, or of a source where the rule counts outgoing edges.

use std::sync::Arc;

use super::place::Places;
use super::{EdgeDelay, EdgeValue, Segment, Wiring};
use crate::Error;
use crate::network::rule::Rule;
use crate::random::{Draws, ln, ln_1p};

mod total;

/// Purposes of random numbers within the stream of a projection, in the top 8 bits of the element.
const PARTNERS: u64 = 0;
const TOTAL: u64 = 1 << 56;
const WEIGHTS: u64 = 2 << 56;
const DELAYS: u64 = 3 << 56;
/// Added for the way back of a symmetric rule: same partners, other values.
const MIRRORED: u64 = 16 << 56;

/// Which side of the edges a line is; its partners are on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Major {
    Target,
    Source,
}

/// A wiring that has been checked, ready to draw from.
#[derive(Debug)]
pub(super) struct Drawing<'a> {
    pub wiring: &'a Wiring,
    pub sources: Places,
    pub targets: Places,
    pub major: Major,
    /// fixed_total_number: how many partners each line draws.
    degrees: Vec<u32>,
    /// edges: where the ordinals of each target begin in `ordinals`.
    starts: Vec<u32>,
    /// edges: ordinals in order of targets.
    ordinals: Vec<u32>,
}

/// The edges of one line, and room to draw them in.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Places of the partners.
    pub partners: Vec<u32>,
    /// Weights, unless constant.
    pub weights: Vec<f64>,
    /// Delays in steps, unless constant.
    pub delays: Vec<u32>,
    ordinals: Vec<u32>,
    milliseconds: Vec<f64>,
    /// For each partner the last mark it was seen with.
    seen: Vec<u32>,
    mark: u32,
}

impl<'a> Drawing<'a> {
    pub fn new(wiring: &'a Wiring) -> Result<Self, Error> {
        let in_projection =
            |source| Error::Projection { name: wiring.name.clone(), source: Box::new(source) };
        Self::checked(wiring).map_err(in_projection)
    }

    fn checked(wiring: &'a Wiring) -> Result<Self, Error> {
        let sources = Places::new(wiring.sources.iter().copied(), "sources")?;
        let target = |segment: &super::TargetSegment| Segment { gid: segment.gid, len: segment.len };
        let targets = Places::new(wiring.targets.iter().map(target), "targets")?;
        let connectivity = &wiring.connectivity;
        connectivity.validate(sources.len(), targets.len(), sources.n_shared(&targets))?;
        let by_source = matches!(connectivity.rule, Rule::FixedOutdegree(_)) || connectivity.mirrored;
        let major = if by_source { Major::Source } else { Major::Target };
        let mut drawing =
            Self { wiring, sources, targets, major, degrees: vec![], starts: vec![], ordinals: vec![] };
        drawing.check_values()?;
        match &connectivity.rule {
            Rule::FixedTotalNumber(n) => drawing.degrees = drawing.draw_degrees(*n),
            Rule::Edges(pairs) => drawing.sort_edges(pairs)?,
            _ => {}
        }
        Ok(drawing)
    }

    pub fn n_lines(&self) -> u32 {
        self.lines().len()
    }

    /// Expected number of edges.
    pub fn expected(&self) -> f64 {
        self.wiring.connectivity.rule.expected(self.sources.len(), self.targets.len())
    }

    /// Draws the edges of a line.
    pub fn draw(&self, at: u32, line: &mut Line) {
        line.partners.clear();
        self.draw_partners(at, line);
        let mirrored = if self.wiring.connectivity.mirrored { MIRRORED } else { 0 };
        let (stream, n) = (self.wiring.stream, line.partners.len());
        match &self.wiring.weight {
            EdgeValue::Constant(_) => {}
            EdgeValue::Each(weights) => {
                let ordinals =
                    (0..n).map(|i| self.ordinal(at, i, line).expect("checked: the rule draws nothing"));
                let listed = ordinals.map(|ordinal| weights[ordinal as usize]).collect();
                line.weights = listed;
            }
            EdgeValue::Random(distribution) => {
                line.weights.resize(n, 0.0);
                distribution.fill(stream, u64::from(at) + WEIGHTS + mirrored, &mut line.weights);
            }
        }
        match &self.wiring.delay {
            EdgeDelay::Constant(_) => {}
            EdgeDelay::Each(delays) => {
                let ordinals =
                    (0..n).map(|i| self.ordinal(at, i, line).expect("checked: the rule draws nothing"));
                let listed = ordinals.map(|ordinal| delays[ordinal as usize]).collect();
                line.delays = listed;
            }
            EdgeDelay::Random { distribution, dt, latency } => {
                line.milliseconds.resize(n, 0.0);
                distribution.fill(stream, u64::from(at) + DELAYS + mirrored, &mut line.milliseconds);
                let steps = 1.0 / dt;
                line.delays.clear();
                // halves round up, as everywhere in NEST's time; `as` takes what is too large to the maximum
                let whole = |ms: &f64| ((ms * steps + 0.5) as u32).saturating_add(*latency).max(1);
                line.delays.extend(line.milliseconds.iter().map(whole));
            }
        }
    }

    /// Ordinal of edge `i` of a line, where the rule fixes it.
    pub fn ordinal(&self, at: u32, i: usize, line: &Line) -> Option<u64> {
        match self.wiring.connectivity.rule {
            Rule::OneToOne => Some(u64::from(at)),
            Rule::AllToAll => {
                Some(u64::from(at) * u64::from(self.sources.len()) + u64::from(line.partners[i]))
            }
            Rule::Edges(_) => Some(u64::from(line.ordinals[i])),
            _ => None,
        }
    }

    fn lines(&self) -> &Places {
        match self.major {
            Major::Target => &self.targets,
            Major::Source => &self.sources,
        }
    }

    fn partners(&self) -> &Places {
        match self.major {
            Major::Target => &self.sources,
            Major::Source => &self.targets,
        }
    }

    /// The partner that would be an autapse, if those are excluded.
    fn excluded(&self, at: u32) -> Option<u32> {
        if self.wiring.connectivity.autapses {
            return None;
        }
        self.partners().place(self.lines().gid(at))
    }

    fn draw_partners(&self, at: u32, line: &mut Line) {
        let n = self.partners().len();
        let excluded = self.excluded(at);
        let draws = || self.wiring.stream.draws(u64::from(at) + PARTNERS);
        match &self.wiring.connectivity.rule {
            Rule::OneToOne => line.partners.extend(Some(at).filter(|_| excluded != Some(at))),
            Rule::AllToAll => line.partners.extend((0..n).filter(|&partner| excluded != Some(partner))),
            Rule::FixedIndegree(degree) => self.draw_degree(*degree, n, excluded, draws(), line),
            Rule::FixedOutdegree(degree) => {
                self.draw_degree(*degree, n, excluded, draws(), line);
                line.partners.sort_unstable();
            }
            Rule::FixedTotalNumber(_) => {
                self.draw_degree(self.degrees[at as usize], n, excluded, draws(), line);
            }
            Rule::PairwiseBernoulli(p) => {
                draw_bernoulli(*p, n, draws(), |partner| {
                    if excluded != Some(partner) {
                        line.partners.push(partner);
                    }
                });
            }
            Rule::SymmetricPairwiseBernoulli(p) => {
                draw_bernoulli(*p, n, draws(), |partner| {
                    if excluded != Some(partner) && self.is_tried(at, partner) {
                        line.partners.push(partner);
                    }
                });
            }
            Rule::PairwisePoisson(mean) => {
                // a Poisson process of this rate over the partners laid end to end; never arrives where the mean is 0
                let (mut draws, mut at) = (draws(), 0.0);
                loop {
                    at += draws.exponential() / mean;
                    if at >= f64::from(n) {
                        break;
                    }
                    line.partners.extend(Some(at as u32).filter(|&partner| excluded != Some(partner)));
                }
            }
            Rule::Edges(pairs) => {
                let all = self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize;
                let kept = |ordinal: &u32| excluded != Some(pairs[*ordinal as usize][0]);
                line.ordinals.clear();
                line.ordinals.extend(self.ordinals[all].iter().copied().filter(kept));
                line.partners.extend(line.ordinals.iter().map(|&ordinal| pairs[ordinal as usize][0]));
            }
        }
    }

    /// `degree` partners out of `n`, without the excluded one.
    fn draw_degree(&self, degree: u32, n: u32, excluded: Option<u32>, mut draws: Draws, line: &mut Line) {
        // the places above the excluded one move down by one while drawing
        let n_left = n - u32::from(excluded.is_some());
        let hole = excluded.unwrap_or(n);
        let to_place = |drawn: u32| drawn + u32::from(drawn >= hole);
        if self.wiring.connectivity.multapses {
            line.partners.extend((0..degree).map(|_| to_place(draws.below(n_left))));
            return;
        }
        // draw again what was drawn before; beyond a half, draw those that are left out
        line.seen.resize(n as usize, 0);
        line.mark += 1;
        let complement = degree > n_left / 2;
        let mut missing = if complement { n_left - degree } else { degree };
        while missing > 0 {
            let drawn = draws.below(n_left);
            let seen = &mut line.seen[drawn as usize];
            if *seen != line.mark {
                *seen = line.mark;
                missing -= 1;
                if !complement {
                    line.partners.push(to_place(drawn));
                }
            }
        }
        if complement {
            let kept = (0..n_left).filter(|&drawn| line.seen[drawn as usize] != line.mark);
            line.partners.extend(kept.map(to_place));
        }
    }

    /// Whether a pair of a symmetric rule is tried from this side: once in all where multapses are excluded.
    fn is_tried(&self, at: u32, partner: u32) -> bool {
        if self.wiring.connectivity.multapses {
            return true;
        }
        let (gid, partner_gid) = (self.lines().gid(at), self.partners().gid(partner));
        let both_ways = self.partners().place(gid).is_some() && self.lines().place(partner_gid).is_some();
        !both_ways || partner_gid < gid
    }

    /// Orders the ordinals of explicit edges by target.
    fn sort_edges(&mut self, pairs: &Arc<[[u32; 2]]>) -> Result<(), Error> {
        let mut starts = vec![0u32; self.targets.len() as usize + 1];
        pairs.iter().for_each(|[_, target]| starts[*target as usize + 1] += 1);
        (1..starts.len()).for_each(|target| starts[target] += starts[target - 1]);
        let mut next = starts.clone();
        let mut ordinals = vec![0; pairs.len()];
        for (ordinal, [_, target]) in (0u32..).zip(pairs.iter()) {
            ordinals[next[*target as usize] as usize] = ordinal;
            next[*target as usize] += 1;
        }
        if !self.wiring.connectivity.multapses {
            let mut seen = vec![0; self.sources.len() as usize];
            for (target, range) in (1..).zip(starts.windows(2)) {
                for &ordinal in &ordinals[range[0] as usize..range[1] as usize] {
                    let source = pairs[ordinal as usize][0];
                    if std::mem::replace(&mut seen[source as usize], target) == target {
                        let text =
                            format!("edge {ordinal} joins source {source} and target {} again", target - 1);
                        return Err(Error::Rule(text));
                    }
                }
            }
        }
        (self.starts, self.ordinals) = (starts, ordinals);
        Ok(())
    }

    fn check_values(&self) -> Result<(), Error> {
        let rule = &self.wiring.connectivity.rule;
        let fail = |text: String| Err(Error::Rule(text));
        let drawn = !matches!(rule, Rule::OneToOne | Rule::AllToAll | Rule::Edges(_));
        let n_edges = self.expected() as usize;
        let check_list = |what: &str, len: usize| match len {
            _ if drawn => fail(format!("{} draws its edges and takes no list of {what}", rule.name())),
            _ if len != n_edges => fail(format!("{n_edges} edges need as many {what}, got {len}")),
            _ => Ok(()),
        };
        match &self.wiring.weight {
            EdgeValue::Constant(weight) if !weight.is_finite() => {
                return fail(format!("a weight is a finite number, got {weight}"));
            }
            EdgeValue::Each(weights) => {
                check_list("weights", weights.len())?;
                if let Some((k, weight)) = weights.iter().enumerate().find(|(_, weight)| !weight.is_finite())
                {
                    return fail(format!("the weight of edge {k} is a finite number, got {weight}"));
                }
            }
            EdgeValue::Random(distribution) => distribution.validate()?,
            EdgeValue::Constant(_) => {}
        }
        match &self.wiring.delay {
            EdgeDelay::Constant(0) => fail("a delay is at least one step, got 0".into()),
            EdgeDelay::Constant(_) => Ok(()),
            EdgeDelay::Each(delays) => {
                check_list("delays", delays.len())?;
                match delays.iter().position(|&delay| delay == 0) {
                    Some(k) => fail(format!("the delay of edge {k} is at least one step, got 0")),
                    None => Ok(()),
                }
            }
            EdgeDelay::Random { dt, .. } if dt.is_nan() || *dt <= 0.0 => {
                fail(format!("dt is positive, got {dt}"))
            }
            EdgeDelay::Random { distribution, .. } => distribution.validate(),
        }
    }
}

/// Every partner with probability `p`, in order, by drawing how many are skipped.
fn draw_bernoulli(p: f64, n: u32, mut draws: Draws, mut take: impl FnMut(u32)) {
    if p <= 0.0 {
        return;
    }
    let per_skip = if p < 1.0 { 1.0 / ln_1p(-p) } else { 0.0 };
    let mut next = 0u64;
    loop {
        // geometric; what exceeds every population ends the line
        next += ((ln(draws.uniform()) * per_skip) as u64).min(u64::from(n));
        if next >= u64::from(n) {
            return;
        }
        take(next as u32);
        next += 1;
    }
}
