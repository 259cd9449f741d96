//! What holds for each kind of body: its topic, its subject, its key.

use std::{collections::BTreeMap, sync::LazyLock};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::{event_descriptor, extension, v1};

/// The first field of a body's block of other people (design §3.2).
const BLOCK_2: u32 = 16;

/// One kind of body: the number it has in [`v1::Event`], and its options.
#[derive(Clone, Debug)]
pub struct BodyKind {
    /// The body's field number in the envelope, from 100 on.
    pub number: u32,
    /// The field's name in the envelope, e.g. `data_shared`.
    pub field_name: String,
    /// The message's name, e.g. `DataShared`.
    pub name: String,
    /// The topic in which it stands where it names a person (or never names one).
    pub topic: v1::Topic,
    /// Whether it names a person.
    pub subject: v1::SubjectRule,
    /// The body's field that is the record's key where the envelope names nobody.
    pub key_field: Option<FieldDescriptor>,
    /// The body's field that names the person where the envelope doesn't.
    pub subject_field: Option<FieldDescriptor>,
    /// Where it comes from: lines of the policy, clauses, rules, sections.
    pub source: String,
    /// The message's descriptor.
    pub descriptor: MessageDescriptor,
}

impl BodyKind {
    /// The family of events that it is of: the name of its schema's file, e.g. `sharing`.
    pub fn family(&self) -> String {
        let file = self.descriptor.parent_file();
        let name = file.name().rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(".proto").to_owned()
    }

    /// Whether a field of its first two blocks says whom it is about: who opens them shows the person.
    pub fn names_somebody_in_front(&self) -> bool {
        use v1::Format::{Blake3, EmployeeRef, SubjectRef};
        let mut rules = super::rules(&self.descriptor).iter();
        rules.any(|rule| {
            let of_person = matches!(rule.format, SubjectRef | EmployeeRef | Blake3);
            rule.field.number() < BLOCK_2 && of_person
        })
    }

    fn of(field: &FieldDescriptor) -> Option<Self> {
        let Kind::Message(descriptor) = field.kind() else {
            return None;
        };
        let options = descriptor.options();
        let Value::Message(raw) = options.get_extension(&extension("body")).into_owned() else {
            return None;
        };
        let raw: v1::BodyOptions = raw.transcode_to().ok()?;
        Some(Self {
            number: field.number(),
            field_name: field.name().to_owned(),
            name: descriptor.name().to_owned(),
            topic: raw.topic(),
            subject: raw.subject(),
            key_field: descriptor.get_field_by_name(&raw.key_field),
            subject_field: descriptor.get_field_by_name(&raw.subject_field),
            source: raw.source,
            descriptor,
        })
    }
}

/// Where a record of an event belongs (design §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The topic; which name it has is configuration.
    pub topic: v1::Topic,
    /// The record's key: the subject's reference, or the bytes of the body's key field.
    pub key: Vec<u8>,
}

/// All kinds of bodies, by number.
pub fn bodies() -> &'static BTreeMap<u32, BodyKind> {
    static BODIES: LazyLock<BTreeMap<u32, BodyKind>> = LazyLock::new(|| {
        let oneof = event_descriptor()
            .oneofs()
            .find(|oneof| oneof.name() == "body");
        let fields: Vec<_> = oneof
            .iter()
            .flat_map(prost_reflect::OneofDescriptor::fields)
            .collect();
        fields
            .iter()
            .filter_map(|field| Some((field.number(), BodyKind::of(field)?)))
            .collect()
    });
    &BODIES
}

/// The kind of body with this field number in the envelope.
pub fn body_of(number: u32) -> Option<&'static BodyKind> {
    bodies().get(&number)
}

/// The kind of body with this message name, e.g. `DataShared`.
pub fn body_named(name: &str) -> Option<&'static BodyKind> {
    bodies().values().find(|kind| kind.name == name)
}

