//! The signer's folder: private, locked, and written whole or not at all.

use super::Error;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The file that carries the lock. It is never removed or replaced: a lock is on the inode.
const LOCK: &str = "lock";
/// The rights of group and others.
const OTHERS: u32 = 0o077;

/// A folder that this process alone holds while the value lives.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing (mode 0700), and locks it.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| io_error("create", path, source))?;
        // The folder's own name must survive a crash: it is the parent that holds it.
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            sync_folder(parent)?;
        }
        Self::lock(path)
    }

    /// Locks a folder that is there.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        if !path.is_dir() {
            return Err(Error::NoKey {
                path: path.to_owned(),
            });
        }
        Self::lock(path)
    }

    fn lock(path: &Path) -> Result<Self, Error> {
        let metadata = path
            .metadata()
            .map_err(|source| io_error("inspect", path, source))?;
        check_private(path, &metadata.permissions())?;
        let file = path.join(LOCK);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let lock = options
            .open(&file)
            .map_err(|source| io_error("open", &file, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(io_error("lock", &file, source)),
        }
    }

    /// Where a file of the folder is.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a file that nobody but its owner may read or write; `None` where it is missing.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.file(name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(io_error("open", &path, source)),
        };
        let metadata = file
            .metadata()
            .map_err(|source| io_error("inspect", &path, source))?;
        check_private(&path, &metadata.permissions())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|source| io_error("read", &path, source))?;
        Ok(Some(bytes))
    }

    /// Takes a file away where it is; on return it is gone from the disk's folder, too.
    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.file(name);
        interrupted().map_err(|source| io_error("remove", &path, source))?;
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &path, source));
            }
            _ => {}
        }
        sync_folder(&self.path)
    }

    /// The names of the files that begin with `prefix`, sorted.
    pub(super) fn names(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let listed = || -> io::Result<Vec<String>> {
            let items = std::fs::read_dir(&self.path)?;
            items
                .map(|item| Ok(item?.file_name().to_string_lossy().into_owned()))
                .collect()
        };
        let mut names = listed().map_err(|source| io_error("list", &self.path, source))?;
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        Ok(names)
    }

    /// Writes a file (mode 0600) so that after a crash it has its old bytes or its new ones. On
    /// return the new ones are on disk; on an error it isn't known which.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.file(name);
        let new = self.file(&format!("{name}.new"));
        interrupted().map_err(|source| io_error("write", &path, source))?;
        write_synced(&new, bytes).map_err(|source| io_error("write", &new, source))?;
        std::fs::rename(&new, &path).map_err(|source| io_error("replace", &path, source))?;
        sync_folder(&self.path)
    }
}

#[cfg(test)]
thread_local! {
    /// How many more files this thread may write or remove; none where it is any number.
    pub(super) static WRITES_LEFT: std::cell::Cell<Option<u32>> = const { std::cell::Cell::new(None) };
}

/// In tests: fails once the thread's writes are used up, as if the process had been killed there.
#[cfg(test)]
fn interrupted() -> io::Result<()> {
    WRITES_LEFT.with(|left| match left.get() {
        Some(0) => Err(io::Error::other("interrupted")),
        count => {
            left.set(count.map(|count| count - 1));
            Ok(())
        }
    })
}

#[cfg(not(test))]
#[allow(clippy::unnecessary_wraps)]
const fn interrupted() -> io::Result<()> {
    Ok(())
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What an interrupted write left is nobody's: only a renamed file counts.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> Result<(), Error> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|source| io_error("sync", path, source))
}

fn check_private(path: &Path, permissions: &Permissions) -> Result<(), Error> {
    let mode = permissions.mode() & 0o777;
    if mode & OTHERS == 0 {
        Ok(())
    } else {
        Err(Error::Permissions {
            path: path.to_owned(),
            mode,
        })
    }
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
