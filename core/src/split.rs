//! The rules by which a record's value splits into envelope blocks and body blocks (design 3.3,
//! `proto/FORMAT.md` 3).
//!
//! Owns the frame, the envelope's shape and the reason why a value is no envelope. Needs no schema
//! and never decodes a field: what this version doesn't know is split all the same.

use crate::wire::{self, Field, Fields, ShortVarintError};

/// How many field numbers a block spans.
pub const BLOCK_FIELDS: u32 = 8;
/// The lowest field number that is a body.
pub const FIRST_BODY: u32 = 100;
/// The highest field number inside a body.
pub const LAST_BODY_FIELD: u32 = 503;
/// How many message indexes a Confluent frame may hold.
pub const FRAME_INDEXES: u64 = 16;
/// Length of `event_id`, in bytes.
pub const EVENT_ID_BYTES: usize = 16;
/// Length of `salt`, in bytes.
pub const SALT_BYTES: usize = 32;

const FRAME_HEAD_BYTES: usize = 5;
const EVENT_ID: u32 = 1;
const SALT: u32 = 2;

/// The rule of the split that a value broke: of several, the first in reading order
/// (`proto/FORMAT.md` 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotAnEnvelope {
    /// The record has no value.
    #[error("the value is null")]
    NullValue,
    /// The value ends inside a Confluent frame.
    #[error("frame: cut off")]
    FrameTruncated,
    /// A number of the frame takes more than five bytes.
    #[error("frame: a number of more than 5 bytes")]
    FrameNumberTooLong,
    /// A number of the frame has needless bytes.
    #[error("frame: a number that is not minimal")]
    FrameNumberNotMinimal,
    /// The frame's count of indexes is negative.
    #[error("frame: a negative count")]
    FrameCountNegative,
    /// The frame's count of indexes is above 16.
    #[error("frame: more than 16 indexes")]
    FrameCountTooLarge,
    /// The envelope breaks a rule of the wire.
    #[error("envelope: {0}")]
    Envelope(wire::Error),
    /// No field 1.
    #[error("event_id (field 1) is missing")]
    EventIdMissing,
    /// Field 1 stands more than once.
    #[error("event_id (field 1) stands twice")]
    EventIdTwice,
    /// Field 1 is not 16 bytes, length-delimited.
    #[error("event_id (field 1) is not 16 bytes")]
    EventIdNot16Bytes,
    /// No field 2.
    #[error("salt (field 2) is missing")]
    SaltMissing,
    /// Field 2 stands more than once.
    #[error("salt (field 2) stands twice")]
    SaltTwice,
    /// Field 2 is not 32 bytes, length-delimited.
    #[error("salt (field 2) is not 32 bytes")]
    SaltNot32Bytes,
    /// Field 2 is 32 zeros.
    #[error("salt (field 2) is all zero")]
    SaltZero,
    /// No field numbered 100 or more.
    #[error("there is no body (a field numbered 100 or more)")]
    BodyMissing,
    /// More than one field numbered 100 or more.
    #[error("there are two bodies (fields numbered 100 or more)")]
    BodyTwice,
    /// The body is not length-delimited.
    #[error("the body is not length-delimited")]
    BodyNotDelimited,
    /// The body's content breaks a rule of the wire.
    #[error("body: {0}")]
    Body(wire::Error),
    /// A field number above 503 inside the body.
    #[error("body: a field number above 503")]
    BodyFieldOver503,
}

impl NotAnEnvelope {
    /// Every rule, so that one can be found by its name.
    pub fn all() -> impl Iterator<Item = Self> {
        let wire = wire::Error::ALL.into_iter();
        let wire = wire.flat_map(|error| [Self::Envelope(error), Self::Body(error)]);
        let own = [
            Self::NullValue,
            Self::FrameTruncated,
            Self::FrameNumberTooLong,
            Self::FrameNumberNotMinimal,
            Self::FrameCountNegative,
            Self::FrameCountTooLarge,
            Self::EventIdMissing,
            Self::EventIdTwice,
            Self::EventIdNot16Bytes,
            Self::SaltMissing,
            Self::SaltTwice,
            Self::SaltNot32Bytes,
            Self::SaltZero,
            Self::BodyMissing,
            Self::BodyTwice,
            Self::BodyNotDelimited,
            Self::BodyFieldOver503,
        ];
        own.into_iter().chain(wire)
    }

