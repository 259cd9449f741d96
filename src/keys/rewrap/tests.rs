//! Every write of a rewrapping cut short; files that are not the right ones.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::super::kek::FileKek;
use super::super::{KeyStore, Label, SubjectKey, erased_key};
use super::*;
use crate::store::Budget;

const ORIGIN: &str = "ledger.example.com/custodia.events/3/0";
const SUBJECTS: u64 = 7;

struct Fixture {
    folder: TempDir,
    shared: Shared,
    old: Arc<FileKek>,
    new: Arc<FileKek>,
}

impl Fixture {
    /// A key store with some keys under the old key.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let kek = |name| Arc::new(FileKek::create(&folder.path().join(name)).unwrap());
        let (old, new) = (kek("old"), kek("new"));
        let shared = Shared::new(&Budget {
            memory_bytes: 16 << 20,
            stores: 2,
            write_bytes_per_s: None,
        });
        let fixture = Self {
            folder,
            shared,
            old,
            new,
        };
        let keys = KeyStore::create(&fixture.path(), &fixture.shared, fixture.old.clone());
        Self::made(&keys.unwrap());
        fixture
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    fn open(&self, kek: &Arc<FileKek>) -> Result<KeyStore, Error> {
        KeyStore::open(&self.path(), &self.shared, kek.clone())
    }

    /// The bytes of all keys, made where they are missing.
    fn made(keys: &KeyStore) -> Vec<[u8; 32]> {
        let labels: Vec<Label<'_>> = (0..SUBJECTS).map(Label::Leaf).collect();
        let made = keys.keys_for(ORIGIN, &labels).unwrap();
        made.iter().map(SubjectKey::bytes).copied().collect()
    }

    /// Rewraps, two keys a write, until `writes` writes were made.
    fn rewrap_until(&self, writes: usize) -> Result<Rewrapped, Error> {
        let store = Store::open(&self.path(), LAYOUT, &self.shared).unwrap();
        let mut left = writes;
        let mut interrupt = || {
            if left == 0 {
                return Err(Error::Sealed);
            }
            left -= 1;
            Ok(())
        };
        let mut work = Rewrapping {
            store: &store,
            from: self.old.as_ref(),
            to: self.new.as_ref(),
            keys_a_write: 2,
            before_write: &mut interrupt,
        };
        work.run()
    }

    fn rewrap(&self) -> Result<Rewrapped, Error> {
        rewrap(
            &self.path(),
            &self.shared,
            self.old.as_ref(),
            self.new.as_ref(),
        )
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let files = fs::read_dir(self.path()).unwrap();
        files.map(Result::unwrap).any(|file| {
            let held = fs::read(file.path()).unwrap_or_default();
            held.windows(bytes.len()).any(|window| window == bytes)
        })
    }

    fn wrapped(&self) -> Vec<Vec<u8>> {
        let store = Store::open(&self.path(), LAYOUT, &self.shared).unwrap();
        let rows = store.iterate(KEYS, &KeyRange::all(), Direction::Ascending);
        rows.unwrap().map(|row| row.unwrap().1.to_vec()).collect()
    }
}

#[test]
fn every_key_opens_under_the_new_key_alone_and_is_the_same_key() {
    let town = Fixture::new();
    let before = Fixture::made(&town.open(&town.old).unwrap());
    let secret = town.open(&town.old).unwrap().ledger_secret();
    let wrapped = town.wrapped();
    let done = town.rewrap().unwrap();
    assert_eq!((done.keys, done.is_resumed), (SUBJECTS, false));
    let error = town.open(&town.old).unwrap_err();
    assert_eq!(error.code(), "CU-0304");
    assert!(error.to_string().contains(&town.new.id()), "{error}");
    let keys = town.open(&town.new).unwrap();
    assert_eq!(Fixture::made(&keys), before);
    assert_eq!(*keys.ledger_secret(), *secret);
    drop(keys);
    // What the old key opens has left the disk.
    for bytes in wrapped {
        assert!(!town.holds(&bytes));
    }
    // Once more does nothing.
    assert_eq!(town.rewrap().unwrap(), Rewrapped::default());
}

#[test]
fn a_kill_before_any_write_is_gone_on_from() {
    // The beginning, four times two keys at most, and the end.
    for writes in 0..=5 {
        let town = Fixture::new();
        let before = Fixture::made(&town.open(&town.old).unwrap());
        let old_bytes = town.wrapped();
        assert!(town.rewrap_until(writes).is_err(), "{writes}");
        let is_begun = writes > 0;
        for kek in [&town.old, &town.new] {
            let error = town.open(kek).err().map(|error| error.code());
            let begun = Some("CU-0320").filter(|_| is_begun);
            let not_begun = (kek.id() != town.old.id()).then_some("CU-0304");
            assert_eq!(error, begun.or(not_begun), "{writes}");
        }
        let done = town.rewrap().unwrap();
        assert_eq!(done.is_resumed, is_begun);
        let wrapped_before = u64::try_from(writes.saturating_sub(1) * 2).unwrap();
        assert_eq!(done.keys, SUBJECTS - wrapped_before.min(SUBJECTS));
        assert_eq!(Fixture::made(&town.open(&town.new).unwrap()), before);
        assert_eq!(town.open(&town.old).unwrap_err().code(), "CU-0304");
        assert!(old_bytes.iter().all(|bytes| !town.holds(bytes)));
    }
    assert!(Fixture::new().rewrap_until(6).is_ok());
}

