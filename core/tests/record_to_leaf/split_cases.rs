//! Records whose value splits.

use custodia_core::record::{Record, Timestamp};

use crate::event::{
    Case, EVENT_ID, Message, around, case, header, ids, ordinary, record, salt, varint,
};

pub fn all() -> Vec<Case> {
    [
        shapes(),
        blocks(),
        varints(),
        frames(),
        headers(),
        keys(),
        times(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn shapes() -> Vec<Case> {
    let mut one_bit = [0; 32];
    one_bit[31] = 1;
    let bare_salt = |salt: [u8; 32]| Message::default().bytes(1, EVENT_ID).bytes(2, salt);
    vec![
        case("ordinary", ordinary().0),
        case("least", around(&[]).0),
        case("salt_of_one_bit", bare_salt(one_bit).bytes(100, []).0),
        case(
            "event_id_of_zeros",
            Message::default()
                .bytes(1, [0; 16])
                .bytes(2, salt())
                .bytes(100, [])
                .0,
        ),
        case(
            "body_number_of_32_bits",
            ids().bytes(u32::MAX, [0x08, 0x01]).0,
        ),
        case(
            "content_is_not_looked_into",
            ids()
                .bytes(18, [0x0b, 0xff])
                .bytes(100, [0x0a, 0x02, 0x07, 0x80])
                .0,
        ),
        case(
            "empty_fields",
            ids().bytes(4, []).bytes(8, []).bytes(100, [0x0a, 0x00]).0,
        ),
    ]
}

fn blocks() -> Vec<Case> {
    let envelope = (3..100).fold(ids(), |message, number| {
        message.varint(number, u64::from(number))
    });
    let body = (1..=503)
        .step_by(8)
        .fold(Message::default(), |body, number| body.varint(number, 1));
    let edges = [1, 7, 8, 15, 16, 23, 495, 496, 503]
        .into_iter()
        .fold(Message::default(), |body, number| {
            body.fixed32(number, number)
        });
    let repeated = Message::default()
        .varint(1, 1)
        .varint(1, 2)
        .bytes(7, "a")
        .bytes(7, "b");
    vec![
        case("every_field_below_100", envelope.bytes(100, []).0),
        case("every_block_of_the_body", around(&body.0).0),
        case("every_block_there_is", {
            let blocks = (8..100)
                .step_by(8)
                .fold(ids(), |message, number| message.varint(number, 0));
            blocks.bytes(100, body.0.clone()).0
        }),
        case("edges_of_body_blocks", around(&edges.0).0),
        case(
            "repeated_fields",
            ids().varint(3, 1).varint(3, 2).bytes(100, repeated.0).0,
        ),
        case(
            "unknown_fields",
            ids().fixed64(50, 7).fixed32(99, 8).bytes(100, []).0,
        ),
        case("block_0_without_more", ids().bytes(8, "x").bytes(100, []).0),
    ]
}

fn varints() -> Vec<Case> {
    let nine = [0xff; 9];
    let with = |bytes: &[u8]| ids().tag(3, 0).raw(bytes).bytes(100, []).0;
    vec![
        case("value_varint_not_minimal", with(&[0x80, 0x00])),
        case(
            "value_varint_of_ten_bytes",
            with(&[&[0x80; 9][..], &[0x00]].concat()),
        ),
        case("value_varint_highest", with(&[&nine[..], &[0x01]].concat())),
        case(
            "body_varint_highest",
            around(&[&[0x08][..], &nine, &[0x01]].concat()).0,
        ),
        case(
            "two_byte_length",
            ids().bytes(4, [b'x'; 300]).bytes(100, [b'\n', 0]).0,
        ),
    ]
}

fn frames() -> Vec<Case> {
    let framed = |rest: &[u8]| [&[0, 0, 0, 0x30, 0x39][..], rest, &ordinary().0].concat();
    let sixteen: Vec<u8> = (0..16).flat_map(|index| varint(2 * index)).collect();
    vec![
        case("frame_short", framed(&[0x00])),
        case("frame_one_index", framed(&[0x02, 0x00])),
        case("frame_two_indexes", framed(&[0x04, 0x02, 0x80, 0x01])),
        case(
            "frame_sixteen_indexes",
            framed(&[&[0x20][..], &sixteen].concat()),
        ),
        case("frame_negative_index", framed(&[0x02, 0x01])),
        case(
            "frame_index_of_35_bits",
            framed(&[0x02, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        ),
        case(
            "frame_schema_id_highest",
            [&[0, 0xff, 0xff, 0xff, 0xff, 0x00][..], &ordinary().0].concat(),
        ),
    ]
}

fn headers() -> Vec<Case> {
    let with = |name, headers| Case {
        name,
        record: Record {
            headers,
            ..record(ordinary().0)
        },
    };
    let cloud_events = [
        ("ce_specversion", "1.0"),
        ("ce_type", "custodia.v1.SharedWithRecipient"),
        ("ce_source", "/loan-gateway"),
        ("ce_id", "019a2b3c-4d5e-7001-8002-030405060708"),
        ("content-type", "application/protobuf"),
    ];
    let cloud_events =
        cloud_events.map(|(name, value)| header(name.as_bytes(), Some(value.as_bytes())));
    vec![
        with("cloud_events", cloud_events.to_vec()),
        with(
            "header_name_not_utf8_and_null",
            vec![header(&[0xff, 0xfe, 0x80], None)],
        ),
        with("header_empty_name_and_value", vec![header(b"", Some(b""))]),
        with(
            "header_name_ends_at_zero",
            vec![header(b"trace\0hidden", Some(b"\0"))],
        ),
        with(
            "headers_of_one_name",
            vec![
                header(b"a", Some(b"1")),
                header(b"a", None),
                header(b"a", Some(b"1")),
            ],
        ),
        with(
            "headers_in_order",
            vec![header(b"b", Some(b"2")), header(b"a", Some(b"1"))],
        ),
        Case {
            name: "framed_with_headers",
            record: Record {
                headers: vec![header(b"traceparent", Some(b"00-1-2-01"))],
                ..record([&[0, 0, 0, 0, 1, 0][..], &ordinary().0].concat())
            },
        },
    ]
}

fn keys() -> Vec<Case> {
    let with = |name, key: Option<&[u8]>| Case {
        name,
        record: Record {
            key: key.map(<[u8]>::to_vec),
            ..record(ordinary().0)
        },
    };
    vec![
        with("key_null", None),
        with("key_empty", Some(b"")),
        with("key_of_one_zero", Some(b"\0")),
        with("key_of_300_bytes", Some(&[b'k'; 300])),
    ]
}

fn times() -> Vec<Case> {
    let with = |name, offset, timestamp| Case {
        name,
        record: Record {
            offset,
            timestamp,
            ..record(around(&[]).0)
        },
    };
    vec![
        with("first_offset_at_time_zero", 0, Timestamp::Create(0)),
        with("producers_time", 1, Timestamp::Create(1_793_000_000_456)),
        with("brokers_time", 1, Timestamp::LogAppend(1_793_000_000_456)),
        with("no_time", 1, Timestamp::None),
        with(
            "kafkas_last_offset",
            i64::MAX as u64,
            Timestamp::LogAppend(i64::MAX),
        ),
        with("offset_of_64_bits", u64::MAX, Timestamp::Create(i64::MAX)),
        with("time_before_1970", 2, Timestamp::Create(i64::MIN)),
        with("time_minus_two", 2, Timestamp::LogAppend(-2)),
    ]
}
