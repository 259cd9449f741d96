//! What is said at single moments.

use super::life::HOUR_MS;
use super::*;
use crate::assess::{Assessed, Grounds, LeafAt, Occurrence, Outcome, Scope};
use crate::schema::v1::Event;
use crate::schema::v1::event::Body;

/// Kinds of [`life`] by what they are.
const NOTICE: u8 = 0;
const GRANT: u8 = 2;
const WITHDRAW: u8 = 7;
const REQUEST: u8 = 20;
const FULFIL: u8 = 24;
const POLICY: u8 = 44;
/// A choice by which a moment within an event is left out.
const NO_MOMENT: u8 = 3;

fn of_lin(drawn: &[Drawn]) -> Known {
    Known::new(About::Subject(LIN.into()), drawn)
}

fn leaf(number: u64) -> LeafAt {
    LeafAt {
        log: format!("l.example/events/{}/0", number % 2),
        index: number,
    }
}

fn consent(id: &str) -> Item {
    let consent = id.to_owned();
    Item::Consent { consent }
}

fn word(standing: Option<&Standing>) -> Option<String> {
    standing.map(|standing| match &standing.holds {
        Holds::Given { .. } => "given".to_owned(),
        Holds::NotGiven { why, .. } => why.clone(),
        other => format!("{other:?}"),
    })
}

/// How a consent changes, step by step: on which leaf, from what, to what.
fn told(tape: &Tape, id: &str) -> Vec<(Option<LeafAt>, Option<String>, Option<String>)> {
    let of_consent = |step: &Step| {
        let change = step
            .changes
            .iter()
            .find(|change| change.item == consent(id))?;
        let words = (word(change.before.as_ref()), word(change.after.as_ref()));
        Some((step.on.clone(), words.0, words.1))
    };
    tape.steps.iter().filter_map(of_consent).collect()
}

#[test]
fn a_consent_is_withdrawn_beside_the_event_that_says_so_and_runs_out_by_itself() {
    let known = of_lin(&[
        (NOTICE, 0, 0, 0),
        (GRANT, NO_MOMENT, NO_MOMENT, 0),
        (WITHDRAW, 0, NO_MOMENT, 8),
        // Given for half a day.
        (GRANT, 2, NO_MOMENT, 16),
    ]);
    let tape = tape(&known);
    let given = Some("given".to_owned());
    let asked = Some("consent_not_decided".to_owned());
    let withdrawn = Some("consent_withdrawn".to_owned());
    let by_events = [
        (Some(leaf(0)), None, asked.clone()),
        (Some(leaf(1)), asked, given.clone()),
        (Some(leaf(2)), given.clone(), withdrawn),
    ];
    assert_eq!(told(&tape, "c-0"), by_events);
    let expired = Some("consent_expired".to_owned());
    let by_itself = [(Some(leaf(3)), None, given.clone()), (None, given, expired)];
    assert_eq!(told(&tape, "c-2"), by_itself);
    let end = tape.steps.iter().find(|step| step.on.is_none()).unwrap();
    assert_eq!(end.ms, BEGIN_MS + 2 * DAY_MS + DAY_MS / 2);
}

#[test]
fn a_clock_runs_until_it_is_overdue_and_a_late_answer_mends_it() {
    // A policy with terms; a request a day later, answered some weeks later.
    let policy = (POLICY, 0, NO_MOMENT, 0);
    let request = (REQUEST, 0, NO_MOMENT, 8);
    let known = of_lin(&[policy, request, (FULFIL, 0, 0, 8 * 30)]);
    let tape = tape(&known);
    let running = |state: &State| {
        let clocks = state
            .iter()
            .filter_map(|(item, standing)| match (item, &standing.holds) {
                (Item::Clock(judged), Holds::Running { due, .. }) if judged.rule == 19 => {
                    Some(*due)
                }
                _ => None,
            });
        clocks.min()
    };
    let overdue = |state: &State| {
        state.iter().any(|(item, standing)| {
            matches!(item, Item::Finding(judged) if judged.rule == 19)
                && matches!(
                    standing.holds,
                    Holds::Stands {
                        result: Outcome::Overdue,
                        ..
                    }
                )
        })
    };
    let mut player = Player::new(tape);
    player.go_to(BEGIN_MS + DAY_MS);
    let due = running(player.state()).expect("a clock runs from the receipt");
    assert!(due.strict_ms > BEGIN_MS + DAY_MS && !overdue(player.state()));
    player.go_to(due.strict_ms - 1);
    assert!(!overdue(player.state()), "the last moment is still in time");
    player.go_to(due.strict_ms);
    assert!(overdue(player.state()));
    let begins = player.tape().steps[player.place() - 1].clone();
    assert_eq!(
        (begins.ms, begins.on),
        (due.strict_ms, None),
        "time alone does it"
    );
    player.go_to(BEGIN_MS + 30 * DAY_MS);
    assert!(!overdue(player.state()) && running(player.state()).is_none());
    // It is played from where the first finding of the rule on the leaf begins: the due date that was told with
    // the receipt was wrong.
    let (place, leaves) = player.tape().begin_of(19, &leaf(1)).unwrap();
    assert_eq!(player.tape().steps[place].on, Some(leaf(1)));
    assert!(leaves.contains(&leaf(1)));
    assert_eq!(player.tape().begin_of(20, &leaf(1)), None);
    assert_eq!(player.tape().begin_of(19, &leaf(7)), None);
}

