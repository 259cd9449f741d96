//! Goes through what happened once, and writes down what each moment changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::change::{Change, diff};
use super::evidence::{Evidence, POLICY_PUBLISHED, View};
use super::judged;
use super::named::moments_in;
use super::part::Part;
use super::state::State;
use super::tape::{MOST_LOOKED_AT, Step, TooLong};
use crate::assess::{About, Finding, LeafAt, Occurrence, PolicyBook, ms_of};
use crate::schema::v1::event::Body;

/// What judging once costs beside the events, in events looked at.
const JUDGING: u64 = 100;

/// Where it stands, with the parts of the state there, each by itself: a part is folded again only where it is
/// concerned.
pub(super) struct Recorder<'e> {
    evidence: &'e Evidence<'e>,
    at_ms: i64,
    /// How many events of the timeline and of the register have happened.
    events: usize,
    entries: usize,
    policies: Arc<PolicyBook>,
    parts: Vec<(Part, State)>,
    findings: Vec<Finding>,
    /// The moment at which they were looked at last.
    judged_ms: i64,
    /// Moments that are named by what has happened, and that are still to come.
    turns: BTreeSet<(i64, Part)>,
    /// Periods in which outflows are counted.
    counted: Vec<(i64, i64)>,
    looked_at: u64,
    steps: Vec<Step>,
}

/// What happens at a moment: an event of the timeline, of the register, or of both.
struct Happening<'e> {
    one: &'e Occurrence,
    of_timeline: bool,
    of_register: bool,
    /// Whether what is judged may change with it.
    is_judged: bool,
}

impl<'e> Recorder<'e> {
    /// One that stands at a moment, which has passed.
    pub(super) fn at(evidence: &'e Evidence<'e>, ms: i64) -> Self {
        let view = evidence.view(ms, evidence.book(ms));
        let fold = |part: &Part| {
            let mut state = State::default();
            part.fold(&view, &mut state);
            (*part, state)
        };
        let mut recorder = Self {
            evidence,
            at_ms: ms,
            events: view.timeline.len(),
            entries: view.register.all().len(),
            policies: Arc::clone(&view.policies),
            parts: Part::of(evidence.of()).iter().map(fold).collect(),
            findings: view.judge(),
            judged_ms: ms,
            turns: BTreeSet::new(),
            counted: Vec::new(),
            looked_at: 0,
            steps: Vec::new(),
        };
        let passed = evidence.timeline().until(ms).iter();
        for one in passed.chain(view.register.all()) {
            recorder.note(one);
        }
        recorder
    }

