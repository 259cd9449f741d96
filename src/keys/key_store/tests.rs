//! A key store as its users see it, with crashes and tampering.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use custodia_core::entry::ENTRY_BYTES;
use tempfile::TempDir;

use super::super::kek::FileKek;
use super::super::subject_key::{open_payload, row_tag, seal_payload};
use super::*;
use crate::store::{Budget, Direction, KeyRange, Pair};

const ORIGIN: &str = "ledger.example.com/custodia.events/3/0";
const OTHER_ORIGIN: &str = "ledger.example.com/custodia.events/3/1";
const ENTRY: [u8; ENTRY_BYTES] = [5; ENTRY_BYTES];
const SUBJECT: Label<'static> = Label::Key(b"aaaaaaaaaaaaaaaaaaaaaaaaaa");

struct Fixture {
    folder: TempDir,
    shared: Shared,
    encryption: Arc<dyn KeyEncryption>,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let encryption = Arc::new(FileKek::create(&folder.path().join("kek")).unwrap());
        let budget = Budget {
            memory_bytes: 16 << 20,
            stores: 2,
            write_bytes_per_s: None,
        };
        Self {
            folder,
            shared: Shared::new(&budget),
            encryption,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    fn create(&self) -> KeyStore {
        KeyStore::create(&self.path(), &self.shared, Arc::clone(&self.encryption)).unwrap()
    }

    fn open(&self) -> Result<KeyStore, Error> {
        KeyStore::open(&self.path(), &self.shared, Arc::clone(&self.encryption))
    }

    fn store(&self) -> Store {
        Store::open(&self.path(), LAYOUT, &self.shared).unwrap()
    }
}

fn one(keys: &KeyStore, origin: &str, label: Label<'_>) -> SubjectKey {
    keys.keys_for(origin, &[label]).unwrap().remove(0)
}

fn rows(store: &Store, family: Family) -> Vec<Pair> {
    let pairs = store
        .iterate(family, &KeyRange::all(), Direction::Ascending)
        .unwrap();
    pairs.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_key_is_durable_before_it_is_handed_out() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let tag = keys.ledger_tag("recipient", b"courier");
    let key = one(&keys, ORIGIN, SUBJECT);
    let sealed = seal_payload(&key, ORIGIN, &ENTRY, b"clear");
    // A copy of the files as they are now is what a crash at this moment leaves.
    let crashed = fixture.folder.path().join("crashed");
    std::fs::create_dir(&crashed).unwrap();
    for entry in std::fs::read_dir(fixture.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), crashed.join(entry.file_name())).unwrap();
    }
    let again = KeyStore::open(&crashed, &fixture.shared, Arc::clone(&fixture.encryption)).unwrap();
    let key = again.find(ORIGIN, &SUBJECT).unwrap().unwrap();
    assert_eq!(
        open_payload(&key, ORIGIN, &ENTRY, &sealed).unwrap(),
        b"clear"
    );
    assert_eq!(again.ledger_tag("recipient", b"courier"), tag);
}

#[test]
fn keys_are_found_again_after_reopening() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let labels = [SUBJECT, Label::Leaf(7), Label::Key(b""), SUBJECT];
    let made = keys.keys_for(ORIGIN, &labels).unwrap();
    drop(keys);
    let keys = fixture.open().unwrap();
    let found = keys.keys_for(ORIGIN, &labels).unwrap();
    for (made, found) in made.iter().zip(&found) {
        assert_eq!(made.bytes(), found.bytes());
    }
    assert_eq!(made[0].bytes(), made[3].bytes());
    let distinct: HashSet<_> = made.iter().map(|key| *key.bytes()).collect();
    assert_eq!(distinct.len(), 3);
    assert_eq!(rows(keys.store(), KEYS).len(), 3);
}

#[test]
fn cached_and_new_keys_come_in_the_order_asked() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let known = one(&keys, ORIGIN, Label::Leaf(1));
    let mixed = keys
        .keys_for(ORIGIN, &[Label::Leaf(0), Label::Leaf(1), Label::Leaf(2)])
        .unwrap();
    assert_eq!(mixed[1].bytes(), known.bytes());
    assert_eq!(mixed[2].bytes(), one(&keys, ORIGIN, Label::Leaf(2)).bytes());
    assert_eq!(keys.keys_for(ORIGIN, &[]).unwrap().len(), 0);
}

#[test]
fn one_kafka_key_in_two_logs_has_two_keys() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let here = one(&keys, ORIGIN, SUBJECT);
    let there = one(&keys, OTHER_ORIGIN, SUBJECT);
    assert_ne!(here.bytes(), there.bytes());
    assert_ne!(row_tag(&here, "timeline"), row_tag(&there, "timeline"));
}

#[test]
fn finding_makes_nothing() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    assert!(keys.find(ORIGIN, &SUBJECT).unwrap().is_none());
    assert_eq!(rows(keys.store(), KEYS).len(), 0);
}

#[test]
fn a_shredded_key_is_gone_for_good_and_a_new_one_is_another() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let old = one(&keys, ORIGIN, SUBJECT);
    let kept = one(&keys, ORIGIN, Label::Leaf(1));
    keys.shred(ORIGIN, &SUBJECT).unwrap();
    assert!(keys.find(ORIGIN, &SUBJECT).unwrap().is_none());
    keys.shred(ORIGIN, &SUBJECT).unwrap();
    drop(keys);
    let keys = fixture.open().unwrap();
    assert!(keys.find(ORIGIN, &SUBJECT).unwrap().is_none());
    assert_eq!(
        keys.find(ORIGIN, &Label::Leaf(1)).unwrap().unwrap().bytes(),
        kept.bytes()
    );
    assert_ne!(one(&keys, ORIGIN, SUBJECT).bytes(), old.bytes());
}

