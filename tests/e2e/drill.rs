//! Three in the morning: a courier's credential leaks. Each command of `docs/drill.md` is run here, and what
//! it prints is what the page shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use custodia::generate::{Breach, Town};
use serde_json::Value;

use crate::answers::{PARTITIONS, asking, wait_for_rows};
use crate::approvals::{both, register_both};
use crate::broker::Broker;
use crate::ledger::{Ledger, Serving};
use crate::page::Page;
use crate::record_to_leaf::{SEED, START_MS, send_town};

/// Events of the town.
const EVENTS: u64 = 8_000;
const ID: &str = "courier-2026-11";
/// Files of the responder.
const LIST: &str = "affected.csv";
const SAVED: &str = "exposure.json";
const DRAFT: &str = "draft.txt";
const NOTICE: &str = "notice.txt";
/// Reasons on the command line.
const WHY: [&str; 4] = ["--reason", "incident_response", "--ticket", ID];

fn time(ms: i64) -> String {
    custodia::query::Time(ms).to_string()
}

/// The town, its breach, and a ledger that runs and has rows for it.
struct Scene {
    breach: Breach,
    ledger: Ledger,
    serving: Serving,
    // Kept to the end: it is the ledger's Kafka.
    _broker: Broker,
}

impl Scene {
    fn set() -> Self {
        let broker = Broker::start();
        let ledger = asking(&broker);
        let town = Town::with_events(EVENTS, SEED, START_MS, PARTITIONS);
        let leaves = send_town(&ledger, EVENTS);
        let mut serving = ledger.serve();
        wait_for_rows(&mut serving, leaves);
        Self {
            breach: town.breach(),
            ledger,
            serving,
            _broker: broker,
        }
    }

    fn path(&self, name: &str) -> String {
        self.ledger.path(name).display().to_string()
    }

    fn window(&self) -> [String; 4] {
        let window = &self.breach.window_ms;
        let (from, to) = (time(window.start), time(window.end));
        ["--from".into(), from, "--to".into(), to]
    }

    fn exposure(&self, of: &[&str], more: &[&str]) -> std::process::Output {
        let window = self.window();
        let window: Vec<&str> = window.iter().map(String::as_str).collect();
        let words = [&["exposure"], of, &window, &WHY[..], more].concat();
        self.ledger.run(&words)
    }

    fn stands(&self) -> Value {
        let printed = self.ledger.ok(&["incident", ID, "--json"]);
        serde_json::from_str::<Value>(&printed).unwrap()["incident"].clone()
    }

