//! Break-glass: the request for two people's word, and looks that wait for Kafka.

use std::path::Path;
use std::time::Duration;

use tracing::{info, warn};
use uuid::Uuid;

use super::approving::{asking, write_question, write_request};
use super::init::timeout;
use super::{Error, kafka_settings};
use crate::config::Config;
use crate::kafka::watermarks;
use crate::log::Outbox;
use crate::metrics::Metrics;
use crate::query::{self, PendingLooks, Time, Why, glass_request, spelt};
use crate::serve::{PiecemealQuestion, Question};

/// How often the looks that wait are looked at.
pub(super) const LOOKS_INTERVAL: Duration = Duration::from_secs(1);

/// Writes the request for two people's word that a question is answered while Kafka can't be reached into the
/// new file `path`, and the question beside it, in `<path>.question.json`. Whoever runs this is the one who
/// will ask. Needs neither a ledger nor Kafka.
///
/// # Errors
/// Where whoever runs this may ask nothing, the reason is none, or a file can't be written.
pub fn request_break_glass<Q: Question>(
    config: &Config,
    why: &Why,
    question: &Q,
    until: Time,
    path: &Path,
) -> Result<(), Error> {
    request(config, &spelt(Q::DOOR, why, question)?, until, path)
}

/// The same of a question that is answered in pieces.
///
/// # Errors
/// As [`request_break_glass`].
pub fn request_break_glass_piecemeal<Q: PiecemealQuestion>(
    config: &Config,
    why: &Why,
    question: &Q,
    until: Time,
    path: &Path,
) -> Result<(), Error> {
    request(config, &spelt(Q::DOOR, why, question)?, until, path)
}

fn request(config: &Config, spelt: &str, until: Time, path: &Path) -> Result<(), Error> {
    let (ledger, asker) = asking(config)?;
    let id = format!("break-glass-{}", Uuid::now_v7().simple());
    let request = glass_request(&ledger, &asker, spelt, &id, until.0);
    write_request(path, &request)?;
    write_question(path, spelt)?;
    Ok(())
}

/// Publishes the looks that wait, where Kafka can be reached; else they go on waiting.
pub(super) fn publish_pending(
    config: &Config,
    pending: &PendingLooks,
    outbox: &dyn Outbox,
) -> Result<(), Error> {
    let waiting = pending.count()?;
    if waiting == 0 {
        return Ok(());
    }
    let topic = &config.topics.access;
    // Asked first, so that a client which goes on trying doesn't send them once for each time.
    if let Err(error) = watermarks(&kafka_settings(config), topic, 0, timeout(config)) {
        warn!(code = "CU-1020", waiting, %error, "looks wait for Kafka");
        return Ok(());
    }
    match pending.publish(outbox, topic) {
        Ok(published) => info!(published, "looks that waited are in Kafka"),
        Err(error @ query::Error::LookNotRecorded(_)) => {
            warn!(code = "CU-1020", waiting, %error, "looks wait for Kafka");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Shows how many looks wait, and how many more were kept.
pub(super) fn show_pending(pending: &PendingLooks, metrics: &Metrics) -> Result<(), Error> {
    metrics.break_glass_looks.inc_by(pending.newly_kept());
    let waiting = i64::try_from(pending.count()?).unwrap_or(i64::MAX);
    metrics.looks_pending.set(waiting);
    Ok(())
}
