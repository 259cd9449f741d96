//! What stops ingestion.

use crate::{kafka, log};

/// Ingestion of one log has stopped; nothing was lost, and nothing is guessed (law 6).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Kafka failed, or says what contradicts the log.
    #[error("{origin}: {source}")]
    Kafka {
        /// The log.
        origin: String,
        /// What the client said.
        source: kafka::Error,
    },
    /// The log failed.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The topic that a log reads is not there.
    #[error("the topic {topic} does not exist on these brokers")]
    NoTopic {
        /// The topic.
        topic: String,
    },
    /// Records that the log has not read are gone from Kafka.
    #[error(
        "{origin}: retention overtook the log: it goes on at offset {next_offset}, and Kafka's \
         first record is at {low}; {missing} offsets are lost to this log"
    )]
    RetentionOvertook {
        /// The log.
        origin: String,
        /// Where the log goes on.
        next_offset: u64,
        /// Kafka's first offset.
        low: u64,
        /// How many offsets lie between.
        missing: u64,
    },
    /// The partition ends before the log does.
    #[error(
        "{origin}: the partition ends at offset {high}, and the log has read up to {next_offset}: \
         Kafka lost records that were acknowledged (truncation), or the topic was made anew"
    )]
    Truncated {
        /// The log.
        origin: String,
        /// Where the log goes on.
        next_offset: u64,
        /// The partition's end.
        high: u64,
    },
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Kafka { source, .. } => source.code(),
            Self::Log(source) => source.code(),
            Self::NoTopic { .. } => "CU-0150",
            Self::RetentionOvertook { .. } => "CU-0152",
            Self::Truncated { .. } => "CU-0153",
        }
    }
}
