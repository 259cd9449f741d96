//! Follows all logs' rows and keeps findings up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use custodia_core::assess::{About, Finding, Scope};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::ground::GroundKeeper;
use super::judging::Judging;
use super::marks::{ALL_THINGS, Marking, Marks, put_person};
use super::progress::Progress;
use super::round::Round;
use super::rows::{Owner, PERSON, THING, Tag, key, person_tag, scope_byte, tag_at};
use super::rulebook::Rulebook;
use super::standing;
use super::store::{FindingsStore, Head};
use super::tallies::Counts;
use super::{Error, gather};
use crate::clock::Clock;
use crate::keys::Label;
use crate::metrics::Metrics;
use crate::project::{self, Kind};
use crate::query::{self, Cut, CutName, LogRows, Standpoint, View};
use crate::store::Batch;

/// People or things judged between two writes.
const BATCH: usize = 64;
/// How long a stop may wait for an assessor that has nothing to do.
const STOP_WITHIN: Duration = Duration::from_millis(100);
/// How often it is counted what stands, while there is nothing else to do.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);

/// Makes the findings of a ledger. There is one.
///
/// It works in rounds: a round takes what has rows as its cut, marks whose findings the leaves since the
/// last round may change, and judges them at that cut, a batch a write. What is marked is not kept: a
/// round that was cut short begins again, at the same cut.
pub struct Assessor {
    parts: AssessorParts,
    progress: Arc<Progress>,
    head: Head,
    ground: GroundKeeper,
    round: Option<Round>,
    batch: Batch,
    counted: Option<Duration>,
}

/// What an assessor stands on.
pub struct AssessorParts {
    /// Where findings go.
    pub store: Arc<FindingsStore>,
    /// The logs and their rows.
    pub view: View,
    /// The rules.
    pub book: Arc<Rulebook>,
    /// Times what is counted, and says what stands now; no finding depends on it.
    pub clock: Arc<dyn Clock>,
    /// The numbers for `/metrics`.
    pub metrics: Metrics,
}

impl Assessor {
    /// An assessor that goes on where findings end; from nothing where they were made by other rules,
    /// with other holidays, or from rows of another version.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`].
    pub fn new(parts: AssessorParts) -> Result<Self, Error> {
        let digest = hex::encode(parts.book.digest());
        let head = if let Some(head) = parts.store.head(&digest)? {
            head
        } else {
            parts.store.clear()?;
            Head {
                digest,
                rows_version: project::VERSION,
                ..Head::default()
            }
        };
        let progress = Arc::new(Progress::default());
        progress.cover(head.covered.clone());
        if head.under_way.is_some() {
            progress.set_under_way();
        }
        let (round, batch, counted) = (None, Batch::new(), None);
        let assessor = Self {
            parts,
            progress,
            head,
            ground: GroundKeeper::default(),
            round,
            batch,
            counted,
        };
        assessor.show_lag();
        Ok(assessor)
    }

