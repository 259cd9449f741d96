//! What an event names beside the person it is about: things, and moments.

use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};

use crate::assess::Occurrence;
use crate::schema;

/// Fields of bodies that name a recipient, an incident, a case or a merger, as [`crate::assess::names`] has them.
const NAMING: [&str; 7] = [
    "recipient_id",
    "incident_id",
    "recipient_ids",
    "recipients_told",
    "provider_id",
    "case_ref",
    "merger_id",
];
/// How deep messages of the schema are nested, and more.
const DEEPEST: u8 = 8;

/// The recipients, incidents, cases and mergers that the body names, each once.
pub(super) fn names_in(one: &Occurrence) -> Vec<String> {
    let Some(body) = body_of(one) else {
        return Vec::new();
    };
    let mut named = Vec::new();
    for name in NAMING {
        match body.get_field_by_name(name).as_deref() {
            Some(Value::String(id)) => named.push(id.clone()),
            Some(Value::List(ids)) => {
                named.extend(ids.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }
    named.retain(|id| !id.is_empty());
    named.sort();
    named.dedup();
    named
}

/// The moments that the body names, in ms since 1970: when something else than the event begins or ends.
pub(super) fn moments_in(one: &Occurrence) -> Vec<i64> {
    let mut moments = Vec::new();
    if let Some(body) = body_of(one) {
        gather(&body, DEEPEST, &mut moments);
    }
    moments
}

fn body_of(one: &Occurrence) -> Option<DynamicMessage> {
    let event = schema::decode(&one.event.encode_to_vec()).ok()?;
    let body = event.get_field_by_number(one.kind)?;
    body.as_message().cloned()
}

fn gather(message: &DynamicMessage, depth: u8, into: &mut Vec<i64>) {
    if message.descriptor().full_name() == "google.protobuf.Timestamp" {
        let time = message.transcode_to::<prost_types::Timestamp>().ok();
        into.extend(time.as_ref().map(crate::assess::ms_of));
        return;
    }
    if depth == 0 {
        return;
    }
    for (_, value) in message.fields() {
        let values = value.as_list().unwrap_or(std::slice::from_ref(value));
        for inner in values.iter().filter_map(Value::as_message) {
            gather(inner, depth - 1, into);
        }
    }
}
