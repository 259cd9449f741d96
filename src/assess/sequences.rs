//! Runs of producers' sequences as rows.

use std::collections::BTreeMap;

use super::Error;
use super::rows::{RUN, Tag, key, tag_at};
use super::sequence::{Run, Runs, see};
use super::store::{FAMILY, FindingsStore};
use crate::keys::TAG_BYTES;
use crate::store::{Batch, KeyRange, Pair};

/// Where the number stands in a row's key.
const FIRST: usize = 1 + 2 * TAG_BYTES + 8;

/// The sequences of one log, with what a batch changes of them.
pub(super) struct LogSequences<'a> {
    store: &'a FindingsStore,
    log: Tag,
    /// A row's key, and what it becomes; none where it goes.
    changed: BTreeMap<Vec<u8>, Option<Run>>,
}

/// The sequence of one producer and epoch in it.
struct Sequence<'a, 'b> {
    of: &'b mut LogSequences<'a>,
    prefix: Vec<u8>,
}

impl<'a> LogSequences<'a> {
    pub(super) const fn new(store: &'a FindingsStore, log: Tag) -> Self {
        Self {
            store,
            log,
            changed: BTreeMap::new(),
        }
    }

    /// Takes a number in; whether a gap came, went or changed.
    pub(super) fn see(
        &mut self,
        producer: &Tag,
        epoch: u64,
        number: u64,
        index: u64,
    ) -> Result<bool, Error> {
        let prefix = key(RUN, &[producer, &self.log, &epoch.to_be_bytes()]);
        see(&mut Sequence { of: self, prefix }, number, index)
    }

    /// Puts what changed.
    pub(super) fn put(self, batch: &mut Batch, origin: &str) {
        for (key, run) in self.changed {
            match run {
                Some(run) => batch.put(FAMILY, &key, &encode(&run, origin)),
                None => batch.delete(FAMILY, &key),
            }
        }
    }
}

impl Sequence<'_, '_> {
    fn key(&self, first: u64) -> Vec<u8> {
        [&self.prefix[..], &first.to_be_bytes()].concat()
    }

    fn run(&self, (key, value): &Pair) -> Result<Run, Error> {
        let run = decode(key, value).map(|(_, _, run, _)| run);
        run.ok_or_else(|| self.of.store.corrupt("a run of a sequence can't be read"))
    }
}

impl Runs for Sequence<'_, '_> {
    type Error = Error;

    fn at_or_before(&mut self, number: u64) -> Result<Option<Run>, Error> {
        let mut end = [&self.key(number)[..], &[0]].concat();
        let changed = self.of.changed.range(self.prefix.clone()..end.clone());
        let changed = changed.rev().find_map(|(_, run)| *run);
        loop {
            let range = KeyRange::between(&self.prefix, &end);
            let Some(row) = self.of.store.last(&range)? else {
                return Ok(changed);
            };
            if self.of.changed.contains_key(&row.0[..]) {
                end = row.0.into_vec();
                continue;
            }
            let stored = self.run(&row)?;
            let later = changed.filter(|run| run.first > stored.first);
            return Ok(Some(later.unwrap_or(stored)));
        }
    }

    fn after(&mut self, number: u64) -> Result<Option<Run>, Error> {
        let begin = self.key(number);
        let prefix = &self.prefix;
        let changed = self.of.changed.range([&begin[..], &[0]].concat()..);
        let changed = changed
            .take_while(|(key, _)| key.starts_with(prefix))
            .find_map(|(_, run)| *run);
        for row in self.of.store.scan(prefix, Some(&begin))? {
            let row = row?;
            if self.of.changed.contains_key(&row.0[..]) {
                continue;
            }
            let stored = self.run(&row)?;
            let earlier = changed.filter(|run| run.first < stored.first);
            return Ok(Some(earlier.unwrap_or(stored)));
        }
        Ok(changed)
    }

    fn put(&mut self, run: Run) {
        let key = self.key(run.first);
        self.of.changed.insert(key, Some(run));
    }

    fn remove(&mut self, first: u64) {
        let key = self.key(first);
        self.of.changed.insert(key, None);
    }
}

fn encode(run: &Run, origin: &str) -> Vec<u8> {
    let numbers = [run.last.to_be_bytes(), run.index.to_be_bytes()].concat();
    [&numbers[..], origin.as_bytes()].concat()
}

/// The log's tag, the epoch, the run and the log's origin of a row.
pub(super) fn decode(key: &[u8], value: &[u8]) -> Option<(Tag, u64, Run, String)> {
    let number = |bytes: &[u8], place: usize| {
        let bytes = bytes.get(place..)?.first_chunk()?;
        Some(u64::from_be_bytes(*bytes))
    };
    let run = Run {
        first: number(key, FIRST)?,
        last: number(value, 0)?,
        index: number(value, 8)?,
    };
    let origin = String::from_utf8(value.get(16..)?.to_vec()).ok()?;
    Some((
        tag_at(key, 1 + TAG_BYTES)?,
        number(key, FIRST - 8)?,
        run,
        origin,
    ))
}
