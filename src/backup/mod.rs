//! A consistent copy of a ledger, and whether one may become a ledger again.
//!
//! Owns a backup's two folders: one with the logs and what is public, one with the wrapped keys, which can
//! have a shorter life. [`Source`] takes the copy while the ledger goes on, logs before keys, so that every
//! key that a copied payload needs is there. [`Backup`] reads one, lays it into a new data folder, and
//! [`prove()`] holds its logs against every checkpoint known. Never copies the signer's folder, the
//! key-encryption key, extracts or findings; never signs; never talks to Kafka.

mod error;
mod files;
mod manifest;
mod prove;
mod restore;
mod take;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use manifest::LogTaken;
pub use prove::{prove, reached};
pub use restore::Backup;
pub use take::{Question, Source, Taken};
