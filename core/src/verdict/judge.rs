//! The verdict of one record by itself.

use prost::Message as _;

use super::facts::BodyLayout;
use super::{Facts, Reason, quick};
use crate::placement::partition_of;
use crate::record::{NO_TIMESTAMP_MS, Record};
use crate::schema;
use crate::schema::v1::{self, SubjectRule, Topic};
use crate::split::{NotAnEnvelope, Split, split};

/// The largest record that is decoded: key, value, and the headers' names and values, in bytes.
pub const MAX_EVENT_BYTES: u64 = 1 << 20;
/// How far `occurred_at` may be later than the record's timestamp, in milliseconds: ten minutes.
pub const FUTURE_SKEW_MS: i64 = 10 * 60 * 1000;

/// What a topic is for; its name is configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TopicRole {
    /// What concerns one person.
    Events,
    /// What concerns no single person.
    Registry,
    /// Looks.
    Access,
}

impl TopicRole {
    const fn topic(self) -> Topic {
        match self {
            Self::Events => Topic::Events,
            Self::Registry => Topic::Registry,
            Self::Access => Topic::Access,
        }
    }
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The topic's role.
    pub role: TopicRole,
    /// The partition.
    pub partition: u32,
    /// How many partitions the topic has, as the log's generation fixes it.
    pub partitions: u32,
}

/// What can be said of one record without any other.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged<'a> {
    /// Why it is quarantined, where it is.
    pub reason: Option<Reason>,
    /// What it says, where it splits.
    pub facts: Option<Facts<'a>>,
}

/// Judges a record by itself and its place, in the order that the module documents. A pure
/// function; takes any bytes.
pub fn judge<'a>(record: &'a Record, place: &Place) -> Judged<'a> {
    let bytes = bytes_of(record);
    let too_large = (bytes > MAX_EVENT_BYTES).then_some(Reason::TooLarge { bytes });
    let value = record.value.as_deref();
    let read = value.ok_or(NotAnEnvelope::NullValue).and_then(|value| {
        let split = split(value)?;
        let facts = Facts::of(&split, &value[split.frame.len()..]);
        Ok((split, facts))
    });
    match read {
        Err(rule) => {
            let reason = too_large.unwrap_or(Reason::NotAnEnvelope { rule });
            Judged {
                reason: Some(reason),
                facts: None,
            }
        }
        Ok((split, facts)) => {
            let reason = too_large.or_else(|| reason_of(record, place, &split, &facts));
            Judged {
                reason,
                facts: Some(facts),
            }
        }
    }
}

/// The event of a record, decoded; none where it doesn't split or decode.
pub fn event_of(record: &Record) -> Option<v1::Event> {
    let value = record.value.as_deref()?;
    let frame = split(value).ok()?.frame.len();
    v1::Event::decode(&value[frame..]).ok()
}

fn reason_of(
    record: &Record,
    place: &Place,
    split: &Split<'_>,
    facts: &Facts<'_>,
) -> Option<Reason> {
    let number = split.body_number;
    let Some(layout) = BodyLayout::of(number) else {
        return Some(Reason::UnknownBody { number });
    };
    by_schema(facts.event)
        .or_else(|| by_place(record, place, layout, facts))
        .or_else(|| by_time(record, facts))
}

/// Most events are whole, and the quick look says so; what it doubts is looked at in full.
fn by_schema(event: &[u8]) -> Option<Reason> {
    if quick::is_whole(event) {
        None
    } else {
        Reason::of_faults(schema::faults(event))
    }
}

fn by_place(
    record: &Record,
    place: &Place,
    layout: &BodyLayout,
    facts: &Facts<'_>,
) -> Option<Reason> {
    let named = facts.subject_ref.is_some();
    let topic = match layout.topic {
        Topic::Events if !named && layout.subject != SubjectRule::Required => Topic::Registry,
        topic => topic,
    };
    if topic != place.role.topic() {
        return Some(Reason::WrongTopic);
    }
    let key = record.key.as_deref();
    let due = if named {
        facts.subject_ref.map(str::as_bytes)
    } else {
        facts.key_field
    };
    if due.is_none() || key != due {
        return Some(if named {
            Reason::KeyIsNotSubject
        } else {
            Reason::WrongKey
        });
    }
    let partition = partition_of(key.unwrap_or_default(), place.partitions);
    (partition != Some(place.partition)).then_some(Reason::Misplaced)
}

fn by_time(record: &Record, facts: &Facts<'_>) -> Option<Reason> {
    let timestamp = record.timestamp.millis();
    let latest = timestamp.saturating_add(FUTURE_SKEW_MS);
    let later = timestamp != NO_TIMESTAMP_MS && facts.occurred_at_ms.is_some_and(|at| at > latest);
    later.then_some(Reason::FromTheFuture)
}

fn bytes_of(record: &Record) -> u64 {
    let length = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
    let headers = record
        .headers
        .iter()
        .map(|h| h.name.len() + length(&h.value));
    (length(&record.key) + length(&record.value) + headers.sum::<usize>()) as u64
}
