//! Answers to a signed file that leaves (`proto/FORMAT.md` 13).
//!
//! Owns the question that an extract answers, which leaves are in it, what of each is shown, and the
//! order in which it comes to be: cut, spooled, signed, put on record, proven to be on record,
//! released. The formats are core's. It reads through [`crate::query`], writes to Kafka through the
//! outbox, and keeps what is under way in a folder of its own, emptied at every start. Nothing is
//! released that is not on record (law 9; `ExtractIssued`).

mod approvals;
mod assemble;
mod census;
mod class;
mod error;
mod gag;
mod gather;
mod held;
mod issue;
mod leaf;
mod line;
mod members;
mod office;
mod proofs;
mod pseudonyms;
mod question;
mod sealing;
mod spool;
mod support;
mod suppress;

pub use crate::account::GivenApproval;
pub use error::Error;
pub use office::{Issued, Office, OfficeParts, Progress, Summary};
pub use question::Question;
pub use spool::Spools;
