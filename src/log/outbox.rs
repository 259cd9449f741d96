//! The port through which log, query and extract write to Kafka; `app` hands them an adapter.

/// Where a record landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The topic's partition.
    pub partition: u32,
    /// The record's offset.
    pub offset: u64,
}

/// A record that Kafka didn't acknowledge. Whether it landed is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{topic}: not acknowledged: {reason}")]
pub struct OutboxError {
    /// The topic.
    pub topic: String,
    /// What the client said.
    pub reason: String,
    /// Whether Kafka answered and refused it; else it wasn't reached in time.
    pub refused: bool,
}

impl OutboxError {
    /// The error's stable code; its page is `ops/runbook/CU-0411.md`.
    pub fn code(&self) -> &'static str {
        "CU-0411"
    }
}

/// Writes records to Kafka.
pub trait Outbox: Send + Sync {
    /// Sends one record and waits until all in-sync replicas have it.
    ///
    /// # Errors
    /// [`OutboxError`] where no acknowledgement came in time.
    fn deliver(&self, topic: &str, key: &[u8], value: &[u8]) -> Result<Delivered, OutboxError>;

    /// Sends records, each with its key, and waits until all in-sync replicas have all of them.
    ///
    /// # Errors
    /// [`OutboxError`] where one was not acknowledged in time; others may have landed.
    fn deliver_all(&self, topic: &str, records: &[(&[u8], &[u8])]) -> Result<(), OutboxError> {
        let one = |(key, value): &(&[u8], &[u8])| self.deliver(topic, key, value).map(drop);
        records.iter().try_for_each(one)
    }
}

/// The registry's topic, as the ledger's notices about its logs are put in it.
pub trait Registry {
    /// The offset after the last record.
    ///
    /// # Errors
    /// [`OutboxError`] where Kafka doesn't say.
    fn end(&self) -> Result<u64, OutboxError>;

    /// Whether a record at `from` or later has this value.
    ///
    /// # Errors
    /// [`OutboxError`] where the topic can't be read.
    fn holds(&self, from: u64, value: &[u8]) -> Result<bool, OutboxError>;

    /// Sends one record and waits until all in-sync replicas have it.
    ///
    /// # Errors
    /// [`OutboxError`] where no acknowledgement came in time.
    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), OutboxError>;
}
