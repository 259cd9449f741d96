//! What a ledger finds in a town with faults on a real Kafka is what the town lists, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use custodia::assess::FindingsAnswer;
use custodia::kafka::{Error, Settings, read_range};
use custodia::query::Time;
use custodia_core::assess::{About, Finding, LeafAt, Outcome, ms_of};
use custodia_core::record::Timestamp;
use custodia_core::schema::v1::{Event, event::Body};
use prost::Message as _;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::answers::{EMPLOYEE, PARTITIONS, configured, wait_for_rows};
use crate::broker::Broker;
use crate::chance::Chance;
use crate::findings::number;
use crate::ledger::{Ledger, NAME, PATIENCE, Serving};
use crate::produce::{EVENTS, to_topics_with_java};

const REGISTRY: &str = "custodia.registry";
/// The producer of the ledger's own notices.
const LEDGER: &str = "custodia";
/// What the ledger puts in the registry of each log, of events, of the registry itself, of looks: that it opened
/// the log, and the first checkpoint. Further ones come once a day here, so that findings stay at their cut.
const OWN_WORD: u64 = 2 * (PARTITIONS as u64 + 2);
const A_DAY: &str = "86400000";
pub const SEED: u64 = 41;
const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// 2026-09-01 in Shanghai, as `generate` begins by default. The month is over when the test runs, so that on a
/// topic that keeps the time of arrival no event comes from the future.
pub const START_MS: i64 = 1_788_192_000_000;
/// Up to when the town's list says what must be found.
const HORIZON_MS: i64 = START_MS + (30 + 180) * DAY_MS;
/// How long after it happened the policy lets an event come.
const ARRIVAL_MS: i64 = 72 * HOUR_MS;
/// Findings of one answer.
const PAGE: &str = "10000";

/// `CUSTODIA_E2E_CUSTOMERS` sets how many customers the town has.
pub fn customers() -> u64 {
    let asked = std::env::var("CUSTODIA_E2E_CUSTOMERS").ok();
    asked.map_or(200, |text| {
        text.parse().expect("CUSTODIA_E2E_CUSTOMERS is a number")
    })
}

/// A finding, by the event and not by where it landed; the list's lines say as much.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Found {
    pub rule: u8,
    pub result: Outcome,
    pub cause: String,
    pub about: About,
    /// The judged event's id, in hex.
    pub event: Option<String>,
    pub since_ms: i64,
}

impl Found {
    /// Whether it stands on when Kafka took an event, which no list can know before.
    fn is_of_arrival(&self) -> bool {
        self.rule == 35 && matches!(self.cause.as_str(), "late" | "clock_ahead")
    }
}

pub fn ledger_at(broker: &Broker) -> Ledger {
    configured(broker)
        .set("checkpoints.publish_interval_ms", A_DAY)
        .init()
}

/// How much was sent.
#[derive(Deserialize)]
pub struct Sent {
    pub events: u64,
    pub registry: u64,
}

