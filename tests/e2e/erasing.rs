//! People are erased by two people's approval: what keeps them, what goes, and that all else stays.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answers::{EMPLOYEE, asking, configured, wait_for_rows, who};
use crate::approvals::{both, both_of, register_both};
use crate::broker::Broker;
use crate::chance::Chance;
use crate::events::{lines, objects, share};
use crate::extract::{FOR_OFFICER, FOR_THE_PERSON, cut, verifies, wait_for_all_rows};
use crate::faults::copy;
use crate::findings::number;
use crate::kills::live_on;
use crate::ledger::{Ledger, Serving, event_roots};

const CUSTOMERS: usize = 10_000;
const ERASED: usize = 100;
/// How many people are erased at once.
const ERASING: usize = 4;
const KILLS: usize = 50;
/// How long the replica that is killed may live each time, at most.
const MOST_LIFE_MS: u64 = 1500;
/// Long enough ago that the duty to keep records of provision has ended.
const SHARED: &str = "2022-05-01T08:00:00Z";
const BASIS: &str = "PIPL 47(1)";

/// The reference of a made-up customer.
fn reference(customer: usize) -> String {
    let digits = format!("{customer:06}");
    let letters = digits.bytes().map(|digit| char::from(b'a' + digit - b'0'));
    format!("madeupcustomernumber{}", letters.collect::<String>())
}

fn shared(customer: usize) -> Value {
    let mut event = share(&reference(customer), "order-1");
    event["occurred_at"] = SHARED.into();
    event
}

fn of_person(subject: &str, time: &str, kind: &str, body: &Value) -> Value {
    json!({
        "occurred_at": time,
        "producer": "service-desk",
        "subject_ref": subject,
        "subject_role": "AC_SUBJECT_USER",
        kind: body,
    })
}

/// The person asks that the account be cancelled, and it is.
fn cancelled(subject: &str) -> [Value; 2] {
    let received = json!({
        "request_id": "r-1",
        "kind": "RR_CANCEL_ACCOUNT",
        "channel": "RR_CHANNEL_EMAIL",
        "received_at": "2022-06-01T08:00:00Z",
        "due_at": "2022-06-16T16:00:00Z",
    });
    let fulfilled = json!({
        "request_id": "r-1",
        "scope": ["DC_CONSIGNEE_NAME"],
        "systems_touched": ["shop"],
    });
    [
        of_person(
            subject,
            "2022-06-01T08:00:00Z",
            "rights_request_received",
            &received,
        ),
        of_person(
            subject,
            "2022-06-02T08:00:00Z",
            "rights_request_fulfilled",
            &fulfilled,
        ),
    ]
}

fn publish(ledger: &Ledger, events: &[Value]) {
    ledger.ok_on(&["publish"], &lines(events));
}

/// The request for an erasure, approved by the two; the words with both approvals.
fn approved(ledger: &Ledger, of: &[&str], name: &str) -> Vec<String> {
    let file = ledger.path(name).to_str().unwrap().to_owned();
    let request = ["--basis", BASIS, "--request-approval", &file];
    ledger.ok(&[&["erase"], of, &request].concat());
    let mut words: Vec<String> = ["erase"]
        .iter()
        .chain(of)
        .map(|&word| word.to_owned())
        .collect();
    words.extend(["--basis", BASIS, "--json"].map(str::to_owned));
    for (command, approval) in both(ledger, &file) {
        ledger.ok(&command.split(' ').collect::<Vec<_>>());
        words.extend(["--approval".to_owned(), approval]);
    }
    words
}

fn run(ledger: &Ledger, words: &[String]) -> Value {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    serde_json::from_str(&ledger.ok(&words)).unwrap()
}

/// Erases a person, whom this ledger then says that it erased.
fn erase_attested(ledger: &Ledger, subject: &str) {
    let words = approved(ledger, &[subject], &format!("erasure-of-{subject}"));
    let certificate = run(ledger, &words);
    let attested = certificate["erased"][0]["attested"].as_array().unwrap();
    let own = |one: &&Value| one["store_id"] == crate::ledger::NAME;
    let own: Vec<&Value> = attested.iter().filter(own).collect();
    assert_eq!(own.len(), 1, "{certificate}");
    // A share, the two of the cancellation, and a look at least.
    assert!(own[0]["payloads"].as_u64().unwrap() >= 4, "{certificate}");
}

