//! The port through which the ledger writes to Kafka, on a producer.

use std::time::Duration;

use crate::kafka::{Error as KafkaError, Outgoing, Settings, Writer};
use crate::log::{Delivered, Outbox, OutboxError};

/// An idempotent producer behind the [`Outbox`] port.
pub struct KafkaOutbox {
    writer: Writer,
    patience: Duration,
}

impl KafkaOutbox {
    /// A producer that waits `patience` for each acknowledgement.
    ///
    /// # Errors
    /// Where the settings are refused.
    pub fn new(settings: &Settings, patience: Duration) -> Result<Self, KafkaError> {
        Ok(Self {
            writer: Writer::new(settings)?,
            patience,
        })
    }
}

impl Outbox for KafkaOutbox {
    fn deliver(&self, topic: &str, key: &[u8], value: &[u8]) -> Result<Delivered, OutboxError> {
        let outgoing = Outgoing {
            topic,
            key: Some(key),
            value: Some(value),
            headers: &[],
        };
        match self.writer.send_blocking(&outgoing, self.patience) {
            Ok(delivery) => Ok(Delivered {
                partition: delivery.partition,
                offset: delivery.offset,
            }),
            Err(error) => Err(OutboxError {
                topic: topic.to_owned(),
                reason: error.to_string(),
            }),
        }
    }
}
