//! Logs closed and generations opened, over a mock cluster.

use std::sync::Arc;
use std::time::Duration;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Event, LogEnd};
use prost::Message as _;
use tempfile::TempDir;

use super::start::Place;
use super::*;
use crate::app::assigned::{assigned, refuse_uncovered};
use crate::app::init::timeout;
use crate::app::{self, StartAt, init, kafka_settings, open, start};
use crate::clock::{Clock, FixedClock, SystemClock};
use crate::config::{Assignment, Config};
use crate::kafka::{self, MockCluster, Outgoing, TopicFacts, Writer, read_range};
use crate::log::Log;
use crate::sign::Signer;

const PATIENCE: Duration = Duration::from_secs(60);
const FIRST: &str = "ledger.example/custodia.events/0/1";
const SECOND: &str = "ledger.example/custodia.events/0/2";

struct Town {
    config: Config,
    _mock: MockCluster,
    _dir: TempDir,
}

impl Town {
    /// A ledger over two partitions of events, which has read nothing.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mock = MockCluster::start(1).unwrap();
        let mut config = Config::default();
        "ledger.example".clone_into(&mut config.ledger.name);
        config.ledger.folder = dir.path().join("ledger");
        config.keys.kek_file = dir.path().join("kek");
        config.signer.folder = dir.path().join("signer");
        config.kafka.bootstrap = mock.bootstrap();
        config.kafka.replication = 1;
        config.serve.disk_floor_bytes = 0;
        config.store.memory_bytes = 64 << 20;
        let topics = &config.topics;
        for (topic, partitions) in [
            (&topics.events, 2),
            (&topics.registry, 1),
            (&topics.access, 1),
            (&topics.checkpoints, 1),
        ] {
            mock.create_topic(topic, partitions).unwrap();
        }
        init(&config, &StartAt::default(), None, &FixedClock::at(1)).unwrap();
        Self {
            config,
            _mock: mock,
            _dir: dir,
        }
    }

    /// Sends records, all to one partition: that of this key.
    fn send(&self, count: u32) -> u32 {
        let writer = Writer::new(&kafka_settings(&self.config)).unwrap();
        let send = |n: u32| {
            let outgoing = Outgoing {
                topic: &self.config.topics.events,
                key: Some(b"key"),
                value: Some(&n.to_be_bytes()),
                headers: &[],
            };
            writer.send_blocking(&outgoing, PATIENCE).unwrap().partition
        };
        (0..count).map(send).max().unwrap()
    }

    /// Runs the ledger until its log of this origin has so many leaves.
    fn run_until(&self, origin: &str, leaves: u64) {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let running = start(&self.config, &clock).unwrap();
        let logs = &running.opened().logs;
        let log = logs.iter().find(|log| log.name() == origin).unwrap();
        let tail = log.wait_beyond(leaves - 1, PATIENCE);
        assert_eq!(tail.size, leaves, "{:?}", running.failure(Duration::ZERO));
        running.stop().unwrap();
    }

    fn close(&self, named: &str) -> Result<Vec<LogStanding>, app::Error> {
        close_logs(
            &self.config,
            &[named.to_owned()],
            LogEnd::LeOrdered,
            &FixedClock::at(2),
        )
    }

    fn open(&self, named: &str, from: StartFrom) -> Result<Vec<OpenedLog>, app::Error> {
        self.open_as(named, None, from)
    }

    fn open_as(
        &self,
        named: &str,
        generation: Option<u32>,
        from: StartFrom,
    ) -> Result<Vec<OpenedLog>, app::Error> {
        let clock = FixedClock::at(3);
        let opening = Opening {
            named: vec![named.to_owned()],
            generation,
            from,
        };
        open_logs(&self.config, &opening, &[], &clock)
    }

    fn logs(&self) -> Vec<Arc<Log>> {
        app::open(&self.config).unwrap().logs
    }

    /// What the registry says of a log, in order.
    fn notices(&self, origin: &str) -> Vec<&'static str> {
        let (settings, topic) = (kafka_settings(&self.config), &self.config.topics.registry);
        let mut said = Vec::new();
        let take = |fetched: kafka::Fetched| {
            let event = Event::decode(fetched.record.value.unwrap().as_slice()).unwrap();
            match event.body.unwrap() {
                Body::LogOpened(opened) if opened.origin == origin => said.push("opened"),
                Body::LogClosed(closed) if closed.origin == origin => said.push("closed"),
                _ => {}
            }
            Ok::<_, kafka::Error>(())
        };
        read_range(&settings, topic, 0, 0, timeout(&self.config), take).unwrap();
        said
    }
}