#[test]
fn the_wrapped_bytes_of_a_shredded_key_leave_the_disk() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    one(&keys, ORIGIN, SUBJECT);
    let wrapped = rows(keys.store(), KEYS).remove(0).1;
    let on_disk = || {
        std::fs::read_dir(fixture.path()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes
                .windows(wrapped.len())
                .any(|window| *window == *wrapped)
        })
    };
    assert!(on_disk());
    keys.shred(ORIGIN, &SUBJECT).unwrap();
    keys.purge().unwrap();
    assert!(!on_disk());
}

#[test]
fn the_disk_holds_no_kafka_key_and_no_key_in_clear() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let key = one(&keys, ORIGIN, SUBJECT);
    keys.store().flush().unwrap();
    drop(keys);
    for entry in std::fs::read_dir(fixture.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(26)
                .any(|window| window == b"aaaaaaaaaaaaaaaaaaaaaaaaaa")
        );
        assert!(!bytes.windows(KEY_BYTES).any(|window| window == key.bytes()));
    }
}

#[test]
fn a_wrong_key_file_is_refused_with_both_ids() {
    let fixture = Fixture::new();
    drop(fixture.create());
    let wrong = Arc::new(FileKek::create(&fixture.folder.path().join("wrong")).unwrap());
    let given = wrong.id();
    let error = KeyStore::open(&fixture.path(), &fixture.shared, wrong).unwrap_err();
    assert_eq!(error.code(), "CU-0304");
    let message = error.to_string();
    assert!(
        message.contains(&given) && message.contains(&fixture.encryption.id()),
        "{message}"
    );
}

#[test]
fn a_key_store_of_another_version_is_refused() {
    let fixture = Fixture::new();
    drop(fixture.create());
    let store = fixture.store();
    let mut batch = Batch::new();
    batch.put(META, VERSION_FACT, b"1");
    store.write(&batch, Durability::Synced).unwrap();
    drop(store);
    assert_eq!(fixture.open().unwrap_err().code(), "CU-0305");
}

#[test]
fn a_missing_fact_is_named() {
    let fixture = Fixture::new();
    drop(fixture.create());
    let store = fixture.store();
    let mut batch = Batch::new();
    batch.delete(META, SECRET_FACT);
    store.write(&batch, Durability::Synced).unwrap();
    drop(store);
    let error = fixture.open().unwrap_err();
    assert!(
        matches!(
            error,
            Error::UnknownState {
                fact: "ledger secret",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_tampered_secret_is_refused() {
    let fixture = Fixture::new();
    drop(fixture.create());
    let store = fixture.store();
    let mut secret = store.get(META, SECRET_FACT).unwrap().unwrap();
    secret[30] ^= 1;
    let mut batch = Batch::new();
    batch.put(META, SECRET_FACT, &secret);
    store.write(&batch, Durability::Synced).unwrap();
    drop(store);
    assert_eq!(fixture.open().unwrap_err().code(), "CU-0306");
}

#[test]
fn a_tampered_or_moved_wrapped_key_is_refused() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    keys.keys_for(ORIGIN, &[Label::Leaf(0), Label::Leaf(1)])
        .unwrap();
    drop(keys);
    let store = fixture.store();
    let pairs = rows(&store, KEYS);
    let mut batch = Batch::new();
    batch.put(KEYS, &pairs[0].0, &pairs[1].1);
    let mut tampered = pairs[1].1.to_vec();
    tampered[20] ^= 1;
    batch.put(KEYS, &pairs[1].0, &tampered);
    store.write(&batch, Durability::Synced).unwrap();
    drop(store);
    let keys = fixture.open().unwrap();
    for index in [0, 1] {
        let error = keys.find(ORIGIN, &Label::Leaf(index)).unwrap_err();
        assert_eq!(error.code(), "CU-0306");
        assert!(keys.keys_for(ORIGIN, &[Label::Leaf(index)]).is_err());
    }
}

#[test]
fn a_key_store_is_never_made_over_another() {
    let fixture = Fixture::new();
    drop(fixture.create());
    let encryption = Arc::clone(&fixture.encryption);
    let again = KeyStore::create(&fixture.path(), &fixture.shared, encryption);
    assert_eq!(again.unwrap_err().code(), "CU-0201");
    fixture.open().unwrap();
}

#[test]
fn threads_that_ask_for_one_label_at_once_get_one_key() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let ready = AtomicUsize::new(0);
    let made: Vec<SubjectKey> = thread::scope(|scope| {
        let ask = || {
            ready.fetch_add(1, Ordering::AcqRel);
            while ready.load(Ordering::Acquire) < 4 {
                thread::yield_now();
            }
            one(&keys, ORIGIN, SUBJECT)
        };
        let asking: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        asking
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let distinct: HashSet<_> = made.iter().map(|key| *key.bytes()).collect();
    assert_eq!(distinct.len(), 1);
    assert_eq!(rows(keys.store(), KEYS).len(), 1);
}

#[test]
fn ledger_tags_differ_by_kind_and_bytes_and_ledger() {
    let fixture = Fixture::new();
    let keys = fixture.create();
    let tag = keys.ledger_tag("recipient", b"courier");
    assert_ne!(tag, keys.ledger_tag("incident", b"courier"));
    assert_ne!(tag, keys.ledger_tag("recipient", b"lender"));
    assert_ne!(
        tag,
        Fixture::new().create().ledger_tag("recipient", b"courier")
    );
}
