//! What a producer signs of its event, and whether it did (design 3.2 "who vouches",
//! `proto/FORMAT.md` 14).
//!
//! Owns the signed bytes, which hang on slot digests alone, so that a signature verifies on a
//! redacted extract too. Knows no register: whose key one is, and whether it counted then, is for
//! those who hold the producers' register.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::commitment::{Opened, SlotDigest};
use crate::slot::{SlotId, Slots};
use crate::wire::{Field, Fields};

/// What the signed bytes begin with.
pub const CONTEXT: &[u8] = b"custodia.v1 producer\n";
/// Length of a signature, in bytes (RFC 8032).
pub const SIGNATURE_BYTES: usize = 64;

/// The envelope's block of who vouches; it holds the signature, so it is not signed.
const WHO_VOUCHES: SlotId = SlotId::envelope_block(3);
const KEY_ID: u32 = 24;
const SIGNATURE: u32 = 25;

/// Why a signature doesn't stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The key's bytes are no point of the curve, or one of small order.
    #[error("the producer's key is no Ed25519 key")]
    PublicKey,
    /// The signature has another length, or is not this key's over this event (strictly: no
    /// malleable encodings).
    #[error("the signature is not of this key over this event")]
    Signature,
}

/// Whether a slot is signed: the envelope's blocks 0 to 2, the type and the body's blocks. So
/// neither key nor headers nor frame are, which a producer's client may add on the way.
#[must_use]
pub const fn is_signed(id: SlotId) -> bool {
    matches!(id.0, 0x00..=0x02 | 0x40..=0x7f)
}

/// The signed bytes over a record's slots, ascending: [`CONTEXT`], then `id ‖ d` for each that is
/// signed.
#[must_use]
pub fn signed_bytes(slots: impl IntoIterator<Item = (SlotId, SlotDigest)>) -> Vec<u8> {
    let mut bytes = CONTEXT.to_vec();
    for (id, digest) in slots.into_iter().filter(|(id, _)| is_signed(*id)) {
        bytes.push(id.0);
        bytes.extend_from_slice(&digest);
    }
    bytes
}

/// An event's signature, with what it must be of. Nothing is verified by being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerSignature {
    /// Field 24 of the envelope: which key; empty where it isn't said.
    pub key_id: Vec<u8>,
    /// Field 25 of the envelope.
    pub signature: Vec<u8>,
    /// The bytes that are signed.
    pub signed: Vec<u8>,
}

impl ProducerSignature {
    /// The signature that a record carries; none where it carries none or doesn't split.
    #[must_use]
    pub fn of(slots: &Slots<'_>) -> Option<Self> {
        let block = slots.iter().find(|slot| slot.id == WHO_VOUCHES)?.bytes();
        Self::read(&block, ids(slots).zip(slots.digests()))
    }

    /// The signature that an extract shows; none where the record carries none or it is withheld.
    #[must_use]
    pub fn shown(opened: &Opened<'_>) -> Option<Self> {
        let slots = opened.slots().iter();
        Self::read(
            opened.bytes(WHO_VOUCHES)?,
            slots.map(|slot| (slot.id(), slot.digest())),
        )
    }

    /// Checks it against a producer's public key, 32 bytes (RFC 8032).
    ///
    /// # Errors
    /// [`Error::PublicKey`], [`Error::Signature`].
    pub fn verify(&self, public_key: &[u8]) -> Result<(), Error> {
        let key: &[u8; 32] = public_key.try_into().map_err(|_| Error::PublicKey)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| Error::PublicKey)?;
        if key.is_weak() {
            return Err(Error::PublicKey);
        }
        let signature = Signature::from_slice(&self.signature).map_err(|_| Error::Signature)?;
        key.verify_strict(&self.signed, &signature)
            .map_err(|_| Error::Signature)
    }

    /// Of a field that stands several times the last counts, as protobuf has it.
    fn read(block: &[u8], slots: impl Iterator<Item = (SlotId, SlotDigest)>) -> Option<Self> {
        let last = |number: u32| {
            let fields = Fields::of(block).map_while(Result::ok);
            let of_number = fields.filter(|field| field.number == number);
            of_number
                .filter_map(|Field { value, .. }| value.bytes())
                .last()
        };
        let signature = last(SIGNATURE).filter(|bytes| !bytes.is_empty())?;
        Some(Self {
            key_id: last(KEY_ID).unwrap_or_default().to_vec(),
            signature: signature.to_vec(),
            signed: signed_bytes(slots),
        })
    }
}

/// A producer's private key, in memory. It is wiped when dropped.
pub struct ProducerKey(SigningKey);

impl ProducerKey {
    /// The key of a 32-byte seed (RFC 8032's private key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key's 32 bytes, as the register has them.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The signature over an event. Where block 3 stands moves the slot keys behind it: the event
    /// must already have its key id, or some bytes in the signature's place.
    #[must_use]
    pub fn sign(&self, slots: &Slots<'_>) -> [u8; SIGNATURE_BYTES] {
        let signed = signed_bytes(ids(slots).zip(slots.digests()));
        self.0.sign(&signed).to_bytes()
    }
}

impl fmt::Debug for ProducerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProducerKey(public {})", hex::encode(self.public()))
    }
}

fn ids<'s>(slots: &'s Slots<'_>) -> impl Iterator<Item = SlotId> + 's {
    slots.iter().map(|slot| slot.id)
}
