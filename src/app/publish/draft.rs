//! From a line to a record that may be sent: what is missing filled in, its place, its verdict.

use custodia_core::placement::partition_of;
use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::{self, v1::Topic};
use custodia_core::verdict::{Place, Reason, TopicRole, judge};
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use serde::Serialize;
use uuid::Uuid;

use super::{Misfit, Vouching, misfit};

/// Why a line is not sent. As JSON its reason: `{"reason":"missing_field","path":"producer"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(untagged)]
pub enum Refusal {
    /// It can't be read as an event.
    #[error(transparent)]
    Unread(#[from] Misfit),
    /// It would be quarantined.
    #[error("{0}")]
    Quarantined(Reason),
}

/// How many partitions each topic has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partitions {
    pub(super) events: u32,
    pub(super) registry: u32,
    pub(super) access: u32,
}

impl Partitions {
    const fn of(self, role: TopicRole) -> u32 {
        match role {
            TopicRole::Events => self.events,
            TopicRole::Registry => self.registry,
            TopicRole::Access => self.access,
        }
    }
}

/// What an event is given where its line doesn't say it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fresh {
    event_id: [u8; 16],
    salt: [u8; 32],
}

impl Fresh {
    /// A `UUIDv7` of this time, and 32 random bytes.
    pub(super) fn at(now_ms: i64) -> Result<Self, getrandom::Error> {
        let (mut random, mut salt) = ([0; 10], [0; 32]);
        getrandom::fill(&mut random)?;
        getrandom::fill(&mut salt)?;
        let unix_ms = u64::try_from(now_ms).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid();
        Ok(Self {
            event_id: *id.as_bytes(),
            salt,
        })
    }
}

/// An event that is whole and has a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) event_id: Uuid,
    pub(super) role: TopicRole,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// Reads, fills in, signs and judges a line, as its record would be judged that reaches Kafka at `now_ms`
/// where Java's partitioner puts it. Whether its id stood before is for the ledger to say.
///
/// # Errors
/// Every reason against it; where it can be read, the first is the one its verdict would name.
pub(super) fn draft(
    line: &str,
    partitions: Partitions,
    now_ms: i64,
    fresh: &Fresh,
    vouching: Option<&Vouching>,
) -> Result<Draft, Vec<Refusal>> {
    let unread = |misfits: Vec<Misfit>| misfits.into_iter().map(Refusal::from).collect::<Vec<_>>();
    let mut event = misfit::read(line).map_err(unread)?;
    fill(&mut event, fresh);
    if let Some(vouching) = vouching {
        vouching.sign(&mut event);
    }
    let (role, key) = address(&event);
    let place = place(role, key.as_deref(), partitions);
    let timestamp = Timestamp::LogAppend(now_ms);
    let value = Some(event.encode_to_vec());
    let record = Record {
        offset: 0,
        timestamp,
        key,
        value,
        headers: Vec::new(),
    };
    let judged = judge(&record, &place);
    if let Some(first) = judged.reason {
        return Err(reasons(first, &event));
    }
    let event_id = judged.facts.map(|facts| Uuid::from_bytes(*facts.event_id));
    let event_id = event_id.expect("a record that is accepted splits, and has an id");
    let (key, value) = (
        record.key.unwrap_or_default(),
        record.value.unwrap_or_default(),
    );
    Ok(Draft {
        event_id,
        role,
        key,
        value,
    })
}

/// Fills in `event_id` and `salt` where they aren't given; what is given stays, even if it is
/// wrong.
fn fill(event: &mut DynamicMessage, fresh: &Fresh) {
    for (name, bytes) in [("event_id", &fresh.event_id[..]), ("salt", &fresh.salt[..])] {
        if !event.has_field_by_name(name) {
            event.set_field_by_name(name, Value::Bytes(bytes.to_vec().into()));
        }
    }
}

/// Topic and key. An event that has no key is judged without one, in the registry.
fn address(event: &DynamicMessage) -> (TopicRole, Option<Vec<u8>>) {
    let Some(placement) = schema::placement(event) else {
        return (TopicRole::Registry, None);
    };
    let role = match placement.topic {
        Topic::Events => TopicRole::Events,
        Topic::Access => TopicRole::Access,
        Topic::Registry | Topic::Unspecified => TopicRole::Registry,
    };
    (role, Some(placement.key))
}

fn place(role: TopicRole, key: Option<&[u8]>, partitions: Partitions) -> Place {
    let partitions = partitions.of(role);
    let partition = partition_of(key.unwrap_or_default(), partitions).unwrap_or(0);
    Place {
        role,
        partition,
        partitions,
    }
}

/// The verdict's reason, then everything else that the schema says against it.
fn reasons(first: Reason, event: &DynamicMessage) -> Vec<Refusal> {
    let mut reasons = vec![first];
    for reason in schema::faults_of(event).into_iter().map(Reason::from) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.into_iter().map(Refusal::Quarantined).collect()
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