fn code<T>(result: Result<T, app::Error>) -> String {
    let error = result.err();
    error.map_or_else(|| "ok".into(), |error| error.code().to_owned())
}

#[test]
fn a_log_ends_and_the_next_generation_goes_on_where_it_ended() {
    let town = Town::new();
    let partition = town.send(3);
    let (first, second) = (
        format!("ledger.example/custodia.events/{partition}/1"),
        format!("ledger.example/custodia.events/{partition}/2"),
    );
    let place = format!("custodia.events/{partition}");
    town.run_until(&first, 3);
    let closed = town.close(&place).unwrap();
    assert_eq!((closed[0].log.as_str(), closed[0].size), (&first[..], 3));
    assert_eq!(closed[0].closed.as_deref(), Some("ordered"));
    assert_eq!(code(town.close(&place)), "CU-0412");
    assert_eq!(code(town.open(&place, StartFrom::Offset(1))), "CU-0036");
    assert_eq!(code(town.open(&place, StartFrom::Beginning)), "CU-0036");
    assert_eq!(code(town.open(&place, StartFrom::Offset(4))), "CU-0035");
    let opened = town.open(&place, StartFrom::Previous).unwrap();
    assert_eq!(
        (opened[0].log.as_str(), opened[0].start_offset),
        (&second[..], 3)
    );
    assert_eq!(opened[0].previous.as_deref(), Some(&first[..]));
    assert_eq!(opened[0].skipped, None);
    town.send(2);
    town.run_until(&second, 2);
    let sizes = list_logs(&town.config).unwrap();
    let of_place = sizes.iter().filter(|log| log.log.contains(&place));
    let sizes: Vec<_> = of_place
        .map(|log| (log.size, log.closed.is_some()))
        .collect();
    assert_eq!(sizes, [(3, true), (2, false)]);
    assert_eq!(town.notices(&first), ["opened", "closed"]);
    assert_eq!(town.notices(&second), ["opened"]);
    let report = app::fsck(&town.config, true).unwrap();
    assert!(report.is_clean(), "{report}");
    let compared: u64 = report.logs.iter().map(|log| log.records_compared).sum();
    assert_eq!(
        compared,
        report.logs.iter().map(|log| log.size).sum::<u64>()
    );
}

#[test]
fn what_is_not_there_or_still_open_is_refused() {
    let town = Town::new();
    for unknown in [
        "custodia.events/7",
        "other",
        "ledger.example/custodia.events/0/9",
    ] {
        assert_eq!(code(town.close(unknown)), "CU-0030", "{unknown}");
    }
    assert_eq!(
        code(town.open("custodia.events/0", StartFrom::Previous)),
        "CU-0031"
    );
    assert_eq!(
        code(town.open("custodia.events", StartFrom::Previous)),
        "CU-0031"
    );
    for unknown in [
        "custodia.events/2",
        "custodia.checkpoints/0",
        "other",
        FIRST,
    ] {
        assert_eq!(
            code(town.open(unknown, StartFrom::Previous)),
            "CU-0032",
            "{unknown}"
        );
    }
    town.close(FIRST).unwrap();
    let first = |generation| town.open_as("custodia.events/0", generation, StartFrom::Beginning);
    assert_eq!(code(first(Some(1))), "CU-0033");
    assert_eq!(
        first(Some(5)).unwrap()[0].log,
        "ledger.example/custodia.events/0/5"
    );
    assert_eq!(code(first(None)), "CU-0031");
}

#[test]
fn one_bad_name_among_good_ones_closes_and_opens_nothing() {
    let town = Town::new();
    let names = ["custodia.events".to_owned(), "custodia.events/7".to_owned()];
    let clock = FixedClock::at(2);
    let closed = close_logs(&town.config, &names, LogEnd::LeOrdered, &clock);
    assert_eq!(code(closed), "CU-0030");
    assert!(town.logs().iter().all(|log| log.closing().is_none()));
    assert_eq!(town.close("custodia.events").unwrap().len(), 2);
    let opening = Opening {
        named: names.to_vec(),
        generation: None,
        from: StartFrom::Previous,
    };
    let opened = open_logs(&town.config, &opening, &[], &clock);
    assert_eq!(code(opened), "CU-0032");
    assert_eq!(list_logs(&town.config).unwrap().len(), 4);
    let opened = town.open("custodia.events", StartFrom::Previous).unwrap();
    assert_eq!(opened.len(), 2);
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let town = Town::new();
    let opened = open(&town.config).unwrap();
    assert_eq!(code(town.close(FIRST)), "CU-0408");
    assert_eq!(
        code(town.open("custodia.events/0", StartFrom::Previous)),
        "CU-0408"
    );
    assert_eq!(code(list_logs(&town.config)), "CU-0408");
    drop(opened);
    town.close(FIRST).unwrap();
}

