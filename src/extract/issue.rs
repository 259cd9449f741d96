//! Putting an extract on record, and proving that it is.

use std::time::Duration;

use custodia_core::commitment::slot_digest;
use custodia_core::extract::{
    EventLine, Int, OpenedSlot, Query, QueryKind, Said, SaidVerdict, SlotLine, WithheldSlot,
};
use custodia_core::receipt;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ExtractIssued, ExtractRequested, RequesterKind};
use custodia_core::slot::{SlotId, Slots};
use custodia_core::verdict::TopicRole;

use super::Error;
use super::leaf::Leaf;
use super::office::{OfficeParts, Progress};
use super::question::Asked;
use crate::keys::erased_subject;
use crate::log::{Delivered, notices};
use crate::query::{Asking, LogRows};

/// How often one looks whether a checkpoint came.
const POLL: Duration = Duration::from_millis(20);

/// The leaf of an `ExtractIssued`, under a signed checkpoint.
pub(super) struct Recorded {
    pub(super) log: String,
    pub(super) index: u64,
    /// The `.tlog-proof` file.
    pub(super) receipt: String,
}

/// Sends `ExtractRequested`; Kafka has it before it gets `ExtractIssued`.
pub(super) fn request(parts: &OfficeParts, asking: &Asking, asked: &Asked) -> Result<(), Error> {
    let key = asked.request.id.clone();
    let body = Body::ExtractRequested(requested(asking, asked));
    let event = notices::notice(body, parts.clock.as_ref())?;
    let sent = parts
        .outbox
        .deliver(&parts.registry_topic, key.as_bytes(), &event);
    sent.map(drop).map_err(Error::NotRecorded)
}

/// Who asks for what, and why the law lets them: the holder of the extract, once it left.
fn requested(asking: &Asking, asked: &Asked) -> ExtractRequested {
    let (query, request) = (&asked.query, &asked.request);
    let of = |kind| {
        if query.kind == kind {
            query.id.clone()
        } else {
            String::new()
        }
    };
    let requester = RequesterKind::from_str_name(&request.requester).unwrap_or_default();
    ExtractRequested {
        recipient_id: of(QueryKind::Recipient),
        incident_id: of(QueryKind::Incident),
        extract_request_id: request.id.clone(),
        requester: requester.into(),
        requester_name: request.requester_name.clone(),
        legal_basis: asked.basis.into(),
        scope_query: asked.normal(),
        profile: asked.profile.redaction().into(),
        document_sha256: request
            .document_sha256
            .map_or_else(Vec::new, |digest| digest.0.to_vec()),
        period_from: None,
        period_until: None,
        requested_by_ref: asking.principal.employee.clone(),
        subject_blake3: subject_digest(query),
    }
}

/// The digest of the person whom an extract is about; nothing where it is about none.
pub(super) fn subject_digest(query: &Query) -> Vec<u8> {
    match query.kind {
        QueryKind::Subject => erased_subject(&query.id).to_vec(),
        _ => Vec::new(),
    }
}

/// Sends `ExtractIssued`, and waits until it is a leaf that a signed checkpoint covers.
pub(super) fn record(
    parts: &OfficeParts,
    issued: ExtractIssued,
    progress: &dyn Fn(Progress),
) -> Result<Recorded, Error> {
    progress(Progress::Recording);
    let key = issued.extract_request_id.clone();
    let event = notices::notice(Body::ExtractIssued(issued), parts.clock.as_ref())?;
    let delivered = parts
        .outbox
        .deliver(&parts.registry_topic, key.as_bytes(), &event)
        .map_err(Error::NotRecorded)?;
    let deadline = parts.clock.monotonic().saturating_add(parts.patience);
    let log = registry(parts, delivered)?;
    let index = leaf_of(parts, log, delivered, deadline)?;
    progress(Progress::Signing);
    let leaf = Leaf::read(log, parts.desk.view().keys(), index)?;
    let value = leaf
        .record
        .as_ref()
        .and_then(|record| record.value.as_ref());
    if value != Some(&event) || leaf.said_verdict() != SaidVerdict::Accepted {
        let what = format!(
            "leaf {index} of {} is not the ExtractIssued sent",
            log.log().name()
        );
        return Err(Error::Unsound(what));
    }
    let receipt = receipt_of(parts, log, index, &leaf, deadline)?;
    Ok(Recorded {
        log: log.log().name().to_owned(),
        index,
        receipt,
    })
}

