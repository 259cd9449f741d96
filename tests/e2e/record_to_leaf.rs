//! Every record that a reader of the topic sees is one leaf, and the same one in every ledger.

use crate::broker::Broker;
use crate::ledger::{Ledger, event_roots, roots};
use crate::produce::{odd_records, with_java, with_librdkafka};

/// The town's seed and first moment, 2024-09-01 in Shanghai: before any test runs, so that no event
/// comes from the future.
pub const SEED: u64 = 7;
pub const START_MS: i64 = 1_725_120_000_000;

/// `CUSTODIA_E2E_EVENTS` sets how large the town of the long tests is.
pub fn town_events() -> u64 {
    let asked = std::env::var("CUSTODIA_E2E_EVENTS").ok();
    asked.map_or(20_000, |text| {
        text.parse().expect("CUSTODIA_E2E_EVENTS is a number")
    })
}

/// Sends a town and gives back how many events of persons it has.
pub fn send_town(ledger: &Ledger, events: u64) -> u64 {
    let printed = ledger.ok(&[
        "generate",
        "--seed",
        &SEED.to_string(),
        "--start-ms",
        &START_MS.to_string(),
        "--events",
        &events.to_string(),
        "--json",
    ]);
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    printed["sent"]["events"].as_u64().unwrap()
}

#[test]
fn a_town_and_odd_records_are_leaves_and_a_second_ledger_has_the_same_roots() {
    let broker = Broker::start();
    let first = Ledger::at(broker.bootstrap()).init();
    let mut leaves = send_town(&first, town_events());
    let odd = odd_records();
    let options = [
        "--config",
        "max.request.size=12000000",
        "--config",
        "buffer.memory=67108864",
    ];
    leaves += with_java(&broker, &odd, &options).len() as u64;
    let mut serving = first.serve();
    serving.wait_for_leaves(leaves);
    serving.stop();
    let report = first.fsck();
    let counted: u64 = event_roots(&report).iter().map(|(_, size, _)| size).sum();
    assert_eq!(counted, leaves);

    let second = Ledger::at(broker.bootstrap()).init();
    let mut serving = second.serve();
    serving.wait_for_leaves(leaves);
    serving.stop();
    assert_eq!(event_roots(&second.fsck()), event_roots(&report));
}

#[test]
fn transactions_that_were_aborted_are_no_leaves_and_their_offsets_are_gaps() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    let record = |n: u32| (Some(n.to_be_bytes().to_vec()), Some(vec![1; 20]));
    let records: Vec<_> = (0..600).map(record).collect();
    let options = [
        "--transactional",
        "--transaction-records",
        "20",
        "--abort-every",
        "3",
    ];
    with_java(&broker, &records, &options);
    let mut serving = ledger.serve();
    serving.wait_for_leaves(400);
    serving.stop();
    let counted: u64 = event_roots(&ledger.fsck())
        .iter()
        .map(|(_, size, _)| size)
        .sum();
    assert_eq!(counted, 400);
}

#[test]
fn one_subjects_events_from_java_and_librdkafka_land_in_one_partition() {
    let broker = Broker::start();
    let _ledger = Ledger::at(broker.bootstrap()).init();
    let keys: Vec<Vec<u8>> = (0u8..40)
        .map(|n| vec![b'a' + n % 26; usize::from(n) + 1])
        .collect();
    let records: Vec<_> = keys
        .into_iter()
        .map(|key| (Some(key), Some(vec![1])))
        .collect();
    let partitions =
        |places: Vec<(u32, u64)>| places.into_iter().map(|(p, _)| p).collect::<Vec<_>>();
    let of_java = partitions(with_java(&broker, &records, &[]));
    assert_eq!(
        of_java,
        partitions(with_librdkafka(broker.bootstrap(), &records))
    );
    let mut distinct = of_java;
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() > 1, "all keys fell into one partition");
}

#[test]
fn a_restarted_ledger_goes_on_where_its_log_stands() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    let record = |n: u32| {
        (
            Some(n.to_be_bytes().to_vec()),
            Some(n.to_be_bytes().to_vec()),
        )
    };
    with_librdkafka(broker.bootstrap(), &(0..50).map(record).collect::<Vec<_>>());
    let mut serving = ledger.serve();
    serving.wait_for_leaves(50);
    serving.stop();
    let before = roots(&ledger.fsck());
    with_librdkafka(
        broker.bootstrap(),
        &(50..90).map(record).collect::<Vec<_>>(),
    );
    let mut serving = ledger.serve();
    serving.wait_for_leaves(90);
    serving.stop();
    let after = ledger.fsck();
    assert_ne!(roots(&after), before);
    let checkpoints: u64 = after["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["checkpoints"].as_u64().unwrap())
        .sum();
    assert!(checkpoints > 0);
}
