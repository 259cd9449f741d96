//! Rows to findings: what the rules say of everybody and everything, kept up and asked for.
//!
//! Owns what of the log a rule is given ([`custodia_core::assess`] judges), the store of findings in the
//! data folder, and the questions about them. A finding is a pure function of a cut, the payloads still
//! held, the rules and the calendar: however leaves came, the same rows come out, byte for byte. Nothing
//! here writes a leaf or a row of another room, no thread waits for it, and it can be switched off.
//!
//! - Of a person: what is under one of the person's references, and what the registry has that names one.
//! - Of a recipient or a producer: what the registry says of it; its own events are counted. Of a
//!   producer also the first event of each log that it sent without a number.
//! - Of an incident: every event that names it.
//! - Of the operator: the registry, and what is counted over the whole ledger.

mod answer;
mod assessor;
mod desk;
mod error;
mod gather;
mod ground;
mod judging;
mod marks;
mod progress;
mod question;
mod round;
mod rows;
mod rulebook;
mod sequence;
mod sequences;
mod standing;
mod store;
mod tallies;
mod trial;
mod unjudged;

pub use answer::{FindingsAnswer, Group, ShownFinding};
pub use assessor::{Assessor, AssessorParts};
pub use desk::{Everybody, FindingsDesk, Keeping, KeptFindings};
pub use error::Error;
pub use gather::{Judgeable, Person};
pub use ground::occurrence;
pub use judging::Judging;
pub use progress::Progress;
pub use question::{FindingsQuestion, Grouping, MOST_FINDINGS};
pub use rulebook::{Judge, Rulebook};
pub use store::FindingsStore;
pub use trial::{TrialAnswer, TrialQuestion};
pub use unjudged::{MOST_REGISTERED, Unjudged};

#[cfg(test)]
pub(crate) mod tests;
