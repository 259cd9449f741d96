//! Carries out orders of erasure, attests them, and sees to it that what was erased leaves the disk.

use std::sync::Arc;
use std::time::Duration;

use custodia_core::schema::v1::SubjectKeyShredded;
use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::{TopicRole, Verdict, event_of};
use prost_types::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Authority, Error, Order, Reach};
use crate::clock::Clock;
use crate::keys::KeyStore;
use crate::log::{Outbox, notices};
use crate::metrics::Metrics;
use crate::project::{self, Eraser, Erasure, RowsReader};

/// How long a carrier that has nothing to do waits for the registry to grow.
const WAIT: Duration = Duration::from_millis(100);
/// Leaves of the registry between two notes of how far it was read.
const NOTED: u64 = 4096;
/// Begins the names of attestations that wait to be sent.
const ATTEST: &[u8] = b"attest ";
/// Bytes of a digest.
const DIGEST: usize = 32;

/// Says when Kafka's last copy of what it has now ends, ms since 1970; none where it never does, or nobody can
/// be asked.
pub type CopiesEnd = dyn Fn() -> Option<i64> + Send + Sync;

/// What a carrier stands on.
pub struct CarrierParts {
    /// The logs' rows, with what each topic is for.
    pub rows: Vec<(TopicRole, RowsReader)>,
    /// The keys.
    pub keys: Arc<KeyStore>,
    /// Says which orders bind.
    pub authority: Box<dyn Authority>,
    /// Where attestations go.
    pub outbox: Arc<dyn Outbox>,
    /// The registry's topic.
    pub registry: String,
    /// The ledger that attests: its name, and behind it the replica's, where it is one.
    pub store_id: String,
    /// When Kafka's last copy ends.
    pub copies_end: Box<CopiesEnd>,
    /// Times attestations; no order depends on it.
    pub clock: Arc<dyn Clock>,
    /// The numbers for `/metrics`.
    pub metrics: Metrics,
    /// Rewrites what is kept of people beside the logs, so that what was erased is gone from disk.
    pub purge_findings: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// How long erased bytes may stay on disk.
    pub purge_interval: Duration,
}

/// Carries out orders of erasure. There is one.
pub struct Carrier {
    parts: CarrierParts,
    erasers: Vec<Eraser>,
    /// Up to where each registry was read, where that is further than the key store says.
    read: Vec<u64>,
    purged: Option<Duration>,
    reach: Arc<Reach>,
}

impl Carrier {
    /// A carrier that goes on where the key store says.
    ///
    /// # Errors
    /// Where the key store can't be read.
    pub fn new(parts: CarrierParts) -> Result<Self, Error> {
        let erasers = parts.rows.iter();
        let erasers = erasers
            .map(|(role, rows)| Eraser::new(rows, Arc::clone(&parts.keys), *role))
            .collect();
        let mut read = Vec::new();
        for (_, rows) in &parts.rows {
            read.push(parts.keys.erasures_applied(rows.log().name())?);
        }
        let carrier = Self {
            parts,
            erasers,
            read,
            purged: None,
            reach: Arc::default(),
        };
        carrier.show_due();
        Ok(carrier)
    }

    /// How far it is, for those who must not answer before.
    pub const fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// Carries out every order that has rows now, and erases late records; whether all are carried out: not
    /// where it was told to stop.
    ///
    /// # Errors
    /// Where logs, rows or keys can't be read or written.
    pub fn carry_out(&mut self, stop: &CancellationToken) -> Result<bool, Error> {
        for place in 0..self.parts.rows.len() {
            if self.parts.rows[place].0 == TopicRole::Registry && !self.follow(place, stop)? {
                return Ok(false);
            }
        }
        if !self.erase_late(stop)? {
            return Ok(false);
        }
        for ((role, rows), read) in self.parts.rows.iter().zip(&self.read) {
            if *role == TopicRole::Registry {
                self.reach.put(rows.log().name(), *read);
            }
        }
        self.show_due();
        Ok(true)
    }

    fn show_due(&self) {
        let due = self.parts.keys.purge_due().is_some();
        self.parts.metrics.erasures_on_disk.set(i64::from(due));
    }

    /// Carries out orders, sends attestations and purges, until it is told to stop.
    ///
    /// # Errors
    /// As [`Self::carry_out`].
    pub fn run(&mut self, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() {
            self.carry_out(stop)?;
            self.attest()?;
            self.purge_if_due()?;
            self.wait();
        }
        Ok(())
    }

