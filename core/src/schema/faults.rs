//! What is wrong with an event by the schema alone: the base of its verdict (design §3.3).

use std::{collections::HashMap, fmt, sync::LazyLock};

use prost_reflect::{
    Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _,
    Value,
};

use super::{
    BodyKind, FIRST_BODY,
    bodies::body,
    decode, event_descriptor, extension, pool,
    v1::{Format, SubjectRule},
};

/// One thing that is wrong with an event. It names the place, never the value: what stands there
/// may be a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes split but are no message of this schema.
    Undecodable,
    /// The body's number is none of this schema's.
    UnknownBody {
        /// The body's field number.
        number: u32,
    },
    /// A field that must be there isn't, or is empty.
    MissingField {
        /// The field, e.g. `data_shared.basis.kind`.
        path: String,
    },
    /// A value that the vocabulary doesn't have; 0 in a list.
    UnknownEnumValue {
        /// The field, e.g. `data_shared.categories[2]`.
        path: String,
        /// The number that stands there.
        number: i32,
    },
    /// What stands in a reference's place isn't one: 26 characters of `[a-z2-7]`.
    NotASubjectReference {
        /// The field, e.g. `subject_ref`.
        path: String,
    },
    /// The envelope names a person though this kind of body names none.
    SubjectOutOfPlace,
    /// A field's bytes don't look as its format says.
    MalformedField {
        /// The field.
        path: String,
    },
}

impl Fault {
    /// The reason by which verdicts are counted: a stable word in snake case.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::UnknownBody { .. } => "unknown_body",
            Self::MissingField { .. } => "missing_required_field",
            Self::UnknownEnumValue { .. } => "unknown_enum_value",
            Self::NotASubjectReference { .. } => "not_a_subject_reference",
            Self::SubjectOutOfPlace => "subject_out_of_place",
            Self::MalformedField { .. } => "malformed_field",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable => f.write_str("the bytes don't decode as an event"),
            Self::UnknownBody { number } => write!(f, "no kind of event has the number {number}"),
            Self::MissingField { path } => write!(f, "{path} is missing"),
            Self::UnknownEnumValue { path, number } => {
                write!(f, "{path}: the vocabulary has no value {number}")
            }
            Self::NotASubjectReference { path } => {
                write!(f, "{path}: not a reference (26 characters of a-z and 2-7)")
            }
            Self::SubjectOutOfPlace => {
                f.write_str("subject_ref must be empty for this kind of event")
            }
            Self::MalformedField { path } => {
                write!(f, "{path}: not in the form that the schema asks for")
            }
        }
    }
}

/// Everything that is wrong with an event's bytes (without a frame) by the schema alone, in the
/// order of field numbers; the same bytes always give the same list. Fields that the schema
/// doesn't know are no fault: they are committed to all the same.
pub fn faults(value: &[u8]) -> Vec<Fault> {
    match decode(value) {
        Ok(event) => faults_of(&event),
        Err(_) => vec![Fault::Undecodable],
    }
}

/// As [`faults`], for an event that is already decoded.
pub fn faults_of(event: &DynamicMessage) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_message(event, "", &mut faults);
    match body(event) {
        Some((kind, body)) => check_subject(event, kind, body, &mut faults),
        None => faults.push(missing_body(event)),
    }
    faults
}

/// Whether a text has the form of a reference: 26 characters of `[a-z2-7]` (design §1, law 7).
pub fn is_reference(text: &str) -> bool {
    text.len() == 26
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

fn missing_body(event: &DynamicMessage) -> Fault {
    let mut unknown = event
        .unknown_fields()
        .map(prost_reflect::UnknownField::number);
    match unknown.find(|number| *number >= FIRST_BODY) {
        Some(number) => Fault::UnknownBody { number },
        None => Fault::MissingField {
            path: "body".into(),
        },
    }
}

fn check_subject(
    event: &DynamicMessage,
    kind: &BodyKind,
    body: &DynamicMessage,
    faults: &mut Vec<Fault>,
) {
    let named = event.has_field_by_name("subject_ref");
    let missing = || Fault::MissingField {
        path: "subject_ref".into(),
    };
    match kind.subject {
        SubjectRule::Required if !named => faults.push(missing()),
        SubjectRule::None if named => faults.push(Fault::SubjectOutOfPlace),
        SubjectRule::Optional if !named => {
            let elsewhere = kind
                .subject_field
                .as_ref()
                .is_none_or(|field| body.has_field(field));
            if !elsewhere {
                faults.push(missing());
            }
        }
        _ => {}
    }
}

/// What one field must be.
pub(crate) struct FieldRule {
    pub(crate) field: FieldDescriptor,
    pub(crate) required: bool,
    pub(crate) format: Format,
}

/// The rules of a message of this package, by field number, without the bodies of the envelope;
/// none for any other message. Options are decoded once.
pub(crate) fn rules(message: &MessageDescriptor) -> &'static [FieldRule] {
    static RULES: LazyLock<HashMap<String, Vec<FieldRule>>> = LazyLock::new(|| {
        let messages = pool()
            .all_messages()
            .filter(|m| m.package_name() == "custodia.v1");
        messages
            .map(|m| (m.full_name().to_owned(), rules_of(&m)))
            .collect()
    });
    RULES.get(message.full_name()).map_or(&[], Vec::as_slice)
}

