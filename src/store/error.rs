//! What can go wrong with a store, each with its code and runbook page.

use std::io;
use std::path::{Path, PathBuf};

use rocksdb::ErrorKind;

/// Why a store can't be made, opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Opening never creates.
    #[error("{} holds no store; create it, or name the right folder", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// Creating never overwrites.
    #[error("{} already holds something; name an empty or new folder", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The folder's lock is held, by this process or another.
    #[error("{} is open in a running process; ask that one, or stop it first", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A family that this kind of store must have isn't there, or was dropped meanwhile.
    #[error("the store {} has no family {family:?}; is it a store of another kind?", path.display())]
    FamilyMissing {
        /// The folder.
        path: PathBuf,
        /// The family's name on disk.
        family: String,
    },
    /// A family that this version doesn't know.
    #[error("the store {} has a family {family:?} that this version doesn't know; \
             use the version that wrote it", path.display())]
    FamilyUnknown {
        /// The folder.
        path: PathBuf,
        /// The family's name on disk.
        family: String,
    },
    /// Bytes on disk are not those that were written.
    #[error("the store {} is damaged ({source}); stop, keep the folder, and restore or replay it",
            path.display())]
    Corrupt {
        /// The folder.
        path: PathBuf,
        /// What `RocksDB` found.
        source: rocksdb::Error,
    },
    /// No space left for a write, or the owner's quota is used up.
    #[error("the disk under {} is full ({source}); make room, then start again", path.display())]
    DiskFull {
        /// The folder.
        path: PathBuf,
        /// What `RocksDB` said.
        source: rocksdb::Error,
    },
    /// An earlier write, sync or flush failed, so nobody knows what is on disk.
    #[error("the store {} takes no writes since one failed ({cause}); restart to check it anew",
            path.display())]
    Poisoned {
        /// The folder.
        path: PathBuf,
        /// What failed first, with its code.
        cause: String,
    },
    /// The store was closed.
    #[error("the store {} is closed", path.display())]
    Closed {
        /// The folder.
        path: PathBuf,
    },
    /// Reading, writing or syncing failed for another reason.
    #[error("{action} the store {} failed: {source}", path.display())]
    Failed {
        /// The folder.
        path: PathBuf,
        /// What was being done, as a verb: "writing".
        action: &'static str,
        /// What `RocksDB` said.
        source: rocksdb::Error,
    },
    /// The file system refused something around the store.
    #[error("{action} {} failed: {source}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What was being done, as a verb: "renaming".
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl Error {
    /// The stable code, which names the page under `ops/runbook/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "CU-0200",
            Self::Occupied { .. } => "CU-0201",
            Self::Locked { .. } => "CU-0202",
            Self::FamilyMissing { .. } => "CU-0203",
            Self::FamilyUnknown { .. } => "CU-0204",
            Self::Corrupt { .. } => "CU-0205",
            Self::DiskFull { .. } => "CU-0206",
            Self::Poisoned { .. } => "CU-0207",
            Self::Closed { .. } => "CU-0208",
            Self::Failed { .. } => "CU-0209",
            Self::Folder { .. } => "CU-0210",
        }
    }

    /// Types what `RocksDB` reports as text. The lock and a full disk have no kind of their own
    /// in its C interface; their wordings are `RocksDB`'s own constants, held by tests.
    pub(super) fn native(path: &Path, action: &'static str, source: rocksdb::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::Corruption => Self::Corrupt { path, source },
            ErrorKind::IOError if is_lock(source.as_ref()) => Self::Locked { path },
            ErrorKind::IOError if is_full(source.as_ref()) => Self::DiskFull { path, source },
            _ => Self::Failed {
                path,
                action,
                source,
            },
        }
    }

    /// Types what the file system refused.
    pub(super) fn folder(path: &Path, action: &'static str, source: io::Error) -> Self {
        Self::Folder {
            path: path.to_path_buf(),
            action,
            source,
        }
    }
}

fn is_lock(message: &str) -> bool {
    message.starts_with("IO error: While lock file")
        || message.starts_with("IO error: lock hold by current process")
}

fn is_full(message: &str) -> bool {
    message.starts_with("IO error: No space left on device")
        || message.starts_with("IO error: Space limit reached")
        || message.ends_with(": Disk quota exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_and_a_full_disk_are_told_from_other_failures() {
        assert!(is_lock(
            "IO error: While lock file: a/LOCK: Resource temporarily unavailable"
        ));
        assert!(is_lock(
            "IO error: lock hold by current process, acquire time 1: a/LOCK: No locks"
        ));
        assert!(is_full(
            "IO error: No space left on device: While appending to file: a/1.log"
        ));
        assert!(is_full(
            "IO error: While appending to file: a/1.log: Disk quota exceeded"
        ));
        let other = "IO error: No such file or directory: While open a file: a/LOCK";
        assert!(!is_lock(other) && !is_full(other));
    }
}