    /// Sends attestations that wait. What Kafka doesn't take now is sent again later, with the same bytes.
    ///
    /// # Errors
    /// Where the key store fails, or what waits can't be read.
    pub fn attest(&self) -> Result<(), Error> {
        for (name, value) in self.parts.keys.facts(ATTEST)? {
            let Some((digest, event)) = value.split_first_chunk::<DIGEST>() else {
                return Err(Error::Attestation("it is cut short".into()));
            };
            if let Err(error) = self
                .parts
                .outbox
                .deliver(&self.parts.registry, digest, event)
            {
                warn!(%error, "an erasure is not attested yet");
                return Ok(());
            }
            let name = [ATTEST, name.as_slice()].concat();
            self.parts.keys.keep_facts(&[(&name, None)])?;
        }
        Ok(())
    }

    /// Rewrites everything on disk that may still hold what was erased.
    ///
    /// # Errors
    /// Where a store fails.
    pub fn purge(&mut self) -> Result<(), Error> {
        let Some(due) = self.parts.keys.purge_due() else {
            return Ok(());
        };
        for eraser in &self.erasers {
            eraser.purge()?;
        }
        self.parts.keys.purge()?;
        let failed = |why| Error::Failed {
            what: "rewriting the findings",
            why,
        };
        (self.parts.purge_findings)().map_err(failed)?;
        self.parts.keys.keep_purged(due)?;
        self.purged = Some(self.parts.clock.monotonic());
        self.show_due();
        info!("what was erased has left the disk");
        Ok(())
    }

    fn purge_if_due(&mut self) -> Result<(), Error> {
        let now = self.parts.clock.monotonic();
        let interval = self.parts.purge_interval;
        let is_time = self
            .purged
            .is_none_or(|at| now.saturating_sub(at) >= interval);
        if is_time && self.parts.keys.purge_due().is_some() {
            self.purge()?;
        }
        Ok(())
    }

    fn wait(&self) {
        let registry = self.parts.rows.iter().rev();
        let mut registry = registry.filter(|(role, _)| *role == TopicRole::Registry);
        if let Some((_, rows)) = registry.next() {
            let progress = rows.progress();
            progress.wait_projected(progress.projected() + 1, WAIT);
        }
    }

    /// Reads a registry on, and carries out its orders; whether it came to the end.
    fn follow(&mut self, place: usize, stop: &CancellationToken) -> Result<bool, Error> {
        let name = self.parts.rows[place].1.log().name().to_owned();
        let end = self.parts.rows[place].1.progress().projected();
        let mut noted = self.parts.keys.erasures_applied(&name)?;
        while self.read[place] < end {
            let index = self.read[place];
            if let Some(order) = self.order_at(place, index)? {
                if !self.decide(&order, stop)? {
                    return Ok(false);
                }
                noted = index + 1;
            }
            self.read[place] = index + 1;
            if index + 1 - noted >= NOTED {
                self.parts.keys.keep_applied(&name, index + 1, &[])?;
                noted = index + 1;
            }
        }
        Ok(true)
    }

    fn order_at(&self, place: usize, index: u64) -> Result<Option<Order>, Error> {
        let rows = &self.parts.rows[place].1;
        let row = rows.verdict_of(index)?;
        if !row.verdict.as_ref().is_some_and(Verdict::is_accepted) {
            return Ok(None);
        }
        let log = rows.log();
        let Some(record) = log.record(&self.parts.keys, index)? else {
            return Ok(None);
        };
        let recorded_ms = record.timestamp.millis();
        let event = event_of(&record);
        Ok(event.and_then(|event| Order::of(log.name(), index, recorded_ms, event)))
    }

