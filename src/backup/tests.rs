//! A key store's backup, and folders that are none.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::clock::FixedClock;
use crate::keys::{FileKek, KeyStore, Label};
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
    let mut out =
        super::manifest::Manifest::read(&other_keys, super::manifest::Kind::Keys).unwrap();
    out.files[0].path = "../outside".into();
    out.write(&keys).unwrap();
    let refused = Backup::open(&logs, &keys).unwrap_err();
    assert!(refused.to_string().contains("leads out"), "{refused}");
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
