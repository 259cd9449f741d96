//! Bad input on the command line: one line, a code, an exit status.

use std::os::unix::fs::PermissionsExt as _;

use crate::broker::Broker;
use crate::ledger::Ledger;

/// A port that nothing listens on.
const NOWHERE: &str = "127.0.0.1:1";
const SOMEONE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn without_init_nothing_runs_and_nothing_is_made() {
    let ledger = Ledger::at(NOWHERE);
    let who = ["who", SOMEONE, "--reason", "rights_request"];
    let receipt = ["receipt", "ledger.example/custodia.events/0/1", "0"];
    let commands: [&[&str]; 6] = [
        &["serve"],
        &["fsck"],
        &["key"],
        &["verdicts"],
        &who,
        &receipt,
    ];
    for command in commands {
        let line = ledger.fails(command, "CU-0406");
        assert!(line.contains("custodia init"), "{line}");
    }
    assert!(!ledger.path("ledger").exists());
}

#[test]
fn an_unreachable_broker_is_named() {
    let ledger = Ledger::at(NOWHERE).set("kafka.timeout_ms", "1500");
    for command in ["init", "generate"] {
        let line = ledger.fails(&[command], "CU-0100");
        assert!(line.contains(NOWHERE), "{line}");
    }
    assert!(!ledger.path("ledger").exists());
}

#[test]
fn a_ledger_whose_broker_is_gone_says_so_and_checks_itself_all_the_same() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    broker.tool("stop", &[]);
    let ledger = ledger.set("kafka.timeout_ms", "1500");
    let line = ledger.fails(&["serve"], "CU-0100");
    assert!(line.contains(broker.bootstrap()), "{line}");
    ledger.ok(&["fsck"]);
    ledger.fails(&["fsck", "--against-topic"], "CU-0100");
}

#[test]
fn what_is_not_understood_has_a_status_of_its_own() {
    let ledger = Ledger::at(NOWHERE);
    for words in [
        &["whoo"][..],
        &["who", SOMEONE],
        &["fsck", "--no-such-option"],
    ] {
        let output = ledger.run(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn a_wrong_key_file_another_ledgers_folder_and_a_second_init_are_refused() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    ledger.fails(&["init"], "CU-0407");
    let other = Ledger::at(broker.bootstrap()).init();
    std::fs::copy(other.path("kek"), ledger.path("kek")).unwrap();
    for command in ["serve", "fsck"] {
        let line = ledger.fails(&[command], "CU-0304");
        assert!(line.contains("key"), "{line}");
    }
    let kek = ledger.path("kek");
    std::fs::write(&kek, b"not a key").unwrap();
    ledger.fails(&["serve"], "CU-0303");
    std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o644)).unwrap();
    ledger.fails(&["serve"], "CU-0302");
    std::fs::remove_file(&kek).unwrap();
    let line = ledger.fails(&["serve"], "CU-0300");
    assert!(line.contains(kek.to_str().unwrap()), "{line}");
    let renamed = other.set("ledger.name", "another.example");
    let line = renamed.fails(&["serve"], "CU-0011");
    assert!(line.contains("ledger.example"), "{line}");
}

#[test]
fn an_owned_property_and_an_unknown_key_are_refused_with_the_reason() {
    let ledger = Ledger::at(NOWHERE).set("kafka.properties.auto.offset.reset", "earliest");
    let line = ledger.fails(&["init"], "CU-0103");
    assert!(line.contains("auto.offset.reset"), "{line}");
    let ledger = Ledger::at(NOWHERE).set("ingest.batch_recrods", "7");
    ledger.fails(&["fsck"], "CU-0002");
}
