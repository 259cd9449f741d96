//! Why nothing was signed.

use custodia_core::{checkpoint, note, tree};
use std::io;
use std::path::PathBuf;

/// Why the signer stopped, or refused one log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("{code}: can't {action} {path}: {source}", code = self.code())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds the folder.
    #[error("{code}: another process signs with {path}: stop it first", code = self.code())]
    Locked {
        /// The signer's folder.
        path: PathBuf,
    },
    /// There is no key in the folder.
    #[error("{code}: {path} is missing: name the signer's folder, or make one with `custodia init`", code = self.code())]
    NoKey {
        /// Where the key should be.
        path: PathBuf,
    },
    /// A key or a state is there already.
    #[error("{code}: {path} exists and is never overwritten: name another folder", code = self.code())]
    Exists {
        /// What is in the way.
        path: PathBuf,
    },
    /// Others than the owner may read or write.
    #[error("{code}: {path} has mode {mode:03o}: take all rights of group and others away", code = self.code())]
    Permissions {
        /// The folder or file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file is not one.
    #[error("{code}: {path} is not a signing key: restore the right file", code = self.code())]
    KeyMalformed {
        /// The key file.
        path: PathBuf,
    },
    /// There is a key, but no state.
    #[error("{code}: {path} is missing: it can't be known what was signed; `custodia key recover` finds out", code = self.code())]
    StateMissing {
        /// Where the state should be.
        path: PathBuf,
    },
    /// The state doesn't match its checksum or its form.
    #[error("{code}: {path} is damaged ({reason}): don't edit it; keep it elsewhere, then `custodia key recover`", code = self.code())]
    StateDamaged {
        /// The state file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// The key or the state is of a format that this version doesn't know.
    #[error("{code}: {path} is of the unknown format {found:?}: use the version that wrote it", code = self.code())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// Its first line.
        found: String,
    },
    /// The state belongs to another key.
    #[error("{code}: {path} is the state of another key: bring key and state of one signer together", code = self.code())]
    OtherKey {
        /// The state file.
        path: PathBuf,
    },
    /// The origin was neither begun nor adopted.
    #[error("{code}: nothing is known of what was signed of {origin:?}; `custodia key recover` finds out", code = self.code())]
    UnknownOrigin {
        /// The log's origin.
        origin: String,
    },
    /// The origin is in the state already.
    #[error("{code}: {origin:?} is known already: it can't be begun or adopted again", code = self.code())]
    KnownOrigin {
        /// The log's origin.
        origin: String,
    },
    /// An origin that was to be begun has a signed checkpoint.
    #[error("{code}: {origin:?} was signed at size {size} already: give the log another generation", code = self.code())]
    SignedBefore {
        /// The log's origin.
        origin: String,
        /// The size that was signed.
        size: u64,
    },
    /// Nobody has looked for checkpoints of this origin since the signer was opened.
    #[error("{code}: checkpoints of {origin:?} were not looked for yet: nothing is signed before", code = self.code())]
    NotLookedFor {
        /// The log's origin.
        origin: String,
    },
    /// A checkpoint ahead of the state was seen.
    #[error("{code}: {origin:?} is on hold: a checkpoint of size {size} was seen that this state didn't sign", code = self.code())]
    OnHold {
        /// The log's origin.
        origin: String,
        /// The size that was seen.
        size: u64,
    },
    /// The tree is smaller than what was signed.
    #[error("{code}: {origin:?} has {size} leaves, but {signed} were signed: the log lost its end", code = self.code())]
    Behind {
        /// The log's origin.
        origin: String,
        /// The size to be signed.
        size: u64,
        /// The last size that was signed.
        signed: u64,
    },
    /// Another root stands, or stood, signed at this size.
    #[error("{code}: {origin:?} has two roots at size {size}: nothing of it will be signed", code = self.code())]
    Fork {
        /// The log's origin.
        origin: String,
        /// The size with two roots.
        size: u64,
    },
    /// The tree doesn't extend what was signed.
    #[error("{code}: {origin:?} at size {size} is not shown to extend size {signed}: {reason}", code = self.code())]
    Inconsistent {
        /// The log's origin.
        origin: String,
        /// The size to be signed.
        size: u64,
        /// The size that it should extend.
        signed: u64,
        /// What the proof lacks.
        reason: tree::Error,
    },
    /// The state could not be written earlier: what is on disk is not known.
    #[error("{code}: the signer's state could not be synced: nothing is signed until it is opened again", code = self.code())]
    Poisoned,
    /// The key didn't sign, or signed something else.
    #[error("{code}: the key didn't sign for {name:?}: {source}", code = self.code())]
    KeyFailed {
        /// The key's name.
        name: String,
        /// What the key said.
        source: super::KeyFailure,
    },
    /// A checkpoint was not signed by this key.
    #[error("{code}: not a checkpoint of this key: {source}", code = self.code())]
    NotOurs {
        /// What is wrong with it.
        source: checkpoint::Error,
    },
    /// A hand-over of the key was begun and is not finished.
    #[error("{code}: {path} is there: a key rotation was cut short and nothing is signed; run `custodia key rotate` again", code = self.code())]
    HalfRotated {
        /// What tells so.
        path: PathBuf,
    },
    /// What a rotation left is not what this version writes, or is of other keys.
    #[error("{code}: {path} can't be followed ({reason}): nothing is signed; keep the folder as it is and read the page", code = self.code())]
    RotationDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The list of hand-overs doesn't lead to the key.
    #[error("{code}: {path} is not the list of this key's hand-overs ({reason}): restore it from the data folder's copy", code = self.code())]
    HandoversDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A kept checkpoint is not the tree that the hand-over names.
    #[error("{code}: {origin:?} is kept at size {size}, and the hand-over names another tree: nothing is signed", code = self.code())]
    NotHandedOver {
        /// The log's origin.
        origin: String,
        /// The kept size.
        size: u64,
    },
    /// No former key has that id.
    #[error("{code}: no former key of this ledger whose secret is kept has the id {id}: `custodia key list` names them", code = self.code())]
    NoFormerKey {
        /// What was asked for.
        id: String,
    },
    /// The name or text can't stand in a signed note.
    #[error("{code}: can't be signed: {source}", code = self.code())]
    NotSignable {
        /// What is wrong with it.
        source: note::Error,
    },
}

