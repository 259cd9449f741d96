//! A backup that may become a ledger again.

use std::fs;
use std::path::{Path, PathBuf};

use custodia_core::origin::LedgerName;

use super::manifest::{Kind, LogTaken, Manifest};
use super::{Error, files};

/// A backup's two folders, each with a whole manifest, taken together.
#[derive(Debug)]
pub struct Backup {
    logs: PathBuf,
    keys: PathBuf,
    of_logs: Manifest,
    of_keys: Manifest,
}

impl Backup {
    /// Reads both manifests.
    ///
    /// # Errors
    /// [`Error::NotWhole`], [`Error::NotTogether`].
    pub fn open(logs: &Path, keys: &Path) -> Result<Self, Error> {
        let of_logs = Manifest::read(logs, Kind::Logs)?;
        let of_keys = Manifest::read(keys, Kind::Keys)?;
        if (&of_logs.id, &of_logs.ledger) != (&of_keys.id, &of_keys.ledger) {
            return Err(Error::NotTogether {
                logs: logs.to_owned(),
                keys: keys.to_owned(),
            });
        }
        Ok(Self {
            logs: logs.to_owned(),
            keys: keys.to_owned(),
            of_logs,
            of_keys,
        })
    }

    /// Whose it is.
    ///
    /// # Errors
    /// [`Error::OtherLedger`] where it is another's than `wanted`, unless that is empty;
    /// [`Error::NotWhole`] where its name is none.
    pub fn ledger(&self, wanted: &str) -> Result<LedgerName, Error> {
        let found = &self.of_logs.ledger;
        if !wanted.is_empty() && wanted != found {
            return Err(Error::OtherLedger {
                path: self.logs.clone(),
                found: found.clone(),
                wanted: wanted.to_owned(),
            });
        }
        found.parse().map_err(|_| Error::NotWhole {
            path: self.logs.clone(),
            why: format!("{found:?} is no ledger's name"),
        })
    }

    /// When it was taken, in milliseconds since 1970.
    pub const fn taken_at_ms(&self) -> i64 {
        self.of_logs.taken_at_ms
    }

    /// The logs in it.
    pub fn logs(&self) -> &[LogTaken] {
        &self.of_logs.logs
    }

    /// The bytes of a file beside the logs; empty where there is none.
    pub fn beside(&self, name: &str) -> Vec<u8> {
        fs::read(self.logs.join(name)).unwrap_or_default()
    }

    /// Copies logs and keys into a data folder that has neither, each file held against its digest. The
    /// file that makes the folder a ledger's is not among them.
    ///
    /// # Errors
    /// [`Error::FileDiffers`], [`Error::Io`].
    pub fn lay_into(&self, folder: &Path) -> Result<(), Error> {
        for (from, manifest) in [(&self.logs, &self.of_logs), (&self.keys, &self.of_keys)] {
            for file in &manifest.files {
                if file.path == "ledger.json" {
                    continue;
                }
                let source = from.join(&file.path);
                let differs = |why| Error::FileDiffers {
                    path: source.clone(),
                    why,
                };
                if !source.is_file() {
                    return Err(differs("it is missing"));
                }
                let (length, sha256) = files::copy(&source, &folder.join(&file.path))?;
                if length != file.length {
                    return Err(differs("its length is another"));
                }
                if hex::encode(sha256) != file.sha256 {
                    return Err(differs("its SHA-256 is another"));
                }
            }
        }
        files::sync_folders(folder)
    }
}
