//! Erasing as a ledger does it, stopped anywhere and begun again.

use std::sync::{Arc, Mutex};

use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{self, ErasureOrdered, Event};
use custodia_core::verdict::TopicRole;
use prometheus_client::registry::Registry;
use prost::Message as _;
use tempfile::TempDir;

use super::*;
use crate::clock::FixedClock;
use crate::keys::{FileKek, KeyStore, erased_subject};
use crate::log::{Delivered, Generation, Incoming, Log, Outbox, OutboxError, ROWS, Writer};
use crate::metrics::Metrics;
use crate::project::{self, Page, Projector, RowsReader};
use crate::store::{Budget, Direction, KeyRange, Read as _, Shared};
use tokio_util::sync::CancellationToken;

const ORIGINS: [(&str, TopicRole); 4] = [
    ("ledger.example/custodia.events/0/0", TopicRole::Events),
    ("ledger.example/custodia.events/1/0", TopicRole::Events),
    ("ledger.example/custodia.registry/0/0", TopicRole::Registry),
    ("ledger.example/custodia.access/0/0", TopicRole::Access),
];
const REGISTRY: usize = 2;
const NOW_MS: i64 = 1_700_000_000_000;
const LI: &str = "abcdefghijklmnopqrstuv2345";
const WANG: &str = "bbcdefghijklmnopqrstuv2345";

#[derive(Default)]
struct Sent {
    records: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
}

impl Outbox for Sent {
    fn deliver(&self, _: &str, key: &[u8], value: &[u8]) -> Result<Delivered, OutboxError> {
        let mut records = self.records.lock().unwrap();
        records.push((key.to_vec(), value.to_vec()));
        Ok(Delivered {
            partition: 0,
            offset: records.len() as u64 - 1,
        })
    }
}

/// Takes every order that names two approvers.
struct Two;

impl Authority for Two {
    fn refuses(&self, order: &Order) -> Result<Option<String>, Error> {
        let few = order.said.approver_refs.len() < 2;
        Ok(few.then(|| "too few".to_owned()))
    }
}

struct Lane {
    writer: Writer,
    projector: Projector,
}

/// A ledger of four logs in a temporary folder.
struct Town {
    lanes: Vec<Lane>,
    keys: Arc<KeyStore>,
    shared: Shared,
    sent: Arc<Sent>,
    next_id: u32,
    dir: TempDir,
}

