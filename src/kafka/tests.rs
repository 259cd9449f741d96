//! Reading and writing together, on the mock cluster.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use custodia_core::placement::partition_of;
use custodia_core::record::{Header, Timestamp};

use super::reader::Assignment;
use super::*;

const TOPIC: &str = "custodia.events";
const PATIENCE: Duration = Duration::from_secs(20);

struct Setup {
    mock: MockCluster,
    settings: Settings,
    writer: Writer,
}

fn setup(partitions: u32) -> Setup {
    let mock = MockCluster::start(1).unwrap();
    mock.create_topic(TOPIC, partitions).unwrap();
    let settings = Settings::at(&mock.bootstrap());
    let writer = Writer::new(&settings).unwrap();
    Setup {
        mock,
        settings,
        writer,
    }
}

fn record<'a>(key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> Outgoing<'a> {
    Outgoing {
        topic: TOPIC,
        key,
        value,
        headers: &[],
    }
}

impl Setup {
    fn send(&self, record: &Outgoing<'_>) -> Delivery {
        self.writer.send_blocking(record, PATIENCE).unwrap()
    }

    fn send_numbers(&self, count: u8) {
        for number in 0..count {
            self.send(&record(Some(b"key"), Some(&[number])));
        }
    }

    fn assign(&self, partition: u32, position: Position) -> (Consumer, PartitionReader) {
        let (consumer, mut readers) =
            Consumer::assign(&self.settings, &[at(partition, position)], PATIENCE).unwrap();
        (consumer, readers.remove(0))
    }
}

fn at(partition: u32, position: Position) -> Assignment {
    Assignment {
        topic: TOPIC.into(),
        partition,
        position,
    }
}

fn from(next_offset: u64) -> Position {
    Position {
        next_offset,
        leader_epoch: None,
    }
}

fn read(reader: &mut PartitionReader, count: usize) -> Vec<Fetched> {
    let mut records = Vec::new();
    while records.len() < count {
        let left = count - records.len();
        assert!(reader.poll_batch(left, PATIENCE, &mut records).unwrap() > 0);
    }
    records
}

fn failure(reader: &mut PartitionReader) -> Error {
    loop {
        match reader.poll_batch(100, PATIENCE, &mut Vec::new()) {
            Ok(taken) => assert!(taken > 0, "neither a record nor an error came"),
            Err(error) => return error,
        }
    }
}

#[test]
fn what_is_written_is_read_to_the_byte() {
    let setup = setup(1);
    let headers = [
        Header {
            name: b"content-type".to_vec(),
            value: Some(b"application/protobuf".to_vec()),
        },
        Header {
            name: vec![0xff, 0xfe],
            value: None,
        },
        Header {
            name: b"cut\0off".to_vec(),
            value: Some(vec![]),
        },
        Header {
            name: vec![],
            value: Some(vec![0]),
        },
    ];
    let mut sent = record(Some(b"subject"), Some(b"\x00\xff"));
    sent.headers = &headers;
    assert_eq!(
        setup.send(&sent),
        Delivery {
            partition: 0,
            offset: 0
        }
    );
    let (_consumer, mut reader) = setup.assign(0, from(0));
    let got = read(&mut reader, 1).remove(0).record;
    assert_eq!(got.offset, 0);
    assert_eq!(got.key.as_deref(), Some(&b"subject"[..]));
    assert_eq!(got.value.as_deref(), Some(&b"\x00\xff"[..]));
    let names: Vec<&[u8]> = got.headers.iter().map(|header| &header.name[..]).collect();
    assert_eq!(names, [&b"content-type"[..], b"\xff\xfe", b"cut", b""]);
    for (got, sent) in got.headers.iter().zip(&headers) {
        assert_eq!(got.value, sent.value);
    }
    assert!(matches!(got.timestamp, Timestamp::Create(ms) if ms > 1_577_836_800_000));
}

#[test]
fn null_and_empty_stay_apart() {
    let setup = setup(1);
    let cases = [
        (None, None),
        (Some(&b""[..]), Some(&b""[..])),
        (None, Some(b"")),
        (Some(b""), None),
    ];
    for (key, value) in cases {
        setup.send(&record(key, value));
    }
    let (_consumer, mut reader) = setup.assign(0, from(0));
    for (got, (key, value)) in read(&mut reader, 4).into_iter().zip(cases) {
        assert_eq!(got.record.key.as_deref(), key);
        assert_eq!(got.record.value.as_deref(), value);
    }
}

#[test]
fn reading_goes_on_where_it_is_told() {
    let setup = setup(1);
    setup.send_numbers(5);
    let (consumer, mut reader) = setup.assign(0, from(0));
    assert_eq!(read(&mut reader, 3).len(), 3);
    let position = reader.position();
    assert_eq!(position.next_offset, 3);
    assert!(position.leader_epoch.is_some());
    consumer.commit_for_display(&[(TOPIC.into(), 0, 1)]);
    drop(reader);
    consumer.close(PATIENCE).unwrap();
    let (_consumer, mut reader) = setup.assign(0, position);
    let offsets: Vec<u64> = read(&mut reader, 2)
        .iter()
        .map(|one| one.record.offset)
        .collect();
    assert_eq!(offsets, [3, 4]);
    assert_eq!(reader.lag(), Some(0));
}