/// What is answered about each of these, in their order.
fn who_of(ledger: &Ledger, subjects: &[String]) -> Vec<Value> {
    let file = ledger.path("asked");
    fs::write(&file, subjects.join("\n")).unwrap();
    let file = file.to_str().unwrap();
    let words = ["who", "--refs", file, "--reason", "audit", "--json"];
    let answers = objects(&ledger.ok(&words));
    assert_eq!(answers.len(), subjects.len());
    answers
}

fn are_erased(ledger: &Ledger, subjects: &[String]) {
    for answer in who_of(ledger, subjects) {
        assert_eq!(answer["rows"], json!([]), "{answer}");
        assert_eq!(answer["quarantined"], json!([]), "{answer}");
        let events = answer["erasures"].as_array().unwrap();
        let shredded = |one: &Value| one["event"] == "SubjectKeyShredded";
        assert!(events.iter().any(shredded), "{answer}");
    }
}

/// What is answered about each of these, without the cut that it stands on.
fn settled(ledger: &Ledger, subjects: &[String]) -> Vec<Value> {
    let mut answers = who_of(ledger, subjects);
    for answer in &mut answers {
        answer.as_object_mut().unwrap().remove("cut");
    }
    answers
}

/// Waits until nothing that was erased is on the disk of a ledger any more, and stops it.
fn purged(mut serving: Serving) {
    serving.until("what was erased to leave the disk", |serving| {
        (number(serving, "custodia_erasures_on_disk")? == 0).then_some(())
    });
    serving.stop();
}

/// Every file below a folder that holds one of these texts; the count of files that were searched.
fn holding(folder: &Path, texts: &[String]) -> (Vec<String>, usize) {
    let finder = finder(texts);
    let (mut found, mut searched, mut open) = (Vec::new(), 0, vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.is_file() {
                searched += 1;
                if finder(&fs::read(&path).unwrap()) {
                    found.push(path.display().to_string());
                }
            }
        }
    }
    (found, searched)
}

/// Looks for texts of one length.
fn finder(texts: &[String]) -> impl Fn(&[u8]) -> bool {
    let texts: std::collections::BTreeSet<Vec<u8>> =
        texts.iter().map(|text| text.clone().into_bytes()).collect();
    let length = texts.first().map_or(1, Vec::len);
    move |bytes: &[u8]| bytes.windows(length).any(|at| texts.contains(at))
}

/// A ledger that runs, two who may approve, and these events.
fn scene(broker: &Broker, events: &[Value]) -> (Ledger, Serving) {
    let ledger = asking(broker);
    publish(&ledger, events);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, events.len() as u64);
    register_both(&ledger);
    (ledger, serving)
}

/// The words that ask for two people's approval, and the file that they name.
fn request<'a>(subject: &'a str, file: &'a str) -> [&'a str; 6] {
    [
        "erase",
        subject,
        "--basis",
        BASIS,
        "--request-approval",
        file,
    ]
}

#[test]
fn a_duty_that_runs_and_an_account_that_lives_keep_a_person() {
    let broker = Broker::start();
    let person = reference(1);
    let (ledger, serving) = scene(&broker, &[share(&person, "order-1")]);
    let output = ledger.run(&["erase", &person, "--json"]);
    assert_eq!(output.status.code(), Some(5));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let bars = answer["bars"].as_array().unwrap();
    assert_eq!(bars.len(), 2, "{answer}");
    assert_eq!(
        (&bars[0]["kind"], &bars[1]["kind"]),
        (&json!("duty to keep"), &json!("account"))
    );
    assert_eq!(bars[0]["cites"], "NDSR 12");
    assert_eq!(bars[0]["until"], "2029-01-02T16:00:00.000Z");
    let file = ledger.path("early").to_str().unwrap().to_owned();
    let line = ledger.fails(&request(&person, &file), "CU-1010");
    let named = "duty to keep NDSR 12, until 2029-01-02";
    assert!(line.contains(named), "{line}");
    ledger.fails(&request(&reference(99), &file), "CU-1011");
    assert!(!Path::new(&file).exists());
    serving.stop();
}