impl Town {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::new(&Budget {
            memory_bytes: 32 << 20,
            stores: 6,
            write_bytes_per_s: None,
        });
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let path = dir.path().join("data");
        std::fs::create_dir(&path).unwrap();
        KeyStore::create(&path.join("keys"), &shared, kek).unwrap();
        for (origin, _) in ORIGINS {
            let generation = Generation::new("c".into(), Some("t".into()), 1, 0);
            let origin = origin.parse().unwrap();
            Log::create(
                &log_path(&path, &origin),
                &origin,
                &generation,
                b"o",
                &shared,
            )
            .unwrap();
        }
        Self::at(dir, shared)
    }

    fn at(dir: TempDir, shared: Shared) -> Self {
        let kek = Arc::new(FileKek::open(&dir.path().join("kek")).unwrap());
        let path = dir.path().join("data");
        let keys = Arc::new(KeyStore::open(&path.join("keys"), &shared, kek).unwrap());
        let lanes = ORIGINS.map(|(origin, role)| {
            let origin = origin.parse().unwrap();
            let log = Log::open(&log_path(&path, &origin), origin, &shared).unwrap();
            let metrics = Metrics::register(&mut Registry::default());
            Lane {
                projector: Projector::new(Arc::clone(&log), Arc::clone(&keys), role, &metrics)
                    .unwrap(),
                writer: Writer::new(log, Arc::clone(&keys)).unwrap(),
            }
        });
        Self {
            lanes: lanes.into_iter().collect(),
            keys,
            shared,
            sent: Arc::default(),
            next_id: 0,
            dir,
        }
    }

    /// As a new process finds it.
    fn reopened(self) -> Self {
        let Self {
            lanes,
            keys,
            dir,
            shared,
            next_id,
            ..
        } = self;
        drop((lanes, keys));
        let mut town = Self::at(dir, shared);
        town.next_id = next_id;
        town
    }

    fn put(&mut self, lane: usize, key: &[u8], subject: &str, body: Body, ms: i64) {
        self.next_id += 1;
        let mut event_id = [0; 16];
        event_id[..4].copy_from_slice(&self.next_id.to_be_bytes());
        (event_id[6], event_id[8]) = (0x71, 0x81);
        let event = Event {
            event_id: event_id.to_vec(),
            salt: vec![7; 32],
            occurred_at: Some(stamp(ms)),
            producer: "shop".into(),
            subject_ref: subject.into(),
            body: Some(body),
            ..Event::default()
        };
        self.append(lane, key, &event.encode_to_vec(), ms);
    }

    fn append(&mut self, lane: usize, key: &[u8], value: &[u8], ms: i64) {
        let record = Record {
            offset: self.lanes[lane].writer.state().size,
            timestamp: Timestamp::LogAppend(NOW_MS + ms),
            key: Some(key.to_vec()),
            value: Some(value.to_vec()),
            headers: Vec::new(),
        };
        let incoming = Incoming {
            record,
            leader_epoch: None,
        };
        self.lanes[lane].writer.append(&[incoming]).unwrap();
    }

    fn share(&mut self, lane: usize, subject: &str, recipient: &str, ms: i64) {
        let body = v1::DataShared {
            recipient_id: recipient.into(),
            categories: vec![1],
            ..v1::DataShared::default()
        };
        self.put(
            lane,
            subject.as_bytes(),
            subject,
            Body::DataShared(body),
            ms,
        );
    }

    fn order(&mut self, subject: &str, approvers: usize, ms: i64) {
        let digest = erased_subject(subject);
        let body = ErasureOrdered {
            erased_subject_blake3: digest.to_vec(),
            order_id: format!("order-{ms}"),
            duty_ended: "L322".into(),
            duty_ended_at: Some(stamp(0)),
            approver_refs: vec![WANG.into(); approvers],
            ..ErasureOrdered::default()
        };
        self.put(REGISTRY, &digest, "", Body::ErasureOrdered(body), ms);
    }

    fn project(&mut self) {
        for lane in &mut self.lanes {
            while lane
                .projector
                .step()
                .map(|done| done.from < done.to)
                .unwrap()
            {}
        }
    }

    fn carrier(&self) -> Carrier {
        let rows = self.lanes.iter().zip(ORIGINS);
        let rows = rows.map(|(lane, (_, role))| (role, lane.projector.reader()));
        Carrier::new(CarrierParts {
            rows: rows.collect(),
            keys: Arc::clone(&self.keys),
            authority: Box::new(Two),
            outbox: Arc::clone(&self.sent) as _,
            registry: "custodia.registry".into(),
            store_id: "ledger.example".into(),
            copies_end: Box::new(|| Some(NOW_MS + 7)),
            clock: Arc::new(FixedClock::at(NOW_MS)),
            metrics: Metrics::register(&mut Registry::default()),
            purge_findings: Box::new(|| Ok(())),
            purge_interval: std::time::Duration::ZERO,
        })
        .unwrap()
    }

    fn carry_out(&mut self) {
        self.project();
        let mut carrier = self.carrier();
        assert!(carrier.carry_out(&CancellationToken::new()).unwrap());
        carrier.attest().unwrap();
    }

    fn rows(&self, lane: usize) -> RowsReader {
        self.lanes[lane].projector.reader()
    }

    fn leaves_of(&self, lane: usize, subject: &str) -> Vec<u64> {
        let rows = self.rows(lane);
        let page = Page::all_below(rows.progress().projected());
        let leaves = rows.leaves_of_subject(subject.as_bytes(), &page).unwrap();
        leaves.iter().map(|leaf| leaf.index).collect()
    }

    fn is_readable(&self, lane: usize, index: u64) -> bool {
        let log = self.lanes[lane].writer.log();
        log.record(&self.keys, index).unwrap().is_some()
    }

    /// Everything that the rows of all logs hold.
    fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        for lane in &self.lanes {
            let store = lane.writer.log().store();
            let family = ROWS.at(project::VERSION);
            let rows = store.iterate(family, &KeyRange::all(), Direction::Ascending);
            for row in rows.unwrap() {
                let (key, value) = row.unwrap();
                all.push((key.into_vec(), value.into_vec()));
            }
        }
        all
    }

    fn dump_anew(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        for lane in &mut self.lanes {
            lane.projector.drop_and_rebuild().unwrap();
        }
        self.project();
        self.dump()
    }

    fn attested(&self) -> Vec<v1::SubjectKeyShredded> {
        let records = self.sent.records.lock().unwrap();
        let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let event = Event::decode(value.as_slice()).unwrap();
            let Some(Body::SubjectKeyShredded(said)) = event.body else {
                panic!("not an attestation");
            };
            assert_eq!(*key, said.erased_subject_blake3);
            said
        };
        records.iter().map(read).collect()
    }
}

