//! What a rule judges on, and how all rules of a scope are asked.

use super::calendar::Holidays;
use super::finding::{About, Due, Finding, LeafAt, Mark, Outcome, Sentence};
use super::occurrence::Occurrence;
use super::policy_book::PolicyBook;
use super::register::Register;
use super::rule::Scope;
use super::rules::rules;
use super::timeline::Timeline;

/// What a rule judges on.
pub struct Grounds<'a> {
    /// Whom or what the timeline is of.
    pub about: &'a About,
    /// What happened to it. Of a person: everything under the person's references, linked ones too, and
    /// disclosures in the registry that name the person in their body. Of a recipient, an incident or a
    /// producer: every event that names it. Of the operator: nothing.
    pub timeline: &'a Timeline,
    /// What the registry says.
    pub register: &'a Register,
    /// The privacy policies by their time of effect.
    pub policies: &'a PolicyBook,
    /// Public holidays.
    pub holidays: &'a Holidays,
    /// What is counted of it.
    pub tallies: &'a Tallies,
    /// What is counted over the whole ledger.
    pub totals: &'a Totals,
}

/// What is counted of a recipient or a producer, whose events may be too many for a timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies {
    /// Of a recipient: when each accepted event happened with which data left for it (shared, transferred,
    /// disclosed), ascending, in ms since 1970.
    pub outflows_ms: Vec<i64>,
    /// Of a producer: where its sequence has a gap.
    pub gaps: Vec<SequenceGap>,
}

/// Numbers that a producer's sequence skips within an epoch and a log (design §3.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SequenceGap {
    /// The producer's epoch.
    pub epoch: u64,
    /// The first number that is missing.
    pub first: u64,
    /// The last number that is missing.
    pub last: u64,
    /// The leaf with the number after the gap.
    pub after: LeafAt,
    /// When the event after the gap happened, in ms since 1970.
    pub after_ms: i64,
}

/// What is counted over the whole ledger, for rules that ask how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many people the ledger knows.
    pub people: u64,
    /// The first collection of face data into a store that then held as many people as the law counts
    /// (`DataCollected.person_count_in_store`): when, in ms since 1970, and its leaf.
    pub large_face_store: Option<(i64, LeafAt)>,
}

/// The findings of one assessment, in canonical order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessed {
    /// All of them, [`Outcome::Pass`] too, ascending; one for each [`Finding::identity`].
    pub findings: Vec<Finding>,
}

/// Asks every rule of the scope. The same grounds give the same findings, in the same order.
pub fn assess(scope: Scope, grounds: &Grounds<'_>) -> Assessed {
    let mut findings = Vec::new();
    for rule in rules().iter().filter(|rule| rule.scope == scope) {
        let judged = (rule.judge)(grounds).into_iter();
        let in_force = judged.filter(|finding| rule.in_force(finding.judged_at_ms));
        findings.extend(in_force.map(|mut finding| {
            finding.rule = rule.number;
            if finding.clauses.is_empty() {
                finding.clauses = rule
                    .clauses
                    .iter()
                    .map(|&clause| clause.to_owned())
                    .collect();
            }
            finding.leaves.extend(finding.judged.clone());
            finding.leaves.sort();
            finding.leaves.dedup();
            finding
        }));
    }
    findings.sort();
    findings.dedup_by(|a, b| a.identity() == b.identity());
    Assessed { findings }
}

impl Finding {
    /// A finding on one event, which stands from when it happened. Rule and clauses are filled in by
    /// [`assess`].
    pub(super) fn on(
        grounds: &Grounds<'_>,
        judged: &Occurrence,
        result: Outcome,
        cause: &str,
        sentence: Sentence,
    ) -> Self {
        let about = match (grounds.about, judged.subject()) {
            // Of a person's references the one that the event is under.
            (About::Subject(_), Some(subject)) => About::Subject(subject.to_owned()),
            _ => grounds.about.clone(),
        };
        Self {
            about,
            judged: Some(judged.leaf.clone()),
            producer: Some(judged.event.producer.clone()),
            judged_at_ms: judged.occurred_at_ms,
            since_ms: judged.occurred_at_ms,
            ..Self::bare(grounds, result, cause, judged.occurred_at_ms, sentence)
        }
    }

    /// A finding on something that isn't there, which stands from `since_ms`.
    pub(super) fn bare(
        grounds: &Grounds<'_>,
        result: Outcome,
        cause: &str,
        since_ms: i64,
        sentence: Sentence,
    ) -> Self {
        Self {
            rule: 0,
            result,
            cause: cause.to_owned(),
            mark: None,
            about: grounds.about.clone(),
            judged: None,
            leaves: Vec::new(),
            recipient: None,
            producer: None,
            judged_at_ms: since_ms,
            since_ms,
            until_ms: None,
            due: None,
            clauses: Vec::new(),
            sentence,
        }
    }

    /// The same, resting on these occurrences too.
    pub(super) fn resting_on<'a>(
        mut self,
        others: impl IntoIterator<Item = &'a Occurrence>,
    ) -> Self {
        let leaves = others.into_iter().map(|one| one.leaf.clone());
        self.leaves.extend(leaves);
        self
    }

    /// The same, with this mark.
    pub(super) fn marked(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }

    /// The same, concerning this recipient.
    pub(super) fn concerning(mut self, recipient: &str) -> Self {
        self.recipient = Some(recipient.to_owned());
        self
    }

    /// The same, with what is due; it stands from the strict moment on.
    pub(super) fn due(mut self, due: Due) -> Self {
        self.due = Some(due);
        self.since_ms = due.strict_ms;
        self
    }

    /// The same, mended at a moment.
    pub(super) fn mended_at(mut self, ms: i64) -> Self {
        self.until_ms = Some(ms);
        self
    }
}

impl Sentence {
    /// A sentence in both languages.
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }
}
