//! The keys that seal payloads and rows, wrapped by a key-encryption key.
//!
//! Owns one store, in the data folder's `keys/` ([`KeyStore`]): the ledger secret, and a key for
//! each Kafka key of each log, or for each record that has none. Says how payloads and rows are
//! sealed ([`SubjectKey`]). Whoever destroys a key has erased what it sealed (design 4, "Payloads
//! at rest", "Erasing").
//!
//! Never holds a Kafka key or a subject reference on disk, never writes a key in clear, and never
//! hands out a key that isn't on disk yet.

mod erased;
mod error;
mod kek;
mod key_store;
mod label;
mod rewrap;
mod subject_key;

pub use custodia_core::assess::state::retention::erased_subject;
pub use erased::{Doomed, Remembered};
pub use error::Error;
pub use kek::{FileKek, KeyEncryption};
pub use key_store::{ErasingHeld, KeyStore, erased_key};
pub use label::Label;
pub use rewrap::{Rewrapped, rewrap};
pub use subject_key::{SubjectKey, open_payload, open_row, row_tag, seal_payload, seal_row};

/// In the place of a log's origin: the keys of looks that wait for Kafka. The key of a label's bytes seals
/// whom looks are at, that of leaf 0 the rest of them.
pub const PENDING_LOOKS: &str = "pending looks";

/// Bytes of a tag, under which a row stands.
pub const TAG_BYTES: usize = 16;

/// Bytes of every secret key here.
const KEY_BYTES: usize = 32;

/// Appends bytes behind their length (u32be), so that no two sequences of parts read the same.
fn push_part(out: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).expect("names and row kinds are far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(part);
}
