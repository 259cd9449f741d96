//! Signs what is on disk and extends what was signed; publishes it (law 5, design §3.4).
//!
//! Owns the signer. A checkpoint is kept in its log before it is published, and a broker that
//! can't be reached holds nothing back: the next round publishes the newer one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::record::Record;
use custodia_core::schema::v1::Event;
use custodia_core::schema::v1::event::Body;
use custodia_core::tree::Hash;
use prost::Message;
use tracing::{info, warn};

use super::{Error, Log, Outbox, notices};
use crate::clock::Clock;
use crate::keys::KeyStore;
use crate::metrics::{LogLabel, Metrics};
use crate::sign::{self, Request, Seen, Signer, Standing};

/// When and where checkpoints are published.
#[derive(Debug, Clone)]
pub struct Publishing {
    /// The topic of all signed checkpoints.
    pub checkpoints_topic: String,
    /// The registry, where they stand less often.
    pub registry_topic: String,
    /// How often they are put in the registry.
    pub registry_interval: Duration,
}

/// Makes checkpoints of a ledger's logs.
pub struct Checkpointer {
    signer: Signer,
    logs: Vec<Arc<Log>>,
    keys: Arc<KeyStore>,
    outbox: Arc<dyn Outbox>,
    publishing: Publishing,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    /// By origin: the size last put in the registry, and when.
    published: BTreeMap<String, (u64, Duration)>,
}

/// What a [`Checkpointer`] stands on.
pub struct Parts {
    /// The ledger's signer.
    pub signer: Signer,
    /// The logs to sign.
    pub logs: Vec<Arc<Log>>,
    /// The key store, to read what the registry holds.
    pub keys: Arc<KeyStore>,
    /// The way to Kafka.
    pub outbox: Arc<dyn Outbox>,
    /// When and where to publish.
    pub publishing: Publishing,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The numbers to keep up.
    pub metrics: Metrics,
}