    /// The rule's stable name, as verdicts and golden vectors have it.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NullValue => "null_value",
            Self::FrameTruncated => "frame_truncated",
            Self::FrameNumberTooLong => "frame_number_too_long",
            Self::FrameNumberNotMinimal => "frame_number_not_minimal",
            Self::FrameCountNegative => "frame_count_negative",
            Self::FrameCountTooLarge => "frame_count_too_large",
            Self::Envelope(error) => wire_rules(error).0,
            Self::EventIdMissing => "event_id_missing",
            Self::EventIdTwice => "event_id_twice",
            Self::EventIdNot16Bytes => "event_id_not_16_bytes",
            Self::SaltMissing => "salt_missing",
            Self::SaltTwice => "salt_twice",
            Self::SaltNot32Bytes => "salt_not_32_bytes",
            Self::SaltZero => "salt_zero",
            Self::BodyMissing => "body_missing",
            Self::BodyTwice => "body_twice",
            Self::BodyNotDelimited => "body_not_delimited",
            Self::Body(error) => wire_rules(error).1,
            Self::BodyFieldOver503 => "body_field_over_503",
        }
    }
}

/// The names of a wire rule broken in the envelope, and in the body.
const fn wire_rules(error: wire::Error) -> (&'static str, &'static str) {
    match error {
        wire::Error::Truncated => ("truncated", "body_truncated"),
        wire::Error::LengthPastEnd => ("length_past_end", "body_length_past_end"),
        wire::Error::TagTooLong => ("tag_too_long", "body_tag_too_long"),
        wire::Error::TagNotMinimal => ("tag_not_minimal", "body_tag_not_minimal"),
        wire::Error::LengthTooLong => ("length_too_long", "body_length_too_long"),
        wire::Error::LengthNotMinimal => ("length_not_minimal", "body_length_not_minimal"),
        wire::Error::VarintTooLong => ("varint_too_long", "body_varint_too_long"),
        wire::Error::VarintTooLarge => ("varint_too_large", "body_varint_too_large"),
        wire::Error::WireType => ("wire_type", "body_wire_type"),
        wire::Error::FieldNumberZero => ("field_number_zero", "body_field_number_zero"),
        wire::Error::FieldNumbersFall => ("field_numbers_fall", "body_field_numbers_fall"),
    }
}

/// The fields of one block as they stand on the wire, borrowed from the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// Field number divided by eight: 0–12 in the envelope, 0–62 in the body.
    pub number: u8,
    /// `event_id`'s field in block 0 of the envelope, where `salt` is left out after it; else empty.
    pub head: &'a [u8],
    /// The other fields; numbers never fall, so they are one piece.
    pub tail: &'a [u8],
}

/// A value that keeps the rules, cut at its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'a> {
    /// The Confluent header, or empty.
    pub frame: &'a [u8],
    /// Field 1 of the envelope.
    pub event_id: &'a [u8; EVENT_ID_BYTES],
    /// Field 2 of the envelope: in no block.
    pub salt: &'a [u8; SALT_BYTES],
    /// The envelope's blocks that stand, ascending.
    pub envelope: Vec<Block<'a>>,
    /// The body's field number, at least 100.
    pub body_number: u32,
    /// The whole content of the body.
    pub body: &'a [u8],
    /// The body's blocks that stand, ascending.
    pub body_blocks: Vec<Block<'a>>,
}

/// Splits a record's value.
///
/// # Errors
/// The first rule that the value breaks, in reading order.
pub fn split(value: &[u8]) -> Result<Split<'_>, NotAnEnvelope> {
    let (frame, envelope) = split_frame(value)?;
    let mut reading = Reading::of(envelope);
    for field in Fields::of(envelope) {
        reading.take(&field.map_err(NotAnEnvelope::Envelope)?)?;
    }
    reading.finish(frame)
}

/// Cuts a leading Confluent header from a value: (frame, rest). A first byte 0x00 always means a
/// frame, since no protobuf tag is 0.
///
/// # Errors
/// The first rule of the frame that the value breaks.
pub fn split_frame(value: &[u8]) -> Result<(&[u8], &[u8]), NotAnEnvelope> {
    if value.first() != Some(&0) {
        return Ok((&[], value));
    }
    let mut rest = value
        .get(FRAME_HEAD_BYTES..)
        .ok_or(NotAnEnvelope::FrameTruncated)?;
    for _ in 0..frame_count(&mut rest)? {
        frame_number(&mut rest)?;
    }
    Ok(value.split_at(value.len() - rest.len()))
}

fn frame_count(rest: &mut &[u8]) -> Result<u64, NotAnEnvelope> {
    let zigzag = frame_number(rest)?;
    // In zigzag the odd numbers are the negative ones.
    if zigzag % 2 == 1 {
        return Err(NotAnEnvelope::FrameCountNegative);
    }
    let count = zigzag / 2;
    if count > FRAME_INDEXES {
        Err(NotAnEnvelope::FrameCountTooLarge)
    } else {
        Ok(count)
    }
}

