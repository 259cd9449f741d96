//! What an erasure reads of a log: leaves with what is still sealed of them, and which leaves a key has to do with.

use custodia_core::entry::{ENTRY_BYTES, Entry};
use custodia_core::record::Record;

use super::super::batch::{Naming, namings_in};
use super::super::projector::FAMILY;
use super::super::rows::{LeafRow, Tag, index_of, leaf_key, subject_key};
use super::{CHUNK, Eraser, Error, LOCATOR};
use crate::store::{Direction, KeyRange, Read as _};

/// A leaf that the key which is destroyed has to do with.
pub(super) struct Leaf {
    pub(super) index: u64,
    pub(super) entry: [u8; ENTRY_BYTES],
    pub(super) timestamp_ms: i64,
    pub(super) sealed: Sealed,
    pub(super) row: LeafRow,
}

/// What a leaf's payload gives.
pub(super) enum Sealed {
    /// There is none.
    Gone,
    /// Its key is destroyed.
    Closed,
    /// Where the key stands that sealed it, and its record.
    Opened([u8; LOCATOR], Record),
}

impl Eraser {
    pub(super) fn namings<'a>(&self, leaf: &Leaf, record: &'a Record) -> Vec<Naming<'a>> {
        let place = (leaf.index, leaf.timestamp_ms);
        namings_in(record, &self.place, leaf.row.verdict.as_ref(), place)
    }

    pub(super) fn leaf(&self, index: u64) -> Result<Leaf, Error> {
        let (entry, bytes): (Entry, _) = self.log.entry_and_bytes(index)?;
        let sealed = match self.log.sealed_payload(index)? {
            None => Sealed::Gone,
            Some(payload) => {
                let record = self.log.open_record(&self.keys, index, &bytes, &payload)?;
                let locator = payload.first_chunk::<LOCATOR>().copied();
                record
                    .zip(locator)
                    .map_or(Sealed::Closed, |(record, locator)| {
                        Sealed::Opened(locator, record)
                    })
            }
        };
        let row = self.row(&leaf_key(index))?;
        let row = row.and_then(|row| LeafRow::decode(&row));
        Ok(Leaf {
            index,
            entry: bytes,
            timestamp_ms: entry.timestamp_ms,
            sealed,
            row: row.ok_or_else(|| self.corrupt("a leaf's row is missing or can't be read"))?,
        })
    }

    /// Leaves sealed by a key, of the next stretch of payloads, and where the next one begins; none at the end.
    pub(super) fn sealed_by(
        &self,
        locator: &[u8; LOCATOR],
        from: u64,
    ) -> Result<Option<(Vec<u64>, u64)>, Error> {
        let leaves = self.log.stretch(from, CHUNK, usize::MAX)?;
        let Some(last) = leaves.last() else {
            return Ok(None);
        };
        let next = last.index + 1;
        let sealed = leaves.iter().filter(|leaf| {
            let payload = leaf.payload.as_deref();
            payload.is_some_and(|payload| payload.starts_with(locator))
        });
        Ok(Some((sealed.map(|leaf| leaf.index).collect(), next)))
    }

    pub(super) fn indexes_of(&self, tag: &Tag, from: u64, most: usize) -> Result<Vec<u64>, Error> {
        let range = KeyRange::between(&subject_key(tag, from), &subject_key(tag, u64::MAX));
        self.indexes_in(&range, most)
    }

    pub(super) fn indexes(&self, prefix: &[u8], most: usize) -> Result<Vec<u64>, Error> {
        self.indexes_in(&KeyRange::prefix(prefix), most)
    }

    fn indexes_in(&self, range: &KeyRange, most: usize) -> Result<Vec<u64>, Error> {
        let rows = self
            .log
            .store()
            .iterate(FAMILY, range, Direction::Ascending);
        let mut indexes = Vec::new();
        for row in rows.map_err(|source| self.store_error(source))?.take(most) {
            let (key, _) = row.map_err(|source| self.store_error(source))?;
            let index = index_of(&key);
            indexes.push(index.ok_or_else(|| self.corrupt("a row's key has no index"))?);
        }
        Ok(indexes)
    }

    pub(super) fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let row = self.log.store().get(FAMILY, key);
        row.map_err(|source| self.store_error(source))
    }
}
