//! Everything that a careless or hostile producer might send is a leaf, and is due its verdict.

use std::sync::Arc;

use custodia::generate::TopicRole as Role;
use custodia::generate::noise::{self, Bad, Due};
use custodia::keys::{FileKek, KeyStore};
use custodia::log::{Generation, Incoming, Log, Writer};
use custodia::metrics::Metrics;
use custodia::project::{Projector, RowsReader};
use custodia::store::{Budget, Shared};
use custodia_core::origin::Origin;
use custodia_core::record::{Header, Record, Timestamp};
use custodia_core::verdict::{TopicRole, Verdict};
use prometheus_client::registry::Registry;

const PARTITIONS: u32 = 4;
const NOW_MS: i64 = 1_788_200_000_000;

fn record(offset: u64, bad: &Bad) -> Record {
    let header = |(name, value): &(Vec<u8>, Option<Vec<u8>>)| Header {
        name: name.clone(),
        value: value.clone(),
    };
    Record {
        offset,
        timestamp: Timestamp::LogAppend(NOW_MS),
        key: bad.key.clone(),
        value: bad.value.clone(),
        headers: bad.headers.iter().map(header).collect(),
    }
}

/// The rows of a log that holds these records.
fn projected(folder: &std::path::Path, role: Role, partition: u32, records: &[&Bad]) -> RowsReader {
    let (topic, role, partitions) = match role {
        Role::Events => ("events", TopicRole::Events, PARTITIONS),
        Role::Registry => ("registry", TopicRole::Registry, 1),
    };
    let folder = folder.join(format!("{topic}-{partition}"));
    std::fs::create_dir(&folder).unwrap();
    let shared = Shared::new(&Budget {
        memory_bytes: 64 << 20,
        stores: 2,
        write_bytes_per_s: None,
    });
    let kek = Arc::new(FileKek::create(&folder.join("kek")).unwrap());
    let keys = Arc::new(KeyStore::create(&folder.join("keys"), &shared, kek).unwrap());
    let origin: Origin = format!("ledger.example/{topic}/{partition}/1")
        .parse()
        .unwrap();
    let generation = Generation::new("c".into(), None, partitions, 0);
    Log::create(
        &folder.join("log"),
        &origin,
        &generation,
        b"opened",
        &shared,
    )
    .unwrap();
    let log = Log::open(&folder.join("log"), origin, &shared).unwrap();
    let mut writer = Writer::new(Arc::clone(&log), Arc::clone(&keys)).unwrap();
    let incoming = |(offset, bad): (u64, &&Bad)| Incoming {
        record: record(offset, bad),
        leader_epoch: None,
    };
    let incoming: Vec<Incoming> = (0..).zip(records).map(incoming).collect();
    assert_eq!(
        writer.append(&incoming).unwrap().leaves,
        records.len() as u64
    );
    let metrics = Metrics::register(&mut Registry::default());
    let mut projector = Projector::new(log, keys, role, &metrics).unwrap();
    while {
        let step = projector.step().unwrap();
        step.from < step.to
    } {}
    projector.reader()
}

fn holds(bad: &Bad, verdict: &Verdict) {
    match bad.due {
        Due::Accepted => assert_eq!(*verdict, Verdict::Accepted, "{}", bad.name),
        Due::Duplicate => {
            assert!(
                matches!(verdict, Verdict::Duplicate { .. }),
                "{}: {verdict}",
                bad.name
            );
        }
        Due::Quarantined { reason, rule } => {
            assert_eq!(verdict.code(), reason, "{}: {verdict}", bad.name);
            if let Some(rule) = rule {
                let said = serde_json::json!(verdict).to_string();
                assert!(
                    said.contains(&format!("\"{rule}\"")),
                    "{}: {said}",
                    bad.name
                );
            }
        }
    }
}

#[test]
fn every_bad_record_is_a_leaf_with_the_verdict_that_it_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = noise::records(11, NOW_MS, PARTITIONS);
    all.push(noise::ten_megabytes(11, NOW_MS, PARTITIONS));
    let mut judged = 0;
    let partitions = (0..PARTITIONS).map(|partition| (Role::Events, partition));
    for (role, partition) in partitions.chain([(Role::Registry, 0)]) {
        let of_log = all
            .iter()
            .filter(|bad| bad.topic == role && bad.partition == partition);
        let of_log: Vec<&Bad> = of_log.collect();
        let rows = projected(folder.path(), role, partition, &of_log);
        for (index, bad) in (0..).zip(&of_log) {
            let row = rows.verdict_of(index).unwrap();
            holds(bad, &row.verdict.unwrap());
            judged += 1;
        }
    }
    assert_eq!(judged, all.len());
    assert!(judged > 30);
}
