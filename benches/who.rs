//! Who received this person's data? Asked of a generated town in a data folder, through the
//! desk that every door asks: rows, leaves and payloads are read, and the look is recorded.
//!
//! `who, by subject`: one customer after another. What it costs Kafka to acknowledge a look is not
//! in it. The same again while another thread judges everybody by all rules, over and over, as after a
//! rebuild: the two show whether findings hold answers back.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use custodia::assess::{Assessor, AssessorParts, FindingsStore, Rulebook};
use custodia::clock::{Clock, FixedClock};
use custodia::generate::{self, Town};
use custodia::keys::{FileKek, KeyStore};
use custodia::log::{Delivered, Generation, Incoming, Log, Outbox, OutboxError, Writer, notices};
use custodia::metrics::Metrics;
use custodia::project::Projector;
use custodia::query::{
    Asking, CutFiles, Desk, LogRows, Looks, Principal, Principals, View, WhoQuestion, Why,
};
use custodia::store::{Budget, Shared};
use custodia_core::origin::Origin;
use custodia_core::placement::partition_of;
use custodia_core::record::{Record, Timestamp};
use custodia_core::verdict::TopicRole;
use prometheus_client::registry::Registry;
use tempfile::TempDir;

/// 2026-09-01 in Shanghai.
const START_MS: i64 = 1_788_192_000_000;
const EVENTS: u64 = 20_000;
const PARTITIONS: u32 = 4;
/// Longer than a look stands for the same question: each question leaves one.
const APART_MS: i64 = 16 * 60 * 1000;
const BATCH: usize = 4096;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Acknowledges at once.
#[derive(Default)]
struct Acknowledging(AtomicU64);

impl Outbox for Acknowledging {
    fn deliver(&self, _: &str, _: &[u8], _: &[u8]) -> Result<Delivered, OutboxError> {
        Ok(Delivered {
            partition: 0,
            offset: self.0.fetch_add(1, Ordering::Relaxed),
        })
    }
}

/// A town's logs with their rows, and a desk before them; the folder goes with it.
struct Ledger {
    desk: Desk,
    clock: Arc<FixedClock>,
    looks: Arc<Acknowledging>,
    logs: Vec<LogRows>,
    keys: Arc<KeyStore>,
    shared: Shared,
    metrics: Metrics,
    folder: TempDir,
}

/// What the logs of one ledger have in common.
struct Ground<'a> {
    folder: &'a Path,
    keys: Arc<KeyStore>,
    shared: Shared,
    metrics: Metrics,
}

impl Ledger {
    fn view(&self) -> View {
        let cuts = CutFiles::new(&self.folder.path().join("cuts"));
        View::new(self.logs.clone(), Arc::clone(&self.keys), cuts)
    }

    /// Judges everybody, again and again, until told to stop; how often everybody was.
    fn judge(&self, stop: &AtomicBool) -> Outcome<u64> {
        let mut rounds = 0;
        while !stop.load(Ordering::Relaxed) {
            let path = self.folder.path().join(format!("findings-{rounds}"));
            let store = FindingsStore::open(&path, &self.shared, Arc::clone(&self.keys))?;
            let mut assessor = Assessor::new(AssessorParts {
                store: Arc::new(store),
                view: self.view(),
                book: Arc::new(Rulebook::with_holidays_of(None)?),
                clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
                metrics: self.metrics.clone(),
            })?;
            while !stop.load(Ordering::Relaxed) && assessor.step()? {}
            rounds += 1;
        }
        Ok(rounds)
    }
}

impl Ground<'_> {
    /// A log of these records, with its rows.
    fn log(&self, origin: &str, role: TopicRole, records: Vec<Record>) -> Outcome<LogRows> {
        let partitions = if role == TopicRole::Events {
            PARTITIONS
        } else {
            1
        };
        let path = self.folder.join(origin.replace('/', "-"));
        let origin: Origin = origin.parse()?;
        let generation = Generation::new("bench".into(), None, partitions, 0);
        let opened = notices::log_opened(
            &origin,
            &generation,
            None,
            None,
            &[],
            &FixedClock::at(START_MS),
        )?;
        Log::create(&path, &origin, &generation, &opened, &self.shared)?;
        let log = Log::open(&path, origin, &self.shared)?;
        let mut writer = Writer::new(Arc::clone(&log), Arc::clone(&self.keys))?;
        let incoming = |record| Incoming {
            record,
            leader_epoch: None,
        };
        let incoming: Vec<Incoming> = records.into_iter().map(incoming).collect();
        for batch in incoming.chunks(BATCH) {
            writer.append(batch)?;
        }
        let mut projector = Projector::new(log, Arc::clone(&self.keys), role, &self.metrics)?;
        loop {
            let done = projector.step()?;
            if done.from == done.to {
                break;
            }
        }
        Ok(LogRows {
            role,
            rows: projector.reader(),
        })
    }
}

