//! A key store's backup, and folders that are none.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::manifest::{Kind, Manifest};
use super::*;
use crate::clock::FixedClock;
use crate::keys::{FileKek, KeyStore, Label, erased_key};
use crate::store::{Budget, Shared};

struct Town {
    folder: TempDir,
    shared: Shared,
    kek: Arc<FileKek>,
    source: Source,
    keys: Arc<KeyStore>,
}

impl Town {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("policy"), "quorum none\n").unwrap();
        // What a copy that was cut short left.
        fs::create_dir_all(data.join("backup/logs")).unwrap();
        let shared = Shared::new(&Budget {
            memory_bytes: 16 << 20,
            stores: 2,
            write_bytes_per_s: None,
        });
        let kek = Arc::new(FileKek::create(&folder.path().join("kek")).unwrap());
        let keys = KeyStore::create(&data.join("keys"), &shared, kek.clone()).unwrap();
        let keys = Arc::new(keys);
        keys.keys_for("a/b/0/1", &[Label::Leaf(7)]).unwrap();
        let ledger = "ledger.example".parse().unwrap();
        let clock = Arc::new(FixedClock::at(5));
        let place = (data.as_path(), &ledger);
        let source = Source::new(place, Vec::new(), keys.clone(), shared.clone(), clock).unwrap();
        assert!(!data.join("backup").exists());
        Self {
            folder,
            shared,
            kek,
            source,
            keys,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn take(&self, to: &Path, keys_to: &Path) -> Result<Taken, Error> {
        self.source.take(&Question {
            to: to.to_owned(),
            keys_to: keys_to.to_owned(),
        })
    }

    fn taken(&self) -> (PathBuf, PathBuf) {
        let (logs, keys) = (self.path("logs"), self.path("wrapped"));
        let taken = self.take(&logs, &keys).unwrap();
        assert!(taken.files > 1 && taken.bytes > 0);
        assert!(!self.path("data/backup").exists());
        (logs, keys)
    }
}

