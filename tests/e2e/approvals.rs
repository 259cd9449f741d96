//! Two people for what an authority gets: who they are, what they sign, and what counts for nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::answers::{EMPLOYEE, asking, wait_for_rows};
use crate::broker::Broker;
use crate::extract::{
    FOR_OFFICER, FOR_REGULATOR, about, cut, disclosed, publish, verifies, wait_for_all_rows, words,
};
use crate::ledger::Ledger;
use crate::produce::EVENTS;

/// The two who approve in every test.
pub const FIRST: &str = "firstapproverfirstapprover";
pub const SECOND: &str = "secondapproversecondapprov";
/// Others of this test.
const AGENT: &str = "agentagentagentagentagenta";
const STRANGER: &str = "strangerstrangerstrangerst";
const PERSON: &str = "approvedapprovedapprovedap";

/// The file of a person's key.
fn key(ledger: &Ledger, person: &str) -> String {
    let path = ledger.path(&format!("{person}.key"));
    path.to_str().unwrap().to_owned()
}

/// Makes a person's key and puts it on record.
fn register(ledger: &Ledger, person: &str, role: &str) {
    let public = ledger.ok(&["person", "key", &key(ledger, person)]);
    let public = public.trim();
    ledger.ok(&[
        "person",
        "register",
        person,
        "--role",
        role,
        "--public-key",
        public,
    ]);
}

/// Waits until a ledger that runs has read who is registered.
fn persons(ledger: &Ledger) -> Vec<Value> {
    let listed: Value = serde_json::from_str(&ledger.ok(&["person", "list", "--json"])).unwrap();
    listed["rows"].as_array().unwrap().clone()
}

/// Has the two who approve registered, once a ledger.
pub fn register_both(ledger: &Ledger) {
    if !Path::new(&key(ledger, FIRST)).exists() {
        register(ledger, FIRST, "legal");
        register(ledger, SECOND, "legal");
        assert!(persons(ledger).len() >= 2);
    }
}

/// The command that signs a request as a person, and the approval's file.
fn approve_words(ledger: &Ledger, request: &str, question: &str, person: &str) -> (String, String) {
    let (key, out) = (key(ledger, person), format!("{request}.{person}"));
    let words =
        format!("approve {request} --question {question} --key {key} --as {person} -o {out}");
    (words, out)
}

/// The commands with which the two sign a request, each with the approval's file.
pub fn both(ledger: &Ledger, request: &str) -> [(String, String); 2] {
    both_of(ledger, request, &format!("{request}.question.json"))
}

/// The same of a request whose question is in that file.
pub fn both_of(ledger: &Ledger, request: &str, question: &str) -> [(String, String); 2] {
    [FIRST, SECOND].map(|person| approve_words(ledger, request, question, person))
}

/// Signs a request as a person; the approval's file.
fn approve(ledger: &Ledger, request: &str, person: &str) -> String {
    let question = format!("{request}.question.json");
    let (words, out) = approve_words(ledger, request, &question, person);
    ledger.ok(&words.split(' ').collect::<Vec<_>>());
    out
}

/// Signs a request about a person as one of the two; the approval's file.
pub fn approve_about(ledger: &Ledger, request: &str, of: &str, person: &str) -> String {
    let (key, out) = (key(ledger, person), format!("{request}.{person}"));
    let own = ["--key", &key, "--as", person, "-o", &out];
    ledger.ok(&[&["approve", request, "--subject", of], &own[..]].concat());
    out
}

/// The words that an authority's extract has beside the others: a request of its own, and two people's
/// approvals of it; for anybody else none. Where it is new, a running ledger reads who they are.
pub fn approved(ledger: &Ledger, of: &[&str], who: &[&str]) -> Vec<String> {
    if !["RQ_REGULATOR", "RQ_COURT_OR_POLICE"].contains(&who[1]) {
        return Vec::new();
    }
    register_both(ledger);
    let number = (1..100).find(|n| !ledger.path(&format!("request-{n}")).exists());
    let id = format!("request-{}", number.unwrap());
    let file = ledger.path(&id).to_str().unwrap().to_owned();
    let request = ["--request-id", &id, "--request-approval", &file];
    ledger.ok(&[&["extract"], of, who, &request].concat());
    let mut words = vec!["--request-id".to_owned(), id];
    for person in [FIRST, SECOND] {
        words.extend(["--approval".to_owned(), approve(ledger, &file, person)]);
    }
    words
}

/// A ledger that runs and knows a person.
fn scene(broker: &Broker) -> (Ledger, crate::ledger::Serving) {
    let ledger = asking(broker);
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, 1);
    wait_for_all_rows(&mut serving);
    (ledger, serving)
}

