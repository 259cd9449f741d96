//! Records whose value doesn't split: each rule of the split is broken at least once.

use custodia_core::record::{Record, Timestamp};

use crate::event::{Case, EVENT_ID, Message, around, case, header, ids, ordinary, record, salt};

pub fn all() -> Vec<Case> {
    [
        nothing_there(),
        frames(),
        envelope_wire(),
        ids_and_salts(),
        bodies(),
        body_wire(),
        transport(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn nothing_there() -> Vec<Case> {
    let null = Record {
        value: None,
        ..record([])
    };
    let all_null = Record {
        key: None,
        ..null.clone()
    };
    let timeless = Record {
        offset: 0,
        timestamp: Timestamp::None,
        ..all_null.clone()
    };
    vec![
        Case {
            name: "value_null",
            record: null,
        },
        Case {
            name: "value_and_key_null",
            record: all_null,
        },
        Case {
            name: "value_and_key_null_without_time",
            record: timeless,
        },
        case("value_empty", []),
        case("value_json", *br#"{"event":"consent"}"#),
        case("value_text", "你好".as_bytes()),
    ]
}

fn frames() -> Vec<Case> {
    let framed = |rest: &[u8]| [&[0, 0, 0, 0, 1][..], rest].concat();
    let before = |numbers: &[u8]| framed(&[numbers, &ordinary().0].concat());
    vec![
        case("frame_zero_alone", [0]),
        case("frame_cut_in_schema_id", [0, 0, 0, 1]),
        case("frame_cut_before_count", framed(&[])),
        case("frame_cut_in_count", framed(&[0x80])),
        case("frame_cut_before_index", framed(&[0x04, 0x00])),
        case("frame_count_not_minimal", before(&[0x80, 0x00])),
        case(
            "frame_count_of_six_bytes",
            before(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        ),
        case("frame_count_negative", before(&[0x01])),
        case(
            "frame_count_seventeen",
            before(&[&[0x22][..], &[0; 17]].concat()),
        ),
        case(
            "frame_count_of_35_bits",
            before(&[0xfe, 0xff, 0xff, 0xff, 0x7f]),
        ),
        case("frame_index_not_minimal", before(&[0x02, 0x82, 0x00])),
        case(
            "frame_index_of_six_bytes",
            before(&[0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        ),
        case("frame_and_nothing", framed(&[0x00])),
        case("frame_twice", before(&[0, 0, 0, 0, 0, 1, 0])),
    ]
}

fn envelope_wire() -> Vec<Case> {
    let with = |bytes: &[u8]| ids().raw(bytes).bytes(100, []).0;
    let ends = |bytes: &[u8]| around(&[]).raw(bytes).0;
    let mut cut = ordinary().0;
    cut.pop();
    vec![
        case("cut_in_tag", ids().raw(&[0x80]).0),
        case("cut_before_varint", ids().raw(&[0x18]).0),
        case("cut_in_varint", ids().raw(&[0x18, 0x80]).0),
        case("cut_in_fixed64", ids().raw(&[0x19, 1, 2, 3, 4, 5, 6, 7]).0),
        case("cut_in_fixed32", ids().raw(&[0x1d, 1, 2, 3]).0),
        case("cut_before_length", ids().raw(&[0x22]).0),
        case("cut_in_last_byte", cut),
        case("length_past_end", ids().raw(&[0x22, 0x05, b'a']).0),
        case(
            "length_of_35_bits",
            ids().raw(&[0x22, 0xff, 0xff, 0xff, 0xff, 0x7f]).0,
        ),
        case(
            "tag_of_six_bytes",
            with(&[0x98, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01]),
        ),
        case("tag_not_minimal", with(&[0x98, 0x00, 0x01])),
        case(
            "length_of_six_bytes",
            with(&[0x22, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]),
        ),
        case("length_not_minimal", with(&[0x22, 0x81, 0x00, b'a'])),
        case(
            "varint_of_eleven_bytes",
            with(&[&[0x18][..], &[0x80; 10], &[0x00]].concat()),
        ),
        case(
            "varint_of_65_bits",
            with(&[&[0x18][..], &[0xff; 9], &[0x02]].concat()),
        ),
        case("wire_type_3", with(&[0x1b, 0x1c])),
        case("wire_type_4", with(&[0x1c])),
        case("wire_type_6", with(&[0x1e])),
        case("wire_type_7", with(&[0x1f])),
        case(
            "field_number_0",
            [&[0x02, 0x00][..], &ordinary().0].concat(),
        ),
        case("field_number_0_inside", with(&[0x00, 0x01])),
        case(
            "field_numbers_fall",
            ids().varint(9, 1).bytes(8, "x").bytes(100, []).0,
        ),
        case(
            "salt_before_event_id",
            Message::default()
                .bytes(2, salt())
                .bytes(1, EVENT_ID)
                .bytes(100, [])
                .0,
        ),
        case("field_after_body", ends(&[0x18, 0x01])),
        case("zeros_after_body", ends(&[0x00])),
    ]
}

fn ids_and_salts() -> Vec<Case> {
    let id = |id: &[u8]| {
        Message::default()
            .bytes(1, id)
            .bytes(2, salt())
            .bytes(100, [])
            .0
    };
    let salted = |salt: &[u8]| {
        Message::default()
            .bytes(1, EVENT_ID)
            .bytes(2, salt)
            .bytes(100, [])
            .0
    };
    vec![
        case(
            "event_id_missing",
            Message::default().bytes(2, salt()).bytes(100, []).0,
        ),
        case(
            "event_id_twice",
            Message::default().bytes(1, EVENT_ID).raw(&around(&[]).0).0,
        ),
        case("event_id_of_15_bytes", id(&EVENT_ID[..15])),
        case("event_id_of_17_bytes", id(&[7; 17])),
        case("event_id_empty", id(&[])),
        case(
            "event_id_a_varint",
            Message::default()
                .varint(1, 1)
                .bytes(2, salt())
                .bytes(100, [])
                .0,
        ),
        case(
            "salt_missing",
            Message::default().bytes(1, EVENT_ID).bytes(100, []).0,
        ),
        case("salt_twice", ids().bytes(2, salt()).bytes(100, []).0),
        case("salt_of_31_bytes", salted(&[7; 31])),
        case("salt_of_33_bytes", salted(&[7; 33])),
        case(
            "salt_a_fixed64",
            Message::default()
                .bytes(1, EVENT_ID)
                .fixed64(2, 7)
                .bytes(100, [])
                .0,
        ),
        case("salt_of_zeros", salted(&[0; 32])),
    ]
}

fn bodies() -> Vec<Case> {
    vec![
        case("body_missing", ids().bytes(8, "x").0),
        case("body_twice_same_number", around(&[]).bytes(100, []).0),
        case("body_twice_other_number", around(&[]).bytes(101, []).0),
        case("body_a_varint", ids().varint(100, 1).0),
        case("body_a_fixed64", ids().fixed64(100, 1).0),
        case("body_a_fixed32", ids().fixed32(100, 1).0),
        case("body_a_group", ids().tag(100, 3).tag(100, 4).0),
        case(
            "body_field_504",
            around(&Message::default().varint(504, 1).0).0,
        ),
        case(
            "body_field_of_32_bits",
            around(&Message::default().varint(u32::MAX, 1).0).0,
        ),
    ]
}

fn body_wire() -> Vec<Case> {
    let ten = [0x80; 10];
    let bodies: Vec<(&'static str, Vec<u8>)> = vec![
        ("body_cut_in_tag", vec![0x80]),
        ("body_cut_in_varint", vec![0x08, 0xff]),
        ("body_cut_in_fixed32", vec![0x0d, 1, 2, 3]),
        ("body_length_past_end", vec![0x0a, 0x02, b'a']),
        (
            "body_tag_of_six_bytes",
            vec![0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01],
        ),
        ("body_tag_not_minimal", vec![0x88, 0x00, 0x01]),
        (
            "body_length_of_six_bytes",
            vec![0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
        ),
        ("body_length_not_minimal", vec![0x0a, 0x80, 0x00]),
        (
            "body_varint_of_eleven_bytes",
            [&[0x08][..], &ten, &[0x00]].concat(),
        ),
        (
            "body_varint_of_65_bits",
            [&[0x08][..], &[0xff; 9], &[0x7f]].concat(),
        ),
        ("body_wire_type_3", vec![0x0b, 0x0c]),
        ("body_wire_type_4", vec![0x0c]),
        ("body_wire_type_6", vec![0x0e]),
        ("body_wire_type_7", vec![0x0f]),
        ("body_field_number_0", vec![0x00, 0x01]),
        ("body_field_numbers_fall", vec![0x10, 0x01, 0x08, 0x01]),
    ];
    bodies
        .into_iter()
        .map(|(name, body)| case(name, around(&body).0))
        .collect()
}

fn transport() -> Vec<Case> {
    let headers = vec![
        header(b"\xff", None),
        header(b"content-type", Some(b"text/plain")),
    ];
    let unsplit = Record {
        headers,
        ..record(*b"not an event")
    };
    let framed = [&[0, 0, 0, 0, 1, 0][..], b"not an event"].concat();
    vec![
        Case {
            name: "unsplit_with_headers",
            record: unsplit.clone(),
        },
        Case {
            name: "unsplit_frame_stays_in_value",
            record: Record {
                value: Some(framed),
                ..unsplit
            },
        },
        Case {
            name: "unsplit_key_empty",
            record: Record {
                key: Some(vec![]),
                ..record(*b"x")
            },
        },
        Case {
            name: "unsplit_producers_time",
            record: Record {
                timestamp: Timestamp::Create(5),
                offset: u64::MAX,
                ..record(*b"x")
            },
        },
    ]
}
