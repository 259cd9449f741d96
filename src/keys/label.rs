//! What a key is for, and the names that stand on disk in its place.

use zeroize::Zeroizing;

use super::{KEY_BYTES, TAG_BYTES, push_part};

/// Where a key stands on disk: 32 bytes that tell nothing to who hasn't the ledger secret.
pub(super) type Locator = [u8; 32];

/// What a key is for, within one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label<'a> {
    /// All records with these Kafka key bytes.
    Key(&'a [u8]),
    /// The one record at this leaf index, which has no Kafka key or doesn't split.
    Leaf(u64),
}

const KEY_MARKER: u8 = 0x01;
const LEAF_MARKER: u8 = 0x02;
const HANDLE_MARKER: u8 = 0x03;
const LATER_MARKER: u8 = 0x04;

/// The ledger's secret and what follows from it. Its bytes are wiped when it is dropped.
pub(super) struct LedgerSecret {
    locators: Zeroizing<[u8; KEY_BYTES]>,
    tags: Zeroizing<[u8; KEY_BYTES]>,
}

impl LedgerSecret {
    pub(super) fn new(secret: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let tags = blake3::derive_key("custodia.v1 ledger tag", secret.as_ref());
        Self {
            locators: secret,
            tags: Zeroizing::new(tags),
        }
    }

    /// `BLAKE3-keyed(ledger secret, length ‖ origin ‖ marker ‖ label)`, with the length u32be, the
    /// marker 0x01 before Kafka key bytes and 0x02 before a leaf index (u64be).
    pub(super) fn locator(&self, origin: &str, label: &Label<'_>) -> Locator {
        let mut input = Vec::with_capacity(96);
        push_part(&mut input, origin.as_bytes());
        match label {
            Label::Key(bytes) => {
                input.push(KEY_MARKER);
                input.extend_from_slice(bytes);
            }
            Label::Leaf(index) => {
                input.push(LEAF_MARKER);
                input.extend_from_slice(&index.to_be_bytes());
            }
        }
        *blake3::keyed_hash(&self.locators, &input).as_bytes()
    }

    /// Where the key of Kafka key bytes stands that were erased `generation` times in this log: as
    /// [`Self::locator`] before the first, later
    /// `BLAKE3-keyed(ledger secret, length ‖ origin ‖ 0x04 ‖ generation u32be ‖ key bytes)`.
    pub(super) fn later_locator(&self, origin: &str, bytes: &[u8], generation: u32) -> Locator {
        if generation == 0 {
            return self.locator(origin, &Label::Key(bytes));
        }
        let mut input = Vec::with_capacity(96);
        push_part(&mut input, origin.as_bytes());
        input.push(LATER_MARKER);
        input.extend_from_slice(&generation.to_be_bytes());
        input.extend_from_slice(bytes);
        *blake3::keyed_hash(&self.locators, &input).as_bytes()
    }

    /// What an erased digest is remembered under, in one log or, with an empty origin, everywhere:
    /// `BLAKE3-keyed(ledger secret, length ‖ origin ‖ 0x03 ‖ digest)`.
    pub(super) fn handle(&self, origin: &str, digest: &[u8; 32]) -> Locator {
        let mut input = Vec::with_capacity(96);
        push_part(&mut input, origin.as_bytes());
        input.push(HANDLE_MARKER);
        input.extend_from_slice(digest);
        *blake3::keyed_hash(&self.locators, &input).as_bytes()
    }

    /// `BLAKE3-keyed(tag key, length ‖ kind ‖ bytes)`, its first 16 bytes; the tag key is
    /// `BLAKE3-derive-key("custodia.v1 ledger tag", ledger secret)`.
    pub(super) fn tag(&self, kind: &str, bytes: &[u8]) -> [u8; TAG_BYTES] {
        tag(&self.tags, kind, bytes)
    }
}

impl LedgerSecret {
    /// The secret itself, for a replica.
    pub(super) fn secret(&self) -> &[u8; KEY_BYTES] {
        &self.locators
    }

    /// `BLAKE3-keyed(pseudonym key, question)`; the pseudonym key is
    /// `BLAKE3-derive-key("custodia.v1 extract pseudonyms", ledger secret)`.
    pub(super) fn pseudonyms(&self, question: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
        let key = blake3::derive_key("custodia.v1 extract pseudonyms", self.secret());
        Zeroizing::new(*blake3::keyed_hash(&Zeroizing::new(key), question).as_bytes())
    }
}

/// A keyed tag of 16 bytes for `bytes`, apart from those of every other kind.
pub(super) fn tag(key: &[u8; KEY_BYTES], kind: &str, bytes: &[u8]) -> [u8; TAG_BYTES] {
    let mut input = Vec::with_capacity(64);
    push_part(&mut input, kind.as_bytes());
    input.extend_from_slice(bytes);
    let digest = blake3::keyed_hash(key, &input);
    let (tag, _) = digest
        .as_bytes()
        .split_first_chunk::<TAG_BYTES>()
        .expect("a digest of 32 bytes begins with 16");
    *tag
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn secret(byte: u8) -> LedgerSecret {
        LedgerSecret::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    #[test]
    fn locators_differ_by_secret_origin_and_label() {
        let mut seen = HashSet::new();
        for byte in [1, 2] {
            for origin in ["a/t/0/0", "a/t/0/1", ""] {
                for label in [
                    Label::Key(b""),
                    Label::Key(b"subject"),
                    Label::Key(&7u64.to_be_bytes()),
                    Label::Leaf(7),
                    Label::Leaf(8),
                ] {
                    assert!(
                        seen.insert(secret(byte).locator(origin, &label)),
                        "{origin} {label:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn where_an_origin_ends_cant_be_shifted() {
        let secret = secret(1);
        let short = secret.locator("a", &Label::Key(b"\x01b"));
        assert_ne!(short, secret.locator("a\x01", &Label::Key(b"b")));
        assert_ne!(secret.tag("a", b"bc"), secret.tag("ab", b"c"));
    }

    #[test]
    fn a_locator_is_what_its_description_says() {
        let input = b"\x00\x00\x00\x07a/t/0/0\x01subject";
        let wanted = *blake3::keyed_hash(&[1; 32], input).as_bytes();
        assert_eq!(
            secret(1).locator("a/t/0/0", &Label::Key(b"subject")),
            wanted
        );
    }
}