fn frame_number(rest: &mut &[u8]) -> Result<u64, NotAnEnvelope> {
    let (number, length) = wire::read_short_varint(rest).map_err(|error| match error {
        ShortVarintError::Truncated => NotAnEnvelope::FrameTruncated,
        ShortVarintError::TooLong => NotAnEnvelope::FrameNumberTooLong,
        ShortVarintError::NotMinimal => NotAnEnvelope::FrameNumberNotMinimal,
    })?;
    *rest = &rest[length..];
    Ok(number)
}

/// An envelope, half read.
struct Reading<'a> {
    event_id: Option<&'a [u8; EVENT_ID_BYTES]>,
    salt: Option<&'a [u8; SALT_BYTES]>,
    blocks: Blocks<'a>,
    body: Option<(u32, &'a [u8], Vec<Block<'a>>)>,
}

impl<'a> Reading<'a> {
    fn of(envelope: &'a [u8]) -> Self {
        Self {
            event_id: None,
            salt: None,
            blocks: Blocks::of(envelope),
            body: None,
        }
    }

    fn take(&mut self, field: &Field<'a>) -> Result<(), NotAnEnvelope> {
        match field.number {
            EVENT_ID => self.take_event_id(field),
            SALT => self.take_salt(field),
            FIRST_BODY.. => self.take_body(field),
            _ => {
                self.blocks.push(field);
                Ok(())
            }
        }
    }

    fn take_event_id(&mut self, field: &Field<'a>) -> Result<(), NotAnEnvelope> {
        if self.event_id.is_some() {
            return Err(NotAnEnvelope::EventIdTwice);
        }
        let bytes = field.value.bytes().and_then(|bytes| bytes.try_into().ok());
        self.event_id = Some(bytes.ok_or(NotAnEnvelope::EventIdNot16Bytes)?);
        self.blocks.push_head(field);
        Ok(())
    }

    fn take_salt(&mut self, field: &Field<'a>) -> Result<(), NotAnEnvelope> {
        if self.salt.is_some() {
            return Err(NotAnEnvelope::SaltTwice);
        }
        let bytes = field.value.bytes().and_then(|bytes| bytes.try_into().ok());
        let salt: &[u8; SALT_BYTES] = bytes.ok_or(NotAnEnvelope::SaltNot32Bytes)?;
        if *salt == [0; SALT_BYTES] {
            return Err(NotAnEnvelope::SaltZero);
        }
        self.salt = Some(salt);
        Ok(())
    }

    fn take_body(&mut self, field: &Field<'a>) -> Result<(), NotAnEnvelope> {
        if self.body.is_some() {
            return Err(NotAnEnvelope::BodyTwice);
        }
        let content = field.value.bytes().ok_or(NotAnEnvelope::BodyNotDelimited)?;
        self.body = Some((field.number, content, body_blocks(content)?));
        Ok(())
    }

    fn finish(self, frame: &'a [u8]) -> Result<Split<'a>, NotAnEnvelope> {
        let event_id = self.event_id.ok_or(NotAnEnvelope::EventIdMissing)?;
        let salt = self.salt.ok_or(NotAnEnvelope::SaltMissing)?;
        let (body_number, body, body_blocks) = self.body.ok_or(NotAnEnvelope::BodyMissing)?;
        let envelope = self.blocks.blocks;
        Ok(Split {
            frame,
            event_id,
            salt,
            envelope,
            body_number,
            body,
            body_blocks,
        })
    }
}

fn body_blocks(body: &[u8]) -> Result<Vec<Block<'_>>, NotAnEnvelope> {
    let mut blocks = Blocks::of(body);
    for field in Fields::of(body) {
        let field = field.map_err(NotAnEnvelope::Body)?;
        if field.number > LAST_BODY_FIELD {
            return Err(NotAnEnvelope::BodyFieldOver503);
        }
        blocks.push(&field);
    }
    Ok(blocks.blocks)
}

/// The blocks of one message, growing field by field.
struct Blocks<'a> {
    message: &'a [u8],
    blocks: Vec<Block<'a>>,
}

impl<'a> Blocks<'a> {
    fn of(message: &'a [u8]) -> Self {
        Self {
            message,
            blocks: Vec::with_capacity(8),
        }
    }

    #[inline]
    fn push(&mut self, field: &Field<'a>) {
        let number = block_of(field.number);
        let wire = &self.message[field.start..field.end];
        match self.blocks.last_mut() {
            Some(block) if block.number == number => {
                block.tail = &self.message[field.start - block.tail.len()..field.end];
            }
            _ => self.blocks.push(Block {
                number,
                head: &[],
                tail: wire,
            }),
        }
    }

    fn push_head(&mut self, field: &Field<'a>) {
        let head = &self.message[field.start..field.end];
        self.blocks.push(Block {
            number: block_of(field.number),
            head,
            tail: &[],
        });
    }
}

fn block_of(field: u32) -> u8 {
    u8::try_from(field / BLOCK_FIELDS).expect("numbers above 503 were refused before")
}
