//! Extracts: what is in them, what is not, who can check them, and when none is released.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia::generate::{TopicRole, Town};
use custodia_core::schema::v1::Event;
use prost::Message as _;
use serde_json::Value;

use crate::answers::{EMPLOYEE, PARTITIONS, asking, wait_for_rows};
use crate::approvals::approved;
use crate::broker::Broker;
use crate::ledger::{Ledger, Serving};
use crate::record_to_leaf::{SEED, START_MS, send_town, town_events};

/// A made-up person whose case is under a gag.
const GAGGED: &str = "gaggedgaggedgaggedgaggedga";
/// Another one, for whom the first vouched.
const OTHER: &str = "otherotherotherotherothero";
/// The names of the gagged cases.
const CASES: [&str; 2] = ["case-under-gag-1", "case-under-gag-2"];

/// How many of [`matters`] stand under a person; who is named in the body alone stands in the registry.
const IN_EVENTS: u64 = 5;

pub const FOR_REGULATOR: [&str; 8] = [
    "--requester",
    "RQ_REGULATOR",
    "--requester-name",
    "Office 3",
    "--basis",
    "LB_PIPL_63_INSPECTION",
    "--reason",
    "regulator_request",
];
pub const FOR_OFFICER: [&str; 8] = [
    "--requester",
    "RQ_OFFICER",
    "--requester-name",
    "Protection office",
    "--basis",
    "LB_PIPL_52_OFFICER",
    "--reason",
    "audit",
];
pub const FOR_THE_PERSON: [&str; 6] = [
    "--requester",
    "RQ_SUBJECT",
    "--basis",
    "LB_PIPL_45_ACCESS",
    "--reason",
    "rights_request",
];

/// The words of a command that cuts an extract into a file.
pub fn words<'a>(of: &[&'a str], who: &[&'a str], out: &'a Path) -> Vec<&'a str> {
    let rest = ["-o", out.to_str().unwrap(), "--json"];
    [&["extract"], of, who, &rest].concat()
}

/// Cuts an extract; for an authority once two people have approved it.
pub fn cut(ledger: &Ledger, of: &[&str], who: &[&str], name: &str) -> (PathBuf, Value) {
    let out = ledger.path(name);
    let approved = approved(ledger, of, who);
    let approved = approved.iter().map(String::as_str);
    let words: Vec<&str> = words(of, who, &out).into_iter().chain(approved).collect();
    let printed = ledger.ok(&words);
    (out, serde_json::from_str(&printed).unwrap())
}

/// The bytes of a member, found by its name in a stored archive.
pub fn member(archive: &[u8], name: &str) -> Vec<u8> {
    let mut at = 0;
    while archive[at..].starts_with(b"PK\x03\x04") {
        let u16_at = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
        let length = u32::from_le_bytes(archive[at + 22..at + 26].try_into().unwrap()) as usize;
        let begin = at + 30 + u16_at(at + 26);
        if &archive[at + 30..begin] == name.as_bytes() {
            return archive[begin..begin + length].to_vec();
        }
        at = begin + length;
    }
    panic!("no {name}");
}

