//! Reading: single keys, many keys, and ranges in either direction.

use std::path::Path;
use std::sync::Arc;

use rocksdb::{BoundColumnFamily, DB, DBRawIterator, ReadOptions};

use super::error::Error;
use super::family::Family;

/// A key and its value.
pub type Pair = (Box<[u8]>, Box<[u8]>);

/// What a [`Store`](super::Store) and a [`Snapshot`](super::Snapshot) have in common.
pub trait Read {
    /// The value of `key`, or `None`.
    ///
    /// # Errors
    /// [`Error::FamilyMissing`], [`Error::Corrupt`], [`Error::Failed`].
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// The values of `keys`, in their order; quicker than asking for each.
    ///
    /// # Errors
    /// As [`Read::get`].
    fn multi_get(&self, family: Family, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, Error>;

    /// The pairs of a range, by key in byte order or its reverse. From a store, they are those at
    /// the moment of this call.
    ///
    /// # Errors
    /// [`Error::FamilyMissing`]; later ones come as items.
    fn iterate(
        &self,
        family: Family,
        range: &KeyRange,
        direction: Direction,
    ) -> Result<Pairs<'_>, Error>;
}

/// Which way a range is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// Keys from a first one up to, and without, an end; either may be left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRange {
    start: Option<Vec<u8>>,
    end: Option<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    pub fn all() -> Self {
        Self::default()
    }

    /// Keys from `start` on.
    pub fn starting_at(start: &[u8]) -> Self {
        Self {
            start: Some(start.to_vec()),
            end: None,
        }
    }

    /// Keys from `start` up to, and without, `end`.
    pub fn between(start: &[u8], end: &[u8]) -> Self {
        Self {
            start: Some(start.to_vec()),
            end: Some(end.to_vec()),
        }
    }

    /// Keys that begin with `prefix`.
    pub fn prefix(prefix: &[u8]) -> Self {
        Self {
            start: Some(prefix.to_vec()),
            end: after(prefix),
        }
    }

    /// The first key of the range, where it is bounded.
    pub fn start(&self) -> Option<&[u8]> {
        self.start.as_deref()
    }

    /// The first key behind the range, where it is bounded.
    pub fn end(&self) -> Option<&[u8]> {
        self.end.as_deref()
    }

    pub(super) fn options(&self) -> ReadOptions {
        let mut options = ReadOptions::default();
        if let Some(start) = &self.start {
            options.set_iterate_lower_bound(start.clone());
        }
        if let Some(end) = &self.end {
            options.set_iterate_upper_bound(end.clone());
        }
        options
    }
}

/// The first key behind all that begin with `prefix`; `None` where no key is behind them.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// The pairs of a range. Ends after an error.
pub struct Pairs<'a> {
    raw: DBRawIterator<'a>,
    direction: Direction,
    path: &'a Path,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Walking,
    Ended,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(raw: DBRawIterator<'a>, direction: Direction, path: &'a Path) -> Self {
        Self {
            raw,
            direction,
            path,
            state: State::Fresh,
        }
    }

    fn step(&mut self) {
        match (self.state, self.direction) {
            (State::Fresh, Direction::Ascending) => self.raw.seek_to_first(),
            (State::Fresh, Direction::Descending) => self.raw.seek_to_last(),
            (_, Direction::Ascending) => self.raw.next(),
            (_, Direction::Descending) => self.raw.prev(),
        }
        self.state = State::Walking;
    }
}

impl Iterator for Pairs<'_> {
    type Item = Result<Pair, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        self.step();
        if let Some((key, value)) = self.raw.item() {
            return Some(Ok((key.into(), value.into())));
        }
        self.state = State::Ended;
        let status = self.raw.status();
        status
            .err()
            .map(|source| Err(Error::native(self.path, "reading", source)))
    }
}

pub(super) fn handle<'a>(
    database: &'a DB,
    path: &Path,
    family: Family,
) -> Result<Arc<BoundColumnFamily<'a>>, Error> {
    database
        .cf_handle(&family.disk_name())
        .ok_or_else(|| missing(path, family))
}

pub(super) fn missing(path: &Path, family: Family) -> Error {
    Error::FamilyMissing {
        path: path.to_path_buf(),
        family: family.disk_name().into_owned(),
    }
}

pub(super) fn multi_get(
    database: &DB,
    path: &Path,
    family: Family,
    keys: &[&[u8]],
    options: &ReadOptions,
) -> Result<Vec<Option<Vec<u8>>>, Error> {
    let handle = handle(database, path, family)?;
    let sorted = keys.is_sorted();
    let found = database.batched_multi_get_cf_opt(&handle, keys.iter().copied(), sorted, options);
    let values = found
        .into_iter()
        .map(|value| value.map(|slice| slice.map(|bytes| bytes.to_vec())));
    values
        .collect::<Result<_, _>>()
        .map_err(|source| Error::native(path, "reading", source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_key_of_its_length() {
        assert_eq!(KeyRange::prefix(b"ab").end(), Some(&b"ac"[..]));
        assert_eq!(KeyRange::prefix(b"a\xff\xff").end(), Some(&b"b"[..]));
        assert_eq!(KeyRange::prefix(b"\xff").end(), None);
        assert_eq!(KeyRange::prefix(b"").end(), None);
    }
}
