//! A copy of a ledger that becomes a ledger again, and copies that don't.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia::keys::FileKek;
use custodia::log::Log;
use custodia::store::{Budget, Shared};
use custodia_core::approval::{self, Deed, Request};
use custodia_core::origin::Origin;
use serde_json::{Value, json};

use crate::answers::{EMPLOYEE, configured, wait_for_rows, who as asked_about};
use crate::approvals::{FIRST, SECOND, approve_about, register_both};
use crate::broker::Broker;
use crate::extract::{
    FOR_THE_PERSON, about, cut, disclosed, lines, member, publish, verifies, wait_for_all_rows,
};
use crate::faults::copy;
use crate::ledger::{Ledger, NAME, Serving, event_roots, roots};
use crate::record_to_leaf::send_town;
use crate::rotation::{signed, wait_for_signed};

const PERSON: &str = "personpersonpersonpersonpe";
/// Others of whom the ledger knows.
const OTHER: &str = "otherotherotherotherothero";
const THIRD: &str = "thirdthirdthirdthirdthirdt";

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

    a_key_encryption_key_that_is_not_the_ledgers(&ledger, &folders, &into);

    // Another ledger's, and no key-encryption key.
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

/// Another ledger's, one that others may read, and one that is cut short.
fn a_key_encryption_key_that_is_not_the_ledgers(
    ledger: &Ledger,
    folders: &[PathBuf; 2],
    into: &Path,
) {
    let other = ledger.path("other-kek");
    let place = format!("keys.kek_file={}", other.display());
    let refused = |code: &str| {
        let asked = [&["--set", &place], &words(folders, into)[..]].concat();
        let line = ledger.fails(&asked, code);
        assert!(!into.exists(), "{line}");
    };
    FileKek::create(&other).unwrap();
    refused("CU-0304");
    fs::copy(ledger.path("kek"), &other).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o640)).unwrap();
    refused("CU-0302");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let whole = fs::read(&other).unwrap();
    fs::write(&other, &whole[..whole.len() - 1]).unwrap();
    refused("CU-0303");
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

/// Publishes the order to erase a person, which two people approved.
fn order(ledger: &Ledger, person: &str, id: &str) {
    let request = Request {
        ledger: NAME.parse().unwrap(),
        deed: Deed::Erasure,
        about: approval::about::person(person),
        id: id.to_owned(),
        asker: EMPLOYEE.to_owned(),
        until_ms: 4_000_000_000_000,
    };
    let file = ledger.path(id).to_str().unwrap().to_owned();
    fs::write(&file, request.text()).unwrap();
    let approvals = [FIRST, SECOND].map(|approver| {
        let signed = approve_about(ledger, &file, person, approver);
        fs::read_to_string(signed).unwrap()
    });
    let said = json!({
        "occurred_at": "2026-09-02T08:00:00Z", "producer": "legal-desk",
        "erasure_ordered": {
            "erased_subject_blake3": STANDARD.encode(request.about), "order_id": id,
            "duty_ended": "L322", "duty_ended_at": "2026-09-01T00:00:00Z",
            "approver_refs": [FIRST, SECOND], "approvals": approvals, "asked_by_ref": EMPLOYEE,
        },
    });
    publish(ledger, &[said.to_string()]);
}

fn is_erased(ledger: &Ledger, person: &str) -> bool {
    let said = asked_about(ledger, person);
    let is_empty = |name: &str| said[name].as_array().unwrap().is_empty();
    !is_empty("erasures") && is_empty("rows")
}

/// A part of each sealed payload that a person's rows come from, as a backup holds them.
fn sealed(ledger: &Ledger, logs: &Path, rows: &Value) -> Vec<Vec<u8>> {
    let scratch = ledger.path("scratch");
    copy(logs, &scratch);
    let shared = Shared::new(&Budget {
        memory_bytes: 32 << 20,
        stores: 2,
        write_bytes_per_s: None,
    });
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| {
        let origin: Origin = row["log"].as_str().unwrap().parse().unwrap();
        let (topic, partition) = (&origin.topic, origin.partition);
        let path = scratch.join(format!("logs/{topic}-{partition}-{}", origin.generation));
        let log = Log::open(&path, origin, &shared).unwrap();
        let payload = log.sealed_payload(row["index"].as_u64().unwrap()).unwrap();
        payload.unwrap()[32..96].to_vec()
    })
    .collect()
}

/// Whether bytes stand anywhere in the files of a folder.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let held = fs::read(&path).unwrap_or_default();
                if held.windows(bytes.len()).any(|window| window == bytes) {
                    return true;
                }
            }
        }
    }
    false
}

