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
}
