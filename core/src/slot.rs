//! The slots of a record: what an extract opens or withholds as one (design 3.3,
//! `proto/FORMAT.md` 4).
//!
//! Owns slot ids and each slot's bytes, borrowed from the record as far as they stand in one piece.
//! Hashes nothing: that is [`crate::commitment`].

mod form;

use std::fmt;

use crate::record::canonical::{put_bytes, put_headers};
use crate::record::{Header, Record};
use crate::split::{Block, EVENT_ID_BYTES, NotAnEnvelope, SALT_BYTES, Split, split};

pub use form::Malformed;

/// Length of what slot keys are derived from, `salt ‖ event_id`, in bytes.
pub const SEED_BYTES: usize = SALT_BYTES + EVENT_ID_BYTES;

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// A block of the envelope's fields, 0–12.
    EnvelopeBlock(u8),
    /// The body's field number.
    BodyType,
    /// A block of the body's fields, 0–62.
    BodyBlock(u8),
    /// The record's key.
    Key,
    /// The frame and the headers.
    Transport,
    /// The whole value of a record that doesn't split.
    Value,
}

/// A slot's one-byte id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u8);

impl SlotId {
    /// Block 0 of the envelope: every record that splits has it, for `event_id` stands there.
    pub const FIRST_BLOCK: Self = Self(0x00);
    /// The body's field number.
    pub const BODY_TYPE: Self = Self(0x40);
    /// The record's key.
    pub const KEY: Self = Self(0x80);
    /// The frame and the headers.
    pub const TRANSPORT: Self = Self(0x81);
    /// The value, where it doesn't split.
    pub const VALUE: Self = Self(0x82);

    const FIRST_BODY_BLOCK: u8 = 0x41;

    /// The id of a block of the envelope.
    #[must_use]
    pub const fn envelope_block(number: u8) -> Self {
        Self(number)
    }

    /// The id of a block of the body.
    #[must_use]
    pub const fn body_block(number: u8) -> Self {
        Self(Self::FIRST_BODY_BLOCK + number)
    }

    /// What a slot of this id holds; `None` where there is no such slot.
    #[must_use]
    pub const fn kind(self) -> Option<SlotKind> {
        match self.0 {
            0x00..=0x0c => Some(SlotKind::EnvelopeBlock(self.0)),
            0x40 => Some(SlotKind::BodyType),
            0x41..=0x7f => Some(SlotKind::BodyBlock(self.0 - Self::FIRST_BODY_BLOCK)),
            0x80 => Some(SlotKind::Key),
            0x81 => Some(SlotKind::Transport),
            0x82 => Some(SlotKind::Value),
            _ => None,
        }
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02x}", self.0)
    }
}

/// One slot of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot<'a> {
    /// Its id.
    pub id: SlotId,
    content: Content<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content<'a> {
    Block {
        head: &'a [u8],
        tail: &'a [u8],
    },
    BodyType(u32),
    Nullable(Option<&'a [u8]>),
    Transport {
        frame: &'a [u8],
        headers: &'a [Header],
    },
}

impl<'a> Slot<'a> {
    fn block(id: SlotId, block: &Block<'a>) -> Self {
        Self {
            id,
            content: Content::Block {
                head: block.head,
                tail: block.tail,
            },
        }
    }

    /// The slot's bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }

    /// Appends the slot's bytes to `out`.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match self.content {
            Content::Block { head, tail } => {
                out.extend_from_slice(head);
                out.extend_from_slice(tail);
            }
            Content::BodyType(number) => out.extend_from_slice(&number.to_be_bytes()),
            Content::Nullable(None) => out.push(0),
            Content::Nullable(Some(bytes)) => {
                out.push(1);
                out.extend_from_slice(bytes);
            }
            Content::Transport { frame, headers } => {
                put_bytes(out, frame);
                put_headers(out, headers);
            }
        }
    }
}

/// All slots of a record, ascending by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots<'a> {
    ascending: Vec<Slot<'a>>,
    seed: [u8; SEED_BYTES],
    refusal: Option<NotAnEnvelope>,
}

impl<'a> Slots<'a> {
    /// The slots of `record`.
    #[must_use]
    pub fn of(record: &'a Record) -> Self {
        match record
            .value
            .as_deref()
            .map_or(Err(NotAnEnvelope::NullValue), split)
        {
            Ok(split) => Self::of_split(record, &split),
            Err(refusal) => Self::of_unsplit(record, refusal),
        }
    }

    fn of_split(record: &'a Record, split: &Split<'a>) -> Self {
        let mut slots = Vec::with_capacity(split.envelope.len() + split.body_blocks.len() + 3);
        let envelope = split.envelope.iter();
        slots
            .extend(envelope.map(|block| Slot::block(SlotId::envelope_block(block.number), block)));
        slots.push(Slot {
            id: SlotId::BODY_TYPE,
            content: Content::BodyType(split.body_number),
        });
        let body = split.body_blocks.iter();
        slots.extend(body.map(|block| Slot::block(SlotId::body_block(block.number), block)));
        slots.extend(key_and_transport(record, split.frame));
        Self {
            ascending: slots,
            seed: seed(split),
            refusal: None,
        }
    }

    fn of_unsplit(record: &'a Record, refusal: NotAnEnvelope) -> Self {
        let mut slots = Vec::with_capacity(3);
        slots.extend(key_and_transport(record, &[]));
        let value = Content::Nullable(record.value.as_deref());
        slots.push(Slot {
            id: SlotId::VALUE,
            content: value,
        });
        Self {
            ascending: slots,
            seed: [0; SEED_BYTES],
            refusal: Some(refusal),
        }
    }

    /// Whether the record's value splits.
    #[must_use]
    pub fn splits(&self) -> bool {
        self.refusal.is_none()
    }

    /// Why the value doesn't split; `None` where it does.
    #[must_use]
    pub fn refusal(&self) -> Option<NotAnEnvelope> {
        self.refusal
    }

    /// What slot keys are derived from: `salt ‖ event_id`, or zeros where the value doesn't split.
    #[must_use]
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// The slots, ascending by id.
    pub fn iter(&self) -> std::slice::Iter<'_, Slot<'a>> {
        self.ascending.iter()
    }

    /// How many slots there are.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "every record has a key and a transport slot"
    )]
    pub fn len(&self) -> usize {
        self.ascending.len()
    }
}

impl<'s, 'a> IntoIterator for &'s Slots<'a> {
    type Item = &'s Slot<'a>;
    type IntoIter = std::slice::Iter<'s, Slot<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn key_and_transport<'a>(record: &'a Record, frame: &'a [u8]) -> [Slot<'a>; 2] {
    let key = Content::Nullable(record.key.as_deref());
    let transport = Content::Transport {
        frame,
        headers: &record.headers,
    };
    [
        Slot {
            id: SlotId::KEY,
            content: key,
        },
        Slot {
            id: SlotId::TRANSPORT,
            content: transport,
        },
    ]
}

fn seed(split: &Split<'_>) -> [u8; SEED_BYTES] {
    let mut seed = [0; SEED_BYTES];
    let (salt, event_id) = seed.split_at_mut(SALT_BYTES);
    salt.copy_from_slice(split.salt);
    event_id.copy_from_slice(split.event_id);
    seed
}
