//! `custodia restore`: a backup becomes a ledger again, once it is proven and has caught up.
//!
//! Nothing is signed and nothing is served: the folder is a ledger's only after its logs go through every
//! checkpoint that is known. It reads what Kafka holds up to the largest of them through [`start`], as any
//! ledger does, so that the next start has nothing left to show but what the signer asks for (law 5).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::note::Note;
use serde::Serialize;

use super::assigned::{assigned, topics_of};
use super::init::{facts_of, timeout};
use super::parts::{OpenLogs, open_keys, shared};
use super::published::published_checkpoints;
use super::{Error, Running, kafka_settings, policy, start};
use crate::backup::{Backup, Error as BackupError, prove, reached};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::{Settings, watermarks};
use crate::log::{Folder, Intake, Log};
use crate::sign::{ExtractSigner, KeyRing};

/// How often one looks how far the logs are.
const POLL: Duration = Duration::from_millis(50);

/// How long no leaf may come before what was signed is taken for lost.
const IDLE: Duration = Duration::from_secs(60);

/// What to restore, and where.
#[derive(Debug, Clone)]
pub struct Restoring {
    /// The backup's folder of logs.
    pub from: PathBuf,
    /// Its folder of keys.
    pub keys: PathBuf,
    /// The data folder to be made: empty or missing.
    pub into: PathBuf,
    /// Files of signed checkpoints that others hold.
    pub checkpoints: Vec<PathBuf>,
}

/// A ledger that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// When the backup was taken, in milliseconds since 1970.
    pub taken_at_ms: i64,
    /// Its logs.
    pub logs: Vec<RestoredLog>,
    /// Logs of which signed checkpoints were seen, and that the backup doesn't have.
    pub absent: Vec<String>,
}

/// A log that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoredLog {
    /// Its origin.
    pub log: String,
    /// How many leaves the backup had.
    pub backed_up: u64,
    /// The largest size of it that was seen signed.
    pub signed: u64,
    /// How many leaves it has now.
    pub size: u64,
}

/// Makes a ledger of a backup in a new folder. Where it fails the folder is taken away again.
///
/// # Errors
/// [`BackupError`]: where the backup is not whole, another ledger's, or not what was signed, or where
/// Kafka no longer holds what follows; where the folder is not empty, the key-encryption key is another,
/// or Kafka can't be reached.
pub fn restore(
    config: &Config,
    what: &Restoring,
    clock: &Arc<dyn Clock>,
) -> Result<Restored, Error> {
    let backup = Backup::open(&what.from, &what.keys)?;
    let ledger = backup.ledger(&config.ledger.name)?;
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    let ring = ring(config, &backup)?;
    let mut quiet = config.clone();
    quiet.ledger.folder.clone_from(&what.into);
    quiet.ledger.name = ledger.to_string();
    quiet.signer.enabled = false;
    quiet.project.enabled = false;
    quiet.findings.enabled = false;
    let folder = Folder::create(&what.into, &ledger)?;
    let restoring = Restore {
        config: quiet,
        settings,
        backup,
        ring,
        seen: Vec::new(),
        published: Vec::new(),
    };
    let restored = restoring.run(folder, what, clock);
    if restored.is_err() {
        // What is half there proves nothing; the backup is still whole.
        let _ = std::fs::remove_dir_all(&what.into);
    }
    restored
}

/// The keys that signed: the signer's where its folder is here, or else what the backup says.
fn ring(config: &Config, backup: &Backup) -> Result<KeyRing, Error> {
    if let Some(signer) = ExtractSigner::open(&config.signer.folder)? {
        return Ok(signer.ring().clone());
    }
    ring_of_backup(config, backup)
}

fn ring_of_backup(config: &Config, backup: &Backup) -> Result<KeyRing, Error> {
    let text = String::from_utf8_lossy(&backup.beside("policy")).into_owned();
    policy::ring_of(config, &text, &backup.beside("handovers"))
}

