//! A copy of a ledger that becomes a ledger again, and copies that don't.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::answers::{configured, wait_for_rows};
use crate::broker::Broker;
use crate::extract::{FOR_THE_PERSON, about, cut, disclosed, member, publish, wait_for_all_rows};
use crate::faults::copy;
use crate::ledger::{Ledger, Serving, roots};
use crate::record_to_leaf::send_town;
use crate::rotation::{signed, wait_for_signed};

const PERSON: &str = "personpersonpersonpersonpe";

fn ready(ledger: &Ledger, leaves: u64) -> Serving {
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, leaves);
    wait_for_all_rows(&mut serving);
    serving
}

/// Takes a backup; the two folders and what was printed.
fn backed_up(ledger: &Ledger, name: &str) -> ([PathBuf; 2], Value) {
    let folders = [ledger.path(name), ledger.path(&format!("{name}-keys"))];
    let [to, keys] = folders.each_ref().map(|path| path.to_str().unwrap());
    let printed = ledger.ok(&["backup", to, "--keys-to", keys, "--json"]);
    (folders, serde_json::from_str(&printed).unwrap())
}

fn words<'a>([logs, keys]: &'a [PathBuf; 2], into: &'a Path) -> Vec<&'a str> {
    let [logs, keys, into] = [logs, keys, into].map(|path| path.to_str().unwrap());
    vec!["restore", logs, "--keys", keys, "--into", into]
}

fn who(ledger: &Ledger) -> Value {
    let words = ["who", PERSON, "--reason", "rights_request", "--json"];
    serde_json::from_str::<Value>(&ledger.ok(&words)).unwrap()["rows"].clone()
}

/// A machine that has the ledger's key, and nothing else of the signer's.
fn empty_machine(ledger: &Ledger) {
    fs::rename(ledger.path("ledger"), ledger.path("burnt")).unwrap();
    fs::remove_file(ledger.path("signer/state")).unwrap();
}

