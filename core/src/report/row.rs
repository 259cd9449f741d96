//! A leaf as a row: what its opened slots say, by the schema.

use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, SerializeOptions, Value};

use super::answer::{Class, Leaf};
use super::word::Word;
use crate::schema;

/// How deep messages of an event are nested at most.
const MAX_DEPTH: u8 = 8;

/// What a leaf says.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) class: Class,
    /// When it happened, by the producer.
    pub(super) occurred_ms: Option<i64>,
    /// The service that says so.
    pub(super) producer: Option<String>,
    /// The policy that it acted under.
    pub(super) policy_version: Option<String>,
    /// The person, where the block *whom* is opened.
    pub(super) subject: Option<String>,
    /// What joins it with others, where that block is opened.
    pub(super) correlation: Option<String>,
    /// Who received, or whom the event is about.
    pub(super) recipient: Option<String>,
    pub(super) categories: Vec<Word>,
    pub(super) purposes: Vec<Word>,
    /// The policy's case of sharing, transfer or disclosure.
    pub(super) cases: Vec<Word>,
    /// The kind of ground, then the case that needs no consent.
    pub(super) bases: Vec<Word>,
    /// All other words of the body.
    pub(super) details: Vec<Word>,
    /// All words, with those of the envelope.
    pub(super) words: Vec<Word>,
    body: Option<DynamicMessage>,
}

/// A document that an outflow rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ground {
    /// The field, e.g. `consent_id`.
    pub(super) field: &'static str,
    pub(super) text: String,
}

impl Row {
    pub(super) fn of(leaf: &Leaf) -> Self {
        let kind = leaf.kind.and_then(schema::body_of);
        let descriptor = kind.map(|kind| kind.descriptor.clone());
        let body = descriptor.and_then(|of| DynamicMessage::decode(of, &*leaf.body).ok());
        let envelope = schema::decode(&leaf.envelope).ok();
        let class = Class::of(leaf, body.is_some() && envelope.is_some());
        let readable = !matches!(class, Class::Unread | Class::Erased);
        let (body, envelope) = (body.filter(|_| readable), envelope.filter(|_| readable));
        let mut row = Self {
            class,
            occurred_ms: envelope.as_ref().and_then(|of| time_in(of, "occurred_at")),
            producer: envelope.as_ref().and_then(|of| text_in(of, "producer")),
            policy_version: envelope
                .as_ref()
                .and_then(|of| text_in(of, "policy_version_id")),
            subject: envelope.as_ref().and_then(|of| text_in(of, "subject_ref")),
            correlation: envelope
                .as_ref()
                .and_then(|of| text_in(of, "correlation_id")),
            recipient: body.as_ref().and_then(|of| text_in(of, "recipient_id")),
            categories: Vec::new(),
            purposes: Vec::new(),
            cases: Vec::new(),
            bases: Vec::new(),
            details: Vec::new(),
            words: Vec::new(),
            body: None,
        };
        if let Some(envelope) = &envelope {
            collect(envelope, MAX_DEPTH, &mut row.words);
        }
        if let Some(body) = body {
            let mut words = Vec::new();
            collect(&body, MAX_DEPTH, &mut words);
            row.words.extend(&words);
            for word in words {
                row.sort(word);
            }
            row.body = Some(body);
        }
        row
    }

    fn sort(&mut self, word: Word) {
        let words = match word.vocabulary {
            "DataCategory" => &mut self.categories,
            "Purpose" => &mut self.purposes,
            "ShareCase" | "TransferCase" | "DisclosureCase" => &mut self.cases,
            "BasisKind" | "CollectionExemption" | "OutflowExemption" => &mut self.bases,
            _ => &mut self.details,
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }

    /// A text of the body that isn't empty.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        text_in(self.body.as_ref()?, field)
    }

    /// A word of the body.
    pub(super) fn word(&self, field: &str) -> Option<Word> {
        let body = self.body.as_ref()?;
        let field = body.descriptor().get_field_by_name(field)?;
        let Kind::Enum(vocabulary) = field.kind() else {
            return None;
        };
        let number = body.get_field(&field).as_enum_number()?;
        Word::of(vocabulary.name(), number)
    }

    /// What it rests on: consent, contract, citation, and the separate consent.
    pub(super) fn grounds(&self) -> Vec<Ground> {
        let mut grounds = Vec::new();
        let Some(body) = &self.body else {
            return grounds;
        };
        let basis = body.get_field_by_name("basis");
        let basis = basis.as_ref().and_then(|value| value.as_message());
        for (of, fields) in [
            (basis, ["consent_id", "contract_ref", "citation"].as_slice()),
            (
                Some(body),
                ["separate_consent_id", "reconsent_id", "case_ref"].as_slice(),
            ),
        ] {
            for field in fields {
                let text = of.and_then(|of| text_in(of, field));
                grounds.extend(text.map(|text| Ground { field, text }));
            }
        }
        grounds
    }

    /// All that is opened of the body, in protobuf's JSON mapping; empty where it can't be read.
    pub(super) fn content(&self) -> String {
        let options = SerializeOptions::new().use_proto_field_name(true);
        let mut bytes = Vec::new();
        let mut json = serde_json::Serializer::new(&mut bytes);
        // A policy's document and text are members of their own.
        let mut body = self.body.clone();
        for field in ["content", "machine_readable"] {
            if let Some(body) = &mut body
                && body.descriptor().name() == "PolicyVersionPublished"
            {
                body.clear_field_by_name(field);
            }
        }
        let written = body
            .as_ref()
            .map(|body| body.serialize_with_options(&mut json, &options));
        match written {
            Some(Ok(())) => String::from_utf8(bytes).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

fn text_in(message: &DynamicMessage, field: &str) -> Option<String> {
    let value = message.get_field_by_name(field)?;
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Milliseconds of a `google.protobuf.Timestamp`; none where it isn't set or is out of all bounds.
fn time_in(message: &DynamicMessage, field: &str) -> Option<i64> {
    let field = message.descriptor().get_field_by_name(field)?;
    if !message.has_field(&field) {
        return None;
    }
    let value = message.get_field(&field);
    let time = value.as_message()?;
    let seconds = time.get_field_by_name("seconds")?.as_i64()?;
    let nanos = time.get_field_by_name("nanos")?.as_i32()?;
    let ms = i64::from(nanos).div_euclid(1_000_000);
    seconds.checked_mul(1000)?.checked_add(ms)
}

/// The words of a message and of those in it, by field number.
fn collect(message: &DynamicMessage, depth: u8, words: &mut Vec<Word>) {
    for (field, value) in message.fields() {
        match (value, field.kind()) {
            (Value::List(values), kind) => values
                .iter()
                .for_each(|value| collect_value(value, &kind, depth, words)),
            (value, kind) => collect_value(value, &kind, depth, words),
        }
    }
}

fn collect_value(value: &Value, kind: &Kind, depth: u8, words: &mut Vec<Word>) {
    match (value, kind) {
        (Value::EnumNumber(number), Kind::Enum(vocabulary)) => {
            words.extend(Word::of(vocabulary.name(), *number));
        }
        (Value::Message(inner), _) if depth > 0 => collect(inner, depth - 1, words),
        _ => {}
    }
}
