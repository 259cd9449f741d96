//! The ledger's own notices for the registry: logs opened and closed, checkpoints published.

use custodia_core::checkpoint::Checkpoint;
use custodia_core::handover::Handover;
use custodia_core::origin::Origin;
use custodia_core::schema::LEDGER_PRODUCER;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    CheckpointPublished, Event, IsolationLevel, LogClosed, LogOpened, LogStart,
    SigningKeyHandedOver,
};
use prost::Message;

use super::{Closing, Generation, Outbox, OutboxError};
use crate::clock::Clock;

/// The producer that the ledger's own events name.
pub const PRODUCER: &str = LEDGER_PRODUCER;
/// What a notice says of a topic id that the broker can't be asked for.
const UNASKED: &str = "unasked";

/// The `LogOpened` event of a generation; `previous` is the one before it, `opened_by` the
/// employee reference of who opened it, `approvals` what people signed who approved it.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn log_opened(
    origin: &Origin,
    generation: &Generation,
    previous: Option<&Origin>,
    opened_by: Option<&str>,
    approvals: &[String],
    clock: &dyn Clock,
) -> Result<Vec<u8>, getrandom::Error> {
    let start = match generation.start_offset {
        0 => LogStart::LsOffsetZero,
        _ => LogStart::LsNamedOffset,
    };
    let body = LogOpened {
        origin: origin.to_string(),
        cluster_id: generation.cluster_id.clone(),
        topic_id: generation
            .topic_id
            .clone()
            .unwrap_or_else(|| UNASKED.to_owned()),
        partition_count: Some(generation.partitions),
        start_offset: Some(generation.start_offset),
        isolation_level: IsolationLevel::IlReadCommitted.into(),
        entry_version: Some(generation.entry_version.into()),
        start: start.into(),
        previous_origin: previous.map(ToString::to_string).unwrap_or_default(),
        opened_by_ref: opened_by.unwrap_or_default().to_owned(),
        approvals: approvals.to_vec(),
        ..LogOpened::default()
    };
    notice(Body::LogOpened(body), clock)
}

/// The `LogClosed` event of a log; `closed_by` is the employee reference of who closed it.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn log_closed(
    origin: &Origin,
    closing: &Closing,
    closed_by: Option<&str>,
    clock: &dyn Clock,
) -> Result<Vec<u8>, getrandom::Error> {
    let body = LogClosed {
        origin: origin.to_string(),
        size: Some(closing.size),
        root: closing.root.to_vec(),
        end: closing.log_end().into(),
        next_offset: Some(closing.next_offset),
        closed_by_ref: closed_by.unwrap_or_default().to_owned(),
        ..LogClosed::default()
    };
    notice(Body::LogClosed(body), clock)
}

/// The `CheckpointPublished` event of a signed checkpoint.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn checkpoint_published(
    checkpoint: &Checkpoint,
    clock: &dyn Clock,
) -> Result<Vec<u8>, getrandom::Error> {
    let body = CheckpointPublished {
        origin: checkpoint.origin.clone(),
        size: Some(checkpoint.size),
        root: checkpoint.root.to_vec(),
        index: Vec::new(),
    };
    notice(Body::CheckpointPublished(body), clock)
}

/// The `SigningKeyHandedOver` event of a hand-over and its signed note.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn key_handed_over(
    said: &Handover,
    signed: &str,
    clock: &dyn Clock,
) -> Result<Vec<u8>, getrandom::Error> {
    let body = SigningKeyHandedOver {
        ledger: said.ledger.to_string(),
        old_public_key: said.old.to_vec(),
        new_public_key: said.new.to_vec(),
        handed_over_at: Some(timestamp(said.at_ms)),
        handover_note: signed.to_owned(),
        handed_over_by_ref: String::new(),
    };
    notice(Body::SigningKeyHandedOver(body), clock)
}

/// Puts a notice in the registry, keyed by the origin that it is about.
///
/// # Errors
/// [`OutboxError`] where Kafka did not acknowledge it.
pub fn announce(
    outbox: &dyn Outbox,
    registry: &str,
    origin: &str,
    event: &[u8],
) -> Result<(), OutboxError> {
    outbox.deliver(registry, origin.as_bytes(), event).map(drop)
}

/// An event of the ledger itself, encoded: a fresh id and salt, and the clock's time.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn notice(body: Body, clock: &dyn Clock) -> Result<Vec<u8>, getrandom::Error> {
    let now_ms = clock.now_ms();
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)?;
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    let unix_ms = u64::try_from(now_ms).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid();
    let event = Event {
        event_id: id.as_bytes().to_vec(),
        salt: salt.to_vec(),
        occurred_at: Some(timestamp(now_ms)),
        producer: PRODUCER.to_owned(),
        body: Some(body),
        ..Event::default()
    };
    Ok(event.encode_to_vec())
}

fn timestamp(ms: i64) -> prost_types::Timestamp {
    // The remainder is 0 to 999 milliseconds: below 2^30 nanoseconds.
    let nanos = i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap_or(0);
    prost_types::Timestamp {
        seconds: ms.div_euclid(1000),
        nanos,
    }
}
