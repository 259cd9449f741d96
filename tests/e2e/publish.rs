//! A producer's side: what is sent gets its receipt, and is known by its signature.

use std::path::Path;

use custodia_core::entry::Entry;
use custodia_core::origin::{LedgerName, Origin};
use custodia_core::policy::Policy;
use custodia_core::receipt::Receipt;
use custodia_core::tree::leaf_hash;
use serde_json::{Value, json};

use crate::answers::asking;
use crate::broker::Broker;
use crate::events::{LI, OTHER, WANG, key_file, lines, objects, registration, share};
use crate::ledger::{Ledger, NAME, Serving};

fn with_outcome<'a>(reports: &'a [Value], outcome: &str) -> Vec<&'a Value> {
    let of = |report: &&Value| report["outcome"] == outcome;
    reports.iter().filter(of).collect()
}

/// That a receipt's file verifies from its bytes, the entry and the policy, and is of the very
/// record that was sent.
fn verifies(policy: &Policy, sent: &Value, landed: &Value) {
    let entry = hex::decode(landed["entry"].as_str().unwrap()).unwrap();
    let file = Path::new(landed["receipt"].as_str().unwrap());
    let receipt = Receipt::parse(&std::fs::read(file).unwrap()).unwrap();
    let ledger: LedgerName = NAME.parse().unwrap();
    let checkpoint = receipt.verify(&leaf_hash(&entry), &ledger, policy).unwrap();
    assert_eq!(landed["log"], checkpoint.origin.as_str());
    assert_eq!(landed["index"], receipt.index());
    let origin: Origin = checkpoint.origin.parse().unwrap();
    assert_eq!(sent["topic"], origin.topic.as_str());
    assert_eq!(sent["partition"], origin.partition);
    assert_eq!(sent["offset"], landed["offset"]);
    let entry = Entry::from_bytes(&entry).unwrap();
    assert_eq!(landed["offset"], entry.offset);
    let event_id = landed["event_id"].as_str().unwrap();
    assert_eq!(
        file.file_name().unwrap().to_str().unwrap(),
        format!("{event_id}.tlog-proof")
    );
}

#[test]
fn publish_waits_for_each_receipt_and_writes_it_to_a_file_of_its_own() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let serving = ledger.serve();
    let folder = ledger.path("receipts");
    let receipts = folder.to_str().unwrap();
    let words = ["publish", "--wait", "--receipts", receipts];
    let mut events = vec![registration("shop", "shop/1", 7)];
    for (at, subject) in [LI, WANG, OTHER].iter().cycle().take(12).enumerate() {
        events.push(share(subject, &format!("order-{at}")));
    }
    let printed = ledger.ok_on(&[&words[..], &["--json"]].concat(), &lines(&events));
    let reports = objects(&printed);
    let (sent, landed) = (
        with_outcome(&reports, "sent"),
        with_outcome(&reports, "landed"),
    );
    assert_eq!((sent.len(), landed.len()), (13, 13), "{printed}");
    let policy = Policy::parse(ledger.ok(&["key"]).as_bytes()).unwrap();
    for (sent, landed) in sent.iter().zip(&landed) {
        assert_eq!(
            (&sent["line"], &sent["event_id"]),
            (&landed["line"], &landed["event_id"])
        );
        verifies(&policy, sent, landed);
        let (log, index) = (landed["log"].as_str().unwrap(), landed["index"].to_string());
        let receipt = objects(&ledger.ok(&["receipt", log, &index, "--json"]));
        assert_eq!(receipt[0]["entry"], landed["entry"]);
    }
    // The same event once more is another leaf, whose receipt overwrites nothing.
    let mut again = share(LI, "order-again");
    again["event_id"] = json!("AZVuRkwAcACAAAAAAAAAAA==");
    let id = "01956e46-4c00-7000-8000-000000000000";
    let table = ledger.ok_on(&words, &lines(&[again.clone(), again]));
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.contains(".tlog-proof"))
        .collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(
        rows[0].contains(id) && table.contains("custodia.events/"),
        "{table}"
    );
    let read = |name: String| std::fs::read(folder.join(name)).unwrap();
    assert_ne!(
        read(format!("{id}.tlog-proof")),
        read(format!("{id}-2.tlog-proof"))
    );
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 15);
    serving.stop();
    ledger.fsck();
}