/// Copies a backup by hand into a folder that nothing is read into: it answers about nobody.
fn laid_by_hand([logs, keys]: &[PathBuf; 2], ledger: &Ledger) {
    let folder = ledger.path("by-hand");
    copy(logs, &folder);
    copy(&keys.join("keys"), &folder.join("keys"));
    let place = format!("ledger.folder={}", folder.display());
    let asked = ["who", PERSON, "--reason", "rights_request"];
    let line = ledger.fails(&[&["--set", &place], &asked[..]].concat(), "CU-1004");
    assert!(line.contains("custodia serve"), "{line}");
    // Nor where Kafka can't say who was erased.
    let apart = ["kafka.bootstrap=127.0.0.1:1", "kafka.timeout_ms=1000"];
    let apart = ["--set", &place, "--set", apart[0], "--set", apart[1]];
    let output = ledger.run(&[&apart, &asked[..]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "{said}");
    assert!(said.contains("orders of erasure"), "{said}");
}

#[test]
fn whoever_was_erased_after_a_backup_is_erased_in_what_is_restored_before_anybody_asks() {
    let broker = Broker::start();
    let ledger = configured(&broker)
        .set("erasure.purge_interval_ms", "100")
        .init();
    let people = [PERSON, PERSON, OTHER, THIRD];
    let cases = (1..).zip(people);
    let cases: Vec<String> = cases
        .map(|(number, person)| disclosed(&format!("case-{number}"), &about(person), ""))
        .collect();
    publish(&ledger, &cases);
    let mut serving = ready(&ledger, 4);
    register_both(&ledger);
    wait_for_all_rows(&mut serving);
    let (before, others) = (who(&ledger), asked_about(&ledger, OTHER));
    assert_eq!(before.as_array().unwrap().len(), 2);
    let (folders, _) = backed_up(&ledger, "backup");
    let payloads = sealed(&ledger, &folders[0], &before);
    assert!(payloads.iter().all(|part| holds(&folders[0], part)));

    order(&ledger, PERSON, "order-1");
    serving.until("the erasure", |_| is_erased(&ledger, PERSON).then_some(()));
    serving.stop();
    let never_stopped = ledger.fsck();
    let (seen, _) = signed(&broker);
    empty_machine(&ledger);
    laid_by_hand(&folders, &ledger);
    ledger.ok(&words(&folders, &ledger.path("ledger")));
    // What comes after it was restored isn't read by anybody either.
    order(&ledger, THIRD, "order-2");
    ledger.fails(&["who", PERSON, "--reason", "rights_request"], "CU-1004");
    ledger.ok(&["key", "recover"]);
    // Without `serve` an extract has a ledger of its own, which reads the order before it answers.
    let (archive, _) = cut(&ledger, &["--subject", THIRD], &FOR_THE_PERSON, "x.zip");
    let shown = lines(&fs::read(&archive).unwrap());
    let is_events = |line: &Value| line["log"].as_str().unwrap().contains("/custodia.events/");
    assert!(
        !shown.is_empty() && !shown.iter().any(is_events),
        "{shown:?}"
    );
    let mut serving = ledger.serve();
    assert!(is_erased(&ledger, PERSON) && is_erased(&ledger, THIRD));
    assert_eq!(asked_about(&ledger, OTHER)["rows"], others["rows"]);
    wait_for_all_rows(&mut serving);
    serving.until("the housekeeping", |serving| {
        let log = serving.log_text();
        log.contains("has left the disk").then_some(())
    });
    serving.stop();
    let restored = ledger.path("ledger");
    assert!(!payloads.iter().any(|part| holds(&restored, part)));
    for person in people {
        assert!(!holds(&restored, person.as_bytes()), "{person}");
    }
    let report = ledger.fsck();
    assert_eq!(event_roots(&report), event_roots(&never_stopped));
    let (now, _) = signed(&broker);
    assert!(seen.iter().all(|(place, root)| now[place] == *root));
}

#[test]
fn a_backup_older_than_the_key_is_restored_where_there_is_the_key_alone() {
    let broker = Broker::start();
    let ledger = configured(&broker).init();
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    let mut serving = ready(&ledger, 1);
    wait_for_signed(&mut serving, &broker, 1);
    let (archive, _) = cut(&ledger, &["--subject", PERSON], &FOR_THE_PERSON, "x.zip");
    let (folders, _) = backed_up(&ledger, "backup");
    serving.stop();
    ledger.ok(&["key", "rotate"]);
    publish(&ledger, &[disclosed("case-2", &about(PERSON), "")]);
    let mut serving = ready(&ledger, 2);
    wait_for_signed(&mut serving, &broker, 2);
    serving.stop();
    let never_stopped = ledger.fsck();
    let publics = || {
        let listed = ledger.ok(&["key", "list", "--json"]);
        let keys: Vec<Value> = serde_json::from_str(&listed).unwrap();
        let publics = keys.iter().map(|key| key["public"].clone());
        publics.collect::<Vec<_>>()
    };
    let keys = publics();
    assert_eq!(keys.len(), 2);
    empty_machine(&ledger);
    for item in fs::read_dir(ledger.path("signer")).unwrap() {
        let path = item.unwrap().path();
        if path.file_name().is_some_and(|name| name != "key") {
            fs::remove_file(path).unwrap();
        }
    }
    ledger.ok(&words(&folders, &ledger.path("ledger")));
    ledger.ok(&["key", "recover"]);
    let serving = ready(&ledger, 2);
    verifies(&ledger, &archive);
    serving.stop();
    assert_eq!(event_roots(&ledger.fsck()), event_roots(&never_stopped));
    assert_eq!(publics(), keys);
    signed(&broker);
}
