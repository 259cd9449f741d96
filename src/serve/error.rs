//! What goes wrong at the socket.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A socket that can't be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The socket can't be made or asked.
    #[error("{}: {source}", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The running ledger refused.
    #[error("{0}")]
    Refused(Refusal),
    /// What came back is no answer.
    #[error("{}: what the running ledger answered can't be read: {what}; is it of this version?", path.display())]
    NoAnswer {
        /// The socket.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`. A refusal has the code that the
    /// running ledger gave it, as if the question had been asked where none runs.
    pub fn code(&self) -> &str {
        match self {
            Self::Socket { .. } => "CU-0600",
            Self::Refused(refusal) => &refusal.code,
            Self::NoAnswer { .. } => "CU-0602",
        }
    }
}

/// Why the running ledger gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the running ledger refused: {message}")]
pub struct Refusal {
    /// The error's stable code.
    pub code: String,
    /// What to do.
    pub message: String,
}