#[test]
fn what_has_no_receipt_when_the_time_is_up_is_named_and_not_lost() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let words = ["publish", "--wait", "--receipts", ".", "--json"];
    let event = lines(&[share(LI, "order-1")]);
    let nobody = ledger.run_on(&words, &event);
    let said = String::from_utf8(nobody.stderr).unwrap();
    assert_eq!(nobody.status.code(), Some(1), "{said}");
    assert!(
        said.contains("CU-0022") && nobody.stdout.is_empty(),
        "{said}"
    );
    // A ledger that appends the registry alone never comes to the event.
    let ledger = ledger.set("ingest.assign", "[\"custodia.registry/0\"]");
    let serving = ledger.serve();
    let receipts = ledger.path("receipts");
    let receipts = ["--receipts", receipts.to_str().unwrap(), "--timeout", "1"];
    let words = [&["publish", "--wait", "--json"][..], &receipts].concat();
    let late = ledger.run_on(&words, &event);
    let said = String::from_utf8(late.stderr).unwrap();
    assert_eq!(late.status.code(), Some(10), "{said}");
    let line = "1 of 1 events that Kafka took have no receipt after 1 s: 1 not read";
    assert!(said.contains("CU-0023") && said.contains(line), "{said}");
    let reports = objects(&String::from_utf8(late.stdout).unwrap());
    let missing = with_outcome(&reports, "no_receipt");
    let sent = with_outcome(&reports, "sent");
    assert_eq!((missing.len(), sent.len()), (1, 1));
    assert_eq!(missing[0]["event_id"], sent[0]["event_id"]);
    assert_eq!(missing[0]["index"], Value::Null);
    assert!(
        said.contains(missing[0]["event_id"].as_str().unwrap()),
        "{said}"
    );
    serving.stop();
    // It is in Kafka: whoever follows the partition has it as a leaf.
    let ledger = ledger.set("ingest.assign", "all");
    let mut serving = ledger.serve();
    serving.wait_for_leaves(1);
    serving.stop();
    ledger.fsck();
}

/// Publishes, waits for the leaf, and gives back the event's id as answers name it.
fn published(ledger: &Ledger, words: &[&str], event: &Value) -> String {
    let all = [&["publish", "--wait", "--json", "--receipts"][..]];
    let receipts = ledger.path("receipts");
    let receipts = [receipts.to_str().unwrap()];
    let words = [all[0], &receipts, words].concat();
    let reports = objects(&ledger.ok_on(&words, &lines(std::slice::from_ref(event))));
    let landed = with_outcome(&reports, "landed");
    landed[0]["event_id"].as_str().unwrap().replace('-', "")
}

fn wait_for_rows(serving: &mut Serving, leaves: u64) {
    serving.until("rows", |serving| {
        (serving.metric("custodia_projected_size", "custodia.events")? >= leaves).then_some(())
    });
}

#[test]
fn a_forged_event_is_told_from_a_signed_one_when_asked() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let mut serving = ledger.serve();
    published(&ledger, &[], &registration("shop", "shop/1", 7));
    published(&ledger, &[], &registration("desk", "desk/1", 8));
    let key = |seed: u8| {
        key_file(&ledger.path(""), seed)
            .to_str()
            .unwrap()
            .to_owned()
    };
    let (shops, desks) = (key(7), key(8));
    let sign = |key: &str, id: &str, order: &str| {
        let words = ["--producer-key", key, "--producer-key-id", id];
        published(&ledger, &words, &share(LI, order))
    };
    let mut garbage = share(LI, "order-4");
    garbage["producer_key_id"] = json!("shop/1");
    garbage["producer_signature"] = json!(base64_of([5; 64]));
    let due = [
        (sign(&shops, "shop/1", "order-1"), "registered", "signed"),
        (sign(&desks, "shop/1", "order-2"), "forged", "forged"),
        (
            sign(&shops, "shop/9", "order-3"),
            "registered",
            "unknown key",
        ),
        (published(&ledger, &[], &garbage), "forged", "forged"),
        (
            sign(&desks, "desk/1", "order-5"),
            "registered",
            "unknown key",
        ),
        (
            published(&ledger, &[], &share(LI, "order-6")),
            "registered",
            "unsigned",
        ),
    ];
    wait_for_rows(&mut serving, due.len() as u64);
    serving.until("the register's rows", |serving| {
        let rows = serving.metric("custodia_projected_size", "custodia.registry")?;
        (rows >= serving.metric("custodia_tree_size", "custodia.registry")?).then_some(())
    });
    let words = ["who", LI, "--reason", "rights_request"];
    let answer = &objects(&ledger.ok(&[&words[..], &["--json"]].concat()))[0];
    for (event_id, standing, signature) in due {
        let rows = answer["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["event_id"] == event_id).unwrap();
        assert_eq!(row["producer"]["standing"], standing, "{row}");
        assert_eq!(row["producer"]["signature"], signature, "{row}");
        assert_eq!(row["verdict"]["verdict"], "accepted");
    }
    let table = ledger.ok(&words);
    for mark in ["shop (signed)", "shop (forged)", "shop (unknown key)"] {
        assert!(table.contains(mark), "{mark}: {table}");
    }
    serving.stop();
    ledger.fsck();
}

fn base64_of(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
