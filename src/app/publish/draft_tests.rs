use custodia_core::producer_signature::{ProducerKey, ProducerSignature};
use custodia_core::schema::v1::Event;
use custodia_core::slot::Slots;

use super::*;

const PARTITIONS: Partitions = Partitions {
    events: 4,
    registry: 1,
    access: 1,
};
const FRESH: Fresh = Fresh {
    event_id: [1, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16],
    salt: [9; 32],
};
/// 2026-11-01T08:00:00Z.
const NOW_MS: i64 = 1_793_520_000_000;
const PERSON: &str = "abcdefghijklmnopqrstuv2345";

/// The line of a whole event, with these members more in its envelope and its body.
fn line(envelope: &str, body: &str) -> String {
    format!(
        r#"{{"occurred_at": "2026-11-01T08:00:00Z", "producer": "mall", {envelope}
        "order_opened": {{{body} "order_ref": "o-1", "kind": "OK_GOODS"}}}}"#
    )
}

fn of_person(more: &str) -> String {
    line(
        &format!(r#""subject_ref": "{PERSON}", "subject_role": "AC_SUBJECT_USER", {more}"#),
        "",
    )
}

fn drafted(line: &str) -> Result<Draft, Vec<Refusal>> {
    draft(line, PARTITIONS, NOW_MS, &FRESH, None)
}

fn refused(line: &str) -> Vec<String> {
    drafted(line)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn event(draft: &Draft) -> Event {
    Event::decode(draft.value.as_slice()).unwrap()
}

#[test]
fn a_whole_event_stands_under_its_subject_with_id_and_salt_filled_in() {
    let draft = drafted(&of_person("")).unwrap();
    assert_eq!(
        (draft.role, draft.key.as_slice()),
        (TopicRole::Events, PERSON.as_bytes())
    );
    assert_eq!(draft.event_id.as_bytes(), &FRESH.event_id);
    let event = event(&draft);
    assert_eq!(
        (event.event_id, event.salt),
        (FRESH.event_id.to_vec(), FRESH.salt.to_vec())
    );
}

#[test]
fn an_id_and_a_salt_that_are_given_stay() {
    // Base64 of 6 bytes, 0x70, 0x00, 0x80 and 7 zeros; and of 32 bytes of ones.
    let id = r#""eventId": "AQIDBAUGcACAAAAAAAAAAA==", "#;
    let salt = r#""salt": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","#;
    let event = event(&drafted(&of_person(&format!("{id}{salt}"))).unwrap());
    assert_eq!(
        event.event_id,
        [1, 2, 3, 4, 5, 6, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(event.salt, [1; 32]);
}

#[test]
fn a_salt_of_the_wrong_length_is_refused_and_not_replaced() {
    let reasons = refused(&of_person(r#""salt": "AAAA","#));
    assert!(reasons[0].starts_with("not an envelope: "), "{reasons:?}");
    assert_eq!(reasons[1], "salt: not in the form that the schema asks for");
}

#[test]
fn every_missing_field_is_named() {
    let line = r#"{"subject_ref": "abcdefghijklmnopqrstuv2345", "order_opened": {}}"#;
    let reasons = refused(line);
    for field in ["occurred_at", "producer", "order_opened.order_ref"] {
        assert!(
            reasons.contains(&format!("{field} is missing")),
            "{field}: {reasons:?}"
        );
    }
}

#[test]
fn a_phone_number_is_no_subject_and_is_not_repeated() {
    let reasons = refused(&line(
        r#""subject_ref": "13800138000", "subject_role": "AC_SUBJECT_USER","#,
        "",
    ));
    assert_eq!(
        reasons,
        ["subject_ref: not a reference (26 characters of a-z and 2-7)"]
    );
}

#[test]
fn a_value_that_the_vocabulary_does_not_have_is_refused_as_word_and_as_number() {
    let of = |role: &str| {
        refused(&line(
            &format!(r#""subject_ref": "{PERSON}", "subject_role": {role},"#),
            "",
        ))
    };
    assert_eq!(
        of("\"AC_NOBODY\""),
        ["subject_role: the vocabulary has no such value"]
    );
    assert_eq!(
        of("9999"),
        ["subject_role: the vocabulary has no such value"]
    );
}

#[test]
fn an_event_from_the_future_is_refused() {
    let line = of_person("").replace("08:00:00Z", "08:10:01Z");
    assert_eq!(
        refused(&line),
        ["occurred_at is later than the record's timestamp"]
    );
}

#[test]
fn an_event_without_body_or_subject_is_refused() {
    assert!(refused("{}").contains(&"body is missing".to_owned()));
    assert!(refused(&line("", "")).contains(&"subject_ref is missing".to_owned()));
}

#[test]
fn an_event_of_nobody_stands_in_the_registry_under_its_key_field() {
    let line = r#"{"occurred_at": "2026-11-01T08:00:00Z", "producer": "desk",
        "producer_retired": {"producer_name": "old-gateway", "reason": "PT_SERVICE_ENDED",
            "retired_at": "2026-11-01T07:00:00Z"}}"#;
    let draft = drafted(line).unwrap();
    assert_eq!(
        (draft.role, draft.key.as_slice()),
        (TopicRole::Registry, &b"old-gateway"[..])
    );
}

#[test]
fn fresh_ids_are_of_their_time_and_never_the_same() {
    let (one, other) = (Fresh::at(NOW_MS).unwrap(), Fresh::at(NOW_MS).unwrap());
    assert!(one.event_id != other.event_id && one.salt != other.salt);
    let draft = draft(&of_person(""), PARTITIONS, NOW_MS, &one, None).unwrap();
    let (seconds, nanos) = draft.event_id.get_timestamp().unwrap().to_unix();
    assert_eq!((seconds, nanos), (1_793_520_000, 0));
}

/// A key file of this seed, and what signs with it.
fn vouching(seed: u8) -> Vouching {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let head = hex::decode("302e020100300506032b657004220420").unwrap();
    let der = [&head[..], &[seed; 32]].concat();
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    std::fs::write(&path, pem).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Vouching::open(&path, "mall/1").unwrap()
}

fn signature(draft: &Draft) -> ProducerSignature {
    let record = Record {
        offset: 7,
        timestamp: Timestamp::LogAppend(NOW_MS),
        key: Some(draft.key.clone()),
        value: Some(draft.value.clone()),
        headers: Vec::new(),
    };
    ProducerSignature::of(&Slots::of(&record)).unwrap()
}

#[test]
fn an_event_is_signed_for_its_producer_and_what_is_signed_already_stays() {
    let signing = vouching(7);
    let drafted = |line: &str| draft(line, PARTITIONS, NOW_MS, &FRESH, Some(&signing)).unwrap();
    let signed = drafted(&of_person(""));
    let found = signature(&signed);
    assert_eq!(found.key_id, b"mall/1");
    let public = ProducerKey::from_seed(&[7; 32]).public();
    found.verify(&public).unwrap();
    let named = drafted(&of_person(r#""producer_key_id": "mall/0","#));
    assert_eq!(signature(&named).key_id, b"mall/0");
    signature(&named).verify(&public).unwrap();
    let given = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [5; 64]);
    let kept = drafted(&of_person(&format!(r#""producer_signature": "{given}","#)));
    assert_eq!(signature(&kept).signature, [5; 64]);
}
