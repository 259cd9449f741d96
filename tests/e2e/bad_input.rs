//! Bad input through a real broker: everything that a careless or hostile producer might send is a
//! leaf, has the verdict that it is due, and stops nothing.

use std::collections::BTreeMap;
use std::time::SystemTime;

use custodia::generate::noise::{self, Bad};
use custodia::generate::{TopicRole, Town};
use custodia::kafka::{Outgoing, Settings, Writer};
use custodia_core::placement::partition_of;
use custodia_core::record::Header;
use serde_json::Value;

use crate::answers::{PARTITIONS, answered, asking, known, who};
use crate::broker::Broker;
use crate::chance::Chance;
use crate::ledger::{Ledger, NAME, Serving, event_roots};
use crate::produce::{EVENTS, deliver, to_partition, with_librdkafka};
use crate::record_to_leaf::{SEED, START_MS, send_town};

const REGISTRY: &str = "custodia.registry";
const TOWN_EVENTS: u64 = 300;
/// Records of nothing but chance.
const RANDOM: usize = 200;

/// Each record by its name in `generate::noise`, the verdict that it is due, and what its words
/// must say besides.
const DUE: &[(&str, &str, &str)] = &[
    ("random bytes", NOT_AN_ENVELOPE, "a wire type other than"),
    ("cut off in its body", NOT_AN_ENVELOPE, "past the end"),
    (
        "groups within groups",
        NOT_AN_ENVELOPE,
        "a wire type other than",
    ),
    ("no frame to the end", NOT_AN_ENVELOPE, "frame: cut off"),
    ("text", NOT_AN_ENVELOPE, ""),
    (
        "an overlong varint",
        NOT_AN_ENVELOPE,
        "a tag that is not minimal",
    ),
    ("fields out of order", NOT_AN_ENVELOPE, "field numbers fall"),
    ("two bodies", NOT_AN_ENVELOPE, "two bodies"),
    ("no body", NOT_AN_ENVELOPE, "there is no body"),
    (
        "a salt of 31 bytes",
        NOT_AN_ENVELOPE,
        "salt (field 2) is not 32 bytes",
    ),
    (
        "a salt of zeros",
        NOT_AN_ENVELOPE,
        "salt (field 2) is all zero",
    ),
    ("no salt", NOT_AN_ENVELOPE, "salt (field 2) is missing"),
    (
        "an id of 4 bytes",
        NOT_AN_ENVELOPE,
        "event_id (field 1) is not 16 bytes",
    ),
    ("a null value", NOT_AN_ENVELOPE, "the value is null"),
    ("null key and value", NOT_AN_ENVELOPE, "the value is null"),
    ("a null key", "key_is_not_subject", "key"),
    ("an empty key", "key_is_not_subject", "key"),
    (
        "an empty value",
        NOT_AN_ENVELOPE,
        "event_id (field 1) is missing",
    ),
    ("an empty body", "missing_field", "order_ref"),
    ("no producer", "missing_field", "producer"),
    ("an unknown body", "unknown_body", "999"),
    ("an unknown value", "unknown_enum_value", "kind"),
    (
        "a number in a reference's place",
        "not_a_subject_reference",
        "subject_ref",
    ),
    ("an id of another version", "malformed_field", "event_id"),
    ("a name that isn't UTF-8", "malformed", "decode"),
    ("another's key", "key_is_not_subject", "key"),
    ("tomorrow's event", "from_the_future", "later than"),
    ("a person in the registry", "wrong_topic", "another topic"),
    ("a matter of the registry", "wrong_topic", "another topic"),
    ("a wrong key", "wrong_key", "key"),
    (
        "an incident with a subject",
        "subject_out_of_place",
        "subject_ref",
    ),
    ("a stray partition", "misplaced", "another partition"),
    ("header names that aren't text", ACCEPTED, ""),
    ("a frame of an unknown schema", ACCEPTED, ""),
    ("an unknown field, nested deep", ACCEPTED, ""),
    ("an event", ACCEPTED, ""),
    ("the same event again", "duplicate", "of leaf"),
    ("its id with other bytes", "id_reused", "of leaf"),
    ("ten megabytes", "too_large", "too large: 100"),
];
const NOT_AN_ENVELOPE: &str = "not_an_envelope";
const ACCEPTED: &str = "accepted";

/// A leaf's place: log and index.
type Leaf = (String, u64);

/// Nothing was deleted or aborted: in the logs of these tests a leaf's index is its offset.
fn leaf(topic: &str, partition: u32, offset: u64) -> Leaf {
    (format!("{NAME}/{topic}/{partition}/1"), offset)
}

