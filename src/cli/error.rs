//! What a command ends with where it fails.

use super::{exit, verify};
use crate::{app, config};

/// A command's failure, with the stable code of the room that it came from.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// Everything below.
    #[error(transparent)]
    App(#[from] app::Error),
    /// A file named on the command line can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is no machine-readable privacy policy.
    #[error("{}: {source}", path.display())]
    PrivacyPolicy {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it, and where.
        source: custodia_core::privacy_policy::Error,
    },
    /// An encrypted extract can't be decrypted.
    #[error("{} can't be decrypted: {why}", path.display())]
    Identity {
        /// The encrypted archive.
        path: std::path::PathBuf,
        /// What age said.
        why: String,
    },
    /// An extract, or what is handed over beside it, can't be read.
    #[error(transparent)]
    Verify(#[from] verify::files::Error),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &str {
        match self {
            Self::Config(source) => source.code(),
            Self::App(source) => source.code(),
            Self::File { .. } => "CU-0019",
            Self::PrivacyPolicy { .. } => "CU-0027",
            Self::Identity { .. } => "CU-0767",
            Self::Verify(_) => "CU-0042",
        }
    }

    /// The exit status that it ends the program with.
    pub const fn status(&self) -> u8 {
        match self {
            Self::App(app::Error::NoReceipt(_)) => exit::NO_RECEIPT,
            _ => exit::FAILED,
        }
    }
}
