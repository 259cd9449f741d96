//! From slots to the 32 bytes that bind what a record says (design 3.3, `proto/FORMAT.md` 5).
//!
//! Owns the three hash domains, slot keys and slot digests, and the check of what an extract shows
//! against an entry. One-shot keyed hashing of one small buffer is BLAKE3's fast path.

mod opened;

use crate::slot::{SEED_BYTES, Slot, SlotId, Slots};

pub use opened::{Error, Opened, Shown};

/// A slot's key: whoever has it can check a guess at the slot's bytes.
pub type SlotKey = [u8; 32];
/// A slot's digest: all that is shown of a slot that is withheld.
pub type SlotDigest = [u8; 32];

/// The context behind [`SLOT_KEYS`].
pub const SLOT_KEYS_CONTEXT: &str = "custodia.v1 slot keys";
/// The context behind [`SLOT`].
pub const SLOT_CONTEXT: &str = "custodia.v1 slot";
/// The context behind [`RECORD`].
pub const RECORD_CONTEXT: &str = "custodia.v1 record";

/// The key under which slot keys are derived: BLAKE3-derive-key of no bytes.
pub const SLOT_KEYS: [u8; 32] = [
    0x05, 0x30, 0xf9, 0x33, 0xa3, 0x3a, 0x9d, 0xda, 0xd0, 0x82, 0xd5, 0x86, 0xc2, 0xb1, 0x49, 0x35,
    0xc4, 0x08, 0x80, 0xaf, 0x59, 0xe7, 0xab, 0x4a, 0x24, 0x80, 0xc1, 0x25, 0xa3, 0x90, 0x06, 0x90,
];
/// The key under which a slot is hashed: BLAKE3-derive-key of no bytes.
pub const SLOT: [u8; 32] = [
    0xe0, 0x68, 0x52, 0xf0, 0x4b, 0xc7, 0x1c, 0x19, 0x49, 0x35, 0xb2, 0x72, 0x16, 0xfe, 0xbf, 0x9b,
    0x7b, 0xde, 0xe6, 0xf3, 0x9c, 0xa1, 0xa2, 0x7a, 0x4f, 0xc4, 0x21, 0xe1, 0xaf, 0xdb, 0x3d, 0x76,
];
/// The key under which a record's slots are hashed: BLAKE3-derive-key of no bytes.
pub const RECORD: [u8; 32] = [
    0x95, 0xe0, 0x52, 0x98, 0x5d, 0x3e, 0x1f, 0xc0, 0x26, 0x18, 0x9f, 0x06, 0x0b, 0xe4, 0xbe, 0xa6,
    0x03, 0x06, 0x77, 0xf1, 0x88, 0xb8, 0x6e, 0x59, 0xee, 0x21, 0x1d, 0x4a, 0xdc, 0x03, 0xed, 0xbc,
];

/// A fair guess at the largest slot of an ordinary event, with its key, in bytes.
const USUAL_SLOT_BYTES: usize = 256;

impl Slots<'_> {
    /// Each slot's key, in the order of the slots.
    #[must_use]
    pub fn keys(&self) -> Vec<SlotKey> {
        slot_keys(self.seed(), self.len())
    }

    /// Each slot's digest, in the order of the slots.
    #[must_use]
    pub fn digests(&self) -> Vec<SlotDigest> {
        let mut buffer = Vec::with_capacity(USUAL_SLOT_BYTES);
        let keyed = self.iter().zip(self.keys());
        keyed
            .map(|(slot, key)| slot_digest_in(&mut buffer, &key, slot))
            .collect()
    }

    /// What binds the record's key, value and headers.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        commitment(self.iter().map(|slot| slot.id).zip(self.digests()))
    }
}

/// The first `count` slot keys under `seed`, which is `salt ‖ event_id`, or zeros for a record that
/// doesn't split.
#[must_use]
pub fn slot_keys(seed: &[u8; SEED_BYTES], count: usize) -> Vec<SlotKey> {
    let mut keys = vec![[0; 32]; count];
    let mut output = blake3::Hasher::new_keyed(&SLOT_KEYS)
        .update(seed)
        .finalize_xof();
    output.fill(keys.as_flattened_mut());
    keys
}

/// The digest of a slot: `BLAKE3-keyed(SLOT, key ‖ bytes)`.
#[must_use]
pub fn slot_digest(key: &SlotKey, bytes: &[u8]) -> SlotDigest {
    *blake3::keyed_hash(&SLOT, &[key, bytes].concat()).as_bytes()
}

/// The commitment over slots in ascending order: `BLAKE3-keyed(RECORD, for each: id ‖ d)`.
#[must_use]
pub fn commitment(slots: impl IntoIterator<Item = (SlotId, SlotDigest)>) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(33 * 12);
    for (id, digest) in slots {
        bytes.push(id.0);
        bytes.extend_from_slice(&digest);
    }
    *blake3::keyed_hash(&RECORD, &bytes).as_bytes()
}

fn slot_digest_in(buffer: &mut Vec<u8>, key: &SlotKey, slot: &Slot<'_>) -> SlotDigest {
    buffer.clear();
    buffer.extend_from_slice(key);
    slot.write_to(buffer);
    *blake3::keyed_hash(&SLOT, buffer).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_derived_from_their_contexts() {
        for (context, constant) in [
            (SLOT_KEYS_CONTEXT, SLOT_KEYS),
            (SLOT_CONTEXT, SLOT),
            (RECORD_CONTEXT, RECORD),
        ] {
            assert_eq!(
                hex::encode(blake3::derive_key(context, &[])),
                hex::encode(constant)
            );
        }
    }
}