#[test]
fn an_authority_gets_its_extract_once_two_people_have_approved_it() {
    let broker = Broker::start();
    let (ledger, mut serving) = scene(&broker);
    let of = ["--subject", PERSON];
    let out = ledger.path("x.zip");
    let none = words(&of, &FOR_REGULATOR, &out);
    let line = ledger.fails(&none, "CU-0994");
    assert!(line.contains("custodia approve"), "{line}");
    let more = approved(&ledger, &of, &FOR_REGULATOR);
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let one = [&none[..], &more[..4]].concat();
    ledger.fails(&one, "CU-0994");
    assert!(!out.exists());
    let both = [&none[..], &more].concat();
    let issued: Value = serde_json::from_str(&ledger.ok(&both)).unwrap();
    assert_eq!(issued["request_id"], "request-1");
    verifies(&ledger, &out);

    // What was approved once is done once, now and after a restart.
    fs::remove_file(&out).unwrap();
    fs::remove_file(ledger.path("x.zip.tlog-proof")).unwrap();
    ledger.fails(&both, "CU-0995");
    serving.stop();
    serving = ledger.serve();
    ledger.fails(&both, "CU-0995");
    assert!(!out.exists());

    // Both approvals are on record; nobody else needs any.
    wait_for_all_rows(&mut serving);
    let class = ["--class", "ExtractApproved"];
    let (_, counted) = cut(&ledger, &class, &FOR_OFFICER, "approvals.zip");
    assert_eq!(counted["events"], 2, "{counted}");
    serving.stop();
    ledger.fsck();
}

#[test]
fn what_is_not_two_other_peoples_word_on_this_question_counts_for_nothing() {
    let broker = Broker::start();
    let (ledger, serving) = scene(&broker);
    register_both(&ledger);
    register(&ledger, AGENT, "customer_service");
    ledger.ok(&["person", "key", &key(&ledger, STRANGER)]);
    assert_eq!(persons(&ledger).len(), 3);
    let out = ledger.path("x.zip");
    let (of, id) = (["--subject", PERSON], ["--request-id", "r"]);
    let request = ledger.path("r").to_str().unwrap().to_owned();
    let asks = [&["extract"], &of[..], &FOR_REGULATOR, &id].concat();
    ledger.ok(&[&asks[..], &["--request-approval", &request]].concat());
    let by = |person: &str| approve(&ledger, &request, person);
    let (first, second) = (by(FIRST), by(SECOND));
    let refused = |of: &[&str], id: &str, approvals: [&str; 2], code: &str| {
        let [a, b] = approvals;
        let more = ["--request-id", id, "--approval", a, "--approval", b];
        let line = ledger.fails(
            &[words(of, &FOR_REGULATOR, &out), more.to_vec()].concat(),
            code,
        );
        assert!(line.contains(a) || line.contains(b), "{line}");
        assert!(!out.exists(), "{code}: something was released");
    };
    let again = format!("{second}.again");
    fs::copy(&first, &again).unwrap();
    refused(&of, "r", [&first, &again], "CU-0983");
    refused(&of, "r", [&first, &by(AGENT)], "CU-0987");
    refused(&of, "r", [&first, &by(STRANGER)], "CU-0986");
    refused(&["--subject", FIRST], "r", [&second, &first], "CU-0990");

    // Another's key, and a text changed after it was signed.
    let forged = format!("{request}.forged");
    let as_second = ["--as", SECOND, "--key", &key(&ledger, FIRST), "-o", &forged];
    ledger.ok(&[&["approve", &request], &as_second[..]].concat());
    refused(&of, "r", [&first, &forged], "CU-0993");
    let text = fs::read_to_string(&second).unwrap();
    fs::write(&forged, text.replacen("until 1", "until 2", 1)).unwrap();
    refused(&of, "r", [&first, &forged], "CU-0980");
    fs::write(&forged, &text[..text.len() - 9]).unwrap();
    // What is no approval is refused before anybody is asked.
    refused(&of, "r", [&first, &forged], "CU-0980");

    ledger.ok(&["person", "retire", SECOND]);
    ledger.fails(&["person", "retire", SECOND], "CU-0999");
    assert_eq!(
        persons(&ledger)
            .iter()
            .filter(|row| row["holds"] == true)
            .count(),
        2
    );
    refused(&of, "r", [&first, &second], "CU-0985");
    serving.stop();
}

