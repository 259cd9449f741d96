//! Why a question has no answer.

use std::path::PathBuf;

use custodia_core::receipt;

use crate::{keys, log, project};

/// A question that isn't answered. Nothing about a person has left then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked about is no reference; it isn't repeated, since it may be a phone number.
    #[error("what was asked about is no reference: 26 characters of a-z and 2-7")]
    NotAReference,
    /// Nobody is configured for the user id that asks.
    #[error("uid {0} is nobody here; name it under access.principals in the configuration")]
    UnmappedUid(u32),
    /// A principal's role is none of the schema's.
    #[error("access.principals.{uid}.role = {role:?} is no role, e.g. protection_officer")]
    UnknownRole {
        /// The user id.
        uid: u32,
        /// The word.
        role: String,
    },
    /// The reason given is none of the schema's.
    #[error("--reason {0:?} is no reason; one of: {known}", known = super::principal::reasons().join(", "))]
    UnknownReason(String),
    /// A look could not be put on record, so there is no answer (law 9).
    #[error("the look can't be put on record, so there is no answer: {0}")]
    LookNotRecorded(#[source] log::OutboxError),
    /// No cut of this name was ever named.
    #[error("no cut {0} is known here; name one that an answer named, or a time")]
    UnknownCut(String),
    /// A word that is neither a time nor, where one may stand, a cut.
    #[error("{0:?} is no time (RFC 3339, e.g. 2026-11-01T08:00:00Z) and no cut's name")]
    BadTime(String),
    /// No signed checkpoint covers the leaf yet.
    #[error("{log}: no signed checkpoint covers leaf {index} yet; wait, and ask again")]
    NotSigned {
        /// The log.
        log: String,
        /// The leaf.
        index: u64,
    },
    /// The ledger has no such log, or the log no such leaf.
    #[error("{log}: there is no leaf {index}")]
    NoSuchLeaf {
        /// The log.
        log: String,
        /// The leaf.
        index: u64,
    },
    /// An answer would be larger than answers may be.
    #[error(
        "the answer would hold more than {limit} {what}; ask for less, e.g. with --from and --to"
    )]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many at most.
        limit: usize,
    },
    /// A cut's file can't be read or written.
    #[error("{}: {source}", path.display())]
    CutFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A cut's file doesn't hold what its name says.
    #[error("{} doesn't hold the cut that its name says", .0.display())]
    CutDamaged(PathBuf),
    /// A kept checkpoint can't be read.
    #[error("{log}: its checkpoint can't be read: {source}")]
    Checkpoint {
        /// The log.
        log: String,
        /// What is wrong with it.
        source: receipt::Error,
    },
    /// What was given as a credential is no fingerprint; it isn't repeated, since it may be the
    /// credential itself.
    #[error("what was asked about is no credential's fingerprint: its bytes in hex")]
    NotAFingerprint,
    /// No leaf has an event of this id.
    #[error(
        "no record of an event {0} is known here; an id is 16 bytes in hex, with or without dashes"
    )]
    NoSuchEvent(String),
    /// What was given as a checkpoint is none of the event's log.
    #[error("the checkpoint held can't be used: {0}")]
    HeldUnread(String),
    /// The checkpoint held is of a tree that the log doesn't go back to.
    #[error(
        "{log}: the checkpoint held, of {size} leaves, has another root than the log has: one of the two is not of this ledger, or its history was changed"
    )]
    HeldForked {
        /// The log.
        log: String,
        /// The size.
        size: u64,
    },
    /// Somebody in the answer has cancelled the account, and whoever asks has no role that the law lets read on.
    #[error(
        "the accounts of {people} of the people asked about or shown were cancelled; since then only legal roles \
         are answered: protection_officer, legal, incident_responder, auditor, regulator"
    )]
    Restricted {
        /// How many.
        people: usize,
    },
    /// The system gave no random bytes for a look.
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The rows.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// A log.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] keys::Error),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAReference => "CU-0550",
            Self::UnmappedUid(_) => "CU-0551",
            Self::UnknownRole { .. } => "CU-0552",
            Self::UnknownReason(_) => "CU-0553",
            Self::LookNotRecorded(_) => "CU-0554",
            Self::UnknownCut(_) => "CU-0555",
            Self::BadTime(_) => "CU-0556",
            Self::NotSigned { .. } => "CU-0557",
            Self::NoSuchLeaf { .. } => "CU-0558",
            Self::TooMany { .. } => "CU-0559",
            Self::CutFile { .. } => "CU-0560",
            Self::CutDamaged(_) => "CU-0561",
            Self::Checkpoint { .. } => "CU-0562",
            Self::Random(_) => "CU-0563",
            Self::NotAFingerprint => "CU-0564",
            Self::NoSuchEvent(_) => "CU-0565",
            Self::HeldUnread(_) => "CU-0566",
            Self::HeldForked { .. } => "CU-0567",
            Self::Restricted { .. } => "CU-0568",
            Self::Project(source) => source.code(),
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub const fn is_the_askers(&self) -> bool {
        matches!(
            self,
            Self::NotAReference
                | Self::NotAFingerprint
                | Self::NoSuchEvent(_)
                | Self::HeldUnread(_)
                | Self::HeldForked { .. }
                | Self::Restricted { .. }
                | Self::UnmappedUid(_)
                | Self::UnknownReason(_)
                | Self::UnknownCut(_)
                | Self::BadTime(_)
                | Self::NoSuchLeaf { .. }
                | Self::TooMany { .. }
        )
    }
}
