//! What stands in the checkpoints topic.

use super::Error;
use super::init::timeout;
use crate::config::Config;
use crate::kafka::{self, Settings, read_range, watermarks};

/// Every value of the checkpoints topic, whoever wrote it, as far back as Kafka holds it.
pub(super) fn published_checkpoints(
    config: &Config,
    settings: &Settings,
) -> Result<Vec<Vec<u8>>, Error> {
    let (topic, patience) = (&config.topics.checkpoints, timeout(config));
    let (low, _) = watermarks(settings, topic, 0, patience)?;
    let mut seen = Vec::new();
    read_range(settings, topic, 0, low, patience, |fetched| {
        seen.extend(fetched.record.value);
        Ok::<(), kafka::Error>(())
    })?;
    Ok(seen)
}
