//! What the town knows of itself, the ledger answers; and each look is on record.

use custodia::generate::Town;
use custodia_core::origin::LedgerName;
use custodia_core::policy::Policy;
use custodia_core::receipt::Receipt;
use custodia_core::tree::leaf_hash;
use serde_json::Value;

use crate::broker::Broker;
use crate::ledger::{Ledger, Serving};
use crate::record_to_leaf::{SEED, START_MS, send_town, town_events};

pub const EMPLOYEE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
pub const PARTITIONS: u32 = 4;

/// A ledger at which this user may ask.
pub fn asking(broker: &Broker) -> Ledger {
    configured(broker).init()
}

/// A ledger whose officer may ask, and that isn't made yet.
pub fn configured(broker: &Broker) -> Ledger {
    let uid = rustix::process::getuid().as_raw();
    let place = format!("access.principals.{uid}");
    Ledger::at(broker.bootstrap())
        .set(&format!("{place}.employee"), EMPLOYEE)
        .set(&format!("{place}.role"), "protection_officer")
}

pub fn wait_for_rows(serving: &mut Serving, leaves: u64) {
    serving.until("rows", |serving| {
        (serving.metric("custodia_projected_size", "custodia.events")? >= leaves).then_some(())
    });
}

pub fn who(ledger: &Ledger, subject: &str) -> Value {
    let words = ["who", subject, "--reason", "rights_request", "--json"];
    serde_json::from_str(&ledger.ok(&words)).unwrap()
}

/// Event id and recipient of each row, in the answer's order.
pub fn answered(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = answer["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| (text(&row["event_id"]), text(&row["recipient"]["name"])))
        .collect()
}

/// The same, as the town knows it.
pub fn known(town: &Town, customer: u64) -> Vec<(String, String)> {
    let rows = town.who_received(customer).into_iter();
    rows.map(|row| (hex::encode(row.event_id), row.recipient_name.to_owned()))
        .collect()
}

/// The receipt of a row's leaf verifies from its bytes and the policy alone.
fn a_receipt_verifies(ledger: &Ledger, row: &Value) {
    let (log, index) = (row["log"].as_str().unwrap(), row["index"].to_string());
    let receipt: Value =
        serde_json::from_str(&ledger.ok(&["receipt", log, &index, "--json"])).unwrap();
    let file = ledger.ok(&["receipt", log, &index]);
    assert_eq!(receipt["tlog_proof"], file);
    let policy = Policy::parse(ledger.ok(&["key"]).as_bytes()).unwrap();
    let leaf = leaf_hash(&hex::decode(receipt["entry"].as_str().unwrap()).unwrap());
    let receipt = Receipt::parse(file.as_bytes()).unwrap();
    let name: LedgerName = crate::ledger::NAME.parse().unwrap();
    assert_eq!(receipt.verify(&leaf, &name, &policy).unwrap().origin, log);
    let other = leaf_hash(b"another entry");
    assert!(receipt.verify(&other, &name, &policy).is_err());
}

#[test]
fn who_answers_what_the_town_knows_over_the_socket_and_from_the_folder() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let events = town_events();
    let town = Town::with_events(events, SEED, START_MS, PARTITIONS);
    let leaves = send_town(&ledger, events);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, leaves);
    let asked: Vec<u64> = (0..town.customers).step_by(29).collect();
    let mut shares = 0;
    for customer in &asked {
        let mut expected = known(&town, *customer);
        let mut rows = answered(&who(&ledger, &town.customer(*customer).subject_ref));
        shares += expected.len();
        expected.sort();
        rows.sort();
        assert_eq!(rows, expected, "customer {customer}");
    }
    assert!(
        asked.len() > 5 && shares > 20,
        "{} asked, {shares} shares",
        asked.len()
    );
    a_receipt_verifies(
        &ledger,
        &who(&ledger, &town.customer(asked[1]).subject_ref)["rows"][0],
    );
    let looks = asked.len() as u64;
    serving.until("the looks to be leaves", |serving| {
        (serving.metric("custodia_tree_size", "custodia.access")? >= looks).then_some(())
    });
    serving.stop();
    // Where nothing runs, the folder answers; the look goes on record all the same.
    let subject = town.customer(asked[1]).subject_ref;
    let mut rows = answered(&who(&ledger, &subject));
    let mut expected = known(&town, asked[1]);
    rows.sort();
    expected.sort();
    assert_eq!(rows, expected);
    let mut serving = ledger.serve();
    serving.until("the folder's look", |serving| {
        (serving.metric("custodia_tree_size", "custodia.access")? > looks).then_some(())
    });
    serving.stop();
    ledger.fsck();
}

#[test]
fn who_is_refused_without_a_principal_or_a_reference() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    ledger.fails(&["who", EMPLOYEE, "--reason", "rights_request"], "CU-0551");
    let ledger = asking(&broker);
    let line = ledger.fails(
        &["who", "13800138000", "--reason", "rights_request"],
        "CU-0550",
    );
    assert!(!line.contains("13800138000"), "{line}");
    let output = ledger.run(&["who", EMPLOYEE, "--reason", "rights_request"]);
    assert_eq!(
        output.status.code(),
        Some(4),
        "an unknown subject has a status of its own"
    );
}
