//! A log with a few people's records, good and bad.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use custodia_core::origin::Origin;
use custodia_core::placement::partition_of;
use custodia_core::record::{Header, Record, Timestamp};
use custodia_core::schema::v1::{self, event::Body};
use custodia_core::verdict::TopicRole;
use prometheus_client::registry::Registry;
use proptest::prelude::*;
use prost::Message as _;
use prost_types::Timestamp as Time;
use tempfile::TempDir;

use super::super::projector::FAMILY;
use super::super::*;
use crate::keys::{FileKek, KeyStore};
use crate::log::{Generation, Incoming, Log, Writer};
use crate::metrics::Metrics;
use crate::store::{Batch, Budget, Direction, Durability, KeyRange, Pair, Read as _, Shared};

pub(super) const NOW_MS: i64 = 1_700_000_000_000;
/// The last belongs in partition 1; the log is that of partition 0.
pub(super) const PEOPLE: [&str; 4] = [
    "abcdefghijklmnopqrstuv2345",
    "dbcdefghijklmnopqrstuv2345",
    "ebcdefghijklmnopqrstuv2345",
    "bbcdefghijklmnopqrstuv2345",
];
pub(super) const PARTITIONS: u32 = 2;
pub(super) const WRONG_KEY: u8 = 4;

/// What kind of record: few numbers, so that people, ids and bytes meet again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) person: usize,
    pub(super) id: u8,
    pub(super) flavour: u8,
    pub(super) variant: u8,
}

pub(super) fn some_records(count: Range<usize>) -> impl Strategy<Value = Vec<Sort>> {
    let sort = (0..PEOPLE.len(), 0..40_u8, 0..16_u8, 0..2_u8);
    let sort = sort.prop_map(|(person, id, flavour, variant)| Sort {
        person,
        id,
        flavour,
        variant,
    });
    proptest::collection::vec(sort, count)
}

/// Many kinds of records, the same each time.
pub(super) fn many(count: usize) -> Vec<Sort> {
    let sort = |n: usize| {
        let byte = |shift: usize| u8::try_from((n.wrapping_mul(0x9e37_79b1) >> shift) & 0xff);
        let (id, flavour) = (byte(3).unwrap(), byte(11).unwrap() % 16);
        Sort {
            person: n % 3,
            id,
            flavour,
            variant: byte(19).unwrap() % 2,
        }
    };
    (0..count).map(sort).collect()
}

pub(super) fn event_id(id: u8) -> [u8; 16] {
    let mut bytes = [id; 16];
    (bytes[6], bytes[8]) = (0x71, 0x81);
    bytes
}

fn event(sort: Sort) -> v1::Event {
    v1::Event {
        event_id: event_id(sort.id).to_vec(),
        salt: vec![7 + sort.variant; 32],
        occurred_at: Some(Time {
            seconds: NOW_MS / 1000 - i64::from(sort.id % 4) * 86_400,
            nanos: 0,
        }),
        producer: "mall".into(),
        producer_seq: Some(u64::from(sort.id)),
        subject_ref: PEOPLE[sort.person].into(),
        correlation_id: format!("order-{}", sort.id),
        body: Some(Body::DataShared(v1::DataShared {
            recipient_id: format!("courier-{}", sort.id % 3),
            case: v1::ShareCase::Sh03GoodsDelivery.into(),
            categories: vec![v1::DataCategory::DcRealName.into()],
            purpose: v1::Purpose::PuAccountRegisterLogin.into(),
            basis: Some(v1::Basis {
                kind: v1::BasisKind::BaContract.into(),
                contract_ref: "o-1".into(),
                ..Default::default()
            }),
            method: v1::ShareMethod::MtApi.into(),
            destination_country: "CN".into(),
            transfer_sha256: vec![3; 32],
            field_count: Some(2),
            record_count: Some(1),
            access: Some(v1::Access {
                endpoint_ref: "courier-api".into(),
                credential_fingerprint: vec![5; 16],
                ..Default::default()
            }),
            ..Default::default()
        })),
        ..Default::default()
    }
}

/// A record of this kind; its offset is set when it is appended.
pub(super) fn record(sort: Sort) -> Record {
    let mut event = event(sort);
    let mut key = Some(PEOPLE[sort.person].as_bytes().to_vec());
    let mut headers = Vec::new();
    let mut timestamp = Timestamp::LogAppend(NOW_MS);
    match sort.flavour {
        1 => event.subject_ref = "13900000000".into(),
        2 => event.body = None,
        3 => key = None,
        WRONG_KEY => key = Some(PEOPLE[(sort.person + 1) % PEOPLE.len()].into()),
        5 => key = Some(b"not a reference".to_vec()),
        6 => {
            event.occurred_at = Some(Time {
                seconds: NOW_MS,
                nanos: 0,
            });
        }
        7 => event.producer = "13900000000".into(),
        8 => headers.push(Header {
            name: vec![0xff],
            value: None,
        }),
        9 => timestamp = Timestamp::None,
        10 => event.salt.truncate(31),
        _ => {}
    }
    let mut value = Some(event.encode_to_vec());
    match sort.flavour {
        11 => value = None,
        12 => value = Some(vec![sort.id; usize::from(sort.variant) * 9]),
        13 => value.as_mut().unwrap().truncate(90),
        _ => {}
    }
    Record {
        offset: 0,
        timestamp,
        key,
        value,
        headers,
    }
}

