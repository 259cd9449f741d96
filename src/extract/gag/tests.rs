//! Gags to the millisecond: running, ended, without an end, lifted.

use custodia_core::extract::Profile;
use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::event_from_json;
use custodia_core::split::split;
use custodia_core::verdict::{Place, judge};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::*;
use crate::extract::pseudonyms::Pseudonyms;

const PERSON: &str = "k3vq7mzt2hxw5ncyadj4rbg6ps";
const EMPLOYEE: &str = "employeeemployeeemployeeem";
const CASE: &str = "case-2026-31";
/// 2026-09-01 00:00 UTC.
const UNTIL_MS: i64 = 1_788_220_800_000;
const UNTIL: &str = "2026-09-01T00:00:00Z";
/// A disclosure in the registry, whose body alone names the person.
const SEALED: u8 = 1;
/// A look of an authority's making, and one of the person's own request.
const LOOK: u8 = 4;
const OWN_LOOK: u8 = 5;

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

struct Sent {
    role: TopicRole,
    leaf: Leaf,
}

/// An accepted event with this id, under a key.
fn sent(
    id: u8,
    role: TopicRole,
    key: &str,
    about: Option<&str>,
    cause: Option<u8>,
    body: Value,
) -> Sent {
    let mut event = json!({
        "event_id": base64(&[id; 16]),
        "salt": base64(&[9; 32]),
        "occurred_at": "2026-08-01T00:00:00Z",
        "producer": "legal-desk",
    });
    if let Some(about) = about {
        event["subject_ref"] = json!(about);
        event["subject_role"] = json!("AC_SUBJECT_USER");
    }
    if let Some(cause) = cause {
        event["causation_id"] = json!(base64(&[cause; 16]));
    }
    let Value::Object(body) = body else {
        panic!("a body is an object")
    };
    event.as_object_mut().unwrap().extend(body);
    let record = Record {
        offset: 0,
        timestamp: Timestamp::LogAppend(0),
        key: Some(key.as_bytes().to_vec()),
        value: Some(event_from_json(&event.to_string()).unwrap()),
        headers: Vec::new(),
    };
    Sent {
        role,
        leaf: Leaf {
            entry: [0; 50],
            timestamp_ms: Some(0),
            record: Some(record),
            verdict: Some(Verdict::Accepted),
        },
    }
}

fn disclosed(gag: Option<&str>, in_body: bool) -> Value {
    let mut body = json!({
        "recipient_id": "rc-police", "case": "DI_02_LEGAL_COMPULSION", "case_ref": CASE,
        "categories": ["DC_ID_NUMBER"], "method": "MT_FILE",
    });
    if let Some(gag) = gag {
        body["gag_until"] = json!(gag);
    }
    if in_body {
        body["named_subject_ref"] = json!(PERSON);
    }
    json!({"data_disclosed": body})
}

/// A disclosure as it is sent while a gag runs (design §3.5).
fn sealed(gag: Option<&str>) -> Sent {
    sent(
        SEALED,
        TopicRole::Registry,
        CASE,
        None,
        None,
        disclosed(gag, true),
    )
}

/// The same, sent again under the person's reference.
fn again(gag: Option<&str>, cause: Option<u8>) -> Sent {
    sent(
        2,
        TopicRole::Events,
        PERSON,
        Some(PERSON),
        cause,
        disclosed(gag, false),
    )
}

fn look(id: u8, reason: &str, requester: &str) -> Sent {
    let body = json!({"ledger_queried": {
        "role": "PR_PROTECTION_OFFICER", "legal_basis": "LB_PIPL_52_OFFICER", "reason": reason,
        "query": format!("extract subject profile=R-SUBJECT requester={requester}"),
        "cut_sha256": base64(&[1; 32]), "repeated": false, "row_count": "1",
        "principal_ref": EMPLOYEE, "ticket": "t-1",
    }});
    sent(id, TopicRole::Access, PERSON, Some(PERSON), None, body)
}

