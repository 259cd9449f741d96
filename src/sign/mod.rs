//! The ledger's signing key and the state that keeps it from signing two roots at one size.
//!
//! Owns one folder, kept apart from the data folder and in no backup: `key` (the Ed25519 seed),
//! `state` (for each origin the last size and root that was signed) and `lock`; after a hand-over to
//! another key `handovers` and, until they are retired, `former-<id>`. A signature leaves
//! only after the state that forbids its rival is on disk (design law 5 and 3.4). It never reads a
//! log, never looks for checkpoints itself, and never repairs or guesses a state: who opens a
//! [`Signer`] looks everywhere for checkpoints and tells it what was seen.

mod error;
mod extract_signer;
mod folder;
mod key;
mod ring;
mod rotation;
mod signer;
mod standing;
mod state;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use extract_signer::ExtractSigner;
pub use key::{KeyFailure, SigningKey};
pub use ring::{KeyRing, key_id};
pub use rotation::{Former, Rotation, retire};
pub use signer::{Request, Signer};
pub use standing::{Seen, Standing};
