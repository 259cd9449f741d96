//! Whom something reached: counts, who held it, and what can't be told.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::{LeafAt, PolicyBook};
use custodia_core::incident::{AffectedList, Suggested, suggested_grade};
use custodia_core::schema;
use custodia_core::schema::v1::DataCategory;
use custodia_core::verdict::{Verdict, event_of};
use serde::{Deserialize, Serialize};

use super::leaked::Window;
use super::movement::{basis_name, movement};
use super::people::{People, leaf_at};
use super::question::ExposureQuestion;
use super::standing::{self, Outflow};
use super::{Error, Leaked};
use crate::assess::FindingsDesk;
use crate::query::{CutName, LogRows, Standpoint, Time, Word};

/// Leaves named as examples of a gap.
const SAMPLES: usize = 5;

/// What there is to say in all of what something reached. It names no person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// The cut that it stands on.
    pub cut: CutName,
    /// What leaked.
    pub of: Leaked,
    /// The first moment, by the events.
    pub from: Option<Time>,
    /// The first moment after.
    pub until: Option<Time>,
    /// The moment at which standing is told: now, or where nothing newer was known, then.
    pub moment: Time,
    /// How many accepted events moved or showed someone's data.
    pub events: u64,
    /// How many people they are about.
    pub people: u64,
    /// The RFC 6962 root over the people's references, ascending, hex: what
    /// `AffectedSubjectsIdentified` puts on record. None for nobody.
    pub subject_set_root_sha256: Option<String>,
    /// When the first event happened.
    pub first: Option<Time>,
    /// When the last event happened.
    pub last: Option<Time>,
    /// The events by kind.
    pub kinds: Vec<KindCount>,
    /// The categories, by how many people they touch, most first.
    pub categories: Vec<TouchedCategory>,
    /// Who held the data, by id.
    pub recipients: Vec<HeldBy>,
    /// The grade that the number of people suggests; none where no policy in force states thresholds.
    pub grade: Option<Suggested>,
    /// Where the evidence has gaps.
    pub gaps: Vec<Gap>,
    /// What could not be told, and why.
    pub unknowns: Vec<String>,
}

/// How many events of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCount {
    /// The kind, e.g. `DataShared`.
    pub event: String,
    /// How many.
    pub events: u64,
}

/// How grave it is that a category got out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Sensitive by the policy in force (PIPL 28).
    Sensitive,
    /// Not so.
    Ordinary,
    /// No policy in force says.
    Unknown,
}

/// A category that was touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchedCategory {
    /// The category.
    pub category: Word,
    /// How grave.
    pub sensitivity: Sensitivity,
    /// Of how many people.
    pub people: u64,
    /// In how many events.
    pub events: u64,
}

/// A recipient that received some of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBy {
    /// Its id.
    pub id: String,
    /// Its name; none where the register doesn't know it.
    pub name: Option<String>,
    /// What it is in law.
    pub legal_role: Option<Word>,
    /// The agreement with it.
    pub agreement: Agreement,
    /// Whether the register ended it, and from when on.
    pub terminated_at: Option<Time>,
    /// Of how many people it received something.
    pub people: u64,
    /// In how many events.
    pub events: u64,
    /// The events by the policy's case.
    pub cases: BTreeMap<String, u64>,
    /// The events by the kind of basis.
    pub bases: BTreeMap<String, u64>,
    /// Whether it may still hold the data; none where that isn't told.
    pub still_allowed: Option<StillAllowed>,
}

/// How the agreement with a recipient stands at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// In force.
    InForce,
    /// Over.
    Ended,
    /// Not begun.
    NotBegun,
    /// The register names none.
    None,
    /// The register doesn't say until when, or doesn't know the recipient.
    Unknown,
}

