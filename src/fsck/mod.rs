//! The oracle: computes a ledger again from its records, and says where what lies on disk differs.
//!
//! Owns a second, naive implementation of the formats (`naive`) and the comparison of every
//! leaf, payload, tile, checkpoint and fact with it. It never writes, never repairs, and never
//! stops at the first fault: a fault is a [`Finding`], and what can still be read is checked.
//!
//! A fault is laid where it is, not where it shows: what a leaf hashes is written down three times
//! (in its entry, in the payload that is sealed for that entry, in its tile, which the tree above
//! vouches for), so that the one that differs is known from the others.
//!
//! What it can't see: the leader epoch in a log's state, which nothing else on disk repeats; a
//! changed signature, where no key is given; and the payloads that an erasure removed, which are
//! counted apart.

mod checkpoints;
mod error;
mod findings;
mod leaves;
mod ledger;
mod line;
mod log;
mod naive;
mod report;
mod shelf;
mod source;
mod tiles;

pub use error::Error;
pub use findings::{Finding, MOST_FINDINGS, Place};
pub use ledger::{LedgerParts, check_ledger};
pub use log::{LogParts, Progress, check_log};
pub use report::{LogReport, Report};
pub use source::{Produced, RecordSource, SourceError};

#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests;
