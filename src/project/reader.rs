//! Reading rows below a cut.

use std::sync::Arc;

use custodia_core::verdict::Named;

use super::projector::FAMILY;
use super::rows::{
    EVENT_ID, IdRow, Kind, LeafRow, SUBJECT, SubjectRow, VerdictKind, day_in, day_key, id_key,
    index_of, kind_key, leaf_key, subject_key,
};
use super::{Error, Progress};
use crate::keys::{KeyStore, Label, open_row, row_tag};
use crate::log::Log;
use crate::store::{Direction, KeyRange, Pair, Read as _};

/// Which rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The first leaf index.
    pub from: u64,
    /// The first leaf index not wanted: the cut's size, or where the last page began.
    pub below: u64,
    /// Which end comes first.
    pub direction: Direction,
    /// How many, at most.
    pub most: usize,
}

impl Page {
    /// All rows of the first `size` leaves, ascending.
    pub const fn all_below(size: u64) -> Self {
        Self {
            from: 0,
            below: size,
            direction: Direction::Ascending,
            most: usize::MAX,
        }
    }
}

/// A leaf by the day on which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayLeaf {
    /// The day, UTC, since 1970-01-01 ([`super::day_of`]).
    pub day: i32,
    /// The leaf.
    pub index: u64,
}

/// Which days are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub first: i32,
    /// The last day.
    pub last: i32,
    /// The last leaf read before; none at the beginning.
    pub after: Option<DayLeaf>,
    /// How many, at most.
    pub most: usize,
}

/// A leaf that names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectLeaf {
    /// Its index.
    pub index: u64,
    /// The body's number; none where the record doesn't split.
    pub body_number: Option<u32>,
    /// When it happened, by the event, in ms since 1970.
    pub occurred_at_ms: Option<i64>,
    /// The verdict.
    pub verdict: VerdictKind,
    named: u8,
}

impl SubjectLeaf {
    /// Whether it names the person in this way.
    pub const fn is_named(&self, named: Named) -> bool {
        self.named & SubjectRow::bit(named) != 0
    }
}

/// Reads the rows of one log, from any thread, while they grow. What it reads below a size never
/// changes, except by [`super::Projector::drop_and_rebuild`] and erasure.
#[derive(Clone)]
pub struct RowsReader {
    log: Arc<Log>,
    keys: Arc<KeyStore>,
    progress: Arc<Progress>,
}

impl RowsReader {
    /// A reader of the rows that `progress` is about.
    pub fn new(log: Arc<Log>, keys: Arc<KeyStore>, progress: Arc<Progress>) -> Self {
        Self {
            log,
            keys,
            progress,
        }
    }

    /// The log that the rows are of.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// How far the rows reach.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// What is kept in clear of leaf `index`: verdict, hash of the event id, producer's sequence.
    ///
    /// # Errors
    /// [`Error::NotProjected`], [`Error::Rebuilding`], [`Error::Corrupt`], [`Error::Store`].
    pub fn verdict_of(&self, index: u64) -> Result<LeafRow, Error> {
        let page = Page {
            from: index,
            most: 1,
            ..Page::all_below(index.saturating_add(1))
        };
        let row = self.verdicts(&page)?.pop();
        row.map(|(_, row)| row)
            .ok_or_else(|| self.corrupt(format!("leaf {index} has no row")))
    }

    /// What is kept in clear of many leaves, with their indexes.
    ///
    /// # Errors
    /// As [`Self::verdict_of`].
    pub fn verdicts(&self, page: &Page) -> Result<Vec<(u64, LeafRow)>, Error> {
        self.whole(page.below, || {
            let rows = self.scan(&leaf_key(page.from), &leaf_key(page.below), page)?;
            let read = |(key, value): Pair| {
                let row = index_of(&key).zip(LeafRow::decode(&value));
                row.ok_or_else(|| self.corrupt("a leaf's row can't be read".into()))
            };
            rows.into_iter().map(read).collect()
        })
    }

    /// The leaves that name a person: of a reference its bytes, of an erased person the digest.
    /// None where the log has no key for the person, or has one no more.
    ///
    /// # Errors
    /// As [`Self::verdict_of`], and [`Error::Keys`].
    pub fn leaves_of_subject(
        &self,
        subject: &[u8],
        page: &Page,
    ) -> Result<Vec<SubjectLeaf>, Error> {
        self.whole(page.below, || {
            let key = self.keys.find(self.log.name(), &Label::Key(subject))?;
            let Some(key) = key else {
                return Ok(Vec::new());
            };
            let tag = row_tag(&key, SUBJECT);
            let rows = self.scan(
                &subject_key(&tag, page.from),
                &subject_key(&tag, page.below),
                page,
            )?;
            let read = |(row_key, sealed): Pair| {
                let clear = open_row(&key, &row_key, &sealed).ok();
                let row = clear.and_then(|clear| SubjectRow::decode(&clear));
                let row = index_of(&row_key).zip(row);
                let leaf = row.map(|(index, row)| SubjectLeaf {
                    index,
                    body_number: row.body_number,
                    occurred_at_ms: row.occurred_at_ms,
                    verdict: row.verdict,
                    named: row.named,
                });
                leaf.ok_or_else(|| self.corrupt("a person's row doesn't open under its key".into()))
            };
            rows.into_iter().map(read).collect()
        })
    }