#[test]
fn a_kill_before_the_housekeeping_leaves_it_to_the_next_opening() {
    let town = Fixture::new();
    let old_bytes = town.wrapped();
    town.rewrap_until(6).unwrap();
    drop(town.open(&town.new).unwrap());
    assert!(old_bytes.iter().all(|bytes| !town.holds(bytes)));
}

#[test]
fn a_key_that_is_being_destroyed_is_wrapped_anew_and_destroyed_then() {
    const PERSON: &[u8] = b"abcdefghijklmnopqrstuv2345";
    let digest = erased_key(PERSON);
    // As often as there are writes: the beginning, five times two of nine keys, and the end.
    for writes in 0..=7 {
        let town = Fixture::new();
        let keys = town.open(&town.old).unwrap();
        let made = |keys: &KeyStore| {
            let made = keys.keys_for(ORIGIN, &[Label::Key(PERSON)]).unwrap();
            *made[0].bytes()
        };
        let doomed = made(&keys);
        keys.remember(&digest, 7).unwrap();
        keys.doom(ORIGIN, &digest).unwrap();
        let current = made(&keys);
        assert_ne!(doomed, current);
        drop(keys);
        assert_eq!(town.rewrap_until(writes).is_ok(), writes == 7, "{writes}");
        town.rewrap().unwrap();
        let keys = town.open(&town.new).unwrap();
        let (is_doomed, key) = keys.doomed(ORIGIN, &digest).unwrap().unwrap();
        assert_eq!(*key.bytes(), doomed, "{writes}");
        let (_, key) = keys.current(ORIGIN, &digest).unwrap().unwrap();
        assert_eq!((*key.bytes(), made(&keys)), (current, current));
        assert!(keys.remembered(PERSON).is_some() && keys.purge_due().is_some());
        keys.shred_doomed(ORIGIN, &digest, None).unwrap();
        assert!(keys.doomed(ORIGIN, &digest).unwrap().is_none());
        assert!(
            keys.find_located(ORIGIN, &is_doomed.locator)
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn another_key_goes_on_with_nothing() {
    let town = Fixture::new();
    town.rewrap_until(2).unwrap_err();
    let third = FileKek::create(&town.folder.path().join("third")).unwrap();
    let with = |from: &FileKek, to: &FileKek| {
        let refused = rewrap(&town.path(), &town.shared, from, to).unwrap_err();
        (refused.code(), refused.to_string())
    };
    let (code, said) = with(&town.old, &third);
    assert_eq!(code, "CU-0320");
    assert!(said.contains(&town.old.id()) && said.contains(&town.new.id()));
    assert_eq!(with(&third, &town.new).0, "CU-0304");
    assert!(town.rewrap().is_ok());
}

#[test]
fn a_key_that_was_changed_on_disk_stops_it_and_nothing_is_lost() {
    let town = Fixture::new();
    let before = Fixture::made(&town.open(&town.old).unwrap());
    let store = Store::open(&town.path(), LAYOUT, &town.shared).unwrap();
    let mut rows = store.iterate(KEYS, &KeyRange::all(), Direction::Ascending);
    let (name, wrapped) = rows.as_mut().unwrap().nth(4).unwrap().unwrap();
    drop(rows);
    let mut changed = wrapped.to_vec();
    changed[20] ^= 1;
    let put = |store: Store, value: &[u8]| {
        let mut batch = Batch::new();
        batch.put(KEYS, &name, value);
        store.write(&batch, Durability::Synced).unwrap();
    };
    put(store, &changed);
    assert_eq!(town.rewrap().unwrap_err().code(), "CU-0306");
    assert_eq!(town.open(&town.old).unwrap_err().code(), "CU-0320");
    let store = Store::open(&town.path(), LAYOUT, &town.shared).unwrap();
    put(store, &wrapped);
    assert!(town.rewrap().unwrap().is_resumed);
    assert_eq!(Fixture::made(&town.open(&town.new).unwrap()), before);
}

#[test]
fn a_key_file_with_the_wrong_mode_or_cut_short_is_not_taken() {
    let town = Fixture::new();
    let file = town.folder.path().join("new");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(FileKek::open(&file).unwrap_err().code(), "CU-0302");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let whole = fs::read(&file).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..cut]).unwrap();
        assert_eq!(FileKek::open(&file).unwrap_err().code(), "CU-0303");
    }
}
