//! What states rest on, whole and cut at a moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::named::names_in;
use crate::assess::{
    About, Assessed, Finding, Grounds, Holidays, Occurrence, Outcome, PolicyBook, Reach, Register,
    Scope, Tallies, Timeline, TooMany, Totals, reach,
};

/// How a scope is judged: [`crate::assess::assess`].
pub type Judge = fn(Scope, &Grounds<'_>) -> Assessed;

/// `PolicyVersionPublished`, in the envelope.
pub(super) const POLICY_PUBLISHED: u32 = 100;

/// What a state is of, and everything that it rests on, up to whenever it is known.
pub struct Evidence<'a> {
    of: &'a About,
    timeline: &'a Timeline,
    register: &'a Register,
    holidays: &'a Holidays,
    tallies: &'a Tallies,
    totals: &'a Totals,
    judge: Judge,
    /// Of a person: the recipients, incidents and cases that events of the timeline name, each with the place of
    /// the first that does.
    named: BTreeMap<String, usize>,
}

/// The same as far as it had happened at a moment.
pub(super) struct View<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) ms: i64,
    pub(super) timeline: Timeline,
    pub(super) register: Register,
    pub(super) policies: Arc<PolicyBook>,
}

/// The timeline of the whole register: what it keeps, in order.
///
/// # Errors
/// [`TooMany`].
pub fn of_register(register: &Register) -> Result<Timeline, TooMany> {
    Timeline::new(register.all().iter().cloned())
}

impl<'a> Evidence<'a> {
    /// Evidence on a person, a recipient or an incident with its timeline, as rules are given it
    /// ([`Grounds`]); or, on the operator, on the whole register with [`of_register`]. Nothing is counted yet.
    pub fn new(
        of: &'a About,
        timeline: &'a Timeline,
        register: &'a Register,
        holidays: &'a Holidays,
        judge: Judge,
    ) -> Self {
        static NO_TALLIES: Tallies = Tallies {
            outflows_ms: Vec::new(),
            gaps: Vec::new(),
        };
        static NO_TOTALS: Totals = Totals {
            people: 0,
            large_face_store: None,
        };
        let mut named = BTreeMap::new();
        if let About::Subject(_) = of {
            for (place, one) in timeline.iter().enumerate() {
                for name in names_in(one) {
                    named.entry(name).or_insert(place);
                }
            }
        }
        Self {
            of,
            timeline,
            register,
            holidays,
            tallies: &NO_TALLIES,
            totals: &NO_TOTALS,
            judge,
            named,
        }
    }

    /// The same, with what is counted: of a recipient its outflows, over the ledger the totals. How many people
    /// there are is taken as it is known, whatever the moment.
    #[must_use]
    pub fn counting(mut self, tallies: &'a Tallies, totals: &'a Totals) -> Self {
        (self.tallies, self.totals) = (tallies, totals);
        self
    }

    /// What it is of.
    pub fn of(&self) -> &'a About {
        self.of
    }

    /// The timeline.
    pub fn timeline(&self) -> &'a Timeline {
        self.timeline
    }

    /// The register.
    pub fn register(&self) -> &'a Register {
        self.register
    }

    /// When data left for the recipient, ascending.
    pub(super) fn outflows_ms(&self) -> &'a [i64] {
        &self.tallies.outflows_ms
    }

    /// The policies that were published by a moment.
    pub(super) fn book(&self, ms: i64) -> Arc<PolicyBook> {
        Arc::new(PolicyBook::of(&self.register.up_to(ms)))
    }

    /// What had happened by a moment, with the policies published by then.
    pub(super) fn view(&'a self, ms: i64, policies: Arc<PolicyBook>) -> View<'a> {
        View {
            evidence: self,
            ms,
            timeline: self.timeline.up_to(ms),
            register: self.register.up_to(ms),
            policies,
        }
    }

    /// Whether the event of a person at this place names something that none before does.
    pub(super) fn names_first(&self, place: usize) -> bool {
        self.named.values().any(|first| *first == place)
    }

    /// Whether what the rules say may change with an event of the register: of a person whose events name
    /// nothing that it names it may not, where it reaches the named alone.
    pub(super) fn is_reached_by(&self, one: &Occurrence) -> bool {
        let named_alone = matches!(self.of, About::Subject(_)) && reach(one.kind) == Reach::Named;
        // An erasure names a person by a digest.
        let is_erasure = matches!(one.kind, 303 | 304);
        let named = || {
            names_in(one)
                .iter()
                .any(|name| self.named.contains_key(name))
        };
        !named_alone || is_erasure || named()
    }

    /// What the first so many events of a person name, recipients and others, ascending.
    pub(super) fn names(&self, events: usize) -> impl Iterator<Item = &str> {
        let named = self.named.iter();
        named
            .filter(move |(_, place)| **place < events)
            .map(|(id, _)| id.as_str())
    }
}

impl View<'_> {
    /// What the rules say, what passes left out.
    pub(super) fn judge(&self) -> Vec<Finding> {
        let evidence = self.evidence;
        let nothing = Timeline::default();
        let (scope, timeline) = match evidence.of {
            About::Subject(_) => (Scope::Subject, &self.timeline),
            About::Recipient(_) => (Scope::Recipient, &self.timeline),
            About::Incident(_) => (Scope::Incident, &self.timeline),
            About::Producer(_) => (Scope::Producer, &self.timeline),
            // The operator is judged by the register alone.
            About::Operator => (Scope::Operator, &nothing),
        };
        let tallies = self.tallies();
        let faces = evidence.totals.large_face_store.clone();
        let totals = Totals {
            people: evidence.totals.people,
            large_face_store: faces.filter(|(ms, _)| *ms <= self.ms),
        };
        let grounds = Grounds {
            about: evidence.of,
            timeline,
            register: &self.register,
            policies: &self.policies,
            holidays: evidence.holidays,
            tallies: &tallies,
            totals: &totals,
        };
        let mut findings = (evidence.judge)(scope, &grounds).findings;
        findings.retain(|finding| finding.result != Outcome::Pass);
        findings
    }

    fn tallies(&self) -> Tallies {
        let tallies = self.evidence.tallies;
        let until = tallies.outflows_ms.partition_point(|ms| *ms <= self.ms);
        let gaps = tallies.gaps.iter().filter(|gap| gap.after_ms <= self.ms);
        Tallies {
            outflows_ms: tallies.outflows_ms[..until].to_vec(),
            gaps: gaps.cloned().collect(),
        }
    }
}
