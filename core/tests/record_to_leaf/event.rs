//! Events and records for the cases, written by hand so that broken ones can be written too.

use custodia_core::record::{Header, Record, Timestamp};

/// A protobuf message under construction; nothing is checked.
#[derive(Debug, Clone, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn tag(self, number: u32, wire_type: u64) -> Self {
        self.raw(&varint(u64::from(number) << 3 | wire_type))
    }

    pub fn varint(self, number: u32, value: u64) -> Self {
        self.tag(number, 0).raw(&varint(value))
    }

    pub fn fixed64(self, number: u32, value: u64) -> Self {
        self.tag(number, 1).raw(&value.to_le_bytes())
    }

    pub fn bytes(self, number: u32, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        self.tag(number, 2)
            .raw(&varint(content.len() as u64))
            .raw(content)
    }

    pub fn fixed32(self, number: u32, value: u32) -> Self {
        self.tag(number, 5).raw(&value.to_le_bytes())
    }
}

/// A minimal varint.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low & 0x7f);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

pub const EVENT_ID: [u8; 16] = [
    0x01, 0x9a, 0x2b, 0x3c, 0x4d, 0x5e, 0x70, 0x01, 0x80, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
];
pub const SUBJECT: &str = "k3vq7mzt2hxw5ncyadj4rbg6ps";

pub fn salt() -> [u8; 32] {
    std::array::from_fn(|index| 0xa0 + u8::try_from(index).expect("an index below 32"))
}

/// `event_id` and `salt`, and nothing else.
pub fn ids() -> Message {
    Message::default().bytes(1, EVENT_ID).bytes(2, salt())
}

/// The least that splits, around a body's content.
pub fn around(body: &[u8]) -> Message {
    ids().bytes(100, body)
}

/// A body such as an event of sharing has.
pub fn ordinary_body() -> Message {
    Message::default()
        .bytes(1, "courier-0042")
        .bytes(3, [1, 4, 9])
        .varint(4, 2)
        .bytes(8, "order-2026-000731")
        .varint(9, 1_793_000_000_000)
        .bytes(16, "m4aqz7wd2jtx5nfyckh3rbv6ps")
        .bytes(24, "https://api.courier.example/v2/parcels")
}

/// An event of some 370 bytes, with fields in every block that the envelope has today.
pub fn ordinary() -> Message {
    ids()
        .varint(3, 1_793_000_000_123)
        .bytes(4, "loan-gateway")
        .varint(5, 3)
        .varint(6, 4_711)
        .bytes(7, "policy-2026-05")
        .bytes(8, SUBJECT)
        .varint(9, 1)
        .bytes(16, [0x11; 16])
        .bytes(17, [0x22; 16])
        .bytes(18, Message::default().varint(1, 2).bytes(2, [0x33; 32]).0)
        .bytes(24, "key-7")
        .bytes(25, [0x44; 64])
        .bytes(120, ordinary_body().0)
}

/// A record with this value and otherwise ordinary parts.
pub fn record(value: impl Into<Vec<u8>>) -> Record {
    Record {
        offset: 1_000_007,
        timestamp: Timestamp::LogAppend(1_793_000_000_456),
        key: Some(SUBJECT.into()),
        value: Some(value.into()),
        headers: vec![],
    }
}

pub fn header(name: &[u8], value: Option<&[u8]>) -> Header {
    Header {
        name: name.to_vec(),
        value: value.map(<[u8]>::to_vec),
    }
}

/// A named record of the golden vectors.
#[derive(Debug)]
pub struct Case {
    pub name: &'static str,
    pub record: Record,
}

/// A case with a value and otherwise ordinary parts.
pub fn case(name: &'static str, value: impl Into<Vec<u8>>) -> Case {
    Case {
        name,
        record: record(value),
    }
}