pub fn lines(archive: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(member(archive, "events.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The ids of the events whose first block is opened.
fn event_ids(archive: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut ids = BTreeSet::new();
    for line in lines(archive) {
        let slots = line["slots"].as_array().into_iter().flatten();
        let first = slots.filter(|slot| slot["id"] == 0).find_map(|slot| {
            let bytes = STANDARD.decode(slot["bytes"].as_str()?).unwrap();
            Some(Event::decode(bytes.as_slice()).unwrap().event_id)
        });
        ids.extend(first);
    }
    ids
}

/// Both programs and the second implementation check it, with the policy that the ledger prints.
pub fn verifies(ledger: &Ledger, archive: &Path) {
    let policy = ledger.path("policy-for-verifiers");
    fs::write(&policy, ledger.ok(&["key"])).unwrap();
    let (policy, archive) = (policy.to_str().unwrap(), archive.to_str().unwrap());
    let words = ["verify", "--json", "--policy", policy, archive];
    let said: Value = serde_json::from_str(&ledger.ok(&words)).unwrap();
    assert_eq!(said["outcome"], "proven", "{said}");
    let proven: Vec<&str> = said["proven"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for what in ["key", "receipt", "reports"] {
        assert!(proven.contains(&what), "{what}: {said}");
    }
    let alone = ledger.run(&["verify", archive]);
    assert_eq!(
        alone.status.code(),
        Some(6),
        "without a policy no key is confirmed"
    );
    let mut stand_alone = Command::new(stand_alone());
    stand_alone.args(["--json", "--policy", policy, archive]);
    assert_eq!(
        said_by(&mut stand_alone, 0),
        said,
        "the two programs differ"
    );
    // Where `ops/test` runs, it has made one; who runs the tests alone may have none.
    if let Some(python) = std::env::var_os("CUSTODIA_PYTHON") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/check_extract.py");
        let mut second = Command::new(python);
        second
            .arg(script)
            .args(["--json", "--policy", policy, archive]);
        // It makes no documents: all else is proven.
        said_by(&mut second, 7);
    }
}

/// `custodia-verify`, which the workspace's tests build beside `custodia`.
fn stand_alone() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_custodia")).with_file_name("custodia-verify")
}

fn said_by(command: &mut Command, status: i32) -> Value {
    let Output {
        status: ended,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = String::from_utf8_lossy(&stdout);
    let stderr = String::from_utf8_lossy(&stderr);
    assert_eq!(ended.code(), Some(status), "{command:?}: {said}{stderr}");
    serde_json::from_str(&said).unwrap()
}

pub fn publish(ledger: &Ledger, lines: &[String]) {
    ledger.ok_on(&["publish"], &lines.join("\n"));
}

/// The cut of what has rows now.
pub fn cut_now(ledger: &Ledger) -> String {
    let told: Value = serde_json::from_str(&ledger.ok(&["verdicts", "--json"])).unwrap();
    told["cut"]["digest"].as_str().unwrap().to_owned()
}

/// Waits until every leaf has its rows.
pub fn wait_for_all_rows(serving: &mut Serving) {
    for topic in ["custodia.events", "custodia.registry", "custodia.access"] {
        serving.until("rows", |serving| {
            let size = serving.metric("custodia_tree_size", topic)?;
            let rows = serving.metric("custodia_projected_size", topic)?;
            (rows >= size).then_some(())
        });
    }
}

fn wait_for_signed(serving: &mut Serving) {
    wait_for_all_rows(serving);
    serving.until("the events' checkpoints", |serving| {
        let signed = serving.metric("custodia_checkpoint_signed_total", "custodia.events")?;
        (signed >= 2).then_some(())
    });
}

#[test]
fn extracts_hold_everything_verify_and_are_the_same_again() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let events = town_events();
    let town = Town::with_events(events, SEED, START_MS, PARTITIONS);
    let leaves = send_town(&ledger, events);
    let customer = (0..town.customers.min(300))
        .max_by_key(|n| town.who_received(*n).len())
        .unwrap();
    let person = town.customer(customer);
    let recipient = town.who_received(customer)[0].recipient_id;
    publish(&ledger, &[on_no_ground(&person.subject_ref, recipient)]);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, leaves + 1);
    wait_for_signed(&mut serving);
    // All that has rows now is waited for until it is signed.
    let cut_name = cut_now(&ledger);
    let of = ["--subject", &person.subject_ref, "--as-of", &cut_name];
    let (first, summary) = cut(&ledger, &of, &FOR_OFFICER, "subject.zip");
    assert_eq!(summary["cut"], cut_name.as_str());
    let archive = fs::read(&first).unwrap();
    let shown = event_ids(&archive);
    let own = [Some(person.subject_ref.clone()), person.device_ref.clone()];
    let own: BTreeSet<String> = own.into_iter().flatten().collect();
    let (mut of_person, mut of_recipient) = (0, BTreeSet::new());
    for sent in town.events().filter(|sent| sent.topic == TopicRole::Events) {
        let event = Event::decode(sent.value.as_slice()).unwrap();
        if own.contains(&event.subject_ref) {
            of_person += 1;
            assert!(shown.contains(&event.event_id), "an event is missing");
        }
        let outflow = town_recipient(&event);
        if outflow.as_deref() == Some(recipient) {
            of_recipient.insert(event.event_id);
        }
    }
    assert!(of_person > 5, "{of_person} events");
    verifies(&ledger, &first);
    findings_are_the_ledgers(&ledger, &person.subject_ref);

    let again = of;
    let (second, _) = cut(&ledger, &again, &FOR_OFFICER, "again.zip");
    assert!(
        fs::read(second).unwrap() == archive,
        "the same question, other bytes"
    );

    let of = ["--recipient", recipient, "--as-of", &cut_name];
    let (path, summary) = cut(&ledger, &of, &FOR_REGULATOR, "recipient.zip");
    let shown = event_ids(&fs::read(&path).unwrap());
    assert!(of_recipient.len() > 20 && of_recipient.is_subset(&shown));
    assert!(summary["events"].as_u64().unwrap() >= of_recipient.len() as u64);
    verifies(&ledger, &path);
    let text = fs::read(&path).unwrap();
    no_references(&text, &own);
    serving.stop();

    // Where nothing runs, a ledger runs for as long as it takes; rows made anew change nothing.
    drop_rows(&ledger);
    let (third, _) = cut(&ledger, &again, &FOR_OFFICER, "third.zip");
    assert!(
        fs::read(third).unwrap() == archive,
        "rows made anew, other bytes"
    );
    let left = fs::read_dir(ledger.path("ledger").join("extracts")).unwrap();
    assert_eq!(left.count(), 0, "something was left under way");
    ledger.fsck();
}

fn town_recipient(event: &Event) -> Option<String> {
    use custodia_core::schema::v1::event::Body;
    match event.body.as_ref()? {
        Body::DataShared(said) => Some(said.recipient_id.clone()),
        Body::DataTransferred(said) => Some(said.recipient_id.clone()),
        Body::DataDisclosed(said) => Some(said.recipient_id.clone()),
        _ => None,
    }
}

fn drop_rows(ledger: &Ledger) {
    use custodia::{app, config, metrics::Metrics, project::Projector};
    let config = config::load(None, &ledger.overrides()).unwrap().0;
    let opened = app::open(&config).unwrap();
    let metrics = Metrics::register(&mut prometheus_client::registry::Registry::default());
    for log in &opened.logs {
        let role = match log.origin().topic.as_str() {
            "custodia.registry" => custodia_core::verdict::TopicRole::Registry,
            "custodia.access" => custodia_core::verdict::TopicRole::Access,
            _ => custodia_core::verdict::TopicRole::Events,
        };
        let keys = std::sync::Arc::clone(&opened.keys);
        let mut projector =
            Projector::new(std::sync::Arc::clone(log), keys, role, &metrics).unwrap();
        projector.drop_and_rebuild().unwrap();
    }
}

/// Raw bytes, and everything in them that reads as base64, decoded.
pub fn everything(archive: &[u8]) -> Vec<u8> {
    let mut all = archive.to_vec();
    for line in lines(archive) {
        for slot in line["slots"].as_array().into_iter().flatten() {
            if let Some(bytes) = slot["bytes"].as_str() {
                all.push(0);
                all.extend(STANDARD.decode(bytes).unwrap());
            }
        }
    }
    all
}

pub fn holds(all: &[u8], part: &str) -> bool {
    all.windows(part.len()).any(|some| some == part.as_bytes())
}

/// The cells of a table of the extract, without its heading; quotes are RFC 4180's.
pub fn table(archive: &[u8], name: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(member(archive, name)).unwrap();
    let (mut rows, mut cell, mut quoted) = (vec![vec![]], String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => rows.last_mut().unwrap().push(std::mem::take(&mut cell)),
            '\r' => {}
            '\n' if !quoted => {
                rows.last_mut().unwrap().push(std::mem::take(&mut cell));
                rows.push(vec![]);
            }
            c => cell.push(c),
        }
    }
    rows.pop();
    rows.split_off(1)
}

