//! Answers `diff`.

use std::collections::BTreeMap;

use custodia_core::replay::{State, diff};

use super::Error;
use super::answer::{Counts, Differs, Side, What};
use super::gather::{Gathered, began};
use super::ledger::Counted;
use super::question::{DiffQuestion, Point, Whose};
use crate::assess::FindingsDesk;
use crate::query::{AsOf, Asking, CutName, Look, Standpoint, Time};

/// One of the two states, with what it says beside.
struct Seen {
    state: State,
    gathered: Gathered,
    counted: Option<Counted>,
}

/// What changed? The look goes on record before the answer leaves.
///
/// # Errors
/// [`Error::BadQuestion`], [`Error::Mixed`], [`Error::Unjudged`]; what keeps findings from being asked for where
/// the question is about the whole ledger; and what keeps rows or leaves from being read, or a look from being
/// put on record: then nothing has left.
pub fn differ(
    desk: &FindingsDesk,
    asking: &Asking,
    question: &DiffQuestion,
) -> Result<Differs, Error> {
    let points = question.points()?;
    let now = Time(desk.clock().now_ms());
    let view = desk.desk().view();
    let what = match &points.0 {
        Point::Known(_) => What::Known,
        Point::Happened(_) => What::Happened,
    };
    let (from, from_moment) = stand(desk, question, &points.0, None, now)?;
    let known = match what {
        What::Known => None,
        // What is known is fixed once, however the log grows.
        What::Happened => Some(from.cut().to_string()),
    };
    let (to, to_moment) = stand(desk, question, &points.1, known, now)?;
    let before = see(desk, &from, &question.of, from_moment)?;
    let after = see(desk, &to, &question.of, to_moment)?;
    let subject = match &question.of {
        Whose::Subject(subject) => Some(subject.as_str()),
        _ => None,
    };
    let side = |from: &Standpoint<'_>, moment| Side {
        cut: CutName::from(from.cut()),
        moment,
    };
    let answer = Differs {
        what,
        from: side(&from, from_moment),
        to: side(&to, to_moment),
        now,
        began: began(view)?,
        known: before.gathered.known || after.gathered.known,
        linked: after.gathered.linked(subject),
        changes: diff(&before.state, &after.state),
        counts: counts(&from, &to, &before, &after),
        erasures: after.gathered.erasures,
    };
    record(desk, asking, question, &to, &answer)?;
    Ok(answer)
}

/// Where one of the two stands, and at which moment.
fn stand<'a>(
    desk: &'a FindingsDesk,
    question: &DiffQuestion,
    point: &Point,
    known: Option<String>,
    now: Time,
) -> Result<(Standpoint<'a>, Time), Error> {
    let view = desk.desk().view();
    // A state is cut at its moment, and which references are one person is taken as it is known. What is counted
    // over the ledger is cut where it stands.
    let at = |moment: Option<Time>| moment.filter(|_| question.of == Whose::Ledger);
    Ok(match point {
        Point::Known(cut) => {
            let cut = AsOf::Cut(cut.clone());
            let from = view.standpoint(Some(&cut), at(question.at))?;
            (from, question.at.unwrap_or(now))
        }
        Point::Happened(time) => {
            let as_of = question.as_of.as_deref().map(str::parse).transpose()?;
            let as_of = known.map(AsOf::Cut).or(as_of);
            (view.standpoint(as_of.as_ref(), at(Some(*time)))?, *time)
        }
    })
}

fn see(
    desk: &FindingsDesk,
    from: &Standpoint<'_>,
    whose: &Whose,
    moment: Time,
) -> Result<Seen, Error> {
    let judging = desk.judging(from)?;
    let mut gathered = Gathered::of(desk, &judging, whose)?;
    let counted = match whose {
        Whose::Ledger => Some(Counted::of(desk, &judging, moment)?),
        _ => None,
    };
    if let Some(counted) = &counted {
        gathered.totals = counted.totals.clone();
    }
    Ok(Seen {
        state: State::at(&gathered.evidence(&judging), moment.0),
        gathered,
        counted,
    })
}

fn counts(
    from: &Standpoint<'_>,
    to: &Standpoint<'_>,
    before: &Seen,
    after: &Seen,
) -> Option<Counts> {
    let (one, other) = (before.counted.as_ref()?, after.counted.as_ref()?);
    let mut counts = Counts {
        people: [one.people, other.people],
        events: [one.events, other.events],
        registry: [one.registry, other.registry],
        ..Counts::default()
    };
    for (side, from) in [from, to].into_iter().enumerate() {
        for (log, size) in from.cut().sizes() {
            counts.leaves.entry(log.clone()).or_default()[side] = *size;
        }
    }
    for (side, counted) in [one, other].into_iter().enumerate() {
        for ((rule, result), count) in &counted.findings {
            let of_rule: &mut BTreeMap<String, [u64; 2]> =
                counts.findings.entry(format!("R{rule:02}")).or_default();
            of_rule.entry(result.name().to_owned()).or_default()[side] = *count;
        }
    }
    Some(counts)
}

fn record(
    desk: &FindingsDesk,
    asking: &Asking,
    question: &DiffQuestion,
    to: &Standpoint<'_>,
    answer: &Differs,
) -> Result<(), Error> {
    let mut people = BTreeMap::new();
    if let Whose::Subject(subject) = &question.of {
        let linked = answer.linked.iter().map(|linked| (linked.clone(), 0));
        people.extend(linked);
        people.insert(subject.clone(), answer.changes.len() as u64);
    }
    desk.desk().record(&Look {
        asking,
        query: &question.normal(),
        cut: to.cut(),
        people,
        extract: None,
    })?;
    Ok(())
}
