//! Taking a backup while the ledger goes on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, TryLockError};

use custodia_core::origin::LedgerName;
use serde::{Deserialize, Serialize};

use super::manifest::{Kind, LogTaken, Manifest};
use super::{Error, files};
use crate::clock::Clock;
use crate::keys::KeyStore;
use crate::log::Log;
use crate::store::Shared;

/// The data folder's place for copies under way; emptied before each and at every start.
const STAGING: &str = "backup";
/// Public files beside the logs that go with them, where they are.
pub(super) const BESIDE: [&str; 3] = ["ledger.json", "policy", "handovers"];

/// Where a backup shall go: two folders that are empty or missing, by absolute paths on the host where the
/// ledger runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// For the logs.
    pub to: PathBuf,
    /// For the wrapped keys.
    pub keys_to: PathBuf,
}

/// A backup that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// What names it in both folders.
    pub id: String,
    /// The logs as they were copied.
    pub logs: Vec<LogTaken>,
    /// How many files both folders have.
    pub files: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// An open ledger, of which backups are taken one at a time.
pub struct Source {
    folder: PathBuf,
    ledger: LedgerName,
    logs: Vec<Arc<Log>>,
    keys: Arc<KeyStore>,
    shared: Shared,
    clock: Arc<dyn Clock>,
    turn: Mutex<()>,
}

impl Source {
    /// The ledger in `folder`, whose lock this process holds. What a copy that was cut short left goes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn new(
        (folder, ledger): (&Path, &LedgerName),
        logs: Vec<Arc<Log>>,
        keys: Arc<KeyStore>,
        shared: Shared,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        files::clear(&folder.join(STAGING))?;
        Ok(Self {
            folder: folder.to_owned(),
            ledger: ledger.clone(),
            logs,
            keys,
            shared,
            clock,
            turn: Mutex::new(()),
        })
    }

    /// Takes a backup. Appending goes on meanwhile: each log is copied as it is at one moment.
    ///
    /// # Errors
    /// [`Error::Destination`], [`Error::Busy`], [`Error::Io`], or what a store says. What was written then
    /// has no manifest and is no backup.
    pub fn take(&self, question: &Question) -> Result<Taken, Error> {
        let _turn = match self.turn.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(Error::Busy),
            // A panic left a staging folder at most, which goes now.
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Ok(turn) => turn,
        };
        self.check(question)?;
        let staging = self.folder.join(STAGING);
        files::clear(&staging)?;
        let taken = self.take_through(&staging, question);
        files::clear(&staging)?;
        taken
    }

    fn check(&self, question: &Question) -> Result<(), Error> {
        let (to, keys_to) = (&question.to, &question.keys_to);
        for (path, other) in [(to, keys_to), (keys_to, to)] {
            let why = if path.starts_with(&self.folder) {
                "it lies in the ledger's own folder"
            } else if path.starts_with(other) {
                "logs and keys go to two folders, neither in the other"
            } else {
                continue;
            };
            let path = path.clone();
            return Err(Error::Destination { path, why });
        }
        files::claim(to)?;
        files::claim(keys_to)
    }

    fn take_through(&self, staging: &Path, question: &Question) -> Result<Taken, Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let (id, now) = (hex::encode(id), self.clock.now_ms());
        let manifest = |kind| Manifest::new(kind, &id, self.ledger.as_str(), now);
        let (mut of_logs, mut of_keys) = (manifest(Kind::Logs), manifest(Kind::Keys));
        // The logs first: a key is on disk before the payload that it seals. Erasing waits, lest the keys are
        // of a moment when somebody was erased already whom the logs still hold.
        let held = self.keys.hold_erasing();
        let staged_logs = staging.join("logs");
        files::make(&staged_logs)?;
        for log in &self.logs {
            let name = log.store().path().file_name().unwrap_or_default();
            log.store().checkpoint_to(&staged_logs.join(name))?;
        }
        let staged_keys = staging.join("keys");
        self.keys.store().checkpoint_to(&staged_keys)?;
        drop(held);
        for log in &self.logs {
            let name = log.store().path().file_name().unwrap_or_default();
            of_logs.logs.push(self.said(log, &staged_logs.join(name))?);
        }
        let (to, keys_to) = (&question.to, &question.keys_to);
        of_keys.files = files::copy_all(&staged_keys, &keys_to.join("keys"), keys_to)?;
        of_logs.files = files::copy_all(&staged_logs, &to.join("logs"), to)?;
        for name in BESIDE {
            let from = self.folder.join(name);
            if from.exists() {
                let (length, sha256) = files::copy(&from, &to.join(name))?;
                of_logs.files.push(super::manifest::FileTaken {
                    path: name.to_owned(),
                    length,
                    sha256: hex::encode(sha256),
                });
            }
        }
        let all = of_logs.files.iter().chain(&of_keys.files);
        let (files, bytes) = all.fold((0, 0), |(files, bytes), file| {
            (files + 1, bytes + file.length)
        });
        let logs = of_logs.logs.clone();
        of_keys.write(keys_to)?;
        of_logs.write(to)?;
        Ok(Taken {
            id,
            logs,
            files,
            bytes,
        })
    }

    /// What the copy of a log holds, which is less than the log by now.
    fn said(&self, log: &Log, staged: &Path) -> Result<LogTaken, Error> {
        let copy = Log::open(staged, log.origin().clone(), &self.shared)?;
        let state = copy.state()?;
        let checkpoint = copy.latest_checkpoint()?.map(|(_, signed)| signed);
        copy.store().close()?;
        Ok(LogTaken {
            origin: copy.name().to_owned(),
            size: state.size,
            root: hex::encode(state.root),
            checkpoint,
        })
    }
}
