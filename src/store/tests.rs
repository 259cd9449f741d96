//! A store as its users see it, with crashes, damage and failing disks.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::TempDir;

use super::*;

mod model;

const ENTRIES: Family = Family::new("entries", Content::Ascending);
const META: Family = Family::new("meta", Content::Clear);
const ROWS: Versions = Versions::new("rows", Content::Hashed);
const LAYOUT: Layout = Layout {
    fixed: &[ENTRIES, META],
    versions: &[ROWS],
};

struct Fixture {
    folder: TempDir,
    shared: Shared,
}

impl Fixture {
    fn new() -> Self {
        let budget = Budget {
            memory_bytes: 16 << 20,
            stores: 2,
            write_bytes_per_s: Some(64 << 20),
        };
        Self {
            folder: TempDir::new().unwrap(),
            shared: Shared::new(&budget),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn create(&self) -> Store {
        Store::create(&self.path(), LAYOUT, &self.shared).unwrap()
    }

    fn open(&self) -> Result<Store, Error> {
        Store::open(&self.path(), LAYOUT, &self.shared)
    }

    /// The files of the store whose names end so.
    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut named: Vec<_> = paths
            .filter(|path| path.to_str().unwrap().ends_with(ending))
            .collect();
        named.sort();
        named
    }
}

fn put(store: &Store, family: Family, key: &[u8], value: &[u8]) -> Result<(), Error> {
    let mut batch = Batch::new();
    batch.put(family, key, value);
    store.write(&batch, Durability::Synced)
}

fn pairs(read: &dyn Read, range: &KeyRange, direction: Direction) -> Vec<(Vec<u8>, Vec<u8>)> {
    let found = read.iterate(ENTRIES, range, direction).unwrap();
    found
        .map(|pair| pair.map(|(key, value)| (key.into(), value.into())).unwrap())
        .collect()
}

fn flip_byte(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= 0x40;
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_synced_is_there_after_a_crash() {
    let fixture = Fixture::new();
    let store = fixture.create();
    put(&store, ENTRIES, b"a", b"one").unwrap();
    drop(store);
    let store = fixture.open().unwrap();
    assert_eq!(store.get(ENTRIES, b"a").unwrap().unwrap(), b"one");
    assert_eq!(store.get(META, b"a").unwrap(), None);
}

#[test]
fn opening_never_creates() {
    let fixture = Fixture::new();
    assert_eq!(fixture.open().unwrap_err().code(), "CU-0200");
    assert!(!fixture.path().exists());
    fs::create_dir(fixture.path()).unwrap();
    assert_eq!(fixture.open().unwrap_err().code(), "CU-0200");
    assert_eq!(fs::read_dir(fixture.path()).unwrap().count(), 0);
}

#[test]
fn creating_never_overwrites() {
    let fixture = Fixture::new();
    drop(fixture.create());
    let again = Store::create(&fixture.path(), LAYOUT, &fixture.shared);
    assert_eq!(again.unwrap_err().code(), "CU-0201");
    let file = fixture.folder.path().join("file");
    fs::write(&file, b"x").unwrap();
    let over_file = Store::create(&file, LAYOUT, &fixture.shared);
    assert_eq!(over_file.unwrap_err().code(), "CU-0201");
}

#[test]
fn a_creation_that_was_cut_off_is_started_anew() {
    let fixture = Fixture::new();
    let staging = fixture.folder.path().join("store.creating");
    let mut cut_off = Batch::new();
    cut_off.put(META, b"who", b"nobody");
    drop(Store::create_with(&staging, LAYOUT, &cut_off, &fixture.shared).unwrap());
    let mut first = Batch::new();
    first.put(META, b"first", b"fact");
    let store = Store::create_with(&fixture.path(), LAYOUT, &first, &fixture.shared).unwrap();
    assert_eq!(store.get(META, b"first").unwrap().unwrap(), b"fact");
    assert_eq!(store.get(META, b"who").unwrap(), None);
    assert!(!staging.exists());
}

#[test]
fn a_store_is_opened_once() {
    let fixture = Fixture::new();
    let store = fixture.create();
    assert_eq!(fixture.open().unwrap_err().code(), "CU-0202");
    drop(store);
    fixture.open().unwrap();
}

#[test]
fn a_store_of_another_kind_is_refused_by_its_families() {
    const OTHER: Family = Family::new("other", Content::Clear);
    let fixture = Fixture::new();
    drop(fixture.create());
    let path = fixture.path();
    let more = Layout {
        fixed: &[ENTRIES, META, OTHER],
        versions: &[ROWS],
    };
    let missing = Store::open(&path, more, &fixture.shared).unwrap_err();
    assert!(matches!(missing, Error::FamilyMissing { family, .. } if family == "other"));
    let fewer = Layout {
        fixed: &[ENTRIES],
        versions: &[ROWS],
    };
    let unknown = Store::open(&path, fewer, &fixture.shared).unwrap_err();
    assert!(matches!(unknown, Error::FamilyUnknown { family, .. } if family == "meta"));
}

#[test]
fn versioned_families_come_and_go_and_are_found_again() {
    let fixture = Fixture::new();
    let store = fixture.create();
    store.create_family(ROWS.at(1)).unwrap();
    store.create_family(ROWS.at(2)).unwrap();
    store.create_family(ROWS.at(2)).unwrap();
    put(&store, ROWS.at(2), b"a", b"two").unwrap();
    store.drop_family(ROWS.at(1)).unwrap();
    let dropped = put(&store, ROWS.at(1), b"a", b"one").unwrap_err();
    assert_eq!(dropped.code(), "CU-0203");
    assert!(!store.is_poisoned());
    assert_eq!(store.drop_family(ENTRIES).unwrap_err().code(), "CU-0204");
    drop(store);
    let store = fixture.open().unwrap();
    let mut families = store.families();
    families.sort();
    let mut wanted = vec![ENTRIES, META, ROWS.at(2)];
    wanted.sort();
    assert_eq!(families, wanted);
    assert_eq!(store.get(ROWS.at(2), b"a").unwrap().unwrap(), b"two");
}

#[test]
fn a_batch_that_names_a_missing_family_changes_nothing() {
    let fixture = Fixture::new();
    let store = fixture.create();
    let mut batch = Batch::new();
    batch.put(ENTRIES, b"a", b"one");
    batch.put(ROWS.at(1), b"a", b"one");
    assert_eq!(
        store.write(&batch, Durability::Synced).unwrap_err().code(),
        "CU-0203"
    );
    assert_eq!(store.get(ENTRIES, b"a").unwrap(), None);
}

#[test]
fn ranges_are_walked_both_ways_within_their_bounds() {
    let fixture = Fixture::new();
    let store = fixture.create();
    for key in [&b"a"[..], b"ab", b"ab\xff", b"ac", b"b"] {
        put(&store, ENTRIES, key, b"").unwrap();
    }
    let keys = |range: KeyRange, direction| -> Vec<Vec<u8>> {
        pairs(&store, &range, direction)
            .into_iter()
            .map(|(key, _)| key)
            .collect()
    };
    assert_eq!(
        keys(KeyRange::prefix(b"ab"), Direction::Ascending),
        [&b"ab"[..], b"ab\xff"]
    );
    assert_eq!(
        keys(KeyRange::prefix(b"ab"), Direction::Descending),
        [&b"ab\xff"[..], b"ab"]
    );
    assert_eq!(
        keys(KeyRange::between(b"ab", b"ac"), Direction::Ascending),
        [&b"ab"[..], b"ab\xff"]
    );
    assert_eq!(
        keys(KeyRange::starting_at(b"ac"), Direction::Ascending),
        [&b"ac"[..], b"b"]
    );
    assert_eq!(keys(KeyRange::all(), Direction::Descending).len(), 5);
    assert_eq!(keys(KeyRange::prefix(b"x"), Direction::Ascending).len(), 0);
}

#[test]
fn many_keys_come_back_in_the_order_asked() {
    let fixture = Fixture::new();
    let store = fixture.create();
    put(&store, ENTRIES, b"a", b"1").unwrap();
    put(&store, ENTRIES, b"b", b"2").unwrap();
    store.flush().unwrap();
    let found = store.multi_get(ENTRIES, &[b"b", b"x", b"a", b"b"]).unwrap();
    let wanted = [
        Some(b"2".to_vec()),
        None,
        Some(b"1".to_vec()),
        Some(b"2".to_vec()),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_snapshot_stays_as_it_was_in_another_thread_and_after_its_store() {
    let fixture = Fixture::new();
    let store = fixture.create();
    put(&store, ENTRIES, b"a", b"old").unwrap();
    put(&store, META, b"a", b"old").unwrap();
    let snapshot = store.snapshot();
    put(&store, ENTRIES, b"a", b"new").unwrap();
    put(&store, ENTRIES, b"b", b"new").unwrap();
    put(&store, META, b"a", b"new").unwrap();
    assert_eq!(store.facts().unwrap().snapshots, 1);
    store.close().unwrap();
    drop(store);
    let reader = thread::spawn(move || {
        let all = pairs(&snapshot, &KeyRange::all(), Direction::Ascending);
        (
            all,
            snapshot.multi_get(META, &[b"a", b"b"]).unwrap(),
            snapshot.get(ENTRIES, b"b").unwrap(),
        )
    });
    let (all, meta, later) = reader.join().unwrap();
    assert_eq!(all, [(b"a".to_vec(), b"old".to_vec())]);
    assert_eq!(meta, [Some(b"old".to_vec()), None]);
    assert_eq!(later, None);
    fixture.open().unwrap();
}

#[test]
fn a_closed_store_takes_no_writes() {
    let fixture = Fixture::new();
    let store = fixture.create();
    store.close().unwrap();
    assert_eq!(
        put(&store, ENTRIES, b"a", b"one").unwrap_err().code(),
        "CU-0208"
    );
    assert_eq!(store.flush_wal().unwrap_err().code(), "CU-0208");
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    let fixture = Fixture::new();
    let store = fixture.create();
    put(&store, ENTRIES, b"a", b"one").unwrap();
    fs::rename(fixture.path(), fixture.folder.path().join("elsewhere")).unwrap();
    let failed = store.flush().unwrap_err();
    assert_eq!(failed.code(), "CU-0209", "{failed}");
    fs::rename(fixture.folder.path().join("elsewhere"), fixture.path()).unwrap();
    for refused in [
        put(&store, ENTRIES, b"b", b"two"),
        store.flush_wal(),
        store.flush(),
        store.compact_range(ENTRIES),
        store.create_family(ROWS.at(1)),
        store.checkpoint_to(&fixture.folder.path().join("backup")),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "CU-0207");
        assert!(refused.to_string().contains("(CU-0209: "), "{refused}");
    }
    assert!(store.facts().unwrap().poisoned);
    assert_eq!(store.get(ENTRIES, b"a").unwrap().unwrap(), b"one");
    drop(store);
    let store = fixture.open().unwrap();
    assert_eq!(store.get(ENTRIES, b"a").unwrap().unwrap(), b"one");
    put(&store, ENTRIES, b"b", b"two").unwrap();
}

#[test]
fn damage_within_the_write_ahead_log_is_refused() {
    let fixture = Fixture::new();
    let store = fixture.create();
    for key in 0..10u8 {
        put(&store, ENTRIES, &[key], &[key; 100]).unwrap();
    }
    drop(store);
    let logs = fixture.files(".log");
    let log = logs
        .iter()
        .find(|log| fs::metadata(log).unwrap().len() > 500)
        .unwrap();
    flip_byte(log, 300);
    let error = fixture.open().unwrap_err();
    assert_eq!(error.code(), "CU-0205", "{error}");
    assert!(error.to_string().contains(fixture.path().to_str().unwrap()));
}

#[test]
fn a_torn_tail_of_the_write_ahead_log_is_dropped() {
    let fixture = Fixture::new();
    let store = fixture.create();
    put(&store, ENTRIES, b"a", &[1; 100]).unwrap();
    put(&store, ENTRIES, b"b", &[2; 100]).unwrap();
    drop(store);
    let logs = fixture.files(".log");
    let log = logs
        .iter()
        .find(|log| fs::metadata(log).unwrap().len() > 200)
        .unwrap();
    let whole = fs::read(log).unwrap();
    fs::write(log, &whole[..whole.len() - 50]).unwrap();
    let store = fixture.open().unwrap();
    assert!(store.get(ENTRIES, b"a").unwrap().is_some());
    assert_eq!(store.get(ENTRIES, b"b").unwrap(), None);
}

#[test]
fn damage_within_a_table_is_found_by_the_check() {
    let fixture = Fixture::new();
    let store = fixture.create();
    for key in 0..100u8 {
        put(&store, ENTRIES, &[key], &[key; 1000]).unwrap();
    }
    store.flush().unwrap();
    let verified = store.verify_checksums().unwrap();
    assert_eq!(
        verified,
        Verified {
            keys: 100,
            bytes: 100 * 1001
        }
    );
    drop(store);
    let tables = fixture.files(".sst");
    let table = tables
        .iter()
        .find(|table| fs::metadata(table).unwrap().len() > 90_000)
        .unwrap();
    flip_byte(table, 50_000);
    let store = fixture.open().unwrap();
    assert_eq!(store.verify_checksums().unwrap_err().code(), "CU-0205");
}

#[test]
fn a_backup_opens_with_what_was_there_and_is_never_overwritten() {
    let fixture = Fixture::new();
    let store = fixture.create();
    store.create_family(ROWS.at(1)).unwrap();
    put(&store, ROWS.at(1), b"a", b"one").unwrap();
    let backup = fixture.folder.path().join("backup");
    store.checkpoint_to(&backup).unwrap();
    assert_eq!(store.checkpoint_to(&backup).unwrap_err().code(), "CU-0201");
    put(&store, ROWS.at(1), b"a", b"two").unwrap();
    let copy = Store::open(&backup, LAYOUT, &fixture.shared).unwrap();
    assert_eq!(copy.get(ROWS.at(1), b"a").unwrap().unwrap(), b"one");
}

#[test]
fn what_was_deleted_leaves_the_disk() {
    const MARK: &[u8] = b"a mark that stands nowhere else";
    let fixture = Fixture::new();
    let store = fixture.create();
    put(&store, ENTRIES, b"a", MARK).unwrap();
    put(&store, ENTRIES, b"b", b"stays").unwrap();
    store.flush().unwrap();
    let holds_mark = || {
        let files = [fixture.files(".sst"), fixture.files(".log")].concat();
        files.iter().any(|file| {
            fs::read(file)
                .unwrap()
                .windows(MARK.len())
                .any(|window| window == MARK)
        })
    };
    assert!(holds_mark());
    let mut batch = Batch::new();
    batch.delete(ENTRIES, b"a");
    store.write(&batch, Durability::Synced).unwrap();
    store.compact_range(ENTRIES).unwrap();
    drop(store);
    let store = fixture.open().unwrap();
    assert!(!holds_mark());
    assert_eq!(store.get(ENTRIES, b"b").unwrap().unwrap(), b"stays");
}

#[test]
fn settings_are_in_force_for_every_family() {
    let fixture = Fixture::new();
    let store = fixture.create();
    store.create_family(ROWS.at(1)).unwrap();
    drop(store);
    let options = fs::read_to_string(
        fs::read_dir(fixture.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_str().unwrap().contains("OPTIONS-"))
            .max()
            .unwrap(),
    )
    .unwrap();
    let count = |line: &str| options.lines().filter(|found| found.trim() == line).count();
    for line in [
        "paranoid_checks=true",
        "wal_recovery_mode=kTolerateCorruptedTailRecords",
        "track_and_verify_wals_in_manifest=true",
        "wal_bytes_per_sync=0",
        "recycle_log_file_num=0",
        "manual_wal_flush=false",
        "max_bgerror_resume_count=0",
        "allow_mmap_writes=false",
    ] {
        assert_eq!(count(line), 1, "{line}");
    }
    let families = LAYOUT.fixed.len() + 2;
    for line in [
        "paranoid_file_checks=true",
        "memtable_protection_bytes_per_key=8",
        "block_protection_bytes_per_key=1",
        "compaction_style=kCompactionStyleLevel",
    ] {
        assert_eq!(count(line), families, "{line}");
    }
    assert_eq!(count("checksum=kXXH3"), families);
}

#[test]
fn facts_tell_what_is_in_memory_and_on_disk() {
    let fixture = Fixture::new();
    let store = fixture.create();
    put(&store, ENTRIES, b"a", &[7; 10_000]).unwrap();
    let before = store.facts().unwrap();
    assert!(before.memtable_bytes >= 10_000);
    assert!(fixture.shared.facts().memtable_bytes >= 10_000);
    store.flush().unwrap();
    let after = store.facts().unwrap();
    assert!(after.table_bytes >= 10_000);
    assert_eq!(
        (after.background_errors, after.write_stopped, after.poisoned),
        (0, false, false)
    );
    assert_eq!(store.approximate_keys(ENTRIES).unwrap(), 1);
    assert!(store.approximate_bytes(ENTRIES).unwrap() >= 10_000);
    assert!(store.disk_bytes().unwrap() >= after.table_bytes);
}
