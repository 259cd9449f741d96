//! Openings that stand, and those that a dishonest ledger might try.

use custodia_core::record::Record;

use crate::event::{Message, ordinary, record};
use crate::openings::{Opening, Part};

const KEY: [u8; 32] = [0x5a; 32];

fn split(name: &'static str) -> Opening {
    Opening::whole(name, &record(ordinary().0))
}

fn unsplit(name: &'static str) -> Opening {
    Opening::whole(name, &record(*b"not an event"))
}

/// Withholds the slots of these ids.
fn withholding(mut opening: Opening, ids: &[u8]) -> Opening {
    for part in &mut opening.parts {
        if ids.contains(&part.shown().id().0) {
            *part = part.withhold();
        }
    }
    opening
}

/// Removes a slot and commits to the rest.
fn without(mut opening: Opening, id: u8) -> Opening {
    opening.parts.retain(|part| part.shown().id().0 != id);
    opening.forged()
}

/// Puts other bytes, and a key of its own, into a slot, which is made where there is none.
fn with(mut opening: Opening, id: u8, bytes: &[u8]) -> Opening {
    opening.parts.retain(|part| part.shown().id().0 != id);
    opening.parts.push(Part::Opened {
        id,
        key: KEY,
        bytes: bytes.to_vec(),
    });
    opening.parts.sort_by_key(|part| part.shown().id());
    opening.forged()
}

/// Puts other bytes into a slot of an unsplit record, under the key of the zeros.
fn with_bytes(mut opening: Opening, slot: u8, other: &[u8]) -> Opening {
    for part in &mut opening.parts {
        if let Part::Opened { id, bytes, .. } = part
            && *id == slot
        {
            *bytes = other.to_vec();
        }
    }
    opening.forged()
}

pub fn sound() -> Vec<Opening> {
    let all_ids: Vec<u8> = (0..=0x82).collect();
    let null = Record {
        value: None,
        key: None,
        ..record([])
    };
    let framed = [&[0, 0, 0, 0, 7, 0x02, 0x04][..], &ordinary().0].concat();
    vec![
        split("all_open"),
        withholding(split("all_withheld"), &all_ids),
        withholding(split("whom_withheld"), &[0x01, 0x80]),
        withholding(
            split("type_and_body_withheld"),
            &[0x40, 0x41, 0x42, 0x43, 0x44],
        ),
        withholding(split("first_block_withheld"), &[0x00]),
        Opening::whole("framed_all_open", &record(framed)),
        unsplit("unsplit_all_open"),
        withholding(unsplit("unsplit_all_withheld"), &all_ids),
        withholding(unsplit("unsplit_value_withheld"), &[0x82]),
        Opening::whole("unsplit_null_value_and_key", &null),
    ]
}