/// Which of these are shown to the person at a moment, by their ids' first bytes.
fn shown(all: &[Sent], now_ms: i64) -> Vec<u8> {
    let redactor = Redactor {
        profile: Profile::SSelf,
        references: BTreeSet::from([PERSON.to_owned()]),
        pseudonyms: Pseudonyms::new(Zeroizing::new([1; 32])),
        erased: None,
    };
    let with_words = |sent: &Sent, each: &mut dyn FnMut(&Leaf, &Words<'_>)| {
        let record = sent.leaf.record.as_ref().unwrap();
        let place = Place {
            role: sent.role,
            partition: 0,
            partitions: 1,
        };
        let words = Words {
            facts: judge(record, &place).facts.unwrap(),
            split: split(record.value.as_deref().unwrap()).unwrap(),
        };
        each(&sent.leaf, &words);
    };
    let mut gags = Gags::new(now_ms);
    for sent in all {
        with_words(sent, &mut |leaf, words| {
            gags.learn(&redactor, leaf, Some(words));
        });
    }
    let mut shown = Vec::new();
    for sent in all {
        with_words(sent, &mut |leaf, words| {
            if !gags.hide(sent.role, &redactor, leaf, Some(words)) {
                shown.push(words.facts.event_id[0]);
            }
        });
    }
    shown
}

fn looks() -> [Sent; 2] {
    [
        look(LOOK, "AR_REGULATOR_REQUEST", "RQ_REGULATOR"),
        look(OWN_LOOK, "AR_RIGHTS_REQUEST", "RQ_SUBJECT"),
    ]
}

fn with_looks(sent: impl IntoIterator<Item = Sent>) -> Vec<Sent> {
    sent.into_iter().chain(looks()).collect()
}

#[test]
fn a_gag_runs_up_to_its_very_millisecond() {
    let all = with_looks([again(Some(UNTIL), None)]);
    assert_eq!(shown(&all, UNTIL_MS - 1), [OWN_LOOK]);
    assert_eq!(shown(&all, UNTIL_MS), [2, LOOK, OWN_LOOK]);
    // Part of a millisecond more is under it still.
    let all = with_looks([again(Some("2026-09-01T00:00:00.000000001Z"), None)]);
    assert_eq!(shown(&all, UNTIL_MS), [OWN_LOOK]);
    assert_eq!(shown(&all, UNTIL_MS + 1), [2, LOOK, OWN_LOOK]);
}

#[test]
fn a_gag_that_ended_before_it_was_sent_hides_nothing() {
    let all = with_looks([again(Some("2020-01-01T00:00:00Z"), None)]);
    assert_eq!(shown(&all, UNTIL_MS), [2, LOOK, OWN_LOOK]);
}

#[test]
fn once_a_gag_has_ended_the_event_sent_again_and_the_looks_are_shown() {
    let all = with_looks([sealed(Some(UNTIL)), again(None, Some(SEALED))]);
    // What names the person in its body alone stays the registry's.
    assert_eq!(shown(&all, UNTIL_MS), [2, LOOK, OWN_LOOK]);
    let unsent = with_looks([sealed(Some(UNTIL))]);
    assert_eq!(shown(&unsent, UNTIL_MS), [LOOK, OWN_LOOK]);
    assert_eq!(shown(&unsent, UNTIL_MS - 1), [OWN_LOOK]);
}

#[test]
fn a_gag_that_the_law_no_longer_knows_is_lifted_by_the_event_that_names_it() {
    for gag in [None, Some(UNTIL)] {
        let before = UNTIL_MS - 1;
        let sealed_alone = with_looks([sealed(gag)]);
        assert_eq!(shown(&sealed_alone, before), [OWN_LOOK], "{gag:?}");
        let lifted = with_looks([sealed(gag), again(None, Some(SEALED))]);
        assert_eq!(shown(&lifted, before), [2, LOOK, OWN_LOOK], "{gag:?}");
        // Without the cause, or with another, it lifts nothing; nor does one under a gag of its own.
        for other in [
            again(None, None),
            again(None, Some(7)),
            again(Some(UNTIL), Some(SEALED)),
        ] {
            assert_eq!(shown(&with_looks([sealed(gag), other]), before), [OWN_LOOK]);
        }
    }
}

#[test]
fn what_is_no_accepted_event_lifts_nothing() {
    let mut forged = again(None, Some(SEALED));
    forged.leaf.verdict = None;
    assert_eq!(
        shown(&with_looks([sealed(None), forged]), UNTIL_MS),
        [OWN_LOOK]
    );
}

#[test]
fn one_of_two_gags_of_a_case_keeps_it_hidden() {
    let other = sent(
        6,
        TopicRole::Registry,
        CASE,
        None,
        None,
        disclosed(Some(UNTIL), true),
    );
    let all = with_looks([sealed(None), other, again(None, Some(SEALED))]);
    assert_eq!(shown(&all, UNTIL_MS - 1), [OWN_LOOK]);
    assert_eq!(shown(&all, UNTIL_MS), [2, LOOK, OWN_LOOK]);
}
