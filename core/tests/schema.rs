//! The schema against the policy's text, and against its own rules (design §3.2).

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::schema::{bodies, event_descriptor, label, labels, pool, v1};
use prost_reflect::{EnumDescriptor, Kind, MessageDescriptor};
use sha2::{Digest as _, Sha256};

const POLICY: &str = include_str!("../../ops/policy/privacy-policy.zh.txt");
const VOCABULARY: &str = include_str!("frozen/vocabulary.txt");
const BODIES: &str = include_str!("frozen/bodies.txt");

/// Every enum of the schema but those of options.proto, which describe the schema itself.
fn vocabularies() -> Vec<EnumDescriptor> {
    pool()
        .all_enums()
        .filter(|e| e.package_name() == "custodia.v1")
        .filter(|e| e.parent_file().name() != "custodia/v1/options.proto")
        .collect()
}

fn messages() -> Vec<MessageDescriptor> {
    pool()
        .all_messages()
        .filter(|m| m.package_name() == "custodia.v1")
        .collect()
}

/// What is wrong with the label of one value, in words.
fn label_fault(vocabulary: &EnumDescriptor, number: i32, lines: &[&str]) -> Option<String> {
    let Some(label) = label(vocabulary.full_name(), number) else {
        return Some("has no label".into());
    };
    if label.en.is_empty() {
        return Some("has no English name".into());
    }
    match (&label.zh, label.line, &label.law, &label.none) {
        (Some(zh), Some(line), _, None) => {
            let text = usize::try_from(line)
                .ok()
                .and_then(|line| lines.get(line - 1));
            let stands = text.is_some_and(|text| text.contains(zh.as_str()));
            (!stands).then(|| format!("「{zh}」 is not in line {line}"))
        }
        (None, None, Some(_), None) | (None, None, None, Some(_)) => label
            .zh_name
            .is_none()
            .then(|| "has no Chinese name".into()),
        _ => Some("has neither phrase and line, nor a clause, nor a reason; or several".into()),
    }
}

