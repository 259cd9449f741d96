//! The running ledger: consumer, appending threads, checkpoints, facts, and how they stop.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::assessing::{self, Assessing};
use super::assigned::{assign, assigned, check_facts, topics_of};
use super::checkpointing::{checkpointer, signer};
use super::erasing::{self, Erasing, Unread};
use super::glass::{LOOKS_INTERVAL, publish_pending, show_pending};
use super::init::{facts_of, timeout};
use super::kafka_registry::KafkaRegistry;
use super::lag::{CONSUMER_POLL, commit_for_display, measure_lag};
use super::parts::role_of;
use super::threads::Threads;
use super::{Error, KafkaOutbox, Opened, kafka_settings, open};
use crate::assess::{Keeping, Rulebook};
use crate::clock::Clock;
use crate::config::Config;
use crate::erase::Reach;
use crate::ingest::{DiskFloor, Limits, Partition};
use crate::kafka::{self, Consumer, PartitionReader, Settings, read_range, wait_for, watermarks};
use crate::log::{Checkpointer, Intake, Log, Outbox, Writer};
use crate::metrics::{LogLabel, Metrics};
use crate::project::Projector;
use crate::query::LogRows;
use crate::sign::ExtractSigner;

/// How often lag is measured.
const LAG_INTERVAL: Duration = Duration::from_secs(5);

/// A ledger at work.
pub struct Running {
    opened: Opened,
    /// The logs that this process appends to.
    assigned: Vec<Arc<Log>>,
    threads: Threads,
    checkpointer: Option<Arc<Mutex<Checkpointer>>>,
    outbox: Arc<KafkaOutbox>,
    registry: Arc<Registry>,
    metrics: Metrics,
    rows: Vec<LogRows>,
    book: Arc<Rulebook>,
    findings: Keeping,
    extracts: Option<ExtractSigner>,
    /// How far orders of erasure are carried out; none where nobody carries them out.
    reach: Option<Arc<Reach>>,
    /// The open logs of the registry, each with the offset of the last order that it had not read.
    unread: Vec<Unread>,
}

