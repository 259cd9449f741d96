//! What signs checkpoints: made, and shown everything that is known as signed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::published::published_checkpoints;
use super::{Error, KafkaOutbox, Opened};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::Settings;
use crate::log::{Checkpointer, CheckpointerParts, Outbox, Publishing};
use crate::metrics::Metrics;
use crate::sign::Signer;

/// The signer of trees; none where this ledger doesn't sign.
pub(super) fn signer(config: &Config) -> Result<Option<Signer>, Error> {
    let enabled = config.signer.enabled;
    let signer = enabled.then(|| Signer::open(&config.signer.folder));
    Ok(signer.transpose()?)
}

/// What signs checkpoints, settled; none where this ledger doesn't sign.
pub(super) fn checkpointer(
    config: &Config,
    settings: &Settings,
    opened: &Opened,
    outbox: &Arc<KafkaOutbox>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
    signer: Option<Signer>,
) -> Result<Option<Arc<Mutex<Checkpointer>>>, Error> {
    let Some(signer) = signer else {
        return Ok(None);
    };
    let outbox = Arc::clone(outbox) as Arc<dyn Outbox>;
    let settled = settled(config, settings, opened, outbox, clock, metrics, signer)?;
    Ok(Some(Arc::new(Mutex::new(settled))))
}

/// What signs checkpoints, once it was shown everything that is known as signed.
pub(super) fn settled(
    config: &Config,
    settings: &Settings,
    opened: &Opened,
    outbox: Arc<dyn Outbox>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
    signer: Signer,
) -> Result<Checkpointer, Error> {
    let mut checkpointer = Checkpointer::new(CheckpointerParts {
        signer,
        logs: opened.logs.clone(),
        keys: Arc::clone(&opened.keys),
        outbox,
        publishing: Publishing {
            checkpoints_topic: config.topics.checkpoints.clone(),
            registry_topic: config.topics.registry.clone(),
            registry_interval: Duration::from_millis(config.checkpoints.publish_interval_ms),
        },
        clock: Arc::clone(clock),
        metrics: metrics.clone(),
    });
    checkpointer.settle(&published_checkpoints(config, settings)?)?;
    Ok(checkpointer)
}