/// People by whether a recipient may still hold their data, at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillAllowed {
    /// The basis of at least one outflow in the window holds still.
    pub allowed: u64,
    /// No basis holds any more (withdrawn, expired, invalidated, or never was).
    pub not_allowed: u64,
    /// The ledger can't say.
    pub unknown: u64,
    /// The recipient confirmed that the person's data was deleted, after the last outflow in the window.
    pub deletion_confirmed: u64,
}

/// Something that the evidence lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What, in a stable word.
    pub what: String,
    /// What it means.
    pub says: String,
    /// How many records, numbers or findings.
    pub count: u64,
    /// Some of the leaves.
    pub leaves: Vec<LeafAt>,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Folding {
    pub(super) people: People,
    events: u64,
    first_ms: Option<i64>,
    last_ms: Option<i64>,
    kinds: BTreeMap<u32, u64>,
    category_events: BTreeMap<i32, u64>,
    recipients: BTreeMap<String, Outflow>,
    producers: BTreeSet<String>,
    quarantined: Lacking,
    erased: Lacking,
    of_nobody: Lacking,
}

/// Leaves that say less than they might.
#[derive(Default)]
struct Lacking {
    count: u64,
    leaves: Vec<LeafAt>,
}

impl Lacking {
    fn add(&mut self, log: &LogRows, index: u64) {
        self.count += 1;
        if self.leaves.len() < SAMPLES {
            self.leaves.push(leaf_at(log.log().name(), index));
        }
    }

    fn gap(self, what: &str, says: &str) -> Option<Gap> {
        (self.count > 0).then(|| Gap {
            what: what.to_owned(),
            says: says.to_owned(),
            count: self.count,
            leaves: self.leaves,
        })
    }
}

impl Folding {
    /// Takes in a leaf.
    pub(super) fn take(
        &mut self,
        from: &Standpoint<'_>,
        log: &LogRows,
        index: u64,
        window: Window,
    ) -> Result<(), Error> {
        let Some(record) = log.log().record(from.view().keys(), index)? else {
            self.erased.add(log, index);
            return Ok(());
        };
        let event = event_of(&record);
        let at = event.as_ref().and_then(|event| event.occurred_at.as_ref());
        let at = at.map(custodia_core::assess::ms_of);
        if at.is_some_and(|at| !window.holds(at)) {
            return Ok(());
        }
        match log.rows.verdict_of(index)?.verdict {
            Some(Verdict::Duplicate { .. }) => return Ok(()),
            Some(Verdict::Accepted) => {}
            _ => {
                self.quarantined.add(log, index);
                return Ok(());
            }
        }
        // What is accepted is an event, with a time and a body.
        let Some((event, at)) = event.zip(at) else {
            return Ok(());
        };
        let Some(moved) = movement(&event) else {
            return Ok(());
        };
        if event.subject_ref.is_empty() {
            self.of_nobody.add(log, index);
            return Ok(());
        }
        self.events += 1;
        self.first_ms = Some(self.first_ms.map_or(at, |first| first.min(at)));
        self.last_ms = Some(self.last_ms.map_or(at, |last| last.max(at)));
        if let Some(number) = record.value.as_deref().and_then(body_number) {
            *self.kinds.entry(number).or_default() += 1;
        }
        for category in moved.categories {
            *self.category_events.entry(*category).or_default() += 1;
        }
        if let Some(recipient) = moved.recipient {
            let held = self.recipients.entry(recipient.to_owned()).or_default();
            held.events += 1;
            *held.cases.entry(moved.case.to_owned()).or_default() += 1;
            let basis = basis_name(moved.basis).to_owned();
            *held.bases.entry(basis).or_default() += 1;
        }
        self.people.touch(&event.subject_ref, at, &moved)?;
        self.producers.insert(event.producer);
        Ok(())
    }

