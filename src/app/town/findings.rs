//! A ledger of a town with faults finds what the town lists, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use custodia_core::assess::{About, LeafAt, Outcome};
use custodia_core::placement::partition_of;
use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::v1::{AccessReason, Event, PersonRole};
use custodia_core::verdict::TopicRole as Role;
use prometheus_client::registry::Registry;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::assess::{
    Assessor, AssessorParts, FindingsDesk, FindingsQuestion, FindingsStore, Keeping, KeptFindings,
    MOST_FINDINGS, Rulebook,
};
use crate::clock::FixedClock;
use crate::generate::{Outgoing, TopicRole, Town};
use crate::keys::{FileKek, KeyStore};
use crate::log::{Delivered, Generation, Incoming, Log, Outbox, OutboxError, Writer};
use crate::metrics::Metrics;
use crate::project::Projector;
use crate::query::{Asking, CutFiles, Desk, LogRows, Looks, Principal, Time, View};
use crate::store::{Budget, Shared};

/// 2026-10-01 00:00 in Hangzhou.
const START_MS: i64 = 1_790_784_000_000;
const DAY_MS: i64 = 86_400_000;
/// What the town's list reaches to.
const HORIZON_MS: i64 = START_MS + (30 + 180) * DAY_MS;
const PARTITIONS: u32 = 2;
const LOGS: [(&str, Role); 3] = [
    ("ledger.example/custodia.events/0/0", Role::Events),
    ("ledger.example/custodia.events/0/1", Role::Events),
    ("ledger.example/custodia.registry/0/0", Role::Registry),
];

/// Takes looks, which nobody reads here.
struct Nowhere;

impl Outbox for Nowhere {
    fn deliver(&self, _: &str, _: &[u8], _: &[u8]) -> Result<Delivered, OutboxError> {
        Ok(Delivered {
            partition: 0,
            offset: 0,
        })
    }
}

struct Lane {
    writer: Writer,
    projector: Projector,
    role: Role,
}

struct Ledger {
    lanes: Vec<Lane>,
    keys: Arc<KeyStore>,
    shared: Shared,
    events: BTreeMap<LeafAt, Vec<u8>>,
    dir: TempDir,
}

/// What is found, by the event and not by where it landed.
type Found = (u8, Outcome, String, About, Option<Vec<u8>>, i64);