/// Opens the ledger that the configuration names, checks what must hold, and starts it.
///
/// # Errors
/// Everything that keeps a ledger from running; nothing has been appended then.
pub fn start(config: &Config, clock: &Arc<dyn Clock>) -> Result<Running, Error> {
    let book = assessing::rulebook(config)?;
    let opened = open(config)?;
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    let assigned = assigned(&opened.logs, &config.ingest.assign)?;
    let (consumer, readers) = assign(config, &settings, &opened.logs, &assigned)?;
    let unread = erasing::unread_orders(config, &assigned)?;
    let outbox = Arc::new(KafkaOutbox::new(&settings, timeout(config))?);
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let signer = signer(config)?;
    let extracts = match &signer {
        Some(signer) => Some(signer.extracts()),
        None => ExtractSigner::open(&config.signer.folder)?,
    };
    let checkpointer = checkpointer(config, &settings, &opened, &outbox, clock, &metrics, signer)?;
    show_sizes(&opened.logs, &metrics);
    let mut running = Running {
        opened,
        assigned,
        threads: Threads::new(),
        checkpointer,
        outbox,
        registry: Arc::new(registry),
        metrics: metrics.clone(),
        rows: Vec::new(),
        book,
        findings: Keeping::Off,
        extracts,
        reach: None,
        unread,
    };
    running.start_projecting(config)?;
    running.start_assessing(config, clock)?;
    running.start_erasing(config, clock)?;
    running.start_appending(config, readers, clock, &metrics)?;
    running.start_watching(config, consumer, &metrics)?;
    running.start_facts(config, &settings)?;
    running.announce(config, &settings)?;
    running.start_checkpoints(config)?;
    running.start_intake(config, &settings)?;
    running.start_looks(config)?;
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

    /// The rules in force here.
    pub fn book(&self) -> &Arc<Rulebook> {
        &self.book
    }

    /// Whether findings are kept up: not where `findings.enabled` or `project.enabled` is off.
    pub fn findings(&self) -> &Keeping {
        &self.findings
    }

    /// The way to Kafka.
    pub fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::clone(&self.outbox) as Arc<dyn Outbox>
    }

    /// What signs extracts; none where the ledger's key isn't here.
    pub fn extracts(&self) -> Option<&ExtractSigner> {
        self.extracts.as_ref()
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

    /// Keeps up the findings.
    fn start_assessing(&mut self, config: &Config, clock: &Arc<dyn Clock>) -> Result<(), Error> {
        let assessing = Assessing {
            config,
            opened: &self.opened,
            rows: &self.rows,
            book: &self.book,
            clock,
            metrics: &self.metrics,
        };
        self.findings = assessing.start(&mut self.threads)?;
        Ok(())
    }

    /// Carries out orders of erasure, those first that an earlier process left undone.
    fn start_erasing(&mut self, config: &Config, clock: &Arc<dyn Clock>) -> Result<(), Error> {
        if !config.project.enabled {
            return Ok(());
        }
        let erasing = Erasing {
            config,
            opened: &self.opened,
            rows: &self.rows,
            book: &self.book,
            findings: &self.findings,
            outbox: &self.outbox,
            clock,
            metrics: &self.metrics,
        };
        let mut carrier = erasing.carrier()?;
        self.reach = Some(Arc::clone(carrier.reach()));
        self.threads
            .spawn("erase", move |stop| Ok(carrier.run(stop)?))
    }

    /// Whether every order of erasure is carried out that Kafka had when the ledger was started.
    ///
    /// # Errors
    /// Where a log can't be read.
    pub fn has_erased(&self) -> Result<bool, Error> {
        let Some(reach) = &self.reach else {
            return Ok(true);
        };
        for (log, unread) in &self.unread {
            let Some(reached) = reach.of(log.name()) else {
                return Ok(false);
            };
            let Some(offset) = unread else { continue };
            let leaf = log.index_of_offset(*offset)?;
            if leaf.is_none_or(|leaf| leaf >= reached) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn start_appending(
        &mut self,
        config: &Config,
        readers: Vec<PartitionReader>,
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
        for (log, reader) in self.assigned.iter().zip(readers) {
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
        let (logs, metrics) = (self.assigned.clone(), metrics.clone());
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
        let (config, settings, logs) = (config.clone(), settings.clone(), self.assigned.clone());
        let interval = Duration::from_millis(config.ingest.facts_interval_ms);
        self.threads.spawn("facts", move |stop| {
            while !waited(stop, interval) {
                match facts_of(&settings, &topics_of(&logs), timeout(&config)) {
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

    /// Puts in the registry which logs were opened and closed; a replica's were by its ledger.
    fn announce(&self, config: &Config, settings: &Settings) -> Result<(), Error> {
        if self.checkpointer.is_none() {
            return Ok(());
        }
        let registry = KafkaRegistry {
            outbox: Arc::clone(&self.outbox),
            settings: settings.clone(),
            topic: config.topics.registry.clone(),
            patience: timeout(config),
        };
        for log in &self.opened.logs {
            for what in log.announce(&registry)? {
                info!(log = log.name(), "{what}: the registry has it");
            }
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

    /// Publishes the looks that wait for Kafka.
    fn start_looks(&mut self, config: &Config) -> Result<(), Error> {
        let (config, metrics) = (config.clone(), self.metrics.clone());
        let pending = Arc::clone(&self.opened.pending);
        let outbox = self.outbox();
        self.threads.spawn("looks", move |stop| {
            loop {
                show_pending(&pending, &metrics)?;
                publish_pending(&config, &pending, outbox.as_ref())?;
                show_pending(&pending, &metrics)?;
                if waited(stop, LOOKS_INTERVAL) {
                    return Ok(());
                }
            }
        })
    }

    /// On a replica: keeps the checkpoints that the ledger's signer publishes.
    fn start_intake(&mut self, config: &Config, settings: &Settings) -> Result<(), Error> {
        let Some(extracts) = self
            .extracts
            .clone()
            .filter(|_| self.checkpointer.is_none())
        else {
            return Ok(());
        };
        let mut intake = Intake::new(extracts.ring().clone(), self.opened.logs.clone());
        let (config, settings) = (config.clone(), settings.clone());
        let interval = Duration::from_millis(config.checkpoints.interval_ms);
        let (first, _) = watermarks(&settings, &config.topics.checkpoints, 0, timeout(&config))?;
        self.threads.spawn("checkpoints taken in", move |stop| {
            let mut next = first;
            loop {
                next = take_in(&config, &settings, next, &mut intake)?;
                if waited(stop, interval) {
                    return Ok(());
                }
            }
        })
    }
}

/// Takes in what the checkpoints topic has from `from` on; where it ends. Brokers that can't be
/// reached now are asked again later.
fn take_in(
    config: &Config,
    settings: &Settings,
    from: u64,
    intake: &mut Intake,
) -> Result<u64, Error> {
    intake.settle()?;
    let topic = &config.topics.checkpoints;
    let mut take = |fetched: kafka::Fetched| match fetched.record.value {
        Some(signed) => Ok(intake.take(&signed)?),
        None => Ok(()),
    };
    match read_range(settings, topic, 0, from, timeout(config), &mut take) {
        Ok(end) => Ok(end),
        Err(Error::Kafka(error)) if error.may_pass() => {
            warn!(%error, "checkpoints could not be read");
            Ok(from)
        }
        Err(error) => Err(error),
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

/// Shows what each log has, those that nothing is appended to included.
fn show_sizes(logs: &[Arc<Log>], metrics: &Metrics) {
    for log in logs {
        let size = i64::try_from(log.tail().size).unwrap_or(i64::MAX);
        let label = LogLabel::from(log.origin());
        metrics.tree_size.get_or_create(&label).set(size);
    }
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
