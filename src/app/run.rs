//! The running ledger: consumer, appending threads, checkpoints, facts, and how they stop.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::init::{facts_of, logged_topics, timeout};
use super::parts::role_of;
use super::threads::Threads;
use super::{Error, KafkaOutbox, Opened, kafka_settings, open};
use crate::clock::Clock;
use crate::config::{Assignment, Config};
use crate::ingest::{self, DiskFloor, Limits, Partition, start_of};
use crate::kafka::{
    self, Consumer, PartitionReader, Position, Settings, TopicFacts, read_range, wait_for,
    watermarks,
};
use crate::log::{Checkpointer, CheckpointerParts, Log, Outbox, Publishing, Writer, notices};
use crate::metrics::{LogLabel, Metrics};
use crate::project::Projector;
use crate::query::LogRows;
use crate::sign::Signer;

/// How long the consumer is waited for at a time: librdkafka wakes for its own events, and can't be
/// told of a stop.
const CONSUMER_POLL: Duration = Duration::from_millis(100);
/// How often lag is measured.
const LAG_INTERVAL: Duration = Duration::from_secs(5);

/// A ledger at work.
pub struct Running {
    opened: Opened,
    threads: Threads,
    checkpointer: Option<Arc<Mutex<Checkpointer>>>,
    outbox: Arc<KafkaOutbox>,
    registry: Arc<Registry>,
    metrics: Metrics,
    rows: Vec<LogRows>,
}

/// Opens the ledger that the configuration names, checks what must hold, and starts it.
///
/// # Errors
/// Everything that keeps a ledger from running; nothing has been appended then.
pub fn start(config: &Config, clock: &Arc<dyn Clock>) -> Result<Running, Error> {
    let opened = open(config)?;
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    let assigned = assigned(&opened.logs, &config.ingest.assign)?;
    let (consumer, readers) = assign(config, &settings, &assigned)?;
    let outbox = Arc::new(KafkaOutbox::new(&settings, timeout(config))?);
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let checkpointer = checkpointer(config, &settings, &opened, &outbox, clock, &metrics)?;
    let mut running = Running {
        opened,
        threads: Threads::new(),
        checkpointer,
        outbox,
        registry: Arc::new(registry),
        metrics: metrics.clone(),
        rows: Vec::new(),
    };
    running.start_projecting(config)?;
    running.start_appending(config, assigned.iter().zip(readers), clock, &metrics)?;
    running.start_watching(config, consumer, &metrics)?;
    running.start_facts(config, &settings)?;
    running.announce(config)?;
    running.start_checkpoints(config)?;
    Ok(running)
}

impl Running {
    /// The ledger's open parts.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The logs' rows; none where `project.enabled` is off.
    pub fn rows(&self) -> &[LogRows] {
        &self.rows
    }

