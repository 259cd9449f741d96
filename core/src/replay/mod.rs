//! Replay with state: what held at a moment, what each event changed, and what changed between two moments.
//!
//! Owns the state of a person, a recipient, an incident or the whole register as a map from an [`Item`] to its
//! [`Standing`]; the difference of two such maps ([`diff`]); and the [`Tape`] of a timeline, which holds the
//! state before it and changes alone, so that it is played forwards, backwards and to any moment. Nothing is
//! folded here a second time: standings are read off [`crate::assess::state`] and off findings.
//!
//! A state at a moment rests on what had happened by then, that moment included, and on nothing later: the
//! timeline and the register are cut there and judged anew, as `--at` has it (design §2). Where something ends
//! only for what comes after its moment (a withdrawal, a permission that is switched off, an opt-out), it is
//! ended in the state at that moment. Which references are one person is no happening: evidence on a person is
//! of all of them, whenever it came to be known. What is due later, if nothing is done, is in states of later moments.

mod change;
mod evidence;
mod folds;
mod item;
mod judged;
mod named;
mod part;
mod player;
mod recorder;
mod standing;
mod state;
mod tape;

pub use change::{Change, diff};
pub use evidence::{Evidence, Judge, of_register};
pub use item::{CoverWord, Item, Judged, Stage};
pub use player::Player;
pub use standing::{AgreementWord, EntrustmentWord, Holds, Standing};
pub use state::State;
pub use tape::{MOST_LOOKED_AT, Step, Tape, TooLong, Window};

#[cfg(test)]
mod tests;