    /// Carries an order out, where it binds; false where it was told to stop.
    fn decide(&self, order: &Order, stop: &CancellationToken) -> Result<bool, Error> {
        if let Some(why) = self.parts.authority.refuses(order)? {
            warn!(
                code = "CU-1003",
                order = order.said.order_id,
                leaf = order.index,
                why,
                "an order of erasure is not carried out"
            );
            self.parts.metrics.erasures_refused.inc();
            let keys = &self.parts.keys;
            keys.keep_applied(&order.log, order.index + 1, &[])?;
            return Ok(true);
        }
        if !self.erase(order, stop)? {
            return Ok(false);
        }
        let kept_as = order.kept_as();
        let destroyed = self.parts.keys.facts(&kept_as)?;
        let attestation = self.attestation(order, &destroyed)?;
        let named = [ATTEST, &order.index.to_be_bytes(), order.log.as_bytes()].concat();
        let names: Vec<Vec<u8>> = destroyed
            .iter()
            .map(|(rest, _)| [kept_as.as_slice(), rest].concat())
            .collect();
        let mut facts: Vec<(&[u8], Option<&[u8]>)> =
            names.iter().map(|name| (name.as_slice(), None)).collect();
        facts.push((&named, Some(&attestation)));
        let keys = &self.parts.keys;
        keys.keep_applied(&order.log, order.index + 1, &facts)?;
        self.parts.metrics.erasures_applied.inc();
        info!(
            order = order.said.order_id,
            keys = destroyed.len(),
            "erased"
        );
        Ok(true)
    }

    fn erase(&self, order: &Order, stop: &CancellationToken) -> Result<bool, Error> {
        if let Some((log, index)) = order.leaf() {
            let mut erasers = self.erasers.iter();
            return match erasers.find(|one| one.log().name() == log) {
                Some(eraser) => Ok(eraser.erase_leaf(index, &order.kept_as(), stop)?),
                None => Ok(true),
            };
        }
        if !order.is_by_payload() {
            self.parts.keys.remember(&order.digest, order.recorded_ms)?;
        }
        let kept_as = order.kept_as();
        let erasure = Erasure {
            digest: &order.digest,
            until_ms: order.recorded_ms,
            by_payload: order.is_by_payload(),
            kept_as: &kept_as,
        };
        self.erase_everywhere(&erasure, stop)
    }

    fn erase_everywhere(
        &self,
        erasure: &Erasure<'_>,
        stop: &CancellationToken,
    ) -> Result<bool, Error> {
        for eraser in &self.erasers {
            if !eraser.erase(erasure, stop)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Erases what was read after its order was carried out: a replica may read the registry first.
    fn erase_late(&self, stop: &CancellationToken) -> Result<bool, Error> {
        for eraser in &self.erasers {
            if !self.erase_late_of(eraser, stop)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn erase_late_of(&self, eraser: &Eraser, stop: &CancellationToken) -> Result<bool, Error> {
        loop {
            let late = eraser.late()?;
            if late.is_empty() {
                return Ok(true);
            }
            for digest in late.iter().flat_map(|(_, digests)| digests) {
                let Some(remembered) = self.parts.keys.remembered_digest(digest) else {
                    continue;
                };
                let erasure = Erasure {
                    digest,
                    until_ms: remembered.until_ms,
                    by_payload: false,
                    kept_as: b"",
                };
                if !self.erase_everywhere(&erasure, stop)? {
                    return Ok(false);
                }
            }
            let indexes: Vec<u64> = late.iter().map(|(index, _)| *index).collect();
            eraser.settle_late(&indexes)?;
        }
    }

    /// What is sent: the digest, which is the record's key, and `SubjectKeyShredded`.
    fn attestation(
        &self,
        order: &Order,
        destroyed: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<Vec<u8>, Error> {
        let mut ids = Sha256::new();
        let (mut payloads, mut rows) = (0, 0);
        for (locator, counts) in destroyed {
            ids.update(locator);
            let mut counts = counts.chunks_exact(8).map(number);
            payloads += counts.next().unwrap_or(0);
            rows += counts.next().unwrap_or(0);
        }
        let timestamp = |ms: i64| Timestamp {
            seconds: ms.div_euclid(1000),
            nanos: i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap_or(0),
        };
        let body = SubjectKeyShredded {
            erased_subject_blake3: order.digest.to_vec(),
            order_id: order.said.order_id.clone(),
            store_id: self.parts.store_id.clone(),
            key_id_sha256: ids.finalize().to_vec(),
            key_count: Some(destroyed.len() as u64),
            row_count: Some(rows),
            payload_count: Some(payloads),
            kafka_copies_end_at: (self.parts.copies_end)().map(timestamp),
            projections: vec![format!("rows-{}", project::VERSION), "findings".to_owned()],
            approver_refs: order.said.approver_refs.clone(),
            ..SubjectKeyShredded::default()
        };
        let notice = notices::notice(Body::SubjectKeyShredded(body), self.parts.clock.as_ref());
        let notice = notice.map_err(|error| Error::Failed {
            what: "drawing random bytes",
            why: error.to_string(),
        })?;
        Ok([order.digest.as_slice(), &notice].concat())
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}
