//! Whether opened bytes can be those of their slot (`proto/FORMAT.md` 7.2).
//!
//! A commitment alone doesn't say that its slots came from a record; their form does.

use super::{SlotId, SlotKind};
use crate::record;
use crate::record::canonical::Reader;
use crate::split::{BLOCK_FIELDS, EVENT_ID_BYTES, FIRST_BODY, NotAnEnvelope, split, split_frame};
use crate::wire::{self, Field, Fields};

/// Why bytes can't be those of the slot that they are shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A block breaks a rule of the wire.
    #[error("block: {0}")]
    Wire(wire::Error),
    /// A block without a field: such a slot doesn't exist.
    #[error("a block without a field")]
    EmptyBlock,
    /// A field that belongs to another block.
    #[error("field {0} belongs to another block")]
    ForeignField(u32),
    /// Block 0 of the envelope without one `event_id` of 16 bytes, or with the salt.
    #[error("block 0 holds not just one event_id, or the salt")]
    FirstBlock,
    /// The type slot is not a field number from 100 up in four bytes.
    #[error("no field number of a body")]
    BodyType,
    /// A nullable slot that is neither `00` nor `01 ‖ bytes`.
    #[error("neither null nor present")]
    Presence,
    /// The transport slot's lengths, counts or header names are wrong.
    #[error("transport: {0}")]
    Transport(record::Error),
    /// The transport slot's frame is not exactly a Confluent header.
    #[error("the frame is no Confluent header")]
    Frame,
    /// An unsplit record with a frame.
    #[error("a frame on a record that doesn't split")]
    FrameOnUnsplit,
    /// The value slot of an unsplit record holds a value that splits.
    #[error("the value does split")]
    ValueSplits,
}

impl SlotId {
    /// Refuses bytes that no record puts into this slot; an unknown id is not judged here.
    pub(crate) fn check_form(self, bytes: &[u8], splits: bool) -> Result<(), Malformed> {
        match self.kind() {
            Some(SlotKind::EnvelopeBlock(number)) => check_envelope_block(number, bytes),
            Some(SlotKind::BodyType) => check_body_type(bytes),
            Some(SlotKind::BodyBlock(number)) => check_block(number, bytes, |_| Ok(())),
            Some(SlotKind::Key) => nullable(bytes).map(|_| ()),
            Some(SlotKind::Transport) => check_transport(bytes, splits),
            Some(SlotKind::Value) => check_value(bytes),
            None => Ok(()),
        }
    }
}

fn check_block(
    number: u8,
    bytes: &[u8],
    mut each: impl FnMut(&Field<'_>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::EmptyBlock);
    }
    for field in Fields::of(bytes) {
        let field = field.map_err(Malformed::Wire)?;
        if field.number / BLOCK_FIELDS != u32::from(number) {
            return Err(Malformed::ForeignField(field.number));
        }
        each(&field)?;
    }
    Ok(())
}

fn check_envelope_block(number: u8, bytes: &[u8]) -> Result<(), Malformed> {
    let mut event_ids = 0;
    check_block(number, bytes, |field| {
        match (field.number, field.value.bytes()) {
            (FIRST_BODY.., _) => Err(Malformed::ForeignField(field.number)),
            (1, Some(bytes)) if bytes.len() == EVENT_ID_BYTES => {
                event_ids += 1;
                Ok(())
            }
            (1 | 2, _) => Err(Malformed::FirstBlock),
            _ => Ok(()),
        }
    })?;
    if event_ids == usize::from(number == 0) {
        Ok(())
    } else {
        Err(Malformed::FirstBlock)
    }
}

fn check_body_type(bytes: &[u8]) -> Result<(), Malformed> {
    match bytes.try_into().map(u32::from_be_bytes) {
        Ok(FIRST_BODY..) => Ok(()),
        _ => Err(Malformed::BodyType),
    }
}

fn nullable(bytes: &[u8]) -> Result<Option<&[u8]>, Malformed> {
    match bytes {
        [0] => Ok(None),
        [1, bytes @ ..] => Ok(Some(bytes)),
        _ => Err(Malformed::Presence),
    }
}

fn check_transport(bytes: &[u8], splits: bool) -> Result<(), Malformed> {
    let mut reader = Reader::of(bytes);
    let frame = reader.bytes().map_err(Malformed::Transport)?;
    reader.headers().map_err(Malformed::Transport)?;
    reader.finish().map_err(Malformed::Transport)?;
    match frame {
        [] => Ok(()),
        _ if !splits => Err(Malformed::FrameOnUnsplit),
        _ => check_frame(frame),
    }
}

fn check_frame(frame: &[u8]) -> Result<(), Malformed> {
    match split_frame(frame) {
        Ok((whole, [])) if whole == frame => Ok(()),
        _ => Err(Malformed::Frame),
    }
}

fn check_value(bytes: &[u8]) -> Result<(), Malformed> {
    match nullable(bytes)?.map_or(Err(NotAnEnvelope::NullValue), split) {
        Ok(_) => Err(Malformed::ValueSplits),
        Err(_) => Ok(()),
    }
}
