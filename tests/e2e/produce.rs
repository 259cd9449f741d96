//! Producers: Java's (kafka-clients) and librdkafka's.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use custodia::kafka::{Outgoing, Settings, Writer};

use crate::broker::Broker;

pub const EVENTS: &str = "custodia.events";
const PATIENCE: Duration = Duration::from_secs(60);

/// A key and a value; `None` is null.
pub type Pair = (Option<Vec<u8>>, Option<Vec<u8>>);

fn hex_or_null(bytes: Option<&Vec<u8>>) -> String {
    bytes.map_or_else(|| "-".to_owned(), hex::encode)
}

fn line((key, value): &Pair) -> String {
    let (key, value) = (hex_or_null(key.as_ref()), hex_or_null(value.as_ref()));
    format!("{EVENTS}\t{key}\t{value}")
}

/// Sends records to the events topic with Java's client; partition and offset of each.
pub fn with_java(broker: &Broker, records: &[Pair], options: &[&str]) -> Vec<(u32, u64)> {
    sent_by_java(broker, records.iter().map(line), options)
}

/// Sends keys and values to topics of their own with Java's client.
pub fn to_topics_with_java<'a>(
    broker: &Broker,
    records: impl IntoIterator<Item = (&'a str, &'a [u8], &'a [u8])>,
) {
    let line = |(topic, key, value): (&str, &[u8], &[u8])| {
        let (key, value) = (hex::encode(key), hex::encode(value));
        format!("{topic}\t{key}\t{value}")
    };
    sent_by_java(broker, records.into_iter().map(line), &[]);
}

/// Sends a record to a partition of the events topic, whatever its key; its offset.
pub fn to_partition(broker: &Broker, partition: u32, record: &Pair) -> u64 {
    let line = format!("{}\t{partition}", line(record));
    sent_by_java(broker, [line], &[])[0].1
}

fn sent_by_java(
    broker: &Broker,
    lines: impl IntoIterator<Item = String>,
    options: &[&str],
) -> Vec<(u32, u64)> {
    let mut input = tempfile::tempfile().unwrap();
    for line in lines {
        writeln!(input, "{line}").unwrap();
    }
    std::io::Seek::rewind(&mut input).unwrap();
    let printed = broker.tool_with("produce", options, Stdio::from(input));
    let place = |line: &str| {
        let mut words = line.split('\t');
        let mut number = || words.next().unwrap().parse::<u64>().unwrap();
        (u32::try_from(number()).unwrap(), number())
    };
    printed.lines().map(place).collect()
}

/// Sends records to the events topic with librdkafka; partition and offset of each.
pub fn with_librdkafka(bootstrap: &str, records: &[Pair]) -> Vec<(u32, u64)> {
    let writer = Writer::new(&Settings::at(bootstrap)).unwrap();
    let send = |(key, value): &Pair| {
        let (key, value) = (key.as_deref(), value.as_deref());
        let outgoing = Outgoing {
            topic: EVENTS,
            key,
            value,
            headers: &[],
        };
        deliver(&writer, &outgoing)
    };
    records.iter().map(send).collect()
}

/// Sends one record, whatever its headers' names; its partition and offset.
pub fn deliver(writer: &Writer, record: &Outgoing<'_>) -> (u32, u64) {
    let delivery = writer.send_blocking(record, PATIENCE).unwrap();
    (delivery.partition, delivery.offset)
}

/// Records of every odd kind that a key and a value allow.
pub fn odd_records() -> Vec<Pair> {
    let some = |bytes: &[u8]| Some(bytes.to_vec());
    vec![
        (None, None),
        (some(b""), None),
        (None, some(b"")),
        (some(b""), some(b"")),
        (some(b"key"), some(&[0xff; 300])),
        (some(b"key"), some(&[0x00])),
        (
            some(&[0xfe, 0x00, 0x01]),
            some(&[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        ),
        (some(b"large"), Some(vec![7; 3_000_000])),
    ]
}