impl Checkpointer {
    /// A checkpointer that has published nothing yet.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            signer,
            logs,
            keys,
            outbox,
            publishing,
            clock,
            metrics,
        } = parts;
        let published = BTreeMap::new();
        Self {
            signer,
            logs,
            keys,
            outbox,
            publishing,
            clock,
            metrics,
            published,
        }
    }

    /// Shows the signer the checkpoints kept by the logs, and `seen`: everything that stands in
    /// the checkpoints topic. Where one is ahead of the signer's state, the log must extend it
    /// before anything more is signed. A log that has fewer leaves than were signed lost what was
    /// on disk: it is refused before it appends anything, and not mended in silence.
    ///
    /// # Errors
    /// [`Error::Sign`] where the state is unknown, where a checkpoint of ours contradicts the log,
    /// or where the log lost its end.
    pub fn settle(&mut self, seen: &[Vec<u8>]) -> Result<(), Error> {
        // Anyone may write to the topic: only what this key signed counts as seen.
        let mut ours: Vec<Seen> = seen
            .iter()
            .filter_map(|signed| self.signer.recognise(signed).ok())
            .collect();
        for log in &self.logs {
            if let Some((_, kept)) = log.latest_checkpoint()? {
                ours.push(self.signer.recognise(kept.as_bytes())?);
            }
        }
        for log in &self.logs {
            match self.signer.observe(log.name(), &ours)? {
                Standing::OnHold { seen, signed } => release(&mut self.signer, log, seen, signed)?,
                Standing::Ready { size, .. } => must_reach(log, size)?,
                // Each round says why nothing is signed.
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives the signer back.
    #[must_use]
    pub fn into_signer(self) -> Signer {
        self.signer
    }

    /// Signs every log that grew since its last kept checkpoint; keeps and publishes each.
    /// Returns how many were signed.
    ///
    /// # Errors
    /// [`Error::Sign`] where the signer refuses; [`Error::Store`] where a checkpoint can't be
    /// kept. A broker that doesn't acknowledge is logged, not an error.
    pub fn round(&mut self) -> Result<usize, Error> {
        let mut due = Vec::new();
        for log in &self.logs {
            due.extend(request(&self.signer, log)?.map(|request| (Arc::clone(log), request)));
        }
        let requests: Vec<Request> = due.iter().map(|(_, request)| request.clone()).collect();
        let signed = self.signer.sign_all(&requests)?;
        for ((log, request), signed) in due.iter().zip(signed) {
            let signed = signed?;
            log.keep_checkpoint(request.checkpoint.size, &signed)?;
            self.count(log);
            self.publish(log, &request.checkpoint, &signed)?;
        }
        Ok(due.len())
    }

    fn publish(&mut self, log: &Log, checkpoint: &Checkpoint, signed: &str) -> Result<(), Error> {
        let topic = &self.publishing.checkpoints_topic;
        if let Err(error) = self
            .outbox
            .deliver(topic, log.name().as_bytes(), signed.as_bytes())
        {
            warn!(log = log.name(), size = checkpoint.size, %error, "checkpoint not published");
            return Ok(());
        }
        if !self.registry_is_due(log, checkpoint.size)? {
            return Ok(());
        }
        let Ok(event) = notices::checkpoint_published(checkpoint, self.clock.as_ref()) else {
            warn!(log = log.name(), "no random bytes for a notice");
            return Ok(());
        };
        let registry = &self.publishing.registry_topic;
        match notices::announce(self.outbox.as_ref(), registry, log.name(), &event) {
            Ok(()) => {
                let now = self.clock.monotonic();
                self.published
                    .insert(log.name().to_owned(), (checkpoint.size, now));
                info!(
                    log = log.name(),
                    size = checkpoint.size,
                    "checkpoint in the registry"
                );
            }
            Err(error) => warn!(log = log.name(), %error, "checkpoint not in the registry"),
        }
        Ok(())
    }

    /// Whether the registry should have this checkpoint too: the interval has passed, and the log
    /// grew by more than checkpoints (design §3.5).
    fn registry_is_due(&self, log: &Log, size: u64) -> Result<bool, Error> {
        let now = self.clock.monotonic();
        let Some((last, at)) = self.published.get(log.name()).copied() else {
            return Ok(true);
        };
        if now.saturating_sub(at) < self.publishing.registry_interval {
            return Ok(false);
        }
        if log.origin().topic != self.publishing.registry_topic {
            return Ok(true);
        }
        for index in last..size {
            let record = log.record(&self.keys, index)?;
            if !record.as_ref().is_some_and(is_checkpoint) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[allow(clippy::cast_precision_loss)]
    fn count(&self, log: &Log) {
        let label = LogLabel::from(log.origin());
        self.metrics.checkpoints.get_or_create(&label).inc();
        let seconds = self.clock.now_ms() as f64 / 1000.0;
        self.metrics
            .checkpoint_time
            .get_or_create(&label)
            .set(seconds);
    }
}

/// Refuses a log that has fewer leaves than `signed`.
fn must_reach(log: &Log, signed: u64) -> Result<(), Error> {
    let size = log.tail().size;
    if size >= signed {
        return Ok(());
    }
    let origin = log.name().to_owned();
    Err(Error::Sign(sign::Error::Behind {
        origin,
        size,
        signed,
    }))
}

/// Shows that the log extends both what the state has as signed and what was seen.
fn release(signer: &mut Signer, log: &Log, seen: u64, signed: u64) -> Result<(), Error> {
    let tree = tree_now(log);
    let (from_signed, from_seen) = (
        proof_to(log, signed, tree.size)?,
        proof_to(log, seen, tree.size)?,
    );
    Ok(signer.release(&tree, &from_signed, &from_seen)?)
}

/// What the signer is asked for a log; nothing where its latest checkpoint is kept.
fn request(signer: &Signer, log: &Log) -> Result<Option<Request>, Error> {
    let checkpoint = tree_now(log);
    let kept = log.latest_checkpoint()?.map(|(size, _)| size);
    if kept.unwrap_or(0) == checkpoint.size {
        return Ok(None);
    }
    let signed = match signer.standing(log.name()) {
        Standing::Ready { size, .. } => size,
        // The signer refuses this request and says why.
        _ => checkpoint.size,
    };
    let proof = proof_to(log, signed, checkpoint.size)?;
    Ok(Some(Request { checkpoint, proof }))
}

pub(super) fn tree_now(log: &Log) -> Checkpoint {
    let tail = log.tail();
    Checkpoint {
        origin: log.name().to_owned(),
        size: tail.size,
        root: tail.root,
    }
}

/// The consistency proof between two sizes, empty where RFC 6962 has none: the signer then
/// compares what it is shown, or refuses.
pub(super) fn proof_to(log: &Log, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    log.consistency_proof(old, new)
}

fn is_checkpoint(record: &Record) -> bool {
    let event = record
        .value
        .as_deref()
        .and_then(|value| Event::decode(value).ok());
    matches!(
        event.and_then(|e| e.body),
        Some(Body::CheckpointPublished(_))
    )
}