#[test]
fn each_partition_has_its_own_queue() {
    let setup = setup(3);
    let assignments: Vec<_> = (0..3).map(|partition| at(partition, from(0))).collect();
    for number in 0..30_u8 {
        setup.send(&record(Some(&[number]), Some(b"")));
    }
    let (consumer, readers) = Consumer::assign(&setup.settings, &assignments, PATIENCE).unwrap();
    for mut reader in readers {
        let (low, high) = consumer
            .watermarks(TOPIC, reader.partition(), PATIENCE)
            .unwrap();
        assert_eq!(low, 0);
        for got in read(&mut reader, usize::try_from(high).unwrap()) {
            let key = got.record.key.unwrap();
            assert_eq!(partition_of(&key, 3), Some(reader.partition()));
        }
    }
    assert_eq!(consumer.serve(Duration::ZERO), None);
}

#[test]
fn the_client_places_keys_as_java_does() {
    let setup = setup(7);
    let keys: Vec<Vec<u8>> = (0..40_u8)
        .map(|length| vec![length; length.into()])
        .collect();
    for key in keys {
        let delivery = setup.send(&record(Some(&key), None));
        assert_eq!(Some(delivery.partition), partition_of(&key, 7), "{key:?}");
    }
}

#[test]
fn a_position_behind_the_end_is_a_truncated_log() {
    let setup = setup(1);
    setup.send_numbers(3);
    let (_consumer, mut reader) = setup.assign(0, from(1000));
    let error = failure(&mut reader);
    assert!(
        matches!(
            &error,
            Error::Truncated { topic, partition: 0, position: 1000, .. } if topic == TOPIC
        ),
        "{error:?}"
    );
    assert_eq!(error.code(), "CU-0107");
    assert_eq!(failure(&mut reader), error, "a failed reader stays failed");
}

#[test]
fn a_position_that_was_deleted_is_overtaken() {
    let mut setup = setup(1);
    let plain = ("compression.type".to_owned(), "none".to_owned());
    setup.settings.properties = BTreeMap::from([plain]);
    setup.writer = Writer::new(&setup.settings).unwrap();
    let large = vec![7; 500_000];
    for _ in 0..20 {
        setup.send(&record(Some(b"key"), Some(&large)));
    }
    let (_consumer, mut reader) = setup.assign(0, from(0));
    let error = failure(&mut reader);
    assert!(
        matches!(error, Error::Overtaken { position: 0, low, .. } if low > 0),
        "{error:?}"
    );
}

#[test]
fn an_unknown_topic_or_partition_is_refused_at_once() {
    let setup = setup(2);
    let refused = |assignment: Assignment| {
        let assigned = Consumer::assign(&setup.settings, &[assignment], PATIENCE);
        assigned.map(|_| ()).unwrap_err()
    };
    assert_eq!(
        refused(at(2, from(0))),
        Error::UnknownPartition {
            topic: TOPIC.into(),
            partition: 2
        }
    );
    let mut elsewhere = at(0, from(0));
    elsewhere.topic = "no.such.topic".into();
    assert_eq!(refused(elsewhere).code(), "CU-0105");
}

#[test]
fn a_range_is_read_to_its_end_and_no_further() {
    let setup = setup(1);
    setup.send_numbers(4);
    let mut seen = Vec::new();
    let end = read_range::<Error>(&setup.settings, TOPIC, 0, 1, PATIENCE, |fetched| {
        seen.push(fetched.record.offset);
        Ok(())
    });
    assert_eq!((end, seen), (Ok(4), vec![1, 2, 3]));
    let empty = read_range::<Error>(&setup.settings, TOPIC, 0, 4, PATIENCE, |_| unreachable!());
    assert_eq!(empty, Ok(4));
}

enum Stopped {
    Kafka(Error),
    Here(ControlFlow<u64>),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Kafka(error)
    }
}

#[test]
fn a_range_stops_where_the_caller_stops_it_and_refuses_what_is_not_there() {
    let setup = setup(1);
    setup.send_numbers(4);
    let read = |from, stop| {
        read_range(&setup.settings, TOPIC, 0, from, PATIENCE, |fetched| {
            if fetched.record.offset == stop {
                return Err(Stopped::Here(ControlFlow::Break(stop)));
            }
            Ok(())
        })
    };
    assert!(matches!(
        read(0, 2),
        Err(Stopped::Here(ControlFlow::Break(2)))
    ));
    assert!(matches!(
        read(9, 99),
        Err(Stopped::Kafka(Error::Truncated { position: 9, .. }))
    ));
}

