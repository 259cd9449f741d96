//! People are erased by two people's approval: what keeps them, what goes, and that all else stays.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::answers::{EMPLOYEE, asking, configured, wait_for_rows, who};
use crate::approvals::{both, register_both};
use crate::broker::Broker;
use crate::chance::Chance;
use crate::events::{lines, share};
use crate::extract::{FOR_OFFICER, FOR_THE_PERSON, cut, verifies, wait_for_all_rows};
use crate::faults::copy;
use crate::findings::number;
use crate::ledger::{Ledger, Serving, event_roots};

const CUSTOMERS: usize = 10_000;
const ERASED: usize = 100;
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

fn erase(ledger: &Ledger, subject: &str) -> Value {
    let words = approved(ledger, &[subject], &format!("erasure-of-{subject}"));
    run(ledger, &words)
}

/// The answer about a person, without the cut that it stands on.
fn settled(ledger: &Ledger, subject: &str) -> Value {
    let mut answer = who(ledger, subject);
    answer.as_object_mut().unwrap().remove("cut");
    answer
}

fn is_erased(ledger: &Ledger, subject: &str) {
    let answer = who(ledger, subject);
    assert_eq!(answer["rows"], json!([]), "{answer}");
    assert_eq!(answer["quarantined"], json!([]), "{answer}");
    let events = answer["erasures"].as_array().unwrap();
    let shredded = |one: &Value| one["event"] == "SubjectKeyShredded";
    assert!(events.iter().any(shredded), "{answer}");
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

#[test]
fn what_keeps_a_person_is_named_and_nothing_is_ordered_before_it_ended() {
    let broker = Broker::start();
    let person = reference(1);
    let (ledger, serving) = scene(&broker, &[share(&person, "order-1"), shared(2)]);
    let standing = |ledger: &Ledger| -> (Option<i32>, Value) {
        let output = ledger.run(&["erase", &person, "--json"]);
        (
            output.status.code(),
            serde_json::from_slice(&output.stdout).unwrap(),
        )
    };
    let kinds = |answer: &Value| -> Vec<String> {
        let bars = answer["bars"].as_array().unwrap().iter();
        bars.map(|bar| bar["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    let (status, answer) = standing(&ledger);
    assert_eq!(status, Some(5));
    assert_eq!(kinds(&answer), ["duty to keep", "account"]);
    assert_eq!(answer["bars"][0]["cites"], "NDSR 12");
    assert_eq!(answer["bars"][0]["until"], "2029-01-02T16:00:00.000Z");
    let file = ledger.path("early").to_str().unwrap().to_owned();
    let asks = [
        "erase",
        &person,
        "--basis",
        BASIS,
        "--request-approval",
        &file,
    ];
    let line = ledger.fails(&asks, "CU-1010");
    assert!(
        line.contains("duty to keep NDSR 12, until 2029-01-02"),
        "{line}"
    );
    assert!(!Path::new(&file).exists());

    // One whose duties have ended is kept by a hold that was placed a moment before the order.
    let other = reference(2);
    publish(&ledger, &cancelled(&other));
    let words = approved(&ledger, &[&other], "held");
    let hold = |kind: &str, more: Value| {
        let mut body = json!({ "hold_id": "h-1", "placed_by_ref": EMPLOYEE });
        if kind == "legal_hold_released" {
            body = json!({ "hold_id": "h-1", "released_by_ref": EMPLOYEE });
        }
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        of_person(&other, "2022-07-01T08:00:00Z", kind, &body)
    };
    let placed = json!({ "categories": ["DC_CONSIGNEE_NAME"], "statute": "CPL 67" });
    publish(&ledger, &[hold("legal_hold_placed", placed)]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let line = ledger.fails(&words, "CU-1010");
    assert!(line.contains("legal hold CPL 67"), "{line}");
    assert_eq!(who(&ledger, &other)["rows"].as_array().unwrap().len(), 1);
    publish(&ledger, &[hold("legal_hold_released", json!({}))]);

    // Approvals of another person, too few, and twice the same order.
    let third = reference(3);
    publish(&ledger, &[&[shared(3)][..], &cancelled(&third)].concat());
    let stray = approved(&ledger, &[&third], "third");
    let of_third: Vec<&str> = stray[5..].iter().map(String::as_str).collect();
    ledger.fails(&[&words[..5], &of_third].concat(), "CU-0990");
    ledger.fails(&words[..words.len() - 2], "CU-0994");
    let unknown = reference(99);
    let asks = [
        "erase",
        &unknown,
        "--basis",
        BASIS,
        "--request-approval",
        &file,
    ];
    ledger.fails(&asks, "CU-1011");
    let certificate: Value = serde_json::from_str(&ledger.ok(&words)).unwrap();
    assert_eq!(
        certificate["erased"][0]["duty_ended"],
        "PIPL 47(1); NDSR 12"
    );
    ledger.fails(&words, "CU-0974");
    let order = certificate["order_id"].as_str().unwrap();
    let again = ledger.ok(&["erase", "--certificate", order, "--json"]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["erased"], certificate["erased"]);
    let attested = &certificate["erased"][0]["attested"][0];
    assert!(attested["payloads"].as_u64().unwrap() >= 4, "{certificate}");
    assert!(attested["kafka_copies_end"].is_string(), "{certificate}");
    is_erased(&ledger, &other);
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

#[test]
fn a_hundred_of_ten_thousand_are_erased_and_all_else_stays() {
    let broker = Broker::start();
    let gone: Vec<String> = (0..ERASED).map(|n| reference(n * 97)).collect();
    let stays: Vec<String> = (0..20).map(|n| reference(n * 97 + 1)).collect();
    let mut events: Vec<Value> = (0..CUSTOMERS).map(shared).collect();
    events.extend(gone.iter().flat_map(|subject| cancelled(subject)));
    let ledger = asking(&broker).set("erasure.purge_interval_ms", "500");
    publish(&ledger, &events);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, events.len() as u64);
    register_both(&ledger);
    wait_for_all_rows(&mut serving);
    let of = ["--subject", gone[0].as_str()];
    let extracts = [
        cut(&ledger, &of, &FOR_THE_PERSON, "own.zip").0,
        cut(&ledger, &of, &FOR_OFFICER, "officers.zip").0,
        cut(
            &ledger,
            &["--subject", &stays[0]],
            &FOR_OFFICER,
            "another.zip",
        )
        .0,
        cut(
            &ledger,
            &["--recipient", "courier-1"],
            &FOR_OFFICER,
            "recipient.zip",
        )
        .0,
    ];
    let answers: Vec<Value> = stays.iter().map(|one| settled(&ledger, one)).collect();
    serving.stop();
    let roots = event_roots(&ledger.fsck());
    let before = ledger.path("before");
    copy(&ledger.path("ledger"), &before);
    let file = ledger.path("for-a-replica");
    ledger.ok(&["key", "replica", file.to_str().unwrap()]);

    // A replica reads the same topics, and is killed at random moments while people are erased.
    let serving = ledger.serve();
    let replica = configured(&broker)
        .set("signer.enabled", "false")
        .set("erasure.store_id", "replica-1")
        .set("erasure.purge_interval_ms", "500");
    replica.ok(&["init", "--replica-of", file.to_str().unwrap()]);
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let mut chance = Chance::new();
            for _ in 0..KILLS {
                let serving = replica.starting();
                // Time itself is what is drawn here: nothing is waited for.
                std::thread::sleep(std::time::Duration::from_millis(chance.below(MOST_LIFE_MS)));
                serving.kill();
            }
        });
        for subject in &gone {
            let certificate = erase(&ledger, subject);
            let attested = &certificate["erased"][0]["attested"];
            let own = attested.as_array().unwrap().iter();
            let own: Vec<&Value> = own
                .filter(|one| one["store_id"] == crate::ledger::NAME)
                .collect();
            assert_eq!(own.len(), 1, "{certificate}");
            // A share, the two of the cancellation, and a look at least.
            assert!(own[0]["payloads"].as_u64().unwrap() >= 4, "{certificate}");
        }
        killer.join().unwrap();
    });
    let first = who(&ledger, &gone[0]);
    let order = first["erasures"][0]["order_id"].as_str().unwrap();
    let certificate: Value =
        serde_json::from_str(&ledger.ok(&["erase", "--certificate", order, "--json"])).unwrap();
    let held = certificate["extracts"].as_array().unwrap();
    assert_eq!(held.len(), 2, "{certificate}");
    assert_eq!(held[0]["requester"]["value"], "RQ_SUBJECT", "{certificate}");
    serving.stop();

    let mut second = replica.serve();
    wait_for_rows(&mut second, events.len() as u64);
    second.until("the replica to have erased all", |_| {
        let last = gone.last().unwrap();
        (who(&replica, last)["erasures"].as_array().unwrap().len() >= 3).then_some(())
    });
    second.stop();
    for one in [&ledger, &replica] {
        purged(one.serve());
        assert_eq!(event_roots(&one.fsck()), roots);
        let serving = one.serve();
        for subject in &gone {
            is_erased(one, subject);
        }
        for (subject, before) in stays.iter().zip(&answers) {
            assert_eq!(&settled(one, subject), before);
        }
        serving.stop();
        let (found, searched) = holding(&one.path("ledger"), &gone);
        assert!(found.is_empty() && searched > 20, "{found:?} of {searched}");
    }
    for extract in &extracts {
        verifies(&ledger, extract);
    }

    // What is still on a disk that was not rewritten opens under no key that is left.
    let (data, keys) = (ledger.path("ledger"), ledger.path("kept-aside"));
    fs::rename(&data, &keys).unwrap();
    fs::rename(&before, &data).unwrap();
    fs::remove_dir_all(data.join("keys")).unwrap();
    copy(&keys.join("keys"), &data.join("keys"));
    let serving = ledger.serve();
    for subject in gone.iter().step_by(9) {
        is_erased(&ledger, subject);
    }
    serving.stop();
}
