//! Why there is no extract.

use std::path::{Path, PathBuf};

use custodia_core::approval::Refused;
use custodia_core::extract::archive;

use crate::{assess, keys, log, project, query, sign};

/// An extract that isn't released.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something of the question is not what may stand there.
    #[error("{what}: {why}")]
    Question {
        /// The word of the question, e.g. `--until`.
        what: &'static str,
        /// What is wrong, without repeating what was given.
        why: String,
    },
    /// A foreign authority asks.
    #[error(
        "no extract for a foreign judicial or law-enforcement body: PIPL 41 forbids it without the \
         approval of the competent authority"
    )]
    Foreign,
    /// The ledger knows nothing of whom or what was asked about.
    #[error("the ledger knows nothing of the {0} at this cut; nothing is issued")]
    Unknown(&'static str),
    /// The cut has leaves that no signed checkpoint covers.
    #[error("{log}: no signed checkpoint covers size {size} of the cut yet; take an earlier cut")]
    NotSigned {
        /// The log.
        log: String,
        /// Its size in the cut.
        size: u64,
    },
    /// A checkpoint that the requester holds is not one of this ledger's.
    #[error("--held, number {number}: {why}")]
    Held {
        /// Which of them, from 1.
        number: usize,
        /// Why it isn't.
        why: String,
    },
    /// A checkpoint that the requester holds contradicts the log.
    #[error(
        "--held, number {number}: {log} had another root at size {size}: this ledger's key signed \
         two histories, or this copy was changed; stop, and keep both"
    )]
    Forked {
        /// Which of them, from 1.
        number: usize,
        /// The log.
        log: String,
        /// The size.
        size: u64,
    },
    /// Whom it is to be encrypted to is none that can be.
    #[error("--encrypt-to, number {number}: {why}")]
    Recipient {
        /// Which of them, from 1.
        number: usize,
        /// What is wrong, without repeating what was given.
        why: String,
    },
    /// Approvals don't count.
    #[error(transparent)]
    Approval(#[from] Refused),
    /// The approvals were used.
    #[error(
        "the request {0} has its extract: approvals count for one; ask with another --request-id, and \
         have it approved"
    )]
    Replayed(String),
    /// There is no key to sign with.
    #[error(
        "this ledger has no key for extracts; a replica gets it with `custodia init --replica-of`"
    )]
    NoKey,
    /// The folder for what is under way can't be used.
    #[error("{}: {source}", path.display())]
    Spool {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `ExtractIssued` could not be put on record.
    #[error("the extract can't be put on record, so it is not released: {0}")]
    NotRecorded(#[source] log::OutboxError),
    /// `ExtractIssued` was sent and is not under a signed checkpoint in time.
    #[error(
        "ExtractIssued was sent and is not {what} after {seconds} s, so the extract is not \
         released; is the ledger appending and signing?"
    )]
    NotProven {
        /// What is missing.
        what: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// More than an archive may hold.
    #[error("the extract can't be one archive: {0}; ask for a shorter period")]
    Archive(#[from] archive::Error),
    /// A report could not be written.
    #[error("a report could not be written: {0}")]
    Report(String),
    /// What was written doesn't verify: a fault of the program or of the data.
    #[error("what was cut does not hold: {0}; nothing is released")]
    Unsound(String),
    /// The question's answer.
    #[error(transparent)]
    Query(#[from] query::Error),
    /// What the rules say.
    #[error(transparent)]
    Assess(#[from] assess::Error),
    /// The rows.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// A log.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The signing key.
    #[error(transparent)]
    Sign(#[from] sign::Error),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Question { .. } => "CU-0750",
            Self::Foreign => "CU-0751",
            Self::Unknown(_) => "CU-0752",
            Self::NotSigned { .. } => "CU-0753",
            Self::Held { .. } => "CU-0754",
            Self::Forked { .. } => "CU-0755",
            Self::NoKey => "CU-0756",
            Self::Spool { .. } => "CU-0757",
            Self::NotRecorded(_) => "CU-0758",
            Self::NotProven { .. } => "CU-0759",
            Self::Archive(_) => "CU-0760",
            Self::Report(_) => "CU-0761",
            Self::Unsound(_) => "CU-0762",
            Self::Recipient { .. } => "CU-0766",
            Self::Approval(source) => source.code(),
            Self::Replayed(_) => "CU-0995",
            Self::Query(source) => source.code(),
            Self::Assess(source) => source.code(),
            Self::Project(source) => source.code(),
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
            Self::Sign(source) => source.code(),
            Self::Random(_) => "CU-0015",
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub const fn is_the_askers(&self) -> bool {
        match self {
            Self::Question { .. }
            | Self::Foreign
            | Self::Unknown(_)
            | Self::Held { .. }
            | Self::Recipient { .. }
            | Self::Approval(_)
            | Self::Replayed(_)
            | Self::Archive(_) => true,
            Self::Query(source) => source.is_the_askers(),
            Self::Assess(source) => source.is_the_askers(),
            _ => false,
        }
    }

    pub(super) fn spool(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Spool {
            path: path.to_owned(),
            source,
        }
    }
}
