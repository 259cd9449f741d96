//! One subject's key, and how payloads and rows are sealed under it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aes_gcm_siv::aead::Buffer;
use aes_gcm_siv::{AeadInOut as _, Aes256GcmSiv, KeyInit as _, Nonce};
use custodia_core::entry::ENTRY_BYTES;
use zeroize::Zeroizing;

use super::error::Error;
use super::label::tag;
use super::{KEY_BYTES, TAG_BYTES, push_part};

type Secret = Zeroizing<[u8; KEY_BYTES]>;

/// The key of one [`Label`](super::Label) of one log. Cheap to clone. Its bytes are wiped when the
/// last clone is dropped: who holds one can read what it sealed even after it was shredded.
#[derive(Clone)]
pub struct SubjectKey(Arc<Secrets>);

struct Secrets {
    key: Secret,
    rows: OnceLock<Secret>,
    tags: OnceLock<Secret>,
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SubjectKey(..)")
    }
}

impl SubjectKey {
    pub(super) fn new(key: Secret) -> Self {
        Self(Arc::new(Secrets {
            key,
            rows: OnceLock::new(),
            tags: OnceLock::new(),
        }))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0.key
    }

    /// `BLAKE3-keyed(K, context)`: so two records never share a key, and a nonce can't repeat.
    fn record_key(&self, context: &[u8]) -> Secret {
        Zeroizing::new(*blake3::keyed_hash(&self.0.key, context).as_bytes())
    }

    fn row_key(&self) -> &Secret {
        self.0
            .rows
            .get_or_init(|| self.derive("custodia.v1 row key"))
    }

    fn tag_key(&self) -> &Secret {
        self.0
            .tags
            .get_or_init(|| self.derive("custodia.v1 row tag"))
    }

    fn derive(&self, context: &str) -> Secret {
        Zeroizing::new(blake3::derive_key(context, self.0.key.as_ref()))
    }
}

/// Seals a record's payload for its place: the record's key is
/// `BLAKE3-keyed(K, length ‖ origin ‖ entry)` (length u32be), the same bytes are the associated
/// data of AES-256-GCM-SIV, and the nonce is zero, since no key seals two payloads. Returns
/// ciphertext ‖ tag, 16 bytes longer than `clear`.
pub fn seal_payload(
    key: &SubjectKey,
    origin: &str,
    entry: &[u8; ENTRY_BYTES],
    clear: &[u8],
) -> Vec<u8> {
    let context = payload_context(origin, entry);
    seal(&key.record_key(&context), &context, clear)
}

/// Opens what [`seal_payload`] made for the same place.
///
/// # Errors
/// [`Error::Sealed`] where it was changed, or is for another log, entry or key.
pub fn open_payload(
    key: &SubjectKey,
    origin: &str,
    entry: &[u8; ENTRY_BYTES],
    sealed: &[u8],
) -> Result<Vec<u8>, Error> {
    let context = payload_context(origin, entry);
    open(&key.record_key(&context), &context, sealed)
}

/// The tag under which a subject's rows of one kind stand: 16 bytes of
/// `BLAKE3-keyed(tag key, length ‖ kind)`. Different kinds can't be told to be one subject's.
pub fn row_tag(key: &SubjectKey, kind: &str) -> [u8; TAG_BYTES] {
    tag(key.tag_key(), kind, &[])
}

/// Seals a row's value for its row key. The nonce is zero for all rows of a subject: under
/// AES-GCM-SIV a repeated nonce tells only that key and value are both the same, and the row key is
/// in the associated data. So what one log says is sealed to the same bytes in every rebuild.
/// Returns ciphertext ‖ tag, 16 bytes longer than `clear`.
pub fn seal_row(key: &SubjectKey, row_key: &[u8], clear: &[u8]) -> Vec<u8> {
    seal(key.row_key(), row_key, clear)
}

/// Opens what [`seal_row`] made for the same row key.
///
/// # Errors
/// [`Error::Sealed`] where it was changed, or is for another row or key.
pub fn open_row(key: &SubjectKey, row_key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    open(key.row_key(), row_key, sealed)
}

fn payload_context(origin: &str, entry: &[u8; ENTRY_BYTES]) -> Vec<u8> {
    let mut context = Vec::with_capacity(4 + origin.len() + ENTRY_BYTES);
    push_part(&mut context, origin.as_bytes());
    context.extend_from_slice(entry);
    context
}