fn log_path(data: &std::path::Path, origin: &custodia_core::origin::Origin) -> std::path::PathBuf {
    data.join(origin.to_string().replace('/', "-"))
}

fn stamp(ms: i64) -> prost_types::Timestamp {
    let ms = NOW_MS + ms;
    prost_types::Timestamp {
        seconds: ms.div_euclid(1000),
        nanos: i32::try_from(ms.rem_euclid(1000)).unwrap() * 1_000_000,
    }
}

/// A town in which Li and Wang received and shared, and Li was looked at.
fn town() -> Town {
    let mut town = Town::new();
    for n in 0..5 {
        town.share(0, LI, "courier", n * 10);
        town.share(1, WANG, "courier", n * 10 + 1);
    }
    town.share(1, LI, "bank", 60);
    let body = v1::LedgerQueried {
        principal_ref: WANG.into(),
        ..v1::LedgerQueried::default()
    };
    town.put(3, LI.as_bytes(), LI, Body::LedgerQueried(body), 70);
    town
}

#[test]
fn an_order_takes_payloads_rows_and_keys_of_one_person_in_all_logs() {
    let mut town = town();
    town.project();
    let roots: Vec<_> = town
        .lanes
        .iter()
        .map(|lane| lane.writer.log().tail().root)
        .collect();
    let wangs = town.leaves_of(1, WANG);
    assert_eq!(town.leaves_of(0, LI).len(), 5);
    town.order(LI, 2, 100);
    town.carry_out();
    for lane in [0, 1, 3] {
        assert_eq!(town.leaves_of(lane, LI), [0; 0]);
        assert!(
            town.keys
                .current(ORIGINS[lane].0, &erased_subject(LI))
                .unwrap()
                .is_none()
        );
    }
    assert!((0..5).all(|index| !town.is_readable(0, index)));
    assert_eq!(town.leaves_of(1, WANG), wangs);
    assert!(wangs.iter().all(|index| town.is_readable(1, *index)));
    // The verdict of what was erased is still known, and the tree is what it was.
    assert!(town.rows(0).verdict_of(0).unwrap().verdict.is_some());
    for (lane, root) in town
        .lanes
        .iter()
        .zip(roots)
        .filter(|(_, root)| *root != [0; 32])
    {
        if lane.writer.log().name() != ORIGINS[REGISTRY].0 {
            assert_eq!(lane.writer.log().tail().root, root);
        }
    }
    let [said] = &town.attested()[..] else {
        panic!("one attestation")
    };
    assert_eq!((said.key_count, said.payload_count), (Some(3), Some(7)));
    assert!(said.row_count.is_some_and(|rows| rows >= 7));
    assert_eq!(said.order_id, "order-100");
    assert!(said.kafka_copies_end_at.is_some());
}

#[test]
fn rows_after_an_erasure_are_those_made_anew() {
    let mut town = town();
    town.project();
    town.order(LI, 2, 100);
    town.share(0, LI, "later", 200);
    town.carry_out();
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
    assert_eq!(town.leaves_of(0, LI), [5]);
}

