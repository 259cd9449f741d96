use std::io;
use std::time::Duration;

use custodia_core::record::Record;
use custodia_core::schema::v1::Event;
use prost::Message as _;

use super::*;
use crate::clock::FixedClock;
use crate::kafka::{self, MockCluster, read_range};

/// 2026-11-01T08:00:00Z.
const NOW_MS: i64 = 1_793_520_000_000;
const PEOPLE: [&str; 2] = ["abcdefghijklmnopqrstuv2345", "bbcdefghijklmnopqrstuv2345"];
const PATIENCE: Duration = Duration::from_secs(20);

fn line(subject: &str) -> String {
    format!(
        "{{\"occurred_at\": \"2026-11-01T08:00:00Z\", \"producer\": \"mall\", \
         \"subject_ref\": \"{subject}\", \"subject_role\": \"AC_SUBJECT_USER\", \
         \"order_opened\": {{\"order_ref\": \"o-1\", \"kind\": \"OK_GOODS\"}}}}\n"
    )
}

fn collect(
    run: impl FnOnce(Report<'_>) -> Result<Tally, Error>,
) -> (Result<Tally, Error>, Vec<LineReport>) {
    let mut reports = Vec::new();
    let result = run(&mut |report| {
        reports.push(report.clone());
        Ok(())
    });
    (result, reports)
}

fn cluster() -> (MockCluster, Config) {
    let mock = MockCluster::start(1).unwrap();
    let mut config = Config::default();
    config.kafka.bootstrap = mock.bootstrap();
    let topics = &config.topics;
    for (topic, partitions) in [
        (&topics.events, 4),
        (&topics.registry, 1),
        (&topics.access, 1),
    ] {
        mock.create_topic(topic, partitions).unwrap();
    }
    (mock, config)
}

fn record_at(config: &Config, topic: &str, partition: u32, offset: u64) -> Record {
    let settings = kafka_settings(config);
    let mut found = None;
    read_range(&settings, topic, partition, offset, PATIENCE, |fetched| {
        found = found.take().or(Some(fetched.record));
        Ok::<_, kafka::Error>(())
    })
    .unwrap();
    found.unwrap()
}

#[test]
fn of_two_lines_the_bad_one_is_refused_by_number() {
    let input = format!("{}\n{}", line("13800138000"), line(PEOPLE[0]));
    let clock = FixedClock::at(NOW_MS);
    let (tally, reports) =
        collect(|report| check_events(&Config::default(), &clock, input.as_bytes(), None, report));
    assert_eq!(
        tally.unwrap(),
        Tally {
            passed: 1,
            refused: 1
        }
    );
    let said: Vec<String> = reports.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "line 1: refused: subject_ref: not a reference (26 characters of a-z and 2-7)",
            "line 3: accepted, for custodia.events",
        ]
    );
    assert_eq!(
        serde_json::to_value(&reports[0]).unwrap(),
        serde_json::json!({ "line": 1, "outcome": "refused",
            "reasons": [{ "reason": "not_a_subject_reference", "path": "subject_ref" }] })
    );
}

#[test]
fn what_is_sent_is_read_back_and_nothing_of_a_refused_line() {
    let (_mock, config) = cluster();
    let input = format!("{}not json\n{}", line(PEOPLE[0]), line(PEOPLE[1]));
    let clock = FixedClock::at(NOW_MS);
    let (tally, reports) = collect(|report| {
        publish(
            &config,
            &clock,
            input.as_bytes(),
            &Options::default(),
            report,
        )
    });
    assert_eq!(
        tally.unwrap(),
        Tally {
            passed: 2,
            refused: 1
        }
    );
    assert_eq!(
        reports.iter().map(|r| r.line).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(matches!(reports[1].outcome, Outcome::Refused { .. }));
    for (report, person) in [(&reports[0], PEOPLE[0]), (&reports[2], PEOPLE[1])] {
        let Outcome::Sent {
            event_id,
            topic,
            partition,
            offset,
        } = &report.outcome
        else {
            panic!("{report:?}")
        };
        let record = record_at(&config, topic, *partition, *offset);
        assert_eq!(record.key.as_deref(), Some(person.as_bytes()));
        let event = Event::decode(record.value.as_deref().unwrap()).unwrap();
        assert_eq!(event.event_id, event_id.as_bytes());
        assert_eq!((event.subject_ref.as_str(), event.salt.len()), (person, 32));
    }
}

#[test]
fn without_its_topics_nothing_is_sent() {
    let mock = MockCluster::start(1).unwrap();
    let mut config = Config::default();
    config.kafka.bootstrap = mock.bootstrap();
    config.kafka.timeout_ms = 2000;
    let clock = FixedClock::at(NOW_MS);
    let (result, reports) = collect(|report| {
        publish(
            &config,
            &clock,
            line(PEOPLE[0]).as_bytes(),
            &Options::default(),
            report,
        )
    });
    assert!(matches!(result, Err(Error::Ingest(_))), "{result:?}");
    assert!(reports.is_empty());
}

#[test]
fn an_input_that_breaks_off_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let clock = FixedClock::at(NOW_MS);
    let (result, _) =
        collect(|report| check_events(&Config::default(), &clock, Broken, None, report));
    assert_eq!(result.unwrap_err().to_string(), "reading the events: gone");
}

#[test]
fn where_no_ledger_runs_nothing_is_sent_that_waits_for_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.ledger.folder = folder.path().to_owned();
    let wait = Wait {
        receipts: folder.path().join("receipts"),
        timeout: PATIENCE,
    };
    let options = Options {
        wait: Some(wait),
        ..Options::default()
    };
    let clock = FixedClock::at(NOW_MS);
    let (result, reports) = collect(|report| {
        publish(
            &config,
            &clock,
            line(PEOPLE[0]).as_bytes(),
            &options,
            report,
        )
    });
    assert_eq!(result.unwrap_err().code(), "CU-0022");
    assert!(reports.is_empty() && !folder.path().join("receipts").exists());
}
