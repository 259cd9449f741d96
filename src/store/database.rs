//! An open store: reading, writing, and what happens when a write fails.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rocksdb::{BoundColumnFamily, ColumnFamilyDescriptor, DB, ReadOptions, WriteBatch};
use rocksdb::{Options, WriteOptions};

use super::batch::{Batch, Change};
use super::budget::Shared;
use super::error::Error;
use super::family::{Family, Layout};
use super::read::{self, Direction, KeyRange, Pairs, Read};
use super::snapshot::Snapshot;

/// When a write counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On disk before the call returns: it outlives a power cut.
    Synced,
    /// Handed to the system: it outlives this process, and reaches the disk with the next synced
    /// write at the latest.
    Unsynced,
}

/// One `RocksDB` in one folder, whose lock this process holds. Methods take `&self` from any thread.
///
/// After a failed write, sync or flush every further one returns [`Error::Poisoned`], for good:
/// what is on disk is unknown until the store is opened anew. Reading goes on.
pub struct Store {
    pub(super) database: Arc<DB>,
    pub(super) path: PathBuf,
    pub(super) layout: Layout,
    pub(super) families: RwLock<Vec<Family>>,
    pub(super) shared: Shared,
    /// What failed first; nothing is written after it.
    failed: OnceLock<String>,
    closed: AtomicBool,
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store in the folder `path` and takes its lock. Never creates anything.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Locked`], [`Error::FamilyMissing`], [`Error::FamilyUnknown`],
    /// [`Error::Corrupt`] where the write-ahead log or a table is damaged, [`Error::DiskFull`]
    /// where replaying the write-ahead log needs room.
    pub fn open(path: &Path, layout: Layout, shared: &Shared) -> Result<Self, Error> {
        if !path.join("CURRENT").is_file() {
            return Err(Error::Missing {
                path: path.to_path_buf(),
            });
        }
        let names = DB::list_cf(&Options::default(), path)
            .map_err(|source| Error::native(path, "listing the families of", source))?;
        let families = resolve(path, &layout, &names)?;
        let database = open_native(&shared.database_options(), path, &families, shared)?;
        Ok(Self {
            database: Arc::new(database),
            path: path.to_path_buf(),
            layout,
            families: RwLock::new(families),
            shared: shared.clone(),
            failed: OnceLock::new(),
            closed: AtomicBool::new(false),
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The families it has now, versioned ones included.
    pub fn families(&self) -> Vec<Family> {
        self.families
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Applies all changes of `batch` or none, as one.
    ///
    /// # Errors
    /// [`Error::FamilyMissing`] before anything is written. Any other error poisons the store, and
    /// the batch may or may not be there after it has been opened anew.
    pub fn write(&self, batch: &Batch, durability: Durability) -> Result<(), Error> {
        self.check_writable()?;
        let native = self.native_batch(batch)?;
        let mut options = WriteOptions::default();
        options.set_sync(durability == Durability::Synced);
        self.or_poison("writing", self.database.write_opt(native, &options))
    }

    /// Syncs what unsynced writes left to the system.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn flush_wal(&self) -> Result<(), Error> {
        self.check_writable()?;
        self.or_poison("syncing", self.database.flush_wal(true))
    }

    /// What is in all families at this moment, whatever is written later. Holds on to the disk
    /// space of what is deleted meanwhile, so it should not be kept for long.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(Arc::clone(&self.database), self.path.clone())
    }

    /// Syncs, stops background work and takes no further writes. The folder's lock is released
    /// when the store and all its snapshots are dropped. Dropping without closing loses no synced
    /// write.
    ///
    /// # Errors
    /// As [`Store::write`], where the last sync fails.
    pub fn close(&self) -> Result<(), Error> {
        let synced = self.flush_wal();
        self.closed.store(true, Ordering::Release);
        self.database.cancel_all_background_work(true);
        synced
    }

    /// Whether a write failed, so that nothing more can be written.
    pub fn is_poisoned(&self) -> bool {
        self.failed.get().is_some()
    }

    /// Takes no more writes; `cause` is what the first of them to be refused tells.
    pub(super) fn poison(&self, cause: String) {
        self.failed.get_or_init(|| cause);
    }

    pub(super) fn poisoned(&self) -> Option<Error> {
        let cause = self.failed.get()?;
        Some(Error::Poisoned {
            path: self.path.clone(),
            cause: cause.clone(),
        })
    }

    pub(super) fn check_writable(&self) -> Result<(), Error> {
        if let Some(error) = self.poisoned() {
            return Err(error);
        }
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed {
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    /// Turns the failure of anything that writes into a typed error, after which nothing else is
    /// written.
    pub(super) fn or_poison<T>(
        &self,
        action: &'static str,
        result: Result<T, rocksdb::Error>,
    ) -> Result<T, Error> {
        result.map_err(|source| {
            let error = Error::native(&self.path, action, source);
            self.poison(format!("{}: {error}", error.code()));
            error
        })
    }

    fn native_batch(&self, batch: &Batch) -> Result<WriteBatch, Error> {
        // What a change costs beside its bytes in the write-ahead log.
        const CHANGE_BYTES: usize = 16;
        let bytes = batch.size_bytes() + batch.len() * CHANGE_BYTES;
        let mut native = WriteBatch::with_capacity_bytes(bytes);
        let mut handles: Vec<(Family, Arc<BoundColumnFamily<'_>>)> = Vec::new();
        for (family, change) in batch.changes() {
            let known = handles.iter().position(|(known, _)| *known == family);
            let place = if let Some(place) = known {
                place
            } else {
                handles.push((family, read::handle(&self.database, &self.path, family)?));
                handles.len() - 1
            };
            let handle = &handles[place].1;
            match change {
                Change::Put(key, value) => native.put_cf(handle, key, value),
                Change::Delete(key) => native.delete_cf(handle, key),
                Change::DeleteRange(start, end) => native.delete_range_cf(handle, start, end),
            }
        }
        Ok(native)
    }
}

impl Read for Store {
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let handle = read::handle(&self.database, &self.path, family)?;
        let found = self.database.get_cf(&handle, key);
        found.map_err(|source| Error::native(&self.path, "reading", source))
    }

    fn multi_get(&self, family: Family, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let options = ReadOptions::default();
        read::multi_get(&self.database, &self.path, family, keys, &options)
    }

    fn iterate(
        &self,
        family: Family,
        range: &KeyRange,
        direction: Direction,
    ) -> Result<Pairs<'_>, Error> {
        let handle = read::handle(&self.database, &self.path, family)?;
        let raw = self.database.raw_iterator_cf_opt(&handle, range.options());
        Ok(Pairs::new(raw, direction, &self.path))
    }
}

/// Opens with exactly these families, made where the options say so.
pub(super) fn open_native(
    options: &Options,
    path: &Path,
    families: &[Family],
    shared: &Shared,
) -> Result<DB, Error> {
    // RocksDB insists on a family of this name; nothing is ever written to it.
    let unused = ColumnFamilyDescriptor::new(rocksdb::DEFAULT_COLUMN_FAMILY_NAME, options.clone());
    let described = families.iter().map(|family| {
        ColumnFamilyDescriptor::new(family.disk_name(), shared.family_options(family.content()))
    });
    let descriptors: Vec<_> = described.chain([unused]).collect();
    DB::open_cf_descriptors(options, path, descriptors)
        .map_err(|source| Error::native(path, "opening", source))
}

/// Compares the families found on disk with those that the layout has and allows.
fn resolve(path: &Path, layout: &Layout, names: &[String]) -> Result<Vec<Family>, Error> {
    let mut families = Vec::with_capacity(names.len());
    for name in names
        .iter()
        .filter(|name| *name != rocksdb::DEFAULT_COLUMN_FAMILY_NAME)
    {
        let unknown = || Error::FamilyUnknown {
            path: path.to_path_buf(),
            family: name.clone(),
        };
        families.push(layout.parse(name).ok_or_else(unknown)?);
    }
    match layout.fixed.iter().find(|fixed| !families.contains(fixed)) {
        None => Ok(families),
        Some(missing) => Err(read::missing(path, *missing)),
    }
}
