//! What can go wrong with rows.

use crate::{keys, log, store};

/// Rows that can't be made or read. The log and its proofs are not concerned: rows can always be
/// dropped and made again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log under the rows failed.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The key store failed.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The store under the rows failed.
    #[error("{origin}: {source}")]
    Store {
        /// The log.
        origin: String,
        /// What the store said.
        source: store::Error,
    },
    /// The rows say that they hold more leaves than the log has.
    #[error(
        "{origin}: rows reach to {projected}, and the log has {size} leaves; \
         run `custodia rebuild`, and `custodia fsck` first"
    )]
    AheadOfLog {
        /// The log.
        origin: String,
        /// The leaves that rows are said to hold.
        projected: u64,
        /// The leaves that there are.
        size: u64,
    },
    /// A row is not what this version writes.
    #[error("{origin}: {what}; run `custodia rebuild`")]
    Corrupt {
        /// The log.
        origin: String,
        /// Which row, and what is wrong with it.
        what: String,
    },
    /// More was asked for than there are rows of.
    #[error(
        "{origin}: rows reach to {projected}, and {asked} leaves were asked for; wait, and ask again"
    )]
    NotProjected {
        /// The log.
        origin: String,
        /// The leaves that rows hold.
        projected: u64,
        /// The leaves asked for.
        asked: u64,
    },
    /// The rows were dropped while they were read.
    #[error("{0}: its rows are being made again; wait, and ask again")]
    Rebuilding(String),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
            Self::Store { source, .. } => source.code(),
            Self::AheadOfLog { .. } => "CU-0500",
            Self::Corrupt { .. } => "CU-0501",
            Self::NotProjected { .. } => "CU-0502",
            Self::Rebuilding(_) => "CU-0503",
        }
    }
}
