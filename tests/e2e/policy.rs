//! The privacy policy as data: checked, compared, published once, and refused where it may not be.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::answers::asking;
use crate::broker::Broker;
use crate::events::objects;
use crate::ledger::Ledger;

/// A port that nothing listens on.
const NOWHERE: &str = "127.0.0.1:1";
const REFUSED: Option<i32> = Some(5);

/// A file of the repository's policy.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("ops/policy")
        .join(name)
}

/// The policy in a folder of its own, beside its text, with one place changed.
fn changed(ledger: &Ledger, name: &str, from: &str, to: &str) -> String {
    let folder = ledger.path("policies");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(
        file("privacy-policy.zh.txt"),
        folder.join("privacy-policy.zh.txt"),
    )
    .unwrap();
    let policy = std::fs::read_to_string(file("2024-07-15.toml")).unwrap();
    assert!(policy.contains(from), "{from}");
    let path = folder.join(name);
    std::fs::write(&path, policy.replacen(from, to, 1)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What a refused policy's command printed.
fn refused(ledger: &Ledger, words: &[&str]) -> Vec<Value> {
    let output = ledger.run(words);
    assert_eq!(output.status.code(), REFUSED, "{output:?}");
    objects(&String::from_utf8(output.stdout).unwrap())
}

fn kinds(remarks: &[Value]) -> Vec<&str> {
    remarks
        .iter()
        .map(|of| of["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn the_company_s_policy_is_checked_with_its_contradictions_told() {
    let ledger = Ledger::at(NOWHERE);
    let path = file("2024-07-15.toml");
    let words = ["policy", "check", path.to_str().unwrap()];
    let table = ledger.ok(&words);
    assert!(
        table.contains("0 errors") && table.contains("L162 L164"),
        "{table}"
    );
    let remarks = objects(&ledger.ok(&[&words[..], &["--json"]].concat()));
    assert!(remarks.iter().all(|of| of["severity"] == "warning"));
    assert!(kinds(&remarks).contains(&"wipe_against_records"));
}

#[test]
fn a_policy_that_cites_what_is_not_there_is_refused() {
    let ledger = Ledger::at(NOWHERE);
    let wrong = changed(
        &ledger,
        "line.toml",
        "{ line = 166, phrase = \"商品递送服务\"",
        "{ line = 999, phrase = \"商品递送服务\"",
    );
    let remarks = refused(&ledger, &["policy", "check", &wrong, "--json"]);
    assert_eq!(kinds(&remarks)[0], "no_such_line");
    let table = ledger.run(&["policy", "check", &wrong]);
    assert!(String::from_utf8_lossy(&table.stdout).contains("1 errors"));
}

#[test]
fn a_file_that_is_no_policy_is_refused_with_its_line() {
    let ledger = Ledger::at(NOWHERE);
    let wrong = changed(
        &ledger,
        "name.toml",
        "CW_BY_PHONE_OR_WECHAT\"]",
        "CW_BY_PIGEON\"]",
    );
    for command in ["check", "publish"] {
        let line = ledger.fails(&["policy", command, &wrong], "CU-0027");
        assert!(
            line.contains("PU_MANUAL_REVIEW") && line.contains("CW_BY_PIGEON"),
            "{line}"
        );
    }
    ledger.fails(&["policy", "check", "/nowhere.toml"], "CU-0019");
    let fine = changed(&ledger, "fine.toml", "", "");
    ledger.fails(
        &["policy", "check", &fine, "--text", "/nowhere.txt"],
        "CU-0019",
    );
}

#[test]
fn two_policies_are_compared_and_the_consents_that_end_are_named() {
    let ledger = Ledger::at(NOWHERE);
    let old = changed(&ledger, "old.toml", "", "");
    let more = (
        "categories = [\"DC_CLIPBOARD\"]\nways",
        "categories = [\"DC_CLIPBOARD\", \"DC_EMAIL\"]\nways",
    );
    let new = changed(&ledger, "new.toml", more.0, more.1);
    let words = ["policy", "diff", &old, &new];
    let table = ledger.ok(&words);
    assert!(
        table.contains("PU_WECHAT_CONSULT (PV_DIM_CATEGORY)"),
        "{table}"
    );
    let json = &objects(&ledger.ok(&[&words[..], &["--json"]].concat()))[0];
    assert_eq!(json["reconsent"]["PU_WECHAT_CONSULT"][0], "PV_DIM_CATEGORY");
    assert!(
        ledger
            .ok(&["policy", "diff", &old, &old])
            .contains("Nothing changes")
    );
}

#[test]
fn a_policy_is_published_whole_and_once_and_none_that_overlaps_it() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let serving = ledger.serve();
    let first = changed(&ledger, "first.toml", "", "");
    let receipts = ledger.path("receipts");
    let sent = ledger.ok(&[
        "policy",
        "publish",
        &first,
        "--receipt",
        receipts.to_str().unwrap(),
        "--json",
    ]);
    let sent = objects(&sent);
    assert_eq!(sent[0]["topic"], "custodia.registry", "{sent:?}");
    assert_eq!(sent[1]["outcome"], "landed", "{sent:?}");

    let again = refused(&ledger, &["policy", "publish", &first, "--json"]);
    assert_eq!(kinds(&again), ["already_published"]);

    let id = "id = \"2024-07-15-34b0c98b57f7eb15\"";
    let beside = changed(
        &ledger,
        "beside.toml",
        id,
        "id = \"2024-07-16-34b0c98b57f7eb15\"",
    );
    let overlapping = refused(&ledger, &["policy", "publish", &beside, "--json"]);
    assert_eq!(kinds(&overlapping), ["overlap"]);

    let early = "published = 2024-07-15T00:00:00+08:00";
    let early = changed(
        &ledger,
        "early.toml",
        early,
        "published = 2024-07-16T00:00:00+08:00",
    );
    let early = refused(&ledger, &["policy", "publish", &early, "--json"]);
    assert!(kinds(&early).contains(&"effective_before_published"));

    serving.stop();
    ledger.fsck();
    // What Kafka no longer holds, the ledger remembers; its folder answers where nothing runs.
    let end = (sent[0]["offset"].as_u64().unwrap() + 1).to_string();
    broker.tool("delete-records", &["custodia.registry", "0", &end]);
    let again = refused(&ledger, &["policy", "publish", &first, "--json"]);
    assert_eq!(kinds(&again), ["already_published"]);
}
