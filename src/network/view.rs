//! Handles to populations: slices of them, and sums of slices.

use super::Network;
use crate::error::{Error, Result};
use std::fmt;
use std::ops::{Add, Bound, RangeBounds};
use std::sync::atomic::{AtomicU64, Ordering};

/// The position of a population in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PopulationId(pub u32);

/// Consecutive elements of one population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The population.
    pub population: PopulationId,
    /// Its first element in the slice.
    pub first: u32,
    /// Number of elements.
    pub len: u32,
}

/// Which network a view is of. A clone of a network is the same one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct NetworkId(u64);

/// Networks of the same description are printed alike.
impl fmt::Debug for NetworkId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("_")
    }
}

impl NetworkId {
    /// One that no other network of this process has.
    pub fn next() -> NetworkId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NetworkId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Elements of one or several populations, in order: `exc + inh`, `exc.slice(..50)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// None where elements of several networks were added
    network: Option<NetworkId>,
    slices: Vec<Slice>,
}

impl View {
    pub(super) fn whole(network: NetworkId, population: PopulationId, len: u32) -> View {
        View { network: Some(network), slices: vec![Slice { population, first: 0, len }] }
    }

    /// The slices, in order.
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    /// Number of elements.
    #[allow(clippy::len_without_is_empty, reason = "a view is never empty")]
    pub fn len(&self) -> u32 {
        self.slices.iter().map(|slice| slice.len).sum()
    }

    /// The elements of `range`.
    ///
    /// # Errors
    /// [`Error::Network`] where the range is empty or reaches past the end.
    pub fn slice(&self, range: impl RangeBounds<u32>) -> Result<View> {
        let first = match range.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => self.len(),
        };
        if first >= end || end > self.len() {
            return Err(Error::network(format!("slice {first}..{end} does not fit {} elements", self.len())));
        }
        let mut slices = vec![];
        let mut offset = 0;
        for slice in &self.slices {
            let (low, high) = (first.max(offset), end.min(offset + slice.len));
            if low < high {
                slices.push(Slice {
                    population: slice.population,
                    first: slice.first + low - offset,
                    len: high - low,
                });
            }
            offset += slice.len;
        }
        Ok(View { network: self.network, slices })
    }
}

impl Network {
    /// Refuses elements of other networks.
    pub(crate) fn own(&self, view: &View) -> Result<()> {
        if view.network == Some(self.id) {
            return Ok(());
        }
        Err(Error::network("these elements are of another network; take those that this one gave"))
    }

    /// Elements by name: `exc`, `exc[5]`, `exc[0..50]`, or a sum of these, `exc + inh[..10]`.
    ///
    /// # Errors
    /// A text of another form, a name that no population has, a slice that does not fit.
    pub fn view(&self, text: &str) -> Result<View> {
        let mut views = text.split('+').map(|part| self.view_scaled(part, |bound| bound));
        let first = views.next().expect("a split text has a first part")?;
        views.try_fold(first, |sum, view| Ok(sum + view?))
    }

    /// One name or slice, the bounds of a range scaled.
    pub(crate) fn view_scaled(&self, text: &str, scaled: impl Fn(u32) -> u32) -> Result<View> {
        let Some((name, rest)) = text.split_once('[') else { return self.find(text.trim()) };
        let malformed =
            || Error::network(format!("expected `exc`, `exc[5]` or `exc[0..50]`, found `{text}`"));
        let inside = rest.trim_end().strip_suffix(']').ok_or_else(malformed)?;
        let whole = self.find(name.trim())?;
        let index = |text: &str| text.trim().parse::<u32>().map_err(|_| malformed());
        let range = match inside.split_once("..") {
            None => {
                let first = index(inside)?;
                first..first.saturating_add(1)
            }
            Some((first, end)) => {
                let first = if first.trim().is_empty() { 0 } else { scaled(index(first)?) };
                let end = if end.trim().is_empty() { whole.len() } else { scaled(index(end)?) };
                first..end
            }
        };
        whole.slice(range).map_err(|error| Error::network(format!("`{text}`: {error}")))
    }
}

impl Add for &View {
    type Output = View;
    fn add(self, other: &View) -> View {
        let network = self.network.filter(|_| self.network == other.network);
        View { network, slices: self.slices.iter().chain(&other.slices).copied().collect() }
    }
}

impl Add for View {
    type Output = View;
    fn add(self, other: View) -> View {
        &self + &other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cross_populations() {
        let id = NetworkId::next();
        let sum = View::whole(id, PopulationId(0), 10) + View::whole(id, PopulationId(1), 5);
        let part = sum.slice(8..12).expect("it fits");
        let expected = [
            Slice { population: PopulationId(0), first: 8, len: 2 },
            Slice { population: PopulationId(1), first: 0, len: 2 },
        ];
        assert_eq!(part.slices(), expected);
        assert_eq!(part.slice(1..3).expect("it fits").len(), 2);
        assert!(sum.slice(10..16).is_err());
        #[allow(clippy::reversed_empty_ranges, reason = "the point of the test")]
        let reversed = sum.slice(5..2);
        assert!(reversed.is_err());
    }
}
