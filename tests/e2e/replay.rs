//! Replay with state, and differences, of what the test published.

use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::answers::asking;
use crate::broker::Broker;
use crate::events::{LI, OTHER, lines, objects, share};
use crate::ledger::{Ledger, Serving};

const REASON: [&str; 2] = ["--reason", "incident_response"];
/// Before this everything happened; the looks, which are of now, come after it.
const END: &str = "2026-01-31T00:00:00Z";

fn at(time: &str, kind: &str, body: Value) -> Value {
    let mut event = json!({
        "occurred_at": time,
        "producer": "shop",
        "subject_ref": LI,
        "subject_role": "AC_SUBJECT_USER",
    });
    event[kind] = body;
    event
}

fn sha256() -> String {
    STANDARD.encode([1; 32])
}

/// What happened, as it is published: not in the order in which it happened.
fn story() -> Vec<Value> {
    let terms = json!({
        "consent_id": "c-1",
        "purposes": ["PU_DELIVERY"],
        "categories": ["DC_CONSIGNEE_NAME"],
        "form": "CM_CLICK_CONFIRM",
        "notice_sha256": sha256(),
        "notice_language": "zh-CN",
        "ui_evidence_sha256": sha256(),
    });
    let mut granted = terms.clone();
    granted["recipient_ids"] = json!(["courier-1"]);
    granted["strength"] = "CS_SEPARATE".into();
    granted["status"] = "ST_GIVEN".into();
    granted["retention"] = "RT_FIVE_YEARS_AFTER_LAST_ORDER".into();
    granted["withdrawal_methods"] = json!(["RR_CHANNEL_EMAIL"]);
    granted["valid_from"] = "2026-01-05T00:00:00Z".into();
    let received = json!({
        "request_id": "r-1",
        "kind": "RR_DELETE",
        "channel": "RR_CHANNEL_EMAIL",
        "received_at": "2026-01-12T00:00:00Z",
        "due_at": "2026-01-27T16:00:00Z",
    });
    let fulfilled = json!({
        "request_id": "r-1",
        "scope": ["DC_CONSIGNEE_NAME"],
        "systems_touched": ["shop"],
    });
    let mut shared = share(LI, "order-1");
    shared["occurred_at"] = "2026-01-10T00:00:00Z".into();
    vec![
        at("2026-01-12T00:00:00Z", "rights_request_received", received),
        shared,
        at("2026-01-05T00:00:00Z", "consent_granted", granted),
        at("2026-01-04T00:00:00Z", "notice_presented", terms),
        at(
            "2026-01-20T00:00:00Z",
            "rights_request_fulfilled",
            fulfilled,
        ),
    ]
}

fn registered() -> Value {
    json!({
        "occurred_at": "2026-01-01T00:00:00Z",
        "producer": "platform",
        "recipient_registered": {
            "recipient_id": "courier-1",
            "name": "快递公司",
            "contact": "400-000-0000",
            "kind": "AC_COURIER",
            "legal_role": "LR_ENTRUSTED",
            "agreement_sha256": sha256(),
            "agreement_valid_until": "2026-01-15T00:00:00Z",
            "confidentiality": true,
            "storage_countries": ["CN"],
            "allowed_uses": [{ "purpose": "PU_DELIVERY", "categories": ["DC_CONSIGNEE_NAME"] }],
        },
    })
}

fn withdrawn() -> Value {
    let said = json!({ "consent_id": "c-1", "channel": "RR_CHANNEL_EMAIL" });
    at("2026-01-14T00:00:00Z", "consent_withdrawn", said)
}

