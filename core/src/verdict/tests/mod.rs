//! Events that are whole, out of place, or at odds with the schema.

mod bad_input;
mod bytes;

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;
use prost_types::Timestamp as Time;

use super::*;
use crate::placement::partition_of;
use crate::record::{Header, Record, Timestamp};
use crate::schema::v1::{self, event::Body};
use crate::split::{NotAnEnvelope, split};
use crate::wire;

const PERSON: &str = "abcdefghijklmnopqrstuv2345";
const OTHER: &str = "bbcdefghijklmnopqrstuv2345";
const NOW_MS: i64 = 1_700_000_000_000;

fn event() -> v1::Event {
    let mut event_id = vec![1; 16];
    (event_id[6], event_id[8]) = (0x71, 0x81);
    v1::Event {
        event_id,
        salt: vec![7; 32],
        occurred_at: Some(Time {
            seconds: NOW_MS / 1000,
            nanos: 5_000_000,
        }),
        producer: "loan-gateway".into(),
        producer_epoch: Some(1),
        producer_seq: Some(9),
        subject_ref: PERSON.into(),
        correlation_id: "order-1".into(),
        body: Some(Body::DataShared(shared())),
        ..Default::default()
    }
}

fn shared() -> v1::DataShared {
    v1::DataShared {
        recipient_id: "courier-1".into(),
        case: v1::ShareCase::Sh03GoodsDelivery.into(),
        categories: vec![
            v1::DataCategory::DcRealName.into(),
            v1::DataCategory::DcMobileNumber.into(),
        ],
        purpose: v1::Purpose::PuAccountRegisterLogin.into(),
        basis: Some(v1::Basis {
            kind: v1::BasisKind::BaContract.into(),
            contract_ref: "o-1".into(),
            ..Default::default()
        }),
        method: v1::ShareMethod::MtApi.into(),
        destination_country: "CN".into(),
        transfer_sha256: vec![3; 32],
        field_count: Some(2),
        record_count: Some(1),
        access: Some(v1::Access {
            endpoint_ref: "courier-api".into(),
            credential_fingerprint: vec![5; 16],
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn with(change: impl FnOnce(&mut v1::Event)) -> Vec<u8> {
    let mut event = event();
    change(&mut event);
    event.encode_to_vec()
}

fn record_of(key: &str, value: Vec<u8>) -> Record {
    Record {
        offset: 0,
        timestamp: Timestamp::LogAppend(NOW_MS),
        key: Some(key.into()),
        value: Some(value),
        headers: Vec::new(),
    }
}

fn place_of(key: &str, role: TopicRole) -> Place {
    let partitions = 4;
    Place {
        role,
        partition: partition_of(key.as_bytes(), partitions).unwrap(),
        partitions,
    }
}

fn reason_of(value: Vec<u8>) -> Option<Reason> {
    judge(
        &record_of(PERSON, value),
        &place_of(PERSON, TopicRole::Events),
    )
    .reason
}

fn registry(key: &str, body: Body) -> Option<Reason> {
    let event = v1::Event {
        subject_ref: String::new(),
        body: Some(body),
        ..event()
    };
    let place = Place {
        role: TopicRole::Registry,
        partition: 0,
        partitions: 1,
    };
    judge(&record_of(key, event.encode_to_vec()), &place).reason
}

fn raw(number: u32, wire_type: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_varint(u64::from(number << 3 | u32::from(wire_type)), &mut out);
    out.extend_from_slice(content);
    out
}

fn delimited(number: u32, content: &[u8]) -> Vec<u8> {
    let mut out = raw(number, 2, &[]);
    prost::encoding::encode_varint(content.len() as u64, &mut out);
    out.extend_from_slice(content);
    out
}

fn no_envelope(rule: NotAnEnvelope) -> Reason {
    Reason::NotAnEnvelope { rule }
}

fn subjects<'a>(judged: &Judged<'a>, record: &'a Record) -> Vec<(Named, &'a [u8])> {
    Facts::subjects_of(judged.facts.as_ref(), record.key.as_deref())
}

#[test]
fn a_whole_event_in_its_place_has_no_reason_and_its_facts_are_read() {
    let record = record_of(PERSON, event().encode_to_vec());
    let judged = judge(&record, &place_of(PERSON, TopicRole::Events));
    assert_eq!(judged.reason, None);
    let facts = judged.facts.unwrap();
    assert_eq!(
        (facts.body_number, facts.occurred_at_ms),
        (200, Some(NOW_MS + 5))
    );
    assert_eq!(facts.producer, Some("loan-gateway"));
    assert_eq!(
        (facts.producer_epoch, facts.producer_seq),
        (Some(1), Some(9))
    );
    assert_eq!(
        (facts.recipient_id, facts.incident_id),
        (Some("courier-1"), None)
    );
    assert_eq!(facts.correlation_id, Some("order-1"));
    assert_eq!(facts.access.as_ref().unwrap().endpoint_ref, "courier-api");
    let named = [
        (Named::Key, PERSON.as_bytes()),
        (Named::Envelope, PERSON.as_bytes()),
    ];
    assert_eq!(
        Facts::subjects_of(Some(&facts), record.key.as_deref()),
        named
    );
    assert_eq!(event_of(&record), Some(event()));
}

#[test]
fn a_whole_event_is_seen_at_a_quick_look() {
    assert!(quick::is_whole(&event().encode_to_vec()));
}

#[test]
fn unknown_bodies_fields_and_values_have_their_reasons() {
    let none = with(|event| event.body = None);
    let unknown = [none, delimited(5000, &delimited(1, b"courier-1"))].concat();
    assert_eq!(
        reason_of(unknown.clone()),
        Some(Reason::UnknownBody { number: 5000 })
    );
    let record = record_of(PERSON, unknown);
    let facts = judge(&record, &place_of(PERSON, TopicRole::Events))
        .facts
        .unwrap();
    assert_eq!(facts.recipient_id, Some("courier-1"));
    let bad = |change: fn(&mut v1::DataShared)| {
        let mut body = shared();
        change(&mut body);
        reason_of(with(|event| event.body = Some(Body::DataShared(body))))
    };
    let path = "data_shared.categories[2]".to_owned();
    let value = bad(|body| body.categories.push(99_999));
    assert_eq!(value, Some(Reason::UnknownEnumValue { path }));
    let path = "data_shared.basis".to_owned();
    assert_eq!(
        bad(|body| body.basis = None),
        Some(Reason::MissingField { path })
    );
    let path = "data_shared.transfer_sha256".to_owned();
    let value = bad(|body| body.transfer_sha256.truncate(31));
    assert_eq!(value, Some(Reason::MalformedField { path }));
    let path = "subject_ref".to_owned();
    let value = reason_of(with(|event| event.subject_ref.clear()));
    assert_eq!(value, Some(Reason::MissingField { path }));
}

#[test]
fn the_key_of_a_persons_event_is_the_person_in_the_keys_partition() {
    let value = event().encode_to_vec();
    let record = record_of(OTHER, value.clone());
    let judged = judge(&record, &place_of(OTHER, TopicRole::Events));
    assert_eq!(judged.reason, Some(Reason::KeyIsNotSubject));
    let named = [
        (Named::Key, OTHER.as_bytes()),
        (Named::Envelope, PERSON.as_bytes()),
    ];
    assert_eq!(subjects(&judged, &record), named);
    let mut place = place_of(PERSON, TopicRole::Events);
    place.partition = (place.partition + 1) % place.partitions;
    assert_eq!(
        judge(&record_of(PERSON, value), &place).reason,
        Some(Reason::Misplaced)
    );
}

#[test]
fn what_happens_after_its_record_was_written_comes_from_the_future() {
    let at = |seconds| {
        let seconds = NOW_MS / 1000 + seconds;
        with(|event| event.occurred_at = Some(Time { seconds, nanos: 0 }))
    };
    assert_eq!(reason_of(at(600)), None);
    assert_eq!(reason_of(at(601)), Some(Reason::FromTheFuture));
    let mut timeless = record_of(PERSON, at(601));
    timeless.timestamp = Timestamp::None;
    assert_eq!(
        judge(&timeless, &place_of(PERSON, TopicRole::Events)).reason,
        None
    );
}

#[test]
fn a_registers_event_stands_in_the_registry_under_its_key_field() {
    let retired = || {
        Body::ProducerRetired(v1::ProducerRetired {
            producer_name: "loan-gateway".into(),
            reason: v1::ProducerRetirement::PtReplaced.into(),
            retired_at: Some(Time::default()),
            ..Default::default()
        })
    };
    assert_eq!(registry("loan-gateway", retired()), None);
    assert_eq!(registry("mall", retired()), Some(Reason::WrongKey));
    let event = v1::Event {
        subject_ref: String::new(),
        body: Some(retired()),
        ..event()
    };
    let record = record_of("loan-gateway", event.encode_to_vec());
    let judged = judge(&record, &place_of("loan-gateway", TopicRole::Events));
    assert_eq!(judged.reason, Some(Reason::WrongTopic));
    assert_eq!(
        judged.facts.unwrap().registered_producer,
        Some("loan-gateway")
    );
    let named = with(|event| event.body = Some(retired()));
    assert_eq!(reason_of(named), Some(Reason::SubjectOutOfPlace));
}

#[test]
fn a_persons_event_stands_among_the_events() {
    let record = record_of(PERSON, event().encode_to_vec());
    for role in [TopicRole::Registry, TopicRole::Access] {
        let judged = judge(&record, &place_of(PERSON, role));
        assert_eq!(judged.reason, Some(Reason::WrongTopic));
    }
}

#[test]
fn a_disclosure_under_a_gag_names_the_person_in_its_body() {
    let disclosed = v1::DataDisclosed {
        recipient_id: "police-1".into(),
        case: v1::DisclosureCase::Di02LegalCompulsion.into(),
        categories: vec![v1::DataCategory::DcRealName.into()],
        method: v1::ShareMethod::MtFile.into(),
        case_ref: "C-1".into(),
        named_subject_ref: PERSON.into(),
        ..Default::default()
    };
    assert_eq!(
        registry("C-1", Body::DataDisclosed(disclosed.clone())),
        None
    );
    let body = Some(Body::DataDisclosed(disclosed));
    let event = v1::Event {
        subject_ref: String::new(),
        body,
        ..event()
    };
    let record = record_of("C-1", event.encode_to_vec());
    let judged = judge(&record, &place_of("C-1", TopicRole::Registry));
    let subjects = subjects(&judged, &record);
    assert_eq!(subjects, [(Named::Body, PERSON.as_bytes())]);
}

#[test]
fn of_several_reasons_the_documented_one_is_named() {
    let value = with(|event| {
        event.subject_ref = "13800000000".into();
        event.producer.clear();
        event.occurred_at = Some(Time {
            seconds: NOW_MS,
            nanos: 0,
        });
    });
    let path = "subject_ref".to_owned();
    assert_eq!(
        reason_of(value),
        Some(Reason::NotASubjectReference { path })
    );
}
