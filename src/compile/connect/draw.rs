//! Drawing the edges of one line of a projection: of a target, or of a source where the rule counts outgoing edges.

use std::sync::Arc;

use super::choice::{Choice, Row};
use super::place::Places;
use super::quantile::{Quantiles, steps};
use super::{EdgeDelay, EdgeValue, Segment, Wiring};
use crate::Error;
use crate::network::rule::Rule;
use crate::random::Draws;

mod total;

/// Purposes of random numbers within the stream of a projection, in the top 8 bits of the element.
const PARTNERS: u64 = 0;
const TOTAL: u64 = 1 << 56;
pub(crate) const WEIGHTS: u64 = 2 << 56;
pub(crate) const DELAYS: u64 = 3 << 56;
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
    /// How partners are chosen, where a row needs no other.
    pub choice: Option<Choice>,
    /// Weights that are drawn.
    pub weights: Option<Quantiles>,
    /// Delays in steps that are drawn, without latency.
    pub delays: Option<Quantiles>,
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
    /// Where chunks begin.
    parts: Vec<Part>,
    /// Drawn values in fixed point.
    fixed: Vec<i32>,
    /// Partner and position, to put a row in order.
    order: Vec<u64>,
    room: Vec<u32>,
    /// For each partner the last mark it was seen with.
    seen: Vec<u32>,
    mark: u32,
}

/// Edges that take their values from the same series of random words.
#[derive(Clone, Copy, Debug)]
struct Part {
    chunk: u32,
    /// Number of the first within the chunk, and within the line.
    first: u32,
    start: usize,
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
        let choice = Choice::new(&connectivity.rule, connectivity.multapses, targets.len());
        let is_symmetric = matches!(connectivity.rule, Rule::SymmetricPairwiseBernoulli(_));
        // the way there of a symmetric rule draws by target, so that the way back draws the same by source
        let by_source = if is_symmetric { connectivity.mirrored } else { choice.is_some() };
        let major = if by_source { Major::Source } else { Major::Target };
        let (degrees, starts, ordinals) = (vec![], vec![], vec![]);
        let (weights, delays) = (None, None);
        let mut drawing =
            Self { wiring, sources, targets, major, choice, weights, delays, degrees, starts, ordinals };
        drawing.check_values()?;
        if let EdgeValue::Random(distribution) = &wiring.weight {
            drawing.weights = Some(Quantiles::new(0.0, distribution.quantile()));
        }
        if let EdgeDelay::Random { distribution, dt, .. } = &wiring.delay {
            let quantile = distribution.quantile();
            drawing.delays = Some(Quantiles::of_steps(|p, upper| quantile(p, upper) / dt));
        }
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

    /// Draws the edges of a line, in the order of partners where a source draws them.
    pub fn draw_in_order(&self, at: u32, line: &mut Line) {
        self.draw(at, line);
        if self.choice.as_ref().is_some_and(|choice| !choice.is_ordered()) {
            line.sort();
        }
    }

    /// Draws the edges of a line.
    pub fn draw(&self, at: u32, line: &mut Line) {
        line.partners.clear();
        line.parts.clear();
        self.draw_partners(at, line);
        let listed = |i: usize, line: &Line| {
            self.ordinal(at, i, line).expect("checked: the rule draws nothing") as usize
        };
        if let EdgeValue::Each(weights) = &self.wiring.weight {
            line.weights = (0..line.partners.len()).map(|i| weights[listed(i, line)]).collect();
        }
        if let EdgeDelay::Each(delays) = &self.wiring.delay {
            line.delays = (0..line.partners.len()).map(|i| delays[listed(i, line)]).collect();
        }
        let mirrored = if self.wiring.connectivity.mirrored { MIRRORED } else { 0 };
        if let Some(weights) = &self.weights {
            self.draw_values(weights, u64::from(at) + WEIGHTS + mirrored, line);
            line.weights.clear();
            line.weights.extend(line.fixed.iter().map(|fixed| weights.value(*fixed)));
        }
        if let (Some(delays), EdgeDelay::Random { latency, .. }) = (&self.delays, &self.wiring.delay) {
            self.draw_values(delays, u64::from(at) + DELAYS + mirrored, line);
            line.delays.clear();
            line.delays.extend(line.fixed.iter().map(|fixed| steps(*fixed, delays.exponent(), *latency)));
        }
    }

    /// Draws a value for each edge of a line.
    fn draw_values(&self, values: &Quantiles, series: u64, line: &mut Line) {
        line.fixed.resize(line.partners.len(), 0);
        for (k, part) in line.parts.iter().enumerate() {
            let end = line.parts.get(k + 1).map_or(line.partners.len(), |next| next.start);
            let series = series + (u64::from(part.chunk) << 32);
            values.fill(self.wiring.stream, series, part.first, &mut line.fixed[part.start..end]);
        }
    }

    /// Ordinal of edge `i` of a line, where the rule fixes it.
    pub fn ordinal(&self, at: u32, i: usize, line: &Line) -> Option<u64> {
        match self.wiring.connectivity.rule {
            Rule::OneToOne => Some(u64::from(at)),
            Rule::AllToAll => {
                Some(u64::from(line.partners[i]) * u64::from(self.sources.len()) + u64::from(at))
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
        if let Some(choice) = &self.choice {
            return self.draw_choice(choice, at, line);
        }
        line.parts.push(Part { chunk: 0, first: 0, start: 0 });
        let n = self.partners().len();
        let excluded = self.excluded(at);
        let draws = || self.wiring.stream.draws(u64::from(at) + PARTNERS);
        match &self.wiring.connectivity.rule {
            Rule::FixedIndegree(degree) => self.draw_degree(*degree, n, excluded, draws(), line),
            Rule::FixedTotalNumber(_) => {
                self.draw_degree(self.degrees[at as usize], n, excluded, draws(), line);
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
            _ => unreachable!("all other rules have a choice"),
        }
    }

    fn draw_choice(&self, choice: &Choice, at: u32, line: &mut Line) {
        let n_partners = self.partners().len();
        let row = Row { stream: self.wiring.stream, number: at, n_partners, hole: self.excluded(at) };
        let is_symmetric = matches!(self.wiring.connectivity.rule, Rule::SymmetricPairwiseBernoulli(_));
        let (partners, parts) = (&mut line.partners, &mut line.parts);
        choice.draw(&row, 0..n_partners, &mut line.room, &mut |chunk, first, drawn| {
            parts.push(Part { chunk, first, start: partners.len() });
            let kept = |partner: &u32| !is_symmetric || self.is_tried(at, *partner);
            partners.extend(drawn.iter().copied().filter(kept));
        });
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

impl Line {
    /// Puts the edges in order of partners, those of one partner in the order they were drawn in.
    fn sort(&mut self) {
        self.order.clear();
        self.order.extend((0u64..).zip(&self.partners).map(|(i, partner)| u64::from(*partner) << 32 | i));
        self.order.sort_unstable();
        let place = |key: &u64| *key as u32 as usize;
        if self.weights.len() == self.partners.len() {
            self.weights = self.order.iter().map(|key| self.weights[place(key)]).collect();
        }
        if self.delays.len() == self.partners.len() {
            self.delays = self.order.iter().map(|key| self.delays[place(key)]).collect();
        }
        self.partners.clear();
        self.partners.extend(self.order.iter().map(|key| (key >> 32) as u32));
    }
}