/// Of each finding about the person by the cut's time: rule, result, cause, judged leaf, recipient.
type Findings = BTreeSet<[String; 5]>;

/// What an extract's table has, beside what makes each count.
fn findings_of_extract(archive: &[u8]) -> BTreeSet<([String; 5], String)> {
    let rows = table(archive, "findings.csv").into_iter();
    rows.map(|row| {
        let leaf = format!("{}#{}", row[19], row[20]);
        let leaf = if row[20].is_empty() {
            String::new()
        } else {
            leaf
        };
        let [rule, result, cause, recipient] = [1, 4, 9, 16].map(|n: usize| row[n].clone());
        ([rule, result, cause, leaf, recipient], row[7].clone())
    })
    .collect()
}

/// What the ledger itself says of a person by a moment, judged on everything that it holds.
fn findings_of_ledger(told: &Value, until: &Value) -> Findings {
    let time: custodia::query::Time = serde_json::from_value(until.clone()).unwrap();
    let all = told["findings"].as_array().unwrap().iter();
    let shown =
        all.filter(|one| one["result"] != "PASS" && one["since_ms"].as_i64() <= Some(time.0));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    shown
        .map(|one| {
            let judged = &one["judged"];
            let leaf = judged["index"].as_u64().map_or(String::new(), |index| {
                format!("{}#{index}", text(&judged["log"]))
            });
            let [rule, result, cause] = ["code", "result", "cause"].map(|name| text(&one[name]));
            [rule, result, cause, leaf, text(&one["recipient"])]
        })
        .collect()
}