#[test]
fn a_policy_takes_effect_at_its_moment_and_names_its_leaf() {
    let known = of_lin(&[(NOTICE, 0, 0, 0), (POLICY, 1, 5, 2), (NOTICE, 1, 0, 40)]);
    let tape = tape(&known);
    let step = tape.steps.iter().find(|step| {
        let policy = |change: &Change| change.item == Item::Policy;
        step.changes.iter().any(policy)
    });
    let step = step.unwrap();
    let published = BEGIN_MS + 6 * HOUR_MS;
    assert_eq!((step.ms, &step.on), (published + DAY_MS, &None));
    let policy = step
        .changes
        .iter()
        .find(|change| change.item == Item::Policy);
    assert_eq!(policy.unwrap().after.as_ref().unwrap().leaves, [leaf(1)]);
}

#[test]
fn before_anything_happened_and_after_everything_there_is_a_state() {
    let nothing = of_lin(&[]);
    assert!(State::at(&nothing.evidence(), i64::MIN).is_empty());
    assert!(State::at(&nothing.evidence(), i64::MAX).is_empty());
    let window = Window {
        from_ms: None,
        to_ms: BEGIN_MS,
    };
    let tape = Tape::record(&nothing.evidence(), &window).unwrap();
    assert!(tape.begin.is_empty() && tape.steps.is_empty());
    let known = of_lin(&[(GRANT, 0, NO_MOMENT, 8)]);
    assert!(State::at(&known.evidence(), BEGIN_MS).is_empty());
    // A window that ends before anything happened.
    let tape = Tape::record(&known.evidence(), &window).unwrap();
    assert_eq!((tape.begin_ms, tape.steps.len()), (BEGIN_MS, 0));
    let mut player = Player::new(tape);
    assert!(player.forward().is_none() && player.back().is_none());
}

fn silent(_: Scope, _: &Grounds<'_>) -> Assessed {
    Assessed::default()
}

/// A long life: every minute data is collected.
fn long_life(events: u64) -> Timeline {
    let one = |number: u64| {
        let event = Event {
            event_id: number.to_be_bytes().repeat(2),
            occurred_at: Some(prost_types::Timestamp {
                seconds: i64::try_from(number).unwrap() * 60,
                nanos: 0,
            }),
            subject_ref: LIN.into(),
            body: Some(Body::DataCollected(crate::schema::v1::DataCollected {
                categories: vec![1, 2],
                store_id: "crm".into(),
                ..crate::schema::v1::DataCollected::default()
            })),
            ..Event::default()
        };
        Occurrence::of(leaf(number), None, event).unwrap()
    };
    Timeline::new((0..events).map(one)).unwrap()
}

fn window(from_ms: Option<i64>, to_ms: i64) -> Window {
    Window { from_ms, to_ms }
}

#[test]
fn a_life_too_long_to_be_played_whole_is_played_in_part() {
    let (of, register) = (About::Subject(LIN.into()), Register::default());
    let (timeline, holidays) = (long_life(6_000), Holidays::default());
    let evidence = Evidence::new(&of, &timeline, &register, &holidays, silent);
    let end = 6_000 * 60_000;
    let refused = Tape::record(&evidence, &window(None, end)).unwrap_err();
    assert!(refused.reached_ms > 0 && refused.reached_ms < end);
    let part = Tape::record(&evidence, &window(Some(end - 60_000 * 1000), end)).unwrap();
    assert_eq!(part.steps.len(), 1000);
}

#[test]
fn a_long_life_is_judged_at_each_of_its_events() {
    let (of, register) = (About::Subject(LIN.into()), Register::default());
    let (timeline, holidays) = (long_life(800), Holidays::built_in());
    let evidence = Evidence::new(&of, &timeline, &register, &holidays, assess);
    let end = 800 * 60_000;
    let mut player = Player::new(Tape::record(&evidence, &window(None, end)).unwrap());
    assert_eq!(player.tape().steps.len(), 800);
    player.go_to_place(usize::MAX);
    assert_eq!(player.state(), &State::at(&evidence, end));
}
