//! Whether those who received data may still hold it, and where the evidence has gaps.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::state::consents::{Consents, Standing as Consent};
use custodia_core::assess::state::recipients::{Recipient, recipient_at};
use custodia_core::assess::{Occurrence, Timeline};
use custodia_core::incident::AffectedList;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Basis, BasisKind};
use custodia_core::verdict::TopicRole;

use super::Error;
use super::exposure::{Agreement, Gap, HeldBy, StillAllowed};
use super::leaked::Window;
use super::movement::movement;
use super::people::People;
use super::question::ExposureQuestion;
use crate::assess::{self, FindingsDesk, FindingsQuestion, Judging};
use crate::query::{Standpoint, Time, Word};

/// Most people whose consents are looked through; of more it is said that this wasn't told.
const MOST_LOOKED_THROUGH: usize = 10_000;
/// The rule that says where a producer's sequence has gaps, and what came late.
const COMPLETENESS: u8 = 35;

/// What left for one recipient.
#[derive(Debug, Default)]
pub(super) struct Outflow {
    pub(super) events: u64,
    pub(super) cases: BTreeMap<String, u64>,
    pub(super) bases: BTreeMap<String, u64>,
}

/// What standing is told from.
pub(super) struct Standing<'a> {
    pub(super) judging: &'a Judging<'a>,
    pub(super) people: &'a People,
    pub(super) question: &'a ExposureQuestion,
    pub(super) moment_ms: i64,
}

impl Standing<'_> {
    /// The recipients, with whether they may still hold what they received.
    pub(super) fn recipients(
        &self,
        outflows: &BTreeMap<String, Outflow>,
        list: &AffectedList,
        unknowns: &mut Vec<String>,
    ) -> Result<Vec<HeldBy>, Error> {
        let mut allowed = BTreeMap::new();
        let told = list.references().len() <= MOST_LOOKED_THROUGH;
        if told {
            for subject in list.references() {
                self.look_through(subject, outflows, &mut allowed)?;
            }
        } else if !outflows.is_empty() {
            unknowns.push(format!(
                "whether recipients may still hold the data is told of {MOST_LOOKED_THROUGH} people at most; ask for a shorter window"
            ));
        }
        let people = self.people.by_recipient();
        let count = |id: &str| {
            let all = self.people.recipients.values();
            let at = all.iter().position(|known| known == id);
            at.map_or(0, |at| people[at])
        };
        let held = outflows.iter().map(|(id, outflow)| {
            let known = recipient_at(self.judging.register(), id, self.moment_ms);
            HeldBy {
                name: known.as_ref().map(|known| known.name.to_owned()),
                legal_role: known
                    .as_ref()
                    .and_then(|known| Word::of("LegalRole", known.legal_role.into())),
                agreement: agreement(known.as_ref(), self.moment_ms),
                terminated_at: known.and_then(|known| known.terminated_at).map(Time),
                people: count(id),
                events: outflow.events,
                cases: outflow.cases.clone(),
                bases: outflow.bases.clone(),
                still_allowed: told.then(|| allowed.remove(id).unwrap_or_default()),
                id: id.clone(),
            }
        });
        Ok(held.collect())
    }

    /// Adds to each recipient whether it may still hold this person's data.
    fn look_through(
        &self,
        subject: &str,
        outflows: &BTreeMap<String, Outflow>,
        allowed: &mut BTreeMap<String, StillAllowed>,
    ) -> Result<(), Error> {
        let person = self.judging.gathered(subject)?;
        let Ok(timeline) = &person.timeline else {
            for id in outflows.keys() {
                allowed.entry(id.clone()).or_default().unknown += 1;
            }
            return Ok(());
        };
        let consents = Consents::of(timeline, self.judging.policies());
        let window = Window::new(self.question.from, self.question.until)?;
        let mut by_recipient: BTreeMap<&str, Vec<(&Occurrence, Option<&Basis>)>> = BTreeMap::new();
        let own = |one: &&Occurrence| one.subject() == Some(subject);
        for one in timeline.iter().filter(own) {
            let Some(moved) = movement(&one.event).filter(|_| window.holds(one.occurred_at_ms))
            else {
                continue;
            };
            if let Some(id) = moved.recipient.filter(|id| outflows.contains_key(*id)) {
                by_recipient.entry(id).or_default().push((one, moved.basis));
            }
        }
        for (id, sent) in by_recipient {
            let tally = allowed.entry(id.to_owned()).or_default();
            match self.holds_still(&consents, &sent) {
                Some(true) => tally.allowed += 1,
                Some(false) => tally.not_allowed += 1,
                None => tally.unknown += 1,
            }
            let last = sent.iter().map(|(one, _)| one.occurred_at_ms).max();
            tally.deletion_confirmed += u64::from(confirmed(timeline, id, last));
        }
        Ok(())
    }

    /// Whether one of these bases holds at the moment; none where that can't be told.
    fn holds_still(
        &self,
        consents: &Consents<'_>,
        sent: &[(&Occurrence, Option<&Basis>)],
    ) -> Option<bool> {
        let holds = |(_, basis): &(&Occurrence, Option<&Basis>)| match basis {
            Some(basis) if basis.kind() == BasisKind::BaConsent => {
                match consents.standing(&basis.consent_id, self.moment_ms) {
                    Consent::InForce(_) => Some(true),
                    Consent::NotInForce(_) => Some(false),
                    Consent::Unknown => None,
                }
            }
            // A contract that was named, or an exemption with its citation, doesn't end by itself.
            Some(basis) if !basis.contract_ref.is_empty() || !basis.citation.is_empty() => {
                Some(true)
            }
            _ => None,
        };
        let held: Vec<Option<bool>> = sent.iter().map(holds).collect();
        if held.contains(&Some(true)) {
            return Some(true);
        }
        (!held.contains(&None)).then_some(false)
    }
}

