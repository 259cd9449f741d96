//! Questions beside `who SUBJECT`: timelines by credential and endpoint, several people, replay.

use serde_json::Value;

use crate::answers::asking;
use crate::broker::Broker;
use crate::events::{LI, OTHER, WANG, lines, objects, share};
use crate::ledger::{Ledger, Serving};

const REASON: [&str; 2] = ["--reason", "incident_response"];

/// A ledger that has three events of two people, with its rows caught up.
fn served(broker: &Broker) -> (Ledger, Serving) {
    let ledger = asking(broker);
    let mut serving = ledger.serve();
    let events = [
        share(LI, "order-1"),
        share(WANG, "order-2"),
        share(LI, "order-3"),
    ];
    ledger.ok_on(&["publish"], &lines(&events));
    serving.until("rows", |serving| {
        let rows = serving.metric("custodia_projected_size", "custodia.events")?;
        (rows >= 3).then_some(())
    });
    (ledger, serving)
}

fn asked(ledger: &Ledger, words: &[&str]) -> Vec<Value> {
    objects(&ledger.ok(&[words, &REASON, &["--json"]].concat()))
}

/// The matter of each event, in order.
fn matters(events: &[Value]) -> Vec<String> {
    let matter = |event: &Value| {
        event["content"]["correlation_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    events.iter().map(matter).collect()
}

fn timelines_follow_a_credential_and_an_endpoint(ledger: &Ledger) {
    let fingerprint = "AB".repeat(32);
    for topic in [["--credential", &fingerprint], ["--endpoint", "gateway-1"]] {
        let timeline = &asked(ledger, &[&["timeline"][..], &topic].concat())[0];
        let mut found = matters(timeline["events"].as_array().unwrap());
        found.sort();
        assert_eq!(found, ["order-1", "order-2", "order-3"]);
    }
    let words = ["timeline", "--endpoint", "gateway-9"];
    let output = ledger.run(&[&words[..], &REASON].concat());
    assert_eq!(output.status.code(), Some(4));
    let words = ["timeline", "--credential", "s3cret"];
    let line = ledger.fails(&[&words[..], &REASON].concat(), "CU-0564");
    assert!(!line.contains("s3cret"), "{line}");
}

/// Of an endpoint, so that the looks at the people stand elsewhere and it stays the same.
fn a_replay_plays_the_timeline(ledger: &Ledger) {
    let endpoint = ["--endpoint", "gateway-1"];
    let timeline = &asked(ledger, &[&["timeline"][..], &endpoint].concat())[0];
    let words = [&["replay", "--speed", "1e12"][..], &endpoint].concat();
    // Of an endpoint there is no state: the events, and a last line that names the cut.
    let events = |played: Vec<Value>| -> Vec<Value> {
        let (end, steps) = played.split_last().unwrap();
        assert_eq!(
            (&end["state"], &end["known"]),
            (&Value::Array(Vec::new()), &true.into())
        );
        steps.iter().map(|step| step["event"].clone()).collect()
    };
    let played = events(asked(ledger, &words));
    assert_eq!(played.len(), 3);
    assert_eq!(Value::from(played), timeline["events"]);
    // A line of input for each step: with one, one event; at its end, no more.
    let words = [&["replay", "--step", "--json"][..], &endpoint, &REASON].concat();
    let stepped = events(objects(&ledger.ok_on(&words, "\n")));
    assert_eq!((stepped.len(), &stepped[0]), (1, &timeline["events"][0]));
    assert_eq!(events(objects(&ledger.ok_on(&words, "\n\n\n\n"))).len(), 3);
    let table = ledger.ok(&[&["replay", "--speed", "1e12"][..], &endpoint, &REASON].concat());
    assert_eq!(
        table
            .lines()
            .filter(|line| line.contains("DataShared"))
            .count(),
        3
    );
    let words = [&["replay", "--speed", "0"][..], &endpoint, &REASON].concat();
    assert_eq!(ledger.run(&words).status.code(), Some(2));
}

fn a_file_of_references_is_answered_line_by_line(ledger: &Ledger) {
    let file = ledger.path("refs");
    let path = file.to_str().unwrap();
    let ask = |text: &str, words: &[&str]| {
        std::fs::write(&file, text).unwrap();
        let output = ledger.run(&[&["who", "--refs", path][..], &REASON, words].concat());
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), stdout)
    };
    let (status, printed) = ask(&format!("{LI}\n{WANG}\n"), &["--json"]);
    assert_eq!(status, Some(0), "{printed}");
    let rows = |answer: &Value| answer["rows"].as_array().unwrap().len();
    assert_eq!(
        objects(&printed).iter().map(rows).collect::<Vec<_>>(),
        [2, 1]
    );
    let mixed = format!("{OTHER}\n\n 13800138000\n{WANG}\n");
    let (status, printed) = ask(&mixed, &["--json"]);
    assert_eq!(status, Some(11), "{printed}");
    let [other, wrong, wang] = &objects(&printed)[..] else {
        panic!("{printed}")
    };
    assert_eq!(
        (&other["subject"], &other["known"]),
        (&OTHER.into(), &false.into())
    );
    assert_eq!(
        (&wrong["line"], &wrong["refused"]["code"]),
        (&3.into(), &"CU-0550".into())
    );
    assert_eq!(rows(wang), 1);
    let (status, table) = ask(&mixed, &[]);
    assert_eq!(status, Some(11));
    assert!(
        table.contains("line 3: CU-0550") && !table.contains("138001"),
        "{table}"
    );
    assert_eq!(ask(&format!("{LI}\n{OTHER}\n"), &[]).0, Some(4));
}

#[test]
fn timelines_replays_and_files_of_references_over_the_socket() {
    let broker = Broker::start();
    let (ledger, mut serving) = served(&broker);
    timelines_follow_a_credential_and_an_endpoint(&ledger);
    a_replay_plays_the_timeline(&ledger);
    a_file_of_references_is_answered_line_by_line(&ledger);
    // At two people by credential and by endpoint, at one by reference, at three from the file;
    // what was asked again at the same cut needed no other.
    serving.until("the looks to be leaves", |serving| {
        (serving.metric("custodia_tree_size", "custodia.access")? >= 8).then_some(())
    });
    serving.stop();
    // Where nothing runs, the folder answers the same.
    a_replay_plays_the_timeline(&ledger);
    a_file_of_references_is_answered_line_by_line(&ledger);
    let serving = ledger.serve();
    serving.stop();
    ledger.fsck();
}
