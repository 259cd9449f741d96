//! What a topic turned into is refused, and read on in the next generation once a person says so.

use custodia_core::placement::partition_of;
use serde_json::Value;

use crate::answers::{asking, wait_for_rows, who};
use crate::broker::Broker;
use crate::faults::{caught_up, some_records};
use crate::ledger::{Ledger, roots};
use crate::produce::{EVENTS, with_librdkafka};

/// A reference that belongs in one partition, of four and of six.
fn subject() -> String {
    let candidates = ('a'..='z').map(|last| format!("{}{last}", "a".repeat(25)));
    let stays = |subject: &String| {
        let of = |partitions| partition_of(subject.as_bytes(), partitions).unwrap();
        of(4) == of(6)
    };
    candidates.into_iter().find(stays).unwrap()
}

/// Shares data about the subject with a courier.
fn share(ledger: &Ledger, subject: &str) {
    let line = serde_json::json!({
        "occurred_at": "2025-01-01T08:00:00Z",
        "producer": "mall",
        "subject_ref": subject,
        "subject_role": "AC_SUBJECT_USER",
        "data_shared": {
            "recipient_id": "courier-1",
            "case": "SH_03_GOODS_DELIVERY",
            "purpose": "PU_ACCOUNT_REGISTER_LOGIN",
            "categories": ["DC_CONSIGNEE_NAME"],
            "basis": { "kind": "BA_CONTRACT", "contract_ref": "order-1" },
            "method": "MT_API",
            "destination_country": "CN",
            "transfer_sha256": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            "field_count": 1,
            "record_count": 1,
        },
    });
    ledger.ok_with_input(&["publish"], &format!("{line}\n"));
}

/// The generations that hold what `who` answers, in order.
fn generations_of_answer(ledger: &Ledger, subject: &str) -> Vec<String> {
    let answer = who(ledger, subject);
    let rows = answer["rows"].as_array().unwrap();
    let generation = |row: &Value| {
        let log = row["log"].as_str().unwrap();
        log.rsplit_once('/').unwrap().1.to_owned()
    };
    rows.iter().map(generation).collect()
}

/// Leaves of the events topic, and how many of its records they were compared with.
fn counted(report: &Value) -> (u64, u64) {
    let logs = report["logs"].as_array().unwrap().iter();
    let events = logs.filter(|log| log["origin"].as_str().unwrap().contains(EVENTS));
    let number = |log: &Value, name: &str| log[name].as_u64().unwrap();
    events.fold((0, 0), |(leaves, compared), log| {
        (
            leaves + number(log, "size"),
            compared + number(log, "records_compared"),
        )
    })
}

#[test]
fn a_topic_with_more_partitions_is_read_on_in_the_next_generation() {
    let broker = Broker::start();
    let (ledger, subject) = (asking(&broker), subject());
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    share(&ledger, &subject);
    caught_up(&ledger, 41);
    broker.tool(
        "topic",
        &["--alter", "--topic", EVENTS, "--partitions", "6"],
    );
    let line = ledger.fails(&["serve"], "CU-0404");
    assert!(line.contains("custodia log close"), "{line}");

    ledger.ok(&["log", "close", EVENTS, "--reason", "partitions-changed"]);
    ledger.fails(
        &[
            "log",
            "close",
            &format!("{EVENTS}/0"),
            "--reason",
            "ordered",
        ],
        "CU-0412",
    );
    ledger.ok(&["log", "open", &format!("{EVENTS}/0"), "--continue"]);
    let line = ledger.fails(&["serve"], "CU-0038");
    assert!(line.contains("custodia.events/4"), "{line}");
    ledger.ok(&["log", "open", EVENTS, "--continue"]);

    with_librdkafka(broker.bootstrap(), &some_records(40, 100));
    share(&ledger, &subject);
    let mut serving = ledger.serve();
    serving.wait_for_leaves(102);
    wait_for_rows(&mut serving, 102);
    assert_eq!(generations_of_answer(&ledger, &subject), ["1", "2"]);
    serving.stop();
    let report = ledger.fsck();
    assert_eq!(counted(&report), (102, 102));
    let logs: Vec<Value> = serde_json::from_str(&ledger.ok(&["log", "list", "--json"])).unwrap();
    let closed = logs
        .iter()
        .filter(|log| log["closed"] == "partitions-changed");
    assert_eq!((closed.count(), logs.len()), (4, 12));
    // From the folder as from the running ledger.
    assert_eq!(generations_of_answer(&ledger, &subject), ["1", "2"]);
    a_second_start_changes_nothing(&ledger, &report);
}

