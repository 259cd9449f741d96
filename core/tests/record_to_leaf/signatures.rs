//! The golden vectors of producers' signatures, and what a signature does and doesn't hold.

use custodia_core::producer_signature::{Error, ProducerKey, ProducerSignature};
use custodia_core::record::Record;
use custodia_core::slot::{SlotId, Slots};
use serde::Serialize;

use crate::event::{Message, SUBJECT, header, ids, ordinary_body, record};
use crate::golden::check_frozen;
use crate::openings::Opening;

const SEED: [u8; 32] = [7; 32];
const OTHER_SEED: [u8; 32] = [8; 32];
/// The order of the curve's base point, little-endian (RFC 8032, 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// An event about someone, up to block 2.
fn begun(subject: &str) -> Message {
    ids()
        .varint(3, 1_793_000_000_123)
        .bytes(4, "loan-gateway")
        .bytes(8, subject)
        .varint(9, 1)
        .bytes(16, [0x11; 16])
}

fn vouched(subject: &str, signature: &[u8], body: &Message) -> Vec<u8> {
    let envelope = begun(subject)
        .bytes(24, "loan-gateway/1")
        .bytes(25, signature);
    envelope.bytes(120, &body.0).0
}

/// The signature of a key over an event that has these bytes with any signature in its place.
fn signature_of(seed: &[u8; 32], value: &[u8]) -> [u8; 64] {
    ProducerKey::from_seed(seed).sign(&Slots::of(&record(value)))
}

fn signed() -> Vec<u8> {
    let unsigned = vouched(SUBJECT, &[0; 64], &ordinary_body());
    vouched(SUBJECT, &signature_of(&SEED, &unsigned), &ordinary_body())
}

/// The least that can be signed: no key id, no field beyond the ids, nothing in the body.
fn signed_least() -> Vec<u8> {
    let with = |signature: &[u8]| ids().bytes(25, signature).bytes(100, []).0;
    with(&signature_of(&SEED, &with(&[0; 64])))
}

fn framed() -> Vec<u8> {
    [&[0, 0, 0, 0, 9, 0][..], &signed()].concat()
}

fn field_25_twice() -> Vec<u8> {
    let with = |signature: &[u8]| {
        let envelope = begun(SUBJECT).bytes(25, [0x55; 64]).bytes(25, signature);
        envelope.bytes(120, ordinary_body().0).0
    };
    with(&signature_of(&SEED, &with(&[0; 64])))
}

/// The right signature with its second half raised by the curve's order: malleable, so refused.
fn beyond_the_order() -> Vec<u8> {
    let unsigned = vouched(SUBJECT, &[0; 64], &ordinary_body());
    let mut signature = signature_of(&SEED, &unsigned);
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    vouched(SUBJECT, &signature, &ordinary_body())
}

fn one_bit_flipped() -> Vec<u8> {
    let unsigned = vouched(SUBJECT, &[0; 64], &ordinary_body());
    let mut signature = signature_of(&SEED, &unsigned);
    signature[40] ^= 1;
    vouched(SUBJECT, &signature, &ordinary_body())
}

fn another_body() -> Vec<u8> {
    let unsigned = vouched(SUBJECT, &[0; 64], &ordinary_body());
    let signature = signature_of(&SEED, &unsigned);
    vouched(SUBJECT, &signature, &ordinary_body().bytes(25, "more"))
}

fn another_subject() -> Vec<u8> {
    let unsigned = vouched(SUBJECT, &[0; 64], &ordinary_body());
    let signature = signature_of(&SEED, &unsigned);
    vouched("zzzzzzzzzzzzzzzzzzzzzzzzzz", &signature, &ordinary_body())
}

fn another_key() -> Vec<u8> {
    let unsigned = vouched(SUBJECT, &[0; 64], &ordinary_body());
    let signature = signature_of(&OTHER_SEED, &unsigned);
    vouched(SUBJECT, &signature, &ordinary_body())
}

/// Signed before block 3 stood, so over other slot keys.
fn signed_too_early() -> Vec<u8> {
    let unsigned = begun(SUBJECT).bytes(120, ordinary_body().0).0;
    vouched(SUBJECT, &signature_of(&SEED, &unsigned), &ordinary_body())
}