/// Publishes, and waits until all leaves of events have rows.
fn tell(ledger: &Ledger, serving: &mut Serving, events: &[Value], leaves: u64) {
    let receipts = ledger.path("receipts");
    let words = [
        "publish",
        "--wait",
        "--json",
        "--receipts",
        receipts.to_str().unwrap(),
    ];
    let printed = ledger.ok_on(&words, &lines(events));
    let reports = objects(&printed);
    let landed = reports
        .iter()
        .filter(|report| report["outcome"] == "landed");
    assert_eq!(landed.count(), events.len(), "{printed}");
    serving.until("rows", |serving| {
        let rows = serving.metric("custodia_projected_size", "custodia.events")?;
        let registry = serving.metric("custodia_projected_size", "custodia.registry")?;
        let written = serving.metric("custodia_tree_size", "custodia.registry")?;
        (rows >= leaves && registry == written).then_some(())
    });
}

fn replay(ledger: &Ledger, words: &[&str]) -> Vec<Value> {
    let subject = ["replay", "--subject", LI, "--speed", "1e12", "--json"];
    objects(&ledger.ok(&[&subject[..], &REASON, words].concat()))
}

fn diff(ledger: &Ledger, from: &str, to: &str, words: &[&str]) -> Value {
    let asked = ["diff", from, to, "--json"];
    let mut answers = objects(&ledger.ok(&[&asked[..], &REASON, words].concat()));
    answers.pop().unwrap()
}

/// How an item stands after each step that changes it: when, and by which word.
fn course(steps: &[Value], of: &str, id: &str) -> Vec<(String, Option<String>)> {
    let mut course = Vec::new();
    for step in steps {
        for change in step["changes"].as_array().unwrap() {
            if change["item"]["of"] == of && change["item"][of] == id {
                let time = step["time"].as_str().unwrap().to_owned();
                let holds = change["after"]["holds"].as_str().map(str::to_owned);
                course.push((time, holds));
            }
        }
    }
    course
}

fn standing<'a>(state: &'a Value, of: &str, id: &str) -> Option<&'a Value> {
    let items = state.as_array().unwrap().iter();
    let mut found = items.filter(|entry| entry["item"]["of"] == of && entry["item"][of] == id);
    found.next()
}

fn on(day: u8) -> String {
    format!("2026-01-{day:02}T00:00:00.000Z")
}

fn it_is_played_forwards_and_backwards(ledger: &Ledger) {
    let mut played = replay(ledger, &["--to", END]);
    let end = played.pop().unwrap();
    let kinds: Vec<&str> = played
        .iter()
        .filter_map(|step| step["event"]["event"].as_str())
        .collect();
    let happened = [
        "NoticePresented",
        "ConsentGranted",
        "DataShared",
        "RightsRequestReceived",
        "ConsentWithdrawn",
        "RightsRequestFulfilled",
    ];
    assert_eq!(kinds, happened);
    let word = |word: &str| Some(word.to_owned());
    let consent = [
        (on(4), word("not_given")),
        (on(5), word("given")),
        (on(14), word("not_given")),
    ];
    assert_eq!(course(&played, "consent", "c-1"), consent);
    assert_eq!(
        course(&played, "request", "r-1"),
        [(on(12), word("open")), (on(20), None)]
    );
    // The consent names the recipient, whose agreement ends by itself.
    let agreed = [(on(5), word("registered")), (on(15), word("registered"))];
    assert_eq!(course(&played, "recipient", "courier-1"), agreed);
    let recipient = standing(&end["state"], "recipient", "courier-1").unwrap();
    assert_eq!(recipient["agreement"], "ended");
    assert!(standing(&end["state"], "request", "r-1").is_none());

    let mut back = replay(ledger, &["--backwards", "--to", END]);
    let begin = back.pop().unwrap();
    assert_eq!(begin["state"], json!([]));
    back.reverse();
    assert_eq!(back.len(), played.len());
    for (there, back) in played.iter().zip(&back) {
        assert_eq!(
            (&there["time"], &there["leaf"]),
            (&back["time"], &back["leaf"])
        );
        let both = there["changes"].as_array().unwrap().iter();
        for (one, other) in both.zip(back["changes"].as_array().unwrap()) {
            assert_eq!(
                (&one["before"], &one["after"]),
                (&other["after"], &other["before"])
            );
        }
    }
}