impl Error {
    /// The stable code; `ops/runbook/<code>.md` says what to do.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "CU-0350",
            Self::Locked { .. } => "CU-0351",
            Self::NoKey { .. } => "CU-0352",
            Self::Exists { .. } => "CU-0353",
            Self::Permissions { .. } => "CU-0354",
            Self::KeyMalformed { .. } => "CU-0355",
            Self::StateMissing { .. } => "CU-0356",
            Self::StateDamaged { .. } => "CU-0357",
            Self::UnknownFormat { .. } => "CU-0358",
            Self::OtherKey { .. } => "CU-0359",
            Self::UnknownOrigin { .. } => "CU-0360",
            Self::KnownOrigin { .. } => "CU-0361",
            Self::SignedBefore { .. } => "CU-0362",
            Self::NotLookedFor { .. } => "CU-0363",
            Self::OnHold { .. } => "CU-0364",
            Self::Behind { .. } => "CU-0365",
            Self::Fork { .. } => "CU-0366",
            Self::Inconsistent { .. } => "CU-0367",
            Self::Poisoned => "CU-0368",
            Self::KeyFailed { .. } => "CU-0369",
            Self::NotOurs { .. } => "CU-0370",
            Self::NotSignable { .. } => "CU-0371",
            Self::HalfRotated { .. } => "CU-0310",
            Self::RotationDamaged { .. } => "CU-0311",
            Self::HandoversDamaged { .. } => "CU-0312",
            Self::NotHandedOver { .. } => "CU-0313",
            Self::NoFormerKey { .. } => "CU-0314",
        }
    }
}