#[test]
fn a_command_killed_after_the_signer_began_the_log_is_run_again() {
    let town = Town::new();
    town.close(FIRST).unwrap();
    let mut signer = Signer::open(&town.config.signer.folder).unwrap();
    signer.begin(SECOND, &[]).unwrap();
    drop(signer);
    // What a creation that was cut short leaves.
    let unfinished = town
        .config
        .ledger
        .folder
        .join("logs/custodia.events-0-2.creating");
    std::fs::create_dir(unfinished).unwrap();
    let opened = town.open("custodia.events/0", StartFrom::Previous).unwrap();
    assert_eq!(opened[0].log, SECOND);
    assert_eq!(town.logs().len(), 5);
}

#[test]
fn an_origin_that_was_signed_is_not_used_again() {
    let town = Town::new();
    town.close(FIRST).unwrap();
    let mut signer = Signer::open(&town.config.signer.folder).unwrap();
    signer.begin(SECOND, &[]).unwrap();
    let tree = Checkpoint {
        origin: SECOND.to_owned(),
        size: 1,
        root: [7; 32],
    };
    signer.sign(&tree, &[]).unwrap();
    drop(signer);
    assert_eq!(
        code(town.open("custodia.events/0", StartFrom::Previous)),
        "CU-0362"
    );
    assert_eq!(town.logs().len(), 4);
    let third = town.open_as("custodia.events/0", Some(3), StartFrom::Previous);
    assert_eq!(third.unwrap()[0].log, "ledger.example/custodia.events/0/3");
}

fn facts(partitions: u32) -> TopicFacts {
    TopicFacts {
        topic: "custodia.events".into(),
        topic_id: None,
        cluster_id: "c".into(),
        partitions,
        cleanup_policy: None,
        timestamp_type: None,
        retention_ms: None,
        segment_ms: None,
        max_message_bytes: None,
    }
}

#[test]
fn a_generation_begins_within_what_kafka_holds() {
    let place = Place {
        name: "custodia.events/0".into(),
        partition: 0,
        facts: &facts(1),
        marks: (5, 9),
        earlier: Vec::new(),
    };
    let start = |from| place.first_offset(from).map_err(|error| error.code());
    assert_eq!(start(StartFrom::Beginning), Err("CU-0034"));
    assert_eq!(start(StartFrom::Previous), Err("CU-0034"));
    assert_eq!(start(StartFrom::Offset(4)), Err("CU-0034"));
    assert_eq!(start(StartFrom::Offset(5)), Ok(5));
    assert_eq!(start(StartFrom::Offset(9)), Ok(9));
    assert_eq!(start(StartFrom::Offset(10)), Err("CU-0035"));
    assert_eq!(place.skipped(5), Some((0, 5)));
}

#[test]
fn closed_logs_are_not_appended_to_and_no_partition_goes_without_one() {
    let town = Town::new();
    town.close(FIRST).unwrap();
    let logs = town.logs();
    let names = |assignment: &Assignment| {
        let logs = assigned(&logs, assignment)?;
        Ok::<_, app::Error>(
            logs.iter()
                .map(|log| log.name().to_owned())
                .collect::<Vec<_>>(),
        )
    };
    let all = names(&Assignment::All).unwrap();
    assert!(
        all.len() == 3 && !all.contains(&FIRST.to_owned()),
        "{all:?}"
    );
    let only = |place: &str| names(&Assignment::Only(vec![place.to_owned()]));
    assert_eq!(
        only("custodia.events/1").unwrap(),
        ["ledger.example/custodia.events/1/1"]
    );
    assert_eq!(code(only("custodia.events/0")), "CU-0039");
    assert_eq!(code(only("custodia.events/2")), "CU-0012");
    let uncovered = |partitions, assignment: &Assignment| {
        code(refuse_uncovered(&logs, &[facts(partitions)], assignment))
    };
    assert_eq!(uncovered(2, &Assignment::All), "ok");
    assert_eq!(uncovered(3, &Assignment::All), "CU-0038");
    assert_eq!(uncovered(3, &Assignment::Only(Vec::new())), "ok");
}

#[test]
fn every_code_has_its_page() {
    for number in 30..=41 {
        let page = format!("CU-00{number}");
        let path = format!("{}/ops/runbook/{page}.md", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with(&format!("# {page}: ")), "{page}");
    }
}
