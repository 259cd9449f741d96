//! What is wrong with an extract, and where.

use std::fmt;

use super::{checkpoints, line, manifest, receipt, signed};
use crate::extract::{CanonicalError, archive};
use crate::report::Contradiction;
use crate::{note, policy};

/// Where an extract is wrong, and what is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Failure {
    /// Begins with the name of the member that is wrong (`events.jsonl line 7`), or is `archive`,
    /// `archive byte N`, `folder`, `known checkpoint N` or `receipt`.
    pub place: String,
    /// What is wrong there.
    pub fault: Fault,
}

impl Failure {
    /// A fault at a place.
    pub fn at(place: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self {
            place: place.into(),
            fault: fault.into(),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are no archive of an extract, or a name can't be a member's.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// A folder holds a link, a device, or another thing that is no file.
    #[error("{0:?} is neither a file nor a folder")]
    NotAFile(String),
    /// A folder holds a file whose name is no text.
    #[error("the name {0:?} is not UTF-8")]
    NotUtf8(String),
    /// A CRC-32 is not that of the member's bytes.
    #[error("its bytes were changed: the CRC-32 is another")]
    Checksum,
    /// A member that must stand doesn't.
    #[error("it is missing")]
    Missing,
    /// A member that the manifest doesn't name.
    #[error("the manifest doesn't name it")]
    Unlisted,
    /// A member stands at another place of the archive than the manifest says.
    #[error("it stands where {0:?} belongs")]
    Order(String),
    /// A member has another length than the manifest says.
    #[error("it has {found} bytes; the manifest says {listed}")]
    Length {
        /// The bytes that there are.
        found: u64,
        /// The manifest's count.
        listed: u64,
    },
    /// A member has another SHA-256 than the manifest says.
    #[error("its bytes were changed: the manifest has another SHA-256")]
    Sha256,
    /// The manifest can't be read.
    #[error("it can't be read: {0}")]
    Manifest(CanonicalError),
    /// The manifest breaks a rule.
    #[error(transparent)]
    Rule(#[from] manifest::Rule),
    /// The note can't be read, or its signature isn't good.
    #[error("the manifest's key didn't sign it: {0}")]
    Note(note::Error),
    /// The note has another count of signatures than one.
    #[error("it has {0} signatures; it must have the one of the manifest's key")]
    Signatures(usize),
    /// The note's text is another.
    #[error("its text is not format, ledger and the manifest's SHA-256")]
    NoteText,
    /// The note says another SHA-256 than the manifest's.
    #[error("its bytes were changed: other bytes were signed")]
    ManifestDigest,
    /// What the manifest says of findings or policies is not what the leaves give.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// A checkpoint of the extract is not good.
    #[error(transparent)]
    Checkpoint(#[from] checkpoints::Fault),
    /// The last line has no end.
    #[error("it doesn't end with a newline: it may have been cut short")]
    Unterminated,
    /// More lines than are read.
    #[error("it has more than {0} lines")]
    TooManyLines(usize),
    /// A line is not good.
    #[error(transparent)]
    Line(#[from] line::Fault),
    /// `proofs.bin` is no run of hashes.
    #[error("its length is not a multiple of 32 bytes")]
    NotHashes,
    /// `proofs.bin` ends too early.
    #[error("it ends before the proof of {0}: hashes are missing")]
    TooFewHashes(String),
    /// `proofs.bin` has more than is needed.
    #[error("{0} hashes are left over")]
    TooManyHashes(usize),
    /// The leaves shown don't lead to the cut's root.
    #[error("the leaves shown and its hashes don't lead to the root of {0}")]
    Root(String),
    /// A checkpoint and the cut are not of one history.
    #[error("{what} of {origin} and the cut are not proven to be of one history")]
    Consistency {
        /// The log.
        origin: String,
        /// Which checkpoint.
        what: &'static str,
    },
    /// A witness's signature is not good.
    #[error("a witness of the policy didn't sign it: {0}")]
    Witness(policy::Error),
    /// Too few witnesses signed.
    #[error("the witnesses that signed it don't reach the policy's quorum")]
    Quorum,
    /// A known checkpoint is none of this ledger's key.
    #[error(transparent)]
    Known(#[from] signed::Error),
    /// A known checkpoint is of a log that the cut lacks.
    #[error("it is of {0:?}, which is no log of the cut")]
    KnownElsewhere(String),
    /// A known checkpoint is of a size that the extract says nothing of.
    #[error("it is of size {0}, which this extract doesn't join to its cut")]
    KnownSize(u64),
    /// A known checkpoint has another root: the ledger has two histories.
    #[error(
        "at size {0} it has another root than this extract: the ledger was forked, or one of the two is forged"
    )]
    Fork(u64),
    /// The receipt beside the extract is not good.
    #[error(transparent)]
    Receipt(#[from] receipt::Fault),
    /// A document is not the one that the edition makes.
    #[error(
        "edition {edition} makes other bytes of these events: a document says what the events don't"
    )]
    Document {
        /// The edition.
        edition: u8,
    },
}

impl Fault {
    /// A short name that stays the same, for programs.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Archive(_) => "archive",
            Self::NotAFile(_) => "not_a_file",
            Self::NotUtf8(_) => "not_utf8",
            Self::Checksum => "crc32",
            Self::Missing => "missing",
            Self::Unlisted => "unlisted",
            Self::Order(_) => "order",
            Self::Length { .. } => "length",
            Self::Sha256 => "sha256",
            Self::Manifest(_) => "manifest",
            Self::Rule(_) => "manifest_rule",
            Self::Note(_) => "note",
            Self::Signatures(_) => "signatures",
            Self::NoteText => "note_text",
            Self::ManifestDigest => "manifest_digest",
            Self::Contradiction(_) => "contradiction",
            Self::Checkpoint(_) => "checkpoint",
            Self::Unterminated => "unterminated",
            Self::TooManyLines(_) => "too_many_lines",
            Self::Line(_) => "line",
            Self::NotHashes => "not_hashes",
            Self::TooFewHashes(_) => "too_few_hashes",
            Self::TooManyHashes(_) => "too_many_hashes",
            Self::Root(_) => "root",
            Self::Consistency { .. } => "consistency",
            Self::Witness(_) => "witness",
            Self::Quorum => "quorum",
            Self::Known(_) => "known",
            Self::KnownElsewhere(_) => "known_elsewhere",
            Self::KnownSize(_) => "known_size",
            Self::Fork(_) => "fork",
            Self::Receipt(_) => "receipt",
            Self::Document { .. } => "document",
        }
    }
}

/// The place of a line, counted from 1.
pub(super) fn line_of(member: &str, line: usize) -> String {
    format!("{member} line {line}")
}

/// The place of a byte, counted from 0.
pub(super) fn byte_of(member: &str, at: impl fmt::Display) -> String {
    format!("{member} byte {at}")
}
