//! The only place that names rocksdb: settings, batches, snapshots.
//!
//! Owns how bytes reach the disk: one [`Store`] a folder, opened by one process, with the settings
//! under which a synced batch survives a power cut or the store refuses to open ("One `RocksDB` a
//! log", design 4). All stores of a process share memory, threads and disk bandwidth ([`Shared`]).
//!
//! Never decides what a family holds (its owner names it, see [`Family`]), never creates a store
//! by opening it, never repairs, and never tries a failed write again: what failed once leaves the
//! store closed to writing until it has been opened anew.

mod batch;
mod budget;
mod create;
mod database;
mod error;
mod facts;
mod family;
mod read;
mod settings;
mod snapshot;
#[cfg(test)]
mod tests;
mod upkeep;

pub use batch::Batch;
pub use budget::{Budget, Shared, SharedFacts};
pub use database::{Durability, Store};
pub use error::Error;
pub use facts::Facts;
pub use family::{Content, Family, Layout, Versions};
pub use read::{Direction, KeyRange, Pair, Pairs, Read};
pub use settings::OPEN_FILES;
pub use snapshot::Snapshot;
pub use upkeep::Verified;
