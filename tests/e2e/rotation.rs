//! A ledger's keys that give way to new ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread::park_timeout;
use std::time::Duration;

use custodia::kafka::{Error, Fetched, Settings, read_range};
use custodia_core::checkpoint::Checkpoint;
use custodia_core::handover::Handover;
use custodia_core::note::{Note, Signature};
use custodia_core::tree::Hash;
use serde_json::Value;

use crate::answers::{asking, configured, wait_for_rows};
use crate::broker::Broker;
use crate::extract::{
    FOR_THE_PERSON, about, cut, disclosed, member, publish, verifies, wait_for_all_rows,
};
use crate::faults::some_records;
use crate::ledger::{Ledger, NAME, PATIENCE, Serving};
use crate::produce::with_librdkafka;
use crate::record_to_leaf::send_town;

const PERSON: &str = "personpersonpersonpersonpe";

/// What stands in the checkpoints topic: the root of each size, of which there is one, and hand-overs.
/// Two keys signed one size only where one was handed over to the other.
pub fn signed(broker: &Broker) -> (BTreeMap<(String, u64), Hash>, Vec<Handover>) {
    let (mut roots, mut handovers) = (BTreeMap::new(), Vec::new());
    let mut keys: BTreeMap<(String, u64), BTreeSet<u32>> = BTreeMap::new();
    let settings = Settings::at(broker.bootstrap());
    let take = |fetched: Fetched| {
        let value = fetched.record.value.unwrap();
        if let Ok(handover) = Handover::open(&value) {
            handovers.push(handover);
            return Ok::<_, Error>(());
        }
        let note = Note::parse(&value).unwrap();
        let tree = Checkpoint::parse(note.text()).unwrap();
        let place = (tree.origin, tree.size);
        let signers = note.signatures().iter().map(Signature::key_id);
        keys.entry(place.clone()).or_default().extend(signers);
        let before = roots.insert(place.clone(), tree.root);
        assert!(before.is_none_or(|root| root == tree.root), "{place:?}");
        Ok(())
    };
    read_range(&settings, "custodia.checkpoints", 0, 0, PATIENCE, take).unwrap();
    let heads = handovers.iter().flat_map(|said: &Handover| &said.heads);
    let heads: BTreeSet<(String, u64)> =
        heads.map(|tree| (tree.origin.clone(), tree.size)).collect();
    for (place, keys) in keys {
        assert!(
            keys.len() == 1 || heads.contains(&place),
            "{place:?}: {keys:?}"
        );
    }
    (roots, handovers)
}

fn outcome(ledger: &Ledger, policy: &Path, known: Option<&Path>, archive: &Path) -> (i32, Value) {
    let mut words = vec!["verify", "--json", "--policy", policy.to_str().unwrap()];
    if let Some(known) = known {
        words.extend(["--known", known.to_str().unwrap()]);
    }
    words.push(archive.to_str().unwrap());
    let ended = ledger.run(&words);
    let said = serde_json::from_slice(&ended.stdout).unwrap();
    (ended.status.code().unwrap(), said)
}

fn ready(ledger: &Ledger, leaves: u64) -> Serving {
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, leaves);
    wait_for_all_rows(&mut serving);
    serving
}

/// Waits until the checkpoints topic has all leaves of events.
pub fn wait_for_signed(serving: &mut Serving, broker: &Broker, leaves: u64) {
    serving.until("the events' checkpoints", |_| {
        let mut largest: BTreeMap<String, u64> = BTreeMap::new();
        for (origin, size) in signed(broker).0.into_keys() {
            if origin.contains("/custodia.events/") {
                largest.insert(origin, size);
            }
        }
        (largest.values().sum::<u64>() >= leaves).then_some(())
    });
}

fn of_person(ledger: &Ledger, name: &str) -> std::path::PathBuf {
    cut(ledger, &["--subject", PERSON], &FOR_THE_PERSON, name).0
}

fn kept(ledger: &Ledger) -> Vec<(String, bool)> {
    let listed: Value = serde_json::from_str(&ledger.ok(&["key", "list", "--json"])).unwrap();
    let keys = listed.as_array().unwrap().iter();
    keys.map(|key| {
        let id = key["id"].as_str().unwrap().to_owned();
        (id, key["is_kept"].as_bool().unwrap())
    })
    .collect()
}