    /// How far findings reach, for those who ask and those who wait.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Does the next bit of work: one write; whether there was any.
    ///
    /// # Errors
    /// Where a leaf, a row or a key can't be read, or the write fails. The next step begins the round
    /// again.
    pub fn step(&mut self) -> Result<bool, Error> {
        let begun = match self.round.take() {
            Some(round) => Some(round),
            None => self.begin()?,
        };
        let Some(mut round) = begun else {
            return Ok(false);
        };
        self.batch.clear();
        let before = self.head.clone();
        match self.go_on(&mut round) {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.round = Some(round);
                Ok(true)
            }
            Err(error) => {
                // What was counted along the way was not written.
                self.head = before;
                Err(error)
            }
        }
    }

    /// Keeps findings up until it is told to stop, or can't: then it says so, and everything else goes
    /// on.
    pub fn run(&mut self, stop: &CancellationToken) {
        let mut turn = 0;
        while !stop.is_cancelled() {
            let idle = match self.step() {
                Ok(worked) => !worked,
                Err(error) if passes(&error) => true,
                Err(failure) => {
                    let code = failure.code();
                    error!(code, %failure, "findings are no longer kept up");
                    self.progress.stop(format!("{code}: {failure}"));
                    self.parts.metrics.findings_stopped.set(1);
                    return;
                }
            };
            if idle {
                if let Err(failure) = self.count() {
                    error!(code = failure.code(), %failure, "findings could not be counted");
                }
                self.wait(turn);
                turn += 1;
            }
        }
    }

    /// Waits for rows of one log after the other.
    fn wait(&self, turn: usize) {
        let all: Vec<_> = self.parts.view.logs().collect();
        if let Some(log) = all.get(turn % all.len().max(1)) {
            let progress = log.rows.progress();
            progress.wait_projected(progress.projected() + 1, STOP_WITHIN);
        }
    }

    /// A round, where there is something new.
    fn begin(&mut self) -> Result<Option<Round>, Error> {
        let mut projected = BTreeMap::new();
        let resumed = self.head.under_way.clone();
        for log in logs_of(&self.parts.view) {
            let name = log.log().name();
            let size = log.rows.progress().projected();
            let covered = size_in(self.head.covered.as_ref(), name);
            if covered > log.log().tail().size {
                return Err(Error::AheadOfLog {
                    log: name.to_owned(),
                    covered,
                    size: log.log().tail().size,
                });
            }
            // Rows that a power cut took are made again first.
            if covered.max(size_in(resumed.as_ref(), name)) > size {
                return Ok(None);
            }
            projected.insert(name.to_owned(), size);
        }
        let again = resumed.is_some();
        let target = Cut::new(resumed.map_or(projected, |cut| cut.sizes));
        let name = CutName::from(&target);
        if self.head.covered.as_ref() == Some(&name) {
            return Ok(None);
        }
        let mut marks = Marks::default();
        if self.head.covered.is_none() || self.head.everybody {
            marks.mark_all();
        }
        if again {
            // What is counted was written with the first reading: a second one sees no change.
            marks.mark_whole(&ALL_THINGS);
        }
        let swept = self.head.swept.as_ref().and_then(|tag| {
            let mut swept = Tag::default();
            hex::decode_to_slice(tag, &mut swept).ok().map(|()| swept)
        });
        let covered = self.head.covered.as_ref();
        let marked = target
            .sizes()
            .keys()
            .map(|log| (log.clone(), size_in(covered, log)));
        self.progress.set_under_way();
        let round = Round {
            marked: marked.collect(),
            target,
            marks,
            listed: false,
            swept,
            done: BTreeSet::new(),
            dropped: BTreeSet::new(),
        };
        self.head.under_way = Some(name);
        self.show_lag();
        Ok(Some(round))
    }

    /// One write of a round; whether it was the last.
    fn go_on(&mut self, round: &mut Round) -> Result<bool, Error> {
        if self.mark(round)? {
            return Ok(false);
        }
        if !round.listed {
            self.list(round)?;
            return Ok(false);
        }
        if round.marks.is_whole(Scope::Subject) {
            self.sweep(round)?;
            return Ok(false);
        }
        if !round.marks.people.is_empty() {
            for _ in 0..BATCH {
                let Some(tag) = round.marks.people.pop_first() else {
                    break;
                };
                self.judge_person(round, &tag)?;
            }
            self.write()?;
            return Ok(false);
        }
        if !round.marks.things.is_empty() || round.marks.is_whole(Scope::Operator) {
            self.judge_things(round)?;
            self.write()?;
            return Ok(false);
        }
        self.settle()?;
        Ok(true)
    }

    /// Reads the next leaves that were not marked yet; whether there were any.
    fn mark(&mut self, round: &mut Round) -> Result<bool, Error> {
        let unmarked = |log: &&LogRows| {
            let name = log.log().name();
            let below = round.target.size_of(name);
            round.marked.get(name).is_some_and(|marked| *marked < below)
        };
        let Some(log) = logs_of(&self.parts.view).find(unmarked) else {
            return Ok(false);
        };
        let name = log.log().name();
        let (from, below) = (round.marked[name], round.target.size_of(name));
        let (store, marks) = (&self.parts.store, &mut round.marks);
        let mut marking = Marking::new(store, log, marks, &mut self.head, &mut self.batch);
        let end = marking.stretch(from, below)?;
        round.marked.insert(name.to_owned(), end);
        self.write()?;
        Ok(true)
    }

    /// Lists what is marked as a whole.
    fn list(&mut self, round: &mut Round) -> Result<(), Error> {
        let marks = &mut round.marks;
        for scope in [Scope::Recipient, Scope::Incident, Scope::Producer] {
            if !marks.is_whole(scope) {
                continue;
            }
            let prefix = key(THING, &[&[scope_byte(scope)]]);
            for row in self.parts.store.scan(&prefix, None)? {
                let tag = tag_at(&row?.0, prefix.len());
                let cut = || self.parts.store.corrupt("a row's key is cut short");
                let tag = tag.ok_or_else(cut)?;
                marks.things.insert(Owner { scope, tag });
            }
            marks.unmark_whole(scope);
        }
        if marks.erased {
            self.ground.forget();
        }
        self.head.everybody = marks.is_whole(Scope::Subject);
        round.listed = true;
        self.write()
    }

    /// Judges the next of everybody.
    fn sweep(&mut self, round: &mut Round) -> Result<(), Error> {
        let after = round.swept.map(|tag| key(PERSON, &[&tag]));
        let mut tags = Vec::with_capacity(BATCH);
        for row in self
            .parts
            .store
            .scan(&[PERSON], after.as_deref())?
            .take(BATCH)
        {
            let tag = tag_at(&row?.0, 1);
            tags.push(tag.ok_or_else(|| self.parts.store.corrupt("a row's key is cut short"))?);
        }
        for tag in &tags {
            if !round.done.contains(tag) {
                self.judge_person(round, tag)?;
            }
        }
        round.swept = tags.last().copied();
        if let Some(swept) = &round.swept {
            round.done = round.done.split_off(swept);
        }
        if tags.len() < BATCH {
            round.marks.unmark_whole(Scope::Subject);
            round.swept = None;
            self.head.everybody = false;
            round.done.clear();
        }
        self.head.swept = round.swept.map(hex::encode);
        self.write()
    }

    /// Judges a person with everyone linked, and puts the findings in the place of those before.
    fn judge_person(&mut self, round: &mut Round, tag: &Tag) -> Result<(), Error> {
        let store = &self.parts.store;
        let from = self.parts.view.at_cut(round.target.clone());
        let judged = match store.person(tag)? {
            Some(person) => {
                let ground = self.ground.at(&from)?;
                let judging = Judging {
                    from: &from,
                    ground,
                    book: Arc::clone(&self.parts.book),
                };
                let (found, findings) = judging.person(&person.reference)?;
                let home = found.homes.contains_key(&person.reference);
                home.then_some((found, findings))
            }
            None => None,
        };
        let Some((person, findings)) = judged else {
            // One who is linked, and goes too, marks them again before the batch that drops them is written.
            if !round.dropped.insert(*tag) {
                return Ok(());
            }
            let known = store.person_row(tag)?.is_some();
            self.head.people -= u64::from(known);
            if known {
                round.marks.mark_whole(&[Scope::Operator]);
                store.keys.mark_purge()?;
            }
            let linked = store.drop_person(&mut self.batch, tag)?;
            round.marks.people.extend(linked);
            return Ok(());
        };
        for (place, reference) in person.references.iter().enumerate() {
            let tag = person_tag(&store.keys, reference);
            round.marks.people.remove(&tag);
            if round.marks.is_whole(Scope::Subject) {
                round.done.insert(tag);
            }
            let Some(home) = person.homes.get(reference) else {
                continue;
            };
            let sealing = store.keys.find(home, &Label::Key(reference.as_bytes()))?;
            let Some(sealing) = sealing else { continue };
            round.dropped.remove(&tag);
            put_person(store, &mut self.batch, &tag, reference, home)?;
            // What is about none of the references stands with the first.
            let own = |finding: &&Finding| match &finding.about {
                About::Subject(about) if person.references.contains(about) => about == reference,
                _ => place == 0,
            };
            let own = findings.iter().filter(own);
            store.replace(&mut self.batch, Owner::person(tag), Some(&sealing), own)?;
        }
        Ok(())
    }

    /// Judges the next recipients, incidents and producers, and the operator after the last.
    fn judge_things(&mut self, round: &mut Round) -> Result<(), Error> {
        let store = &self.parts.store;
        let from = self.parts.view.at_cut(round.target.clone());
        let ground = self.ground.at(&from)?;
        let judging = Judging {
            from: &from,
            ground,
            book: Arc::clone(&self.parts.book),
        };
        let counts = Counts::newest(store, &from);
        for _ in 0..BATCH {
            let Some(owner) = round.marks.things.pop_first() else {
                let findings = judging.operator(&counts.totals(self.head.people)?);
                store.replace(&mut self.batch, Owner::OPERATOR, None, &findings)?;
                round.marks.unmark_whole(Scope::Operator);
                break;
            };
            if let Some(id) = store.thing(owner)? {
                // What only erased events named is known no more.
                if round.marks.erased && !still_named(&from, owner.scope, &id)? {
                    store.drop_thing(&mut self.batch, owner)?;
                    continue;
                }
                let findings = judging.thing(owner.scope, &id, &counts)?;
                store.replace(&mut self.batch, owner, None, &findings)?;
            }
        }
        Ok(())
    }

    /// Ends a round: all findings are of its cut.
    fn settle(&mut self) -> Result<(), Error> {
        self.head.covered = self.head.under_way.take();
        self.write()?;
        self.progress.cover(self.head.covered.clone());
        self.show_lag();
        Ok(())
    }

    fn write(&mut self) -> Result<(), Error> {
        self.parts.store.write(&mut self.batch, &self.head)
    }

    /// Counts, now and then, what stands.
    fn count(&mut self) -> Result<(), Error> {
        let now = self.parts.clock.monotonic();
        let due = self
            .counted
            .is_none_or(|at| now.saturating_sub(at) >= COUNT_INTERVAL);
        if due {
            let counts = standing::count(&self.parts.store, self.parts.clock.now_ms())?;
            self.parts.metrics.show_findings(&counts);
            self.counted = Some(now);
            self.show_lag();
        }
        Ok(())
    }

    fn show_lag(&self) {
        let behind = |log: &LogRows| {
            let covered = size_in(self.head.covered.as_ref(), log.log().name());
            log.log().tail().size.saturating_sub(covered)
        };
        let behind: u64 = logs_of(&self.parts.view).map(behind).sum();
        let behind = i64::try_from(behind).unwrap_or(i64::MAX);
        self.parts.metrics.findings_lag.set(behind);
    }
}

/// Whether something is named by an event that can still be read. Producers' names stand in clear.
fn still_named(from: &Standpoint<'_>, scope: Scope, id: &str) -> Result<bool, Error> {
    match scope {
        Scope::Recipient => gather::is_named(from, Kind::Recipient, id),
        Scope::Incident => gather::is_named(from, Kind::Incident, id),
        _ => Ok(true),
    }
}

/// What comes right by waiting: rows that are being made again.
fn passes(error: &Error) -> bool {
    use project::Error::{NotProjected, Rebuilding};
    match error {
        Error::Project(source) | Error::Query(query::Error::Project(source)) => {
            matches!(source, NotProjected { .. } | Rebuilding(_))
        }
        _ => false,
    }
}

/// All logs but those of the looks.
fn logs_of(view: &View) -> impl Iterator<Item = &LogRows> {
    use custodia_core::verdict::TopicRole;
    view.logs().filter(|log| log.role != TopicRole::Access)
}

fn size_in(cut: Option<&CutName>, log: &str) -> u64 {
    cut.and_then(|cut| cut.sizes.get(log)).copied().unwrap_or(0)
}