#[test]
fn nobody_signs_what_is_their_own_or_ran_out_or_with_a_key_that_is_none() {
    let ledger = Ledger::at("127.0.0.1:1");
    let uid = rustix::process::getuid().as_raw();
    let place = format!("access.principals.{uid}");
    let ledger = ledger
        .set(&format!("{place}.employee"), EMPLOYEE)
        .set(&format!("{place}.role"), "protection_officer");
    ledger.ok(&["person", "key", &key(&ledger, FIRST)]);
    ledger.fails(&["person", "key", &key(&ledger, FIRST)], "CU-0998");
    let request = |name: &str, more: &[&str]| {
        let file = ledger.path(name).to_str().unwrap().to_owned();
        let asks = ["extract", "--subject", PERSON, "--request-approval", &file];
        ledger.ok(&[&asks[..], &FOR_REGULATOR, more].concat());
        file
    };
    let good = request("good", &[]);
    let refused = |request: &str, person: &str, more: &[&str], code: &str| {
        let (key, out) = (key(&ledger, FIRST), ledger.path("out"));
        let own = ["--as", person, "--key", &key, "-o", out.to_str().unwrap()];
        let output = ledger.run(&[&["approve", request], &own[..], more].concat());
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(line.starts_with(&format!("custodia: {code}: ")), "{line}");
        assert!(!out.exists(), "{code}: something was signed");
    };
    refused(&good, EMPLOYEE, &[], "CU-0981");
    refused(&good, "zhang.san", &[], "CU-0980");
    refused(&good, FIRST, &["--subject", PERSON], "CU-0990");
    let late = request("late", &["--approval-until", "2026-01-01T00:00:00Z"]);
    refused(&late, FIRST, &[], "CU-0992");
    let other = ledger.path("other").to_str().unwrap().to_owned();
    let asks = ["extract", "--subject", FIRST, "--request-approval", &other];
    ledger.ok(&[&asks[..], &FOR_REGULATOR].concat());
    let question = format!("{other}.question.json");
    refused(&good, FIRST, &["--question", &question], "CU-0990");
    let text = fs::read_to_string(&good).unwrap();
    fs::write(&late, text.replacen("deed extract", "deed erasure", 1)).unwrap();
    refused(&late, FIRST, &[], "CU-0980");

    let file = key(&ledger, FIRST);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 5]).unwrap();
    refused(&good, FIRST, &[], "CU-0997");
    fs::write(&file, "custodia-signing-key/v1\nAAAA\n").unwrap();
    refused(&good, FIRST, &[], "CU-0997");
    fs::write(&file, &whole).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    refused(&good, FIRST, &[], "CU-0996");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let said = ledger.ok(&[
        "approve",
        &good,
        "--as",
        FIRST,
        "--key",
        &file,
        "-o",
        ledger.path("out").to_str().unwrap(),
    ]);
    assert!(said.contains("向有权机关提供一份摘录"), "{said}");
    assert!(
        said.contains("the issue of one extract to an authority"),
        "{said}"
    );
}

#[test]
fn a_generation_is_opened_once_two_people_have_approved_it() {
    let broker = Broker::start();
    let (ledger, serving) = scene(&broker);
    register_both(&ledger);
    serving.stop();
    let place = format!("{EVENTS}/0");
    ledger.ok(&["log", "close", &place, "--reason", "ordered"]);
    let open = ["log", "open", &place, "--continue"];
    ledger.fails(&open, "CU-0994");
    let request = ledger.path("generation").to_str().unwrap().to_owned();
    let asked = ledger.ok(&[&open[..], &["--request-approval", &request]].concat());
    assert!(asked.contains(&format!("{place}/2 from offset")), "{asked}");
    let approvals: Vec<String> = [FIRST, SECOND]
        .into_iter()
        .map(|person| {
            let out = format!("{request}.{person}");
            let own = ["--key", &key(&ledger, person), "--as", person, "-o", &out];
            ledger.ok(&[&["approve", &request], &own[..]].concat());
            out
        })
        .collect();
    let [one, other] = &approvals[..] else {
        panic!("{approvals:?}");
    };
    let both = ["--approval", one, "--approval", other];
    ledger.fails(&[&open[..], &both[..2]].concat(), "CU-0994");
    // What was approved is this generation, begun where it was said.
    let elsewhere = ["log", "open", &place, "--generation", "7", "--continue"];
    ledger.fails(&[&elsewhere[..], &both].concat(), "CU-0990");
    let opened = ledger.ok(&[&open[..], &both, &["--json"]].concat());
    let opened: Value = serde_json::from_str(&opened).unwrap();
    assert_eq!(opened[0]["approved_by"], serde_json::json!([FIRST, SECOND]));
    // Once more, and it is another generation.
    ledger.ok(&["log", "close", &place, "--reason", "ordered"]);
    ledger.fails(&[&open[..], &both].concat(), "CU-0990");
    ledger.fsck();
}
