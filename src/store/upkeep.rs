//! Housekeeping on an open store: families, flushing, compacting, checking, backing up.

use std::path::Path;
use std::sync::PoisonError;

use rocksdb::checkpoint::Checkpoint;
use rocksdb::{BottommostLevelCompaction, ColumnFamilyDescriptor, CompactOptions, DB};
use rocksdb::{FlushOptions, ReadOptions};

use super::create::sync_folder;
use super::database::Store;
use super::error::Error;
use super::family::Family;
use super::{read, settings};

/// What a check of all tables read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Keys read.
    pub keys: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
}

impl Store {
    /// Makes a versioned family. Nothing happens where it is there already.
    ///
    /// # Errors
    /// [`Error::FamilyUnknown`] where the layout has no such versions; any other error poisons the
    /// store.
    pub fn create_family(&self, family: Family) -> Result<(), Error> {
        self.check_version(family)?;
        let mut families = self
            .families
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if families.contains(&family) {
            return Ok(());
        }
        let options = self.shared.family_options(family.content());
        let made = self.database.create_cf(family.disk_name(), &options);
        self.or_poison("making a family in", made)?;
        families.push(family);
        Ok(())
    }

    /// Drops a versioned family with all it holds. Nothing happens where it isn't there.
    ///
    /// # Errors
    /// As [`Store::create_family`].
    pub fn drop_family(&self, family: Family) -> Result<(), Error> {
        self.check_version(family)?;
        let mut families = self
            .families
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(place) = families.iter().position(|known| *known == family) else {
            return Ok(());
        };
        let dropped = self.database.drop_cf(&family.disk_name());
        self.or_poison("dropping a family from", dropped)?;
        families.remove(place);
        Ok(())
    }

    /// Writes all memtables to tables and waits for it. The write-ahead log's files up to now are
    /// not needed after that, and `RocksDB` deletes them.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn flush(&self) -> Result<(), Error> {
        self.check_writable()?;
        let options = FlushOptions::default();
        for family in self.families() {
            let handle = read::handle(&self.database, &self.path, family)?;
            self.or_poison("flushing", self.database.flush_cf_opt(&handle, &options))?;
        }
        Ok(())
    }

    /// Rewrites a family's tables, down to the last level, so that what was deleted leaves the
    /// disk, and waits for it. What a snapshot still sees stays.
    ///
    /// # Errors
    /// As [`Store::write`]; [`Error::Poisoned`] where the rewriting failed.
    pub fn compact_range(&self, family: Family) -> Result<(), Error> {
        self.flush()?;
        let handle = read::handle(&self.database, &self.path, family)?;
        let before = self.background_errors()?;
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        let (start, end): (Option<&[u8]>, Option<&[u8]>) = (None, None);
        self.database
            .compact_range_cf_opt(&handle, start, end, &options);
        // Compacting by hand reports nothing through this interface; a failure is counted.
        if self.background_errors()? > before {
            self.poison("a compaction failed; RocksDB's LOG in the folder says why".into());
        }
        self.poisoned().map_or(Ok(()), Err)
    }

    /// A second store in the folder `path`, which must not exist: what is in this one now. Tables
    /// are hard-linked where `path` is on the same file system, else copied.
    ///
    /// # Errors
    /// As [`Store::write`], or [`Error::Occupied`].
    pub fn checkpoint_to(&self, path: &Path) -> Result<(), Error> {
        self.check_writable()?;
        if path.exists() {
            return Err(Error::Occupied {
                path: path.to_path_buf(),
            });
        }
        let made =
            Checkpoint::new(&self.database).and_then(|native| native.create_checkpoint(path));
        made.map_err(|source| Error::native(path, "backing up to", source))?;
        sync_folder(path)?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    }

    /// Reads every key of every family from its files, past the cache, and checks each block's
    /// checksum. Files that are deleted meanwhile stay until it is done. Doesn't show a file that
    /// was replaced by an older one; the tree does.
    ///
    /// # Errors
    /// [`Error::Corrupt`] at the first block that fails, [`Error::Failed`].
    pub fn verify_checksums(&self) -> Result<Verified, Error> {
        let failed = |source| Error::native(&self.path, "checking", source);
        self.database.disable_file_deletions().map_err(failed)?;
        let verified = self.verify_files();
        self.database.enable_file_deletions().map_err(failed)?;
        verified
    }

    /// A second, read-only opening has no part in the cache, where a block that was read before
    /// would hide what has become of it on disk.
    fn verify_files(&self) -> Result<Verified, Error> {
        let failed = |source| Error::native(&self.path, "checking", source);
        let families = self.families();
        let options = settings::uncached(self.shared.database_options());
        let names = families
            .iter()
            .map(|family| family.disk_name().into_owned());
        let descriptors = names
            .chain([rocksdb::DEFAULT_COLUMN_FAMILY_NAME.to_owned()])
            .map(|name| ColumnFamilyDescriptor::new(name, options.clone()));
        let files = DB::open_cf_descriptors_read_only(&options, &self.path, descriptors, false)
            .map_err(failed)?;
        let mut verified = Verified::default();
        for family in families {
            self.verify_family(&files, family, &mut verified)?;
        }
        Ok(verified)
    }

    fn verify_family(
        &self,
        files: &DB,
        family: Family,
        verified: &mut Verified,
    ) -> Result<(), Error> {
        let handle = read::handle(files, &self.path, family)?;
        let mut options = ReadOptions::default();
        options.set_verify_checksums(true);
        let mut raw = files.raw_iterator_cf_opt(&handle, options);
        raw.seek_to_first();
        while let Some((key, value)) = raw.item() {
            verified.keys += 1;
            verified.bytes += (key.len() + value.len()) as u64;
            raw.next();
        }
        raw.status()
            .map_err(|source| Error::native(&self.path, "checking", source))
    }

    fn check_version(&self, family: Family) -> Result<(), Error> {
        self.check_writable()?;
        if self.layout.allows_version(family) {
            return Ok(());
        }
        let family = family.disk_name().into_owned();
        Err(Error::FamilyUnknown {
            path: self.path.clone(),
            family,
        })
    }
}