pub(super) fn producer_retired(name: &str) -> Record {
    let body = v1::ProducerRetired {
        producer_name: name.into(),
        reason: v1::ProducerRetirement::PtReplaced.into(),
        retired_at: Some(Time::default()),
        ..Default::default()
    };
    let id = u8::try_from(name.len()).unwrap();
    let event = v1::Event {
        subject_ref: String::new(),
        body: Some(Body::ProducerRetired(body)),
        ..event(Sort {
            id,
            ..Sort::default()
        })
    };
    let value = Some(event.encode_to_vec());
    Record {
        key: Some(name.into()),
        value,
        ..record(Sort::default())
    }
}

/// The records behind one another from `offset` on, in batches of many sizes.
pub(super) fn append_in_bits(writer: &mut Writer, offset: u64, records: &[Record]) {
    let numbered = (offset..).zip(records.iter().cloned());
    let incoming: Vec<_> = numbered
        .map(|(offset, record)| Incoming {
            record: Record { offset, ..record },
            leader_epoch: None,
        })
        .collect();
    let mut rest = &incoming[..];
    for size in (1..).map(|n: usize| n * 7 % 64 + 1) {
        let (batch, left) = rest.split_at(size.min(rest.len()));
        writer.append(batch).unwrap();
        rest = left;
        if rest.is_empty() {
            break;
        }
    }
}

pub(super) struct Town {
    pub(super) records: Vec<Record>,
    pub(super) keys: Arc<KeyStore>,
    pub(super) metrics: Metrics,
    role: TopicRole,
    projector: Option<Projector>,
    writer: Option<Writer>,
    log: Option<Arc<Log>>,
    shared: Shared,
    dir: TempDir,
}

impl Town {
    pub(super) fn new() -> Self {
        assert!(
            PEOPLE
                .iter()
                .all(|p| partition_of(p.as_bytes(), 1) == Some(0))
        );
        Self::of(TopicRole::Events)
    }

    pub(super) fn of(role: TopicRole) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::new(&Budget::default());
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let keys = KeyStore::create(&dir.path().join("keys"), &shared, kek).unwrap();
        let partitions = if role == TopicRole::Registry {
            1
        } else {
            PARTITIONS
        };
        let generation = Generation::new("cluster".into(), None, partitions, 0);
        Log::create(&log_path(&dir), &origin(), &generation, b"opened", &shared).unwrap();
        let metrics = Metrics::register(&mut Registry::default());
        let (records, keys) = (Vec::new(), Arc::new(keys));
        let (projector, writer, log) = (None, None, None);
        let mut town = Self {
            records,
            keys,
            metrics,
            role,
            projector,
            writer,
            log,
            shared,
            dir,
        };
        town.open();
        town
    }

    fn open(&mut self) {
        let log = Log::open(&log_path(&self.dir), origin(), &self.shared).unwrap();
        self.writer = Some(Writer::new(Arc::clone(&log), Arc::clone(&self.keys)).unwrap());
        let keys = Arc::clone(&self.keys);
        let projector = Projector::new(Arc::clone(&log), keys, self.role, &self.metrics);
        self.projector = Some(projector.unwrap());
        self.log = Some(log);
    }

    /// Lets everything go without closing it, and opens it anew.
    pub(super) fn crash(&mut self) {
        (self.projector, self.writer, self.log) = (None, None, None);
        self.open();
    }

    /// A second projector, as after a restart.
    pub(super) fn reopened(&self) -> Result<(), Error> {
        let (log, keys) = (Arc::clone(self.log()), Arc::clone(&self.keys));
        Projector::new(log, keys, self.role, &self.metrics).map(drop)
    }

    /// Drops all rows, whatever they are, and makes them again.
    pub(super) fn rebuild(&mut self) {
        let (log, keys) = (Arc::clone(self.log()), Arc::clone(&self.keys));
        let projector = Projector::anew(log, keys, self.role, &self.metrics);
        self.projector = Some(projector.unwrap());
        self.project();
    }

    pub(super) fn append(&mut self, records: &[Record]) {
        let offset = self.size();
        append_in_bits(self.writer.as_mut().unwrap(), offset, records);
        self.records.extend_from_slice(records);
    }

    pub(super) fn project(&mut self) {
        loop {
            let done = self.projector().step().unwrap();
            if done.from == done.to {
                break;
            }
        }
    }

    pub(super) fn overwrite(&self, key: &[u8], value: &[u8]) {
        let mut batch = Batch::new();
        batch.put(FAMILY, key, value);
        self.log()
            .store()
            .write(&batch, Durability::Unsynced)
            .unwrap();
    }

    pub(super) fn dump(&self) -> Vec<Pair> {
        let rows = self
            .log()
            .store()
            .iterate(FAMILY, &KeyRange::all(), Direction::Ascending);
        rows.unwrap().map(Result::unwrap).collect()
    }

    pub(super) fn projector(&mut self) -> &mut Projector {
        self.projector.as_mut().unwrap()
    }

    pub(super) fn take_projector(&mut self) -> Projector {
        self.projector.take().unwrap()
    }

    pub(super) fn take_writer(&mut self) -> Writer {
        self.writer.take().unwrap()
    }

    pub(super) fn log(&self) -> &Arc<Log> {
        self.log.as_ref().unwrap()
    }

    pub(super) fn reader(&self) -> RowsReader {
        self.projector.as_ref().unwrap().reader()
    }

    pub(super) fn size(&self) -> u64 {
        self.log().tail().size
    }

    pub(super) fn origin(&self) -> String {
        self.log().name().to_owned()
    }
}

fn origin() -> Origin {
    "ledger.example/custodia.events/0/1".parse().unwrap()
}

fn log_path(dir: &TempDir) -> PathBuf {
    dir.path().join("log")
}
