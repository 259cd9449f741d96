//! Whether a value splits, and its parts where it does (design §3.3, split).

use super::wire::{Bytes, Field};

const EVENT_ID: u32 = 1;
const SALT: u32 = 2;
const FIRST_BODY: u32 = 100;
const LAST_IN_BODY: u32 = 503;
const MOST_INDEXES: u64 = 16;

/// A value that splits.
pub(super) struct Envelope<'a> {
    pub frame: &'a [u8],
    pub event_id: &'a [u8],
    pub salt: &'a [u8],
    /// The fields below 100 but the salt.
    pub outer: Vec<Field<'a>>,
    pub body_number: u32,
    pub body: Vec<Field<'a>>,
}

/// The parts of a value; `None` where it doesn't split, whatever the rule.
pub(super) fn split(value: &[u8]) -> Option<Envelope<'_>> {
    let mut rest = Bytes(value);
    pass_frame(&mut rest)?;
    let frame = value.get(..value.len() - rest.0.len())?;
    let fields = rest.fields()?;
    let event_id = the_one(&fields, EVENT_ID, 16)?;
    let salt = the_one(&fields, SALT, 32)?;
    let (outer, bodies): (Vec<Field<'_>>, Vec<Field<'_>>) = fields
        .into_iter()
        .partition(|field| field.number < FIRST_BODY);
    let [body] = bodies[..] else { return None };
    let inner = Bytes(body.content?).fields()?;
    if salt.iter().all(|byte| *byte == 0) || inner.iter().any(|f| f.number > LAST_IN_BODY) {
        return None;
    }
    let outer = outer
        .into_iter()
        .filter(|field| field.number != SALT)
        .collect();
    Some(Envelope {
        frame,
        event_id,
        salt,
        outer,
        body_number: body.number,
        body: inner,
    })
}

/// The content of the field `number`, which stands once and has `length` bytes.
fn the_one<'a>(fields: &[Field<'a>], number: u32, length: usize) -> Option<&'a [u8]> {
    let mut found = fields.iter().filter(|field| field.number == number);
    match (found.next(), found.next()) {
        (Some(field), None) => field.content.filter(|content| content.len() == length),
        _ => None,
    }
}

/// Passes a leading Confluent header, where the first byte says that there is one.
fn pass_frame(rest: &mut Bytes<'_>) -> Option<()> {
    if rest.0.first() != Some(&0) {
        return Some(());
    }
    rest.take(5)?;
    let zigzag = rest.short_varint()?;
    let count = zigzag / 2;
    if zigzag % 2 == 1 || count > MOST_INDEXES {
        return None;
    }
    (0..count).try_for_each(|_| rest.short_varint().map(drop))
}
