//! Answers `replay`.

use std::collections::BTreeMap;

use custodia_core::assess::{LeafAt, Register};
use custodia_core::replay::{State, Step, Tape, TooLong, Window};
use custodia_core::schema;

use super::Error;
use super::answer::{ReplayStep, Replayed};
use super::gather::{Gathered, began, known_by};
use super::question::{ReplayQuestion, Whose};
use crate::assess::FindingsDesk;
use crate::query::{AsOf, Asking, CutName, Happened, Look, Standpoint, Time, Topic};

/// What happened, step by step, with what held? The cut is fixed at once, and the look goes on record before
/// the answer leaves, as that of a timeline does.
///
/// # Errors
/// [`Error::BadQuestion`], [`Error::TooLong`], [`Error::Unjudged`], [`Error::NoSuchFinding`]; and as
/// [`crate::query::Desk::timeline`]: then nothing has left.
pub fn replay(
    desk: &FindingsDesk,
    asking: &Asking,
    question: &ReplayQuestion,
) -> Result<Replayed, Error> {
    question.check()?;
    let view = desk.desk().view();
    let as_of: Option<AsOf> = question.as_of.as_deref().map(str::parse).transpose()?;
    let from = view.standpoint(as_of.as_ref(), question.at)?;
    let now = Time(desk.clock().now_ms());
    let events = from.timeline(&question.of, question.from, question.to)?;
    let mut people = events.shown(&question.of);
    let mut answer = Replayed {
        cut: CutName::from(from.cut()),
        at: question.at,
        now,
        began: began(view)?,
        known: events.known,
        linked: Vec::new(),
        erasures: events.erasures,
        has_state: false,
        from: question.from.unwrap_or(now),
        to: question.to.or(question.at).unwrap_or(now),
        begin: State::default(),
        steps: Vec::new(),
        start: None,
        marked: Vec::new(),
    };
    match whose(&question.of) {
        Some(whose) => play(desk, &from, question, &whose, events.events, &mut answer)?,
        None => answer.steps = Merged::new(Vec::new(), events.events, &Register::default()).steps,
    }
    for linked in &answer.linked {
        people.entry(linked.clone()).or_insert(0);
    }
    desk.desk().record(&Look {
        asking,
        query: &question.normal(),
        cut: from.cut(),
        people,
        extract: None,
    })?;
    Ok(answer)
}

/// Of what there is a state.
fn whose(of: &Topic) -> Option<Whose> {
    match of {
        Topic::Subject(subject) => Some(Whose::Subject(subject.clone())),
        Topic::Recipient(id) => Some(Whose::Recipient(id.clone())),
        Topic::Incident(id) => Some(Whose::Incident(id.clone())),
        Topic::Correlation(_) | Topic::Credential(_) | Topic::Endpoint(_) => None,
    }
}

fn play(
    desk: &FindingsDesk,
    from: &Standpoint<'_>,
    question: &ReplayQuestion,
    whose: &Whose,
    events: Vec<Happened>,
    answer: &mut Replayed,
) -> Result<(), Error> {
    let judging = desk.judging(from)?;
    let gathered = Gathered::of(desk, &judging, whose)?;
    let subject = match whose {
        Whose::Subject(subject) => Some(subject.as_str()),
        _ => None,
    };
    answer.linked = gathered.linked(subject);
    answer.has_state = true;
    let last_ms = gathered.timeline.iter().next_back();
    let last_ms = last_ms.map_or(i64::MIN, |one| one.occurred_at_ms);
    let window = Window {
        from_ms: question.from.map(|Time(ms)| ms),
        to_ms: match question.to.or(question.at) {
            Some(Time(to)) => to,
            None => last(from, question, answer.now)?.0.max(last_ms),
        },
    };
    let tape = Tape::record(&gathered.evidence(&judging), &window);
    let tape = tape.map_err(|TooLong { reached_ms }| Error::TooLong {
        reached: Time(reached_ms),
    })?;
    let begins = match &question.finding {
        Some(name) => {
            let begins = tape.begin_of(name.rule, &name.leaf(from.view()));
            let (place, leaves) = begins.ok_or_else(|| Error::NoSuchFinding(name.to_string()))?;
            Some((place, leaves.to_vec()))
        }
        None => None,
    };
    (answer.from, answer.to) = (Time(tape.begin_ms), Time(tape.end_ms));
    answer.begin = tape.begin;
    let merged = Merged::new(tape.steps, events, judging.register());
    if let Some((place, leaves)) = begins {
        answer.start = Some(merged.places[place]);
        answer.marked = leaves;
    }
    answer.steps = merged.steps;
    Ok(())
}

