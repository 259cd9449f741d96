//! The port through which notices about logs reach the registry.

use std::sync::Arc;
use std::time::Duration;

use super::KafkaOutbox;
use crate::kafka::{self, Settings, read_range, watermarks};
use crate::log::{Outbox, OutboxError, Registry};

/// The registry's topic behind the [`Registry`] port.
pub(super) struct KafkaRegistry {
    pub(super) outbox: Arc<KafkaOutbox>,
    pub(super) settings: Settings,
    pub(super) topic: String,
    pub(super) patience: Duration,
}

/// Why reading ended.
enum Ended {
    Kafka(kafka::Error),
    Found,
}

impl From<kafka::Error> for Ended {
    fn from(error: kafka::Error) -> Self {
        Self::Kafka(error)
    }
}

impl KafkaRegistry {
    fn marks(&self) -> Result<(u64, u64), OutboxError> {
        watermarks(&self.settings, &self.topic, 0, self.patience).map_err(|e| self.failed(&e))
    }

    fn failed(&self, error: &kafka::Error) -> OutboxError {
        OutboxError {
            topic: self.topic.clone(),
            reason: error.to_string(),
            refused: !error.may_pass(),
        }
    }
}

impl Registry for KafkaRegistry {
    fn end(&self) -> Result<u64, OutboxError> {
        Ok(self.marks()?.1)
    }

    fn holds(&self, from: u64, value: &[u8]) -> Result<bool, OutboxError> {
        let (low, high) = self.marks()?;
        // A topic that ends before was made anew: there it may stand anywhere.
        let from = if from > high { low } else { from.max(low) };
        let compare = |fetched: kafka::Fetched| match fetched.record.value {
            Some(found) if found == value => Err(Ended::Found),
            _ => Ok(()),
        };
        match read_range(&self.settings, &self.topic, 0, from, self.patience, compare) {
            Ok(_) => Ok(false),
            Err(Ended::Found) => Ok(true),
            Err(Ended::Kafka(error)) => Err(self.failed(&error)),
        }
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), OutboxError> {
        self.outbox.deliver(&self.topic, key, value).map(drop)
    }
}