    /// The way to Kafka.
    pub fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::clone(&self.outbox) as Arc<dyn Outbox>
    }

    /// Signs what grew, now rather than at the next interval.
    ///
    /// # Errors
    /// Where the signer refuses.
    pub fn sign_now(&self) -> Result<(), Error> {
        if let Some(checkpointer) = &self.checkpointer {
            locked(checkpointer).round()?;
        }
        Ok(())
    }

    /// The numbers for `/metrics`.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The numbers themselves.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Cancelled once the ledger stops, for whatever reason.
    pub fn stop_token(&self) -> CancellationToken {
        self.threads.stop_token().clone()
    }

    /// The first failure of any part, waiting `timeout` at most.
    pub fn failure(&self, timeout: Duration) -> Option<Error> {
        self.threads.failure(timeout)
    }

    /// Stops: the batches at hand are finished, what grew is signed once more, and the offsets
    /// for dashboards are committed.
    ///
    /// # Errors
    /// The failure that made it stop, where there was one.
    pub fn stop(self) -> Result<(), Error> {
        let Self {
            threads,
            checkpointer,
            ..
        } = self;
        let failed = threads.join();
        if failed.is_none()
            && let Some(checkpointer) = checkpointer
        {
            locked(&checkpointer).round()?;
        }
        info!("stopped");
        failed.map_or(Ok(()), Err)
    }

    /// Keeps up the rows of every log, a thread each.
    fn start_projecting(&mut self, config: &Config) -> Result<(), Error> {
        if !config.project.enabled {
            return Ok(());
        }
        for log in &self.opened.logs {
            let role = role_of(config, log);
            let keys = Arc::clone(&self.opened.keys);
            let mut projector = Projector::new(Arc::clone(log), keys, role, &self.metrics)?;
            self.rows.push(LogRows {
                role,
                rows: projector.reader(),
            });
            let name = format!("project {}", log.name());
            self.threads
                .spawn(&name, move |stop| Ok(projector.run(stop)?))?;
        }
        Ok(())
    }

    fn start_appending<'a>(
        &mut self,
        config: &Config,
        assigned: impl Iterator<Item = (&'a Arc<Log>, PartitionReader)>,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Result<(), Error> {
        let limits = Limits {
            records: config.ingest.batch_records,
            bytes: config.ingest.batch_bytes,
            age: Duration::from_millis(config.ingest.batch_age_ms),
        };
        let folder = self.opened.folder.path().to_owned();
        let floor = DiskFloor::new(folder, config.serve.disk_floor_bytes);
        for (log, reader) in assigned {
            let writer = Writer::new(Arc::clone(log), Arc::clone(&self.opened.keys))?;
            let (clock, metrics) = (Arc::clone(clock), metrics.clone());
            let partition = Partition::new(reader, writer, limits, floor.clone(), clock, metrics);
            self.threads
                .spawn(&format!("append {}", log.name()), |stop| {
                    Ok(partition.run(stop)?)
                })?;
        }
        Ok(())
    }

    /// Watches the consumer's own events and measures lag.
    fn start_watching(
        &mut self,
        config: &Config,
        consumer: Consumer,
        metrics: &Metrics,
    ) -> Result<(), Error> {
        let deadline = Duration::from_millis(config.serve.stop_deadline_ms);
        let (logs, metrics) = (self.opened.logs.clone(), metrics.clone());
        self.threads.spawn("consumer", move |stop| {
            let rounds = LAG_INTERVAL.as_millis() / CONSUMER_POLL.as_millis();
            for round in 0u128.. {
                if stop.is_cancelled() {
                    break;
                }
                match consumer.serve(CONSUMER_POLL) {
                    Some(error) if !error.may_pass() => return Err(error.into()),
                    Some(error) => warn!(%error, "Kafka"),
                    None => {}
                }
                if round % rounds == 0 {
                    measure_lag(&consumer, &logs, &metrics);
                    commit_for_display(&consumer, &logs);
                }
            }
            commit_for_display(&consumer, &logs);
            // Everything that was appended is on disk, however long the brokers take to part.
            if let Err(error) = consumer.close(deadline) {
                warn!(%error, "the consumer was left behind");
            }
            Ok(())
        })
    }

    /// Asks again, now and then, whether the topics are still those of the generations.
    fn start_facts(&mut self, config: &Config, settings: &Settings) -> Result<(), Error> {
        let (config, settings, logs) = (config.clone(), settings.clone(), self.opened.logs.clone());
        let interval = Duration::from_millis(config.ingest.facts_interval_ms);
        self.threads.spawn("facts", move |stop| {
            while !waited(stop, interval) {
                match facts_of(&settings, &logged_topics(&config), timeout(&config)) {
                    Ok(facts) => check_facts(&facts, &logs)?,
                    Err(Error::Kafka(error)) if error.may_pass() => {
                        warn!(%error, "the topics' facts could not be asked for");
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
    }

    /// Puts `LogOpened` of new logs in the registry.
    fn announce(&self, config: &Config) -> Result<(), Error> {
        for log in &self.opened.logs {
            let opening = log.opening()?;
            if opening.announced {
                continue;
            }
            let outbox = self.outbox.as_ref();
            notices::announce(outbox, &config.topics.registry, log.name(), &opening.event)?;
            log.mark_announced()?;
            info!(log = log.name(), "opened");
        }
        Ok(())
    }

    fn start_checkpoints(&mut self, config: &Config) -> Result<(), Error> {
        let Some(checkpointer) = self.checkpointer.clone() else {
            return Ok(());
        };
        let interval = Duration::from_millis(config.checkpoints.interval_ms);
        self.threads.spawn("checkpoints", move |stop| {
            while !waited(stop, interval) {
                locked(&checkpointer).round()?;
            }
            Ok(())
        })
    }
}

/// Waits `interval`, or less where `stop` is cancelled; whether it was.
fn waited(stop: &CancellationToken, interval: Duration) -> bool {
    wait_for(stop.cancelled(), interval).is_some()
}

// The checkpointer's own state is replaced whole after each step; after a panic it isn't used.
fn locked(checkpointer: &Mutex<Checkpointer>) -> std::sync::MutexGuard<'_, Checkpointer> {
    checkpointer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The logs that this process appends to.
fn assigned(logs: &[Arc<Log>], assignment: &Assignment) -> Result<Vec<Arc<Log>>, Error> {
    let Assignment::Only(places) = assignment else {
        return Ok(logs.to_vec());
    };
    let place = |log: &Log| format!("{}/{}", log.origin().topic, log.origin().partition);
    let find = |wanted: &String| {
        let log = logs.iter().find(|log| place(log) == *wanted);
        log.cloned().ok_or_else(|| Error::NoSuchLog(wanted.clone()))
    };
    places.iter().map(find).collect()
}

/// Checks every assigned log against its topic, and assigns its partition from where it goes on.
fn assign(
    config: &Config,
    settings: &Settings,
    logs: &[Arc<Log>],
) -> Result<(Consumer, Vec<PartitionReader>), Error> {
    let topics = logged_topics(config);
    let facts = facts_of(settings, &topics, timeout(config))?;
    facts.iter().try_for_each(TopicFacts::check)?;
    let mut positions = Vec::new();
    for log in logs {
        let origin = log.origin();
        let no_topic = || ingest::Error::NoTopic {
            topic: origin.topic.clone(),
        };
        let fact = facts
            .iter()
            .find(|f| f.topic == origin.topic)
            .ok_or_else(no_topic)?;
        let marks = watermarks(settings, &origin.topic, origin.partition, timeout(config))?;
        let start = start_of(log.name(), log.generation(), &log.state()?, fact, marks)?;
        let position = Position {
            next_offset: start.offset,
            leader_epoch: start.leader_epoch,
        };
        positions.push(kafka::Assignment {
            topic: origin.topic.clone(),
            partition: origin.partition,
            position,
        });
    }
    Ok(Consumer::assign(settings, &positions, timeout(config))?)
}

fn check_facts(facts: &[TopicFacts], logs: &[Arc<Log>]) -> Result<(), Error> {
    facts.iter().try_for_each(TopicFacts::check)?;
    for log in logs {
        let of_topic = facts.iter().filter(|f| f.topic == log.origin().topic);
        for fact in of_topic {
            let topic = fact.topic_id.as_deref();
            log.generation()
                .check(log.name(), &fact.cluster_id, topic, fact.partitions)?;
        }
    }
    Ok(())
}

fn checkpointer(
    config: &Config,
    settings: &Settings,
    opened: &Opened,
    outbox: &Arc<KafkaOutbox>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<Option<Arc<Mutex<Checkpointer>>>, Error> {
    if !config.signer.enabled {
        return Ok(None);
    }
    let mut checkpointer = Checkpointer::new(CheckpointerParts {
        signer: Signer::open(&config.signer.folder)?,
        logs: opened.logs.clone(),
        keys: Arc::clone(&opened.keys),
        outbox: Arc::clone(outbox) as Arc<dyn Outbox>,
        publishing: Publishing {
            checkpoints_topic: config.topics.checkpoints.clone(),
            registry_topic: config.topics.registry.clone(),
            registry_interval: Duration::from_millis(config.checkpoints.publish_interval_ms),
        },
        clock: Arc::clone(clock),
        metrics: metrics.clone(),
    });
    checkpointer.settle(&published_checkpoints(config, settings)?)?;
    Ok(Some(Arc::new(Mutex::new(checkpointer))))
}

/// Everything that stands in the checkpoints topic.
fn published_checkpoints(config: &Config, settings: &Settings) -> Result<Vec<Vec<u8>>, Error> {
    let mut seen = Vec::new();
    let topic = &config.topics.checkpoints;
    read_range(settings, topic, 0, 0, timeout(config), |fetched| {
        seen.extend(fetched.record.value);
        Ok::<(), kafka::Error>(())
    })?;
    Ok(seen)
}

fn measure_lag(consumer: &Consumer, logs: &[Arc<Log>], metrics: &Metrics) {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    for log in logs {
        let (topic, partition) = (&log.origin().topic, log.origin().partition);
        let marks = consumer.watermarks(topic, partition, CONSUMER_POLL);
        let Ok((_, high)) = marks else { continue };
        let label = LogLabel::from(log.origin());
        let lag = high.saturating_sub(log.tail().next_offset);
        metrics
            .high_watermark
            .get_or_create(&label)
            .set(signed(high));
        metrics.lag.get_or_create(&label).set(signed(lag));
    }
}

fn commit_for_display(consumer: &Consumer, logs: &[Arc<Log>]) {
    let place = |log: &Arc<Log>| {
        let origin = log.origin();
        (
            origin.topic.clone(),
            origin.partition,
            log.tail().next_offset,
        )
    };
    let positions: Vec<_> = logs.iter().map(place).collect();
    // Only dashboards read these (law 4).
    consumer.commit_for_display(&positions);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_its_time_or_with_the_stop() {
        let stop = CancellationToken::new();
        assert!(!waited(&stop, Duration::from_millis(1)));
        let stopping = stop.clone();
        let stopper = std::thread::spawn(move || stopping.cancel());
        assert!(waited(&stop, Duration::from_secs(3600)));
        stopper.join().unwrap();
        assert!(waited(&stop, Duration::ZERO));
    }
}
