//! What a store says about itself, for metrics.

use std::fs;
use std::io;
use std::path::Path;

use rocksdb::CStrLike;
use rocksdb::properties::{
    ACTUAL_DELAYED_WRITE_RATE, BACKGROUND_ERRORS, CUR_SIZE_ALL_MEM_TABLES, ESTIMATE_NUM_KEYS,
    ESTIMATE_PENDING_COMPACTION_BYTES, IS_WRITE_STOPPED, LIVE_SST_FILES_SIZE, NUM_SNAPSHOTS,
};

use super::database::Store;
use super::error::Error;
use super::family::Family;
use super::read;

/// The state of a store at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether writers wait for flushes or compactions.
    pub write_stopped: bool,
    /// What writers are slowed down to, in bytes a second; 0 where they aren't.
    pub delayed_write_bytes_per_s: u64,
    /// What compaction has yet to rewrite, in bytes, over all families.
    pub pending_compaction_bytes: u64,
    /// Failures of flushes and compactions since opening. Above 0 the store must be opened anew.
    pub background_errors: u64,
    /// Memory of memtables, in bytes, over all families.
    pub memtable_bytes: u64,
    /// Live tables on disk, in bytes, over all families.
    pub table_bytes: u64,
    /// Snapshots not yet dropped.
    pub snapshots: u64,
    /// Whether a write failed, so that nothing more can be written.
    pub poisoned: bool,
}

impl Store {
    /// What the store says about itself now.
    ///
    /// # Errors
    /// [`Error::Failed`] where `RocksDB` can't say.
    pub fn facts(&self) -> Result<Facts, Error> {
        let mut facts = Facts {
            write_stopped: self.number(IS_WRITE_STOPPED)? != 0,
            delayed_write_bytes_per_s: self.number(ACTUAL_DELAYED_WRITE_RATE)?,
            background_errors: self.number(BACKGROUND_ERRORS)?,
            snapshots: self.number(NUM_SNAPSHOTS)?,
            poisoned: self.is_poisoned(),
            ..Facts::default()
        };
        for family in self.families() {
            facts.pending_compaction_bytes +=
                self.family_number(family, ESTIMATE_PENDING_COMPACTION_BYTES)?;
            facts.memtable_bytes += self.family_number(family, CUR_SIZE_ALL_MEM_TABLES)?;
            facts.table_bytes += self.family_number(family, LIVE_SST_FILES_SIZE)?;
        }
        Ok(facts)
    }

    /// About how many keys a family holds.
    ///
    /// # Errors
    /// [`Error::FamilyMissing`], [`Error::Failed`].
    pub fn approximate_keys(&self, family: Family) -> Result<u64, Error> {
        self.family_number(family, ESTIMATE_NUM_KEYS)
    }

    /// Bytes of a family's live tables; what is still in memory isn't counted.
    ///
    /// # Errors
    /// [`Error::FamilyMissing`], [`Error::Failed`].
    pub fn approximate_bytes(&self, family: Family) -> Result<u64, Error> {
        self.family_number(family, LIVE_SST_FILES_SIZE)
    }

    /// Bytes of all files in the folder, write-ahead log and `RocksDB`'s own log included.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn disk_bytes(&self) -> Result<u64, Error> {
        file_bytes(&self.path).map_err(|source| Error::folder(&self.path, "measuring", source))
    }

    pub(super) fn background_errors(&self) -> Result<u64, Error> {
        self.number(BACKGROUND_ERRORS)
    }

    fn number(&self, property: impl CStrLike) -> Result<u64, Error> {
        let value = self.database.property_int_value(property);
        let value = value.map_err(|source| Error::native(&self.path, "asking", source))?;
        Ok(value.unwrap_or(0))
    }

    fn family_number(&self, family: Family, property: impl CStrLike) -> Result<u64, Error> {
        let handle = read::handle(&self.database, &self.path, family)?;
        let value = self.database.property_int_value_cf(&handle, property);
        let value = value.map_err(|source| Error::native(&self.path, "asking", source))?;
        Ok(value.unwrap_or(0))
    }
}

/// Files that vanish meanwhile, as compaction makes them, count nothing.
fn file_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        bytes += match entry?.metadata() {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}
