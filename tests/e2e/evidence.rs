//! What is proven of one event, what the evidence lacks, and what the rules would say of an event to come.

use custodia_core::origin::LedgerName;
use custodia_core::policy::Policy;
use custodia_core::receipt::Receipt;
use custodia_core::tree::{Hash, leaf_hash, verify_consistency};
use serde_json::{Value, json};

use crate::answers::asking;
use crate::broker::Broker;
use crate::events::{LI, WANG, lines, objects, share};
use crate::ledger::{Ledger, NAME};

/// Publishes events and waits for their receipts; gives back their ids.
fn published(ledger: &Ledger, events: &[Value]) -> Vec<String> {
    let folder = ledger.path("receipts");
    let words = [
        "publish",
        "--wait",
        "--receipts",
        folder.to_str().unwrap(),
        "--json",
    ];
    let reports = objects(&ledger.ok_on(&words, &lines(events)));
    let ids = reports.iter().map(|report| report["event_id"].as_str());
    ids.map(|id| id.unwrap().to_owned()).collect()
}

fn existence(ledger: &Ledger, event: &str, more: &[&str]) -> Value {
    let words = [&["receipt", "--event", event, "--json"], more].concat();
    serde_json::from_str(&ledger.ok(&words)).unwrap()
}

/// The checkpoint below a proof's own lines (C2SP tlog-proof).
fn checkpoint(existence: &Value) -> &str {
    existence["tlog_proof"]
        .as_str()
        .unwrap()
        .split_once("\n\n")
        .unwrap()
        .1
}

fn hash(text: &Value) -> Hash {
    hex::decode(text.as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap()
}

#[test]
fn an_event_is_proven_gaps_are_named_and_an_event_to_come_is_judged() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let mut serving = ledger.serve();
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/ops/policy/2024-07-15.toml");
    ledger.ok(&["policy", "publish", policy]);
    let ids = published(&ledger, &[share(LI, "order-1")]);
    let first = existence(&ledger, &ids[0], &[]);
    it_was_on_record(&ledger, &first);
    it_goes_on_from_what_is_held(&ledger, &first);
    numbers_that_are_missing_are_gaps(&ledger);
    an_event_to_come_is_judged(&ledger);
    serving.until("the look to be a leaf", |serving| {
        (serving.metric("custodia_tree_size", "custodia.access")? >= 1).then_some(())
    });
    serving.stop();
}

fn it_was_on_record(ledger: &Ledger, first: &Value) {
    let policy = Policy::parse(ledger.ok(&["key"]).as_bytes()).unwrap();
    let leaf = leaf_hash(&hex::decode(first["entry"].as_str().unwrap()).unwrap());
    let receipt = Receipt::parse(first["tlog_proof"].as_str().unwrap().as_bytes()).unwrap();
    let name: LedgerName = NAME.parse().unwrap();
    let shown = receipt.verify(&leaf, &name, &policy).unwrap();
    assert_eq!(shown.origin, first["log"].as_str().unwrap());
    assert_eq!(first["log_append_time"], true);
    let says = first["external_timestamp"].as_str().unwrap();
    assert!(says.starts_with("no timestamp of a third party"), "{says}");
    let without_dashes = first["event"].as_str().unwrap().replace('-', "");
    assert_eq!(
        existence(ledger, &without_dashes, &[])["index"],
        first["index"]
    );
    let table = ledger.ok(&["receipt", "--event", &without_dashes]);
    assert!(table.contains("no timestamp of a third party") && table.contains("by Kafka's clock"));
    ledger.fails(&["receipt", "--event", &"00".repeat(16)], "CU-0565");
    ledger.fails(&["receipt", "--event", "order-1"], "CU-0565");
}