#[test]
fn a_key_is_handed_over_in_the_middle_of_ingestion() {
    let broker = Broker::start();
    let ledger = configured(&broker)
        .set("ingest.batch_records", "20")
        .set("kafka.properties.queued.min.messages", "50")
        .set("kafka.properties.fetch.message.max.bytes", "8192")
        .init();
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    let mut serving = ready(&ledger, 1);
    wait_for_signed(&mut serving, &broker, 1);
    let before = of_person(&ledger, "before.zip");
    verifies(&ledger, &before);
    let old_policy = ledger.path("old-policy");
    fs::write(&old_policy, ledger.ok(&["key"])).unwrap();
    // While a ledger runs its key is its own.
    ledger.fails(&["key", "rotate"], "CU-0408");
    serving.stop();
    let replica_file = ledger.path("for-a-replica");
    ledger.ok(&["key", "replica", replica_file.to_str().unwrap()]);
    let replica = configured(&broker).set("signer.enabled", "false");
    replica.ok(&["init", "--replica-of", replica_file.to_str().unwrap()]);

    let town = send_town(&ledger, 4_000) + 1;
    let mut serving = ledger.serve();
    serving.wait_for_leaves(100);
    serving.stop();
    // Records come before and while the key is handed over.
    with_librdkafka(broker.bootstrap(), &some_records(0, 200));
    let rotating = ledger.spawn(&["key", "rotate", "--json"]);
    with_librdkafka(broker.bootstrap(), &some_records(200, 400));
    let rotated = rotating.wait_with_output().unwrap();
    let rotated: Value = serde_json::from_slice(&rotated.stdout).unwrap();
    let all = town + 400;
    let listed = kept(&ledger);
    let (new, old) = (&rotated["new"], &rotated["old"]);
    assert_eq!(listed[0].0, new.as_str().unwrap());
    assert_eq!(listed[1].0, old.as_str().unwrap());
    let (_, handovers) = signed(&broker);
    let trees = handovers[0].heads.iter();
    let events = trees.filter(|tree| tree.origin.contains("/custodia.events/"));
    let at_handover: u64 = events.map(|tree| tree.size).sum();
    assert!(
        (100..=town).contains(&at_handover),
        "{at_handover} of {all}"
    );

    let mut serving = ready(&ledger, all);
    wait_for_signed(&mut serving, &broker, all);
    let after = of_person(&ledger, "after.zip");
    verifies(&ledger, &after);
    verifies(&ledger, &before);
    old_and_new_policies(&ledger, &old_policy, &before, &after);
    serving.stop();
    ledger.fsck();

    // The old key goes; what it signed is still known, also to a signer that lost its state.
    let old = old.as_str().unwrap();
    ledger.fails(&["key", "retire", "0123456789abcdef"], "CU-0314");
    assert_eq!(
        ledger.ok(&["key", "retire", old]),
        format!("{old} retired\n")
    );
    assert_eq!(kept(&ledger)[1], (old.to_owned(), false));
    verifies(&ledger, &before);
    fs::remove_file(ledger.path("signer/state")).unwrap();
    fs::remove_file(ledger.path("signer/handovers")).unwrap();
    ledger.ok(&["key", "recover"]);
    publish(&ledger, &[disclosed("case-2", &about(PERSON), "")]);
    ready(&ledger, all + 1).stop();
    ledger.fsck();
    signed(&broker);
    a_replica_follows(&ledger, &replica, all + 1);
}

fn old_and_new_policies(ledger: &Ledger, old_policy: &Path, before: &Path, after: &Path) {
    let new_policy = ledger.path("policy-for-verifiers");
    assert_eq!(outcome(ledger, old_policy, None, before).0, 0);
    // Whoever has the old policy learns that it lacks the key.
    let (status, said) = outcome(ledger, old_policy, None, after);
    assert_eq!(
        (status, &said["outcome"]),
        (6, &Value::from("unconfirmed_key")),
        "{said}"
    );
    let warnings = said["warnings"].as_array().unwrap();
    assert!(warnings.contains(&Value::from("other_keys")), "{said}");
    // A checkpoint of the old key is known, and the log goes back to it.
    let origin = "checkpoints/custodia.registry-0-1";
    let archive = fs::read(before).unwrap();
    let known = ledger.path("known");
    fs::write(&known, member(&archive, origin)).unwrap();
    assert_eq!(outcome(ledger, &new_policy, Some(&known), before).0, 0);
    let held = ["--subject", PERSON, "--held", known.to_str().unwrap()];
    let (held, _) = cut(ledger, &held, &FOR_THE_PERSON, "held.zip");
    let (status, said) = outcome(ledger, &new_policy, Some(&known), &held);
    assert_eq!(status, 0, "{said}");
}

fn a_replica_follows(ledger: &Ledger, replica: &Ledger, leaves: u64) {
    replica.fails(&["key", "rotate"], "CU-0041");
    // Its checkpoints come from both keys before it has the new one.
    ready(replica, leaves).stop();
    replica.fsck();
    let file = ledger.path("for-the-replica-again");
    ledger.ok(&["key", "replica", file.to_str().unwrap()]);
    ledger.fails(&["key", "take", file.to_str().unwrap()], "CU-0765");
    files_that_give_a_replica_no_key(ledger, replica, &file);
    replica.ok(&["key", "take", file.to_str().unwrap()]);
    assert_eq!(replica.ok(&["key"]), ledger.ok(&["key"]));
    let signing = ready(ledger, leaves);
    let serving = ready(replica, leaves);
    let again = of_person(replica, "again.zip");
    verifies(replica, &again);
    serving.stop();
    signing.stop();
    replica.fsck();
}