#[test]
fn what_comes_after_the_order_has_another_key_and_stays() {
    let mut town = town();
    town.order(LI, 2, 100);
    // Read in the same breath, under the key that goes.
    town.share(0, LI, "later", 101);
    town.carry_out();
    assert_eq!(town.leaves_of(0, LI), [5]);
    assert!(town.is_readable(0, 5) && !town.is_readable(0, 4));
    town.share(0, LI, "latest", 102);
    town.carry_out();
    assert_eq!(town.leaves_of(0, LI), [5, 6]);
    let mut town = town.reopened();
    town.carry_out();
    assert_eq!(town.leaves_of(0, LI), [5, 6]);
    assert!(town.is_readable(0, 6));
}

#[test]
fn an_order_that_is_read_before_its_person_holds_all_the_same() {
    let mut town = Town::new();
    town.order(LI, 2, 100);
    town.carry_out();
    assert_eq!(town.attested()[0].key_count, Some(0));
    // A replica that reads the registry first.
    town.share(0, LI, "courier", 50);
    town.share(1, WANG, "courier", 50);
    town.share(0, LI, "later", 150);
    town.carry_out();
    assert_eq!(
        (town.leaves_of(0, LI), town.leaves_of(1, WANG)),
        (vec![1], vec![0])
    );
    assert!(!town.is_readable(0, 0) && town.is_readable(0, 1));
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
}

#[test]
fn an_order_that_does_not_bind_erases_nothing_and_is_not_asked_about_again() {
    let mut town = town();
    town.order(LI, 1, 100);
    town.carry_out();
    assert_eq!(town.leaves_of(0, LI).len(), 5);
    assert!(town.attested().is_empty());
    let applied = town.keys.erasures_applied(ORIGINS[REGISTRY].0).unwrap();
    assert_eq!(applied, 1);
}

#[test]
fn an_order_that_comes_twice_is_carried_out_once_each() {
    let mut town = town();
    town.order(LI, 2, 100);
    town.carry_out();
    let once = town.dump();
    town.order(LI, 2, 101);
    town.carry_out();
    let counts: Vec<_> = town.attested().iter().map(|said| said.key_count).collect();
    assert_eq!(counts, [Some(3), Some(0)]);
    assert!(once.len() < town.dump().len());
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
}

#[test]
fn another_persons_record_that_names_the_erased_one_stays() {
    let mut town = town();
    let link = v1::ThirdPartySubjectAttested {
        attested_by_ref: LI.into(),
        ..v1::ThirdPartySubjectAttested::default()
    };
    town.put(
        0,
        WANG.as_bytes(),
        WANG,
        Body::ThirdPartySubjectAttested(link),
        90,
    );
    town.project();
    assert_eq!(town.leaves_of(0, LI).last(), Some(&5));
    town.order(LI, 2, 100);
    town.carry_out();
    assert!(town.is_readable(0, 5));
    assert_eq!(
        (town.leaves_of(0, LI), town.leaves_of(0, WANG)),
        (vec![], vec![5])
    );
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
}

#[test]
fn a_record_that_does_not_split_goes_with_the_person_whose_key_it_has() {
    let mut town = town();
    town.append(0, LI.as_bytes(), b"no envelope, but a secret", 90);
    town.project();
    assert_eq!(town.leaves_of(0, LI).len(), 6);
    town.order(LI, 2, 100);
    town.carry_out();
    assert!(!town.is_readable(0, 5));
    let label = crate::keys::Label::Leaf(5);
    assert!(town.keys.find(ORIGINS[0].0, &label).unwrap().is_none());
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
}

#[test]
fn an_order_about_a_leaf_takes_a_record_with_a_key_of_its_own_and_no_persons() {
    let mut town = town();
    town.append(0, b"no reference", b"no envelope, but a secret", 90);
    for index in [0, 5] {
        let body = ErasureOrdered {
            erased_subject_blake3: vec![9; 32],
            order_id: format!("leaf-{index}"),
            leaf_log: ORIGINS[0].0.into(),
            leaf_index: Some(index),
            duty_ended: "none".into(),
            duty_ended_at: Some(stamp(0)),
            approver_refs: vec![WANG.into(); 2],
            ..ErasureOrdered::default()
        };
        let ms = 100 + i64::try_from(index).unwrap();
        town.put(REGISTRY, &[9; 32], "", Body::ErasureOrdered(body), ms);
    }
    town.carry_out();
    assert!(town.is_readable(0, 0) && !town.is_readable(0, 5));
    let counts: Vec<_> = town.attested().iter().map(|said| said.key_count).collect();
    assert_eq!(counts, [Some(0), Some(1)]);
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
}

