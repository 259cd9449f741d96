//! What keeps a check from being made, or makes it fail.

use super::SourceError;
use crate::log;

/// Why a check ended without a clean report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The check was made and found faults.
    #[error("{count} faults found; keep the folder as it is and see the runbook")]
    Findings {
        /// How many.
        count: u64,
    },
    /// The topic's records can't be read again.
    #[error("{origin}: {source}; nothing is said about this ledger")]
    Source {
        /// The log whose records were asked for.
        origin: String,
        /// What the client said.
        source: SourceError,
    },
    /// The data folder can't be read.
    #[error(transparent)]
    Folder(#[from] log::Error),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Findings { .. } => "CU-0700",
            Self::Source { .. } => "CU-0701",
            Self::Folder(source) => source.code(),
        }
    }
}