/// Others may read it, it is cut short, of another ledger, or its hand-overs don't lead to its key.
fn files_that_give_a_replica_no_key(ledger: &Ledger, replica: &Ledger, file: &Path) {
    let policy = replica.ok(&["key"]);
    let text = fs::read_to_string(file).unwrap();
    let spoilt = ledger.path("spoilt-replica-file");
    let refused = |text: &str, mode: u32, code: &str| {
        fs::write(&spoilt, text).unwrap();
        fs::set_permissions(&spoilt, fs::Permissions::from_mode(mode)).unwrap();
        replica.fails(&["key", "take", spoilt.to_str().unwrap()], code);
        assert_eq!(replica.ok(&["key"]), policy);
    };
    refused(&text, 0o640, "CU-0765");
    refused(&text[..text.len() / 2], 0o600, "CU-0765");
    refused(&text.replace(NAME, "other.example"), 0o600, "CU-0765");
    let mut other: Value = serde_json::from_str(&text).unwrap();
    other["handovers"] = Value::from("");
    refused(&other.to_string(), 0o600, "CU-0312");
}

#[test]
fn a_rotation_that_is_killed_is_gone_on_with_and_nothing_is_signed_meanwhile() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let (mut handovers, mut cut_short) = (0, 0);
    for round in 0..6u64 {
        publish(
            &ledger,
            &[disclosed(&format!("case-{round}"), &about(PERSON), "")],
        );
        ready(&ledger, round + 1).stop();
        let mut child = ledger.spawn(&["key", "rotate", "--json"]);
        // A while after it began, or a while after both keys signed.
        let both_signed = ledger.path("signer/rotation");
        while round % 2 == 0 && !both_signed.exists() && child.try_wait().unwrap().is_none() {
            park_timeout(Duration::from_millis(1));
        }
        let moment = if round % 2 == 0 {
            8 * round
        } else {
            90 * round
        };
        park_timeout(Duration::from_millis(moment));
        child.kill().unwrap();
        child.wait().unwrap();
        if both_signed.exists() {
            cut_short += 1;
            let line = ledger.fails(&["serve"], "CU-0310");
            assert!(line.contains("custodia key rotate"), "{line}");
        }
        let said: Value = serde_json::from_str(&ledger.ok(&["key", "rotate", "--json"])).unwrap();
        assert_eq!(said["new"], kept(&ledger)[0].0);
        handovers += 1;
    }
    assert!(cut_short > 0, "never cut short between its steps");
    ready(&ledger, 6).stop();
    ledger.fsck();
    assert!(kept(&ledger).len() > handovers);
    let (_, told) = signed(&broker);
    assert!(told.len() >= handovers);
    verifies_all(&ledger);
}

/// Every former key is in the policy, and an extract verifies under it.
fn verifies_all(ledger: &Ledger) {
    let serving = ready(ledger, 6);
    let last = of_person(ledger, "last.zip");
    verifies(ledger, &last);
    serving.stop();
    let policy = ledger.ok(&["key"]);
    let lines = policy.lines().filter(|line| line.starts_with("log "));
    assert_eq!(lines.count(), kept(ledger).len());
}

#[test]
fn a_key_encryption_key_gives_way_to_a_new_one() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    let serving = ready(&ledger, 1);
    let who = ["who", PERSON, "--reason", "rights_request", "--json"];
    let rows = |said: &str| serde_json::from_str::<Value>(said).unwrap()["rows"].clone();
    let before = rows(&ledger.ok(&who));
    let (old, new) = (ledger.path("kek"), ledger.path("new-kek"));
    let new = new.to_str().unwrap();
    ledger.fails(&["key", "rotate", "--kek", new], "CU-0408");
    serving.stop();
    ledger.fails(
        &["key", "rotate", "--kek", old.to_str().unwrap()],
        "CU-0321",
    );
    let done = ledger.ok(&["key", "rotate", "--kek", new, "--json"]);
    let done: Value = serde_json::from_str(&done).unwrap();
    assert!(done["keys"].as_u64().unwrap() > 0, "{done}");
    let line = ledger.fails(&["serve"], "CU-0304");
    assert!(line.contains("configure the key file of"), "{line}");
    let ledger = ledger.set("keys.kek_file", new);
    let serving = ready(&ledger, 1);
    assert_eq!(rows(&ledger.ok(&who)), before);
    serving.stop();
    ledger.fsck();
}