/// A hold on a person, or its release.
fn hold(subject: &str, kind: &str, more: &Value) -> Value {
    let by = match kind {
        "legal_hold_placed" => "placed_by_ref",
        _ => "released_by_ref",
    };
    let mut body = json!({ "hold_id": "h-1", by: EMPLOYEE });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    of_person(subject, "2022-07-01T08:00:00Z", kind, &body)
}

#[test]
fn a_hold_placed_a_moment_ago_keeps_a_person_and_an_order_counts_once() {
    let broker = Broker::start();
    let (person, other) = (reference(1), reference(2));
    let lives = [
        &[shared(1), shared(2)][..],
        &cancelled(&person),
        &cancelled(&other),
    ]
    .concat();
    let (ledger, serving) = scene(&broker, &lives);
    let words = approved(&ledger, &[&person], "held");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let placed = json!({ "categories": ["DC_CONSIGNEE_NAME"], "statute": "CPL 67" });
    publish(&ledger, &[hold(&person, "legal_hold_placed", &placed)]);
    let line = ledger.fails(&words, "CU-1010");
    assert!(line.contains("legal hold CPL 67"), "{line}");
    assert_eq!(who(&ledger, &person)["rows"].as_array().unwrap().len(), 1);
    publish(&ledger, &[hold(&person, "legal_hold_released", &json!({}))]);

    // Approvals of another person's erasure, and too few.
    let stray = approved(&ledger, &[&other], "other");
    let of_other: Vec<&str> = stray[5..].iter().map(String::as_str).collect();
    ledger.fails(&[&words[..5], &of_other].concat(), "CU-0990");
    ledger.fails(&words[..words.len() - 2], "CU-0994");
    let certificate: Value = serde_json::from_str(&ledger.ok(&words)).unwrap();
    let erased = &certificate["erased"][0];
    assert_eq!(erased["duty_ended"], "PIPL 47(1); NDSR 12");
    let attested = &erased["attested"][0];
    assert!(attested["payloads"].as_u64().unwrap() >= 4, "{certificate}");
    assert!(attested["kafka_copies_end"].is_string(), "{certificate}");
    ledger.fails(&words, "CU-0974");
    let order = certificate["order_id"].as_str().unwrap();
    let again = ledger.ok(&["erase", "--certificate", order, "--json"]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["erased"], certificate["erased"]);
    let nothing = ["erase", "--certificate", "erasure-0"];
    ledger.fails(&nothing, "CU-1014");
    are_erased(&ledger, &[person]);
    assert_eq!(who(&ledger, &other)["rows"].as_array().unwrap().len(), 1);
    serving.stop();
    ledger.fsck();
}

/// What an authority was given of a person, told in the registry until the gag ends.
fn disclosed_under_gag(case: &str, subject: &str, until: &str, id: u8) -> Value {
    json!({
        "event_id": STANDARD.encode(event_id(id)),
        "occurred_at": "2022-07-01T08:00:00Z",
        "producer": "legal-desk",
        "data_disclosed": {
            "recipient_id": "rc-police",
            "case": "DI_02_LEGAL_COMPULSION",
            "purpose": "PU_LEGAL_COMPLIANCE",
            "categories": ["DC_ID_NUMBER"],
            "method": "MT_FILE",
            "case_ref": case,
            "basis": { "kind": "BA_LEGAL_COMPULSION", "citation": "PIPL 13" },
            "gag_until": until,
            "named_subject_ref": subject,
        },
    })
}

fn event_id(id: u8) -> [u8; 16] {
    [1, 0x81, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, id]
}