    /// The indexes of the leaves that name this recipient, incident, correlation, credential,
    /// endpoint or producer.
    ///
    /// # Errors
    /// As [`Self::verdict_of`].
    pub fn leaves_of(&self, kind: Kind, id: &[u8], page: &Page) -> Result<Vec<u64>, Error> {
        let tag = self.keys.ledger_tag(kind.name(), id);
        self.whole(page.below, || {
            let (from, below) = (
                kind_key(kind, &tag, page.from),
                kind_key(kind, &tag, page.below),
            );
            let read = |(key, _): Pair| {
                index_of(&key).ok_or_else(|| self.corrupt("a row's key has no index".into()))
            };
            self.scan(&from, &below, page)?
                .into_iter()
                .map(read)
                .collect()
        })
    }

    /// The leaves that name this recipient, credential, endpoint, SDK or employee and happened on these
    /// days, by day and index: at most `most` of those below `below`, after one. What happened in a window
    /// costs by what is in it, however much there is before and after.
    ///
    /// # Errors
    /// As [`Self::verdict_of`].
    pub fn leaves_by_day(
        &self,
        kind: Kind,
        id: &[u8],
        days: &Days,
        below: u64,
    ) -> Result<Vec<DayLeaf>, Error> {
        let tag = self.keys.ledger_tag(kind.name(), id);
        self.whole(below, || {
            let first = match days.after {
                Some(after) => day_key(kind, &tag, after.day, after.index.saturating_add(1)),
                None => day_key(kind, &tag, days.first, 0),
            };
            let last = day_key(kind, &tag, days.last, u64::MAX);
            let range = KeyRange::between(&first, &last);
            let rows = self
                .log
                .store()
                .iterate(FAMILY, &range, Direction::Ascending);
            let rows = rows.map_err(|e| self.store_error(e))?;
            let mut leaves = Vec::new();
            for row in rows {
                let (key, _) = row.map_err(|e| self.store_error(e))?;
                let read = day_in(&key).zip(index_of(&key));
                let (day, index) =
                    read.ok_or_else(|| self.corrupt("a row's key has no day".into()))?;
                if index < below {
                    leaves.push(DayLeaf { day, index });
                }
                if leaves.len() == days.most {
                    break;
                }
            }
            Ok(leaves)
        })
    }

    /// The leaf of an event id among the first `below`: the one that was accepted, or else the
    /// first that has the id.
    ///
    /// # Errors
    /// As [`Self::verdict_of`].
    pub fn leaf_of_event(&self, event_id: &[u8], below: u64) -> Result<Option<u64>, Error> {
        let key = id_key(&self.keys.ledger_tag(EVENT_ID, event_id));
        self.whole(below, || {
            let row = self
                .log
                .store()
                .get(FAMILY, &key)
                .map_err(|e| self.store_error(e))?;
            let Some(row) = row else { return Ok(None) };
            let row = IdRow::decode(&row);
            let row =
                row.ok_or_else(|| self.corrupt("the row of an event id can't be read".into()))?;
            let accepted = row
                .accepted
                .map(|(index, _)| index)
                .filter(|index| *index < below);
            Ok(accepted.or_else(|| Some(row.first).filter(|index| *index < below)))
        })
    }

    /// Reads, and holds that all rows were there from beginning to end.
    fn whole<T>(&self, below: u64, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let before = self.progress.reached();
        if below > before.size {
            return Err(Error::NotProjected {
                origin: self.log.name().to_owned(),
                projected: before.size,
                asked: below,
            });
        }
        let answer = read();
        if self.progress.reached().rebuilds != before.rebuilds {
            return Err(Error::Rebuilding(self.log.name().to_owned()));
        }
        answer
    }

    fn scan(&self, from: &[u8], below: &[u8], page: &Page) -> Result<Vec<Pair>, Error> {
        if page.from >= page.below {
            return Ok(Vec::new());
        }
        let range = KeyRange::between(from, below);
        let rows = self.log.store().iterate(FAMILY, &range, page.direction);
        let rows = rows.map_err(|e| self.store_error(e))?.take(page.most);
        rows.map(|row| row.map_err(|e| self.store_error(e)))
            .collect()
    }

    fn corrupt(&self, what: String) -> Error {
        Error::Corrupt {
            origin: self.log.name().to_owned(),
            what,
        }
    }

    fn store_error(&self, source: crate::store::Error) -> Error {
        Error::Store {
            origin: self.log.name().to_owned(),
            source,
        }
    }
}