fn it_goes_on_from_what_is_held(ledger: &Ledger, first: &Value) {
    let held = ledger.path("held");
    std::fs::write(&held, checkpoint(first)).unwrap();
    let words = ["--held", held.to_str().unwrap()];
    // More of the same person: the same log.
    let ids = published(ledger, &[share(LI, "order-2"), share(LI, "order-3")]);
    let last = existence(ledger, &ids[1], &words);
    let since = &last["since_held"];
    assert_eq!(
        (&since["size"], &since["holds_the_leaf"]),
        (&first["size"], &false.into())
    );
    let proof: Vec<Hash> = since["proof"]
        .as_array()
        .unwrap()
        .iter()
        .map(hash)
        .collect();
    let size = last["size"].as_u64().unwrap();
    let body = checkpoint(&last).lines().nth(2).unwrap();
    let root = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).unwrap();
    let root: Hash = root.try_into().unwrap();
    let old = since["size"].as_u64().unwrap();
    verify_consistency(old, size, &hash(&since["root"]), &root, &proof).unwrap();
    let again = existence(ledger, first["event"].as_str().unwrap(), &words);
    assert_eq!(again["since_held"]["holds_the_leaf"], true);

    // Another root under the same size, and another log's checkpoint.
    let wrong = checkpoint(first).replacen(
        checkpoint(first).lines().nth(2).unwrap(),
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        1,
    );
    std::fs::write(&held, wrong).unwrap();
    let asked = [&["receipt", "--event", &ids[1]], &words[..]].concat();
    ledger.fails(&asked, "CU-0567");
    let foreign = checkpoint(first).replace("custodia.events", "custodia.other");
    std::fs::write(&held, foreign).unwrap();
    ledger.fails(&asked, "CU-0566");
    std::fs::write(&held, "not a note").unwrap();
    ledger.fails(&asked, "CU-0566");
}

fn numbers_that_are_missing_are_gaps(ledger: &Ledger) {
    let numbered = |seq: u64| {
        let mut event = share(WANG, &format!("order-{seq}"));
        event["producer"] = "numbered".into();
        event["producer_seq"] = seq.into();
        event
    };
    published(ledger, &[numbered(1), numbered(2), numbered(6)]);
    let gaps = || -> Value {
        let words = ["gaps", "--producer", "numbered", "--json"];
        serde_json::from_str(&ledger.ok(&words)).unwrap()
    };
    let is_gap = |gap: &Value| gap["says"].as_str().unwrap().contains('3');
    let deadline = std::time::Instant::now() + crate::ledger::PATIENCE;
    loop {
        // Findings follow the rows.
        let found = gaps();
        let all = found["producers"].as_array().unwrap();
        if all
            .iter()
            .any(|gap| is_gap(gap) && gap["producer"] == "numbered")
        {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{found}");
    }
    let table = ledger.ok(&["gaps", "--producer", "numbered"]);
    assert!(table.contains("numbered"), "{table}");
}

fn an_event_to_come_is_judged(ledger: &Ledger) {
    let words = [
        "check-event",
        "--rules",
        "--reason",
        "producer_check",
        "--json",
    ];
    let reports = objects(&ledger.ok_on(&words, &lines(&[share(LI, "order-4")])));
    let found = reports[0]["trips"]["findings"].as_array().unwrap();
    let of = |code: &str| found.iter().find(|one| one["code"] == code);
    let unregistered = of("R08").expect("the courier is in no register");
    assert_eq!(unregistered["result"], "VIOLATION");
    assert!(!unregistered["clauses"].as_array().unwrap().is_empty());
    let text = ledger.ok_on(&words[..4], &lines(&[share(LI, "order-4")]));
    assert!(
        text.contains("R08 VIOLATION") && text.contains("rules would pass"),
        "{text}"
    );
    // It is no part of what is on record.
    let timeline = ["timeline", "--subject", LI, "--reason", "audit", "--json"];
    let timeline: Value = serde_json::from_str(&ledger.ok(&timeline)).unwrap();
    let shares = timeline["events"].as_array().unwrap().iter();
    assert_eq!(shares.filter(|one| one["event"] == "DataShared").count(), 3);
    let without = ledger.run_on(&["check-event", "--rules"], "");
    assert_eq!(without.status.code(), Some(2), "a look needs a reason");
    let wrong = json!({ "occurred_at": "2026-01-02T03:04:05Z" });
    let refused = ledger.run_on(&words, &lines(&[wrong]));
    assert_eq!(refused.status.code(), Some(5));
}