/// At one cut an extract has the findings that the ledger answers with, and nearly all are confirmed.
fn findings_are_the_ledgers(ledger: &Ledger, person: &str) {
    let words = ["findings", "--subject", person, "--all", "--most", "10000"];
    let told = ledger.ok(&[&words[..], &["--reason", "audit", "--json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["more"], false);
    let as_of = told["cut"]["digest"].as_str().unwrap();
    let of = ["--subject", person, "--as-of", as_of];
    let (path, summary) = cut(ledger, &of, &FOR_REGULATOR, "judged.zip");
    verifies(ledger, &path);
    let judged = findings_of_extract(&fs::read(&path).unwrap());
    let standing = judged.iter().filter(|(_, by)| by != "refuted");
    let standing: Findings = standing.map(|(finding, _)| finding.clone()).collect();
    let known = findings_of_ledger(&told, &summary["cut_time"]);
    assert_eq!(
        standing, known,
        "the extract and the ledger judge otherwise"
    );
    let broken =
        |(finding, by): &&([String; 5], String)| finding[2] == "none_claimed" && by == "confirmed";
    assert_eq!(judged.iter().filter(broken).count(), 1, "{judged:?}");
}

/// None of these references stands anywhere in an archive.
pub fn no_references(archive: &[u8], references: &BTreeSet<String>) {
    let all = everything(archive);
    for reference in references {
        assert!(!holds(&all, reference), "a reference is in it");
    }
}

pub fn disclosed(case: &str, envelope: &str, body: &str) -> String {
    format!(
        r#"{{"occurred_at": "2026-09-02T08:00:00Z", "producer": "legal-desk"{envelope},
        "data_disclosed": {{"recipient_id": "rc-police", "case": "DI_02_LEGAL_COMPULSION",
        "categories": ["DC_ID_NUMBER"], "method": "MT_FILE", "case_ref": "{case}",
        "basis": {{"kind": "BA_LEGAL_COMPULSION", "citation": "PIPL 13"}},
        "purpose": "PU_LEGAL_COMPLIANCE"{body}}}}}"#
    )
    .replace('\n', " ")
}

pub fn about(subject: &str) -> String {
    format!(r#", "subject_ref": "{subject}", "subject_role": "AC_SUBJECT_USER""#)
}

/// A log that another ledger opened.
fn neighbours_log() -> String {
    r#"{"occurred_at": "2026-09-01T07:00:00Z", "producer": "custodia",
        "log_opened": {"origin": "neighbour.example.com/custodia.events/0/0", "cluster_id": "c",
        "topic_id": "t", "partition_count": 1, "start_offset": "0",
        "isolation_level": "IL_READ_COMMITTED", "entry_version": 1,
        "start": "LS_OFFSET_ZERO"}}"#
        .replace('\n', " ")
}

/// Data of a person that went to a recipient of the town on no ground at all.
pub fn on_no_ground(person: &str, recipient: &str) -> String {
    format!(
        r#"{{"occurred_at": "2026-09-02T08:00:00Z", "producer": "mall"{}, "data_shared": {{
        "recipient_id": "{recipient}", "case": "SH_03_GOODS_DELIVERY", "purpose": "PU_DELIVERY",
        "categories": ["DC_CONSIGNEE_NAME"], "basis": {{"kind": "BA_NONE_CLAIMED"}}, "method": "MT_API",
        "destination_country": "CN", "field_count": "1", "record_count": "1",
        "transfer_sha256": "{}"}}}}"#,
        about(person),
        STANDARD.encode([3; 32])
    )
    .replace('\n', " ")
}

