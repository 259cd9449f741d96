//! What holds for every record.

use custodia_core::entry::Entry;
use custodia_core::record::{Header, Record, Timestamp};
use custodia_core::slot::{Slot, Slots};
use custodia_core::split::{Split, split};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::event::{Message, around, ordinary, record, varint};
use crate::openings::Opening;

#[derive(Debug, Clone)]
enum Wire {
    Varint(u64),
    Fixed64(u64),
    Bytes(Vec<u8>),
    Fixed32(u32),
}

fn fields(numbers: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = Vec<(u32, Wire)>> {
    let wire = prop_oneof![
        any::<u64>().prop_map(Wire::Varint),
        any::<u64>().prop_map(Wire::Fixed64),
        vec(any::<u8>(), 0..20).prop_map(Wire::Bytes),
        any::<u32>().prop_map(Wire::Fixed32),
    ];
    vec((numbers, wire), 0..12).prop_map(|mut fields| {
        fields.sort_by_key(|(number, _)| *number);
        fields
    })
}

fn with_fields(message: Message, fields: Vec<(u32, Wire)>) -> Message {
    fields
        .into_iter()
        .fold(message, |message, (number, wire)| match wire {
            Wire::Varint(value) => message.varint(number, value),
            Wire::Fixed64(value) => message.fixed64(number, value),
            Wire::Bytes(bytes) => message.bytes(number, bytes),
            Wire::Fixed32(value) => message.fixed32(number, value),
        })
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    let framed = (any::<[u8; 4]>(), vec(0..128u8, 0..=16)).prop_map(|(schema, indexes)| {
        [
            &[0][..],
            &schema,
            &varint(2 * indexes.len() as u64),
            &indexes,
        ]
        .concat()
    });
    prop_oneof![Just(vec![]), framed]
}

prop_compose! {
    fn envelopes()(
        frame in frames(),
        event_id: [u8; 16],
        salt in any::<[u8; 32]>().prop_filter("a salt isn't zero", |salt| *salt != [0; 32]),
        envelope in fields(3..=99),
        number in 100..=u32::MAX,
        body in fields(1..=503),
    ) -> Vec<u8> {
        let ids = Message::default().raw(&frame).bytes(1, event_id).bytes(2, salt);
        let body = with_fields(Message::default(), body).0;
        with_fields(ids, envelope).bytes(number, body).0
    }
}

prop_compose! {
    fn records()(
        offset: u64,
        millis in any::<i64>().prop_filter("-1 is none", |millis| *millis != -1),
        broker: bool,
        key in option::of(vec(any::<u8>(), 0..30)),
        value in option::of(prop_oneof![envelopes(), vec(any::<u8>(), 0..60)]),
        headers in vec((vec(1..=255u8, 0..8), option::of(vec(any::<u8>(), 0..12))), 0..3),
    ) -> Record {
        let timestamp = if broker { Timestamp::LogAppend(millis) } else { Timestamp::Create(millis) };
        let headers = headers.into_iter().map(|(name, value)| Header { name, value }).collect();
        Record { offset, timestamp, key, value, headers }
    }
}

/// Puts a split value together again; field 2 stands after `event_id`.
fn reassemble(split: &Split<'_>) -> Vec<u8> {
    let mut message = Message::default().raw(split.frame);
    for block in &split.envelope {
        message = message.raw(block.head);
        if block.number == 0 {
            message = message.bytes(2, split.salt);
        }
        message = message.raw(block.tail);
    }
    let body: Vec<u8> = split
        .body_blocks
        .iter()
        .flat_map(|block| [block.head, block.tail].concat())
        .collect();
    assert_eq!(body, split.body);
    message.bytes(split.body_number, body).0
}

/// Every bit of what a record says, one after the other; header names keep clear of 0x00, after
/// which nothing is seen.
fn flipped(record: &Record, at: Index, bit: u8) -> Option<Record> {
    let mut record = record.clone();
    let mut bytes: Vec<&mut u8> = record.key.iter_mut().flatten().collect();
    bytes.extend(record.value.iter_mut().flatten());
    for header in &mut record.headers {
        bytes.extend(header.name.iter_mut());
        bytes.extend(header.value.iter_mut().flatten());
    }
    let count = bytes.len();
    if count == 0 {
        return None;
    }
    *bytes[at.index(count)] ^= 1 << bit;
    drop(bytes);
    Some(record)
}

proptest! {
    #[test]
    fn a_split_value_goes_together_again(value in envelopes()) {
        let split = split(&value).unwrap();
        prop_assert_eq!(reassemble(&split), value);
    }

    #[test]
    fn ids_ascend_and_no_byte_is_lost(record in records()) {
        let slots = Slots::of(&record);
        prop_assert!(slots.iter().zip(slots.iter().skip(1)).all(|(a, b)| a.id < b.id));
        prop_assert!(slots.iter().all(|slot| slot.id.kind().is_some()));
        if let Some(value) = record.value.as_deref().filter(|_| !slots.splits()) {
            prop_assert_eq!(slots.iter().last().map(Slot::bytes), Some([&[1], value].concat()));
        }
    }

    #[test]
    fn a_flipped_bit_changes_the_commitment(record in records(), at: Index, bit in 0..8u8) {
        if let Some(other) = flipped(&record, at, bit) {
            prop_assert_ne!(Slots::of(&other).commitment(), Slots::of(&record).commitment());
        }
    }

    #[test]
    fn offset_and_time_change_the_entry(record in records(), offset: u64, millis in 0..=i64::MAX) {
        let other = Record { offset, ..record.clone() };
        prop_assert_eq!(Entry::of(&other) == Entry::of(&record), offset == record.offset);
        let other = Record { timestamp: Timestamp::LogAppend(millis), ..record.clone() };
        prop_assert_eq!(Entry::of(&other) == Entry::of(&record), other.timestamp == record.timestamp);
    }

    #[test]
    fn random_bytes_never_panic(value in vec(any::<u8>(), 0..300)) {
        let _ = split(&value);
        let _ = split(&[&[0, 0, 0, 0, 1][..], &value].concat());
        let _ = split(&around(&value).0);
    }

    #[test]
    fn a_changed_envelope_commits_to_something_else(
        value in envelopes(),
        at: Index,
        cut in 0..4usize,
        put in vec(any::<u8>(), 0..4),
    ) {
        let at = at.index(value.len());
        let mut other = value.clone();
        other.splice(at..(at + cut).min(value.len()), put);
        let commitment = |value: &[u8]| Slots::of(&record(value)).commitment();
        prop_assert_eq!(commitment(&other) == commitment(&value), other == value);
    }

    #[test]
    fn what_a_record_shows_stands(record in records(), withheld in vec(any::<bool>(), 79)) {
        let mut opening = Opening::whole("", &record);
        for (part, _) in opening.parts.iter_mut().zip(withheld).filter(|(_, withheld)| *withheld) {
            *part = part.withhold();
        }
        prop_assert!(opening.verify().is_ok());
        opening.entry.commitment[0] ^= 1;
        prop_assert!(opening.verify().is_err());
    }
}

#[test]
fn every_cut_of_an_envelope_is_refused() {
    let value = ordinary().0;
    for length in 0..value.len() {
        assert!(split(&value[..length]).is_err(), "cut to {length} bytes");
    }
}

#[test]
fn every_flipped_bit_of_an_envelope_changes_the_commitment() {
    let value = ordinary().0;
    let commitment = Slots::of(&record(value.clone())).commitment();
    for bit in 0..value.len() * 8 {
        let mut other = value.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(
            Slots::of(&record(other)).commitment(),
            commitment,
            "bit {bit}"
        );
    }
}
