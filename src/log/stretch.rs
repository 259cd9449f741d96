//! Reading many leaves in a row, for those who follow the log.

use custodia_core::entry::ENTRY_BYTES;

use super::layout::{PAYLOADS, REMAINS, number};
use super::reader::store_error;
use super::{Error, Log};
use crate::store::{Direction, KeyRange};

/// A leaf as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLeaf {
    /// Its index.
    pub index: u64,
    /// The entry that it hashes.
    pub entry: [u8; ENTRY_BYTES],
    /// The locator of its key and its sealed record; none once it is erased.
    pub payload: Option<Box<[u8]>>,
    /// What is kept of it, once it is erased.
    pub remains: Option<Box<[u8]>>,
}

/// A payload, or what remains of one, with its leaf's index.
type Numbered = (u64, Box<[u8]>);

impl Log {
    /// The leaves from `from` on, in order: at most `most`, and no further one after payloads of
    /// `most_bytes` together. Empty only at the log's end, or where `most` is 0.
    ///
    /// # Errors
    /// As [`Log::entry`].
    pub fn stretch(
        &self,
        from: u64,
        most: usize,
        most_bytes: usize,
    ) -> Result<Vec<StoredLeaf>, Error> {
        let entries = self.entries(from, most)?;
        let end = from + entries.len() as u64;
        let range = KeyRange::between(&from.to_be_bytes(), &end.to_be_bytes());
        let mut payloads = self.rows(PAYLOADS, &range, Direction::Ascending)?;
        let mut all_remains = self.rows(REMAINS, &range, Direction::Ascending)?;
        let (mut next, mut next_remains) = (None, self.next_numbered(&mut all_remains)?);
        let (mut bytes, mut leaves) = (0, Vec::with_capacity(entries.len()));
        for (index, entry) in (from..).zip(entries) {
            if bytes >= most_bytes && !leaves.is_empty() {
                break;
            }
            if next.is_none() {
                next = self.next_numbered(&mut payloads)?;
            }
            let payload = next
                .take_if(|(at, _)| *at == index)
                .map(|(_, payload)| payload);
            let remains = next_remains
                .take_if(|(at, _)| *at == index)
                .map(|(_, remains)| remains);
            if remains.is_some() {
                next_remains = self.next_numbered(&mut all_remains)?;
            }
            bytes += payload.as_ref().map_or(0, |payload| payload.len());
            leaves.push(StoredLeaf {
                index,
                entry,
                payload,
                remains,
            });
        }
        Ok(leaves)
    }

    fn next_numbered(&self, rows: &mut crate::store::Pairs<'_>) -> Result<Option<Numbered>, Error> {
        let Some(row) = rows.next() else {
            return Ok(None);
        };
        let (key, value) = row.map_err(|e| store_error(self.name(), e))?;
        let index = number(&key);
        let index = index
            .ok_or_else(|| self.corrupt("a payload or its remains stand under no index".into()))?;
        Ok(Some((index, value)))
    }
}
