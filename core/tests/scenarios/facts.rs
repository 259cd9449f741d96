//! From an event as a scenario tells it to an event of the schema.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use custodia_core::schema::v1::{Event, Format};
use custodia_core::schema::{self, Fault};
use prost::Message as _;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::moment;
use crate::written::Told;

/// What a scenario says of an event beside the event.
const OURS: [&str; 4] = ["is", "says", "at", "recorded"];

/// Something that happened, by name.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its name in the scenario.
    pub name: String,
    /// When it happened, in ms since 1970.
    pub at_ms: i64,
    /// When it was recorded.
    pub recorded: Recorded,
    /// The event.
    pub event: Event,
}

/// When Kafka took a record.
#[derive(Debug, Clone, Copy)]
pub enum Recorded {
    /// At once.
    AtOnce,
    /// At a moment, in ms since 1970.
    At(i64),
    /// Kafka has no time of it.
    Never,
}

/// A person's reference, by name.
pub fn reference(name: &str) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz234567";
    let digest = Sha256::digest(format!("person {name}"));
    digest
        .iter()
        .take(26)
        .map(|byte| char::from(letters[usize::from(byte % 32)]))
        .collect()
}

/// An event's id, by name.
pub fn event_id(name: &str) -> Vec<u8> {
    let mut id = Sha256::digest(format!("event {name}"))[..16].to_vec();
    id[6] = 0x70 | (id[6] & 0x0f);
    id[8] = 0x80 | (id[8] & 0x3f);
    id
}

impl Fact {
    /// The event that a scenario tells of; `policy_in_force` gives the version's id at a moment.
    pub fn of(
        told: &Told,
        policy_in_force: impl Fn(i64) -> Option<String>,
    ) -> Result<Self, String> {
        let name = word(told, "is")?;
        let named = |wrong: String| format!("  {name}: {wrong}");
        if word(told, "says").map_err(named)?.is_empty() {
            return Err(named("says nothing".into()));
        }
        let at_ms = moment::ms_of(&word(told, "at").map_err(named)?).map_err(named)?;
        let recorded = recorded(told).map_err(named)?;
        let mut written = envelope(told, &name, at_ms, policy_in_force(at_ms));
        settle(schema::event_descriptor(), &mut written, "").map_err(named)?;
        let event = filled(written, &name).map_err(named)?;
        Ok(Self {
            name,
            at_ms,
            recorded,
            event,
        })
    }
}

fn recorded(told: &Told) -> Result<Recorded, String> {
    if !told.contains_key("recorded") {
        return Ok(Recorded::AtOnce);
    }
    match word(told, "recorded")?.as_str() {
        "never" => Ok(Recorded::Never),
        text => moment::ms_of(text).map(Recorded::At),
    }
}

fn word(told: &Told, key: &str) -> Result<String, String> {
    match told.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("{key} is {other}, which is no text")),
        None => Err(format!("{key} is missing")),
    }
}

/// The event in protobuf's JSON mapping, with what every envelope has.
fn envelope(told: &Told, name: &str, at_ms: i64, policy: Option<String>) -> Value {
    let mut event = Map::new();
    let salt = Sha256::digest(format!("salt {name}"));
    event.insert("event_id".into(), json!(BASE64.encode(event_id(name))));
    event.insert("salt".into(), json!(BASE64.encode(salt)));
    event.insert("occurred_at".into(), json!(moment::shown(at_ms)));
    event.insert("producer".into(), json!("shop"));
    if let Some(policy) = policy {
        event.insert("policy_version_id".into(), json!(policy));
    }
    for (key, value) in told.iter().filter(|(key, _)| !OURS.contains(&key.as_str())) {
        let key = if key == "of" { "subject_ref" } else { key };
        event.insert(key.to_owned(), value.clone());
    }
    Value::Object(event)
}

/// Turns what scenarios write into what the JSON mapping asks for: moments, names of people, ids of other
/// events (`@name`), digests (`sha256(words)`).
fn settle(message: &MessageDescriptor, value: &mut Value, path: &str) -> Result<(), String> {
    let Value::Object(fields) = value else {
        return Ok(());
    };
    let people: Vec<String> = schema::references(message)
        .map(|(field, _)| field.name().to_owned())
        .collect();
    for (key, value) in fields {
        let path = format!("{path}.{key}").trim_start_matches('.').to_owned();
        let field = message.get_field_by_name(key);
        let field = field.ok_or_else(|| format!("{path}: {} has no such field", message.name()))?;
        let of_people = people.contains(key);
        let single = |value: &mut Value| settle_value(&field, of_people, value, &path);
        match value {
            Value::Array(values) => values.iter_mut().try_for_each(single)?,
            value => single(value)?,
        }
    }
    Ok(())
}

fn settle_value(
    field: &FieldDescriptor,
    of_people: bool,
    value: &mut Value,
    path: &str,
) -> Result<(), String> {
    let text = value.as_str().map(str::to_owned);
    match (field.kind(), text) {
        (Kind::Message(message), Some(text)) if message.name() == "Timestamp" => {
            *value = json!(moment::rfc3339(
                moment::ms_of(&text).map_err(|e| format!("{path}: {e}"))?
            ));
        }
        (Kind::Message(message), _) => settle(&message, value, path)?,
        (Kind::Bytes, Some(text)) => {
            let words = text
                .strip_prefix("sha256(")
                .and_then(|words| words.strip_suffix(')'));
            if let Some(name) = text.strip_prefix('@') {
                *value = json!(BASE64.encode(event_id(name)));
            } else if let Some(words) = words {
                *value = json!(BASE64.encode(Sha256::digest(words)));
            }
        }
        (Kind::String, Some(text)) if of_people && !schema::is_reference(&text) => {
            *value = json!(reference(&text));
        }
        _ => {}
    }
    Ok(())
}