pub fn refused() -> Vec<Opening> {
    [
        sets(),
        ids(),
        keys(),
        bindings(),
        blocks(),
        parts(),
        values(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn sets() -> Vec<Opening> {
    let mut flagged_split = unsplit("unsplit_slots_under_the_split_flag");
    flagged_split.entry.splits = true;
    let mut flagged_unsplit = split("split_slots_under_the_unsplit_flag");
    flagged_unsplit.entry.splits = false;
    let mut nothing = split("no_slots");
    nothing.parts.clear();
    vec![
        flagged_split,
        flagged_unsplit,
        nothing.forged(),
        without(split("first_block_missing"), 0x00),
        without(split("type_missing"), 0x40),
        without(split("key_missing"), 0x80),
        without(split("transport_missing"), 0x81),
        without(unsplit("unsplit_key_missing"), 0x80),
        without(unsplit("unsplit_transport_missing"), 0x81),
        without(unsplit("unsplit_value_missing"), 0x82),
        with(split("value_beside_an_envelope"), 0x82, b"\x01x"),
        with(unsplit("envelope_beside_a_value"), 0x01, &[0x40, 0x01]),
        with(unsplit("type_beside_a_value"), 0x40, &120_u32.to_be_bytes()),
    ]
}

fn ids() -> Vec<Opening> {
    let mut swapped = split("ids_fall");
    swapped.parts.swap(0, 1);
    let mut twice = split("id_twice");
    twice.parts.insert(0, twice.parts[0].clone());
    let mut opened_and_withheld = split("opened_and_withheld");
    opened_and_withheld
        .parts
        .insert(1, opened_and_withheld.parts[0].withhold());
    vec![
        swapped.forged(),
        twice.forged(),
        opened_and_withheld.forged(),
        with(split("envelope_block_13"), 0x0d, &[0x40, 0x01]),
        with(split("id_3f"), 0x3f, &[0x40, 0x01]),
        with(split("id_83"), 0x83, &[0x00]),
        with(unsplit("unsplit_id_ff"), 0xff, &[0x00]),
    ]
}

fn keys() -> Vec<Opening> {
    let mut salted = unsplit("unsplit_under_a_salt");
    for part in &mut salted.parts {
        if let Part::Opened { key, .. } = part {
            *key = KEY;
        }
    }
    let mut swapped = unsplit("unsplit_keys_swapped");
    if let [
        Part::Opened { key: first, .. },
        Part::Opened { key: second, .. },
        ..,
    ] = &mut swapped.parts[..]
    {
        std::mem::swap(first, second);
    }
    vec![salted.forged(), swapped.forged()]
}

fn bindings() -> Vec<Opening> {
    let mut other_bytes = split("other_subject");
    if let Part::Opened { bytes, .. } = &mut other_bytes.parts[1] {
        bytes[5] ^= 1;
    }
    let mut other_key = split("other_slot_key");
    if let Part::Opened { key, .. } = &mut other_key.parts[1] {
        key[31] ^= 1;
    }
    let mut other_digest = withholding(split("other_digest"), &[0x01]);
    if let Part::Withheld { digest, .. } = &mut other_digest.parts[1] {
        digest[0] ^= 0x80;
    }
    let mut absent = split("block_left_out");
    absent.parts.remove(1);
    let mut other_commitment = split("other_commitment");
    other_commitment.entry.commitment[31] ^= 1;
    vec![
        other_bytes,
        other_key,
        other_digest,
        absent,
        other_commitment,
    ]
}

fn blocks() -> Vec<Opening> {
    let id = Message::default().bytes(1, [9; 16]).0;
    let two_ids = [&id[..], &id].concat();
    let salted = Message::default().bytes(1, [9; 16]).bytes(2, [9; 32]).0;
    vec![
        with(split("first_block_without_event_id"), 0x00, &[0x18, 0x01]),
        with(split("first_block_with_two_event_ids"), 0x00, &two_ids),
        with(split("first_block_with_salt"), 0x00, &salted),
        with(
            split("first_block_with_short_event_id"),
            0x00,
            &[0x0a, 0x01, 0x01],
        ),
        with(split("block_empty"), 0x01, &[]),
        with(
            split("block_with_field_of_next"),
            0x01,
            &[0x40, 0x01, 0x80, 0x01, 0x01],
        ),
        with(split("block_with_field_of_body"), 0x0c, &[0xa0, 0x06, 0x01]),
        with(
            split("block_with_falling_numbers"),
            0x01,
            &[0x48, 0x01, 0x40, 0x01],
        ),
        with(split("block_cut_off"), 0x01, &[0x42, 0x05, b'a']),
        with(split("body_block_empty"), 0x41, &[]),
        with(split("body_block_with_field_of_next"), 0x41, &[0x40, 0x01]),
        with(split("body_block_with_group"), 0x41, &[0x0b, 0x0c]),
    ]
}

fn parts() -> Vec<Opening> {
    let headers = |count: u8, rest: &[u8]| [&[0, 0, 0, 0, 0, 0, 0, count][..], rest].concat();
    vec![
        with(split("type_99"), 0x40, &99_u32.to_be_bytes()),
        with(split("type_of_three_bytes"), 0x40, &[0, 0, 120]),
        with(split("key_of_no_bytes"), 0x80, &[]),
        with(split("key_null_and_more"), 0x80, &[0, 1]),
        with(split("key_presence_2"), 0x80, &[2, 1]),
        with(split("transport_cut_off"), 0x81, &headers(1, &[])),
        with(split("transport_and_more"), 0x81, &headers(0, &[0])),
        with(
            split("header_name_with_zero"),
            0x81,
            &headers(1, &[0, 0, 0, 1, 0, 0]),
        ),
        with(
            split("header_presence_2"),
            0x81,
            &headers(1, &[0, 0, 0, 1, b'a', 2]),
        ),
        with(
            split("frame_not_a_header"),
            0x81,
            &[0, 0, 0, 1, 7, 0, 0, 0, 0],
        ),
        with(
            split("frame_and_more"),
            0x81,
            &[0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0],
        ),
        with(
            split("frame_cut_off"),
            0x81,
            &[0, 0, 0, 5, 0, 0, 0, 0, 1, 0, 0, 0, 0],
        ),
    ]
}

fn values() -> Vec<Opening> {
    let splits = [&[1][..], &ordinary().0].concat();
    let frame = [0, 0, 0, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
    vec![
        with_bytes(unsplit("unsplit_value_that_splits"), 0x82, &splits),
        with_bytes(unsplit("unsplit_value_of_no_bytes"), 0x82, &[]),
        with_bytes(unsplit("unsplit_with_frame"), 0x81, &frame),
    ]
}
