//! Break-glass: an answer while Kafka is away, on two people's word, and its look once Kafka is back.

use std::fs;
use std::path::Path;
use std::time::Duration;

use custodia::kafka::{Fetched, Settings, read_range, watermarks};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Event, LedgerQueried};
use custodia_core::verdict::event_of;
use serde_json::Value;

use crate::answers::{EMPLOYEE, configured, wait_for_rows};
use crate::approvals::{both, register_both};
use crate::broker::Broker;
use crate::extract::{about, disclosed, publish, wait_for_all_rows};
use crate::ledger::{Ledger, Serving};

const PERSON: &str = "glassglassglassglassglassg";
const OTHER: &str = "otherotherotherotherothero";
const ACCESS: &str = "custodia.access";
const WAIT: Duration = Duration::from_secs(30);

const WHO: [&str; 5] = ["who", PERSON, "--reason", "incident_response", "--json"];
const TIMELINE: [&str; 6] = [
    "timeline",
    "--subject",
    PERSON,
    "--reason",
    "incident_response",
    "--json",
];

/// Has two people approve a question, offline; the words that hand their approvals over.
fn approved(ledger: &Ledger, question: &[&str], name: &str) -> Vec<String> {
    let file = ledger.path(name).to_str().unwrap().to_owned();
    ledger.ok(&[question, &["--break-glass-request", &file]].concat());
    let signed = both(ledger, &file).map(|(words, out)| {
        ledger.ok(&words.split(' ').collect::<Vec<_>>());
        ["--approval".to_owned(), out]
    });
    signed.into_iter().flatten().collect()
}

fn with<'a>(question: &[&'a str], approvals: &'a [String]) -> Vec<&'a str> {
    let approvals = approvals.iter().map(String::as_str);
    question.iter().copied().chain(approvals).collect()
}

/// The files below a folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8], found: &mut Vec<String>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            holding(&path, bytes, found);
        } else if path.is_file() {
            let held = fs::read(&path).unwrap();
            if held.windows(bytes.len()).any(|some| some == bytes) {
                found.push(path.display().to_string());
            }
        }
    }
}

fn nothing_in_clear(ledger: &Ledger) {
    let mut found = Vec::new();
    holding(&ledger.path("ledger"), PERSON.as_bytes(), &mut found);
    assert!(found.is_empty(), "the reference stands in {found:?}");
}

/// The value of a metric without labels.
fn number(serving: &Serving, name: &str) -> Option<u64> {
    let text = serving.get("/metrics")?;
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
    lines.find_map(|rest| rest.strip_prefix(' ')?.trim().parse().ok())
}

/// As [`Ledger::fails`], where the command has logged before it failed: Kafka is away.
fn fails_after_logs(ledger: &Ledger, words: &[&str], code: &str) {
    let output = ledger.run(words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && output.stdout.is_empty(),
        "{stderr}"
    );
    let last = stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("custodia: {code}: ")), "{stderr}");
}

/// All looks in Kafka that were answered before it had them.
fn broken(broker: &Broker) -> Vec<(Vec<u8>, Event, LedgerQueried)> {
    let settings = Settings::at(broker.bootstrap());
    let mut found = Vec::new();
    for partition in 0.. {
        if watermarks(&settings, ACCESS, partition, WAIT).is_err() {
            break;
        }
        let mut take = |fetched: Fetched| {
            let event = event_of(&fetched.record);
            if let Some(event) = event
                && let Some(Body::LedgerQueried(look)) = event.body.clone()
                && look.break_glass()
            {
                found.push((fetched.record.key.unwrap_or_default(), event, look));
            }
            Ok::<(), custodia::kafka::Error>(())
        };
        read_range(&settings, ACCESS, partition, 0, WAIT, &mut take).unwrap();
    }
    found
}

fn published(serving: &mut Serving) {
    serving.until("the looks to be published", |serving| {
        (number(serving, "custodia_looks_pending")? == 0).then_some(())
    });
}

#[test]
fn while_kafka_is_away_two_people_break_the_glass_and_the_look_comes_after() {
    let broker = Broker::start();
    let ledger = configured(&broker).set("kafka.timeout_ms", "3000").init();
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    let mut serving = ledger.serve();
    register_both(&ledger);
    wait_for_rows(&mut serving, 1);
    wait_for_all_rows(&mut serving);

    broker.tool("stop", &["--kill"]);
    ledger.fails(&TIMELINE, "CU-0554");
    let words = approved(&ledger, &TIMELINE, "timeline");
    ledger.fails(&with(&TIMELINE, &words[..2]), "CU-0994");
    // Another question, another person, another purpose.
    ledger.fails(&with(&WHO, &words), "CU-0990");
    let mut other = TIMELINE;
    other[2] = OTHER;
    ledger.fails(&with(&other, &words), "CU-0990");
    other = TIMELINE;
    other[4] = "audit";
    ledger.fails(&with(&other, &words), "CU-0990");
    assert_eq!(number(&serving, "custodia_looks_pending"), Some(0));

    let told: Value = serde_json::from_str(&ledger.ok(&with(&TIMELINE, &words))).unwrap();
    assert_eq!(told["events"].as_array().unwrap().len(), 1, "{told}");
    assert!(serving.log_text().contains("CU-1020"));
    nothing_in_clear(&ledger);
    ledger.fails(&with(&TIMELINE, &words), "CU-0995");
    ledger.fails(&TIMELINE, "CU-0554");
    serving.until("the alert's numbers", |serving| {
        let broken = number(serving, "custodia_break_glass_looks_total")?;
        (broken == 1 && number(serving, "custodia_looks_pending")? == 1).then_some(())
    });
    serving.kill();
    nothing_in_clear(&ledger);

    // Where nothing runs, the folder can't tell who was erased, and answers nobody.
    fails_after_logs(&ledger, &with(&TIMELINE, &words), "CU-0995");
    let mine = approved(&ledger, &WHO, "who");
    fails_after_logs(&ledger, &with(&WHO, &mine), "CU-0554");
    nothing_in_clear(&ledger);

    broker.tool("start", &[]);
    let mut serving = ledger.serve();
    published(&mut serving);
    let looks = broken(&broker);
    assert_eq!(looks.len(), 1, "once: {looks:?}");
    for (key, event, look) in &looks {
        assert_eq!(
            (key.as_slice(), event.subject_ref.as_str()),
            (PERSON.as_bytes(), PERSON)
        );
        assert_eq!(look.approvals.len(), 2);
        assert_eq!(look.principal_ref, EMPLOYEE);
    }
    assert!(looks[0].2.query.starts_with("timeline"));
    wait_for_all_rows(&mut serving);
    ledger.fails(&with(&TIMELINE, &words), "CU-0995");
    // What was refused was not used.
    ledger.ok(&with(&WHO, &mine));

    // While Kafka takes the look, nothing is broken, and the word stays good.
    let more = approved(&ledger, &TIMELINE, "more");
    ledger.ok(&with(&TIMELINE, &more));
    assert_eq!(broken(&broker).len(), 1);
    assert_eq!(
        number(&serving, "custodia_break_glass_looks_total"),
        Some(0)
    );
    serving.stop();
    ledger.fsck();
}
