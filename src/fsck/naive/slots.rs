//! Slots, their keys and digests, and the commitment over them (design §3.3).

use std::collections::BTreeMap;

use custodia_core::record::Record;

use super::envelope::{Envelope, split};
use super::wire::Field;

const TYPE: u8 = 0x40;
const BODY: u8 = 0x41;
const KEY: u8 = 0x80;
const TRANSPORT: u8 = 0x81;
const VALUE: u8 = 0x82;

/// What a record comes to.
pub(super) struct Committed {
    pub splits: bool,
    pub commitment: [u8; 32],
}

/// The commitment of a record.
pub(super) fn commit(record: &Record) -> Committed {
    let envelope = record.value.as_deref().and_then(split);
    let (slots, seed) = match &envelope {
        Some(envelope) => (split_slots(record, envelope), seed(envelope)),
        None => (unsplit_slots(record), vec![0; 48]),
    };
    let mut output = blake3::Hasher::new_keyed(&constant("slot keys"))
        .update(&seed)
        .finalize_xof();
    let mut ids_and_digests = Vec::new();
    for (id, bytes) in slots {
        let mut key = [0; 32];
        output.fill(&mut key);
        ids_and_digests.push(id);
        ids_and_digests.extend(keyed(&constant("slot"), &[&key, &bytes[..]].concat()));
    }
    let commitment = keyed(&constant("record"), &ids_and_digests);
    Committed {
        splits: envelope.is_some(),
        commitment,
    }
}

fn constant(name: &str) -> [u8; 32] {
    blake3::derive_key(&format!("custodia.v1 {name}"), b"")
}

fn keyed(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    blake3::Hasher::new_keyed(key)
        .update(bytes)
        .finalize()
        .into()
}

fn seed(envelope: &Envelope<'_>) -> Vec<u8> {
    [envelope.salt, envelope.event_id].concat()
}

/// A map, so that slots ascend by their id.
type Slots = BTreeMap<u8, Vec<u8>>;

fn split_slots(record: &Record, envelope: &Envelope<'_>) -> Slots {
    let mut slots = Slots::new();
    add_blocks(&mut slots, 0, &envelope.outer);
    slots.insert(TYPE, envelope.body_number.to_be_bytes().to_vec());
    add_blocks(&mut slots, BODY, &envelope.body);
    slots.insert(KEY, nullable(record.key.as_deref()));
    slots.insert(TRANSPORT, transport(record, envelope.frame));
    slots
}

fn unsplit_slots(record: &Record) -> Slots {
    Slots::from([
        (KEY, nullable(record.key.as_deref())),
        (TRANSPORT, transport(record, &[])),
        (VALUE, nullable(record.value.as_deref())),
    ])
}

/// Field numbers are below 504 here, so that a block's number is below 63.
fn add_blocks(slots: &mut Slots, base: u8, fields: &[Field<'_>]) {
    for field in fields {
        let block = u8::try_from(field.number / 8).unwrap_or(u8::MAX);
        slots
            .entry(base.saturating_add(block))
            .or_default()
            .extend(field.whole);
    }
}

fn nullable(bytes: Option<&[u8]>) -> Vec<u8> {
    bytes.map_or(vec![0], |bytes| [&[1], bytes].concat())
}

fn transport(record: &Record, frame: &[u8]) -> Vec<u8> {
    let mut out = length_and(frame);
    out.extend(length(record.headers.len()));
    for header in &record.headers {
        let end = header
            .name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(header.name.len());
        out.extend(length_and(header.name.get(..end).unwrap_or_default()));
        match &header.value {
            None => out.push(0),
            Some(value) => out.extend([&[1], &length_and(value)[..]].concat()),
        }
    }
    out
}

fn length_and(bytes: &[u8]) -> Vec<u8> {
    [&length(bytes.len()), bytes].concat()
}

/// Kafka's own lengths are signed and of 32 bits, so that none is cut here.
fn length(of: usize) -> [u8; 4] {
    u32::try_from(of).unwrap_or(u32::MAX).to_be_bytes()
}