/// What stands of the person in the ledger: an order, two cases under a gag, a third that isn't.
/// Another ledger follows the same topics, so that the registry speaks of its log too.
fn matters() -> Vec<String> {
    let gag = r#", "gag_until": "2126-01-01T00:00:00Z""#;
    let order = format!(
        r#"{{"occurred_at": "2026-09-01T08:00:00Z", "producer": "mall"{},
        "order_opened": {{"order_ref": "o-1", "kind": "OK_GOODS"}}}}"#,
        about(GAGGED)
    );
    vec![
        order.replace('\n', " "),
        disclosed(CASES[0], &about(GAGGED), gag),
        disclosed(
            CASES[1],
            "",
            &format!(r#"{gag}, "named_subject_ref": "{GAGGED}""#),
        ),
        disclosed("case-that-may-be-told", &about(GAGGED), ""),
        disclosed(CASES[0], &about(GAGGED), ""),
        disclosed("case-of-another", &about(OTHER), ""),
        neighbours_log(),
    ]
}

#[test]
fn a_persons_own_copy_shows_nobody_else_and_no_case_under_a_gag() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    publish(&ledger, &matters());
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, IN_EVENTS);
    // Looks of an authority's making stay out of it, the officer's own are in it by role.
    ledger.ok(&[
        "who",
        GAGGED,
        "--reason",
        "regulator_request",
        "--ticket",
        CASES[1],
    ]);
    ledger.ok(&["who", GAGGED, "--reason", "audit"]);
    serving.until("the looks", |serving| {
        (serving.metric("custodia_projected_size", "custodia.access")? >= 2).then_some(())
    });
    wait_for_signed(&mut serving);
    let cut_name = cut_now(&ledger);
    let of = ["--subject", GAGGED, "--as-of", &cut_name];
    let (path, _) = cut(&ledger, &of, &FOR_REGULATOR, "regulator.zip");
    let whole = everything(&fs::read(&path).unwrap());
    for case in CASES {
        assert!(holds(&whole, case), "the regulator sees {case}");
    }
    verifies(&ledger, &path);
    let (path, _) = cut(&ledger, &of, &FOR_THE_PERSON, "own.zip");
    let archive = fs::read(&path).unwrap();
    let all = everything(&archive);
    for hidden in [CASES[0], CASES[1], EMPLOYEE, OTHER, "case-of-another"] {
        assert!(!holds(&all, hidden), "{hidden} is in it");
    }
    for shown in ["o-1", "case-that-may-be-told", GAGGED] {
        assert!(holds(&all, shown), "{shown} is missing");
    }
    assert!(
        lines(&archive)
            .iter()
            .all(|line| line["said"]["people"].is_null())
    );
    verifies(&ledger, &path);
    serving.stop();
}

#[test]
fn nothing_is_released_that_may_not_be() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    publish(&ledger, &matters());
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, IN_EVENTS);
    wait_for_signed(&mut serving);
    let out = ledger.path("x.zip");
    let refused = |of: &[&str], who: &[&str], code: &str| {
        let approved = approved(&ledger, of, who);
        let approved = approved.iter().map(String::as_str);
        let words: Vec<&str> = words(of, who, &out).into_iter().chain(approved).collect();
        ledger.fails(&words, code);
        let receipt = ledger.path("x.zip.tlog-proof");
        assert!(
            !out.exists() && !receipt.exists(),
            "{of:?}: something was released"
        );
    };
    let of = ["--subject", GAGGED];
    refused(&["--subject", EMPLOYEE], &FOR_REGULATOR, "CU-0752");
    refused(&["--recipient", "rc-nobody"], &FOR_REGULATOR, "CU-0752");
    refused(&["--subject", "13800138000"], &FOR_OFFICER, "CU-0550");
    let mut foreign = FOR_REGULATOR;
    foreign[1] = "RQ_FOREIGN";
    refused(&of, &foreign, "CU-0751");
    let empty = [
        "--from",
        "2026-09-02T00:00:00Z",
        "--until",
        "2026-09-02T00:00:00Z",
    ];
    refused(&[&of[..], &empty].concat(), &FOR_OFFICER, "CU-0750");
    let strange = ledger.path("strange");
    fs::write(&strange, "no note").unwrap();
    let held = ["--held", strange.to_str().unwrap()];
    refused(&[&of[..], &held].concat(), &FOR_REGULATOR, "CU-0754");
    fs::write(&out, "kept").unwrap();
    ledger.fails(&words(&of, &FOR_REGULATOR, &out), "CU-0763");
    assert_eq!(fs::read(&out).unwrap(), b"kept");
    fs::remove_file(&out).unwrap();
    serving.stop();
}

