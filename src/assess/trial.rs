//! What the rules would say if an event were on record: a dry run, for who sends it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use custodia_core::assess::{
    About, Finding, LeafAt, Occurrence, Register, Scope, Timeline, Totals, rule,
};
use custodia_core::schema::v1::Event;
use custodia_core::schema::{self, is_reference};
use prost::Message as _;
use serde::{Deserialize, Serialize};

use super::answer::ShownFinding;
use super::ground::Ground;
use super::{Error, FindingsDesk, Judging};
use crate::project::Kind;
use crate::query::{Asking, CutName, Look};

/// Where an event stands that isn't on record.
const NOWHERE: &str = "not on record";

/// What would the rules say of an event?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialQuestion {
    /// The event's bytes, hex.
    pub event: String,
}

/// What the rules would say, beyond what they say now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// Findings that there would be and aren't, in the rules' order; those that pass, too.
    pub findings: Vec<ShownFinding>,
    /// Findings that there are and wouldn't be.
    pub vanish: Vec<ShownFinding>,
}

impl FindingsDesk {
    /// What would the rules say of an event? Of a person it is judged with everything that is on record of the
    /// person, so the look goes on record first.
    ///
    /// # Errors
    /// [`Error::BadQuestion`]; [`crate::query::Error::LookNotRecorded`], and what keeps rows or leaves from
    /// being read: then nothing has left.
    pub fn trial(&self, asking: &Asking, question: &TrialQuestion) -> Result<TrialAnswer, Error> {
        let one = occurrence(&question.event)?;
        let from = self.desk().view().standpoint(None, None)?;
        let before = self.judging(&from)?;
        let after = with(&before, &one);
        let mut people = BTreeMap::new();
        let (mut old, mut new) = (Vec::new(), Vec::new());
        if let Some(subject) = one.subject() {
            people.insert(subject.to_owned(), 0);
            of_person(&before, &after, subject, &one, (&mut old, &mut new))?;
        } else {
            of_things(&before, &after, &one, (&mut old, &mut new))?;
        }
        let rules = hex::encode(before.book.rules());
        let shown = |these: &[Finding], others: &[Finding]| {
            let others: BTreeSet<&Finding> = others.iter().collect();
            let only = these.iter().filter(|one| !others.contains(one));
            only.map(|finding| shown(finding, &rules)).collect()
        };
        let answer = TrialAnswer {
            cut: CutName::from(from.cut()),
            findings: shown(&new, &old),
            vanish: shown(&old, &new),
        };
        self.desk().record(&Look {
            asking,
            query: "check-event",
            cut: from.cut(),
            people,
            extract: None,
        })?;
        Ok(answer)
    }
}

fn occurrence(event: &str) -> Result<Occurrence, Error> {
    let bad =
        || Error::BadQuestion("the event can't be read, or doesn't say when it happened".into());
    let bytes = hex::decode(event).map_err(|_| bad())?;
    let event = Event::decode(bytes.as_slice()).map_err(|_| bad())?;
    let leaf = LeafAt {
        log: NOWHERE.to_owned(),
        index: 0,
    };
    let whole = event.subject_ref.is_empty() || is_reference(&event.subject_ref);
    Occurrence::of(leaf, None, event)
        .filter(|_| whole)
        .ok_or_else(bad)
}

/// The same ground, with the event in the register where it belongs there.
fn with<'a>(before: &Judging<'a>, one: &Occurrence) -> Judging<'a> {
    let ground = if one.subject().is_none() && Register::keeps(one.kind) {
        let all = before.register().all().iter().cloned().chain([one.clone()]);
        Arc::new(Ground::of(Register::new(all)))
    } else {
        Arc::clone(&before.ground)
    };
    Judging {
        from: before.from,
        ground,
        book: Arc::clone(&before.book),
    }
}

/// Findings as they are, and as they would be.
type Sides<'a> = (&'a mut Vec<Finding>, &'a mut Vec<Finding>);

fn of_person(
    before: &Judging<'_>,
    after: &Judging<'_>,
    subject: &str,
    one: &Occurrence,
    (old, new): Sides<'_>,
) -> Result<(), Error> {
    let (person, findings) = before.person(subject)?;
    let first = person.references.first().map_or(subject, String::as_str);
    let about = About::Subject(first.to_owned());
    old.extend(findings);
    let Ok(timeline) = person.timeline.and_then(|timeline| added(&timeline, one)) else {
        new.extend(old.iter().cloned());
        return Ok(());
    };
    new.extend(after.findings(Scope::Subject, &about, &timeline));
    Ok(())
}

/// The incident, the recipient and the operator that an event of the registry may concern.
fn of_things(
    before: &Judging<'_>,
    after: &Judging<'_>,
    one: &Occurrence,
    (old, new): Sides<'_>,
) -> Result<(), Error> {
    let operator = Totals::default();
    old.extend(before.operator(&operator));
    new.extend(after.operator(&operator));
    let (recipient, incident) = named(one);
    let things = [
        (Scope::Recipient, Kind::Recipient, recipient),
        (Scope::Incident, Kind::Incident, incident),
    ];
    for (scope, kind, id) in things {
        let Some(id) = id else { continue };
        let about = match scope {
            Scope::Recipient => About::Recipient(id.clone()),
            _ => About::Incident(id.clone()),
        };
        let Ok(timeline) = before.timeline(kind, &id)? else {
            continue;
        };
        old.extend(before.findings(scope, &about, &timeline));
        if let Ok(timeline) = added(&timeline, one) {
            new.extend(after.findings(scope, &about, &timeline));
        }
    }
    Ok(())
}

fn added(timeline: &Timeline, one: &Occurrence) -> Result<Timeline, super::Unjudged> {
    let all = timeline.iter().cloned().chain([one.clone()]);
    Timeline::new(all).map_err(|_| super::Unjudged::TimelineTooLong)
}

/// The recipient and the incident that an event names: fields 1 and 2 of every body.
fn named(one: &Occurrence) -> (Option<String>, Option<String>) {
    let dynamic = schema::decode(&one.event.encode_to_vec()).ok();
    let kind = schema::body_of(one.kind);
    let said = dynamic.as_ref().zip(kind).and_then(|(event, kind)| {
        let value = event.get_field_by_number(kind.number)?;
        value.as_message().cloned()
    });
    let text = |name: &str| {
        let value = said.as_ref()?.get_field_by_name(name)?.into_owned();
        value
            .as_str()
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
    };
    (text("recipient_id"), text("incident_id"))
}

fn shown(finding: &Finding, rules: &str) -> ShownFinding {
    ShownFinding {
        code: format!("R{:02}", finding.rule),
        name: rule(finding.rule).map(|rule| rule.name.to_owned()),
        rules: rules.to_owned(),
        finding: finding.clone(),
    }
}
