//! What an incident's papers are made of: the list of people affected, the grade that their number
//! suggests, and the notices that the law and the policy ask for.
//!
//! Owns the tree over the list, so that "you were not on the list" can be checked, and the check that a
//! notice says all it must (L262; PIPL 57). What was done about an incident is a fold over its events
//! ([`crate::assess::state::incidents`]).

mod affected;
mod grade;
mod list_proof;
mod notice;

pub use affected::{AffectedList, ListError};
pub use grade::{Suggested, suggested_grade};
pub use list_proof::{
    FORMAT as LIST_PROOF_FORMAT, ListProof, Neighbours, OnList, Place, ProofError,
};
pub use notice::{Facts, NoticeError, PIPL_57, contents_of, draft, missing, required};
