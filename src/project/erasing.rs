//! Erasing a person from one log: payloads, rows and key (design §4, "Erasing").
//!
//! The order of writes is what makes it safe to stop anywhere: first the key store says that the key is to be
//! destroyed and seals with another from then on, then payloads and rows go, a few leaves a synced write, then
//! the key. What was begun is finished by the next [`Eraser::erase`] with the same digest.

mod leaves;

use std::sync::Arc;
use std::time::Duration;

use custodia_core::record::Record;
use custodia_core::verdict::{Place, TopicRole, Verdict, judge};
use tokio_util::sync::CancellationToken;

use leaves::{Leaf, Sealed};

use super::batch::keys_beside_people;
use super::projector::FAMILY;
use super::remains::Remains;
use super::rows::{LATE, SUBJECT, Tag, late_key, subject_key};
use super::{Error, Progress, RowsReader};
use crate::keys::{Doomed, KeyStore, Label, SubjectKey, erased_key, open_row, row_tag, seal_row};
use crate::log::Log;
use crate::store::{Batch, Durability};

/// Leaves of one write.
const CHUNK: usize = 512;
/// How long a stop may wait for rows.
const STOP_WITHIN: Duration = Duration::from_millis(100);
/// Bytes of a locator.
const LOCATOR: usize = 32;

/// A late leaf, and the digests of the people for whose sake it is erased.
pub type Late = (u64, Vec<[u8; 32]>);

/// What is to be erased.
#[derive(Debug, Clone, Copy)]
pub struct Erasure<'a> {
    /// The digest of the Kafka key bytes, a person's reference as a rule.
    pub digest: &'a [u8; 32],
    /// Records up to this time go, as Kafka has it (ms since 1970).
    pub until_ms: i64,
    /// Whether the key bytes are no person's reference (a case, or a key that is none): what they sealed has no
    /// rows, and is looked for payload by payload.
    pub by_payload: bool,
    /// Begins the names of the facts by which the key store remembers what was destroyed, until it is attested.
    pub kept_as: &'a [u8],
}

/// Erases from one log.
pub struct Eraser {
    log: Arc<Log>,
    keys: Arc<KeyStore>,
    place: Place,
    progress: Arc<Progress>,
}

/// One round of destroying.
struct Round<'a> {
    erasure: &'a Erasure<'a>,
    doomed: Doomed,
    key: SubjectKey,
    tag: Tag,
}

/// What writing a chunk takes away.
#[derive(Default)]
struct Taken {
    payloads: u64,
    rows: u64,
    /// Leaves with a key of their own.
    leaf_keys: Vec<u64>,
}

impl Eraser {
    /// An eraser for the log whose rows these are.
    pub fn new(rows: &RowsReader, keys: Arc<KeyStore>, role: TopicRole) -> Self {
        let log = Arc::clone(rows.log());
        let place = Place {
            role,
            partition: log.origin().partition,
            partitions: log.generation().partitions,
        };
        Self {
            log,
            keys,
            place,
            progress: Arc::clone(rows.progress()),
        }
    }

    /// The log.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Destroys the keys under which the records to be erased are sealed, with payloads and rows. Records of
    /// the same person that came after are sealed anew and stay. Whether it is done: not where it was told to
    /// stop before rows reached the log's end.
    ///
    /// # Errors
    /// Where log, rows or keys can't be read or written.
    pub fn erase(&self, erasure: &Erasure<'_>, stop: &CancellationToken) -> Result<bool, Error> {
        let origin = self.log.name();
        loop {
            if let Some((doomed, key)) = self.keys.doomed(origin, erasure.digest)? {
                if !self.wait_for_rows(stop) {
                    return Ok(false);
                }
                let tag = row_tag(&key, SUBJECT);
                self.destroy(&Round {
                    erasure,
                    doomed,
                    key,
                    tag,
                })?;
                continue;
            }
            let Some((locator, key)) = self.keys.current(origin, erasure.digest)? else {
                return Ok(true);
            };
            if !self.wait_for_rows(stop) {
                return Ok(false);
            }
            if !self.has_any(erasure, &locator, &key)? {
                return Ok(true);
            }
            let _sealing = self.log.sealing();
            self.keys.doom(origin, erasure.digest)?;
        }
    }

