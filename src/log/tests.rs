//! Logs that are closed, notices about them, and signers that lost what they knew.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use custodia_core::note::SignerKey;
use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Event, LogEnd};
use custodia_core::tree::verify_inclusion;
use prost::Message as _;
use std::sync::Arc;
use tempfile::TempDir;

use super::*;
use crate::clock::FixedClock;
use crate::keys::{FileKek, KeyStore};
use crate::sign::Signer;
use crate::store::{Batch, Budget, Durability, Shared};

const LOG: &str = "ledger.example/custodia.events/0/1";
const OTHER: &str = "ledger.example/custodia.events/1/1";

struct Town {
    keys: Arc<KeyStore>,
    shared: Shared,
    dir: TempDir,
}

impl Town {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::new(&Budget {
            memory_bytes: 32 << 20,
            stores: 3,
            write_bytes_per_s: None,
        });
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let keys = KeyStore::create(&dir.path().join("keys"), &shared, kek).unwrap();
        Self {
            keys: Arc::new(keys),
            shared,
            dir,
        }
    }

    fn path(&self, origin: &str) -> PathBuf {
        self.dir.path().join(origin.replace('/', "-"))
    }

    /// A new log with so many leaves.
    fn log(&self, origin: &str, leaves: u64) -> Arc<Log> {
        let generation = Generation::new("c".into(), Some("t".into()), 2, 0);
        let parsed = origin.parse().unwrap();
        let opened = notices::log_opened(&parsed, &generation, None, None, &[], &clock()).unwrap();
        let path = self.path(origin);
        Log::create(&path, &parsed, &generation, &opened, &self.shared).unwrap();
        let log = self.open(origin).unwrap();
        self.append(&log, leaves, b"value");
        log
    }

    fn open(&self, origin: &str) -> Result<Arc<Log>, Error> {
        Log::open(&self.path(origin), origin.parse().unwrap(), &self.shared)
    }

    /// Appends up to `size` leaves.
    fn append(&self, log: &Arc<Log>, size: u64, value: &[u8]) {
        let mut writer = Writer::new(Arc::clone(log), Arc::clone(&self.keys)).unwrap();
        let incoming = |offset| Incoming {
            record: Record {
                offset,
                timestamp: Timestamp::LogAppend(1),
                key: None,
                value: Some(value.to_vec()),
                headers: Vec::new(),
            },
            leader_epoch: None,
        };
        let fresh: Vec<_> = (log.tail().size..size).map(incoming).collect();
        writer.append(&fresh).unwrap();
    }

    fn signer_path(&self) -> PathBuf {
        self.dir.path().join("signer")
    }

    /// A signer that has signed the logs as they stand, and what it signed.
    fn signed(&self, logs: &[&Arc<Log>]) -> Vec<Vec<u8>> {
        let mut signer = Signer::create(&self.signer_path()).unwrap();
        let mut signed = Vec::new();
        for log in logs {
            signer.begin(log.name(), &[]).unwrap();
            if log.tail().size > 0 {
                signed.push(sign(&mut signer, log));
            }
        }
        signed
    }

    fn lose_state(&self) {
        std::fs::remove_file(self.signer_path().join("state")).unwrap();
    }
}

fn clock() -> FixedClock {
    FixedClock::at(1_790_000_000_000)
}

fn sign(signer: &mut Signer, log: &Log) -> Vec<u8> {
    let tree = checkpointer::tree_now(log);
    let signed = match signer.standing(log.name()) {
        crate::sign::Standing::Ready { size, .. } => size,
        other => panic!("{other:?}"),
    };
    let proof = checkpointer::proof_to(log, signed, tree.size).unwrap();
    signer.sign(&tree, &proof).unwrap().into_bytes()
}

fn close(log: &Log, end: LogEnd) -> Result<(), Error> {
    let closing = Closing::of(&log.state()?, end);
    let event = notices::log_closed(log.origin(), &closing, None, &clock()).unwrap();
    log.close(&closing, &event)
}