fn it_stops_at_a_moment_and_goes_where_it_is_told(ledger: &Ledger) {
    let to = replay(ledger, &["--to", "2026-01-13T00:00:00Z"])
        .pop()
        .unwrap();
    let given = standing(&to["state"], "consent", "c-1").unwrap();
    assert_eq!(
        (&given["holds"], &given["strength"]),
        (&"given".into(), &"CS_SEPARATE".into())
    );
    assert!(standing(&to["state"], "request", "r-1").is_some());
    let at = replay(ledger, &["--at", "2026-01-13T00:00:00Z"])
        .pop()
        .unwrap();
    assert_eq!(at["state"], to["state"]);

    let words = ["replay", "--subject", LI, "--step", "--json"];
    let words = [&words[..], &REASON].concat();
    let input = "\n\nb\nwhere\n2026-01-13T00:00:00Z\nq\n";
    let stepped = objects(&ledger.ok_on(&words, input));
    let [first, second, back, there, end] = &stepped[..] else {
        panic!("{stepped:?}")
    };
    assert_eq!(
        (&first["time"], &second["time"]),
        (&on(4).into(), &on(5).into())
    );
    assert_eq!(second["time"], back["time"]);
    let taken_back = course(std::slice::from_ref(back), "consent", "c-1");
    assert_eq!(taken_back, [(on(5), Some("not_given".to_owned()))]);
    assert_eq!(
        (&there["state"], &end["state"]),
        (&to["state"], &to["state"])
    );
    let table = ledger.ok(&[
        &[
            "replay",
            "--subject",
            LI,
            "--speed",
            "1e12",
            "--to",
            "2026-01-13T00:00:00Z",
        ][..],
        &REASON,
    ]
    .concat());
    for line in [
        "+ request r-1: RR_DELETE",
        "~ consent c-1: consent_not_decided -> given",
        "state at 2026-01-13",
        "cut ",
    ] {
        assert!(table.contains(line), "{line}: {table}");
    }
    let early = [
        "replay",
        "--subject",
        LI,
        "--speed",
        "1e12",
        "--to",
        "1999-01-01T00:00:00Z",
    ];
    let early = ledger.ok(&[&early[..], &REASON].concat());
    assert!(
        early.contains("(nothing)") && early.contains("has records since"),
        "{early}"
    );
}

/// The item's kind, and how it stood and stands.
fn words(change: &Value) -> (String, String, String) {
    let holds = |side: &str| change[side]["holds"].as_str().unwrap_or("-").to_owned();
    let of = change["item"]["of"].as_str().unwrap().to_owned();
    (of, holds("before"), holds("after"))
}

fn what_changed_between_moments_is_told(ledger: &Ledger) {
    let subject = ["--subject", LI];
    let answer = diff(
        ledger,
        "2026-01-11T00:00:00Z",
        "2026-01-13T00:00:00Z",
        &subject,
    );
    let changes = answer["changes"].as_array().unwrap();
    let request = changes.iter().map(words).find(|(of, _, _)| of == "request");
    assert_eq!(
        request.unwrap(),
        ("request".into(), "-".into(), "open".into())
    );
    assert!(
        changes
            .iter()
            .all(|change| change["item"]["of"] != "consent")
    );
    let table = [
        "diff",
        "2026-01-13T00:00:00Z",
        "2026-01-11T00:00:00Z",
        "--subject",
        LI,
    ];
    let table = ledger.ok(&[&table[..], &REASON].concat());
    assert!(
        table.contains("takes back what happened") && table.contains("request r-1"),
        "{table}"
    );
}