impl Ledger {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::new(&Budget {
            memory_bytes: 32 << 20,
            stores: 6,
            write_bytes_per_s: None,
        });
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let keys = Arc::new(KeyStore::create(&dir.path().join("keys"), &shared, kek).unwrap());
        let lane = |(origin, role): (&str, Role)| {
            let path = dir.path().join(origin.replace('/', "-"));
            let generation = Generation::new("c".into(), Some("t".into()), 1, 0);
            let origin = origin.parse().unwrap();
            Log::create(&path, &origin, &generation, b"opened", &shared).unwrap();
            let log = Log::open(&path, origin, &shared).unwrap();
            let metrics = Metrics::register(&mut Registry::default());
            let projector = Projector::new(Arc::clone(&log), Arc::clone(&keys), role, &metrics);
            Lane {
                writer: Writer::new(log, Arc::clone(&keys)).unwrap(),
                projector: projector.unwrap(),
                role,
            }
        };
        Self {
            lanes: LOGS.map(lane).into_iter().collect(),
            keys,
            shared,
            events: BTreeMap::new(),
            dir,
        }
    }

    /// Appends in this order, some records at a time, and makes the rows.
    fn take(&mut self, outs: &[Outgoing]) {
        for some in outs.chunks(500) {
            let mut fresh: [Vec<Incoming>; 3] = Default::default();
            for out in some {
                let place = match out.topic {
                    TopicRole::Registry => 2,
                    TopicRole::Events => partition_of(&out.key, PARTITIONS).unwrap() as usize,
                };
                let lane = &self.lanes[place];
                let index = lane.writer.state().size + fresh[place].len() as u64;
                let leaf = LeafAt {
                    log: LOGS[place].0.to_owned(),
                    index,
                };
                let id = Event::decode(&out.value[..]).unwrap().event_id;
                self.events.insert(leaf, id);
                fresh[place].push(incoming(out, index));
            }
            for (lane, fresh) in self.lanes.iter_mut().zip(fresh) {
                lane.writer.append(&fresh).unwrap();
                while lane
                    .projector
                    .step()
                    .map(|done| done.from < done.to)
                    .unwrap()
                {}
            }
        }
    }

    fn view(&self) -> View {
        let rows = |lane: &Lane| LogRows {
            role: lane.role,
            rows: lane.projector.reader(),
        };
        View::new(
            self.lanes.iter().map(rows).collect(),
            Arc::clone(&self.keys),
            CutFiles::new(&self.dir.path().join("cuts")),
        )
    }

    /// All findings, kept up in a folder of this name.
    fn findings(&self, name: &str) -> Vec<Found> {
        let path = self.dir.path().join(name);
        let store = FindingsStore::open(&path, &self.shared, Arc::clone(&self.keys)).unwrap();
        let (store, clock) = (Arc::new(store), Arc::new(FixedClock::at(HORIZON_MS)));
        let book = Arc::new(Rulebook::with_holidays_of(None).unwrap());
        let mut assessor = Assessor::new(AssessorParts {
            store: Arc::clone(&store),
            view: self.view(),
            book: Arc::clone(&book),
            clock: Arc::clone(&clock) as _,
            metrics: Metrics::register(&mut Registry::default()),
        })
        .unwrap();
        while assessor.step().unwrap() {}
        let progress = Arc::clone(assessor.progress());
        let looks = Looks::new(Arc::new(Nowhere), "looks".into(), Arc::clone(&clock) as _);
        let desk = FindingsDesk::new(
            Arc::new(Desk::new(self.view(), looks)),
            book,
            Keeping::On(KeptFindings { store, progress }),
            clock,
        );
        let question = FindingsQuestion {
            mended: true,
            at: Some(Time(HORIZON_MS)),
            most: Some(MOST_FINDINGS),
            ..FindingsQuestion::default()
        };
        let answer = desk.findings(&asking(), &question).unwrap();
        assert!(!answer.more);
        let mut found: Vec<Found> = answer
            .findings
            .into_iter()
            .map(|shown| shown.finding)
            .map(|one| {
                let event = one.judged.map(|leaf| self.events[&leaf].clone());
                (
                    one.rule,
                    one.result,
                    one.cause,
                    one.about,
                    event,
                    one.since_ms,
                )
            })
            .collect();
        found.sort();
        found
    }
}

fn incoming(out: &Outgoing, offset: u64) -> Incoming {
    Incoming {
        record: Record {
            offset,
            timestamp: Timestamp::LogAppend(out.record_time_ms),
            key: Some(out.key.clone()),
            value: Some(out.value.clone()),
            headers: Vec::new(),
        },
        leader_epoch: None,
    }
}

fn asking() -> Asking {
    Asking {
        principal: Principal {
            employee: "ebcdefghijklmnopqrstuv2345".into(),
            role: PersonRole::PrProtectionOfficer,
        },
        reason: AccessReason::ArAudit,
        ticket: String::new(),
        peer: "test".into(),
        glass: None,
    }
}

fn listed(town: &Town) -> Vec<Found> {
    let list = town.faults().into_iter().map(|one| {
        let event = one.event.map(|id| id.to_vec());
        (
            one.rule,
            one.result,
            one.cause,
            one.about,
            event,
            one.since_ms,
        )
    });
    let mut list: Vec<Found> = list.collect();
    list.sort();
    list
}

fn must_be(found: &[Found], list: &[Found]) {
    let extra: Vec<_> = found.iter().filter(|one| !list.contains(one)).collect();
    let missing: Vec<_> = list.iter().filter(|one| !found.contains(one)).collect();
    assert!(
        extra.is_empty() && missing.is_empty(),
        "found, and not listed: {extra:#?}\nlisted, and not found: {missing:#?}"
    );
    assert_eq!(found, list);
}

#[test]
fn what_a_ledger_finds_in_a_town_with_faults_is_the_list_in_any_order_and_made_anew() {
    let town = Town {
        seed: 31,
        customers: 40,
        start_ms: START_MS,
        days: 30,
        partitions: PARTITIONS,
    };
    let list = listed(&town);
    let mut outs: Vec<_> = town.events_with_faults().collect();
    let mut ledger = Ledger::new();
    ledger.take(&outs);
    let found = ledger.findings("findings");
    must_be(&found, &list);
    assert_eq!(ledger.findings("made-anew"), found);

    outs.sort_by_key(|out| Sha256::digest(&out.value).to_vec());
    let mut shuffled = Ledger::new();
    shuffled.take(&outs);
    must_be(&shuffled.findings("findings"), &list);
}