#[test]
fn topics_have_facts_and_missing_ones_none() {
    let setup = setup(3);
    let facts = topic_facts(&setup.settings, &["no.such.topic", TOPIC], PATIENCE).unwrap();
    assert_eq!(facts[0], None);
    let facts = facts[1].as_ref().unwrap();
    assert_eq!((facts.topic.as_str(), facts.partitions), (TOPIC, 3));
    assert!(!facts.cluster_id.is_empty());
    assert_eq!(
        (&facts.topic_id, &facts.cleanup_policy),
        (&None, &None),
        "the mock can't be asked"
    );
    assert_eq!(
        watermarks(&setup.settings, TOPIC, 2, PATIENCE).unwrap(),
        (0, 0)
    );
    facts.check().unwrap();
    let (consumer, _reader) = setup.assign(0, from(0));
    assert_eq!(consumer.topic_id(TOPIC, PATIENCE).unwrap(), facts.topic_id);
}

#[test]
fn compaction_and_producers_times_are_refused() {
    let facts = TopicFacts {
        topic: TOPIC.into(),
        topic_id: None,
        cluster_id: "c".into(),
        partitions: 1,
        cleanup_policy: Some("delete".into()),
        timestamp_type: Some("LogAppendTime".into()),
        retention_ms: Some(-1),
        segment_ms: None,
        max_message_bytes: None,
    };
    facts.check().unwrap();
    let compacted = TopicFacts {
        cleanup_policy: Some("compact,delete".into()),
        ..facts.clone()
    };
    let producers = TopicFacts {
        timestamp_type: Some("CreateTime".into()),
        ..facts
    };
    for (wrong, wanted) in [(compacted, "delete"), (producers, "LogAppendTime")] {
        let error = wrong.check().unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(error.code(), "CU-0111");
    }
}

#[test]
fn a_broker_that_is_not_there_is_named() {
    let settings = Settings::at("127.0.0.1:1");
    let error = settings.probe(Duration::from_secs(1)).unwrap_err();
    assert!(
        matches!(&error, Error::Unreachable { bootstrap, reason }
            if bootstrap == "127.0.0.1:1" && reason.contains("refused")),
        "{error:?}"
    );
    assert!(error.may_pass());
}

#[test]
fn plaintext_towards_tls_is_said_to_be_tls() {
    let setup = setup(1);
    let mut settings = setup.settings.clone();
    let tls = ("security.protocol".to_owned(), "ssl".to_owned());
    settings.properties = BTreeMap::from([tls]);
    let error = settings.probe(Duration::from_secs(2)).unwrap_err();
    assert_eq!(error.code(), "CU-0102", "{error:?}");
}

#[test]
fn a_record_that_is_too_large_is_refused_before_it_is_sent() {
    let setup = setup(1);
    let value = vec![0; 17 << 20];
    let refused = setup
        .writer
        .enqueue(&record(None, Some(&value)))
        .unwrap_err();
    assert!(
        matches!(refused, Error::TooLarge { bytes, .. } if bytes == 17 << 20),
        "{refused:?}"
    );
}

#[test]
fn a_full_queue_holds_the_sender_back() {
    let setup = setup(1);
    let mut settings = setup.settings.clone();
    let small = ("queue.buffering.max.messages".to_owned(), "1".to_owned());
    settings.properties = BTreeMap::from([small]);
    let writer = Writer::new(&settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let first = writer.enqueue(&record(None, Some(b"1"))).unwrap();
    assert_eq!(
        writer.enqueue(&record(None, Some(b"2"))).unwrap_err(),
        Error::QueueFull
    );
    let second = runtime
        .block_on(writer.send(record(None, Some(b"3"))))
        .unwrap();
    assert_eq!(second.offset, 1);
    assert_eq!(first.wait(PATIENCE).unwrap().offset, 0);
    writer.flush(PATIENCE).unwrap();
}

#[test]
fn an_unacknowledged_record_is_an_error_that_says_why() {
    let mut settings = Settings::at("127.0.0.1:1");
    let soon = ("message.timeout.ms".to_owned(), "500".to_owned());
    settings.properties = BTreeMap::from([soon]);
    let writer = Writer::new(&settings).unwrap();
    let error = writer
        .send_blocking(&record(None, None), PATIENCE)
        .unwrap_err();
    assert!(
        matches!(&error, Error::NotDelivered { reason, .. } if reason.contains("127.0.0.1:1")),
        "{error:?}"
    );
}

#[test]
fn a_topic_that_breaks_while_it_is_read_is_gone() {
    let mut setup = setup(1);
    // As short a memory as the client has, so that it asks at once and doesn't wait for a topic
    // that might just be on its way.
    for (name, ms) in [
        ("topic.metadata.refresh.interval.ms", "100"),
        ("topic.metadata.propagation.max.ms", "0"),
    ] {
        setup.settings.properties.insert(name.into(), ms.into());
    }
    setup.send_numbers(1);
    let (_consumer, mut reader) = setup.assign(0, from(0));
    read(&mut reader, 1);
    setup.mock.break_topic(TOPIC);
    let error = failure(&mut reader);
    assert!(
        matches!(&error, Error::TopicGone { topic, .. } if topic == TOPIC),
        "{error:?}"
    );
}
