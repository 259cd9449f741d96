//! What can go wrong with erasing.

use crate::{keys, log, project};

/// Why an order can't be carried out now. Nothing is lost: it is carried out when the ledger starts again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The key store failed.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// Rows can't be read or written.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// An attestation that waits to be sent can't be read.
    #[error(
        "the attestation of an erasure that waits in the key store can't be read ({0}); \
         restore the key store, or ask who wrote to it"
    )]
    Attestation(String),
    /// The system gives no random bytes, or something that was erased is still on disk.
    #[error("{what} failed: {why}")]
    Failed {
        /// What was done.
        what: &'static str,
        /// What the system said.
        why: String,
    },
    /// Kafka has an order that this log has not read, and no ledger runs that would.
    #[error(
        "Kafka has an order of erasure that {0} has not read; start `custodia serve`, which carries it out \
         before it answers"
    )]
    Unread(String),
    /// An order was not carried out, and nothing is answered before it is.
    #[error(
        "{0} was not carried out: its log's rows don't reach far enough; start `custodia serve` with \
         project.enabled, and wait"
    )]
    NotCarriedOut(String),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
            Self::Project(source) => source.code(),
            Self::Attestation(_) => "CU-1000",
            Self::Failed { .. } => "CU-1001",
            Self::NotCarriedOut(_) => "CU-1002",
            Self::Unread(_) => "CU-1004",
        }
    }
}