/// The log in which the record landed.
fn registry(parts: &OfficeParts, delivered: Delivered) -> Result<&LogRows, Error> {
    let logs = parts.desk.view().logs();
    let mut of_partition = logs.filter(|rows| {
        rows.role == TopicRole::Registry && rows.log().origin().partition == delivered.partition
    });
    let newest = of_partition
        .by_ref()
        .max_by_key(|rows| rows.log().origin().generation);
    newest.ok_or_else(|| Error::Unsound("the ledger has no registry".into()))
}

fn leaf_of(
    parts: &OfficeParts,
    rows: &LogRows,
    delivered: Delivered,
    deadline: Duration,
) -> Result<u64, Error> {
    let log = rows.log();
    loop {
        let tail = log.tail();
        if tail.next_offset > delivered.offset {
            break;
        }
        let left = left(parts, deadline, "a leaf")?;
        log.wait_beyond(tail.size, left.min(POLL));
    }
    let index = log.index_of_offset(delivered.offset)?;
    let index = index.ok_or_else(|| Error::Unsound("the ExtractIssued sent is no leaf".into()))?;
    while rows.rows.progress().projected() <= index {
        let left = left(parts, deadline, "judged")?;
        rows.rows
            .progress()
            .wait_projected(index.saturating_add(1), left.min(POLL));
    }
    Ok(index)
}

fn receipt_of(
    parts: &OfficeParts,
    rows: &LogRows,
    index: u64,
    leaf: &Leaf,
    deadline: Duration,
) -> Result<String, Error> {
    let log = rows.log();
    let (size, signed) = loop {
        if let Some(covering) = log.checkpoint_covering(index.saturating_add(1))? {
            break covering;
        }
        std::thread::sleep(left(parts, deadline, "under a signed checkpoint")?.min(POLL));
    };
    let proof = log.inclusion_proof(index, size)?;
    let receipt = receipt::Receipt::new(index, proof, &signed)
        .map_err(|error| Error::Unsound(error.to_string()))?;
    let line = opened(log.name(), index, leaf)?;
    Ok(receipt.with_extra(line.to_json()).to_string())
}

/// What is left until the deadline, or that `what` didn't come in time.
pub(super) fn left(
    parts: &OfficeParts,
    deadline: Duration,
    what: &'static str,
) -> Result<Duration, Error> {
    let left = deadline.checked_sub(parts.clock.monotonic());
    left.filter(|left| !left.is_zero()).ok_or(Error::NotProven {
        what,
        seconds: parts.patience.as_secs(),
    })
}

/// The line that travels in the receipt (`proto/FORMAT.md` 13.10).
fn opened(log: &str, index: u64, leaf: &Leaf) -> Result<EventLine, Error> {
    let opens = [
        SlotId::FIRST_BLOCK,
        SlotId::BODY_TYPE,
        SlotId::body_block(0),
    ];
    let record = leaf.record.as_ref();
    let record = record.ok_or_else(|| Error::Unsound("the ExtractIssued sent is gone".into()))?;
    let slots = Slots::of(record);
    let keyed = slots.iter().zip(slots.keys());
    let lines = keyed.map(|(slot, key)| {
        let bytes = slot.bytes();
        if opens.contains(&slot.id) {
            SlotLine::Opened(OpenedSlot {
                bytes,
                id: slot.id.0,
                key,
            })
        } else {
            SlotLine::Withheld(WithheldSlot {
                digest: slot_digest(&key, &bytes),
                id: slot.id.0,
            })
        }
    });
    Ok(EventLine {
        entry: leaf.entry,
        index: Int(index),
        log: log.to_owned(),
        said: Said {
            duplicate_of: None,
            erased: None,
            people: Vec::new(),
            reason: None,
            subject: None,
            verdict: SaidVerdict::Accepted,
        },
        slots: Some(lines.collect()),
    })
}
