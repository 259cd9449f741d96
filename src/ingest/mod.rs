//! Kafka to records: one thread a partition fills batches for its log.
//!
//! Owns the checks that must pass before the first record is read, and the loop from a
//! partition's queue to its log's writer. It never decodes a record and never skips one.

mod disk;
mod error;
mod preflight;
mod run;

pub use disk::DiskFloor;
pub use error::Error;
pub use preflight::{Start, start_of};
pub use run::{Limits, Partition};
