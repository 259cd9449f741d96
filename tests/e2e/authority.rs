//! Extracts for authorities: of an incident, of a class, for an audit; and what a gag hid, once it is lifted.

use std::collections::BTreeSet;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answers::{asking, wait_for_rows};
use crate::broker::Broker;
use crate::extract::{
    FOR_OFFICER, FOR_REGULATOR, FOR_THE_PERSON, about, cut, cut_now, disclosed, everything, holds,
    lines, no_references, on_no_ground, publish, table, verifies, wait_for_all_rows, words,
};
use crate::ledger::Ledger;

const INCIDENT: &str = "incident-7";
const ENDPOINT: &str = "gw-nobody-may-know";
const MANY: &str = "rc-many";
const FEW: &str = "rc-few";
const FOR_AUDIT: [&str; 8] = [
    "--requester",
    "RQ_AUDITOR",
    "--requester-name",
    "Audit firm 9",
    "--basis",
    "LB_PIPL_54_AUDIT",
    "--reason",
    "audit",
];

/// Made-up people.
fn people() -> Vec<String> {
    let letters = 'a'..='n';
    letters
        .map(|letter| format!("personpersonpersonpersonp{letter}"))
        .collect()
}

fn line(event: &Value) -> String {
    event.to_string()
}

fn registered(id: &str) -> String {
    line(&json!({
        "occurred_at": "2026-09-01T00:00:00Z", "producer": "vendor-desk",
        "recipient_registered": {
            "recipient_id": id, "name": format!("Recipient {id}"), "contact": "privacy@recipient.example",
            "kind": "AC_COURIER", "legal_role": "LR_INDEPENDENT", "confidentiality": true,
            "storage_countries": ["CN"],
            "allowed_uses": [{ "purpose": "PU_DELIVERY", "categories": ["DC_CONSIGNEE_NAME"] }],
        },
    }))
}

fn of_incident(kind: &str, mut body: Value) -> String {
    body["incident_id"] = json!(INCIDENT);
    line(&json!({
        "occurred_at": "2026-09-02T09:00:00Z", "producer": "incident-desk", kind: body,
    }))
}

fn told(person: &str) -> String {
    line(&json!({
        "occurred_at": "2026-09-03T09:00:00Z", "producer": "incident-desk",
        "subject_ref": person, "subject_role": "AC_SUBJECT_USER",
        "subject_notified": {
            "incident_id": INCIDENT, "channel": "CH_SMS", "notice_sha256": STANDARD.encode([5; 32]),
            "contents": ["BR_NOTIFY_CONTENT_FACTS_AND_IMPACT"],
        },
    }))
}

/// Recipients, data that went to them, and an incident of which everybody was told.
fn town() -> Vec<String> {
    let people = people();
    let mut all = vec![registered(MANY), registered(FEW)];
    all.push(of_incident("incident_detected", json!({
        "recipient_id": MANY, "detected_at": "2026-09-02T08:00:00Z", "known_at": "2026-09-02T08:30:00Z",
        "kinds": ["BR_EVENT_LEAK"], "categories": ["DC_CONSIGNEE_PHONE"], "estimated_count": "14",
        "critical_infrastructure": false, "endpoint_refs": [ENDPOINT],
        "credential_fingerprints": [STANDARD.encode([4; 16])],
    })));
    all.push(of_incident(
        "affected_subjects_identified",
        json!({
            "subject_set_root_sha256": STANDARD.encode([6; 32]), "subject_count": "14",
            "categories": ["DC_CONSIGNEE_PHONE"],
        }),
    ));
    all.extend(people.iter().map(|person| on_no_ground(person, MANY)));
    all.extend(
        people
            .iter()
            .take(3)
            .map(|person| on_no_ground(person, FEW)),
    );
    all.extend(people.iter().map(|person| told(person)));
    all
}

/// How many events of people [`town`] has.
const OF_PEOPLE: u64 = 14 + 3 + 14;

/// Cuts an extract, has it verified, and holds that no reference is in it.
fn named_nobody(ledger: &Ledger, of: &[&str], who: &[&str], name: &str) -> Vec<u8> {
    let (path, _) = cut(ledger, of, who, name);
    verifies(ledger, &path);
    let archive = fs::read(&path).unwrap();
    let all: BTreeSet<String> = people().into_iter().collect();
    no_references(&archive, &all);
    assert!(!holds(&everything(&archive), ENDPOINT), "{name}");
    let out = ledger.path("foreign.zip");
    let mut foreign: Vec<&str> = who.to_vec();
    foreign[1] = "RQ_FOREIGN";
    let refused = ledger.fails(&words(of, &foreign, &out), "CU-0751");
    assert!(refused.contains("PIPL 41") && !out.exists(), "{refused}");
    archive
}

fn pseudonyms(archive: &[u8]) -> BTreeSet<String> {
    let lines = lines(archive).into_iter();
    lines
        .filter_map(|line| Some(line["said"]["subject"].as_str()?.to_owned()))
        .collect()
}

