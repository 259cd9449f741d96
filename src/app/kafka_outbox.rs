//! The port through which the ledger writes to Kafka, on a producer.

use std::collections::VecDeque;
use std::time::Duration;

use crate::kafka::{Error as KafkaError, Outgoing, Pending, Settings, Writer};
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
        let sent = self
            .writer
            .send_blocking(&outgoing(topic, key, value), self.patience);
        let delivery = sent.map_err(|error| failed(topic, &error))?;
        Ok(Delivered {
            partition: delivery.partition,
            offset: delivery.offset,
        })
    }

    fn deliver_all(&self, topic: &str, records: &[(&[u8], &[u8])]) -> Result<(), OutboxError> {
        let mut in_flight = VecDeque::new();
        for (key, value) in records {
            let record = outgoing(topic, key, value);
            let pending = loop {
                match self.writer.enqueue(&record) {
                    Err(KafkaError::QueueFull) if !in_flight.is_empty() => {
                        in_flight
                            .pop_front()
                            .map_or(Ok(()), |oldest| self.wait(topic, oldest))?;
                    }
                    enqueued => break enqueued.map_err(|error| failed(topic, &error))?,
                }
            };
            in_flight.push_back(pending);
        }
        in_flight
            .into_iter()
            .try_for_each(|pending| self.wait(topic, pending))
    }
}

impl KafkaOutbox {
    fn wait(&self, topic: &str, pending: Pending) -> Result<(), OutboxError> {
        let waited = pending.wait(self.patience);
        waited.map(drop).map_err(|error| failed(topic, &error))
    }
}

const fn outgoing<'a>(topic: &'a str, key: &'a [u8], value: &'a [u8]) -> Outgoing<'a> {
    Outgoing {
        topic,
        key: Some(key),
        value: Some(value),
        headers: &[],
    }
}

fn failed(topic: &str, error: &KafkaError) -> OutboxError {
    OutboxError {
        topic: topic.to_owned(),
        reason: error.to_string(),
        refused: !error.may_pass(),
    }
}
