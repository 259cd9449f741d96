//! Replay of lives that are made up.

mod life;
mod moments;

use proptest::prelude::*;

use super::*;
use crate::assess::{About, Holidays, Register, Tallies, Timeline, Totals, assess};
use life::{BEGIN_MS, DAY_MS, Drawn, INCIDENT, LIN, Life, RECIPIENT, drawn};

/// Everything that evidence borrows.
struct Known {
    of: About,
    timeline: Timeline,
    register: Register,
    holidays: Holidays,
    tallies: Tallies,
    totals: Totals,
}

impl Known {
    fn new(of: About, drawn: &[Drawn]) -> Self {
        let life = Life::of(drawn);
        let is_recipient = matches!(of, About::Recipient(_));
        Self {
            timeline: life.timeline(&of),
            register: life.register(),
            holidays: Holidays::built_in(),
            tallies: if is_recipient {
                life.tallies()
            } else {
                Tallies::default()
            },
            totals: Totals::default(),
            of,
        }
    }

    fn evidence(&self) -> Evidence<'_> {
        let evidence = Evidence::new(
            &self.of,
            &self.timeline,
            &self.register,
            &self.holidays,
            assess,
        );
        evidence.counting(&self.tallies, &self.totals)
    }
}

/// Of whom and what states are.
fn scopes() -> impl Strategy<Value = About> {
    prop_oneof![
        3 => Just(About::Subject(LIN.into())),
        1 => Just(About::Recipient(RECIPIENT.into())),
        1 => Just(About::Incident(INCIDENT.into())),
        1 => Just(About::Operator),
    ]
}

fn end_ms() -> i64 {
    BEGIN_MS + 40 * DAY_MS
}

/// A tape of everything.
fn tape(known: &Known) -> Tape {
    let window = Window {
        from_ms: Some(BEGIN_MS - 3 * DAY_MS),
        to_ms: end_ms(),
    };
    Tape::record(&known.evidence(), &window).unwrap()
}

/// The moments of all steps, and those right before and after each.
fn moments_of(tape: &Tape) -> Vec<i64> {
    let around = |step: &Step| [step.ms - 1, step.ms, step.ms + 1];
    let mut moments: Vec<i64> = tape.steps.iter().flat_map(around).collect();
    moments.push(tape.begin_ms);
    moments.retain(|ms| (tape.begin_ms..=tape.end_ms).contains(ms));
    moments.sort_unstable();
    moments.dedup();
    moments
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn to_any_moment_forwards_and_backwards_it_is_the_state_folded_up_to_it(
        of in scopes(),
        drawn in drawn(28),
        further in prop::collection::vec(-DAY_MS..40 * DAY_MS, 8),
    ) {
        let known = Known::new(of, &drawn);
        let evidence = known.evidence();
        let tape = tape(&known);
        let mut moments = moments_of(&tape);
        moments.extend(further.iter().map(|ms| BEGIN_MS + ms));
        let mut forwards = Player::new(tape.clone());
        let mut backwards = Player::new(tape.clone());
        backwards.go_to_place(usize::MAX);
        prop_assert_eq!(backwards.state(), &State::at(&evidence, tape.end_ms));
        moments.sort_unstable();
        let folded: Vec<State> = moments.iter().map(|ms| State::at(&evidence, *ms)).collect();
        for (ms, state) in moments.iter().zip(&folded) {
            forwards.go_to(*ms);
            prop_assert_eq!(forwards.state(), state, "forwards to {}", ms);
        }
        for (ms, state) in moments.iter().zip(&folded).rev() {
            backwards.go_to(*ms);
            prop_assert_eq!(backwards.state(), state, "backwards to {}", ms);
        }
        backwards.go_to(i64::MIN);
        prop_assert_eq!((backwards.place(), backwards.state()), (0, &tape.begin));
    }

    #[test]
    fn a_part_of_a_tape_is_the_tape_of_that_part(
        of in scopes(),
        drawn in drawn(28),
        from in 0..20_i64,
        days in 0..20_i64,
    ) {
        let known = Known::new(of, &drawn);
        let whole = tape(&known);
        let from_ms = BEGIN_MS + from * DAY_MS;
        let window = Window { from_ms: Some(from_ms), to_ms: from_ms + days * DAY_MS };
        let part = Tape::record(&known.evidence(), &window).unwrap();
        let within = |step: &&Step| (from_ms..=window.to_ms).contains(&step.ms);
        let steps: Vec<Step> = whole.steps.iter().filter(within).cloned().collect();
        prop_assert_eq!(&part.steps, &steps);
        prop_assert_eq!(part.begin, State::at(&known.evidence(), from_ms - 1));
    }

    #[test]
    fn a_difference_makes_one_state_of_the_other_and_back(
        of in scopes(),
        drawn in drawn(28),
        a in 0..30_i64,
        b in 0..30_i64,
    ) {
        let known = Known::new(of, &drawn);
        let at = |day: i64| State::at(&known.evidence(), BEGIN_MS + day * DAY_MS);
        let (first, second) = (at(a), at(b));
        let there = diff(&first, &second);
        let mut state = first.clone();
        for change in &there {
            prop_assert_ne!(&change.before, &change.after);
            prop_assert_eq!(change.before.as_ref(), first.get(&change.item));
            state.apply(change);
        }
        prop_assert_eq!(&state, &second);
        let back = diff(&second, &first);
        let reversed: Vec<Change> = there.into_iter().map(Change::reversed).collect();
        prop_assert_eq!(&back, &reversed);
        for change in &back {
            state.apply(change);
        }
        prop_assert_eq!(&state, &first);
        prop_assert!(a != b || back.is_empty());
    }

    #[test]
    fn what_happens_later_never_shows_itself_earlier(
        of in scopes(),
        drawn in drawn(28),
        day in 0..14_i64,
    ) {
        let until = BEGIN_MS + day * DAY_MS;
        let known = Known::new(of.clone(), &drawn);
        let by_then: Vec<Drawn> = drawn
            .iter()
            .map(|one| if BEGIN_MS + one.3 * 3 * life::HOUR_MS <= until { *one } else { (35, 0, 0, 4000) })
            .collect();
        let less = Known::new(of, &by_then);
        prop_assert_eq!(State::at(&known.evidence(), until), State::at(&less.evidence(), until));
    }

    #[test]
    fn states_and_tapes_are_read_as_they_are_written(of in scopes(), drawn in drawn(28)) {
        let tape = tape(&Known::new(of, &drawn));
        let written = serde_json::to_string(&tape).unwrap();
        prop_assert_eq!(serde_json::from_str::<Tape>(&written).unwrap(), tape);
    }
}
