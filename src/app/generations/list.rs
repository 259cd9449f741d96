//! `custodia log list`: where each log of the folder stands.

use serde::Serialize;

use crate::app::{Error, parts};
use crate::config::Config;
use crate::log::Log;

/// Where a log stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogStanding {
    /// Its origin.
    pub log: String,
    /// Why it was closed, e.g. `partitions-changed`; none while it is open.
    pub closed: Option<String>,
    /// How many leaves it has.
    pub size: u64,
    /// Its root, hex.
    pub root: String,
    /// The first offset that it may hold.
    pub start_offset: u64,
    /// The first offset that it has not read.
    pub next_offset: u64,
    /// How many partitions its topic had when it was opened.
    pub partitions: u32,
    /// The cluster that it reads.
    pub cluster_id: String,
    /// The topic's id there; none where the broker couldn't be asked.
    pub topic_id: Option<String>,
}

impl LogStanding {
    pub(super) fn of(log: &Log) -> Result<Self, Error> {
        let (state, generation) = (log.state()?, log.generation());
        Ok(Self {
            log: log.name().to_owned(),
            closed: log.closing().map(|closing| word_of(&closing.end)),
            size: state.size,
            root: hex::encode(state.root),
            start_offset: generation.start_offset,
            next_offset: state.position.next_offset,
            partitions: generation.partitions,
            cluster_id: generation.cluster_id.clone(),
            topic_id: generation.topic_id.clone(),
        })
    }
}

/// All logs of the folder, by topic, partition and generation.
///
/// # Errors
/// Where the folder is no ledger, is in use, or a log can't be opened.
pub fn list_logs(config: &Config) -> Result<Vec<LogStanding>, Error> {
    let opened = parts::open_logs(config)?;
    opened.logs.iter().map(|log| LogStanding::of(log)).collect()
}

/// `LE_PARTITIONS_CHANGED` as the command line says it.
fn word_of(end: &str) -> String {
    let word = end.strip_prefix("LE_").unwrap_or(end);
    word.to_lowercase().replace('_', "-")
}
