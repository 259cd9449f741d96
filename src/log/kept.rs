//! The signed checkpoints that a log keeps: all of them.

use super::layout::{CHECKPOINTS, number};
use super::reader::store_error;
use super::{Error, Log};
use crate::store::{Batch, Direction, Durability, KeyRange, Pair};

impl Log {
    /// Keeps a signed checkpoint; the ledger keeps all it signed.
    ///
    /// # Errors
    /// Where the write fails.
    pub fn keep_checkpoint(&self, size: u64, signed: &str) -> Result<(), Error> {
        let mut batch = Batch::new();
        batch.put(CHECKPOINTS, &size.to_be_bytes(), signed.as_bytes());
        self.store
            .write(&batch, Durability::Synced)
            .map_err(|e| store_error(&self.name, e))
    }

    /// The earliest signed checkpoint of at least `size`, with its size.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn checkpoint_covering(&self, size: u64) -> Result<Option<(u64, String)>, Error> {
        let range = KeyRange::starting_at(&size.to_be_bytes());
        self.first_checkpoint(&range, Direction::Ascending)
    }

    /// The largest signed checkpoint of at most `size`, with its size.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn checkpoint_within(&self, size: u64) -> Result<Option<(u64, String)>, Error> {
        let range = KeyRange::between(&[], &size.saturating_add(1).to_be_bytes());
        self.first_checkpoint(&range, Direction::Descending)
    }

    /// The largest signed checkpoint, with its size.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn latest_checkpoint(&self) -> Result<Option<(u64, String)>, Error> {
        self.first_checkpoint(&KeyRange::all(), Direction::Descending)
    }

    /// Every signed checkpoint, with its size, ascending.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn checkpoints(&self) -> Result<Vec<(u64, String)>, Error> {
        let rows = self.rows(CHECKPOINTS, &KeyRange::all(), Direction::Ascending)?;
        rows.map(|row| self.read_checkpoint(row)).collect()
    }

    fn first_checkpoint(
        &self,
        range: &KeyRange,
        direction: Direction,
    ) -> Result<Option<(u64, String)>, Error> {
        let first = self.rows(CHECKPOINTS, range, direction)?.next();
        first.map(|row| self.read_checkpoint(row)).transpose()
    }

    fn read_checkpoint(
        &self,
        row: Result<Pair, crate::store::Error>,
    ) -> Result<(u64, String), Error> {
        let (key, value) = row.map_err(|e| store_error(&self.name, e))?;
        let signed = String::from_utf8(value.into_vec()).ok();
        let read = number(&key).zip(signed);
        read.ok_or_else(|| self.corrupt("a kept checkpoint is not text under a size".into()))
    }
}