/// Whether a recipient confirmed a deletion after the last outflow.
fn confirmed(timeline: &Timeline, recipient: &str, last: Option<i64>) -> bool {
    timeline.iter().any(|one| match one.body() {
        Body::RecipientDeletionConfirmed(said) => {
            said.recipient_id == recipient && last.is_none_or(|last| one.occurred_at_ms >= last)
        }
        _ => false,
    })
}

fn agreement(recipient: Option<&Recipient<'_>>, ms: i64) -> Agreement {
    let Some(recipient) = recipient else {
        return Agreement::Unknown;
    };
    match recipient.agreement {
        None => Agreement::None,
        Some(agreement) if !agreement.begun_at(ms) => Agreement::NotBegun,
        Some(agreement) => match agreement.ended_at(ms) {
            Some(true) => Agreement::Ended,
            Some(false) => Agreement::InForce,
            None => Agreement::Unknown,
        },
    }
}

/// Where the window reaches beyond what the ledger knows.
pub(super) fn outside(
    from: &Standpoint<'_>,
    question: &ExposureQuestion,
    now_ms: i64,
) -> Result<Vec<Gap>, Error> {
    let (mut begun, mut read): (Option<i64>, Option<i64>) = (None, None);
    for log in from.logs().filter(|log| log.role == TopicRole::Events) {
        let size = from.size_of(log);
        if size == 0 {
            continue;
        }
        let first = log.log().entry(0)?.timestamp_ms;
        let last = log.log().entry(size - 1)?.timestamp_ms;
        begun = Some(begun.map_or(first, |begun| begun.min(first)));
        read = Some(read.map_or(last, |read| read.max(last)));
    }
    let gap = |what: &str, says: String| Gap {
        what: what.to_owned(),
        says,
        count: 1,
        leaves: Vec::new(),
    };
    let mut gaps = Vec::new();
    match begun {
        Some(begun) if question.from.is_none_or(|from| from.0 < begun) => {
            let says = format!(
                "the ledger's first record is of {}; of what happened before it has only what was sent later",
                Time(begun)
            );
            gaps.push(gap("before the ledger", says));
        }
        None => gaps.push(gap("empty", "the ledger has no event of any person".into())),
        _ => {}
    }
    if question.until.is_some_and(|until| until.0 > now_ms) {
        let says = "the window ends after now; what is still to come is in no answer".to_owned();
        gaps.push(gap("after now", says));
    }
    if let Some(read) = read.filter(|read| question.until.is_some_and(|until| *read < until.0)) {
        let says = format!(
            "the last record of the cut is of {}; what came later is not in it",
            Time(read)
        );
        gaps.push(gap("after the cut", says));
    }
    Ok(gaps)
}

/// What the kept findings say of the completeness of what these producers sent.
pub(super) fn sequences(
    desk: &FindingsDesk,
    question: &ExposureQuestion,
    producers: &BTreeSet<String>,
    unknowns: &mut Vec<String>,
) -> Result<Vec<Gap>, Error> {
    let mut gaps = Vec::new();
    for producer in producers {
        let asked = FindingsQuestion {
            producer: Some(producer.clone()),
            rule: Some(COMPLETENESS),
            from: question.from,
            until: question.until,
            most: Some(5),
            ..FindingsQuestion::default()
        };
        let found = match desk.kept(&asked) {
            Ok(found) => found,
            Err(
                error @ (assess::Error::SwitchedOff
                | assess::Error::Stopped(_)
                | assess::Error::NotAssessed { .. }),
            ) => {
                unknowns.push(format!(
                    "whether the evidence of {producer} has gaps: {error}"
                ));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let by_result = found.counts.values().flat_map(BTreeMap::iter);
        let count = by_result
            .filter(|(result, _)| result.as_str() != "PASS")
            .map(|(_, count)| count)
            .sum();
        if count > 0 {
            let leaves = found.findings.iter();
            gaps.push(Gap {
                what: "completeness".to_owned(),
                says: format!(
                    "R35 has findings on what {producer} sent: numbers missing, late, or ahead of the clock"
                ),
                count,
                leaves: leaves
                    .filter_map(|one| one.finding.judged.clone())
                    .collect(),
            });
        }
    }
    Ok(gaps)
}
