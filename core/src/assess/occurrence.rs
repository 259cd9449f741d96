//! An accepted event at its place in the log: what rules look at.

use prost::encoding::decode_key;

use super::finding::LeafAt;
use crate::schema::v1::Event;
use crate::schema::v1::event::Body;

/// An accepted event, and where it stands. A duplicate or a quarantined record is none.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// The leaf.
    pub leaf: LeafAt,
    /// When Kafka took the record, in ms since 1970; none where Kafka has no time of it.
    pub record_time_ms: Option<i64>,
    /// When it happened, by the event, in ms since 1970.
    pub occurred_at_ms: i64,
    /// The kind of event: the body's field number in the envelope.
    pub kind: u32,
    /// What the event says, as far as it is shown.
    pub event: Event,
}

impl Occurrence {
    /// An occurrence of an event; none where it has no body or doesn't say when it happened.
    pub fn of(leaf: LeafAt, record_time_ms: Option<i64>, event: Event) -> Option<Self> {
        let kind = kind_of(event.body.as_ref()?);
        let occurred_at_ms = event.occurred_at.as_ref().map(ms_of)?;
        Some(Self {
            leaf,
            record_time_ms,
            occurred_at_ms,
            kind,
            event,
        })
    }

    /// The event's body.
    ///
    /// # Panics
    /// Never: what has no body is no occurrence.
    pub fn body(&self) -> &Body {
        self.event
            .body
            .as_ref()
            .expect("Occurrence::of takes none without a body")
    }

    /// The person whom the event is about, where the envelope names one.
    pub fn subject(&self) -> Option<&str> {
        Some(self.event.subject_ref.as_str()).filter(|subject| !subject.is_empty())
    }

    /// What orders occurrences: when they happened, then when Kafka took them, log and index.
    pub(crate) fn order(&self) -> (i64, Option<i64>, &str, u64) {
        (
            self.occurred_at_ms,
            self.record_time_ms,
            &self.leaf.log,
            self.leaf.index,
        )
    }
}

/// The field number under which a body stands in the envelope.
fn kind_of(body: &Body) -> u32 {
    let mut bytes = Vec::with_capacity(body.encoded_len());
    body.encode(&mut bytes);
    let tag = decode_key(&mut bytes.as_slice());
    tag.expect("prost writes a tag before the body it encodes")
        .0
}

/// A timestamp of an event in whole milliseconds since 1970; what is out of range at its ends.
pub fn ms_of(time: &prost_types::Timestamp) -> i64 {
    let millis = i64::from(time.nanos).div_euclid(1_000_000);
    time.seconds.saturating_mul(1000).saturating_add(millis)
}