#[test]
fn killed_between_its_record_and_its_release_leaves_nothing_behind() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    publish(&ledger, &matters());
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, IN_EVENTS);
    wait_for_signed(&mut serving);
    serving.stop();
    // From now on nothing more is signed for an hour: the extract waits behind its own record.
    let ledger = ledger.set("checkpoints.interval_ms", "3600000");
    let mut serving = ledger.serve();
    let out = ledger.path("x.zip");
    let of = ["--subject", GAGGED];
    let more = approved(&ledger, &of, &FOR_REGULATOR);
    let more = more.iter().map(String::as_str);
    let words: Vec<&str> = words(&of, &FOR_REGULATOR, &out)
        .into_iter()
        .chain(more)
        .collect();
    let before = serving.metric("custodia_tree_size", "custodia.registry");
    let child = ledger.spawn(&words);
    let under_way = || {
        let files = fs::read_dir(ledger.path("ledger").join("extracts"));
        files.map_or(0, Iterator::count)
    };
    // The registry may also grow by what the first run told of its checkpoints as it stopped: an extract
    // must be under way too.
    serving.until("ExtractIssued", |serving| {
        let now = serving.metric("custodia_tree_size", "custodia.registry");
        // The two approvals come before it.
        let grew = now > before.map(|size| size + 2);
        (grew && under_way() == 1).then_some(())
    });
    serving.kill();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!out.exists() && !ledger.path("x.zip.tlog-proof").exists());
    assert_eq!(
        under_way(),
        1,
        "what was under way is there until the next start"
    );
    let ledger = ledger.set("checkpoints.interval_ms", "100");
    let serving = ledger.serve();
    assert_eq!(
        fs::read_dir(ledger.path("ledger").join("extracts"))
            .unwrap()
            .count(),
        0
    );
    let (path, _) = cut(&ledger, &of, &FOR_REGULATOR, "x.zip");
    verifies(&ledger, &path);
    serving.stop();
}

#[test]
fn a_replica_gives_the_same_bytes() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    publish(&ledger, &matters());
    let file = ledger.path("for-a-replica");
    ledger.ok(&["key", "replica", file.to_str().unwrap()]);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, IN_EVENTS);
    wait_for_signed(&mut serving);
    let of = ["--subject", GAGGED];
    let (first, summary) = cut(&ledger, &of, &FOR_OFFICER, "first.zip");
    let archive = fs::read(first).unwrap();

    let replica = crate::answers::configured(&broker).set("signer.enabled", "false");
    replica.ok(&["init", "--replica-of", file.to_str().unwrap()]);
    let mut second = replica.serve();
    wait_for_rows(&mut second, IN_EVENTS);
    // A cut is known by name where it was named; here its sizes came with the copy of the file.
    let cut_name = summary["cut"].as_str().unwrap();
    let cuts = replica.path("ledger").join("cuts");
    fs::create_dir_all(&cuts).unwrap();
    fs::copy(
        ledger.path("ledger").join("cuts").join(cut_name),
        cuts.join(cut_name),
    )
    .unwrap();
    let of = [&of[..], &["--as-of", cut_name]].concat();
    let (again, _) = cut(&replica, &of, &FOR_OFFICER, "again.zip");
    assert!(
        fs::read(&again).unwrap() == archive,
        "a replica gives other bytes"
    );
    verifies(&replica, &again);
    second.stop();
    serving.stop();
}
