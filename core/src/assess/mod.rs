//! What is judged of what the log knows: rules R01 to R44 of `domain.md` §2.
//!
//! Owns what a rule judges on ([`Grounds`]), what it says ([`Finding`]), and the rules themselves
//! ([`rules`]). A finding is a pure function of a [`Timeline`], the [`Register`] and the policies: no
//! clock, no order of arrival. Whether it stands at a moment follows from its own times, so "as of
//! then" is the same code as "now", and what falls due is known ahead. It never reads a file or a log.

mod asked;
mod calendar;
mod finding;
mod grounds;
mod names;
mod occurrence;
mod policy_book;
mod reach;
mod register;
mod rule;
mod rules;
pub mod state;
mod timeline;
mod words;

pub use asked::{Evidence, built_in_digest, is_evidence};
pub use calendar::{BUILT_IN_HOLIDAYS, Day, Error as CalendarError, Holidays};
pub use finding::{About, Due, Finding, LeafAt, Mark, Outcome, Sentence};
pub use grounds::{Assessed, Grounds, SequenceGap, Tallies, Totals, assess};
pub use names::names;
pub use occurrence::{Occurrence, ms_of};
pub use policy_book::{PolicyBook, PolicyVersion};
pub use reach::{Reach, reach};
pub use register::Register;
pub use rule::{Rule, Scope, bundle_digest, rule};
pub use rules::rules;
pub use timeline::{MOST_OCCURRENCES, Timeline, TooMany};