fn the_whole_ledger_is_compared(ledger: &Ledger) {
    let ledger_wide = diff(
        ledger,
        "2025-12-01T00:00:00Z",
        "2026-01-13T00:00:00Z",
        &["--ledger"],
    );
    let counts = &ledger_wide["counts"];
    assert_eq!(
        (&counts["people"], &counts["events"]),
        (&json!([0, 1]), &json!([0, 4]))
    );
    let recipient = ledger_wide["changes"].as_array().unwrap().iter();
    assert!(
        recipient
            .map(words)
            .any(|(of, _, after)| of == "recipient" && after == "registered")
    );
}

fn what_makes_no_sense_or_is_unknown_has_its_code(ledger: &Ledger) {
    let subject = ["--subject", LI];
    let mixed = ["diff", "2026-01-13T00:00:00Z", &"0".repeat(64)];
    ledger.fails(&[&mixed[..], &subject, &REASON].concat(), "CU-0951");
    let unknown = [
        "diff",
        "2026-01-11T00:00:00Z",
        "2026-01-13T00:00:00Z",
        "--subject",
        OTHER,
    ];
    assert_eq!(
        ledger.run(&[&unknown[..], &REASON].concat()).status.code(),
        Some(4)
    );
    let unknown = ["replay", "--incident", "incident-9", "--speed", "1e12"];
    assert_eq!(
        ledger.run(&[&unknown[..], &REASON].concat()).status.code(),
        Some(4)
    );
    let no_finding = [
        "replay",
        "--subject",
        LI,
        "--from-finding",
        "R44@custodia.events/0/0#999",
    ];
    ledger.fails(&[&no_finding[..], &REASON].concat(), "CU-0955");
}

/// What was told between two cuts; and the first stays what it was, however the log grows.
fn what_came_to_be_known_is_told(ledger: &Ledger, before: &Value, then: &[Value]) {
    let after = replay(ledger, &[]).pop().unwrap()["cut"]["digest"].clone();
    let (before, after) = (before.as_str().unwrap(), after.as_str().unwrap());
    assert_ne!(before, after);
    let answer = diff(ledger, before, after, &["--subject", LI]);
    assert_eq!(answer["what"], "known");
    let changes = answer["changes"].as_array().unwrap();
    let consent = changes
        .iter()
        .find(|change| change["item"]["of"] == "consent")
        .unwrap();
    assert_eq!(consent["before"]["holds"], "given");
    assert_eq!(consent["after"]["why"], "consent_withdrawn");
    let again = replay(ledger, &["--as-of", before, "--to", END]);
    let steps = |played: &[Value]| -> Vec<Value> { played[..played.len() - 1].to_vec() };
    assert_eq!(steps(&again), steps(then));
}

#[test]
fn a_life_is_replayed_with_its_state_and_its_moments_are_compared() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let mut serving = ledger.serve();
    let mut events = story();
    events.push(registered());
    tell(&ledger, &mut serving, &events, 5);
    let then = replay(&ledger, &["--to", END]);
    let before = then.last().unwrap()["cut"]["digest"].clone();
    // It is told last, and happened in between.
    tell(&ledger, &mut serving, &[withdrawn()], 6);
    what_came_to_be_known_is_told(&ledger, &before, &then);
    it_is_played_forwards_and_backwards(&ledger);
    it_stops_at_a_moment_and_goes_where_it_is_told(&ledger);
    serving.until("findings", |serving| {
        let lag = crate::findings::number(serving, "custodia_findings_lag_leaves")?;
        (lag == 0).then_some(())
    });
    what_changed_between_moments_is_told(&ledger);
    the_whole_ledger_is_compared(&ledger);
    what_makes_no_sense_or_is_unknown_has_its_code(&ledger);
    serving.until("the looks to be leaves", |serving| {
        (serving.metric("custodia_tree_size", "custodia.access")? > 5).then_some(())
    });
    serving.stop();
    // Where nothing runs, the folder answers the same.
    it_is_played_forwards_and_backwards(&ledger);
    what_changed_between_moments_is_told(&ledger);
    the_whole_ledger_is_compared(&ledger);
    ledger.fsck();
}