    /// Destroys the key of a record that has one of its own, with payload and rows, and keeps that as
    /// [`Self::erase`] does. A record under a person's key stays: that person is erased, or nobody. Whether it
    /// is done, as [`Self::erase`] has it.
    ///
    /// # Errors
    /// As [`Self::erase`].
    pub fn erase_leaf(
        &self,
        index: u64,
        kept_as: &[u8],
        stop: &CancellationToken,
    ) -> Result<bool, Error> {
        if !self.wait_for_rows(stop) {
            return Ok(false);
        }
        if index >= self.log.tail().size {
            return Ok(true);
        }
        let _turn = self.progress.turn();
        let own = self.keys.locator(self.log.name(), &Label::Leaf(index));
        let (mut batch, mut taken) = (Batch::new(), Taken::default());
        let leaf = self.leaf(index)?;
        match &leaf.sealed {
            Sealed::Opened(locator, record) if *locator == own => {
                self.put_erased(&mut batch, &leaf, record, &mut taken)?;
                self.write(&batch)?;
            }
            // Stopped before its key went, or there is nothing to take.
            Sealed::Gone => {}
            _ => return Ok(true),
        }
        if self.keys.shred_leaf(self.log.name(), index)? {
            let name = [kept_as, own.as_slice()].concat();
            let counts = [taken.payloads.to_be_bytes(), taken.rows.to_be_bytes()].concat();
            self.keys.keep_facts(&[(&name, Some(&counts))])?;
        }
        Ok(true)
    }

    /// The digests of people whose records were read after their erasure was applied, by leaf.
    ///
    /// # Errors
    /// As [`Self::erase`].
    pub fn late(&self) -> Result<Vec<Late>, Error> {
        let mut late = Vec::new();
        for index in self.indexes(&[LATE], CHUNK)? {
            let leaf = self.leaf(index)?;
            let mut digests = Vec::new();
            if let Sealed::Opened(_, record) = &leaf.sealed {
                for naming in self.namings(&leaf, record) {
                    let erased = self.keys.remembered(naming.subject);
                    if erased.is_some_and(|erased| leaf.timestamp_ms <= erased.until_ms) {
                        digests.push(erased_key(naming.subject));
                    }
                }
            }
            late.push((index, digests));
        }
        Ok(late)
    }

    /// Says that late leaves were erased, or need not be.
    ///
    /// # Errors
    /// As [`Self::erase`].
    pub fn settle_late(&self, indexes: &[u64]) -> Result<(), Error> {
        let _turn = self.progress.turn();
        let mut batch = Batch::new();
        for index in indexes {
            batch.delete(FAMILY, &late_key(*index));
        }
        self.write(&batch)
    }

    /// Rewrites what is on disk, so that what was erased is gone. Housekeeping; waits until it is done.
    ///
    /// # Errors
    /// As [`Self::erase`].
    pub fn purge(&self) -> Result<(), Error> {
        self.log.purge_payloads()?;
        let purged = self.log.store().compact_range(FAMILY);
        purged.map_err(|source| self.store_error(source))
    }

    /// Waits until every leaf has rows; whether all have.
    fn wait_for_rows(&self, stop: &CancellationToken) -> bool {
        let size = self.log.tail().size;
        loop {
            let projected = self.progress.wait_projected(size, STOP_WITHIN);
            if projected >= size {
                return true;
            }
            if stop.is_cancelled() || self.progress.reached().stopped {
                return false;
            }
        }
    }

    /// Whether a key sealed, or has rows of, anything that is to be erased.
    fn has_any(
        &self,
        erasure: &Erasure<'_>,
        locator: &[u8; LOCATOR],
        key: &SubjectKey,
    ) -> Result<bool, Error> {
        let tag = row_tag(key, SUBJECT);
        let mut from = 0;
        loop {
            let indexes = self.indexes_of(&tag, from, CHUNK)?;
            let Some(last) = indexes.last() else { break };
            from = last + 1;
            if self.is_any_before(&indexes, erasure.until_ms)? {
                return Ok(true);
            }
        }
        let mut from = 0;
        while erasure.by_payload
            && let Some((indexes, next)) = self.sealed_by(locator, from)?
        {
            if self.is_any_before(&indexes, erasure.until_ms)? {
                return Ok(true);
            }
            from = next;
        }
        Ok(false)
    }