/// The moment up to which it is played where nothing else is said: now, or until when all was known that is
/// looked at.
fn last(from: &Standpoint<'_>, question: &ReplayQuestion, now: Time) -> Result<Time, Error> {
    match &question.as_of {
        None => Ok(now),
        Some(_) => Ok(known_by(from)?.unwrap_or(now)),
    }
}

/// Steps that change a state, and events that change none.
struct Merged {
    steps: Vec<ReplayStep>,
    /// Where each step of the tape has come to stand.
    places: Vec<usize>,
}

impl Merged {
    /// The steps of a tape with their events; what no rule looks at (a look, a duplicate, what is quarantined or
    /// erased) after everything else of its moment.
    fn new(steps: Vec<Step>, events: Vec<Happened>, register: &Register) -> Self {
        let mut by_leaf: BTreeMap<LeafAt, Happened> = BTreeMap::new();
        for event in events {
            let leaf = LeafAt {
                log: event.log.clone(),
                index: event.index,
            };
            by_leaf.insert(leaf, event);
        }
        let with_events: Vec<(Step, Option<Happened>)> = steps
            .into_iter()
            .map(|step| {
                let event = step.on.as_ref().and_then(|leaf| by_leaf.remove(leaf));
                (step, event)
            })
            .collect();
        let mut others: Vec<(LeafAt, Happened)> = by_leaf.into_iter().collect();
        others.sort_by_key(|(leaf, event)| (time_of(event), event.record_time, leaf.clone()));
        let mut others = others.into_iter().peekable();
        let kinds = Kinds::of(&with_events, register);
        let (mut merged, mut places) = (Vec::new(), Vec::new());
        for (step, event) in with_events {
            while let Some(other) = others.next_if(|(_, other)| time_of(other).0 < step.ms) {
                merged.push(unchanging(other));
            }
            places.push(merged.len());
            merged.push(ReplayStep {
                time: Time(step.ms),
                registry: kinds.of_step(&step, event.is_some()),
                event,
                leaf: step.on,
                changes: step.changes,
            });
        }
        merged.extend(others.map(unchanging));
        Self {
            steps: merged,
            places,
        }
    }
}

fn time_of(event: &Happened) -> Time {
    event.time.or(event.record_time).unwrap_or(Time(0))
}

fn unchanging((leaf, event): (LeafAt, Happened)) -> ReplayStep {
    ReplayStep {
        time: time_of(&event),
        event: Some(event),
        leaf: Some(leaf),
        registry: None,
        changes: Vec::new(),
    }
}

/// The kinds of the register's events that are steps and no event of the timeline.
struct Kinds<'a>(BTreeMap<&'a LeafAt, u32>);

impl<'a> Kinds<'a> {
    fn of(steps: &[(Step, Option<Happened>)], register: &'a Register) -> Self {
        let unnamed =
            |(step, event): &(Step, Option<Happened>)| step.on.is_some() && event.is_none();
        if !steps.iter().any(unnamed) {
            return Self(BTreeMap::new());
        }
        let all = register.all().iter();
        Self(all.map(|one| (&one.leaf, one.kind)).collect())
    }

    fn of_step(&self, step: &Step, is_event: bool) -> Option<String> {
        let leaf = step.on.as_ref().filter(|_| !is_event)?;
        let kind = schema::body_of(*self.0.get(leaf)?)?;
        Some(kind.name.clone())
    }
}
