//! What the bytes of an event say, as far as they can be read: enough to place it in rows, even
//! where it is quarantined.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_reflect::{FieldDescriptor, Kind};
use prost_types::Timestamp;

use crate::schema::v1::{self, Format, SubjectRule, Topic};
use crate::schema::{self, BodyKind};
use crate::split::{EVENT_ID_BYTES, FIRST_BODY, Split};
use crate::wire::{Field, Fields, Value};

const OCCURRED_AT: u32 = 3;
const PRODUCER: u32 = 4;
const PRODUCER_EPOCH: u32 = 5;
const PRODUCER_SEQ: u32 = 6;
const SUBJECT_REF: u32 = 8;
const CORRELATION_ID: u32 = 16;
/// In every body (design §3.2).
const RECIPIENT_ID: u32 = 1;
/// In every body (design §3.2).
const INCIDENT_ID: u32 = 2;

/// Bytes of the digest that stands for an erased person.
const DIGEST_BYTES: usize = 32;

/// How a record names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// As its key.
    Key,
    /// In the envelope's `subject_ref`.
    Envelope,
    /// In a field of its body.
    Body,
}

/// What an event says of itself, read from bytes that split. Nothing is checked: a text stands as
/// it is wherever it is UTF-8 and not empty. Of a field that stands several times the last counts,
/// as protobuf has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts<'a> {
    /// Field 1 of the envelope.
    pub event_id: &'a [u8; EVENT_ID_BYTES],
    /// The record's value without its frame: what decodes as [`v1::Event`].
    pub event: &'a [u8],
    /// The body's field number.
    pub body_number: u32,
    /// `occurred_at`, in milliseconds since 1970; seconds beyond that range at its ends.
    pub occurred_at_ms: Option<i64>,
    /// The service that sent it.
    pub producer: Option<&'a str>,
    /// The producer's epoch.
    pub producer_epoch: Option<u64>,
    /// The producer's sequence number.
    pub producer_seq: Option<u64>,
    /// The person in the envelope.
    pub subject_ref: Option<&'a str>,
    /// The correlation id.
    pub correlation_id: Option<&'a str>,
    /// The body's field 1.
    pub recipient_id: Option<&'a str>,
    /// The body's field 2.
    pub incident_id: Option<&'a str>,
    /// The bytes of the body's key field, where it has one.
    pub key_field: Option<&'a [u8]>,
    /// References of people in the body, and the digest of one who is erased, by field number.
    pub body_subjects: Vec<&'a [u8]>,
    /// The service that a register event is about.
    pub registered_producer: Option<&'a str>,
    /// Through which endpoint and credential data moved.
    pub access: Option<v1::Access>,
    /// The SDK through which data came or left.
    pub sdk_name: Option<&'a str>,
    /// The employee who looked at a person's data in the company's own systems.
    pub employee_ref: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// Reads what splits; `event` is the value without its frame.
    pub(super) fn of(split: &Split<'a>, event: &'a [u8]) -> Self {
        let mut facts = Self::empty(split, event);
        let mut occurred_at = None;
        for field in Fields::of(event).map_while(Result::ok) {
            if field.number >= FIRST_BODY {
                break;
            }
            facts.take_envelope(&field, &mut occurred_at);
        }
        facts.occurred_at_ms = occurred_at.as_ref().map(millis);
        if let Some(layout) = BodyLayout::of(split.body_number) {
            for field in Fields::of(split.body).map_while(Result::ok) {
                facts.take_body(layout, &field);
            }
        } else {
            for field in Fields::of(split.body).map_while(Result::ok) {
                facts.take_common(&field);
            }
        }
        facts
    }

    /// The references of people that a record with this key names, each with how, in the order of
    /// [`Named`]; `facts` is none where it doesn't split. What has not a reference's form is left
    /// out, except in the body the digest of an erased person, 32 bytes.
    pub fn subjects_of(facts: Option<&Self>, key: Option<&'a [u8]>) -> Vec<(Named, &'a [u8])> {
        let mut all = Vec::with_capacity(2);
        let mut add = |named, bytes: &'a [u8]| all.push((named, bytes));
        if let Some(key) = key.filter(|key| is_reference_bytes(key)) {
            add(Named::Key, key);
        }
        let Some(facts) = facts else { return all };
        let envelope = facts.subject_ref.map(str::as_bytes);
        if let Some(subject) = envelope.filter(|bytes| is_reference_bytes(bytes)) {
            add(Named::Envelope, subject);
        }
        for subject in &facts.body_subjects {
            if is_reference_bytes(subject) || subject.len() == DIGEST_BYTES {
                add(Named::Body, subject);
            }
        }
        all
    }

    fn empty(split: &Split<'a>, event: &'a [u8]) -> Self {
        Self {
            event_id: split.event_id,
            event,
            body_number: split.body_number,
            occurred_at_ms: None,
            producer: None,
            producer_epoch: None,
            producer_seq: None,
            subject_ref: None,
            correlation_id: None,
            recipient_id: None,
            incident_id: None,
            key_field: None,
            body_subjects: Vec::new(),
            registered_producer: None,
            access: None,
            sdk_name: None,
            employee_ref: None,
        }
    }

    fn take_envelope(&mut self, field: &Field<'a>, occurred_at: &mut Option<Timestamp>) {
        match (field.number, field.value) {
            (OCCURRED_AT, Value::Bytes(bytes)) => {
                // Standing twice, a message is merged; one that can't be read is as if not there.
                let mut merged = occurred_at.unwrap_or_default();
                if merged.merge(bytes).is_ok() {
                    *occurred_at = Some(merged);
                }
            }
            (PRODUCER, value) => self.producer = text(value),
            (PRODUCER_EPOCH, Value::Varint(epoch)) => self.producer_epoch = Some(epoch),
            (PRODUCER_SEQ, Value::Varint(seq)) => self.producer_seq = Some(seq),
            (SUBJECT_REF, value) => self.subject_ref = text(value),
            (CORRELATION_ID, value) => self.correlation_id = text(value),
            _ => {}
        }
    }

    fn take_common(&mut self, field: &Field<'a>) {
        match field.number {
            RECIPIENT_ID => self.recipient_id = text(field.value),
            INCIDENT_ID => self.incident_id = text(field.value),
            _ => {}
        }
    }

    fn take_body(&mut self, layout: &BodyLayout, field: &Field<'a>) {
        self.take_common(field);
        let Value::Bytes(bytes) = field.value else {
            return;
        };
        if layout.key_field == Some(field.number) {
            self.key_field = Some(bytes).filter(|bytes| !bytes.is_empty());
            if layout.key_is_producer {
                self.registered_producer = text(field.value);
            }
        }
        if layout.subject_fields.contains(&field.number) && !bytes.is_empty() {
            self.body_subjects.push(bytes);
        }
        if layout.sdk_field == Some(field.number) {
            self.sdk_name = text(field.value);
        }
        if layout.employee_field == Some(field.number) {
            self.employee_ref = text(field.value);
        }
        if layout.access_fields.contains(&field.number) {
            let mut merged = self.access.take().unwrap_or_default();
            if merged.merge(bytes).is_ok() {
                self.access = Some(merged);
            }
        }
    }
}

