//! What is counted of recipients, producers and the whole ledger, at a cut.

use std::collections::{BTreeMap, HashMap};

use custodia_core::assess::{LeafAt, SequenceGap, Tallies, Totals, ms_of};
use custodia_core::verdict::event_of;

use super::Error;
use super::gather::{is_known, logs};
use super::rows::{FACES, OUTFLOW, PERSON, RUN, Tag, UNNUMBERED, key, log_tag, name_tag, tag_at};
use super::sequence::{Run, Runs as _, RunsInMemory, see};
use super::sequences::decode;
use super::store::FindingsStore;
use crate::keys::TAG_BYTES;
use crate::project::Page;
use crate::query::{LogRows, Standpoint, Time};

/// Outflows of one recipient that are counted.
const MOST_OUTFLOWS: usize = 20_000_000;
/// Runs of producers' sequences that are held at once.
const MOST_RUNS: usize = 1_000_000;
/// Leaves read at once.
const PAGE: u64 = 4096;

/// The runs of a producer, by epoch and log.
type RunsOf = BTreeMap<(u64, String), RunsInMemory>;

/// Counts at one standpoint.
pub(super) struct Counts<'a> {
    store: &'a FindingsStore,
    from: &'a Standpoint<'a>,
    logs: HashMap<Tag, &'a LogRows>,
    /// How many people there are, and the runs of all producers; none where the store's are those of
    /// the standpoint.
    then: Option<Then>,
}

/// What is counted at a cut that the store has gone beyond.
struct Then {
    people: u64,
    runs: HashMap<String, RunsOf>,
}

impl<'a> Counts<'a> {
    /// At the cut that the store's rows are of.
    pub(super) fn newest(store: &'a FindingsStore, from: &'a Standpoint<'a>) -> Self {
        let tagged = |log: &'a LogRows| (log_tag(&store.keys, log.log().name()), log);
        Self {
            store,
            from,
            logs: logs(from).map(tagged).collect(),
            then: None,
        }
    }

    /// At an earlier cut: reads through the rows once.
    pub(super) fn then(store: &'a FindingsStore, from: &'a Standpoint<'a>) -> Result<Self, Error> {
        let mut people = 0;
        for row in store.scan(&[PERSON], None)? {
            let (row, _) = row?;
            let tag = tag_at(&row, 1).ok_or_else(|| store.corrupt("a row's key is cut short"))?;
            if let Some(person) = store.person(&tag)?
                && is_known(from, &person.reference)?
            {
                people += 1;
            }
        }
        let then = Then {
            people,
            runs: runs_at(from)?,
        };
        Ok(Self {
            then: Some(then),
            ..Self::newest(store, from)
        })
    }

    /// When data left for a recipient, ascending; none where they are too many.
    pub(super) fn outflows(&self, recipient: &str) -> Result<Option<Tallies>, Error> {
        let prefix = key(OUTFLOW, &[&name_tag(&self.store.keys, recipient)]);
        let mut outflows_ms = Vec::new();
        for row in self.store.scan(&prefix, None)? {
            let (row, _) = row?;
            let place = self.place(&row, prefix.len())?;
            outflows_ms.extend(place.map(|(ms, _)| ms));
            if outflows_ms.len() > MOST_OUTFLOWS {
                return Ok(None);
            }
        }
        Ok(Some(Tallies {
            outflows_ms,
            gaps: Vec::new(),
        }))
    }

    /// Where a producer's sequence has gaps.
    pub(super) fn gaps(&self, producer: &str) -> Result<Tallies, Error> {
        let runs = match &self.then {
            Some(then) => then.runs.get(producer).cloned().unwrap_or_default(),
            None => self.runs_now(producer)?,
        };
        let mut gaps = Vec::new();
        for ((epoch, log), runs) in runs {
            let runs: Vec<Run> = runs.0.into_values().collect();
            for pair in runs.windows(2) {
                gaps.extend(self.gap(epoch, &log, &pair[0], &pair[1])?);
            }
        }
        gaps.sort();
        Ok(Tallies {
            outflows_ms: Vec::new(),
            gaps,
        })
    }

    /// The first event of each log that a producer sent without a number.
    pub(super) fn unnumbered(&self, producer: &str) -> Result<Vec<(&'a LogRows, u64)>, Error> {
        let prefix = key(UNNUMBERED, &[&name_tag(&self.store.keys, producer)]);
        let mut first = Vec::new();
        for row in self.store.scan(&prefix, None)? {
            let (row, value) = row?;
            let read = tag_at(&row, prefix.len()).zip(value.first_chunk());
            let cut = || self.store.corrupt("a row's key is cut short");
            let (tag, index) = read.ok_or_else(cut)?;
            let (log, index) = (self.logs.get(&tag), u64::from_be_bytes(*index));
            let log = log.filter(|log| index < self.from.size_of(log));
            first.extend(log.map(|log| (*log, index)));
        }
        Ok(first)
    }