/// The records of each partition of the events topic, and of the registry.
fn records_of(town: &Town) -> (Vec<Vec<Record>>, Vec<Record>) {
    let (mut events, mut registry) = (vec![Vec::new(); PARTITIONS as usize], Vec::new());
    for event in town.events() {
        let into = match event.topic {
            generate::TopicRole::Events => {
                let partition = partition_of(&event.key, PARTITIONS).unwrap_or(0);
                &mut events[partition as usize]
            }
            generate::TopicRole::Registry => &mut registry,
        };
        into.push(Record {
            offset: into.len() as u64,
            timestamp: Timestamp::LogAppend(event.occurred_at_ms),
            key: Some(event.key),
            value: Some(event.value),
            headers: Vec::new(),
        });
    }
    (events, registry)
}

fn ledger_of(town: &Town) -> Outcome<Ledger> {
    let folder = tempfile::tempdir()?;
    let shared = Shared::new(&Budget {
        memory_bytes: 256 << 20,
        stores: PARTITIONS as usize + 2,
        write_bytes_per_s: None,
    });
    let kek = Arc::new(FileKek::create(&folder.path().join("kek"))?);
    let keys = Arc::new(KeyStore::create(&folder.path().join("keys"), &shared, kek)?);
    let metrics = Metrics::register(&mut Registry::default());
    let ground = Ground {
        folder: folder.path(),
        keys: Arc::clone(&keys),
        shared: shared.clone(),
        metrics: metrics.clone(),
    };
    let (events, registry) = records_of(town);
    let registry = ground.log("bench.example/registry/0/1", TopicRole::Registry, registry)?;
    let mut logs = vec![registry];
    for (partition, records) in events.into_iter().enumerate() {
        let origin = format!("bench.example/events/{partition}/1");
        logs.push(ground.log(&origin, TopicRole::Events, records)?);
    }
    let cuts = CutFiles::new(&folder.path().join("cuts"));
    let clock = Arc::new(FixedClock::at(START_MS));
    let looks = Arc::new(Acknowledging::default());
    let recorded = Looks::new(
        Arc::clone(&looks) as Arc<dyn Outbox>,
        "access".into(),
        Arc::clone(&clock) as Arc<dyn Clock>,
    );
    Ok(Ledger {
        desk: Desk::new(View::new(logs.clone(), Arc::clone(&keys), cuts), recorded),
        clock,
        looks,
        logs,
        keys,
        shared,
        metrics,
        folder,
    })
}

fn asking() -> Outcome<Asking> {
    let officer = Principal::new(0, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "protection_officer")?;
    let why = Why {
        reason: "rights_request".into(),
        ticket: String::new(),
    };
    Ok(Principals::new([(0, officer)]).asking(0, "bench", &why)?)
}

fn who(c: &mut Criterion) {
    let town = Town::with_events(EVENTS, 1, START_MS, PARTITIONS);
    let ledger = ledger_of(&town).expect("a ledger of the town");
    let asking = asking().expect("an officer");
    let questions: Vec<WhoQuestion> = (0..town.customers)
        .map(|customer| WhoQuestion {
            subject: town.customer(customer).subject_ref,
            ..WhoQuestion::default()
        })
        .collect();
    let mut next = questions.iter().cycle();
    let mut group = c.benchmark_group("who");
    group.throughput(Throughput::Elements(1));
    let mut ask = || {
        ledger.clock.advance(APART_MS);
        let question = next.next().expect("a cycle has no end");
        let answer = ledger.desk.who(&asking, question).expect("an answer");
        assert!(answer.known, "the town knows its customers");
        black_box(answer.rows.len())
    };
    group.bench_function("by subject", |b| b.iter(&mut ask));
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let judging = threads.spawn(|| ledger.judge(&stop).expect("findings"));
        group.bench_function("by subject, everybody being judged", |b| b.iter(&mut ask));
        stop.store(true, Ordering::Relaxed);
        let rounds = judging.join().expect("the thread ends");
        assert!(rounds > 0, "nobody was judged");
    });
    group.finish();
    assert!(ledger.looks.0.load(Ordering::Relaxed) > 0, "no look");
}

criterion_group! {
    name = asked;
    config = Criterion::default().without_plots();
    targets = who
}
criterion_main!(asked);