/// Sends a record to its place, whatever its key, with its headers as they are.
fn send(broker: &Broker, writer: &Writer, bad: &Bad) -> Leaf {
    let by_key = bad.key.as_deref().map(|key| partition_of(key, PARTITIONS));
    let stray = by_key.is_some_and(|by_key| by_key != Some(bad.partition));
    if bad.topic == TopicRole::Events && stray {
        let record = (bad.key.clone(), bad.value.clone());
        let offset = to_partition(broker, bad.partition, &record);
        return leaf(EVENTS, bad.partition, offset);
    }
    let header = |(name, value): &(Vec<u8>, Option<Vec<u8>>)| Header {
        name: name.clone(),
        value: value.clone(),
    };
    let headers: Vec<Header> = bad.headers.iter().map(header).collect();
    let topic = match bad.topic {
        TopicRole::Events => EVENTS,
        TopicRole::Registry => REGISTRY,
    };
    let outgoing = Outgoing {
        topic,
        key: bad.key.as_deref(),
        value: bad.value.as_deref(),
        headers: &headers,
    };
    let (partition, offset) = deliver(writer, &outgoing);
    leaf(topic, partition, offset)
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_millis()).unwrap()
}

/// Sends all bad records, and gives back where each became a leaf.
fn send_all(broker: &Broker) -> Vec<(&'static str, Leaf)> {
    let mut all = noise::records(11, now_ms(), PARTITIONS);
    all.push(noise::ten_megabytes(11, now_ms(), PARTITIONS));
    let writer = Writer::new(&Settings::at(broker.bootstrap())).unwrap();
    all.iter()
        .map(|bad| (bad.name, send(broker, &writer, bad)))
        .collect()
}

fn wait_for_rows(serving: &mut Serving, topic: &str, leaves: u64) {
    serving.until("rows", |serving| {
        (serving.metric("custodia_projected_size", topic)? >= leaves).then_some(())
    });
}

/// Verdict or reason, and its words, of every leaf that was not accepted.
fn verdicts(ledger: &Ledger) -> BTreeMap<Leaf, (String, String)> {
    let said: Value = serde_json::from_str(&ledger.ok(&["verdicts", "--json"])).unwrap();
    assert_eq!(said["more"], false);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = said["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let verdict = &row["verdict"];
        let code = verdict["reason"].as_str().map(str::to_owned);
        let code = code.unwrap_or_else(|| text(&verdict["verdict"]));
        let place = (text(&row["log"]), row["index"].as_u64().unwrap());
        (place, (code, text(&verdict["words"])))
    })
    .collect()
}

fn holds(name: &str, said: Option<&(String, String)>) {
    let rows: Vec<_> = DUE.iter().filter(|(due, ..)| *due == name).collect();
    let [(_, code, words)] = rows[..] else {
        panic!("{name}: {} rows", rows.len())
    };
    match said {
        None => assert_eq!(*code, ACCEPTED, "{name}"),
        Some((found, said)) => {
            assert_eq!(found, code, "{name}: {said}");
            assert!(said.contains(words), "{name}: {said}");
        }
    }
}

/// Who received a customer's data is answered as if nothing else stood in the topic.
fn town_is_answered_for(ledger: &Ledger) {
    let town = Town::with_events(TOWN_EVENTS, SEED, START_MS, PARTITIONS);
    let mut shares = 0;
    for customer in 0..town.customers.min(5) {
        let mut expected = known(&town, customer);
        let mut rows = answered(&who(ledger, &town.customer(customer).subject_ref));
        expected.sort();
        rows.sort();
        assert_eq!(rows, expected, "customer {customer}");
        shares += rows.len();
    }
    assert!(shares > 0);
}

#[test]
fn every_bad_record_is_a_leaf_with_its_verdict_and_stops_nothing() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    let mut serving = ledger.serve();
    let good = send_town(&ledger, TOWN_EVENTS);
    let sent = send_all(&broker);
    assert_eq!(sent.len(), DUE.len());
    let of_events = |(_, (log, _)): &&(&str, Leaf)| log.contains(EVENTS);
    let events = good + sent.iter().filter(of_events).count() as u64;
    let others = sent.iter().filter(|sent| !of_events(sent));
    let registry = others.map(|(_, (_, index))| index + 1).max().unwrap();
    serving.wait_for_leaves(events);
    wait_for_rows(&mut serving, EVENTS, events);
    wait_for_rows(&mut serving, REGISTRY, registry);
    let said = verdicts(&ledger);
    for (name, leaf) in &sent {
        holds(name, said.get(leaf));
    }
    town_is_answered_for(&ledger);
    serving.stop();
    let leaves: u64 = event_roots(&ledger.fsck())
        .iter()
        .map(|(_, size, _)| size)
        .sum();
    assert_eq!(leaves, events);
}

#[test]
fn bytes_at_random_are_leaves_and_no_envelopes() {
    let mut chance = Chance::new();
    let broker = Broker::start();
    let ledger = asking(&broker);
    let some = |chance: &mut Chance| {
        let length = usize::try_from(chance.below(400)).unwrap();
        Some(chance.bytes(length))
    };
    let records: Vec<_> = (0..RANDOM)
        .map(|_| (some(&mut chance), some(&mut chance)))
        .collect();
    let places = with_librdkafka(broker.bootstrap(), &records);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, EVENTS, RANDOM as u64);
    let said = verdicts(&ledger);
    for (partition, offset) in places {
        let (code, words) = &said[&leaf(EVENTS, partition, offset)];
        assert_eq!(code, NOT_AN_ENVELOPE, "{words}");
    }
    serving.stop();
    ledger.fsck();
}