struct Restore {
    config: Config,
    settings: Settings,
    backup: Backup,
    ring: KeyRing,
    seen: Vec<Checkpoint>,
    published: Vec<Vec<u8>>,
}

impl Restore {
    fn run(
        mut self,
        folder: Folder,
        what: &Restoring,
        clock: &Arc<dyn Clock>,
    ) -> Result<Restored, Error> {
        self.backup.lay_into(folder.path())?;
        self.look(&what.checkpoints)?;
        let OpenLogs {
            logs,
            shared,
            folder,
        } = open_laid(&self.config, folder)?;
        // The keys open under the configured key-encryption key, or nothing is restored.
        drop(open_keys(&self.config, &folder, &shared)?);
        self.look_into(&logs)?;
        let mut restored = Vec::new();
        for log in &logs {
            let taken = self
                .backup
                .logs()
                .iter()
                .find(|taken| taken.origin == log.name());
            let signed = prove(log, taken, &self.seen)?;
            let size = log.tail().size;
            restored.push(RestoredLog {
                log: log.name().to_owned(),
                backed_up: size,
                signed,
                size,
            });
        }
        self.check_kafka(&logs)?;
        folder.seal_creation()?;
        drop((logs, folder, shared));
        // Nothing is served from here. Whoever was erased after the backup is erased again before anybody is
        // answered: the key store is of the backup, so `serve` and commands in the folder find the orders.
        let running = start(&self.config, clock)?;
        let caught_up = self.catch_up(&running, &mut restored, clock);
        let stopped = running.stop();
        caught_up?;
        stopped?;
        let is_absent = |said: &&Checkpoint| restored.iter().all(|log| log.log != said.origin);
        let mut absent: Vec<String> = self
            .seen
            .iter()
            .filter(is_absent)
            .map(|said| said.origin.clone())
            .collect();
        absent.sort_unstable();
        absent.dedup();
        Ok(Restored {
            taken_at_ms: self.backup.taken_at_ms(),
            logs: restored,
            absent,
        })
    }

    /// Gathers what the checkpoints topic and the files hold.
    fn look(&mut self, files: &[PathBuf]) -> Result<(), Error> {
        self.published = published_checkpoints(&self.config, &self.settings)?;
        if let Some(ring) = self.led_from_backup() {
            self.ring = ring;
        }
        for signed in &self.published {
            // Anyone may write to the topic: only what the ledger's keys signed counts as seen.
            let text = str::from_utf8(signed).unwrap_or_default();
            if !self.ring.follow(text) {
                self.seen.extend(opened(&self.ring, signed).ok());
            }
        }
        for path in files {
            let refused = |why: String| BackupError::Checkpoint {
                path: path.clone(),
                why,
            };
            let signed = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
            let said = opened(&self.ring, &signed).map_err(refused)?;
            self.seen.push(said);
        }
        Ok(())
    }

    /// The keys from the backup's own to the one that is here, where hand-overs lead there that came after the
    /// backup: a machine may have the present key alone, without the list of those before it. Each hand-over
    /// is signed by both its keys, so the present one vouches for all of them.
    fn led_from_backup(&self) -> Option<KeyRing> {
        let mut led = ring_of_backup(&self.config, &self.backup).ok()?;
        for signed in &self.published {
            led.follow(str::from_utf8(signed).unwrap_or_default());
        }
        let present = self.ring.publics().next()?;
        let is_longer = led.handovers().count() > self.ring.handovers().count();
        (is_longer && led.publics().any(|public| public == present)).then_some(led)
    }