/// The kinds of what keeps whom or what is asked about.
fn kept_by(ledger: &Ledger, of: &[&str]) -> Vec<String> {
    let output = ledger.run(&[&["erase"], of, &["--json"]].concat());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let bars = answer["bars"].as_array().unwrap().iter();
    bars.map(|bar| bar["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_case_under_a_gag_holds_its_person_and_goes_once_its_person_has_what_was_told() {
    let broker = Broker::start();
    let person = reference(1);
    let lives = [&[shared(1)][..], &cancelled(&person)].concat();
    let (ledger, mut serving) = scene(&broker, &lives);
    assert_eq!(kept_by(&ledger, &[&person]), [""; 0]);
    let ended = disclosed_under_gag("case-8", &person, "2022-08-01T08:00:00Z", 8);
    publish(&ledger, std::slice::from_ref(&ended));
    // An officer hears of a hold, and of no more.
    assert_eq!(kept_by(&ledger, &[&person]), ["legal hold"]);
    assert_eq!(kept_by(&ledger, &["--case", "case-8"]), ["not told again"]);
    let mut again = ended;
    again["event_id"] = STANDARD.encode(event_id(9)).into();
    again["causation_id"] = STANDARD.encode(event_id(8)).into();
    again["subject_ref"] = person.as_str().into();
    again["subject_role"] = "AC_SUBJECT_USER".into();
    again["data_disclosed"]["named_subject_ref"] = "".into();
    publish(&ledger, &[again]);
    wait_for_rows(&mut serving, 4);
    assert_eq!(kept_by(&ledger, &[&person]), [""; 0]);
    let words = approved(&ledger, &["--case", "case-8"], "case");
    let certificate = run(&ledger, &words);
    let erased = &certificate["erased"][0];
    assert_eq!(
        (&erased["is_case"], &erased["attested"][0]["payloads"]),
        (&json!(true), &json!(1))
    );
    // What the person has stays.
    assert_eq!(who(&ledger, &person)["rows"].as_array().unwrap().len(), 2);
    let runs = disclosed_under_gag("case-9", &person, "2126-01-01T00:00:00Z", 10);
    publish(&ledger, &[runs]);
    assert_eq!(kept_by(&ledger, &["--case", "case-9"]), ["gag"]);
    let file = ledger.path("held").to_str().unwrap().to_owned();
    let line = ledger.fails(&request(&person, &file), "CU-1010");
    assert!(
        line.ends_with("legal hold, with no end that is known"),
        "{line}"
    );
    serving.stop();
    ledger.fsck();
}

#[test]
fn a_person_is_erased_with_every_reference_or_not_at_all() {
    let broker = Broker::start();
    let (one, two) = (reference(1), reference(2));
    let linked = json!({ "reason": "LK_ACCOUNT_MERGED", "other_ref": two });
    let linked = of_person(&one, "2022-05-02T08:00:00Z", "subject_linked", &linked);
    let lives = [&[shared(1), shared(2), linked][..], &cancelled(&two)].concat();
    let (ledger, serving) = scene(&broker, &lives);
    assert_eq!(who(&ledger, &one)["rows"].as_array().unwrap().len(), 2);
    let file = ledger.path("linked").to_str().unwrap().to_owned();
    ledger.ok(&request(&one, &file));
    let mut words: Vec<String> = request(&one, &file)[..4]
        .iter()
        .map(|&word| word.to_owned())
        .collect();
    words.push("--json".to_owned());
    let question = format!("{file}.question.json");
    for (number, request) in [(1, file.clone()), (2, format!("{file}.2"))] {
        for (command, approval) in both_of(&ledger, &request, &question) {
            ledger.ok(&command.split(' ').collect::<Vec<_>>());
            words.extend(["--approval".to_owned(), approval]);
        }
        if number == 1 {
            // Two people's word on one of the references alone.
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            ledger.fails(&words, "CU-0994");
        }
    }
    let certificate = run(&ledger, &words);
    assert_eq!(
        certificate["erased"].as_array().unwrap().len(),
        2,
        "{certificate}"
    );
    are_erased(&ledger, &[one, two]);
    serving.stop();
    ledger.fsck();
}

#[test]
fn after_a_cancellation_a_role_that_is_not_legal_is_not_answered() {
    let broker = Broker::start();
    let person = reference(1);
    let events = [&[shared(1)][..], &cancelled(&person)].concat();
    let (ledger, serving) = scene(&broker, &events);
    let answer = who(&ledger, &person);
    assert_eq!(answer["restricted"]["since"], "2022-06-02T08:00:00.000Z");
    serving.stop();
    let uid = rustix::process::getuid().as_raw();
    let ledger = ledger.set(&format!("access.principals.{uid}.role"), "customer_service");
    let asks = ["who", &person, "--reason", "rights_request"];
    ledger.fails(&asks, "CU-0568");
    let serving = ledger.serve();
    ledger.fails(&asks, "CU-0568");
    let timeline = [
        "timeline",
        "--subject",
        &person,
        "--reason",
        "rights_request",
    ];
    ledger.fails(&timeline, "CU-0568");
    serving.stop();
}

#[test]
fn a_record_that_does_not_split_is_erased_by_its_leaf() {
    let broker = Broker::start();
    let person = reference(1);
    let ledger = asking(&broker);
    publish(&ledger, &[shared(1)]);
    let blob = b"not an event at all, with a name in it".to_vec();
    let (partition, offset) =
        crate::produce::with_librdkafka(broker.bootstrap(), &[(Some(b"odd".to_vec()), Some(blob))])
            [0];
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, 2);
    register_both(&ledger);
    let log = format!("{}/custodia.events/{partition}/1", crate::ledger::NAME);
    let leaf = format!("{log}#{offset}");
    let whole = format!("{log}#{}", offset + 7);
    ledger.fails(&["erase", "--leaf", &whole], "CU-0975");
    let row = &who(&ledger, &person)["rows"][0];
    let split = format!("{}#{}", row["log"].as_str().unwrap(), row["index"]);
    ledger.fails(&["erase", "--leaf", &split], "CU-0975");
    let words = approved(&ledger, &["--leaf", &leaf], "leaf");
    let certificate = run(&ledger, &words);
    let erased = &certificate["erased"][0];
    assert_eq!(erased["leaf"], json!({ "log": log, "index": offset }));
    assert_eq!(erased["attested"][0]["payloads"], 1, "{certificate}");
    ledger.fails(&["erase", "--leaf", &leaf], "CU-0975");
    assert_eq!(who(&ledger, &person)["rows"].as_array().unwrap().len(), 1);
    serving.stop();
    ledger.fsck();
}

/// Ten thousand customers in a ledger, a hundred of whom cancelled.
struct Crowd {
    ledger: Ledger,
    leaves: u64,
    gone: Vec<String>,
    stays: Vec<String>,
}

impl Crowd {
    fn at(broker: &Broker) -> Self {
        let gone: Vec<String> = (0..ERASED).map(|n| reference(n * 97)).collect();
        let mut events: Vec<Value> = (0..CUSTOMERS).map(shared).collect();
        events.extend(gone.iter().flat_map(|subject| cancelled(subject)));
        let ledger = asking(broker).set("erasure.purge_interval_ms", "500");
        publish(&ledger, &events);
        Self {
            ledger,
            leaves: events.len() as u64,
            gone,
            stays: (0..20).map(|n| reference(n * 97 + 1)).collect(),
        }
    }

    /// Extracts of one who goes, of one who stays, and of the recipient.
    fn extracts(&self) -> [PathBuf; 4] {
        let of = |what: &str, id: &str, who: &[&str], name: &str| {
            cut(&self.ledger, &[what, id], who, name).0
        };
        [
            of("--subject", &self.gone[0], &FOR_THE_PERSON, "own.zip"),
            of("--subject", &self.gone[0], &FOR_OFFICER, "officers.zip"),
            of("--subject", &self.stays[0], &FOR_OFFICER, "another.zip"),
            of("--recipient", "courier-1", &FOR_OFFICER, "recipient.zip"),
        ]
    }

    /// A ledger that reads the same topics and doesn't sign.
    fn replica(&self, broker: &Broker) -> Ledger {
        let file = self.ledger.path("for-a-replica");
        let file = file.to_str().unwrap();
        self.ledger.ok(&["key", "replica", file]);
        let replica = configured(broker)
            .set("signer.enabled", "false")
            .set("erasure.store_id", "replica-1")
            .set("erasure.purge_interval_ms", "500");
        replica.ok(&["init", "--replica-of", file]);
        replica
    }

    /// Erases those who go, while the replica is killed at random moments.
    fn erase_all(&self, replica: &Ledger) {
        std::thread::scope(|scope| {
            for some in self.gone.chunks(ERASED / ERASING) {
                scope.spawn(move || {
                    for subject in some {
                        erase_attested(&self.ledger, subject);
                    }
                });
            }
            let mut chance = Chance::new();
            for _ in 0..KILLS {
                let serving = replica.starting();
                live_on(&mut chance, MOST_LIFE_MS);
                serving.kill();
            }
        });
    }

    /// The certificate of one who went names the extracts that left before, and who holds them.
    fn names_holders(&self) {
        let first = who(&self.ledger, &self.gone[0]);
        let order = first["erasures"][0]["order_id"].as_str().unwrap();
        let certificate = self.ledger.ok(&["erase", "--certificate", order, "--json"]);
        let certificate: Value = serde_json::from_str(&certificate).unwrap();
        let held = certificate["extracts"].as_array().unwrap();
        assert_eq!(held.len(), 2, "{certificate}");
        assert_eq!(held[0]["requester"]["value"], "RQ_SUBJECT", "{certificate}");
    }

    /// No file of a ledger's folder holds a reference of one who went.
    fn left_no_trace(&self, ledger: &Ledger) {
        let (found, searched) = holding(&ledger.path("ledger"), &self.gone);
        assert!(found.is_empty() && searched > 20, "{found:?} of {searched}");
        // The search finds what is there: beside the folder lies the list of those who were asked about last.
        let (found, _) = holding(&ledger.path("."), &self.stays);
        assert!(!found.is_empty());
    }
}

#[test]
fn a_hundred_of_ten_thousand_are_erased_and_all_else_stays() {
    let broker = Broker::start();
    let crowd = Crowd::at(&broker);
    let ledger = &crowd.ledger;
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, crowd.leaves);
    register_both(ledger);
    wait_for_all_rows(&mut serving);
    let extracts = crowd.extracts();
    let answers = settled(ledger, &crowd.stays);
    serving.stop();
    let roots = event_roots(&ledger.fsck());
    let before = ledger.path("before");
    copy(&ledger.path("ledger"), &before);

    let replica = crowd.replica(&broker);
    let serving = ledger.serve();
    crowd.erase_all(&replica);
    crowd.names_holders();
    serving.stop();
    let mut serving = replica.serve();
    wait_for_rows(&mut serving, crowd.leaves);
    serving.stop();
    for one in [ledger, &replica] {
        purged(one.serve());
        assert_eq!(event_roots(&one.fsck()), roots);
        let serving = one.serve();
        are_erased(one, &crowd.gone);
        assert_eq!(settled(one, &crowd.stays), answers);
        serving.stop();
        crowd.left_no_trace(one);
    }
    for extract in &extracts {
        verifies(ledger, extract);
    }

    // A copy of the folder from before gives nothing away, with the keys of then or with those of now. The
    // signer knows of more than it has, so it doesn't sign.
    let (data, now) = (ledger.path("ledger"), ledger.path("now"));
    fs::rename(&data, &now).unwrap();
    let Crowd { ledger, gone, .. } = crowd;
    let ledger = ledger.set("signer.enabled", "false");
    for keys in [None, Some(now.join("keys"))] {
        copy(&before, &data);
        if let Some(keys) = keys {
            fs::remove_dir_all(data.join("keys")).unwrap();
            copy(&keys, &data.join("keys"));
        }
        let serving = ledger.serve();
        are_erased(&ledger, &gone);
        serving.stop();
        fs::remove_dir_all(&data).unwrap();
    }
}
