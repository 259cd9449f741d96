//! What must stop the ledger stops it, with a name; what must not, doesn't.

use std::process::Command;

use custodia::kafka::{Settings, watermarks};

use crate::broker::Broker;
use crate::ledger::{Ledger, PATIENCE, event_roots};
use crate::produce::{EVENTS, with_librdkafka};
use crate::record_to_leaf::{send_town, town_events};

const REGISTRY: &str = "custodia.registry";

pub fn some_records(from: u32, to: u32) -> Vec<crate::produce::Pair> {
    (from..to)
        .map(|n| {
            (
                Some(n.to_be_bytes().to_vec()),
                Some(n.to_be_bytes().to_vec()),
            )
        })
        .collect()
}

/// Runs the ledger until it has `leaves` leaves of events, and stops it.
pub fn caught_up(ledger: &Ledger, leaves: u64) {
    let mut serving = ledger.serve();
    serving.wait_for_leaves(leaves);
    serving.stop();
}

#[test]
fn a_topic_that_was_made_anew_is_refused() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    caught_up(&ledger, 40);
    broker.make_topic_anew(EVENTS, 4);
    let line = ledger.fails(&["serve"], "CU-0404");
    assert!(line.contains("the topic id"), "{line}");
}

#[test]
fn a_changed_partition_count_stops_a_running_ledger_and_one_that_starts() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    let mut serving = ledger.serve();
    serving.wait_for_leaves(40);
    broker.tool(
        "topic",
        &["--alter", "--topic", EVENTS, "--partitions", "6"],
    );
    let (status, log) = serving.ended();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("CU-0404"), "{log}");
    let line = ledger.fails(&["serve"], "CU-0404");
    assert!(line.contains("was 4") && line.contains("is 6"), "{line}");
}

#[test]
fn retention_that_overtook_the_log_is_refused() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    caught_up(&ledger, 40);
    with_librdkafka(broker.bootstrap(), &some_records(40, 400));
    broker.tool("delete-records", &[EVENTS, "0", "60"]);
    let line = ledger.fails(&["serve"], "CU-0152");
    assert!(line.contains("custodia.events/0/1"), "{line}");
}

#[test]
fn a_broker_that_lost_acknowledged_records_is_refused() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    caught_up(&ledger, 40);
    broker.tool("stop", &[]);
    let (data, kept) = (broker.data(), ledger.path("kept"));
    copy(&data, &kept);
    broker.tool("start", &[]);
    with_librdkafka(broker.bootstrap(), &some_records(40, 80));
    caught_up(&ledger, 80);
    broker.tool("stop", &[]);
    std::fs::remove_dir_all(&data).unwrap();
    copy(&kept, &data);
    broker.tool("start", &[]);
    ledger.fails(&["serve"], "CU-0153");
    let ends = ends(&broker);
    // The lost offsets are given to other records: now the ends fit, and the records don't.
    with_librdkafka(broker.bootstrap(), &some_records(1000, 1200));
    // The registry may have lost notices of the ledger's own; then its end is seen first.
    ledger.fails_with_any(&["serve"], &["CU-0401", "CU-0153"]);
    // Both histories stay: what Kafka lost in one generation, what it gave instead in the next.
    for topic in [EVENTS, REGISTRY] {
        ledger.ok(&["log", "close", topic, "--reason", "records-lost"]);
        ledger.fails(&["log", "open", topic, "--from-beginning"], "CU-0036");
    }
    for (place, end) in &ends {
        ledger.ok(&["log", "open", place, "--from-offset", &end.to_string()]);
    }
    caught_up(&ledger, 280);
    ledger.fsck();
}

/// The oracle finds nothing wrong with either, and they have the same leaves of events.
pub fn same_roots(one: &Ledger, other: &Ledger) {
    assert_eq!(event_roots(&one.fsck()), event_roots(&other.fsck()));
}

/// Where the partitions of events and registry end now.
fn ends(broker: &Broker) -> Vec<(String, u64)> {
    let settings = Settings::at(broker.bootstrap());
    let end = |topic: &str, partition| {
        let (_, end) = watermarks(&settings, topic, partition, PATIENCE).unwrap();
        (format!("{topic}/{partition}"), end)
    };
    let events = (0..4).map(|partition| end(EVENTS, partition));
    events.chain([end(REGISTRY, 0)]).collect()
}

pub fn copy(from: &std::path::Path, to: &std::path::Path) {
    let copied = Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status()
        .unwrap();
    assert!(copied.success());
}

/// What it fetches ahead is small here, so that most of the topic is still the broker's when that
/// goes.
#[test]
fn a_broker_that_goes_away_while_records_come_in_holds_nothing_up_for_good() {
    let broker = Broker::start();
    let undisturbed = Ledger::at(broker.bootstrap()).init();
    let leaves = send_town(&undisturbed, town_events());
    caught_up(&undisturbed, leaves);
    let disturbed = Ledger::at(broker.bootstrap())
        .set("ingest.batch_records", "50")
        .set("kafka.properties.queued.min.messages", "50")
        .set("kafka.properties.fetch.message.max.bytes", "8192")
        .init();
    let mut serving = disturbed.serve();
    for part in 1..=3 {
        serving.wait_for_leaves(leaves / 4 * part);
        broker.tool("stop", &["--kill"]);
        assert!(
            serving
                .get("/livez")
                .is_some_and(|said| said.contains(" 200 "))
        );
        broker.tool("start", &[]);
    }
    serving.wait_for_leaves(leaves);
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    serving.wait_for_leaves(leaves + 40);
    serving.stop();
    caught_up(&undisturbed, leaves + 40);
    same_roots(&disturbed, &undisturbed);
}

#[test]
fn one_folder_has_one_owner() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    let serving = ledger.serve();
    ledger.fails(&["serve"], "CU-0408");
    ledger.fails(&["fsck"], "CU-0408");
    ledger.fails(&["log", "list"], "CU-0408");
    ledger.fails(&["log", "close", EVENTS, "--reason", "ordered"], "CU-0408");
    ledger.fails(&["key", "recover"], "CU-0408");
    serving.stop();
}