    /// The answer, once everything is taken in.
    pub(super) fn finish(
        &mut self,
        desk: &FindingsDesk,
        from: &Standpoint<'_>,
        question: &ExposureQuestion,
        list: &AffectedList,
    ) -> Result<Exposure, Error> {
        let judging = desk.judging(from)?;
        let moment_ms = desk.clock().now_ms();
        let mut unknowns = Vec::new();
        let standing = standing::Standing {
            judging: &judging,
            people: &self.people,
            question,
            moment_ms,
        };
        let recipients = standing.recipients(&self.recipients, list, &mut unknowns)?;
        let policy = judging.policies().policy(moment_ms);
        let grade = policy.and_then(|policy| suggested_grade(policy, self.people.count()));
        if grade.is_none() {
            unknowns.push(
                "no privacy policy in force states thresholds, so no grade is suggested".to_owned(),
            );
        }
        let gaps = self.gaps(desk, from, question, &mut unknowns)?;
        let kind = |(number, events): (&u32, &u64)| {
            let kind = schema::body_of(*number);
            kind.map(|kind| KindCount {
                event: kind.name.clone(),
                events: *events,
            })
        };
        Ok(Exposure {
            cut: CutName::from(from.cut()),
            of: question.of.clone(),
            from: question.from,
            until: question.until,
            moment: Time(moment_ms),
            events: self.events,
            people: self.people.count(),
            subject_set_root_sha256: (list.count() > 0).then(|| hex::encode(list.root())),
            first: self.first_ms.map(Time),
            last: self.last_ms.map(Time),
            kinds: self.kinds.iter().filter_map(kind).collect(),
            categories: self.categories(judging.policies(), moment_ms),
            recipients,
            grade,
            gaps,
            unknowns,
        })
    }

    fn categories(&self, policies: &PolicyBook, moment_ms: i64) -> Vec<TouchedCategory> {
        let policy = policies.policy(moment_ms);
        let people = self.people.by_category();
        let numbers = self.people.categories.values().iter().zip(people);
        let touched = numbers.filter_map(|(number, people)| {
            let known = DataCategory::try_from(*number).ok();
            let sensitivity = match (policy, known) {
                (Some(policy), Some(known)) if policy.is_sensitive(known) => Sensitivity::Sensitive,
                (Some(_), Some(_)) => Sensitivity::Ordinary,
                _ => Sensitivity::Unknown,
            };
            Some(TouchedCategory {
                category: Word::of("DataCategory", *number)?,
                sensitivity,
                people,
                events: self.category_events.get(number).copied().unwrap_or(0),
            })
        });
        let mut touched: Vec<TouchedCategory> = touched.collect();
        touched.sort_by(|a, b| {
            let grave = |one: &TouchedCategory| one.sensitivity != Sensitivity::Sensitive;
            (grave(a), b.people, &a.category).cmp(&(grave(b), a.people, &b.category))
        });
        touched
    }

    fn gaps(
        &mut self,
        desk: &FindingsDesk,
        from: &Standpoint<'_>,
        question: &ExposureQuestion,
        unknowns: &mut Vec<String>,
    ) -> Result<Vec<Gap>, Error> {
        let take = std::mem::take::<Lacking>;
        let lacking = [
            take(&mut self.quarantined).gap(
                "quarantined",
                "records that name it and were not accepted; whom they are about counts nowhere here",
            ),
            take(&mut self.erased).gap(
                "erased",
                "records whose payload is erased; what they said can't be told",
            ),
            take(&mut self.of_nobody).gap(
                "no person named",
                "events whose person stands in a case under a gag; they are counted nowhere here",
            ),
        ];
        let mut gaps: Vec<Gap> = lacking.into_iter().flatten().collect();
        gaps.extend(standing::outside(from, question, desk.clock().now_ms())?);
        gaps.extend(standing::sequences(
            desk,
            question,
            &self.producers,
            unknowns,
        )?);
        Ok(gaps)
    }
}

/// The body's number of a value that splits.
fn body_number(value: &[u8]) -> Option<u32> {
    custodia_core::split::split(value)
        .ok()
        .map(|split| split.body_number)
}
