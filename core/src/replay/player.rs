//! Plays a tape.

use super::state::State;
use super::tape::{Step, Tape};

/// A tape with a place on it, and the state there. It holds one state, whatever the tape's length.
#[derive(Debug, Clone)]
pub struct Player {
    tape: Tape,
    place: usize,
    state: State,
}

impl Player {
    /// At the tape's beginning, before its first step.
    pub fn new(tape: Tape) -> Self {
        Self {
            state: tape.begin.clone(),
            place: 0,
            tape,
        }
    }

    /// The tape.
    pub const fn tape(&self) -> &Tape {
        &self.tape
    }

    /// The state at the place.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// How many steps are behind.
    pub const fn place(&self) -> usize {
        self.place
    }

    /// Takes the next step; none at the end.
    pub fn forward(&mut self) -> Option<&Step> {
        let step = self.tape.steps.get(self.place)?;
        for change in &step.changes {
            self.state.apply(change);
        }
        self.place += 1;
        Some(step)
    }

    /// Takes the last step back; none at the beginning.
    pub fn back(&mut self) -> Option<&Step> {
        self.place = self.place.checked_sub(1)?;
        let step = &self.tape.steps[self.place];
        for change in step.changes.iter().rev() {
            self.state.undo(change);
        }
        Some(step)
    }

    /// Goes to where all steps up to a moment are behind, and none after it.
    pub fn go_to(&mut self, ms: i64) {
        let place = self.tape.steps.partition_point(|step| step.ms <= ms);
        self.go_to_place(place);
    }

    /// Goes to where so many steps are behind; to the end, where there are fewer.
    pub fn go_to_place(&mut self, place: usize) {
        while self.place < place && self.forward().is_some() {}
        while self.place > place && self.back().is_some() {}
    }
}
