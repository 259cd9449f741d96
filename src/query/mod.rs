//! Rows to answers at a cut.
//!
//! Owns the questions and the shapes of their answers, the cuts that answers are named by, and
//! the rule that no answer about a person leaves before the look at it is on record (design §1,
//! law 9). Whatever names a person is asked through a [`Desk`]; a [`View`] only reads. Never
//! writes a row or a leaf, and stores no answer.

mod cut;
mod desk;
mod error;
mod existence;
mod glass;
mod landed;
mod looks;
mod pending;
mod people;
mod policies;
mod principal;
mod proof;
mod received;
mod register;
mod restricted;
mod service;
mod time;
mod timeline;
mod used;
mod verdicts;
mod view;
mod who;
mod words;

pub use cut::{AsOf, Cut, CutFiles, CutName};
pub use desk::{Desk, TimelineQuestion, VerdictsQuestion, WhoQuestion};
pub use error::Error;
pub use existence::{Existence, ExistenceQuestion, SinceHeld};
pub use glass::{GivenApproval, Glass, glass_request, spelt};
pub use landed::{Landed, LandedQuestion, MOST_PLACES, RecordPlace};
pub use looks::{Look, Looks};
pub use pending::PendingLooks;
pub use people::{OfOne, PeopleQuestion, Refused};
pub use policies::{Policies, PoliciesQuestion, PublishedPolicy};
pub use principal::{Asking, Principal, Principals, Why, reason};
pub use proof::{Receipt, ReceiptQuestion};
pub use received::{Erased, Ground, ProducerOf, Received, Recipient, Said};
pub use restricted::Restricted;
pub use time::Time;
pub use timeline::{Happened, Timeline, Topic};
pub use used::UsedRequests;
pub use verdicts::{Judgement, Verdicts};
pub(crate) use view::time_of;
pub use view::{LogRows, Standpoint, View};
pub use who::{Unknown, WhoAnswer};
pub use words::Word;

#[cfg(test)]
mod tests;
