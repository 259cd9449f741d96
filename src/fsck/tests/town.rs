//! The ledger under test.

use std::sync::Arc;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::note::{SignerKey, VerifierKey};
use custodia_core::origin::Origin;
use custodia_core::record::{Header, Record, Timestamp};
use tempfile::TempDir;

use super::super::*;
use crate::keys::{FileKek, KeyStore};
use crate::log::layout::LAYOUT;
use crate::log::{Folder, Generation, Incoming, Log, Writer};
use crate::store::{Batch, Budget, Durability, Family, Read, Shared, Store};

pub(super) const START: u64 = 5;

pub(super) struct Town {
    pub(super) records: Vec<Record>,
    pub(super) keys: Arc<KeyStore>,
    pub(super) folder: Folder,
    pub(super) shared: Shared,
    origins: Vec<Origin>,
    _dir: TempDir,
}

/// A few numbers that look random and are the same each time.
pub(super) struct Dice(pub u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn event(dice: &mut Dice) -> Vec<u8> {
    let mut value = vec![10, 16];
    value.extend((0..16).map(|_| dice.below(256) as u8));
    value.extend([18, 32, 1]);
    value.extend((0..31).map(|_| dice.below(256) as u8));
    value.extend([0xa2, 6, 4, 10, 2, b'r', b'0' + dice.below(10) as u8]);
    value
}

fn record(dice: &mut Dice, offset: u64) -> Record {
    let key = match dice.below(6) {
        0 => None,
        1 => Some(vec![]),
        n => Some(format!("subject{n}").into_bytes()),
    };
    let value = match dice.below(6) {
        0 => None,
        1 => Some((0..dice.below(40)).map(|_| dice.below(256) as u8).collect()),
        _ => Some(event(dice)),
    };
    let timestamp = match dice.below(20) {
        0 => Timestamp::None,
        n => Timestamp::LogAppend(
            1_790_000_000_000 + offset.cast_signed() * 10 - n.cast_signed() * 3,
        ),
    };
    let header = Header {
        name: vec![0xff, b'n'],
        value: None,
    };
    let headers = if dice.below(3) == 0 {
        vec![header]
    } else {
        vec![]
    };
    Record {
        offset,
        timestamp,
        key,
        value,
        headers,
    }
}

pub(super) fn records(count: usize) -> Vec<Record> {
    let mut dice = Dice(count as u64);
    let mut offset = START;
    (0..count)
        .map(|_| {
            offset += if dice.below(50) == 0 {
                2 + dice.below(3)
            } else {
                1
            };
            record(&mut dice, offset - 1)
        })
        .collect()
}

pub(super) fn signer(origin: &str) -> SignerKey {
    SignerKey::from_seed(origin, &[7; 32]).unwrap()
}

pub(super) fn verifier(origin: &Origin) -> VerifierKey {
    signer(&origin.to_string()).verifier().clone()
}

pub(super) fn places(report: &Report) -> Vec<Place> {
    report
        .findings
        .iter()
        .map(|finding| finding.place)
        .collect()
}

impl Town {
    /// A ledger of one log.
    pub(super) fn of(count: usize) -> Self {
        Self::of_logs(count, 1)
    }

    pub(super) fn of_logs(count: usize, logs: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let folder = Folder::create(&path, &"ledger.example".parse().unwrap()).unwrap();
        let budget = Budget {
            memory_bytes: 32 << 20,
            stores: 2,
            write_bytes_per_s: None,
        };
        let shared = Shared::new(&budget);
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let keys = Arc::new(KeyStore::create(&folder.keys_path(), &shared, kek).unwrap());
        folder.seal_creation().unwrap();
        let origins = (0..logs)
            .map(|partition| format!("ledger.example/custodia.events/{partition}/0"))
            .map(|origin| origin.parse().unwrap())
            .collect();
        let records = records(count);
        let town = Self {
            records,
            keys,
            folder,
            shared,
            origins,
            _dir: dir,
        };
        let generation = Generation::new("c".into(), Some("t".into()), 1, START);
        for origin in &town.origins {
            town.fill(origin, &generation, &town.records);
        }
        town
    }

    /// Makes a log of these records.
    pub(super) fn fill(&self, origin: &Origin, generation: &Generation, records: &[Record]) {
        let path = self.folder.log_path(origin);
        Log::create(&path, origin, generation, b"opened", &self.shared).unwrap();
        let log = Log::open(&path, origin.clone(), &self.shared).unwrap();
        let mut writer = Writer::new(Arc::clone(&log), Arc::clone(&self.keys)).unwrap();
        let incoming = |record: &Record| Incoming {
            record: record.clone(),
            leader_epoch: Some(3),
        };
        let batch = (records.len() / 4).max(1);
        keep_checkpoint(&log);
        for records in records.chunks(batch) {
            let incoming: Vec<Incoming> = records.iter().map(incoming).collect();
            writer.append(&incoming).unwrap();
            keep_checkpoint(&log);
        }
    }

    pub(super) fn name(&self) -> String {
        self.origins[0].to_string()
    }

    pub(super) fn path(&self) -> std::path::PathBuf {
        self.folder.log_path(&self.origins[0])
    }

    pub(super) fn store(&self) -> Store {
        Store::open(&self.path(), LAYOUT, &self.shared).unwrap()
    }

    pub(super) fn write(&self, change: impl FnOnce(&mut Batch)) {
        let mut batch = Batch::new();
        change(&mut batch);
        self.store().write(&batch, Durability::Synced).unwrap();
    }

    pub(super) fn damage(&self, family: Family, key: &[u8], at: usize) {
        damage_in(&self.store(), family, key, at);
    }

    pub(super) fn check(&self) -> Report {
        self.check_with(None, &[], &mut |_| {})
    }

    /// Checks the log in a store that is open, which is quicker than to open it each time.
    pub(super) fn check_open(&self, store: &Store, produced: Option<&[Record]>) -> Report {
        let (name, verifier) = (self.name(), verifier(&self.origins[0]));
        let parts = LogParts {
            origin: &name,
            store,
            keys: &self.keys,
            verifiers: std::slice::from_ref(&verifier),
            cursors: &[],
        };
        let produced = produced.map(|records| Produced {
            first_offset: 0,
            records: Box::new(records.iter().cloned().map(Ok)),
        });
        check_log(&parts, produced, &mut |_| {}).unwrap()
    }

    pub(super) fn check_against(&self, records: Vec<Record>) -> Report {
        self.check_with(
            Some(&mut Memory {
                first_offset: 0,
                records,
            }),
            &[],
            &mut |_| {},
        )
    }

    pub(super) fn check_with(
        &self,
        source: Option<&mut dyn RecordSource>,
        cursors: &[(String, u64)],
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Report {
        let parts = LedgerParts {
            folder: &self.folder,
            shared: &self.shared,
            keys: &self.keys,
            verifiers: &|origin| vec![verifier(origin)],
            cursors: &|_| cursors.to_vec(),
        };
        check_ledger(&parts, source, progress).unwrap()
    }
}

fn keep_checkpoint(log: &Log) {
    let tail = log.tail();
    let origin = log.name().to_owned();
    let key = signer(&origin);
    let checkpoint = Checkpoint {
        origin,
        size: tail.size,
        root: tail.root,
    };
    log.keep_checkpoint(tail.size, &checkpoint.sign(&key).unwrap())
        .unwrap();
}

/// Flips a bit of the byte `at` of the value under `key`.
pub(super) fn damage_in(store: &Store, family: Family, key: &[u8], at: usize) {
    let mut value = store.get(family, key).unwrap().unwrap();
    value[at] ^= 1;
    let mut batch = Batch::new();
    batch.put(family, key, &value);
    store.write(&batch, Durability::Synced).unwrap();
}

/// A topic in memory.
pub(super) struct Memory {
    pub(super) first_offset: u64,
    pub(super) records: Vec<Record>,
}

impl RecordSource for Memory {
    fn records(
        &mut self,
        _: &Origin,
        _: &Generation,
        from: u64,
        _: u64,
    ) -> Result<Option<Produced<'_>>, SourceError> {
        assert_eq!(from, START);
        let records = Box::new(self.records.iter().cloned().map(Ok));
        Ok(Some(Produced {
            first_offset: self.first_offset,
            records,
        }))
    }
}