/// Closed logs stay as they are, and the notices are in the registry already.
fn a_second_start_changes_nothing(ledger: &Ledger, before: &Value) {
    let mut serving = ledger.serve();
    serving.wait_for_leaves(102);
    serving.stop();
    let of_events = |report: &Value| -> Vec<_> {
        let all = roots(report).into_iter();
        all.filter(|(origin, ..)| origin.contains(EVENTS)).collect()
    };
    assert_eq!(of_events(&ledger.fsck()), of_events(before));
    let verdicts: Value = serde_json::from_str(&ledger.ok(&["verdicts", "--json"])).unwrap();
    assert!(verdicts["counts"].get("duplicate").is_none(), "{verdicts}");
}

#[test]
fn a_topic_that_was_made_anew_is_read_on_in_the_next_generation() {
    let broker = Broker::start();
    let (ledger, subject) = (asking(&broker), subject());
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    share(&ledger, &subject);
    caught_up(&ledger, 41);
    broker.make_topic_anew(EVENTS, 4);
    ledger.fails(&["serve"], "CU-0404");
    ledger.ok(&["log", "close", EVENTS, "--reason", "topic-recreated"]);
    ledger.fails(&["log", "open", EVENTS, "--continue"], "CU-0037");
    ledger.ok(&["log", "open", EVENTS, "--from-beginning"]);
    with_librdkafka(broker.bootstrap(), &some_records(0, 20));
    share(&ledger, &subject);
    let mut serving = ledger.serve();
    serving.wait_for_leaves(62);
    wait_for_rows(&mut serving, 62);
    assert_eq!(generations_of_answer(&ledger, &subject), ["1", "2"]);
    serving.stop();
    // Nothing is left that the first generation could be compared with, and the report says so.
    let report = ledger.fsck();
    assert_eq!(counted(&report), (62, 21));
    let logs = report["logs"].as_array().unwrap().iter();
    let gone = logs.filter(|log| log["topic_gone"] == true);
    assert_eq!(gone.count(), 4);
}

#[test]
fn records_that_retention_took_are_left_out_on_purpose() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    caught_up(&ledger, 40);
    with_librdkafka(broker.bootstrap(), &some_records(40, 400));
    broker.tool("delete-records", &[EVENTS, "0", "60"]);
    ledger.fails(&["serve"], "CU-0152");
    let place = format!("{EVENTS}/0");
    ledger.ok(&["log", "close", &place, "--reason", "retention-overtook"]);
    let line = ledger.fails(&["log", "open", &place, "--continue"], "CU-0034");
    assert!(line.contains("--from-offset 60"), "{line}");
    ledger.fails(&["log", "open", &place, "--from-offset", "9999"], "CU-0035");
    let words = ["log", "open", &place, "--from-offset", "60", "--json"];
    let opened: Value = serde_json::from_str(&ledger.ok(&words)).unwrap();
    let skipped = opened[0]["skipped"].as_array().unwrap();
    let lost = 60 - skipped[0].as_u64().unwrap();
    assert!(lost > 0 && skipped[1] == 60, "{opened}");
    caught_up(&ledger, 400 - lost);
    assert_eq!(counted(&ledger.fsck()).0, 400 - lost);
}