fn seal(key: &Secret, associated: &[u8], clear: &[u8]) -> Vec<u8> {
    let cipher = Aes256GcmSiv::new((&**key).into());
    let mut buffer = Vec::with_capacity(clear.len() + 16);
    buffer.extend_from_slice(clear);
    cipher
        .encrypt_in_place(&Nonce::default(), associated, &mut buffer)
        .expect("a record or row is far below the cipher's limit of 64 GiB");
    buffer
}

fn open(key: &Secret, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let cipher = Aes256GcmSiv::new((&**key).into());
    let mut buffer = sealed.to_vec();
    cipher
        .decrypt_in_place(
            &Nonce::default(),
            associated,
            &mut buffer as &mut dyn Buffer,
        )
        .map_err(|_| Error::Sealed)?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "ledger.example.com/custodia.events/3/0";
    const ENTRY: [u8; ENTRY_BYTES] = [5; ENTRY_BYTES];

    fn key(byte: u8) -> SubjectKey {
        SubjectKey::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    #[test]
    fn a_payload_opens_only_in_its_place_and_under_its_key() {
        let sealed = seal_payload(&key(1), ORIGIN, &ENTRY, b"clear");
        assert_eq!(sealed.len(), 5 + 16);
        assert_eq!(
            open_payload(&key(1), ORIGIN, &ENTRY, &sealed).unwrap(),
            b"clear"
        );
        let mut other = ENTRY;
        other[49] ^= 1;
        assert_eq!(
            open_payload(&key(1), ORIGIN, &other, &sealed)
                .unwrap_err()
                .code(),
            "CU-0307"
        );
        let elsewhere = "ledger.example.com/custodia.events/3/1";
        assert!(open_payload(&key(1), elsewhere, &ENTRY, &sealed).is_err());
        assert!(open_payload(&key(2), ORIGIN, &ENTRY, &sealed).is_err());
    }

    #[test]
    fn no_changed_byte_and_no_shortened_payload_opens() {
        let sealed = seal_payload(&key(1), ORIGIN, &ENTRY, b"clear");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(
                open_payload(&key(1), ORIGIN, &ENTRY, &changed).is_err(),
                "byte {place}"
            );
            assert!(open_payload(&key(1), ORIGIN, &ENTRY, &sealed[..place]).is_err());
        }
    }

    #[test]
    fn an_empty_payload_is_sealed_too() {
        let sealed = seal_payload(&key(1), ORIGIN, &ENTRY, b"");
        assert_eq!(open_payload(&key(1), ORIGIN, &ENTRY, &sealed).unwrap(), b"");
    }

    #[test]
    fn a_record_key_is_what_its_description_says() {
        let mut context = vec![0, 0, 0, 38];
        context.extend_from_slice(ORIGIN.as_bytes());
        context.extend_from_slice(&ENTRY);
        let record_key = blake3::keyed_hash(&[1; KEY_BYTES], &context);
        let cipher = Aes256GcmSiv::new(record_key.as_bytes().into());
        let mut wanted = b"clear".to_vec();
        cipher
            .encrypt_in_place(&Nonce::default(), &context, &mut wanted)
            .unwrap();
        assert_eq!(seal_payload(&key(1), ORIGIN, &ENTRY, b"clear"), wanted);
    }

    #[test]
    fn a_row_is_sealed_to_the_same_bytes_and_opens_only_under_its_own_key() {
        let sealed = seal_row(&key(1), b"row", b"clear");
        assert_eq!(sealed, seal_row(&key(1), b"row", b"clear"));
        assert_eq!(open_row(&key(1), b"row", &sealed).unwrap(), b"clear");
        assert_eq!(
            open_row(&key(1), b"other", &sealed).unwrap_err().code(),
            "CU-0307"
        );
        assert!(open_row(&key(2), b"row", &sealed).is_err());
        assert!(open_payload(&key(1), ORIGIN, &ENTRY, &sealed).is_err());
    }

    #[test]
    fn row_tags_differ_by_subject_and_kind_and_stay() {
        assert_eq!(row_tag(&key(1), "timeline"), row_tag(&key(1), "timeline"));
        assert_ne!(row_tag(&key(1), "timeline"), row_tag(&key(1), "consent"));
        assert_ne!(row_tag(&key(1), "timeline"), row_tag(&key(2), "timeline"));
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", key(1)), "SubjectKey(..)");
    }
}
