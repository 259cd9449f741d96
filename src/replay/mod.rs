//! Timelines with the state beside each step, and what changed between two moments or cuts.
//!
//! Owns the questions `replay` and `diff` and the shapes of their answers. What a state is and what changes it
//! says [`custodia_core::replay`]; this room brings together what it rests on, at one cut that is fixed when the
//! question is asked, however the log grows meanwhile. It keeps nothing, writes nothing, and puts the look at
//! each person shown on record before an answer leaves.

mod answer;
mod difference;
mod error;
mod finding_name;
mod gather;
mod ledger;
mod play;
mod question;
mod words;

pub use answer::{Counts, Differs, ReplayStep, Replayed, Side, What};
pub use difference::differ;
pub use error::Error;
pub use finding_name::FindingName;
pub use play::replay;
pub use question::{DiffQuestion, Point, ReplayQuestion, Whose};
pub use words::{change, item, standing};

#[cfg(test)]
mod tests;