fn code<T>(result: Result<T, Error>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

#[test]
fn what_is_copied_opens_again_with_every_key() {
    let town = Town::new();
    let (logs, keys) = town.taken();
    // What comes after the copy isn't in it.
    town.keys.keys_for("a/b/0/1", &[Label::Leaf(8)]).unwrap();
    let backup = Backup::open(&logs, &keys).unwrap();
    assert_eq!(backup.taken_at_ms(), 5);
    assert_eq!(backup.beside("policy"), b"quorum none\n");
    let into = town.path("restored");
    fs::create_dir(&into).unwrap();
    backup.lay_into(&into).unwrap();
    let opened = KeyStore::open(&into.join("keys"), &town.shared, town.kek.clone()).unwrap();
    assert!(opened.find("a/b/0/1", &Label::Leaf(7)).unwrap().is_some());
    assert!(opened.find("a/b/0/1", &Label::Leaf(8)).unwrap().is_none());
    assert!(backup.ledger("ledger.example").is_ok() && backup.ledger("").is_ok());
    assert_eq!(code(backup.ledger("other.example")), "CU-0865");
}

#[test]
fn a_place_that_is_taken_or_the_ledgers_own_is_refused() {
    let town = Town::new();
    let (logs, keys) = town.taken();
    let free = town.path("free");
    for (to, keys_to) in [
        (logs.clone(), free.clone()),
        (free.clone(), keys.clone()),
        (town.path("data/inside"), free.clone()),
        (free.clone(), free.clone()),
        (free.clone(), free.join("within")),
        (PathBuf::from("relative"), free.clone()),
    ] {
        assert_eq!(
            code(town.take(&to, &keys_to)),
            "CU-0862",
            "{}",
            to.display()
        );
    }
    assert!(!Path::new("relative").exists());
}

#[test]
fn a_manifest_that_is_missing_changed_or_leads_out_is_refused() {
    let town = Town::new();
    let (logs, keys) = town.taken();
    assert_eq!(code(Backup::open(&keys, &logs)), "CU-0863");
    let (others, other_keys) = (town.path("others"), town.path("other-keys"));
    town.take(&others, &other_keys).unwrap();
    assert_eq!(code(Backup::open(&logs, &other_keys)), "CU-0866");
    let path = keys.join("manifest.json");
    let whole = fs::read_to_string(&path).unwrap();
    let spoilt = [
        String::new(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("custodia-backup/v1", "custodia-backup/v2"),
        whole.replace("\"taken_at_ms\": 5", "\"taken_at_ms\": 6"),
        whole.replace("\"path\": \"keys/", "\"path\": \"../keys/"),
    ];
    for text in spoilt {
        assert_ne!(text, whole);
        fs::write(&path, text).unwrap();
        assert_eq!(code(Backup::open(&logs, &keys)), "CU-0863");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(code(Backup::open(&logs, &keys)), "CU-0863");
    let mut out = Manifest::read(&other_keys, Kind::Keys).unwrap();
    out.files[0].path = "../outside".into();
    out.write(&keys).unwrap();
    let refused = Backup::open(&logs, &keys).unwrap_err();
    assert!(refused.to_string().contains("leads out"), "{refused}");
}

#[test]
fn a_manifest_with_any_byte_flipped_is_refused() {
    let town = Town::new();
    let (logs, keys) = town.taken();
    for folder in [&logs, &keys] {
        let path = folder.join("manifest.json");
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (place % 7);
            fs::write(&path, flipped).unwrap();
            let refused = code(Backup::open(&logs, &keys));
            assert_eq!(refused, "CU-0863", "byte {place} of {}", path.display());
        }
        fs::write(&path, whole).unwrap();
    }
    assert!(Backup::open(&logs, &keys).is_ok());
}

#[test]
fn every_file_of_both_folders_is_held_against_its_digest() {
    let town = Town::new();
    let (logs, keys) = town.taken();
    let backup = Backup::open(&logs, &keys).unwrap();
    let mut number = 0;
    for (folder, kind) in [(&logs, Kind::Logs), (&keys, Kind::Keys)] {
        for file in Manifest::read(folder, kind).unwrap().files {
            let path = folder.join(&file.path);
            let whole = fs::read(&path).unwrap();
            let mut flipped = whole.clone();
            match flipped.last_mut() {
                Some(byte) => *byte ^= 1,
                None => flipped.push(0),
            }
            fs::write(&path, flipped).unwrap();
            let into = town.path(&format!("into-{number}"));
            let refused = backup.lay_into(&into);
            assert_eq!(code(refused), "CU-0864", "{}", file.path);
            fs::write(&path, whole).unwrap();
            number += 1;
        }
    }
    assert!(number > 4, "{number} files");
    backup.lay_into(&town.path("into")).unwrap();
}

#[test]
fn nobody_is_erased_between_the_copies_of_logs_and_keys() {
    const PERSON: &[u8] = b"abcdefghijklmnopqrstuv2345";
    let town = Town::new();
    let digest = erased_key(PERSON);
    town.keys
        .keys_for("a/b/0/1", &[Label::Key(PERSON)])
        .unwrap();
    let held = town.keys.hold_erasing();
    let (sender, receiver) = mpsc::channel();
    let keys = Arc::clone(&town.keys);
    let erasing = thread::spawn(move || {
        keys.remember(&digest, 7).unwrap();
        keys.doom("a/b/0/1", &digest).unwrap();
        keys.shred_doomed("a/b/0/1", &digest, None).unwrap();
        keys.keep_applied("a/registry/0/1", 1, &[]).unwrap();
        sender.send(()).unwrap();
    });
    let waited = receiver.recv_timeout(Duration::from_millis(100));
    assert_eq!(waited, Err(mpsc::RecvTimeoutError::Timeout));
    assert!(town.keys.current("a/b/0/1", &digest).unwrap().is_some());
    assert_eq!(town.keys.erasures_applied("a/registry/0/1").unwrap(), 0);
    // Others' keys are made meanwhile.
    let others = Label::Key(b"bbcdefghijklmnopqrstuv2345");
    town.keys.keys_for("a/b/0/1", &[others]).unwrap();
    drop(held);
    erasing.join().unwrap();
    assert!(town.keys.current("a/b/0/1", &digest).unwrap().is_none());
}

#[test]
fn a_file_that_is_missing_cut_or_flipped_is_refused() {
    let town = Town::new();
    let (logs, keys) = town.taken();
    let backup = Backup::open(&logs, &keys).unwrap();
    let file = fs::read_dir(keys.join("keys"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "sst"))
        .unwrap();
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0x10;
    for (number, bytes) in [&whole[..whole.len() - 1], &flipped]
        .into_iter()
        .enumerate()
    {
        fs::write(&file, bytes).unwrap();
        let into = town.path(&format!("into-{number}"));
        assert_eq!(code(backup.lay_into(&into)), "CU-0864");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(code(backup.lay_into(&town.path("into-2"))), "CU-0864");
}