    /// What is counted over the whole ledger.
    pub(super) fn totals(&self, people_now: u64) -> Result<Totals, Error> {
        let mut large_face_store = None;
        for row in self.store.scan(&[FACES], None)? {
            let (row, _) = row?;
            large_face_store = self.place(&row, 1)?;
            if large_face_store.is_some() {
                break;
            }
        }
        Ok(Totals {
            people: self.then.as_ref().map_or(people_now, |then| then.people),
            large_face_store,
        })
    }

    /// The time and the leaf that stand at a place of a key, where they are within the standpoint.
    fn place(&self, row: &[u8], at: usize) -> Result<Option<(i64, LeafAt)>, Error> {
        let number = |at: usize| row.get(at..).and_then(|rest| rest.first_chunk());
        let read = || {
            let ms = super::rows::of_sortable(*number(at)?);
            let index = u64::from_be_bytes(*number(at + 8 + TAG_BYTES)?);
            Some((ms, tag_at(row, at + 8)?, index))
        };
        let read = read().ok_or_else(|| self.store.corrupt("a row's key is cut short"))?;
        let (ms, tag, index) = read;
        let Some(log) = self.logs.get(&tag) else {
            return Ok(None);
        };
        let within = index < self.from.size_of(log) && self.from.had_happened(Some(Time(ms)));
        let leaf = LeafAt {
            log: log.log().name().to_owned(),
            index,
        };
        Ok(within.then_some((ms, leaf)))
    }

    fn runs_now(&self, producer: &str) -> Result<RunsOf, Error> {
        let prefix = key(RUN, &[&name_tag(&self.store.keys, producer)]);
        let (mut all, mut count) = (RunsOf::new(), 0);
        for row in self.store.scan(&prefix, None)? {
            let (key, value) = row?;
            let cut = || self.store.corrupt("a run of a sequence can't be read");
            let (_, epoch, run, origin) = decode(&key, &value).ok_or_else(cut)?;
            count += 1;
            if count > MOST_RUNS {
                return Err(Error::TooManyGaps(producer.to_owned()));
            }
            all.entry((epoch, origin)).or_default().put(run);
        }
        Ok(all)
    }

    fn gap(
        &self,
        epoch: u64,
        log: &str,
        before: &Run,
        after: &Run,
    ) -> Result<Option<SequenceGap>, Error> {
        let Some(rows) = self.from.view().log_named(log) else {
            return Ok(None);
        };
        let record = rows.log().record(self.from.view().keys(), after.index)?;
        let event = record.as_ref().and_then(event_of);
        let occurred = event.and_then(|event| event.occurred_at.as_ref().map(ms_of));
        let after_ms = match occurred {
            Some(ms) => ms,
            // It can't be read any more; when Kafka took it is what is left.
            None => rows.log().entry(after.index)?.timestamp_ms,
        };
        let gap = SequenceGap {
            epoch,
            first: before.last.saturating_add(1),
            last: after.first.saturating_sub(1),
            after: LeafAt {
                log: log.to_owned(),
                index: after.index,
            },
            after_ms,
        };
        Ok(self.from.had_happened(Some(Time(after_ms))).then_some(gap))
    }
}

/// The runs of all producers at a standpoint, from what rows keep in clear of each leaf.
fn runs_at(from: &Standpoint<'_>) -> Result<HashMap<String, RunsOf>, Error> {
    let (mut all, mut count): (HashMap<String, RunsOf>, usize) = (HashMap::new(), 0);
    for log in logs(from) {
        let (mut begin, below) = (0, from.size_of(log));
        while begin < below {
            let page = Page {
                from: begin,
                ..Page::all_below(below.min(begin.saturating_add(PAGE)))
            };
            for (index, row) in log.rows.verdicts(&page)? {
                let (Some(producer), Some(seq)) = (row.producer, row.producer_seq) else {
                    continue;
                };
                let place = (row.producer_epoch.unwrap_or(0), log.log().name().to_owned());
                let of = all.entry(producer.clone()).or_default();
                let runs = of.entry(place).or_default();
                count -= runs.0.len();
                let Ok(_) = see(runs, seq, index);
                count += runs.0.len();
                if count > MOST_RUNS {
                    return Err(Error::TooManyGaps(producer));
                }
            }
            begin = page.below;
        }
    }
    Ok(all)
}
