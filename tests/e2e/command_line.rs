//! Bad input on the command line: one line, a code, an exit status.

use crate::broker::Broker;
use crate::ledger::Ledger;

/// A port that nothing listens on.
const NOWHERE: &str = "127.0.0.1:1";

#[test]
fn without_init_nothing_runs_and_nothing_is_made() {
    let ledger = Ledger::at(NOWHERE);
    for command in ["serve", "fsck", "key"] {
        let line = ledger.fails(&[command], "CU-0406");
        assert!(line.contains("custodia init"), "{line}");
    }
    assert!(!ledger.path("ledger").exists());
}

#[test]
fn an_unreachable_broker_is_named() {
    let ledger = Ledger::at(NOWHERE).set("kafka.timeout_ms", "1500");
    let line = ledger.fails(&["init"], "CU-01");
    assert!(line.contains(NOWHERE), "{line}");
    assert!(!ledger.path("ledger").exists());
}

#[test]
fn a_wrong_key_file_another_ledgers_folder_and_a_second_init_are_refused() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    ledger.fails(&["init"], "CU-0407");
    let other = Ledger::at(broker.bootstrap()).init();
    std::fs::copy(other.path("kek"), ledger.path("kek")).unwrap();
    let line = ledger.fails(&["serve"], "CU-03");
    assert!(line.contains("kek") || line.contains("key"), "{line}");
    let renamed = other.set("ledger.name", "another.example");
    let line = renamed.fails(&["serve"], "CU-0011");
    assert!(line.contains("ledger.example"), "{line}");
}

#[test]
fn an_owned_property_and_an_unknown_key_are_refused_with_the_reason() {
    let ledger = Ledger::at(NOWHERE).set("kafka.properties.\"auto.offset.reset\"", "earliest");
    let line = ledger.fails(&["init"], "CU-01");
    assert!(line.contains("auto.offset.reset"), "{line}");
    let ledger = Ledger::at(NOWHERE).set("ingest.batch_recrods", "7");
    ledger.fails(&["fsck"], "CU-0002");
}