#[test]
fn every_phrase_stands_in_its_line() {
    let lines: Vec<_> = POLICY.lines().collect();
    let mut faults = Vec::new();
    for vocabulary in vocabularies() {
        for value in vocabulary.values().filter(|value| value.number() != 0) {
            if let Some(fault) = label_fault(&vocabulary, value.number(), &lines) {
                faults.push(format!("{} {fault}", value.name()));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn values_of_the_policy_name_this_version_of_it() {
    assert!(POLICY.contains("生效时间:2024年07月15日"));
    let digest = hex::encode(Sha256::digest(POLICY));
    let version = format!("2024-07-15-{}", &digest[..16]);
    for vocabulary in vocabularies() {
        for label in labels(vocabulary.full_name()).unwrap().values() {
            let expected = label.line.map(|_| version.clone());
            assert_eq!(label.first_policy, expected, "{}", label.value);
        }
    }
}

#[test]
fn values_share_their_vocabularys_prefix_and_zero_says_nothing() {
    let mut prefixes = BTreeSet::new();
    for vocabulary in vocabularies() {
        let zero = vocabulary.get_value(0).unwrap();
        let prefix = zero.name().strip_suffix("UNSPECIFIED").unwrap().to_owned();
        assert!(prefix.ends_with('_'), "{}", vocabulary.name());
        for value in vocabulary.values() {
            assert!(value.name().starts_with(&prefix), "{}", value.name());
        }
        assert!(label(vocabulary.full_name(), 0).is_none());
        assert!(prefixes.insert(prefix), "{}", vocabulary.name());
    }
}

#[test]
fn frozen_values_keep_their_numbers() {
    let mut vocabulary = None;
    for line in VOCABULARY.lines() {
        if let Some((number, name)) = line.strip_prefix("  ").and_then(|l| l.split_once(' ')) {
            let vocabulary: &EnumDescriptor = vocabulary.as_ref().unwrap();
            let value = vocabulary
                .get_value_by_name(name)
                .unwrap_or_else(|| panic!("{name}"));
            assert_eq!(value.number().to_string(), number, "{name}");
        } else {
            let (name, _) = line.split_once(' ').unwrap();
            let found = pool().get_enum_by_name(&format!("custodia.v1.{name}"));
            vocabulary = Some(found.unwrap_or_else(|| panic!("{name}")));
        }
    }
    let frozen = VOCABULARY
        .lines()
        .filter(|line| line.starts_with("  "))
        .count();
    let held: usize = vocabularies().iter().map(|v| v.values().len() - 1).sum();
    assert_eq!(
        frozen, held,
        "a new value is frozen in tests/frozen/vocabulary.txt"
    );
}

#[test]
fn every_event_has_its_body_under_its_frozen_number() {
    let frozen: BTreeMap<u32, &str> = BODIES
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(number, name)| (number.parse().unwrap(), name))
        .collect();
    let held: BTreeMap<u32, &str> = bodies()
        .iter()
        .map(|(number, kind)| (*number, kind.name.as_str()))
        .collect();
    assert_eq!(held, frozen);
    let in_oneof = event_descriptor()
        .fields()
        .filter(|f| f.number() >= 100)
        .count();
    assert_eq!(in_oneof, held.len(), "every body has its options");
}

#[test]
fn there_is_one_oneof_and_no_map() {
    for message in messages() {
        for field in message.fields() {
            assert!(!field.is_map(), "{}", field.full_name());
            assert!(!field.is_group(), "{}", field.full_name());
        }
        let oneofs: Vec<_> = message
            .oneofs()
            .filter(|o| !o.is_synthetic())
            .map(|o| o.full_name().to_owned())
            .collect();
        if message == *event_descriptor() {
            assert_eq!(oneofs, ["custodia.v1.Event.body"]);
        } else {
            assert!(oneofs.is_empty(), "{oneofs:?}");
        }
    }
}

#[test]
fn the_envelope_stands_as_designed() {
    let held: Vec<_> = event_descriptor()
        .fields()
        .filter(|field| field.number() < 100)
        .map(|field| (field.number(), field.name().to_owned()))
        .collect();
    let designed = [
        (1, "event_id"),
        (2, "salt"),
        (3, "occurred_at"),
        (4, "producer"),
        (5, "producer_epoch"),
        (6, "producer_seq"),
        (7, "policy_version_id"),
        (8, "subject_ref"),
        (9, "subject_role"),
        (16, "correlation_id"),
        (17, "causation_id"),
        (18, "evidence"),
        (24, "producer_key_id"),
        (25, "producer_signature"),
    ];
    assert_eq!(
        held,
        designed.map(|(number, name)| (number, name.to_owned()))
    );
}

#[test]
fn recipient_and_incident_have_their_numbers_in_every_body() {
    for kind in bodies().values() {
        for (number, name) in [(1, "recipient_id"), (2, "incident_id")] {
            let reserved = kind
                .descriptor
                .reserved_ranges()
                .any(|range| range.contains(&number));
            match kind.descriptor.get_field(number) {
                Some(field) => assert_eq!(field.name(), name, "{}", kind.name),
                None => assert!(reserved, "{}: {number} is free", kind.name),
            }
            let elsewhere = kind.descriptor.get_field_by_name(name);
            assert!(
                elsewhere.is_none_or(|field| field.number() == number),
                "{}",
                kind.name
            );
        }
        let highest = kind.descriptor.fields().map(|field| field.number()).max();
        assert!(highest.is_some_and(|number| number <= 503), "{}", kind.name);
    }
}

#[test]
fn people_stand_in_block_2_and_traces_in_block_3() {
    let format = pool().get_extension_by_name("custodia.v1.format").unwrap();
    for kind in bodies().values() {
        for field in kind.descriptor.fields() {
            let value = field
                .options()
                .get_extension(&format)
                .as_enum_number()
                .unwrap();
            let person = [v1::Format::SubjectRef, v1::Format::EmployeeRef]
                .contains(&v1::Format::try_from(value).unwrap());
            if person || field.name().ends_with("subject_ref") {
                assert_eq!(field.number() / 8, 2, "{}", field.full_name());
            }
            let trace = field.name().contains("endpoint") || field.name().contains("credential");
            let access = matches!(field.kind(), Kind::Message(m) if m.name() == "Access");
            if trace || access {
                assert_eq!(field.number() / 8, 3, "{}", field.full_name());
            }
        }
    }
}

#[test]
fn references_are_marked_so_that_they_are_checked() {
    let format = pool().get_extension_by_name("custodia.v1.format").unwrap();
    let marked = |name: &str| match name {
        name if name.ends_with("_sha256") => Some(vec![v1::Format::Sha256]),
        name if name.ends_with("_blake3") => Some(vec![v1::Format::Blake3]),
        name if name.ends_with("_by_ref") || name.ends_with("subject_ref") => {
            Some(vec![v1::Format::EmployeeRef, v1::Format::SubjectRef])
        }
        _ => None,
    };
    for message in messages() {
        for field in message.fields() {
            let value = field
                .options()
                .get_extension(&format)
                .as_enum_number()
                .unwrap();
            let held = v1::Format::try_from(value).unwrap();
            if let Some(allowed) = marked(field.name()) {
                assert!(allowed.contains(&held), "{}", field.full_name());
            }
        }
    }
}

#[test]
fn every_body_says_where_it_stands_and_comes_from() {
    let required = pool()
        .get_extension_by_name("custodia.v1.required")
        .unwrap();
    for kind in bodies().values() {
        assert_ne!(kind.topic, v1::Topic::Unspecified, "{}", kind.name);
        assert!(!kind.source.is_empty(), "{}", kind.name);
        match kind.subject {
            v1::SubjectRule::Required => assert!(kind.key_field.is_none(), "{}", kind.name),
            v1::SubjectRule::None | v1::SubjectRule::Optional => {
                let key = kind
                    .key_field
                    .as_ref()
                    .unwrap_or_else(|| panic!("{}", kind.name));
                let sure = key.options().get_extension(&required).as_bool() == Some(true);
                assert!(
                    sure || kind.subject_field.as_ref() == Some(key),
                    "{}",
                    kind.name
                );
            }
            v1::SubjectRule::Unspecified => panic!("{}", kind.name),
        }
    }
}

#[test]
fn the_registry_of_erasures_holds_digests_only() {
    for name in ["ErasureOrdered", "SubjectKeyShredded"] {
        let kind = bodies().values().find(|kind| kind.name == name).unwrap();
        assert_eq!(kind.subject, v1::SubjectRule::None);
        assert!(
            kind.descriptor
                .fields()
                .all(|field| !field.name().contains("subject_ref"))
        );
    }
}

#[test]
fn a_set_stands_for_categories_that_exist() {
    let categories = pool().get_enum_by_name("custodia.v1.DataCategory").unwrap();
    for set in labels("custodia.v1.DataCategorySet").unwrap().values() {
        assert!(!set.members.is_empty(), "{}", set.value);
        for member in &set.members {
            assert!(categories.get_value_by_name(member).is_some(), "{member}");
        }
    }
    for field in messages()
        .iter()
        .flat_map(|message| message.fields().collect::<Vec<_>>())
    {
        let is_set = matches!(field.kind(), Kind::Enum(e) if e.name() == "DataCategorySet");
        assert!(!is_set, "{} carries a bare set", field.full_name());
    }
}
