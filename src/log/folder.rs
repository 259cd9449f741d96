//! The data folder: which ledger it is, who owns it, and which logs lie in it.
//!
//! ```text
//! <folder>/ledger.json   format, ledger name
//! <folder>/LOCK          held by the one process that owns the folder
//! <folder>/keys/         the key store
//! <folder>/logs/<topic>-<partition>-<generation>/
//! ```

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use custodia_core::origin::{LedgerName, Origin};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::store::Store;

const FORMAT: u32 = 1;
const FACTS: &str = "ledger.json";
const LOCK: &str = "LOCK";
const LOGS: &str = "logs";
const KEYS: &str = "keys";
const SOCKET: &str = "custodia.sock";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    format: u32,
    ledger: String,
}

/// A data folder, owned by this process until it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    ledger: LedgerName,
    _lock: File,
}

impl Folder {
    /// Makes the folder of a new ledger. The file that makes it one is written by
    /// [`Self::seal_creation`], last: a folder that `init` left half made is not a ledger.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] where something is there.
    pub fn create(path: &Path, ledger: &LedgerName) -> Result<Self, Error> {
        let io = |source| Error::Io {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(io)?;
        if fs::read_dir(path).map_err(io)?.next().is_some() {
            return Err(Error::NotEmpty(path.to_owned()));
        }
        let lock = lock(path)?;
        fs::create_dir(path.join(LOGS)).map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            ledger: ledger.clone(),
            _lock: lock,
        })
    }

    /// Writes the file that makes the folder a ledger's.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn seal_creation(&self) -> Result<(), Error> {
        let path = self.path.join(FACTS);
        let io = |source| Error::Io {
            path: path.clone(),
            source,
        };
        let facts = Facts {
            format: FORMAT,
            ledger: self.ledger.to_string(),
        };
        let text = serde_json::to_vec_pretty(&facts).map_err(|e| io(e.into()))?;
        fs::write(&path, text).map_err(io)?;
        File::open(&path).and_then(|f| f.sync_all()).map_err(io)?;
        for folder in [self.path.join(LOGS), self.path.clone()] {
            File::open(folder).and_then(|f| f.sync_all()).map_err(io)?;
        }
        Ok(())
    }

    /// Takes the folder of a ledger that is there.
    ///
    /// # Errors
    /// [`Error::NotALedger`], or [`Error::Locked`] where another process owns it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let ledger = Self::ledger_of(path)?;
        let lock = lock(path)?;
        Ok(Self {
            path: path.to_owned(),
            ledger,
            _lock: lock,
        })
    }

    /// The name of the ledger in `path`, without taking the folder.
    ///
    /// # Errors
    /// [`Error::NotALedger`] where there is none, or one of an unknown format.
    pub fn ledger_of(path: &Path) -> Result<LedgerName, Error> {
        let not = |what: String| Error::NotALedger {
            path: path.to_owned(),
            what,
        };
        let text = fs::read_to_string(path.join(FACTS)).map_err(|e| {
            not(format!(
                "no ledger here ({FACTS}: {e}); `custodia init` makes one"
            ))
        })?;
        let facts: Facts =
            serde_json::from_str(&text).map_err(|e| not(format!("{FACTS} can't be read: {e}")))?;
        if facts.format != FORMAT {
            return Err(not(format!(
                "format {} is not {FORMAT}, the one this version knows",
                facts.format
            )));
        }
        facts
            .ledger
            .parse()
            .map_err(|e| not(format!("{FACTS}: {e}")))
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The ledger's name.
    pub fn ledger(&self) -> &LedgerName {
        &self.ledger
    }

    /// Where the key store lies.
    pub fn keys_path(&self) -> PathBuf {
        self.path.join(KEYS)
    }

    /// The socket over which reading commands ask the process that owns `folder`.
    pub fn socket_path(folder: &Path) -> PathBuf {
        folder.join(SOCKET)
    }

    /// Where a log lies.
    pub fn log_path(&self, origin: &Origin) -> PathBuf {
        let name = format!(
            "{}-{}-{}",
            origin.topic, origin.partition, origin.generation
        );
        self.path.join(LOGS).join(name)
    }

    /// The origins of all logs in the folder, by topic, partition and generation.
    ///
    /// # Errors
    /// [`Error::NotALedger`] where something else lies among them.
    pub fn origins(&self) -> Result<Vec<Origin>, Error> {
        let logs = self.path.join(LOGS);
        let io = |source| Error::Io {
            path: logs.clone(),
            source,
        };
        let mut origins = Vec::new();
        for item in fs::read_dir(&logs).map_err(io)? {
            let name = item.map_err(io)?.file_name();
            // A log whose making was cut short was never one.
            if Store::is_unfinished(&name) {
                continue;
            }
            origins.push(self.origin_of(&name.to_string_lossy())?);
        }
        origins.sort_by(|a, b| {
            (&a.topic, a.partition, a.generation).cmp(&(&b.topic, b.partition, b.generation))
        });
        Ok(origins)
    }

    fn origin_of(&self, name: &str) -> Result<Origin, Error> {
        let parts: Vec<&str> = name.rsplitn(3, '-').collect();
        let origin = match parts[..] {
            [generation, partition, topic] => {
                format!("{}/{topic}/{partition}/{generation}", self.ledger)
                    .parse()
                    .ok()
            }
            _ => None,
        };
        origin.ok_or_else(|| Error::NotALedger {
            path: self.path.join(LOGS).join(name),
            what: "not <topic>-<partition>-<generation>; move it out of the ledger".into(),
        })
    }
}

fn lock(path: &Path) -> Result<File, Error> {
    let io = |source| Error::Io {
        path: path.join(LOCK),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join(LOCK))
        .map_err(io)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Locked(path.to_owned())),
        Err(errno) => Err(io(errno.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> LedgerName {
        "ledger.example".parse().unwrap()
    }

    #[test]
    fn a_folder_is_a_ledger_once_its_creation_is_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("l");
        let made = Folder::create(&path, &ledger()).unwrap();
        drop(made);
        assert_eq!(Folder::open(&path).unwrap_err().code(), "CU-0406");
        fs::remove_dir_all(&path).unwrap();
        let made = Folder::create(&path, &ledger()).unwrap();
        made.seal_creation().unwrap();
        assert_eq!(Folder::open(&path).unwrap_err().code(), "CU-0408");
        drop(made);
        assert_eq!(Folder::open(&path).unwrap().ledger(), &ledger());
        assert_eq!(
            Folder::create(&path, &ledger()).unwrap_err().code(),
            "CU-0407"
        );
    }

    #[test]
    fn logs_are_found_by_their_folders_names() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path(), &ledger()).unwrap();
        let origin: Origin = "ledger.example/my-topic.x/12/3".parse().unwrap();
        fs::create_dir(folder.log_path(&origin)).unwrap();
        assert_eq!(folder.origins().unwrap(), vec![origin]);
        fs::create_dir(dir.path().join("logs/my-topic.x-12-4.creating")).unwrap();
        assert_eq!(folder.origins().unwrap().len(), 1);
        fs::create_dir(dir.path().join("logs/stray")).unwrap();
        assert_eq!(folder.origins().unwrap_err().code(), "CU-0406");
    }

    #[test]
    fn an_unknown_format_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let facts = r#"{"format":2,"ledger":"ledger.example"}"#;
        fs::write(dir.path().join(FACTS), facts).unwrap();
        let error = Folder::open(dir.path()).unwrap_err();
        assert!(error.to_string().contains("format 2 is not 1"), "{error}");
    }
}
