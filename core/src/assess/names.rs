//! Whom and what an event names beside the person it is about.

use std::collections::BTreeSet;

use crate::schema::v1::event::Body;
use crate::verdict::Facts;

/// Every recipient, incident, case and merger that an event names.
pub fn names<'a>(facts: &Facts<'a>, body: &'a Body) -> BTreeSet<&'a str> {
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
    use crate::record::{Record, Timestamp};
    use crate::schema;
    use crate::schema::v1;
    use crate::verdict::{Place, TopicRole, judge};
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
}