#[test]
fn each_kind_for_an_authority_verifies_and_names_nobody() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    publish(&ledger, &town());
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, OF_PEOPLE);
    wait_for_all_rows(&mut serving);
    let as_of = cut_now(&ledger);

    let of = ["--incident", INCIDENT, "--as-of", &as_of];
    let incident = named_nobody(&ledger, &of, &FOR_REGULATOR, "incident.zip");
    assert_eq!(pseudonyms(&incident).len(), 14);
    // Two events of the incident, who was told, and the registration of the recipient.
    let shown = lines(&incident).len();
    assert!((14 + 2 + 1..14 + 2 + 4).contains(&shown), "{shown}");
    let root = [6; 32];
    assert!(everything(&incident).windows(32).any(|some| some == root));

    let of = ["--class", "DataShared", "--as-of", &as_of];
    let class = named_nobody(&ledger, &of, &FOR_REGULATOR, "class.zip");
    let rows = table(&class, "timeline.csv");
    assert_eq!(rows.iter().filter(|row| row[8] == "DataShared").count(), 17);
    let before = ["--until", "2026-09-02T00:00:00Z"];
    let before = [&of[..], &before].concat();
    let before = named_nobody(&ledger, &before, &FOR_REGULATOR, "class-before.zip");
    assert!(
        pseudonyms(&before).is_empty(),
        "a share before the period's end"
    );

    audit(&ledger, &as_of);
    ledger.fails(
        &words(
            &["--incident", "incident-8"],
            &FOR_OFFICER,
            &ledger.path("x.zip"),
        ),
        "CU-0752",
    );
    serving.stop();
}

fn audit(ledger: &Ledger, as_of: &str) {
    let months = [
        "--from",
        "2026-09-01T00:00:00+08:00",
        "--until",
        "2026-10-01T00:00:00+08:00",
    ];
    let of = [&["--audit", "--as-of", as_of], &months[..]].concat();
    let archive = named_nobody(ledger, &of, &FOR_AUDIT, "audit.zip");
    assert!(pseudonyms(&archive).is_empty());
    let counts = |archive: &[u8], wanted: &str, key: &str| -> Vec<String> {
        let rows = table(archive, "counts.csv").into_iter();
        let rows = rows.filter(|row| row[0] == wanted && row.iter().any(|cell| cell == key));
        rows.map(|row| row[9].clone()).collect()
    };
    assert_eq!(counts(&archive, "events", "SubjectNotified"), ["14"]);
    assert_eq!(counts(&archive, "events", "DataShared"), ["17"]);
    // Three people stand behind the one, so the other is withheld too: with the total it would tell.
    assert_eq!(counts(&archive, "outflows", FEW), ["<10"]);
    assert_eq!(counts(&archive, "outflows", MANY), ["<10"]);
    assert!(!counts(&archive, "findings", "R01").is_empty());
    let of = [&of[..], &["--k", "3"]].concat();
    let archive = named_nobody(ledger, &of, &FOR_AUDIT, "audit-3.zip");
    assert_eq!(counts(&archive, "outflows", FEW), ["3"]);
    assert_eq!(counts(&archive, "outflows", MANY), ["14"]);
    let out = ledger.path("x.zip");
    let day = ["--audit", "--from", "2026-09-02T00:00:00+08:00"];
    ledger.fails(&words(&day, &FOR_AUDIT, &out), "CU-0750");
    ledger.fails(
        &words(&["--audit", "--k", "1"], &FOR_AUDIT, &out),
        "CU-0750",
    );
}

const CASE: &str = "case-sealed-31";
const TICKET: &str = "ticket-of-the-case";
const PERSON: &str = "gaggedgaggedgaggedgaggedga";

/// A disclosure with an id of its own, and what brought it about.
fn identified(disclosure: &str, id: u8, cause: Option<u8>) -> String {
    let mut event: Value = serde_json::from_str(disclosure).unwrap();
    let uuid = |last: u8| {
        let mut uuid = [
            0x01, 0x9a, 0x2b, 0x3c, 0x4d, 0x5e, 0x70, 1, 0x80, 2, 3, 4, 5, 6, 7, 0,
        ];
        uuid[15] = last;
        STANDARD.encode(uuid)
    };
    event["event_id"] = json!(uuid(id));
    if let Some(cause) = cause {
        event["causation_id"] = json!(uuid(cause));
    }
    event.to_string()
}

#[test]
fn what_a_gag_hid_reaches_the_person_once_it_is_lifted() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let gag = format!(r#", "gag_until": "2126-01-01T00:00:00Z", "named_subject_ref": "{PERSON}""#);
    let ended = r#", "gag_until": "2026-09-02T08:00:01Z""#;
    let sealed = identified(&disclosed(CASE, "", &gag), 1, None);
    let of_a_past_gag = disclosed("case-of-a-past-gag", &about(PERSON), ended);
    publish(&ledger, &[sealed, of_a_past_gag]);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, 1);
    let why = ["--reason", "regulator_request", "--ticket", TICKET];
    ledger.ok(&[&["who", PERSON], &why[..]].concat());
    serving.until("the look", |serving| {
        (serving.metric("custodia_projected_size", "custodia.access")? >= 1).then_some(())
    });
    wait_for_all_rows(&mut serving);
    let shows = |who: &[&str], name: &str| {
        let as_of = cut_now(&ledger);
        let (path, _) = cut(
            &ledger,
            &["--subject", PERSON, "--as-of", &as_of],
            who,
            name,
        );
        verifies(&ledger, &path);
        let all = everything(&fs::read(&path).unwrap());
        [CASE, TICKET, "case-of-a-past-gag"].map(|part| holds(&all, part))
    };
    assert_eq!(shows(&FOR_REGULATOR, "regulator.zip"), [true; 3]);
    assert_eq!(shows(&FOR_THE_PERSON, "own.zip"), [false, false, true]);

    let again = identified(&disclosed(CASE, &about(PERSON), ""), 2, Some(1));
    publish(&ledger, &[again]);
    wait_for_rows(&mut serving, 2);
    wait_for_all_rows(&mut serving);
    assert_eq!(shows(&FOR_THE_PERSON, "afterwards.zip"), [true; 3]);
    serving.stop();
}