fn rules_of(message: &MessageDescriptor) -> Vec<FieldRule> {
    let (required, format) = (extension("required"), extension("format"));
    let is_event = message == event_descriptor();
    let mut rules: Vec<_> = message
        .fields()
        .filter(|field| !is_event || field.number() < FIRST_BODY)
        .map(|field| {
            let options = field.options();
            let number = options
                .get_extension(&format)
                .as_enum_number()
                .unwrap_or_default();
            FieldRule {
                required: options
                    .get_extension(&required)
                    .as_bool()
                    .unwrap_or_default(),
                format: Format::try_from(number).unwrap_or_default(),
                field,
            }
        })
        .collect();
    rules.sort_by_key(|rule| rule.field.number());
    rules
}

fn check_message(message: &DynamicMessage, prefix: &str, faults: &mut Vec<Fault>) {
    let descriptor = message.descriptor();
    if descriptor.full_name() == "google.protobuf.Timestamp" {
        if !in_rfc3339(message) {
            faults.push(Fault::MalformedField {
                path: prefix.to_owned(),
            });
        }
        return;
    }
    for rule in rules(&descriptor) {
        let path = join(prefix, rule.field.name());
        if message.has_field(&rule.field) {
            check_field(rule, &message.get_field(&rule.field), &path, faults);
        } else if rule.required {
            faults.push(Fault::MissingField { path });
        }
    }
    if &descriptor == event_descriptor()
        && let Some((kind, body)) = body(message)
    {
        check_message(body, &join(prefix, &kind.field_name), faults);
    }
}

fn check_field(rule: &FieldRule, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let listed = rule.field.cardinality() == Cardinality::Repeated;
    if let Some(values) = value.as_list().filter(|_| listed) {
        for (index, value) in values.iter().enumerate() {
            check_value(rule, value, &format!("{path}[{index}]"), faults);
        }
    } else {
        check_value(rule, value, path, faults);
    }
}

fn check_value(rule: &FieldRule, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    match (value, rule.field.kind()) {
        (Value::EnumNumber(number), Kind::Enum(vocabulary))
            if *number == 0 || vocabulary.get_value(*number).is_none() =>
        {
            faults.push(Fault::UnknownEnumValue {
                path: path.to_owned(),
                number: *number,
            });
        }
        (Value::Message(message), _) => check_message(message, path, faults),
        (Value::String(text), _) => check_text(rule.format, text, path, faults),
        (Value::Bytes(bytes), _) if !has_format(rule.format, bytes) => {
            faults.push(Fault::MalformedField {
                path: path.to_owned(),
            });
        }
        _ => {}
    }
}

fn check_text(format: Format, text: &str, path: &str, faults: &mut Vec<Fault>) {
    if text_has_format(format, text) {
        return;
    }
    let path = path.to_owned();
    faults.push(match format {
        Format::SubjectRef | Format::EmployeeRef => Fault::NotASubjectReference { path },
        _ => Fault::MalformedField { path },
    });
}

/// Whether a text looks as its format says.
pub(crate) fn text_has_format(format: Format, text: &str) -> bool {
    match format {
        Format::SubjectRef | Format::EmployeeRef => is_reference(text),
        Format::CountryCode => {
            text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
        }
        _ => true,
    }
}

/// Whether bytes look as their format says.
pub(crate) fn has_format(format: Format, bytes: &[u8]) -> bool {
    match format {
        Format::Sha256 | Format::Blake3 | Format::Ed25519Key => bytes.len() == 32,
        Format::Ed25519Signature => bytes.len() == 64,
        Format::Uuid => bytes.len() == 16,
        Format::UuidV7 => bytes.len() == 16 && bytes[6] >> 4 == 7 && bytes[8] >> 6 == 0b10,
        Format::Salt => bytes.len() == 32 && bytes.iter().any(|byte| *byte != 0),
        Format::Unspecified | Format::SubjectRef | Format::EmployeeRef | Format::CountryCode => {
            true
        }
    }
}

