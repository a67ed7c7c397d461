//! Places in a projection against global identity: the sources or targets of a projection as one sequence.

use std::ops::Range;

use super::Segment;
use crate::Error;

/// Sources or targets of a projection in order.
#[derive(Debug)]
pub(super) struct Places {
    /// First place and segment, in order of places.
    segments: Vec<(u32, Segment)>,
    /// The same in order of global ids.
    by_gid: Vec<(u32, Segment)>,
    len: u32,
}

impl Places {
    /// `what` names them in errors: sources or targets.
    pub fn new(segments: impl Iterator<Item = Segment>, what: &str) -> Result<Self, Error> {
        let too_many = || Error::Rule(format!("a projection has at most {} {what}", u32::MAX));
        let (mut placed, mut len) = (Vec::new(), 0u32);
        for segment in segments.filter(|segment| segment.len > 0) {
            segment.gid.checked_add(segment.len).ok_or_else(too_many)?;
            placed.push((len, segment));
            len = len.checked_add(segment.len).ok_or_else(too_many)?;
        }
        let mut by_gid = placed.clone();
        by_gid.sort_by_key(|(_, segment)| segment.gid);
        if let Some(pair) = by_gid.windows(2).find(|pair| pair[0].1.gid + pair[0].1.len > pair[1].1.gid) {
            return Err(Error::Rule(format!("the {what} name neuron {} twice", pair[1].1.gid)));
        }
        Ok(Self { segments: placed, by_gid, len })
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    /// Global id at a place below `len`.
    pub fn gid(&self, place: u32) -> u32 {
        let after = self.segments.partition_point(|(first, _)| *first <= place);
        let (first, segment) = self.segments[after - 1];
        segment.gid + (place - first)
    }

    /// Place of a global id, if it is among these.
    pub fn place(&self, gid: u32) -> Option<u32> {
        let after = self.by_gid.partition_point(|(_, segment)| segment.gid <= gid);
        let (first, segment) = self.by_gid[after.checked_sub(1)?];
        (gid - segment.gid < segment.len).then(|| first + (gid - segment.gid))
    }

    /// How many neurons are among both.
    pub fn n_shared(&self, other: &Self) -> u32 {
        let shared =
            |a: &Segment, b: &Segment| (a.gid + a.len).min(b.gid + b.len).saturating_sub(a.gid.max(b.gid));
        self.segments.iter().map(|(_, a)| other.segments.iter().map(|(_, b)| shared(a, b)).sum::<u32>()).sum()
    }

    /// The places whose global ids lie in `gids`, as ranges in order.
    pub fn within(&self, gids: &[Range<u32>]) -> Vec<Range<u32>> {
        let mut ranges = Vec::new();
        for (first, segment) in &self.segments {
            for range in gids {
                let start = range.start.max(segment.gid);
                let end = range.end.min(segment.gid + segment.len);
                if start < end {
                    ranges.push(first + (start - segment.gid)..first + (end - segment.gid));
                }
            }
        }
        ranges.sort_by_key(|range| range.start);
        ranges
    }
}

/// `n` pieces of nearly equal length that together are `ranges`; fewer if there are fewer elements.
pub(super) fn split(ranges: &[Range<u32>], n: u32) -> Vec<Vec<Range<u32>>> {
    let total: u64 = ranges.iter().map(|range| u64::from(range.end - range.start)).sum();
    let n = u64::from(n).min(total);
    let mut pieces = vec![Vec::new(); n as usize];
    let (mut piece, mut done) = (0, 0);
    for range in ranges {
        let mut start = range.start;
        while start < range.end {
            let end_of_piece = (piece + 1) * total / n;
            let len = (end_of_piece - done).min(u64::from(range.end - start));
            pieces[piece as usize].push(start..start + len as u32);
            (start, done) = (start + len as u32, done + len);
            piece += u64::from(done == end_of_piece);
        }
    }
    pieces
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "lists of ranges, often of one")]
mod tests {
    use super::*;

    #[test]
    fn places_and_ids_are_inverse() {
        let segments = [Segment { gid: 50, len: 3 }, Segment { gid: 0, len: 0 }, Segment { gid: 10, len: 4 }];
        let places = Places::new(segments.into_iter(), "sources").expect("disjoint");
        assert_eq!(places.len(), 7);
        assert!((0..7).all(|place| places.place(places.gid(place)) == Some(place)));
        assert_eq!((places.gid(3), places.place(14), places.place(9)), (10, None, None));
        assert_eq!(places.within(&[12..51]), [0..1, 5..7]);
        assert_eq!(
            places.n_shared(&Places::new([Segment { gid: 12, len: 39 }].into_iter(), "").expect("one")),
            3
        );
    }

    #[test]
    fn a_neuron_named_twice_is_an_error() {
        let segments = [Segment { gid: 5, len: 3 }, Segment { gid: 7, len: 3 }];
        let error = Places::new(segments.into_iter(), "sources").expect_err("overlap").to_string();
        assert_eq!(error, "the sources name neuron 7 twice");
    }

    #[test]
    fn pieces_cover_the_ranges() {
        assert_eq!(split(&[0..3, 10..14], 3), [vec![0..2], vec![2..3, 10..11], vec![11..14]]);
        assert_eq!(split(&[4..6], 5).len(), 2);
        assert!(split(&[], 5).is_empty());
    }
}