    fn is_any_before(&self, indexes: &[u64], until_ms: i64) -> Result<bool, Error> {
        for index in indexes {
            if self.log.entry(*index)?.timestamp_ms <= until_ms {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Deletes payloads and rows of a doomed key, then the key.
    fn destroy(&self, round: &Round<'_>) -> Result<(), Error> {
        let _turn = self.progress.turn();
        let (origin, digest) = (self.log.name(), round.erasure.digest);
        if (round.doomed.payloads, round.doomed.rows) == (0, 0) {
            let all = self.count(round)?;
            self.keys
                .count_doomed(origin, digest, all.payloads, all.rows)?;
        }
        loop {
            let indexes = self.indexes_of(&round.tag, 0, CHUNK)?;
            if indexes.is_empty() {
                break;
            }
            self.take_away(round, &indexes)?;
        }
        if round.erasure.by_payload {
            let mut from = 0;
            while let Some((indexes, next)) = self.sealed_by(&round.doomed.locator, from)? {
                self.take_away(round, &indexes)?;
                from = next;
            }
        }
        let Some((doomed, _)) = self.keys.doomed(origin, digest)? else {
            return Ok(());
        };
        let name = [round.erasure.kept_as, doomed.locator.as_slice()].concat();
        let counts = [doomed.payloads.to_be_bytes(), doomed.rows.to_be_bytes()].concat();
        // What is late was attested with its order already.
        let kept = (!round.erasure.kept_as.is_empty()).then_some((&name[..], &counts[..]));
        Ok(self.keys.shred_doomed(origin, digest, kept)?)
    }

    /// How much a round takes away in all.
    fn count(&self, round: &Round<'_>) -> Result<Taken, Error> {
        let (mut taken, mut from) = (Taken::default(), 0);
        loop {
            let indexes = self.indexes_of(&round.tag, from, CHUNK)?;
            let Some(last) = indexes.last() else { break };
            from = last + 1;
            self.put(round, &indexes, &mut Batch::new(), &mut taken)?;
        }
        let mut from = 0;
        while round.erasure.by_payload
            && let Some((indexes, next)) = self.sealed_by(&round.doomed.locator, from)?
        {
            self.put(round, &indexes, &mut Batch::new(), &mut taken)?;
            from = next;
        }
        Ok(taken)
    }

    fn take_away(&self, round: &Round<'_>, indexes: &[u64]) -> Result<(), Error> {
        let (mut batch, mut taken) = (Batch::new(), Taken::default());
        self.put(round, indexes, &mut batch, &mut taken)?;
        for index in taken.leaf_keys {
            self.keys.shred_leaf(self.log.name(), index)?;
        }
        self.write(&batch)
    }

    fn put(
        &self,
        round: &Round<'_>,
        indexes: &[u64],
        batch: &mut Batch,
        taken: &mut Taken,
    ) -> Result<(), Error> {
        for index in indexes {
            self.put_leaf(round, &self.leaf(*index)?, batch, taken)?;
        }
        Ok(())
    }

    /// What becomes of one leaf. Its row under the doomed key goes in any case.
    fn put_leaf(
        &self,
        round: &Round<'_>,
        leaf: &Leaf,
        batch: &mut Batch,
        taken: &mut Taken,
    ) -> Result<(), Error> {
        batch.delete(FAMILY, &subject_key(&round.tag, leaf.index));
        let Sealed::Opened(locator, record) = &leaf.sealed else {
            taken.rows += 1;
            if matches!(leaf.sealed, Sealed::Closed) {
                self.put_remains(batch, leaf, None);
            }
            return Ok(());
        };
        let namings = self.namings(leaf, record);
        let own = namings
            .iter()
            .find(|naming| erased_key(naming.subject) == *round.erasure.digest);
        if leaf.timestamp_ms > round.erasure.until_ms {
            let bytes = own.map(|naming| naming.subject).or(record.key.as_deref());
            return bytes.map_or(Ok(()), |bytes| {
                self.put_moved(round, leaf, (locator, record), bytes, batch)
            });
        }
        if own.is_some_and(|naming| naming.is_anothers) {
            // Law 8: another person's record stays.
            taken.rows += 1;
            return Ok(());
        }
        if *locator == self.keys.locator(self.log.name(), &Label::Leaf(leaf.index)) {
            // The record has a key of its own, which nothing else goes with.
            taken.leaf_keys.push(leaf.index);
        }
        self.put_erased(batch, leaf, record, taken)
    }

    /// A record that came after the erasure goes over to the key that seals now.
    fn put_moved(
        &self,
        round: &Round<'_>,
        leaf: &Leaf,
        (locator, record): (&[u8; LOCATOR], &Record),
        bytes: &[u8],
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let (origin, label) = (self.log.name(), Label::Key(bytes));
        let Some(key) = self.keys.keys_for(origin, &[label])?.pop() else {
            return Ok(());
        };
        if *locator == round.doomed.locator {
            let to = (&self.keys.locator(origin, &label), &key);
            self.log
                .put_resealed(batch, (leaf.index, &leaf.entry), to, record);
        }
        let old = subject_key(&round.tag, leaf.index);
        let Some(row) = self.row(&old)? else {
            return Ok(());
        };
        let clear = open_row(&round.key, &old, &row)
            .map_err(|_| self.corrupt("a person's row doesn't open under its key"))?;
        let new = subject_key(&row_tag(&key, SUBJECT), leaf.index);
        batch.put(FAMILY, &new, &seal_row(&key, &new, &clear));
        Ok(())
    }

    /// Payload and rows of a leaf go; what is kept of it is put.
    fn put_erased(
        &self,
        batch: &mut Batch,
        leaf: &Leaf,
        record: &Record,
        taken: &mut Taken,
    ) -> Result<(), Error> {
        let judged = judge(record, &self.place);
        let mut rows: Vec<Vec<u8>> = judged
            .facts
            .as_ref()
            .map(|facts| keys_beside_people(&self.keys, facts, leaf.index))
            .unwrap_or_default();
        for naming in self.namings(leaf, record) {
            let (origin, digest) = (self.log.name(), erased_key(naming.subject));
            let current = self.keys.current(origin, &digest)?.map(|(_, key)| key);
            let doomed = self.keys.doomed(origin, &digest)?.map(|(_, key)| key);
            for key in [current, doomed].into_iter().flatten() {
                rows.push(subject_key(&row_tag(&key, SUBJECT), leaf.index).to_vec());
            }
        }
        for row in rows {
            if self.row(&row)?.is_some() {
                batch.delete(FAMILY, &row);
                taken.rows += 1;
            }
        }
        taken.payloads += 1;
        self.put_remains(batch, leaf, Some(record));
        Ok(())
    }

    fn put_remains(&self, batch: &mut Batch, leaf: &Leaf, record: Option<&Record>) {
        batch.delete(FAMILY, &late_key(leaf.index));
        let accepted = leaf.row.verdict.as_ref().is_some_and(Verdict::is_accepted);
        let value = record
            .filter(|_| accepted && leaf.row.event_id_hash.is_some())
            .map(|record| record.value.as_deref().unwrap_or_default());
        let remains = Remains {
            row: leaf.row.clone(),
            value_hash: value.map(|value| *blake3::hash(value).as_bytes()),
        };
        self.log.put_erased(batch, leaf.index, &remains.encode());
    }

    fn write(&self, batch: &Batch) -> Result<(), Error> {
        let written = self.log.store().write(batch, Durability::Synced);
        written.map_err(|source| self.store_error(source))
    }

    fn corrupt(&self, what: &str) -> Error {
        Error::Corrupt {
            origin: self.log.name().to_owned(),
            what: what.to_owned(),
        }
    }

    fn store_error(&self, source: crate::store::Error) -> Error {
        Error::Store {
            origin: self.log.name().to_owned(),
            source,
        }
    }
}