fn cut_short() -> Vec<u8> {
    let unsigned = vouched(SUBJECT, &[0; 64], &ordinary_body());
    let signature = signature_of(&SEED, &unsigned);
    vouched(SUBJECT, &signature[..63], &ordinary_body())
}

fn cases() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("signed", signed()),
        ("signed_least", signed_least()),
        ("framed", framed()),
        ("field_25_twice", field_25_twice()),
        ("one_bit_flipped", one_bit_flipped()),
        ("another_body", another_body()),
        ("another_subject", another_subject()),
        ("another_key", another_key()),
        ("signed_too_early", signed_too_early()),
        ("beyond_the_order", beyond_the_order()),
        ("cut_short", cut_short()),
    ]
}

#[derive(Serialize)]
struct Vectors {
    about: &'static str,
    vectors: Vec<Vector>,
}

#[derive(Serialize)]
struct Vector {
    name: &'static str,
    value: String,
    public_key: String,
    key_id: String,
    signature: String,
    signed: String,
    verifies: bool,
}

fn read(value: &[u8]) -> ProducerSignature {
    ProducerSignature::of(&Slots::of(&record(value))).expect("the case is signed")
}

fn verified(value: &[u8]) -> Result<(), Error> {
    read(value).verify(&ProducerKey::from_seed(&SEED).public())
}

fn vector((name, value): &(&'static str, Vec<u8>)) -> Vector {
    let found = read(value);
    Vector {
        name,
        value: hex::encode(value),
        public_key: hex::encode(ProducerKey::from_seed(&SEED).public()),
        key_id: hex::encode(&found.key_id),
        signature: hex::encode(&found.signature),
        signed: hex::encode(&found.signed),
        verifies: verified(value).is_ok(),
    }
}

#[test]
fn signatures_are_judged_as_frozen() {
    let computed = Vectors {
        about: "Producers' signatures, see proto/FORMAT.md 14. Bytes are hex.",
        vectors: cases().iter().map(vector).collect(),
    };
    check_frozen("tests/vectors/signatures.json", &computed);
}

#[test]
fn only_the_keys_own_signature_over_this_event_stands() {
    for (at, (name, value)) in cases().iter().enumerate() {
        let due = if at < 4 {
            Ok(())
        } else {
            Err(Error::Signature)
        };
        assert_eq!(verified(value), due, "{name}");
    }
}

#[test]
fn a_signature_verifies_on_an_extract_that_withholds_all_but_it() {
    let mut opening = Opening::whole("", &record(signed()));
    for part in &mut opening.parts {
        if part.shown().id() != SlotId(3) {
            *part = part.withhold();
        }
    }
    let public = ProducerKey::from_seed(&SEED).public();
    let opened = opening.verify().unwrap();
    let shown = ProducerSignature::shown(&opened).unwrap();
    assert_eq!(shown, read(&signed()));
    assert_eq!(shown.verify(&public), Ok(()));
    opening.parts[3] = opening.parts[3].withhold();
    assert_eq!(ProducerSignature::shown(&opening.verify().unwrap()), None);
}

#[test]
fn key_and_headers_of_the_record_are_not_signed() {
    let moved = Record {
        key: None,
        headers: vec![header(b"trace", Some(b"1"))],
        ..record(signed())
    };
    assert_eq!(
        ProducerSignature::of(&Slots::of(&moved)).unwrap(),
        read(&signed())
    );
}

#[test]
fn what_is_unsigned_or_no_event_has_no_signature() {
    let of = |value: Vec<u8>| ProducerSignature::of(&Slots::of(&record(value)));
    assert_eq!(of(begun(SUBJECT).bytes(100, []).0), None);
    assert_eq!(
        of(begun(SUBJECT).bytes(24, "k").bytes(25, []).bytes(100, []).0),
        None
    );
    assert_eq!(of(b"no event".to_vec()), None);
}

#[test]
fn what_is_no_key_verifies_nothing() {
    for key in [&[0; 32][..], &[1; 31], &[]] {
        assert_eq!(read(&signed()).verify(key), Err(Error::PublicKey));
    }
}
