//! What follows from the entries in their order: gaps in the offsets, and the clocks.

use super::Place;
use super::findings::Found;
use super::naive::Facts;
use super::shelf::{Held, Shelf, number, odd_key};
use super::tiles::WIDTH;
use crate::log::layout::{CLOCKS, GAPS};
use crate::store::{Direction, KeyRange, Pairs};

/// Follows the leaves' offsets and timestamps.
pub(super) struct Line<'a> {
    shelf: Shelf<'a>,
    gaps: Gaps<'a>,
    /// The first offset that the next leaf may have; none where the start is not known.
    pub(super) next: Option<u64>,
    /// The last leaf's offset.
    pub(super) last: Option<u64>,
    /// A leaf since the last known one has an offset that isn't known.
    doubt: bool,
    /// The latest timestamp so far.
    pub(super) latest_ms: i64,
    /// A leaf since the last clock has a timestamp that isn't known.
    late_doubt: bool,
}

impl<'a> Line<'a> {
    pub(super) fn new(shelf: Shelf<'a>, start: Option<u64>, found: &mut Found<'_>) -> Self {
        let gaps = Gaps::new(shelf, found);
        let doubt = start.is_none();
        let latest_ms = i64::MIN;
        Self {
            shelf,
            gaps,
            next: start,
            last: None,
            doubt,
            latest_ms,
            late_doubt: false,
        }
    }

    /// Passes a leaf; `facts` are `None` where its entry isn't known.
    pub(super) fn pass(&mut self, index: u64, facts: Option<&Facts>, found: &mut Found<'_>) {
        if let Some(facts) = facts {
            self.pass_offset(index, facts.offset, found);
            self.latest_ms = self.latest_ms.max(facts.timestamp_ms);
        } else {
            (self.doubt, self.late_doubt) = (true, true);
        }
        let width = WIDTH as u64;
        if index % width == width - 1 {
            self.check_clock(index / width, found);
        }
    }

    fn pass_offset(&mut self, index: u64, offset: u64, found: &mut Found<'_>) {
        let next = self.next.unwrap_or(offset);
        if offset < next {
            let what = format!("its offset is {offset}, where {next} is the first it may have");
            return found.add(Place::Entry(index), what);
        }
        if self.doubt {
            self.gaps.pass_within(next, offset, found);
        } else if offset > next {
            self.gaps.expect(next, offset, found);
        }
        self.doubt = false;
        self.last = Some(offset);
        self.next = offset.checked_add(1);
    }

    fn check_clock(&mut self, tile: u64, found: &mut Found<'_>) {
        let stored = self.shelf.get(CLOCKS, &tile.to_be_bytes(), found);
        let stored = match stored {
            Held::There(bytes) => bytes.try_into().ok().map(i64::from_be_bytes),
            Held::Unread => return,
            Held::Missing => return found.add(Place::Clock(tile), "missing"),
        };
        match stored {
            Some(stored) if self.late_doubt && stored >= self.latest_ms => self.latest_ms = stored,
            Some(stored) if stored == self.latest_ms => {}
            _ => found.add(
                Place::Clock(tile),
                "is not the latest timestamp up to its end",
            ),
        }
        self.late_doubt = false;
    }

    /// Whether each leaf's timestamp since the last clock is known.
    pub(super) fn knows_latest(&self) -> bool {
        !self.late_doubt
    }

    /// Whether the last leaf's offset is known.
    pub(super) fn knows_last(&self) -> bool {
        !self.doubt
    }

    /// Names what belongs to no leaf, once all of the `size` leaves were passed.
    pub(super) fn end(&mut self, size: u64, found: &mut Found<'_>) {
        if self.doubt {
            self.gaps
                .pass_within(self.next.unwrap_or(0), u64::MAX, found);
        }
        self.gaps.end(found);
        let full = size / WIDTH as u64;
        self.shelf
            .each_number(CLOCKS, full, None, found, &mut |tile, _, found| {
                found.add(Place::Clock(tile), "belongs to no full tile");
            });
    }
}

/// The recorded gaps, in order.
struct Gaps<'a> {
    rows: Option<Pairs<'a>>,
    next: Option<(u64, Option<u64>)>,
    /// The store can't read on.
    broken: bool,
}

impl<'a> Gaps<'a> {
    fn new(shelf: Shelf<'a>, found: &mut Found<'_>) -> Self {
        let rows = shelf
            .0
            .iterate(GAPS, &KeyRange::all(), Direction::Ascending);
        let rows = rows.map_err(|error| found.damaged(GAPS, &error)).ok();
        let mut gaps = Self {
            broken: rows.is_none(),
            rows,
            next: None,
        };
        gaps.advance(found);
        gaps
    }

    fn advance(&mut self, found: &mut Found<'_>) {
        self.next = None;
        while let Some(row) = self.rows.as_mut().and_then(Iterator::next) {
            match row.map(|(key, value)| (number(&key), number(&value), key)) {
                Ok((Some(first), after, _)) => return self.next = Some((first, after)),
                Ok((None, _, key)) => odd_key(GAPS, &key, found),
                Err(error) => {
                    found.damaged(GAPS, &error);
                    self.broken = true;
                }
            }
        }
    }

    /// The leaves leave out the offsets from `first` up to `after`.
    fn expect(&mut self, first: u64, after: u64, found: &mut Found<'_>) {
        self.strays_below(first, found);
        match self.next {
            Some((at, recorded)) if at == first => {
                if recorded != Some(after) {
                    let what = format!("does not end at offset {after}, where the next leaf is");
                    found.add(Place::Gap(first), what);
                }
                self.advance(found);
            }
            _ if self.broken => {}
            _ => {
                let what = format!("not recorded, though no leaf is below offset {after}");
                found.add(Place::Gap(first), what);
            }
        }
    }

    /// Gaps between two known leaves with unknown ones between them.
    fn pass_within(&mut self, first: u64, after: u64, found: &mut Found<'_>) {
        self.strays_below(first, found);
        while self
            .next
            .is_some_and(|(at, end)| at < after && end.is_some_and(|e| e <= after))
        {
            self.advance(found);
        }
    }

    fn strays_below(&mut self, first: u64, found: &mut Found<'_>) {
        while self.next.is_some_and(|(at, _)| at < first) {
            self.pass_stray(found);
        }
    }

    fn pass_stray(&mut self, found: &mut Found<'_>) {
        if let Some((at, _)) = self.next {
            found.add(
                Place::Gap(at),
                "recorded, though the leaves show no gap that begins there",
            );
        }
        self.advance(found);
    }

    fn end(&mut self, found: &mut Found<'_>) {
        while self.next.is_some() {
            self.pass_stray(found);
        }
    }
}
