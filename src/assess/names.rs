//! By which names events reach each other's findings, and how far an event of the registry reaches.

use std::collections::BTreeSet;

use custodia_core::assess::Register;
use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::Facts;

/// Whose findings an event of the registry may change, beside those of recipients and producers, which
/// are judged again after any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nobody's: no rule looks at it.
    Nobody,
    /// Of whoever has an event with one of its [`names`].
    Named,
    /// Everybody's.
    Everybody,
}

/// How far a kind of event (the body's field number) reaches, where it stands in the registry.
///
/// What the register says of a recipient (120 to 123, 201, 202, 204, 211), a merger (205), an
/// authority's case (207 to 210) or an incident (260 to 269) matters to those whose events name it; an
/// erasure (303, 304) to the person whom its digest names. Everything else may matter to anyone.
pub(super) fn reach(kind: u32) -> Reach {
    match kind {
        kind if !Register::keeps(kind) => Reach::Nobody,
        120..=123 | 201 | 202 | 204 | 205 | 207..=211 | 260..=269 | 303 | 304 => Reach::Named,
        _ => Reach::Everybody,
    }
}

/// Every recipient, incident, case and merger that an event names.
pub(super) fn names<'a>(facts: &Facts<'a>, body: &'a Body) -> BTreeSet<&'a str> {
    let mut names: BTreeSet<&str> = [facts.recipient_id, facts.incident_id]
        .into_iter()
        .flatten()
        .collect();
    let (many, one): (&[String], &str) = match body {
        Body::NoticePresented(said) => (&said.recipient_ids, ""),
        Body::ConsentGranted(said) => (&said.recipient_ids, ""),
        Body::ConsentRefused(said) => (&said.recipient_ids, ""),
        Body::ImpactAssessmentRecorded(said) => (&said.recipient_ids, ""),
        Body::RightsRequestFulfilled(said) => (&said.recipients_told, ""),
        Body::DataReceivedFromThirdParty(said) => (&[], &said.provider_id),
        Body::LegalHoldPlaced(said) => (&[], &said.case_ref),
        Body::AuthorityRequestReceived(said) => (&[], &said.case_ref),
        Body::DisclosureReviewed(said) => (&[], &said.case_ref),
        Body::DataDisclosed(said) => (&[], &said.case_ref),
        Body::DisclosureRefused(said) => (&[], &said.case_ref),
        Body::MergerAnnounced(said) => (&[], &said.merger_id),
        Body::DataTransferred(said) => (&[], &said.merger_id),
        _ => (&[], ""),
    };
    names.extend(many.iter().map(String::as_str).chain([one]));
    names.remove("");
    names
}

#[cfg(test)]
mod tests {
    use custodia_core::record::{Record, Timestamp};
    use custodia_core::schema;
    use custodia_core::schema::v1::{self, Topic};
    use custodia_core::verdict::{Place, TopicRole, judge};
    use prost::Message as _;
    use prost_reflect::{DynamicMessage, Value};

    use super::*;

    const NAMING: [&str; 7] = [
        "recipient_id",
        "incident_id",
        "recipient_ids",
        "recipients_told",
        "provider_id",
        "case_ref",
        "merger_id",
    ];

    fn named_in(kind: &schema::BodyKind, field: &str) -> BTreeSet<String> {
        let field = kind.descriptor.get_field_by_name(field).unwrap();
        let text = Value::String("x".into());
        let value = if field.is_list() {
            Value::List(vec![text])
        } else {
            text
        };
        let mut body = DynamicMessage::new(kind.descriptor.clone());
        body.set_field(&field, value);
        let mut event = DynamicMessage::new(schema::event_descriptor().clone());
        event.set_field_by_name("event_id", Value::Bytes(vec![1; 16].into()));
        event.set_field_by_name("salt", Value::Bytes(vec![1; 32].into()));
        event.set_field_by_number(kind.number, Value::Message(body));
        let record = Record {
            offset: 0,
            timestamp: Timestamp::None,
            key: None,
            value: Some(event.encode_to_vec()),
            headers: Vec::new(),
        };
        let place = Place {
            role: TopicRole::Events,
            partition: 0,
            partitions: 1,
        };
        let facts = judge(&record, &place).facts.unwrap();
        let event = v1::Event::decode(facts.event).unwrap();
        let names = names(&facts, event.body.as_ref().unwrap());
        names.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_field_that_names_something_is_a_name() {
        let mut found = 0;
        for kind in schema::bodies().values() {
            for field in NAMING {
                if kind.descriptor.get_field_by_name(field).is_some() {
                    assert!(named_in(kind, field).contains("x"), "{}.{field}", kind.name);
                    found += 1;
                }
            }
        }
        assert!(found > 40, "{found}");
    }

    #[test]
    fn what_reaches_the_named_alone_has_a_name() {
        for kind in schema::bodies().values() {
            let named = reach(kind.number) == Reach::Named;
            let erasure = kind.descriptor.get_field_by_name("erased_subject_blake3");
            let has = |field: &&str| kind.descriptor.get_field_by_name(field).is_some();
            assert!(
                !named || erasure.is_some() || NAMING.iter().any(has),
                "{}",
                kind.name
            );
            let registry = kind.topic == Topic::Registry;
            assert!(registry || reach(kind.number) != Reach::Nobody || kind.number == 302);
        }
    }
}
