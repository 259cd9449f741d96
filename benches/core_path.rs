//! The parts of a record's way to a leaf and of a proof, each by itself.
//!
//! `commit`: a record to its entry. `append`: batches to leaves on disk, synced. `prove`: proofs
//! from a tree of 100,000 leaves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use custodia::clock::FixedClock;
use custodia::generate::{TopicRole, Town};
use custodia::keys::{FileKek, KeyStore};
use custodia::log::{Generation, Incoming, Log, Writer, notices};
use custodia::store::{Budget, Shared};
use custodia_core::entry::Entry;
use custodia_core::origin::Origin;
use custodia_core::record::{Record, Timestamp};
use custodia_core::tree::{
    Frontier, Hash, NodeId, Nodes, consistency_proof, inclusion_proof, leaf_hash, shared,
};
use tempfile::TempDir;

/// 2026-09-01 in Shanghai.
const START_MS: i64 = 1_788_192_000_000;
/// Leaves of the tree that is proved from.
const LEAVES: u64 = 100_000;

/// The first records of a town's topic of events, offsets from 0.
fn town_records(count: usize) -> Vec<Record> {
    let town = Town::with_events(2 * count as u64, 1, START_MS, 1);
    let events = town
        .events()
        .filter(|event| event.topic == TopicRole::Events);
    let record = |(offset, event): (u64, custodia::generate::Outgoing)| Record {
        offset,
        timestamp: Timestamp::LogAppend(event.occurred_at_ms),
        key: Some(event.key),
        value: Some(event.value),
        headers: Vec::new(),
    };
    let records: Vec<_> = (0..).zip(events.take(count)).map(record).collect();
    assert_eq!(records.len(), count, "the town is too small");
    records
}

fn commit(c: &mut Criterion) {
    let records = town_records(1000);
    let mut group = c.benchmark_group("commit");
    group.throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("1000 events of a town", |b| {
        b.iter(|| {
            records
                .iter()
                .map(|record| Entry::of(record).commitment[0])
                .max()
        });
    });
    group.finish();
}

/// An empty log on disk and its writer; the folder goes with it.
struct Desk {
    writer: Writer,
    _folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let writer = new_writer(folder.path()).expect("an empty log");
        Self {
            writer,
            _folder: folder,
        }
    }
}

fn new_writer(folder: &Path) -> Result<Writer, Box<dyn std::error::Error>> {
    let shared = Shared::new(&Budget {
        memory_bytes: 256 << 20,
        stores: 2,
        write_bytes_per_s: None,
    });
    let origin: Origin = "bench.example/custodia.events/0/1".parse()?;
    let generation = Generation::new("bench".into(), None, 1, 0);
    let opened = notices::log_opened(
        &origin,
        &generation,
        None,
        None,
        &[],
        &FixedClock::at(START_MS),
    )?;
    let path = folder.join("log");
    Log::create(&path, &origin, &generation, &opened, &shared)?;
    let kek = Arc::new(FileKek::create(&folder.join("kek"))?);
    let keys = KeyStore::create(&folder.join("keys"), &shared, kek)?;
    let log = Log::open(&path, origin, &shared)?;
    Ok(Writer::new(log, Arc::new(keys))?)
}

/// The first batch of a log: every subject's key is new.
fn append(c: &mut Criterion) {
    let incoming = |record| Incoming {
        record,
        leader_epoch: Some(0),
    };
    let batch: Vec<_> = town_records(4000).into_iter().map(incoming).collect();
    let mut group = c.benchmark_group("append");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for count in [1000, 4000] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("a batch of {count}"), |b| {
            let append = |mut desk: Desk| {
                desk.writer.append(&batch[..count]).expect("appended");
                desk
            };
            b.iter_batched(Desk::new, append, BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// Every complete subtree's hash, by level and index.
#[derive(Default)]
struct Held(Vec<Vec<Hash>>);

impl Held {
    fn grown(size: u64) -> Self {
        let (mut held, mut frontier) = (Self::default(), Frontier::new());
        for leaf in 0..size {
            let hash = leaf_hash(&leaf.to_be_bytes());
            frontier.push(hash, &mut |id, hash| held.put(id, hash));
        }
        held
    }

    // Subtrees of a level are completed in the order of their indices.
    fn put(&mut self, id: NodeId, hash: Hash) {
        let level = usize::from(id.level);
        if self.0.len() <= level {
            self.0.resize_with(level + 1, Vec::new);
        }
        self.0[level].push(hash);
    }
}

impl Nodes for Held {
    type Error = std::convert::Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Self::Error> {
        let index = usize::try_from(id.index).expect("below 100,000");
        Ok(self.0[usize::from(id.level)][index])
    }
}

fn prove(c: &mut Criterion) {
    let nodes = Held::grown(LEAVES);
    let scattered: Vec<u64> = (0..100).map(|n| n * 997).collect();
    let mut group = c.benchmark_group("prove");
    group.bench_function("inclusion", |b| {
        b.iter(|| inclusion_proof(&nodes, 61_803, LEAVES));
    });
    group.bench_function("consistency", |b| {
        b.iter(|| consistency_proof(&nodes, 61_803, LEAVES));
    });
    group.bench_function("100 leaves, shared nodes", |b| {
        b.iter(|| shared::proof(&nodes, LEAVES, &scattered));
    });
    group.finish();
}

criterion_group! {
    name = core_path;
    config = Criterion::default().without_plots();
    targets = commit, append, prove
}
criterion_main!(core_path);
