//! Findings are kept up beside the log, asked over the socket and from the folder, and made again.

use std::fs;

use custodia::generate::Town;
use serde_json::Value;

use crate::answers::{EMPLOYEE, PARTITIONS, asking, wait_for_rows};
use crate::broker::Broker;
use crate::ledger::{Ledger, Serving};
use crate::record_to_leaf::{SEED, START_MS, send_town};

/// Each of these events reaches Kafka long after it happened, which is a finding (R35); one answer must hold
/// them all to be compared with another.
const EVENTS: u64 = 6_000;

/// Everything that is kept up, mended or not.
const ALL: [&str; 7] = [
    "findings", "--mended", "--most", "10000", "--reason", "audit", "--json",
];

fn answer(ledger: &Ledger, words: &[&str]) -> Value {
    serde_json::from_str(&ledger.ok(words)).unwrap()
}

/// A number of `/metrics` that has no label.
pub fn number(serving: &Serving, name: &str) -> Option<u64> {
    let text = serving.get("/metrics")?;
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// The findings once they cover all leaves of the events that were sent.
fn covering(serving: &mut Serving, ledger: &Ledger, leaves: u64) -> Value {
    serving.until("findings", |serving| {
        assert_eq!(number(serving, "custodia_findings_stopped"), Some(0));
        let output = ledger.run(&ALL);
        let found: Value = serde_json::from_slice(&output.stdout).ok()?;
        let sizes = found["cut"]["sizes"].as_object()?;
        let of_events = sizes
            .iter()
            .filter(|(log, _)| log.contains("/custodia.events/"));
        let covered: u64 = of_events.filter_map(|(_, size)| size.as_u64()).sum();
        (covered >= leaves && found["under_way"] == false).then_some(found)
    })
}

#[test]
fn findings_are_kept_up_told_and_come_out_the_same_when_made_again() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let town = Town::with_events(EVENTS, SEED, START_MS, PARTITIONS);
    let leaves = send_town(&ledger, EVENTS);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, leaves);
    let kept = covering(&mut serving, &ledger, leaves);
    assert_eq!(
        (&kept["known"], &kept["more"]),
        (&true.into(), &false.into())
    );
    let late = kept["counts"]["R35"]["WARN"].as_u64().unwrap();
    assert!(late > leaves / 2, "{late} late");
    assert_eq!(kept["rules"].as_str().unwrap().len(), 64);

    // Of a person they are judged when asked, and the look is on record.
    let person = town.customer(town.customers / 2).subject_ref;
    let of_person = [
        "findings",
        "--subject",
        &person,
        "--all",
        "--reason",
        "audit",
        "--json",
    ];
    let told = answer(&ledger, &of_person);
    assert_eq!(told["known"], true);
    let device = told["linked"].as_array().unwrap().len() as u64;
    serving.until("the look to be a leaf", |serving| {
        let looks = serving.metric("custodia_tree_size", "custodia.access")?;
        (looks > device).then_some(())
    });
    let unknown = ledger.run(&["findings", "--subject", EMPLOYEE, "--reason", "audit"]);
    assert_eq!(unknown.status.code(), Some(4));
    let unknown = ledger.run(&["findings", "--recipient", "nobody", "--reason", "audit"]);
    assert_eq!(unknown.status.code(), Some(4));
    ledger.fails(
        &["findings", "--subject", "13800138000", "--reason", "audit"],
        "CU-0550",
    );
    ledger.fails(
        &["findings", "--result", "PASS", "--reason", "audit"],
        "CU-0859",
    );
    ledger.fails(&["findings", "--reason", "curiosity"], "CU-0553");
    serving.stop();

    // Where nothing runs the folder answers, and after a rebuild it answers the same.
    let as_of = kept["cut"]["digest"].as_str().unwrap();
    let then = [&ALL[..], &["--as-of", as_of]].concat();
    let at = kept["moment"].as_str().unwrap();
    let then = [&then[..], &["--at", at]].concat();
    assert_eq!(answer(&ledger, &then), kept, "judged again at its cut");
    let folder = ledger.path("ledger").join("findings");
    assert!(folder.exists());
    ledger.ok(&["rebuild"]);
    assert!(!folder.exists(), "rebuild drops findings");
    assert_eq!(answer(&ledger, &then), kept, "made from nothing");
    assert!(folder.exists());
    ledger.fsck();
}

#[test]
fn findings_that_are_switched_off_or_damaged_hold_nothing_back() {
    let broker = Broker::start();
    let ledger = asking(&broker).set("findings.enabled", "false");
    let leaves = send_town(&ledger, 300);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, leaves);
    ledger.fails(&["findings", "--reason", "audit"], "CU-0850");
    serving.stop();
    assert!(!ledger.path("ledger").join("findings").exists());

    // A store that can't be opened: everything else goes on, and the question says why.
    let ledger = ledger.set("findings.enabled", "true");
    let folder = ledger.path("ledger").join("findings");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("CURRENT"), "MANIFEST-000009\n").unwrap();
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, leaves);
    assert_eq!(number(&serving, "custodia_findings_stopped"), Some(1));
    ledger.fails(&["findings", "--reason", "audit"], "CU-0858");
    serving.stop();
    ledger.ok(&["rebuild"]);
    let mut serving = ledger.serve();
    covering(&mut serving, &ledger, leaves);
    serving.stop();
}