#[test]
fn a_restored_ledger_catches_up_and_has_the_roots_of_one_that_never_stopped() {
    let broker = Broker::start();
    let ledger = configured(&broker)
        .set("ingest.batch_records", "50")
        .set("kafka.properties.queued.min.messages", "50")
        .init();
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    let town = send_town(&ledger, 3_000);
    let mut serving = ledger.serve();
    serving.wait_for_leaves(50);
    // While it reads.
    let (folders, taken) = backed_up(&ledger, "backup");
    let [to, keys] = folders.each_ref().map(|path| path.to_str().unwrap());
    ledger.fails(&["backup", to, "--keys-to", keys], "CU-0862");
    wait_for_rows(&mut serving, town + 1);
    wait_for_all_rows(&mut serving);
    wait_for_signed(&mut serving, &broker, town + 1);
    let (archive, _) = cut(&ledger, &["--subject", PERSON], &FOR_THE_PERSON, "x.zip");
    let before = who(&ledger);
    serving.stop();
    let never_stopped = ledger.fsck();
    let copied: u64 = taken["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["size"].as_u64().unwrap())
        .sum();
    let whole: u64 = roots(&never_stopped).iter().map(|(_, size, _)| size).sum();
    assert!(copied > 0 && copied < whole, "{copied} of {whole}");
    for path in &folders {
        let names = fs::read_dir(path)
            .unwrap()
            .map(|item| item.unwrap().file_name());
        let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        assert!(
            !names
                .iter()
                .any(|name| ["signer", "kek", "state"].contains(&name.as_str()))
        );
    }

    empty_machine(&ledger);
    let checkpoint = ledger.path("held");
    let archive = fs::read(archive).unwrap();
    fs::write(
        &checkpoint,
        member(&archive, "checkpoints/custodia.registry-0-1"),
    )
    .unwrap();
    let into = ledger.path("ledger");
    let mut asked = words(&folders, &into);
    asked.extend(["--checkpoint", checkpoint.to_str().unwrap(), "--json"]);
    let restored: Value = serde_json::from_str(&ledger.ok(&asked)).unwrap();
    for log in restored["logs"].as_array().unwrap() {
        let number = |name: &str| log[name].as_u64().unwrap();
        assert!(number("size") >= number("signed"), "{log}");
    }
    // Nothing is signed before it is known what was.
    ledger.fails(&["serve"], "CU-0356");
    let (seen, _) = signed(&broker);
    ledger.ok(&["key", "recover"]);
    ready(&ledger, town + 1).stop();
    let report = ledger.fsck();
    let is_there = |log: &(String, u64, String)| roots(&report).contains(log);
    let events = |(origin, ..): &&(String, u64, String)| origin.contains("/custodia.events/");
    assert!(roots(&never_stopped).iter().filter(events).all(is_there));
    let (now, _) = signed(&broker);
    assert!(seen.iter().all(|(place, root)| now[place] == *root));
    let serving = ready(&ledger, town + 1);
    assert_eq!(who(&ledger), before);
    serving.stop();
}

#[test]
fn what_is_no_whole_backup_of_this_ledger_is_refused_and_leaves_nothing() {
    let broker = Broker::start();
    let ledger = configured(&broker).init();
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    ready(&ledger, 1).stop();
    // Where none runs it is taken from the folder.
    let (folders, _) = backed_up(&ledger, "first");
    let (others, _) = backed_up(&ledger, "second");
    let into = ledger.path("restored");
    let refused = |folders: &[PathBuf; 2], code: &str| {
        let line = ledger.fails(&words(folders, &into), code);
        assert!(!into.exists(), "{line}");
        line
    };
    refused(&[folders[0].clone(), others[1].clone()], "CU-0866");
    refused(&[folders[1].clone(), folders[0].clone()], "CU-0863");
    ledger.fails(&words(&folders, &ledger.path("ledger")), "CU-0407");

    // Half copied: the manifest comes last, and files are counted.
    for (number, folder) in folders.iter().enumerate() {
        let half = |name: &str| {
            let half = ledger.path(&format!("half-{number}-{name}"));
            copy(folder, &half);
            let mut both = folders.clone();
            both[number] = half;
            both
        };
        let both = half("without-manifest");
        fs::remove_file(both[number].join("manifest.json")).unwrap();
        refused(&both, "CU-0863");
        let both = half("cut-manifest");
        let manifest = both[number].join("manifest.json");
        let bytes = fs::read(&manifest).unwrap();
        fs::write(&manifest, &bytes[..bytes.len() / 2]).unwrap();
        refused(&both, "CU-0863");
        fs::write(
            &manifest,
            String::from_utf8(bytes)
                .unwrap()
                .replacen("\"length\": ", "\"length\": 1", 1),
        )
        .unwrap();
        refused(&both, "CU-0863");
        let both = half("without-a-file");
        fs::remove_file(a_table(&both[number])).unwrap();
        refused(&both, "CU-0864");
        let both = half("flipped");
        let table = a_table(&both[number]);
        let mut bytes = fs::read(&table).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&table, bytes).unwrap();
        let line = refused(&both, "CU-0864");
        assert!(line.contains("SHA-256"), "{line}");
    }

    // Another ledger's, and another key-encryption key.
    let other = configured(&broker).set("ledger.name", "other.example");
    let line = other.fails(&words(&folders, &into), "CU-0865");
    assert!(line.contains("other.example"), "{line}");
    let ledger = ledger.set("signer.folder", "/nonexistent/signer");
    let kek = ledger.path("kek");
    fs::rename(&kek, ledger.path("kept")).unwrap();
    ledger.fails(&words(&folders, &into), "CU-0300");
    fs::rename(ledger.path("kept"), &kek).unwrap();
    ledger.ok(&words(&folders, &into));
}

/// A table of a store in a backup's folder.
fn a_table(folder: &Path) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "sst") {
                return path;
            }
        }
    }
    panic!("no table");
}

#[test]
fn a_backup_that_is_behind_what_kafka_holds_or_was_forked_says_so() {
    let broker = Broker::start();
    let ledger = configured(&broker).init();
    send_town(&ledger, 400);
    let mut serving = ledger.serve();
    serving.wait_for_leaves(100);
    serving.stop();
    let (folders, _) = backed_up(&ledger, "backup");
    let ends = |ledger: &Ledger| roots(&ledger.fsck());
    let before = ends(&ledger);
    send_town(&ledger, 800);
    let mut serving = ledger.serve();
    wait_for_all_rows(&mut serving);
    serving.stop();
    let events = before
        .iter()
        .find(|(origin, ..)| origin.contains("/custodia.events/"));
    let (origin, size, _) = events.unwrap();
    let parts: Vec<&str> = origin.split('/').collect();
    let beyond = (size + 5).to_string();
    broker.tool("delete-records", &[parts[1], parts[2], &beyond]);
    let into = ledger.path("restored");
    let line = ledger.fails(&words(&folders, &into), "CU-0868");
    assert!(line.contains(origin.as_str()), "{line}");
    assert!(!into.exists());
}
