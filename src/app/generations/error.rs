//! Why a log is not closed, or a generation not opened.

/// What was named can't be closed or opened so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The folder has no such log.
    #[error("the folder has no log {0}; `custodia log list` names those that it has")]
    NoSuchLog(String),
    /// The generation before is still open.
    #[error("{0} is open: `custodia log close` it first")]
    StillOpen(String),
    /// The ledger's topics have no such partition.
    #[error(
        "{named} is no partition of the ledger's topics: name topic/partition, or a topic for all \
         of its partitions that have no open log"
    )]
    NoSuchPartition {
        /// What was named.
        named: String,
    },
    /// The generation's number is not above those that there were.
    #[error("generation {given} of {place}: there was a generation {last}; name a higher one")]
    NotNext {
        /// The partition.
        place: String,
        /// The number given.
        given: u32,
        /// The highest that there was.
        last: u32,
    },
    /// Kafka doesn't hold the offset any more.
    #[error(
        "{place} can't begin at offset {offset}: the first that Kafka holds is {low}; where the \
         records before it are lost, name it with --from-offset {low}"
    )]
    OffsetGone {
        /// The partition.
        place: String,
        /// The offset asked for.
        offset: u64,
        /// Kafka's first.
        low: u64,
    },
    /// The offset is past the partition's end.
    #[error("{place} can't begin at offset {offset}: the partition ends at {high}")]
    OffsetPastEnd {
        /// The partition.
        place: String,
        /// The offset asked for.
        offset: u64,
        /// The partition's end.
        high: u64,
    },
    /// What would be the first leaf is a leaf already.
    #[error(
        "{place} can't begin at offset {offset}: the record there is leaf {index} of {log}, and no \
         record is a leaf twice"
    )]
    LeafTwice {
        /// The partition.
        place: String,
        /// The record's offset.
        offset: u64,
        /// The log that has it.
        log: String,
        /// Its leaf.
        index: u64,
    },
    /// The topic is another than the generation before read.
    #[error(
        "{place} can't go on where {log} ended: the topic, or the cluster, is another now and \
         counts its own offsets; name --from-beginning or --from-offset"
    )]
    OtherOffsets {
        /// The partition.
        place: String,
        /// The generation before.
        log: String,
    },
    /// A partition of a topic that the ledger reads has no log.
    #[error(
        "{0} has no log, and its records would be no leaves; `custodia log open {0} \
         --from-beginning` makes one"
    )]
    Unlogged(String),
    /// A partition is assigned, and its last log is closed.
    #[error(
        "ingest.assign names {0}, whose log is closed; `custodia log open {0}` opens the next \
         generation"
    )]
    AssignedClosed(String),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchLog(_) => "CU-0030",
            Self::StillOpen(_) => "CU-0031",
            Self::NoSuchPartition { .. } => "CU-0032",
            Self::NotNext { .. } => "CU-0033",
            Self::OffsetGone { .. } => "CU-0034",
            Self::OffsetPastEnd { .. } => "CU-0035",
            Self::LeafTwice { .. } => "CU-0036",
            Self::OtherOffsets { .. } => "CU-0037",
            Self::Unlogged(_) => "CU-0038",
            Self::AssignedClosed(_) => "CU-0039",
        }
    }
}
