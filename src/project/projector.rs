//! Follows one log and writes its rows.

use std::sync::Arc;
use std::time::Duration;

use custodia_core::verdict::{Place, TopicRole};
use tokio_util::sync::CancellationToken;

use super::batch::{Counts, Source};
use super::rows::CURSOR;
use super::{Error, Progress, RowsReader, VERSION};
use crate::keys::KeyStore;
use crate::log::{Log, ROWS};
use crate::metrics::{LogLabel, Metrics, VerdictLabel};
use crate::store::{Batch, Durability, Family, Read as _, Store};

/// Leaves a batch, at most.
const MOST_LEAVES: usize = 1024;
/// Bytes of payloads in a batch, after which no further leaf is read.
const MOST_BYTES: usize = 4 << 20;
/// How long a stop may wait for a projector that has nothing to do.
const STOP_WITHIN: Duration = Duration::from_millis(100);

/// The rows' family.
pub(super) const FAMILY: Family = ROWS.at(VERSION);

/// What one step did: the leaves from `from` up to, and without, `to` have rows now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Projected {
    /// The first leaf.
    pub from: u64,
    /// The first leaf that has no rows yet.
    pub to: u64,
}

/// Makes the rows of one log. There is one for each log.
pub struct Projector {
    log: Arc<Log>,
    keys: Arc<KeyStore>,
    place: Place,
    progress: Arc<Progress>,
    metrics: Metrics,
    label: LogLabel,
    size: u64,
    /// Verdicts of leaves below this were counted before.
    counted: u64,
    batch: Batch,
}

impl Projector {
    /// A projector that goes on where the rows end; from the log's beginning where there are none
    /// of this version.
    ///
    /// # Errors
    /// [`Error::AheadOfLog`] or [`Error::Corrupt`] where the cursor contradicts the log;
    /// [`Error::Store`].
    pub fn new(
        log: Arc<Log>,
        keys: Arc<KeyStore>,
        role: TopicRole,
        metrics: &Metrics,
    ) -> Result<Self, Error> {
        let store_error = |source| Error::Store {
            origin: log.name().to_owned(),
            source,
        };
        log.store().create_family(FAMILY).map_err(store_error)?;
        let size = cursor(log.store(), log.name())?;
        if size > log.tail().size {
            let (origin, projected) = (log.name().to_owned(), size);
            return Err(Error::AheadOfLog {
                origin,
                projected,
                size: log.tail().size,
            });
        }
        let place = Place {
            role,
            partition: log.origin().partition,
            partitions: log.generation().partitions,
        };
        let progress = Arc::new(Progress::default());
        progress.reach(size);
        let label = LogLabel::from(log.origin());
        let (metrics, batch) = (metrics.clone(), Batch::new());
        let projector = Self {
            log,
            keys,
            place,
            progress,
            metrics,
            label,
            size,
            counted: size,
            batch,
        };
        projector.show_size();
        Ok(projector)
    }