/// Years 1 to 9999, as protobuf's Timestamp is defined; nothing else has a JSON form.
fn in_rfc3339(timestamp: &DynamicMessage) -> bool {
    let number = |name| timestamp.get_field_by_name(name);
    let seconds = number("seconds")
        .and_then(|value| value.as_i64())
        .unwrap_or_default();
    let nanos = number("nanos")
        .and_then(|value| value.as_i32())
        .unwrap_or_default();
    is_rfc3339(seconds, nanos)
}

/// As [`in_rfc3339`], for the two numbers of a timestamp.
pub(crate) fn is_rfc3339(seconds: i64, nanos: i32) -> bool {
    (-62_135_596_800..=253_402_300_799).contains(&seconds) && (0..1_000_000_000).contains(&nanos)
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::Timestamp;

    use super::*;
    use crate::schema::v1::{self, event::Body};

    fn reference() -> String {
        "abcdefghijklmnopqrstuv2345".into()
    }

    fn opened() -> v1::Event {
        let mut event_id = vec![1; 16];
        (event_id[6], event_id[8]) = (0x71, 0x81);
        v1::Event {
            event_id,
            salt: vec![1; 32],
            occurred_at: Some(Timestamp {
                seconds: 1_700_000_000,
                nanos: 0,
            }),
            producer: "mall".into(),
            subject_ref: reference(),
            body: Some(Body::OrderOpened(v1::OrderOpened {
                order_ref: "o-1".into(),
                kind: v1::OrderKind::OkGoods.into(),
            })),
            ..Default::default()
        }
    }

    fn shared() -> v1::DataShared {
        v1::DataShared {
            recipient_id: "courier-1".into(),
            case: v1::ShareCase::Sh03GoodsDelivery.into(),
            purpose: v1::Purpose::PuDelivery.into(),
            categories: vec![v1::DataCategory::DcConsigneeName.into()],
            basis: Some(v1::Basis {
                kind: v1::BasisKind::BaContract.into(),
                contract_ref: "o-1".into(),
                ..Default::default()
            }),
            method: v1::ShareMethod::MtApi.into(),
            destination_country: "CN".into(),
            transfer_sha256: vec![0; 32],
            field_count: Some(0),
            record_count: Some(1),
            ..Default::default()
        }
    }

    fn found(event: &v1::Event) -> Vec<String> {
        faults(&event.encode_to_vec())
            .iter()
            .map(|f| format!("{}: {f}", f.reason()))
            .collect()
    }

    fn of_shared(change: impl FnOnce(&mut v1::DataShared)) -> Vec<Fault> {
        let mut body = shared();
        change(&mut body);
        faults(
            &v1::Event {
                body: Some(Body::DataShared(body)),
                ..opened()
            }
            .encode_to_vec(),
        )
    }

    #[test]
    fn whole_events_have_no_faults() {
        assert_eq!(found(&opened()), Vec::<String>::new());
        assert_eq!(of_shared(|_| {}), []);
    }

    #[test]
    fn what_is_missing_is_named_by_its_path() {
        let missing = |path: &str| Fault::MissingField { path: path.into() };
        assert_eq!(
            of_shared(|b| b.basis = None),
            [missing("data_shared.basis")]
        );
        assert_eq!(
            of_shared(|b| b.basis = Some(v1::Basis::default())),
            [missing("data_shared.basis.kind")]
        );
        assert_eq!(
            of_shared(|b| b.categories.clear()),
            [missing("data_shared.categories")]
        );
        assert_eq!(
            of_shared(|b| b.field_count = None),
            [missing("data_shared.field_count")]
        );
        assert_eq!(
            faults(&[]),
            ["event_id", "salt", "occurred_at", "producer", "body"].map(missing)
        );
    }

    #[test]
    fn values_outside_a_vocabulary_are_named_with_their_number() {
        let unknown = |path: &str, number| Fault::UnknownEnumValue {
            path: path.into(),
            number,
        };
        assert_eq!(
            of_shared(|b| b.purpose = 9999),
            [unknown("data_shared.purpose", 9999)]
        );
        assert_eq!(
            of_shared(|b| b.purpose = -1),
            [unknown("data_shared.purpose", -1)]
        );
        assert_eq!(
            of_shared(|b| b.categories.extend([0, 5000])),
            [
                unknown("data_shared.categories[1]", 0),
                unknown("data_shared.categories[2]", 5000)
            ]
        );
    }

    #[test]
    fn a_phone_number_is_no_reference_and_is_not_repeated() {
        let event = v1::Event {
            subject_ref: "13800000000".into(),
            ..opened()
        };
        let text = found(&event);
        assert!(
            text[0].starts_with("not_a_subject_reference: subject_ref"),
            "{text:?}"
        );
        assert!(!text[0].contains("138"), "{text:?}");
    }

    #[test]
    fn references_are_26_of_the_alphabet() {
        assert!(is_reference(&reference()));
        for bad in [
            "",
            "abc",
            "ABCDEFGHIJKLMNOPQRSTUV2345",
            "abcdefghijklmnopqrstuv2341",
        ] {
            assert!(!is_reference(bad), "{bad}");
        }
        assert!(!is_reference(&"a".repeat(27)));
    }

    #[test]
    fn references_inside_bodies_are_checked_too() {
        let body = v1::SubjectLinked {
            other_ref: "someone".into(),
            reason: v1::LinkReason::LkDeviceBeforeLogin.into(),
        };
        let event = v1::Event {
            body: Some(Body::SubjectLinked(body)),
            ..opened()
        };
        let path = "subject_linked.other_ref".to_owned();
        assert_eq!(
            faults(&event.encode_to_vec()),
            [Fault::NotASubjectReference { path }]
        );
    }

    #[test]
    fn the_envelope_names_a_person_exactly_where_the_body_asks_for_one() {
        let nobody = v1::Event {
            subject_ref: String::new(),
            ..opened()
        };
        assert_eq!(
            found(&nobody),
            ["missing_required_field: subject_ref is missing"]
        );
        let person = v1::PersonRetired {
            person_ref: reference(),
            retired_at: Some(Timestamp::default()),
            ..Default::default()
        };
        let misplaced = v1::Event {
            body: Some(Body::PersonRetired(person)),
            ..opened()
        };
        assert_eq!(
            faults(&misplaced.encode_to_vec()),
            [Fault::SubjectOutOfPlace]
        );
    }

    #[test]
    fn a_disclosure_may_name_the_person_in_its_body() {
        let disclosed = |named: String| v1::Event {
            subject_ref: String::new(),
            body: Some(Body::DataDisclosed(v1::DataDisclosed {
                recipient_id: "police-1".into(),
                case: v1::DisclosureCase::Di02LegalCompulsion.into(),
                categories: vec![v1::DataCategory::DcRealName.into()],
                method: v1::ShareMethod::MtFile.into(),
                case_ref: "C-1".into(),
                named_subject_ref: named,
                ..Default::default()
            })),
            ..opened()
        };
        assert_eq!(found(&disclosed(reference())), Vec::<String>::new());
        assert_eq!(
            found(&disclosed(String::new())),
            ["missing_required_field: subject_ref is missing"]
        );
    }

    #[test]
    fn bodies_of_another_schema_are_unknown() {
        let mut bytes = v1::Event {
            body: None,
            ..opened()
        }
        .encode_to_vec();
        prost::encoding::bytes::encode(5000, &vec![], &mut bytes);
        assert_eq!(faults(&bytes), [Fault::UnknownBody { number: 5000 }]);
    }

    #[test]
    fn fields_of_another_schema_are_no_fault() {
        let mut body = shared().encode_to_vec();
        prost::encoding::uint64::encode(500, &7, &mut body);
        let mut bytes = v1::Event {
            body: None,
            ..opened()
        }
        .encode_to_vec();
        prost::encoding::bytes::encode(200, &body, &mut bytes);
        assert_eq!(faults(&bytes), []);
    }

    #[test]
    fn what_does_not_decode_says_so() {
        let mut bytes = v1::Event {
            body: None,
            ..opened()
        }
        .encode_to_vec();
        prost::encoding::bytes::encode(200, &vec![0x0a, 0x05, b'x'], &mut bytes);
        assert_eq!(faults(&bytes), [Fault::Undecodable]);
    }

    #[test]
    fn bytes_that_break_their_format_are_named() {
        let malformed = |path: &str| Fault::MalformedField { path: path.into() };
        assert_eq!(
            of_shared(|b| b.transfer_sha256 = vec![0; 31]),
            [malformed("data_shared.transfer_sha256")]
        );
        assert_eq!(
            of_shared(|b| b.destination_country = "cn".into()),
            [malformed("data_shared.destination_country")]
        );
        let version_4 = v1::Event {
            event_id: vec![0x41; 16],
            ..opened()
        };
        assert_eq!(faults(&version_4.encode_to_vec()), [malformed("event_id")]);
        let no_salt = v1::Event {
            salt: vec![0; 32],
            ..opened()
        };
        assert_eq!(faults(&no_salt.encode_to_vec()), [malformed("salt")]);
        let late = Some(Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        });
        let late = v1::Event {
            occurred_at: late,
            ..opened()
        };
        assert_eq!(faults(&late.encode_to_vec()), [malformed("occurred_at")]);
    }
}