fn code<T>(result: Result<T, Error>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

#[test]
fn a_closed_log_takes_nothing_more_and_still_proves() {
    let town = Town::new();
    let log = town.log(LOG, 300);
    let before = log.tail();
    close(&log, LogEnd::LePartitionsChanged).unwrap();
    assert_eq!(code(close(&log, LogEnd::LeOrdered)), "CU-0412");
    drop(log);
    let log = town.open(LOG).unwrap();
    let tail = log.tail();
    assert!(tail.closed);
    assert_eq!((tail.size, tail.root), (before.size, before.root));
    let closing = log.closing().unwrap();
    assert_eq!((closing.size, closing.next_offset), (300, 300));
    assert_eq!(closing.log_end(), LogEnd::LePartitionsChanged);
    let refused = Writer::new(Arc::clone(&log), Arc::clone(&town.keys));
    assert_eq!(code(refused), "CU-0412");
    assert_eq!(code(close(&log, LogEnd::LeOrdered)), "CU-0412");
    let proof = log.inclusion_proof(7, 300).unwrap();
    let (_, entry) = log.entry_and_bytes(7).unwrap();
    let leaf = custodia_core::tree::leaf_hash(&entry);
    verify_inclusion(7, 300, &leaf, &proof, &tail.root).unwrap();
    assert!(log.record(&town.keys, 7).unwrap().is_some());
    log.keep_checkpoint(300, "signed later").unwrap();
}

#[test]
fn a_log_that_is_written_to_is_not_closed() {
    let town = Town::new();
    let log = town.log(LOG, 3);
    let writer = Writer::new(Arc::clone(&log), Arc::clone(&town.keys)).unwrap();
    assert_eq!(code(close(&log, LogEnd::LeOrdered)), "CU-0410");
    drop(writer);
    close(&log, LogEnd::LeOrdered).unwrap();
}

#[test]
fn a_log_is_closed_as_it_stands_or_not_at_all() {
    let town = Town::new();
    let log = town.log(LOG, 3);
    let early = Closing::of(&log.state().unwrap(), LogEnd::LeOrdered);
    town.append(&log, 5, b"more");
    assert_eq!(code(log.close(&early, b"event")), "CU-0400");
    drop(log);
    let log = town.open(LOG).unwrap();
    assert!(log.closing().is_none());
    close(&log, LogEnd::LeOrdered).unwrap();
    let mut batch = Batch::new();
    let other = serde_json::to_vec(&early).unwrap();
    batch.put(layout::META, layout::CLOSING, &other);
    log.store().write(&batch, Durability::Synced).unwrap();
    drop(log);
    assert_eq!(code(town.open(LOG)), "CU-0400");
}

/// A registry in memory. Of the next sendings, each lands or not, and is acknowledged or not.
#[derive(Default)]
struct Memory {
    records: RefCell<Vec<Vec<u8>>>,
    fate: Cell<Option<bool>>,
}

impl Memory {
    /// The next sending is not acknowledged; whether it lands all the same.
    fn fail_next(&self, lands: bool) {
        self.fate.set(Some(lands));
    }

    fn bodies(&self) -> Vec<Body> {
        let records = self.records.borrow();
        let events = records.iter().map(|r| Event::decode(r.as_slice()).unwrap());
        events.map(|event| event.body.unwrap()).collect()
    }
}

impl Registry for Memory {
    fn end(&self) -> Result<u64, OutboxError> {
        Ok(self.records.borrow().len() as u64)
    }

    fn holds(&self, from: u64, value: &[u8]) -> Result<bool, OutboxError> {
        let from = usize::try_from(from).unwrap();
        Ok(self.records.borrow()[from..].iter().any(|r| r == value))
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), OutboxError> {
        assert_eq!(key, LOG.as_bytes());
        let fate = self.fate.take();
        if fate != Some(false) {
            self.records.borrow_mut().push(value.to_vec());
        }
        match fate {
            None => Ok(()),
            Some(_) => Err(OutboxError {
                topic: "registry".into(),
                reason: "killed".into(),
                refused: false,
            }),
        }
    }
}

#[test]
fn a_notice_is_in_the_registry_once_wherever_its_sending_was_cut_short() {
    let town = Town::new();
    let registry = Memory::default();
    let mut log = town.log(LOG, 3);
    for lands in [false, true, false] {
        registry.fail_next(lands);
        let announced = log.announce(&registry);
        // Once it landed, it is found, and nothing is sent that could fail.
        let arrived = registry.fate.take().is_some();
        assert_eq!(code(announced), if arrived { "ok" } else { "CU-0411" });
        drop(log);
        log = town.open(LOG).unwrap();
    }
    assert!(log.announce(&registry).unwrap().is_empty());
    close(&log, LogEnd::LeTopicRecreated).unwrap();
    registry.fail_next(true);
    assert_eq!(code(log.announce(&registry)), "CU-0411");
    drop(log);
    let log = town.open(LOG).unwrap();
    assert_eq!(log.announce(&registry).unwrap(), ["closed"]);
    assert!(log.announce(&registry).unwrap().is_empty());
    let [Body::LogOpened(opened), Body::LogClosed(closed)] = &registry.bodies()[..] else {
        panic!("{:?}", registry.bodies())
    };
    assert_eq!((&opened.origin[..], &closed.origin[..]), (LOG, LOG));
    assert_eq!((closed.size, closed.next_offset), (Some(3), Some(3)));
    assert_eq!(closed.root, log.tail().root);
    assert_eq!(closed.end, i32::from(LogEnd::LeTopicRecreated));
}

#[test]
fn a_signer_that_lost_its_state_knows_its_logs_again_and_signs_on() {
    let town = Town::new();
    let (log, empty) = (town.log(LOG, 5), town.log(OTHER, 0));
    let published = town.signed(&[&log, &empty]);
    town.append(&log, 9, b"more");
    town.lose_state();
    let logs = [Arc::clone(&log), Arc::clone(&empty)];
    let mut signer = Signer::recover(&town.signer_path(), &[]).unwrap();
    let recovered = recover(&mut signer, &logs, &published).unwrap();
    let taken: Vec<_> = recovered
        .logs
        .iter()
        .map(|log| (log.size, log.signed))
        .collect();
    assert_eq!(taken, [(9, Some(5)), (0, None)]);
    assert!(recovered.absent.is_empty());
    sign(&mut signer, &log);
    drop(signer);
    let mut signer = Signer::open(&town.signer_path()).unwrap();
    assert!(
        recover(&mut signer, &logs, &published)
            .unwrap()
            .logs
            .is_empty()
    );
}

#[test]
fn what_the_logs_keep_is_seen_where_the_topic_has_nothing() {
    let town = Town::new();
    let log = town.log(LOG, 5);
    let published = town.signed(&[&log]);
    let kept = String::from_utf8(published[0].clone()).unwrap();
    log.keep_checkpoint(5, &kept).unwrap();
    town.lose_state();
    let mut signer = Signer::recover(&town.signer_path(), &[]).unwrap();
    let recovered = recover(&mut signer, &[log], &[]).unwrap();
    assert_eq!(recovered.logs[0].signed, Some(5));
}

/// What recovering says where `log` stands in for the one that was signed; nothing may be written.
fn refused(town: &Town, log: &Arc<Log>, published: &[Vec<u8>]) -> Error {
    town.lose_state();
    let mut signer = Signer::recover(&town.signer_path(), &[]).unwrap();
    let error = recover(&mut signer, &[Arc::clone(log)], published).unwrap_err();
    assert!(!town.signer_path().join("state").exists());
    error
}

#[test]
fn a_log_behind_a_published_checkpoint_is_refused() {
    let town = Town::new();
    let log = town.log(LOG, 5);
    let published = town.signed(&[&log]);
    let shorter = Town::new();
    let error = refused(&town, &shorter.log(LOG, 4), &published);
    assert_eq!(error.code(), "CU-0365");
}

#[test]
fn a_fork_is_refused_and_named_though_a_later_checkpoint_fits() {
    let town = Town::new();
    let log = town.log(LOG, 5);
    let mut published = town.signed(&[&log]);
    let rival = Town::new().log(OTHER, 3);
    // Signed at size 3 with the root of other records, which the later checkpoint doesn't extend.
    let seed = std::fs::read_to_string(town.signer_path().join("key")).unwrap();
    let seed = base64_seed(seed.lines().nth(1).unwrap());
    let key = SignerKey::from_seed(LOG, &seed).unwrap();
    let mut tree = checkpointer::tree_now(&rival);
    tree.origin = LOG.to_owned();
    tree.root[0] ^= 1;
    published.push(tree.sign(&key).unwrap().into_bytes());
    let error = refused(&town, &log, &published);
    assert_eq!(error.code(), "CU-0366");
    assert!(
        error.to_string().contains(LOG) && error.to_string().contains("size 3"),
        "{error}"
    );
}

fn base64_seed(line: &str) -> [u8; 32] {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    engine.decode(line).unwrap().try_into().unwrap()
}

#[test]
fn leaves_without_any_checkpoint_are_refused_and_absent_logs_named() {
    let town = Town::new();
    let (log, other) = (town.log(LOG, 5), town.log(OTHER, 2));
    let published = town.signed(&[&log, &other]);
    assert_eq!(refused(&town, &log, &[]).code(), "CU-0360");
    let mut signer = Signer::recover(&town.signer_path(), &[]).unwrap();
    let recovered = recover(&mut signer, &[log], &published).unwrap();
    assert_eq!(recovered.absent, [OTHER]);
}