/// Sends the town with its faults, in order; and what must be found wherever and whenever it arrives.
pub fn generate(ledger: &Ledger) -> (Sent, Vec<Found>) {
    let (list, customers) = (ledger.path("faults.jsonl"), customers().to_string());
    let (seed, start) = (SEED.to_string(), START_MS.to_string());
    let size = ["--seed", &seed, "--customers", &customers];
    let rest = ["--start-ms", &start, "--faults", path(&list), "--json"];
    let printed = ledger.ok(&[&["generate"], &size[..], &rest[..]].concat());
    let mut printed: Value = serde_json::from_str(&printed).unwrap();
    let text = fs::read_to_string(&list).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let (of_arrival, list): (Vec<Found>, Vec<Found>) = lines.partition(Found::is_of_arrival);
    assert_eq!(of_arrival.len(), 2, "{of_arrival:?}");
    let rules: BTreeSet<u8> = list.iter().map(|one| one.rule).collect();
    assert_eq!(rules, (1..=44).collect());
    (
        serde_json::from_value(printed["sent"].take()).unwrap(),
        list,
    )
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A record as Kafka took it.
struct Arrival {
    topic: &'static str,
    key: Vec<u8>,
    value: Vec<u8>,
    event: Event,
    leaf: LeafAt,
    at_ms: i64,
}

/// All records of events and registry, partition by partition.
fn arrived(broker: &Broker) -> Vec<Arrival> {
    let mut all = Vec::new();
    let of_events = (0..PARTITIONS).map(|partition| (EVENTS, partition));
    for (topic, partition) in of_events.chain([(REGISTRY, 0)]) {
        let settings = Settings::at(broker.bootstrap());
        let mut index = 0;
        read_range(&settings, topic, partition, 0, PATIENCE, |fetched| {
            let record = fetched.record;
            let Timestamp::LogAppend(at_ms) = record.timestamp else {
                panic!("{topic} doesn't keep the time of arrival");
            };
            let (key, value) = (record.key.unwrap(), record.value.unwrap());
            let log = format!("{NAME}/{topic}/{partition}/1");
            all.push(Arrival {
                topic,
                key,
                event: Event::decode(&value[..]).unwrap(),
                value,
                leaf: LeafAt { log, index },
                at_ms,
            });
            index += 1;
            Ok::<(), Error>(())
        })
        .unwrap();
    }
    all
}

impl Arrival {
    fn id(&self) -> String {
        hex::encode(&self.event.event_id)
    }

    fn is_of_the_town(&self) -> bool {
        self.event.producer != LEDGER
    }

    /// Whose event it is: while a gag runs only its body says so.
    fn person(&self) -> Option<&str> {
        let named = match self.event.body.as_ref()? {
            Body::DataDisclosed(said) => &said.named_subject_ref,
            Body::DisclosureRefused(said) => &said.named_subject_ref,
            _ => "",
        };
        let of = [self.event.subject_ref.as_str(), named];
        of.into_iter().find(|reference| !reference.is_empty())
    }

    /// What rule R35 must say of its arrival; none where it came in time or is of no person.
    fn late(&self, people: &BTreeMap<&str, &str>) -> Option<Found> {
        let person = self.person()?;
        let happened_ms = ms_of(self.event.occurred_at.as_ref().unwrap());
        assert!(happened_ms <= self.at_ms, "{} is ahead", self.id());
        // Who is named by the body alone is named as a whole: by the least reference.
        let reference = match self.event.subject_ref.as_str() {
            "" => people.get(person).copied().unwrap_or(person),
            subject => subject,
        };
        (self.at_ms - happened_ms > ARRIVAL_MS).then(|| Found {
            rule: 35,
            result: Outcome::Warn,
            cause: "late".to_owned(),
            about: About::Subject(reference.to_owned()),
            event: Some(self.id()),
            since_ms: self.at_ms,
        })
    }
}

/// The least reference of each person who has several.
fn least_references(arrived: &[Arrival]) -> BTreeMap<&str, &str> {
    let mut least: BTreeMap<&str, &str> = BTreeMap::new();
    for one in arrived {
        if let Some(Body::SubjectLinked(link)) = &one.event.body {
            let both = [one.event.subject_ref.as_str(), link.other_ref.as_str()];
            let old = both.map(|reference| least.get(reference).copied().unwrap_or(reference));
            let new = old[0].min(old[1]);
            least.extend(both.map(|reference| (reference, new)));
            let stale = least.values_mut().filter(|value| old.contains(value));
            stale.for_each(|value| *value = new);
        }
    }
    least
}

/// The list, and what must be said of when each event came.
fn expected(list: &[Found], arrived: &[Arrival]) -> Vec<Found> {
    let people = least_references(arrived);
    let late = arrived.iter().filter_map(|one| one.late(&people));
    let mut all: Vec<Found> = list.iter().cloned().chain(late).collect();
    all.sort();
    all
}

/// All findings, as they were told.
struct Told {
    findings: Vec<Finding>,
    /// The sizes of the logs that they rest on.
    sizes: BTreeMap<String, u64>,
    /// SHA-256 of all bytes that were printed.
    printed: [u8; 32],
}

/// Asks for all findings, page after page: the next one begins when the last finding of the one before did.
fn told(ledger: &Ledger) -> Told {
    let (horizon, mut from) = (Time(HORIZON_MS).to_string(), None::<Time>);
    let (mut digest, mut findings) = (Sha256::new(), Vec::new());
    let (mut total, mut cut) = (0, None);
    loop {
        let first = from.map(|time| time.to_string());
        let first: Vec<&str> = first.iter().flat_map(|time| ["--from", time]).collect();
        let words = ["findings", "--mended", "--at", &horizon, "--most", PAGE];
        let printed = ledger.ok(&[&words[..], &first, &["--reason", "audit", "--json"]].concat());
        digest.update(&printed);
        let page: FindingsAnswer = serde_json::from_str(&printed).unwrap();
        assert!(page.known && !page.under_way);
        if from.is_none() {
            total = page.counts.values().flat_map(BTreeMap::values).sum();
        }
        assert_eq!(cut.get_or_insert(page.cut.clone()), &page.cut);
        let last = page.findings.last().map(|one| Time(one.finding.since_ms));
        let next = last.filter(|_| page.more);
        assert!(
            next.is_none() || next > from,
            "a moment's findings fill a page"
        );
        let shown = page.findings.into_iter().map(|shown| shown.finding);
        findings.extend(shown.filter(|one| next.is_none_or(|next| one.since_ms < next.0)));
        from = next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(
        findings.len() as u64,
        total,
        "all that were counted were told"
    );
    let sizes = cut.unwrap().sizes;
    Told {
        findings,
        sizes,
        printed: digest.finalize().into(),
    }
}

/// Waits until findings rest on all that was sent, and on the ledger's own word.
pub fn settle(serving: &mut Serving, ledger: &Ledger, sent: &Sent) {
    wait_for_rows(serving, sent.events);
    // A first look: the log of looks has its checkpoint too.
    let look = ["findings", "--subject", EMPLOYEE, "--reason", "audit"];
    assert_eq!(ledger.run(&look).status.code(), Some(4));
    let patience = PATIENCE + Duration::from_millis(100 * customers());
    let count = ["findings", "--most", "0", "--reason", "audit", "--json"];
    serving.until_within(patience, "findings of all leaves", |serving| {
        assert_eq!(number(serving, "custodia_findings_stopped"), Some(0));
        let idle = number(serving, "custodia_findings_lag_leaves") == Some(0);
        let output = idle.then(|| ledger.run(&count))?;
        let answer: FindingsAnswer = serde_json::from_slice(&output.stdout).ok()?;
        let of = |topic: &str| {
            let sizes = answer.cut.sizes.iter();
            let of_topic = sizes.filter(|(log, _)| log.contains(&format!("/{topic}/")));
            of_topic.map(|(_, size)| size).sum::<u64>()
        };
        let all = (sent.events, sent.registry + OWN_WORD);
        (!answer.under_way && (of(EVENTS), of(REGISTRY)) == all).then_some(())
    });
}

/// The same findings must be told as are expected, of the same leaves.
fn must_be(told: &Told, expected: &[Found], arrived: &[Arrival]) {
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for one in arrived {
        *sizes.entry(one.leaf.log.clone()).or_default() += 1;
    }
    assert_eq!(told.sizes, sizes);
    let ids: BTreeMap<_, _> = arrived.iter().map(|one| (&one.leaf, one.id())).collect();
    let found = told.findings.iter().map(|one| Found {
        rule: one.rule,
        result: one.result,
        cause: one.cause.clone(),
        about: one.about.clone(),
        event: one.judged.as_ref().map(|leaf| ids[leaf].clone()),
        since_ms: one.since_ms,
    });
    let mut found: Vec<Found> = found.collect();
    found.sort();
    let (has, wants): (BTreeSet<_>, BTreeSet<_>) =
        (found.iter().collect(), expected.iter().collect());
    let told = |one: &&Found| {
        let judged = arrived.iter().find(|other| one.event == Some(other.id()));
        (
            format!("{one:?}"),
            judged.map(|judged| format!("{:?}", judged.event)),
        )
    };
    let extra: Vec<_> = has.difference(&wants).take(20).map(&told).collect();
    let missing: Vec<_> = wants.difference(&has).take(20).map(told).collect();
    assert!(
        extra.is_empty() && missing.is_empty(),
        "found, and not listed: {extra:#?}\nlisted, and not found: {missing:#?}"
    );
    assert!(found == expected, "found more than once");
}

/// Everything that findings say but those of arrival, with events in the place of leaves.
fn words(told: &Told, arrived: &[Arrival]) -> BTreeSet<String> {
    let ids: BTreeMap<_, _> = arrived.iter().map(|one| (&one.leaf, one.id())).collect();
    let own = told
        .findings
        .iter()
        .filter(|one| (one.rule, one.cause.as_str()) != (35, "late"));
    let said = own.map(|one| {
        let leaves: BTreeSet<&String> = one.leaves.iter().map(|leaf| &ids[leaf]).collect();
        let mut said = serde_json::to_value(one).unwrap();
        said["judged"] = json!(one.judged.as_ref().map(|leaf| &ids[leaf]));
        said["leaves"] = json!(leaves);
        said.to_string()
    });
    said.collect()
}

/// Says how long each part takes.
struct Watch(Instant);

impl Watch {
    fn lap(&mut self, what: &str) {
        println!("{:7.1} s {what}", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

/// Everything of the town, in an order of chance.
fn shuffled(arrived: &[Arrival]) -> Vec<&Arrival> {
    let mut chance = Chance::new();
    let mut all: Vec<_> = arrived.iter().filter(|one| one.is_of_the_town()).collect();
    for last in (1..all.len()).rev() {
        let other = chance.below(last as u64 + 1);
        all.swap(last, usize::try_from(other).unwrap());
    }
    all
}

#[test]
fn what_is_found_of_a_town_with_faults_is_the_list_in_any_order_and_made_again() {
    let mut watch = Watch(Instant::now());
    let broker = Broker::start();
    let ledger = ledger_at(&broker);
    let mut serving = ledger.serve();
    let (sent, list) = generate(&ledger);
    let (events, registry) = (sent.events, sent.registry);
    watch.lap(&format!(
        "sent {events} events and {registry} of the registry in order"
    ));
    settle(&mut serving, &ledger, &sent);
    watch.lap("findings rest on all of them");
    let in_order = arrived(&broker);
    let must = expected(&list, &in_order);
    must_be(&told(&ledger), &must, &in_order);
    let (listed, late) = (list.len(), must.len() - list.len());
    watch.lap(&format!(
        "told and compared: {listed} of the list, {late} late"
    ));
    assert!(
        late as u64 > events / 2,
        "most come long after they happened"
    );
    serving.stop();

    let kept = told(&ledger);
    must_be(&kept, &must, &in_order);
    watch.lap("the same from the folder");
    ledger.ok(&["rebuild"]);
    let folder = ledger.path("ledger").join("findings");
    assert!(!folder.exists());
    assert!(
        told(&ledger).printed == kept.printed,
        "rows and findings made again"
    );
    watch.lap("the same bytes after a rebuild");
    fs::remove_dir_all(&folder).unwrap();
    assert!(told(&ledger).printed == kept.printed, "findings made again");
    watch.lap("the same bytes where findings were dropped");
    drop((ledger, broker));

    let broker = Broker::start();
    let ledger = ledger_at(&broker);
    let mut serving = ledger.serve();
    let records = shuffled(&in_order).into_iter();
    to_topics_with_java(
        &broker,
        records.map(|one| (one.topic, &one.key[..], &one.value[..])),
    );
    watch.lap("sent in an order of chance");
    settle(&mut serving, &ledger, &sent);
    watch.lap("findings rest on all of them");
    let in_disorder = arrived(&broker);
    let by_chance = told(&ledger);
    must_be(&by_chance, &expected(&list, &in_disorder), &in_disorder);
    assert_eq!(words(&by_chance, &in_disorder), words(&kept, &in_order));
    watch.lap("told and compared");
    serving.stop();
}
