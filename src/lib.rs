//! The chain of custody of personal data: Kafka records become leaves of Merkle logs on disk,
//! leaves become rows, and rows answer who received a person's data, and when.

pub mod account;
pub mod app;
pub mod assess;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod erase;
pub mod extract;
pub mod fsck;
pub mod generate;
pub mod ingest;
pub mod kafka;
pub mod keys;
#[cfg(test)]
mod layers;
pub mod log;
pub mod metrics;
pub mod project;
pub mod query;
pub mod replay;
pub mod respond;
pub mod serve;
pub mod sign;
pub mod store;
pub mod telemetry;