/// Whether bytes have the form of a person's reference.
pub(super) fn is_reference_bytes(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(schema::is_reference)
}

fn text(value: Value<'_>) -> Option<&str> {
    let bytes = value.bytes().filter(|bytes| !bytes.is_empty())?;
    std::str::from_utf8(bytes).ok()
}

fn millis(time: &Timestamp) -> i64 {
    time.seconds
        .saturating_mul(1000)
        .saturating_add(i64::from(time.nanos) / 1_000_000)
}

/// Where a kind of body keeps what rows and verdicts need, compiled once from its descriptor.
#[derive(Debug)]
pub(super) struct BodyLayout {
    pub(super) topic: Topic,
    pub(super) subject: SubjectRule,
    key_field: Option<u32>,
    key_is_producer: bool,
    subject_fields: Vec<u32>,
    access_fields: Vec<u32>,
    sdk_field: Option<u32>,
    employee_field: Option<u32>,
}

impl BodyLayout {
    /// The layout of a body that the schema knows.
    pub(super) fn of(number: u32) -> Option<&'static Self> {
        static LAYOUTS: LazyLock<HashMap<u32, BodyLayout>> = LazyLock::new(|| {
            schema::bodies()
                .values()
                .map(|kind| (kind.number, BodyLayout::new(kind)))
                .collect()
        });
        LAYOUTS.get(&number)
    }

    fn new(kind: &BodyKind) -> Self {
        let subject_field = kind.subject_field.as_ref().map(FieldDescriptor::number);
        let formats = schema::rules(&kind.descriptor);
        let is_subject = |number: u32| {
            let format = formats.iter().find(|rule| rule.field.number() == number);
            format.is_some_and(|rule| rule.format == Format::SubjectRef)
        };
        let numbers = |wanted: &dyn Fn(&FieldDescriptor) -> bool| {
            kind.descriptor
                .fields()
                .filter(wanted)
                .map(|field| field.number())
                .collect()
        };
        let key_field = kind.key_field.as_ref();
        let named = |name: &str| {
            let field = kind.descriptor.get_field_by_name(name);
            field.map(|field| field.number())
        };
        Self {
            topic: kind.topic,
            subject: kind.subject,
            key_field: key_field.map(FieldDescriptor::number),
            key_is_producer: key_field.is_some_and(|field| field.name() == "producer_name"),
            subject_fields: numbers(&|field| {
                is_subject(field.number()) || Some(field.number()) == subject_field
            }),
            access_fields: numbers(&|field| is_access(&field.kind())),
            sdk_field: named("sdk_name"),
            employee_field: named("employee_ref"),
        }
    }
}

fn is_access(kind: &Kind) -> bool {
    matches!(kind, Kind::Message(message) if message.full_name() == "custodia.v1.Access")
}