/// Topic and key of an event; none where it has no body that the schema knows, or no key.
pub fn placement(event: &DynamicMessage) -> Option<Placement> {
    let (kind, body) = body(event)?;
    let subject = event.get_field_by_name("subject_ref")?;
    let subject = subject.as_str()?;
    if !subject.is_empty() {
        return Some(Placement {
            topic: kind.topic,
            key: subject.as_bytes().to_vec(),
        });
    }
    let key = body.get_field(kind.key_field.as_ref()?);
    let key = match key.as_ref() {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Bytes(bytes) => bytes.to_vec(),
        _ => return None,
    };
    let topic = match kind.topic {
        v1::Topic::Events => v1::Topic::Registry,
        topic => topic,
    };
    (!key.is_empty()).then_some(Placement { topic, key })
}

/// The body of a decoded event, with its kind.
pub(super) fn body(event: &DynamicMessage) -> Option<(&'static BodyKind, &DynamicMessage)> {
    event.fields().find_map(|(field, value)| {
        let kind = body_of(field.number())?;
        Some((kind, value.as_message()?))
    })
}

/// The fields of a message that hold references of people, by number, with whose: a
/// [`Format::SubjectRef`](v1::Format::SubjectRef) or an
/// [`Format::EmployeeRef`](v1::Format::EmployeeRef).
pub fn references(
    message: &MessageDescriptor,
) -> impl Iterator<Item = (&'static FieldDescriptor, v1::Format)> {
    let rules = super::rules(message).iter();
    let people = [v1::Format::SubjectRef, v1::Format::EmployeeRef];
    rules
        .filter(move |rule| people.contains(&rule.format))
        .map(|rule| (&rule.field, rule.format))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::schema::decode;

    fn placed(subject_ref: &str, body: v1::event::Body) -> Option<Placement> {
        let event = v1::Event {
            subject_ref: subject_ref.into(),
            body: Some(body),
            ..v1::Event::default()
        };
        placement(&decode(&event.encode_to_vec()).unwrap())
    }

    #[test]
    fn kinds_are_found_by_number_and_name() {
        let shared = body_of(200).unwrap();
        assert_eq!(
            (shared.name.as_str(), shared.field_name.as_str()),
            ("DataShared", "data_shared")
        );
        assert_eq!(
            (shared.topic, shared.subject),
            (v1::Topic::Events, v1::SubjectRule::Required)
        );
        assert_eq!(body_named("DataShared").map(|kind| kind.number), Some(200));
        assert!(body_of(99).is_none() && body_of(199).is_none());
    }

    #[test]
    fn an_event_of_a_person_stands_under_the_reference() {
        let place = placed(
            "abc",
            v1::event::Body::OrderOpened(v1::OrderOpened::default()),
        );
        assert_eq!(
            place,
            Some(Placement {
                topic: v1::Topic::Events,
                key: b"abc".to_vec()
            })
        );
    }

    #[test]
    fn an_event_of_nobody_stands_under_its_key_field() {
        let body = v1::CheckpointPublished {
            origin: "l/t/0/0".into(),
            ..Default::default()
        };
        let place = placed("", v1::event::Body::CheckpointPublished(body));
        assert_eq!(
            place,
            Some(Placement {
                topic: v1::Topic::Registry,
                key: b"l/t/0/0".to_vec()
            })
        );
    }

    #[test]
    fn a_disclosure_under_a_gag_stands_in_the_registry_under_its_case() {
        let body = v1::DataDisclosed {
            case_ref: "C-1".into(),
            named_subject_ref: "a".repeat(26),
            ..Default::default()
        };
        let place = placed("", v1::event::Body::DataDisclosed(body));
        assert_eq!(
            place,
            Some(Placement {
                topic: v1::Topic::Registry,
                key: b"C-1".to_vec()
            })
        );
    }

    #[test]
    fn a_look_at_an_erased_person_stays_among_the_looks() {
        let body = v1::LedgerQueried {
            erased_subject_blake3: vec![7; 32],
            ..Default::default()
        };
        let place = placed("", v1::event::Body::LedgerQueried(body));
        assert_eq!(
            place,
            Some(Placement {
                topic: v1::Topic::Access,
                key: vec![7; 32]
            })
        );
    }

    #[test]
    fn without_key_or_body_there_is_no_place() {
        assert_eq!(
            placed("", v1::event::Body::OrderOpened(v1::OrderOpened::default())),
            None
        );
        assert_eq!(placement(&decode(&[]).unwrap()), None);
    }
}