#[test]
fn every_late_record_goes_however_many_there_are() {
    let mut town = Town::new();
    town.order(LI, 2, 10_000);
    town.carry_out();
    for n in 0..600 {
        town.share(0, LI, "courier", n);
    }
    town.carry_out();
    assert_eq!(town.leaves_of(0, LI), [0; 0]);
    assert!((0..600).all(|index| !town.is_readable(0, index)));
}

#[test]
fn a_key_that_is_being_destroyed_when_the_process_dies_goes_at_the_next_start() {
    let mut town = town();
    town.project();
    let digest = erased_subject(LI);
    town.order(LI, 2, 100);
    town.project();
    // Killed right after the key store learned of it, in the first log.
    town.keys.remember(&digest, NOW_MS + 100).unwrap();
    town.keys.doom(ORIGINS[0].0, &digest).unwrap();
    let mut town = town.reopened();
    town.share(0, LI, "later", 200);
    town.carry_out();
    assert_eq!(town.leaves_of(0, LI), [5]);
    assert!((0..5).all(|index| !town.is_readable(0, index)));
    assert_eq!(town.attested()[0].key_count, Some(3));
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
}

#[test]
fn an_order_that_comes_while_rows_are_made_anew_is_carried_out_once_they_are() {
    let mut town = town();
    town.project();
    town.order(LI, 2, 100);
    town.project();
    let mut carrier = town.carrier();
    for lane in &mut town.lanes[..2] {
        lane.projector.drop_and_rebuild().unwrap();
    }
    let stop = CancellationToken::new();
    std::thread::scope(|scope| {
        let erasing = scope.spawn(|| carrier.carry_out(&stop).unwrap());
        town.project();
        assert!(erasing.join().unwrap());
    });
    assert!(town.leaves_of(0, LI).is_empty() && town.leaves_of(1, LI).is_empty());
    assert!((0..5).all(|index| !town.is_readable(0, index)));
    let kept = town.dump();
    assert_eq!(kept, town.dump_anew());
}

#[test]
fn bytes_of_what_was_erased_leave_the_disk() {
    let mut town = town();
    town.project();
    let log = Arc::clone(town.lanes[0].writer.log());
    let payloads: Vec<Vec<u8>> = (0..5)
        .map(|index| log.sealed_payload(index).unwrap().unwrap())
        .collect();
    let rows = town.dump();
    log.store().flush().unwrap();
    town.order(LI, 2, 100);
    town.carry_out();
    let kept: Vec<Vec<u8>> = town.dump().into_iter().map(|(_, value)| value).collect();
    let gone = rows.into_iter().map(|(_, value)| value);
    // A person's row is sealed; one of few bytes would be found anywhere.
    let gone = gone.filter(|value| value.len() >= 24 && !kept.contains(value));
    let gone: Vec<Vec<u8>> = gone.collect();
    assert!(gone.len() >= 5, "{}", gone.len());
    let payloads: Vec<&[u8]> = payloads.iter().map(|payload| &payload[32..96]).collect();
    let gone: Vec<&[u8]> = gone.iter().map(Vec::as_slice).collect();
    let sealed = [&payloads[..], &gone].concat();
    let before = found(town.dir.path(), &sealed);
    assert_eq!(before, sealed.len(), "the search finds what is there");
    let mut carrier = town.carrier();
    carrier.purge().unwrap();
    assert_eq!(found(town.dir.path(), &sealed), 0);
    assert_eq!(town.keys.purge_due(), None);
}

/// How many of these stand anywhere in the files of a folder.
fn found(folder: &std::path::Path, wanted: &[&[u8]]) -> usize {
    let mut folders = vec![folder.to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            for (number, part) in wanted.iter().enumerate() {
                if bytes.windows(part.len()).any(|window| window == *part) {
                    seen.insert(number);
                }
            }
        }
    }
    seen.len()
}
