//! What can go wrong with a log.

use std::path::PathBuf;

use super::OutboxError;
use crate::{keys, sign, store};

/// A log that can't be opened, read or appended to. None of these is retried: the process stops
/// and says what it saw (law 6).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store under the log failed.
    #[error("{origin}: {source}")]
    Store {
        /// The log.
        origin: String,
        /// What the store said.
        source: store::Error,
    },
    /// The key store failed; the batch was not written.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The signer refused.
    #[error(transparent)]
    Sign(#[from] sign::Error),
    /// A notice did not reach the registry.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// What lies on disk contradicts itself.
    #[error("{origin}: {what}; run `custodia fsck` and see the runbook")]
    Corrupt {
        /// The log.
        origin: String,
        /// What contradicts what, and where.
        what: String,
    },
    /// Kafka gave other bytes at an offset that is a leaf already.
    #[error(
        "{origin}: offset {offset} is leaf {index}, and Kafka now gives another record there; \
         the topic lost records or was made anew"
    )]
    OffsetReused {
        /// The log.
        origin: String,
        /// The Kafka offset.
        offset: u64,
        /// The leaf that stands for it.
        index: u64,
    },
    /// Kafka gave a record at an offset below the position where there was none before.
    #[error(
        "{origin}: Kafka now gives a record at offset {offset}, where there was none when the log \
         passed it; the topic lost records or was made anew"
    )]
    OffsetFilled {
        /// The log.
        origin: String,
        /// The Kafka offset.
        offset: u64,
    },
    /// Records of one batch don't ascend.
    #[error("{origin}: offset {offset} after {after}: records of a batch must ascend")]
    OffsetsFell {
        /// The log.
        origin: String,
        /// The offset that fell.
        offset: u64,
        /// The one before it.
        after: u64,
    },
    /// The topic's facts differ from those that the generation fixes.
    #[error(
        "{origin}: {fact} was {remembered} when this generation was opened and is {found} now; \
         where that was meant, `custodia log close` it and `custodia log open` the next generation"
    )]
    FactsDiffer {
        /// The log.
        origin: String,
        /// Which fact.
        fact: &'static str,
        /// What the generation fixes.
        remembered: String,
        /// What the broker says.
        found: String,
    },
    /// A size, index or offset past the log's end was asked for.
    #[error("{origin}: {what} {asked} is past the log's size {size}")]
    PastEnd {
        /// The log.
        origin: String,
        /// What was asked for.
        what: &'static str,
        /// The number asked for.
        asked: u64,
        /// The log's size.
        size: u64,
    },
    /// The folder is not a ledger's, or of a format that this version doesn't know.
    #[error("{}: {what}", path.display())]
    NotALedger {
        /// The folder.
        path: PathBuf,
        /// Why not, and what to do.
        what: String,
    },
    /// A ledger, or something else, is where a new one should be made.
    #[error("{} is not empty; a ledger is made in a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// Another process owns the folder.
    #[error(
        "{} is in use by another process; ask it over its socket, or stop it first",
        .0.display()
    )]
    Locked(PathBuf),
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The log is closed.
    #[error(
        "{origin} is closed with {size} leaves and takes nothing more; \
         `custodia log open` opens its next generation"
    )]
    Closed {
        /// The log.
        origin: String,
        /// How many leaves it has for good.
        size: u64,
    },
    /// A second writer for one log was asked for.
    #[error("{0} has its writer already")]
    SecondWriter(String),
    /// The ledger's key signed another root than this copy of the log has.
    #[error(
        "{origin}: the ledger's key signed another root at size {size} than this copy has: two \
         histories, or this copy was changed; stop, and keep both"
    )]
    Forked {
        /// The log.
        origin: String,
        /// The size.
        size: u64,
    },
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store { source, .. } => source.code(),
            Self::Keys(source) => source.code(),
            Self::Sign(source) => source.code(),
            Self::Outbox(source) => source.code(),
            Self::Corrupt { .. } => "CU-0400",
            Self::OffsetReused { .. } => "CU-0401",
            Self::OffsetFilled { .. } => "CU-0402",
            Self::OffsetsFell { .. } => "CU-0403",
            Self::FactsDiffer { .. } => "CU-0404",
            Self::PastEnd { .. } => "CU-0405",
            Self::NotALedger { .. } => "CU-0406",
            Self::NotEmpty(_) => "CU-0407",
            Self::Locked(_) => "CU-0408",
            Self::Io { .. } => "CU-0409",
            Self::SecondWriter(_) => "CU-0410",
            Self::Closed { .. } => "CU-0412",
            Self::Forked { .. } => "CU-0413",
        }
    }
}