    /// Gathers what the logs themselves keep, each by the ledger's key.
    fn look_into(&mut self, logs: &[Arc<Log>]) -> Result<(), Error> {
        for log in logs {
            for (size, kept) in log.checkpoints()? {
                let said = opened(&self.ring, kept.as_bytes());
                let said = said
                    .ok()
                    .filter(|said| said.origin == log.name() && said.size == size);
                let unproven = || BackupError::Unproven {
                    origin: log.name().to_owned(),
                    why: format!("its kept checkpoint of size {size} isn't this ledger's"),
                };
                self.seen.push(said.ok_or_else(unproven)?);
            }
        }
        Ok(())
    }

    /// Refuses a backup that Kafka no longer follows on.
    fn check_kafka(&self, logs: &[Arc<Log>]) -> Result<(), Error> {
        let open: Vec<Arc<Log>> = logs
            .iter()
            .filter(|log| !log.tail().closed)
            .cloned()
            .collect();
        let facts = facts_of(&self.settings, &topics_of(&open), timeout(&self.config))?;
        for log in &open {
            let (origin, next_offset) = (log.origin(), log.state()?.position.next_offset);
            for fact in facts.iter().filter(|fact| fact.topic == origin.topic) {
                let topic = fact.topic_id.as_deref();
                log.generation()
                    .check(log.name(), &fact.cluster_id, topic, fact.partitions)?;
            }
            let patience = timeout(&self.config);
            let (low, _) = watermarks(&self.settings, &origin.topic, origin.partition, patience)?;
            if low > next_offset {
                return Err(BackupError::Behind {
                    origin: log.name().to_owned(),
                    next_offset,
                    low,
                    missing: low - next_offset,
                }
                .into());
            }
        }
        Ok(())
    }

    /// Waits until every log is as long as it was seen signed, and holds it against all of that.
    fn catch_up(
        &self,
        running: &Running,
        restored: &mut [RestoredLog],
        clock: &Arc<dyn Clock>,
    ) -> Result<(), Error> {
        let logs = &running.opened().logs;
        let reading = assigned(logs, &self.config.ingest.assign)?;
        let size_of = |name: &str| {
            let log = reading.iter().find(|log| log.name() == name);
            log.map(|log| log.tail().size)
        };
        let (mut before, mut since) = (0, clock.monotonic());
        loop {
            let short =
                |log: &&RestoredLog| size_of(&log.log).is_some_and(|size| size < log.signed);
            let Some(short) = restored.iter().find(short) else {
                break;
            };
            if let Some(failure) = running.failure(POLL) {
                return Err(failure);
            }
            let (leaves, now) = (
                reading.iter().map(|log| log.tail().size).sum(),
                clock.monotonic(),
            );
            if leaves > before {
                (before, since) = (leaves, now);
            } else if now.saturating_sub(since) > IDLE {
                return Err(BackupError::Unproven {
                    origin: short.log.clone(),
                    why: format!(
                        "{} leaves were signed, and Kafka gives no more",
                        short.signed
                    ),
                }
                .into());
            }
        }
        for log in logs {
            reached(log, &self.seen)?;
        }
        let mut intake = Intake::new(self.ring.clone(), logs.clone());
        for signed in &self.published {
            intake.take(signed)?;
        }
        policy::keep(running.opened(), &self.ring)?;
        for log in restored {
            log.size = size_of(&log.log).unwrap_or(log.size);
        }
        Ok(())
    }
}

fn opened(ring: &KeyRing, signed: &[u8]) -> Result<Checkpoint, String> {
    let note = Note::parse(signed).map_err(|error| error.to_string())?;
    ring.open(&note).map_err(|error| error.to_string())
}

/// The logs of a folder that is not a ledger's yet.
fn open_laid(config: &Config, folder: Folder) -> Result<OpenLogs, Error> {
    let origins = folder.origins()?;
    super::open_files::raise(origins.len())?;
    let shared = shared(config, origins.len());
    let mut logs = Vec::new();
    for origin in origins {
        let path: &Path = &folder.log_path(&origin);
        logs.push(Log::open(path, origin, &shared)?);
    }
    Ok(OpenLogs {
        logs,
        shared,
        folder,
    })
}
