//! A checkpoint that the ledger's key signed (`proto/FORMAT.md` 10).

use crate::checkpoint::{self, Checkpoint};
use crate::note::{self, Note, VerifierKey};

/// Why bytes are no checkpoint of the ledger's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No signed note, or not signed by the key under the checkpoint's origin.
    #[error("it isn't signed by the manifest's key under its origin: {0}")]
    Note(#[from] note::Error),
    /// A signed note, but no checkpoint.
    #[error("it is no checkpoint: {0}")]
    Checkpoint(#[from] checkpoint::Error),
    /// More than origin, size and root.
    #[error("it has extension lines")]
    Extension,
    /// Of another log.
    #[error("it is of {0:?}")]
    OtherLog(String),
}

/// A checkpoint, and the note that says so.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) note: Note,
    pub(super) checkpoint: Checkpoint,
}

/// Reads a checkpoint without verifying it: three short lines, so that verifying takes little time.
pub(super) fn read(note: Note) -> Result<Signed, Error> {
    let (checkpoint, extensions) = Checkpoint::parse_extended(note.text())?;
    if !extensions.is_empty() {
        return Err(Error::Extension);
    }
    Ok(Signed { note, checkpoint })
}

/// Verifies that the public key of `key` signed a checkpoint under the checkpoint's own origin.
pub(super) fn verify(signed: &Signed, key: &VerifierKey) -> Result<(), Error> {
    let key = key.under(&signed.checkpoint.origin)?;
    signed.note.verified_by(&[key])?;
    Ok(())
}

/// Opens a checkpoint of whichever log.
pub(super) fn open(file: &[u8], key: &VerifierKey) -> Result<Signed, Error> {
    let signed = read(Note::parse(file)?)?;
    verify(&signed, key)?;
    Ok(signed)
}

/// Opens a checkpoint of one log.
pub(super) fn open_of(file: &[u8], key: &VerifierKey, origin: &str) -> Result<Signed, Error> {
    let signed = read(Note::parse(file)?)?;
    if signed.checkpoint.origin != origin {
        return Err(Error::OtherLog(signed.checkpoint.origin));
    }
    verify(&signed, key)?;
    Ok(signed)
}
