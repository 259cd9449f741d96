//! What was in a store at one moment.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rocksdb::{DB, ReadOptions};
use self_cell::self_cell;

use super::error::Error;
use super::family::Family;
use super::read::{self, Direction, KeyRange, Pairs, Read};

type Native<'a> = rocksdb::Snapshot<'a>;

self_cell!(
    struct Held {
        owner: Arc<DB>,

        #[covariant]
        dependent: Native,
    }
);

/// All families as they were at one moment. Owns its part of the open store, so it can go to other
/// threads and outlive the [`Store`](super::Store) it came from; the folder stays locked until it
/// is dropped.
pub struct Snapshot {
    held: Held,
    path: PathBuf,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Snapshot")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    pub(super) fn new(database: Arc<DB>, path: PathBuf) -> Self {
        Self {
            held: Held::new(database, |database| database.snapshot()),
            path,
        }
    }
}

impl Read for Snapshot {
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let handle = read::handle(self.held.borrow_owner(), &self.path, family)?;
        let found = self.held.borrow_dependent().get_cf(&handle, key);
        found.map_err(|source| Error::native(&self.path, "reading", source))
    }

    fn multi_get(&self, family: Family, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let mut options = ReadOptions::default();
        options.set_snapshot(self.held.borrow_dependent());
        read::multi_get(self.held.borrow_owner(), &self.path, family, keys, &options)
    }

    fn iterate(
        &self,
        family: Family,
        range: &KeyRange,
        direction: Direction,
    ) -> Result<Pairs<'_>, Error> {
        let handle = read::handle(self.held.borrow_owner(), &self.path, family)?;
        let native = self.held.borrow_dependent();
        let raw = native.raw_iterator_cf_opt(&handle, range.options());
        Ok(Pairs::new(raw, direction, &self.path))
    }
}
