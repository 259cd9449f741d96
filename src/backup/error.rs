//! Why there is no backup, or no ledger from one.

use std::io;
use std::path::{Path, PathBuf};

use crate::{keys, log, store};

/// What keeps a backup from being taken or restored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("can't {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder can't be written to.
    #[error("{}: {why}", path.display())]
    Destination {
        /// The folder.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// The manifest is missing or can't be read.
    #[error("{} is no whole backup ({why}): it was not finished, or not copied whole; take another one", path.display())]
    NotWhole {
        /// The backup's folder.
        path: PathBuf,
        /// What is missing.
        why: String,
    },
    /// A file differs from what the manifest says of it.
    #[error("{} differs from what was backed up ({why}): copy it again from where it is whole, or take another backup", path.display())]
    FileDiffers {
        /// The file.
        path: PathBuf,
        /// How.
        why: &'static str,
    },
    /// The backup is another ledger's than the configuration names.
    #[error("{} is a backup of {found}, and the configuration names {wanted}", path.display())]
    OtherLedger {
        /// The backup's folder.
        path: PathBuf,
        /// Its ledger.
        found: String,
        /// The ledger configured.
        wanted: String,
    },
    /// Logs and keys are of two backups.
    #[error("{} and {} are not of one backup: bring those together that were taken together", logs.display(), keys.display())]
    NotTogether {
        /// The folder of the logs.
        logs: PathBuf,
        /// The folder of the keys.
        keys: PathBuf,
    },
    /// A log of the backup isn't what was signed.
    #[error("{origin} is not proven: {why}. Nothing was restored")]
    Unproven {
        /// The log.
        origin: String,
        /// What contradicts what.
        why: String,
    },
    /// Kafka no longer holds what follows the backup.
    #[error(
        "{origin} goes on at offset {next_offset}, and Kafka begins at {low}: {missing} records are gone, the backup is too old. Nothing was restored; take a newer backup, or a replica"
    )]
    Behind {
        /// The log.
        origin: String,
        /// The first offset that the backup lacks.
        next_offset: u64,
        /// The first one that Kafka holds.
        low: u64,
        /// How many are in neither.
        missing: u64,
    },
    /// Whoever asks may not have a copy.
    #[error("only a platform operator or the protection officer may take a backup")]
    Role,
    /// Another backup is being taken.
    #[error("a backup is being taken already; wait for it")]
    Busy,
    /// A checkpoint that was handed over can't be used.
    #[error("{}: not a checkpoint of this ledger: {why}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A log.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// A store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl Error {
    /// The stable code; `ops/runbook/<code>.md` says what to do.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::Random(_) => "CU-0861",
            Self::Destination { .. } => "CU-0862",
            Self::NotWhole { .. } => "CU-0863",
            Self::FileDiffers { .. } => "CU-0864",
            Self::OtherLedger { .. } => "CU-0865",
            Self::NotTogether { .. } => "CU-0866",
            Self::Unproven { .. } => "CU-0867",
            Self::Behind { .. } => "CU-0868",
            Self::Role | Self::Busy => "CU-0869",
            Self::Checkpoint { .. } => "CU-0870",
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
            Self::Store(source) => source.code(),
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub fn is_the_askers(&self) -> bool {
        matches!(self, Self::Destination { .. } | Self::Role)
    }

    /// What wraps a failure of the file system.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