    /// A projector that begins with no rows, whatever there is: rows that contradict the log, too,
    /// are dropped.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn anew(
        log: Arc<Log>,
        keys: Arc<KeyStore>,
        role: TopicRole,
        metrics: &Metrics,
    ) -> Result<Self, Error> {
        let dropped = log.store().drop_family(FAMILY);
        dropped.map_err(|source| Error::Store {
            origin: log.name().to_owned(),
            source,
        })?;
        Self::new(log, keys, role, metrics)
    }

    /// How far the rows reach, for those who wait.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// A reader of these rows.
    pub fn reader(&self) -> RowsReader {
        let (log, keys) = (Arc::clone(&self.log), Arc::clone(&self.keys));
        RowsReader::new(log, keys, Arc::clone(&self.progress))
    }

    /// Makes the rows of the next leaves: at most a batch, written as one. Where none are left,
    /// rows of other versions are dropped.
    ///
    /// # Errors
    /// Where a leaf, a key or a row can't be read, or the write fails. Nothing was written then
    /// that a new projector couldn't go on from.
    pub fn step(&mut self) -> Result<Projected, Error> {
        let from = self.size;
        let leaves = self.log.stretch(from, MOST_LEAVES, MOST_BYTES)?;
        if leaves.is_empty() {
            self.drop_other_versions()?;
            return Ok(Projected { from, to: from });
        }
        let to = from + leaves.len() as u64;
        self.batch.clear();
        let source = Source {
            log: &self.log,
            keys: &self.keys,
            place: &self.place,
            family: FAMILY,
        };
        let progress = Arc::clone(&self.progress);
        let _turn = progress.turn();
        let counts = source.put_rows(&leaves, &mut self.batch, self.counted)?;
        self.batch.put(FAMILY, &CURSOR, &to.to_be_bytes());
        // What a power cut takes is made again: leaves and cursor are in one write-ahead log.
        let written = self.log.store().write(&self.batch, Durability::Unsynced);
        written.map_err(|source| self.store_error(source))?;
        self.size = to;
        self.progress.reach(to);
        self.count(&counts);
        Ok(Projected { from, to })
    }

    /// Follows the log until it is told to stop or the log's writer has stopped.
    ///
    /// # Errors
    /// As [`Projector::step`].
    pub fn run(&mut self, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() {
            let Projected { from, to } = self.step()?;
            if from < to {
                continue;
            }
            let tail = self.log.wait_beyond(to, STOP_WITHIN);
            if tail.closed && tail.size == to {
                break;
            }
        }
        Ok(())
    }

    /// Drops all rows; the next steps make them again from the log's beginning, while appending
    /// goes on. Whoever reads meanwhile is told so.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn drop_and_rebuild(&mut self) -> Result<(), Error> {
        self.progress.restart();
        self.size = 0;
        let store = self.log.store();
        let dropped = store
            .drop_family(FAMILY)
            .and_then(|()| store.create_family(FAMILY));
        dropped.map_err(|source| self.store_error(source))?;
        self.show_size();
        Ok(())
    }

    fn drop_other_versions(&self) -> Result<(), Error> {
        let store = self.log.store();
        for family in store.families() {
            let other = family.version().is_some_and(|version| version != VERSION);
            if other && ROWS.at(family.version().unwrap_or(VERSION)) == family {
                store
                    .drop_family(family)
                    .map_err(|source| self.store_error(source))?;
            }
        }
        Ok(())
    }

    fn count(&mut self, counts: &Counts) {
        self.counted = self.counted.max(self.size);
        for (verdict, leaves) in counts {
            let label = VerdictLabel {
                topic: self.label.topic.clone(),
                partition: self.label.partition,
                verdict: (*verdict).to_owned(),
            };
            self.metrics.verdicts.get_or_create(&label).inc_by(*leaves);
        }
        self.show_size();
    }

    fn show_size(&self) {
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        self.metrics
            .projected_size
            .get_or_create(&self.label)
            .set(size);
    }

    fn store_error(&self, source: crate::store::Error) -> Error {
        Error::Store {
            origin: self.log.name().to_owned(),
            source,
        }
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.progress.stop();
    }
}

/// How far the rows in a log's store say that they reach, by the name of their family: for the
/// oracle, which opens stores itself. Empty where there are none, or they can't be read.
pub fn cursors(store: &Store) -> Vec<(String, u64)> {
    let has_rows = store.families().contains(&FAMILY);
    let size = has_rows.then(|| cursor(store, "").ok()).flatten();
    size.map(|size| (FAMILY.disk_name().into_owned(), size))
        .into_iter()
        .collect()
}

fn cursor(store: &Store, origin: &str) -> Result<u64, Error> {
    let bytes = store.get(FAMILY, &CURSOR);
    let bytes = bytes.map_err(|source| Error::Store {
        origin: origin.to_owned(),
        source,
    })?;
    let Some(bytes) = bytes else { return Ok(0) };
    let size = bytes.try_into().map(u64::from_be_bytes);
    size.map_err(|_| Error::Corrupt {
        origin: origin.to_owned(),
        what: "the rows' cursor is not a number".into(),
    })
}
