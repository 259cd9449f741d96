//! Reading a log's families, with damage as findings.

use super::Place;
use super::findings::Found;
use crate::store::{Direction, Family, KeyRange, Pair, Read};

/// Takes a key and its value.
type VisitRow<'a> = &'a mut dyn FnMut(&[u8], &[u8], &mut Found<'_>);
/// Takes a key that is a number, and its value.
type VisitNumber<'a> = &'a mut dyn FnMut(u64, &[u8], &mut Found<'_>);

/// A log's store, read with nothing taken for granted.
#[derive(Clone, Copy)]
pub(super) struct Shelf<'a>(pub &'a dyn Read);

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held<T> {
    There(T),
    Missing,
    /// The store can't read the place; said once, at the store.
    Unread,
}

impl Shelf<'_> {
    pub(super) fn get(&self, family: Family, key: &[u8], found: &mut Found<'_>) -> Held<Vec<u8>> {
        match self.0.get(family, key) {
            Ok(Some(value)) => Held::There(value),
            Ok(None) => Held::Missing,
            Err(error) => {
                found.damaged(family, &error);
                Held::Unread
            }
        }
    }

    /// Walks a range; false where its end was not reached, since the store can't read on.
    pub(super) fn each(
        &self,
        family: Family,
        range: &KeyRange,
        found: &mut Found<'_>,
        visit: VisitRow<'_>,
    ) -> bool {
        let rows = match self.0.iterate(family, range, Direction::Ascending) {
            Ok(rows) => rows,
            Err(error) => {
                found.damaged(family, &error);
                return false;
            }
        };
        for row in rows {
            match row {
                Ok((key, value)) => visit(&key, &value, found),
                Err(error) => {
                    found.damaged(family, &error);
                    return false;
                }
            }
        }
        true
    }

    /// As [`Self::each`], for a family whose keys are numbers, from `start` up to `end`, or on.
    pub(super) fn each_number(
        &self,
        family: Family,
        start: u64,
        end: Option<u64>,
        found: &mut Found<'_>,
        visit: VisitNumber<'_>,
    ) -> bool {
        let start = start.to_be_bytes();
        let range = match end {
            Some(end) => KeyRange::between(&start, &end.to_be_bytes()),
            None => KeyRange::starting_at(&start),
        };
        self.each(
            family,
            &range,
            found,
            &mut |key, value, found| match number(key) {
                Some(key) => visit(key, value, found),
                None => odd_key(family, key, found),
            },
        )
    }

    /// The last pair of a range.
    pub(super) fn last(
        &self,
        family: Family,
        range: &KeyRange,
        found: &mut Found<'_>,
    ) -> Option<Pair> {
        let mut rows = match self.0.iterate(family, range, Direction::Descending) {
            Ok(rows) => rows,
            Err(error) => {
                found.damaged(family, &error);
                return None;
            }
        };
        match rows.next()? {
            Ok(row) => Some(row),
            Err(error) => {
                found.damaged(family, &error);
                None
            }
        }
    }
}

pub(super) fn odd_key(family: Family, key: &[u8], found: &mut Found<'_>) {
    let name = family.disk_name();
    found.add(
        Place::Store,
        format!("family {name} has a key of {} bytes", key.len()),
    );
}

/// A number of eight bytes.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}