    /// Goes on up to a moment, itself included.
    pub(super) fn record_until(&mut self, ms: i64) -> Result<(), TooLong> {
        while let Some(next) = self.next().filter(|next| *next <= ms) {
            self.pass(next);
            if self.looked_at > MOST_LOOKED_AT {
                return Err(TooLong { reached_ms: next });
            }
        }
        Ok(())
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// The next moment at which anything may change.
    fn next(&self) -> Option<i64> {
        let events = self.evidence.timeline().as_slice();
        let entries = self.evidence.register().all();
        let happens = [events.get(self.events), entries.get(self.entries)];
        let happens = happens.into_iter().flatten().map(|one| one.occurred_at_ms);
        let turns = self.turns.first().map(|(ms, _)| *ms);
        let judged = judged::next_turn(&self.findings, self.at_ms);
        happens
            .chain(turns)
            .chain(judged)
            .chain(self.next_outflow())
            .min()
    }

    /// The next outflow that is counted in a period which a gateway has reported.
    fn next_outflow(&self) -> Option<i64> {
        let outflows = self.evidence.outflows_ms();
        let in_period = |(from, until): &(i64, i64)| {
            let first = (*from).max(self.at_ms.saturating_add(1));
            let place = outflows.partition_point(|ms| *ms < first);
            outflows.get(place).copied().filter(|ms| ms < until)
        };
        self.counted.iter().filter_map(in_period).min()
    }

    /// Everything that changes at a moment.
    fn pass(&mut self, ms: i64) {
        let counts = self.next_outflow() == Some(ms);
        self.at_ms = ms;
        let first_step = self.steps.len();
        let due = self.take_turns();
        let changes = self.fold(&due);
        self.push(None, changes);
        let happening = self.happening();
        for happens in &happening {
            self.happen(happens);
        }
        // Where several happen at once, what is judged stands beside the timeline's own.
        let mut judging = happening.iter().filter(|happens| happens.is_judged);
        let own = happening.iter().rfind(|happens| happens.of_timeline);
        let last = own.or_else(|| judging.next_back());
        let last = last.map(|happens| happens.one.leaf.clone());
        let changes = if last.is_some() || counts {
            self.judge()
        } else {
            self.turn_findings()
        };
        self.judged_ms = ms;
        self.add(first_step, last, changes);
    }

    /// The parts for which a moment has come.
    fn take_turns(&mut self) -> BTreeSet<Part> {
        let mut due = BTreeSet::new();
        while let Some(turn) = self.turns.first().filter(|(ms, _)| *ms <= self.at_ms) {
            let turn = *turn;
            self.turns.remove(&turn);
            due.insert(turn.1);
        }
        due
    }

    /// What happens at this moment, in order; an event of both timeline and register once.
    fn happening(&self) -> Vec<Happening<'e>> {
        let until = |all: &'e [Occurrence], from: usize| {
            let count = all[from..].partition_point(|one| one.occurred_at_ms <= self.at_ms);
            &all[from..from + count]
        };
        let events = until(self.evidence.timeline().as_slice(), self.events);
        let entries = until(self.evidence.register().all(), self.entries);
        let mut happening: Vec<Happening<'e>> = Vec::new();
        let event = |one| Happening {
            one,
            of_timeline: true,
            of_register: false,
            is_judged: true,
        };
        happening.extend(events.iter().map(event));
        for one in entries {
            let known = happening
                .iter_mut()
                .find(|known| known.of_timeline && known.one.leaf == one.leaf);
            match known {
                Some(known) => known.of_register = true,
                None => happening.push(Happening {
                    one,
                    of_timeline: false,
                    of_register: true,
                    is_judged: self.evidence.is_reached_by(one),
                }),
            }
        }
        happening.sort_by(|a, b| a.one.order().cmp(&b.one.order()));
        happening
    }

    fn happen(&mut self, happens: &Happening<'e>) {
        let one = happens.one;
        let place = self.events;
        self.events += usize::from(happens.of_timeline);
        self.entries += usize::from(happens.of_register);
        if happens.of_register && one.kind == POLICY_PUBLISHED {
            self.policies = Arc::new(PolicyBook::of(&self.view().register));
        }
        self.note(one);
        let names = happens.of_timeline && self.evidence.names_first(place);
        let concerned = |part: &Part| part.is_concerned(one.kind) || names && part.follows_names();
        let parts = self.parts.iter().map(|(part, _)| *part);
        let parts: BTreeSet<Part> = parts.filter(concerned).collect();
        let changes = self.fold(&parts);
        if happens.of_timeline || !changes.is_empty() {
            self.steps.push(Step {
                ms: self.at_ms,
                on: Some(one.leaf.clone()),
                changes,
            });
        }
    }

    /// Remembers the moments that an event names.
    fn note(&mut self, one: &Occurrence) {
        let parts = self.parts.iter().map(|(part, _)| *part);
        let parts: Vec<Part> = parts.filter(|part| part.is_concerned(one.kind)).collect();
        if !parts.is_empty() {
            let later = moments_in(one).into_iter().filter(|ms| *ms > self.at_ms);
            for ms in later {
                self.turns.extend(parts.iter().map(|part| (ms, *part)));
            }
        }
        if let Body::EgressCountReported(said) = one.body()
            && let (Some(from), Some(until)) = (&said.period_from, &said.period_until)
        {
            self.counted.push((ms_of(from), ms_of(until)));
        }
    }

    fn view(&self) -> View<'e> {
        let evidence = self.evidence;
        View {
            evidence,
            ms: self.at_ms,
            timeline: evidence.timeline().first(self.events),
            register: evidence.register().first(self.entries),
            policies: Arc::clone(&self.policies),
        }
    }

    /// Folds these parts again.
    fn fold(&mut self, due: &BTreeSet<Part>) -> Vec<Change> {
        if due.is_empty() {
            return Vec::new();
        }
        let view = self.view();
        let of_register = *self.evidence.of() == About::Operator;
        let mut changes = Vec::new();
        for (part, state) in &mut self.parts {
            if !due.contains(part) {
                continue;
            }
            let mut now = State::default();
            part.fold(&view, &mut now);
            changes.extend(diff(state, &now));
            *state = now;
            let looked_at = if of_register {
                self.entries
            } else {
                self.events
            };
            self.looked_at += looked_at as u64;
        }
        changes.sort_by(|a, b| a.item.cmp(&b.item));
        changes
    }

    /// What is judged changes as time goes by.
    fn turn_findings(&self) -> Vec<Change> {
        let findings = self.findings.as_slice();
        judged::changes((findings, self.judged_ms), (findings, self.at_ms))
    }

    /// Judges anew.
    fn judge(&mut self) -> Vec<Change> {
        let findings = self.view().judge();
        let before = (self.findings.as_slice(), self.judged_ms);
        let changes = judged::changes(before, (&findings, self.at_ms));
        self.findings = findings;
        let counted = self.evidence.outflows_ms().len();
        self.looked_at += (self.events + counted) as u64 + JUDGING;
        changes
    }
}

impl Recorder<'_> {
    /// Adds a step that time alone makes, where it changes anything.
    fn push(&mut self, on: Option<LeafAt>, changes: Vec<Change>) {
        if !changes.is_empty() {
            let ms = self.at_ms;
            self.steps.push(Step { ms, on, changes });
        }
    }

    /// Adds changes to the step of this leaf among those of this moment, whose first would be at `first_step`; to a
    /// new one where there is none.
    fn add(&mut self, first_step: usize, on: Option<LeafAt>, changes: Vec<Change>) {
        let mut steps = self.steps[first_step..].iter_mut();
        match steps.rfind(|step| step.on == on) {
            Some(step) => {
                step.changes.extend(changes);
                step.changes.sort_by(|a, b| a.item.cmp(&b.item));
            }
            None => self.push(on, changes),
        }
    }
}