/// The event, with digests and keys that the schema asks for and the scenario leaves out.
fn filled(mut written: Value, name: &str) -> Result<Event, String> {
    let bytes = encoded(&written)?;
    for fault in schema::faults(&bytes) {
        if let Fault::MissingField { path } = &fault
            && let Some(bytes) = left_out(path, name)
        {
            put(&mut written, path, json!(BASE64.encode(bytes)));
        }
    }
    let bytes = encoded(&written)?;
    let faults: Vec<String> = schema::faults(&bytes)
        .iter()
        .map(ToString::to_string)
        .collect();
    if faults.is_empty() {
        Event::decode(bytes.as_slice()).map_err(|error| error.to_string())
    } else {
        Err(faults.join("; "))
    }
}

fn encoded(written: &Value) -> Result<Vec<u8>, String> {
    schema::event_from_json(&written.to_string()).map_err(|error| error.to_string())
}

/// What stands in a required field of bytes that was left out; none for any other field.
fn left_out(path: &str, name: &str) -> Option<Vec<u8>> {
    let field = field_at(path)?;
    if field.kind() != Kind::Bytes {
        return None;
    }
    let digest = Sha256::digest(name).to_vec();
    let format = schema::pool().get_extension_by_name("custodia.v1.format")?;
    let format = field.options().get_extension(&format).as_enum_number()?;
    match Format::try_from(format).ok()? {
        Format::Ed25519Signature => Some([digest.clone(), digest].concat()),
        Format::Uuid | Format::UuidV7 => None,
        _ => Some(digest),
    }
}

fn field_at(path: &str) -> Option<FieldDescriptor> {
    let mut message = schema::event_descriptor().clone();
    let mut found = None;
    for part in path.split('.') {
        let name = part.split('[').next()?;
        let field = message.get_field_by_name(name)?;
        if let Kind::Message(inner) = field.kind() {
            message = inner;
        }
        found = Some(field);
    }
    found
}

fn put(written: &mut Value, path: &str, value: Value) {
    let pointer = format!(
        "/{}",
        path.replace('[', "/").replace(']', "").replace('.', "/")
    );
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(fields)) = written.pointer_mut(parent) {
        fields.insert(last.to_owned(), value);
    }
}

/// Names of events must tell them apart.
pub fn unique(facts: &[Fact]) -> Result<BTreeMap<&str, &Fact>, String> {
    let mut named = BTreeMap::new();
    for fact in facts {
        if named.insert(fact.name.as_str(), fact).is_some() {
            return Err(format!("  two events are called {:?}", fact.name));
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use custodia_core::schema::v1::event::Body;

    use super::*;

    fn told(rest: &str) -> Told {
        let text = format!("{{is: a, says: b, at: 2026-03-01 10:00, {rest}}}");
        serde_saphyr::from_str(&text).unwrap()
    }

    fn wrong(rest: &str) -> String {
        Fact::of(&told(rest), |_| None).unwrap_err()
    }

    #[test]
    fn names_moments_and_digests_become_what_the_schema_asks_for() {
        let rest = "of: lin, causation_id: '@b', evidence: [{kind: EK_NOTICE, sha256: sha256(x)}],
            recorded: never, subject_linked: {reason: LK_DEVICE_BEFORE_LOGIN, other_ref: phone}";
        let fact = Fact::of(&told(rest), |_| Some("v1".into())).unwrap();
        let event = fact.event;
        assert_eq!(event.subject_ref, reference("lin"));
        assert_eq!(
            (event.causation_id, event.event_id),
            (event_id("b"), event_id("a"))
        );
        assert_eq!(event.evidence[0].sha256, Sha256::digest("x").to_vec());
        assert_eq!(event.policy_version_id, "v1");
        assert_eq!(event.occurred_at.map(|at| at.seconds), Some(1_772_330_400));
        assert!(matches!(fact.recorded, Recorded::Never));
        let Some(Body::SubjectLinked(link)) = event.body else {
            panic!("no link");
        };
        assert_eq!(link.other_ref, reference("phone"));
    }

    #[test]
    fn what_the_schema_does_not_take_is_refused_by_name() {
        let link = |more: &str| {
            format!("of: lin, subject_linked: {{reason: LK_DEVICE_BEFORE_LOGIN{more}}}")
        };
        assert!(wrong(&link("")).contains("other_ref is missing"));
        assert!(wrong(&link(", whence: here")).contains("subject_linked.whence"));
        assert!(wrong("of: lin, order_opened: {order_ref: o, kind: OK_TEA}").contains("OK_TEA"));
        assert!(wrong("of: lin").contains("body is missing"));
        assert!(wrong("of: lin, recorded: soon, order_opened: {}").contains("soon"));
        assert!(wrong("colour: red").contains("colour"));
    }
}
