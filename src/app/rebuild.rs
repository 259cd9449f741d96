//! `custodia rebuild`: drops rows and makes them again.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use serde::Serialize;

use super::generations::Error as NoLog;
use super::parts::role_of;
use super::{Error, assessing, open};
use crate::config::Config;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::project::{self, Projector};

/// A log whose rows were made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// The log.
    pub log: String,
    /// How many leaves have rows.
    pub leaves: u64,
    /// The version of the rows.
    pub version: u32,
}

/// How far the rows of a log are: its origin, leaves done, leaves in all.
pub type Progress<'a> = &'a mut dyn FnMut(&str, u64, u64);

/// Drops the rows of all logs, or of the one named, and makes them again from leaves and payloads.
/// Findings are dropped, too, and made again by whoever next keeps them up or asks for them.
///
/// # Errors
/// [`NoLog::NoSuchLog`]; where the folder can't be opened, or a leaf, a key or a row not be read or
/// written. Rows that were not finished are made by whoever opens the folder next.
pub fn rebuild(
    config: &Config,
    only: Option<&str>,
    progress: Progress<'_>,
) -> Result<Vec<Rebuilt>, Error> {
    let opened = open(config)?;
    let wanted = |log: &&Arc<Log>| only.is_none_or(|only| only == log.name());
    let logs: Vec<&Arc<Log>> = opened.logs.iter().filter(wanted).collect();
    if let (true, Some(only)) = (logs.is_empty(), only) {
        return Err(NoLog::NoSuchLog(only.to_owned()).into());
    }
    assessing::drop_findings(opened.folder.path())?;
    let metrics = Metrics::register(&mut Registry::default());
    let mut rebuilt = Vec::new();
    for log in logs {
        let (log, keys) = (Arc::clone(log), Arc::clone(&opened.keys));
        let role = role_of(config, &log);
        let (name, size) = (log.name().to_owned(), log.tail().size);
        let mut projector = Projector::anew(log, keys, role, &metrics)?;
        progress(&name, 0, size);
        let leaves = loop {
            let done = projector.step()?;
            if done.from == done.to {
                break done.to;
            }
            progress(&name, done.to, size);
        };
        rebuilt.push(Rebuilt {
            log: name,
            leaves,
            version: project::VERSION,
        });
    }
    Ok(rebuilt)
}