    /// The fourth column of clocks that are in a state, with their rules.
    fn clocks(&self, state: &str) -> BTreeSet<String> {
        let stands = self.stands();
        let clocks = stands["clocks"].as_array().unwrap().iter();
        let of = clocks.filter(|clock| clock["state"] == state);
        of.map(|clock| clock["rule"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The references of a list, in its order.
fn references(list: &str) -> Vec<String> {
    let lines = list.lines().skip(1);
    lines
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect()
}

/// Fills in a draft as a person would.
fn fill(draft: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("【待填") {
            "经核实，收货信息可能被无关人员看到；请留意陌生来电，凭证已停用。".to_owned()
        } else {
            line.to_owned()
        }
    };
    draft.lines().map(|text| line(text) + "\n").collect()
}

#[test]
fn a_couriers_credential_leaks() {
    let mut scene = Scene::set();
    let credential = hex::encode(&scene.breach.credential);
    let mut page = Page::new("docs/drill.md", "CUSTODIA_WRITE_DRILL", &scene.path(""));
    let saved = whom_does_it_touch(&mut scene, &mut page, &credential);
    it_goes_on_record(&scene, &mut page, &credential, &saved);
    everyone_is_told(&scene, &mut page);
    the_regulator_gets_a_file(&scene, &mut page);
    page.must_be_current();

    the_same_people_by_other_ways(&scene, &credential);
    what_is_asked_wrongly_is_refused(&scene, &credential);
    someone_is_on_the_list_or_not(&scene);
    what_does_not_fit_is_refused(&scene);
    scene.serving.stop();
}

/// Command 1.
fn whom_does_it_touch(scene: &mut Scene, page: &mut Page, credential: &str) -> Value {
    let (list, saved) = (scene.path(LIST), scene.path(SAVED));
    let looks = scene
        .serving
        .metric("custodia_tree_size", "custodia.access");
    let (window, why) = (scene.window().join(" "), WHY.join(" "));
    page.run(
        &scene.ledger,
        &format!(
            "exposure --credential {credential} {window} --affected {list} --save {saved} {why}"
        ),
    );
    let affected = fs::read_to_string(&list).unwrap();
    assert_eq!(references(&affected), scene.breach.affected);
    let count = scene.breach.affected.len() as u64;
    assert!(count > 3, "the breach touches {count}");
    let seen = looks.unwrap_or(0) + count;
    scene
        .serving
        .until("a look at each to be a leaf", |serving| {
            (serving.metric("custodia_tree_size", "custodia.access")? >= seen).then_some(())
        });
    let answer: Value = serde_json::from_str(&fs::read_to_string(&saved).unwrap()).unwrap();
    assert_eq!(answer["people"], count);
    assert_eq!(answer["grade"]["grade"], "BR_GRADE_GENERAL");
    let [courier] = &answer["recipients"].as_array().unwrap()[..] else {
        panic!("{answer}");
    };
    assert_eq!(courier["id"], scene.breach.recipient_id);
    assert_eq!(courier["people"], count);
    answer
}

/// Commands 2 to 4: opened and graded, stopped, the list's root.
fn it_goes_on_record(scene: &Scene, page: &mut Page, credential: &str, exposure: &Value) {
    let (list, saved) = (scene.path(LIST), scene.path(SAVED));
    for words in [
        format!(
            "incident open {ID} --kind leak --cause credential-leaked --exposure {saved} --grade"
        ),
        format!("incident contain {ID} --step stop-loss --credential {credential}"),
        format!("incident affected {ID} --list {list}"),
    ] {
        page.run(&scene.ledger, &words);
    }
    let stands = scene.stands();
    assert_eq!(stands["stage"], "open");
    assert_eq!(stands["list"]["root"], exposure["subject_set_root_sha256"]);
    assert_eq!(stands["told"]["untold"], scene.breach.affected.len());
    assert_eq!(stands["told"]["public_notice_must_stand_in"], true);
    let running = BTreeSet::from(["R25".into(), "R26".into()]);
    assert_eq!(scene.clocks("running"), running);
}

/// Commands 5 to 8: the notice, to people and to the regulator, and how it stands then.
fn everyone_is_told(scene: &Scene, page: &mut Page) {
    let (list, notice) = (scene.path(LIST), scene.path(NOTICE));
    let text = page.run(&scene.ledger, &format!("incident notice {ID}"));
    fs::write(scene.path(DRAFT), &text).unwrap();
    fs::write(&notice, fill(&text)).unwrap();
    for words in [
        format!(
            "incident notified {ID} --list {list} --channel push --notice {notice} --producer messaging"
        ),
        format!(
            "incident report {ID} --authority provincial-cac --report {notice} --receipt-no 2026-0317"
        ),
        format!("incident {ID} --list {list}"),
    ] {
        page.run(&scene.ledger, &words);
    }
    let stands = scene.stands();
    assert_eq!(stands["told"]["people"], scene.breach.affected.len());
    assert_eq!(stands["told"]["untold"], 0);
    assert_eq!(stands["told"]["public_notice_must_stand_in"], false);
    let met = BTreeSet::from(["R25".into(), "R26".into()]);
    assert_eq!(scene.clocks("met"), met);
    assert_eq!(stands["faults"], Value::Array(vec![]), "{stands}");
}

/// Commands 9 and 10: the extract, once two people have approved it, and how the regulator checks it.
fn the_regulator_gets_a_file(scene: &Scene, page: &mut Page) {
    let (file, policy) = (scene.path("incident.zip"), scene.path("ledger.policy"));
    // Handed over before, by another way than the extract.
    fs::write(&policy, scene.ledger.ok(&["key"])).unwrap();
    let extract = format!(
        "extract --incident {ID} --requester RQ_REGULATOR --requester-name 省级网信部门 \
         --basis LB_PIPL_63_INSPECTION --reason regulator_request --ticket {ID}"
    );
    let request = scene.path("request");
    register_both(&scene.ledger);
    page.aside(
        &scene.ledger,
        &format!("{extract} --request-approval {request}"),
    );
    let [(by_one, one), (by_other, other)] = both(&scene.ledger, &request);
    for words in [by_one, by_other] {
        page.aside(&scene.ledger, &words);
    }
    page.run(
        &scene.ledger,
        &format!("{extract} --approval {one} --approval {other} -o {file}"),
    );
    let receipt = format!("{file}.tlog-proof");
    let printed = page.run(
        &scene.ledger,
        &format!("verify {file} --policy {policy} --receipt {receipt} --lang en"),
    );
    // Nothing was late, so that no rule has a finding in it.
    assert!(
        printed.starts_with("PROVEN\n") && printed.contains("Findings: 0 confirmed"),
        "{printed}"
    );
    let archive = fs::read(&file).unwrap();
    for reference in &scene.breach.affected {
        let shows = archive
            .windows(reference.len())
            .any(|bytes| bytes == reference.as_bytes());
        assert!(!shows, "the extract shows a person's reference");
    }
}

fn people(output: &std::process::Output) -> u64 {
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["people"].as_u64().unwrap()
}

fn the_same_people_by_other_ways(scene: &Scene, credential: &str) {
    let count = scene.breach.affected.len() as u64;
    let endpoint = scene.breach.endpoint.as_str();
    for of in [
        ["--endpoint", endpoint],
        ["--recipient", scene.breach.recipient_id],
    ] {
        assert_eq!(people(&scene.exposure(&of, &["--json"])), count, "{of:?}");
    }
    // Others received what the gateway sent, too; and all of these are among them.
    let gateway = scene.exposure(&["--producer", "mall-gateway"], &["--json"]);
    assert!(people(&gateway) >= count);
    let nobody = scene.exposure(&["--sdk", "no-such-sdk"], &["--json"]);
    assert_eq!((nobody.status.code(), people(&nobody)), (Some(4), 0));
    // Over years, and with what is still to come: the gaps are named.
    let words = [
        "exposure",
        "--credential",
        credential,
        "--from",
        "2001-01-01T00:00:00Z",
    ];
    let until = ["--to", "2099-01-01T00:00:00Z", "--json"];
    let all: Value =
        serde_json::from_str(&scene.ledger.ok(&[&words[..], &until, &WHY].concat())).unwrap();
    let gaps = all["gaps"].as_array().unwrap().iter();
    let gaps: BTreeSet<&str> = gaps.map(|gap| gap["what"].as_str().unwrap()).collect();
    for gap in ["before the ledger", "after now", "after the cut"] {
        assert!(gaps.contains(gap), "{all}");
    }
    assert!(all["people"].as_u64().unwrap() > count);
}

fn what_is_asked_wrongly_is_refused(scene: &Scene, credential: &str) {
    let empty = [
        "--from",
        "2026-09-02T00:00:00Z",
        "--to",
        "2026-09-02T00:00:00Z",
    ];
    let words = [&["exposure", "--credential", credential], &empty[..], &WHY].concat();
    scene.ledger.fails(&words, "CU-0900");
    let list = scene.path("never.csv");
    let secret = ["exposure", "--credential", "hunter2", "--affected", &list];
    let line = scene.ledger.fails(&[&secret[..], &WHY].concat(), "CU-0901");
    assert!(
        !line.contains("hunter2") && !Path::new(&list).exists(),
        "{line}"
    );
    let taken = ["exposure", "--credential", credential, "--affected"];
    let there = scene.path("affected.csv");
    scene
        .ledger
        .fails(&[&taken[..], &[&there], &WHY].concat(), "CU-0019");
}

fn someone_is_on_the_list_or_not(scene: &Scene) {
    let list = &scene.path(LIST);
    let root = scene.stands()["list"]["root"].as_str().unwrap().to_owned();
    let count = scene.breach.affected.len().to_string();
    let (listed, absent): (&str, _) = (&scene.breach.affected[1], "mmmmmmmmmmmmmmmmmmmmmmmmmm");
    for (subject, says) in [(listed, " is on the list"), (absent, " is not on the list")] {
        let words = [
            "incident",
            "prove",
            ID,
            "--list",
            list,
            "--subject",
            subject,
        ];
        let proof = scene.path("proof.json");
        fs::write(&proof, scene.ledger.ok(&words)).unwrap();
        let check = [
            "incident", "check", &proof, "--root", &root, "--count", &count,
        ];
        assert!(
            scene
                .ledger
                .ok(&check)
                .contains(&format!("{subject}{says}"))
        );
        let other = "00".repeat(32);
        let check = [
            "incident", "check", &proof, "--root", &other, "--count", &count,
        ];
        scene.ledger.fails(&check, "CU-0019");
    }
    let cut_short: String = fs::read_to_string(list)
        .unwrap()
        .lines()
        .take(3)
        .map(|line| line.to_owned() + "\n")
        .collect();
    let other = scene.path("other.csv");
    fs::write(&other, cut_short).unwrap();
    let words = [
        "incident",
        "prove",
        ID,
        "--list",
        &other,
        "--subject",
        absent,
    ];
    scene.ledger.fails(&words, "CU-0907");
    fs::write(&other, "subject_ref\n13800138000\n").unwrap();
    let words = ["incident", "affected", ID, "--list", &other];
    let line = scene.ledger.fails(&words, "CU-0906");
    assert!(
        !line.contains("13800138000") && line.contains("line 2"),
        "{line}"
    );
}

fn what_does_not_fit_is_refused(scene: &Scene) {
    let [list, draft, notice] = &[LIST, DRAFT, NOTICE].map(|name| scene.path(name));
    let ledger = &scene.ledger;
    let open = [
        "incident",
        "open",
        ID,
        "--kind",
        "leak",
        "--people",
        "9",
        "--category",
        "REAL_NAME",
    ];
    ledger.fails(&open, "CU-0905");
    ledger.fails(&["incident", "close", "no-such"], "CU-0904");
    ledger.fails(&["incident", "affected", ID, "--list", list], "CU-0905");
    let words = [
        "incident", "notified", ID, "--list", list, "--notice", draft,
    ];
    ledger.fails(&words, "CU-0909");
    let short = scene.path("short.txt");
    fs::write(&short, "## cause\n凭证泄露。\n").unwrap();
    let words = ["incident", "notified", ID, "--public", "--notice", &short];
    ledger.fails(&words, "CU-0908");
    // Everyone was told; nobody is told twice.
    let words = [
        "incident", "notified", ID, "--list", list, "--notice", notice,
    ];
    let again = ledger.ok(&words);
    assert!(again.contains(" 0 told now"), "{again}");

    // Graded again after the report went out: who was told the old grade is named.
    let grade = [
        "incident",
        "grade",
        ID,
        "--grade",
        "larger",
        "--criterion",
        "loss",
    ];
    let output = ledger.run(&grade);
    let noted = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && noted.contains("BR_REPORTED_PROVINCIAL_CAC"),
        "{noted}"
    );
    ledger.fails(&grade, "CU-0905");

    let known = scene.stands()["known_at"].clone();
    ledger.ok(&["incident", "close", ID, "--people", "9"]);
    assert_eq!(scene.stands()["stage"], "closed");
    assert_eq!(scene.clocks("running"), BTreeSet::from(["R27".into()]));
    ledger.fails(&["incident", "close", ID], "CU-0905");
    let reopened = ledger.run(&[&open[..], &["--again"]].concat());
    assert!(reopened.status.success(), "{reopened:?}");
    let stands = scene.stands();
    assert_eq!(
        (&stands["stage"], &stands["known_at"]),
        (&"reopened".into(), &known)
    );
    let unknown = ledger.run(&["incident", "no-such"]);
    assert_eq!(unknown.status.code(), Some(4));
    // Before it was known there was nothing.
    let then = ["incident", ID, "--at", "2020-01-01T00:00:00Z", "--json"];
    let then = ledger.run(&then);
    assert_eq!(then.status.code(), Some(4));
}
