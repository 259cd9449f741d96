//! Making a store: an explicit act, whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rocksdb::{DB, Options};

use super::batch::Batch;
use super::budget::Shared;
use super::database::{self, Durability, Store};
use super::error::Error;
use super::family::Layout;

/// What the name of a store that is being made ends with.
const UNFINISHED: &str = ".creating";

impl Store {
    /// Whether a folder of this name is what a creation left that never came to its end.
    pub fn is_unfinished(name: &OsStr) -> bool {
        name.as_encoded_bytes().ends_with(UNFINISHED.as_bytes())
    }

    /// Makes a store in the folder `path`, whose parent must exist, and opens it.
    ///
    /// # Errors
    /// [`Error::Occupied`] where `path` holds anything, [`Error::Folder`], or as [`Store::open`].
    pub fn create(path: &Path, layout: Layout, shared: &Shared) -> Result<Self, Error> {
        Self::create_with(path, layout, &Batch::new(), shared)
    }

    /// As [`Store::create`], with `first` already in it: no crash leaves a store at `path` that
    /// lacks its first facts. What a crash leaves stands beside, in `<path>.creating`, and is
    /// removed by the next attempt.
    ///
    /// # Errors
    /// As [`Store::create`] and [`Store::write`].
    pub fn create_with(
        path: &Path,
        layout: Layout,
        first: &Batch,
        shared: &Shared,
    ) -> Result<Self, Error> {
        refuse_occupied(path)?;
        let staging = staging(path);
        remove_unfinished(&staging)?;
        let mut options = shared.database_options();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_error_if_exists(true);
        drop(database::open_native(
            &options,
            &staging,
            layout.fixed,
            shared,
        )?);
        let unnamed = Self::open(&staging, layout, shared)?;
        unnamed.write(first, Durability::Synced)?;
        unnamed.close()?;
        drop(unnamed);
        fs::rename(&staging, path).map_err(|source| Error::folder(path, "naming", source))?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))?;
        Self::open(path, layout, shared)
    }
}

fn staging(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(UNFINISHED);
    PathBuf::from(name)
}

fn refuse_occupied(path: &Path) -> Result<(), Error> {
    let occupied = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => true,
        Err(source) => return Err(Error::folder(path, "reading", source)),
    };
    if occupied {
        return Err(Error::Occupied {
            path: path.to_path_buf(),
        });
    }
    Ok(())
}

/// Removes what a creation left that never came to its end: nobody ever used it. `RocksDB` takes
/// the lock first, so the work of a process that still runs is refused.
fn remove_unfinished(staging: &Path) -> Result<(), Error> {
    if !staging.exists() {
        return Ok(());
    }
    DB::destroy(&Options::default(), staging)
        .map_err(|source| Error::native(staging, "removing", source))?;
    match fs::remove_dir_all(staging) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::folder(staging, "removing", error))
        }
        _ => Ok(()),
    }
}

/// A new name is on disk only when its folder is.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let synced = File::open(folder).and_then(|opened| opened.sync_all());
    synced.map_err(|source| Error::folder(folder, "syncing", source))
}
