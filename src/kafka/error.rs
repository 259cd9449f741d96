//! What can go wrong with Kafka, and which runbook page says what to do.

use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

/// Why Kafka can't be read from or written to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No broker answers.
    #[error("no Kafka broker answers at {bootstrap}: {reason}")]
    Unreachable {
        /// `bootstrap` of the settings.
        bootstrap: String,
        /// What the client saw last.
        reason: String,
    },
    /// The brokers answer and refuse who we say we are.
    #[error("Kafka at {bootstrap} refuses the credentials (sasl.*): {reason}")]
    AuthenticationFailed {
        /// `bootstrap` of the settings.
        bootstrap: String,
        /// The broker's words.
        reason: String,
    },
    /// No TLS connection comes about.
    #[error("no TLS connection to Kafka at {bootstrap} (ssl.*): {reason}")]
    TlsFailed {
        /// `bootstrap` of the settings.
        bootstrap: String,
        /// The TLS library's words.
        reason: String,
    },
    /// A property that the ledger's laws own.
    #[error("Kafka property {property} can't be set: {reason}; remove it from the configuration")]
    Owned {
        /// As it stands in the configuration.
        property: String,
        /// Why the ledger owns it.
        reason: &'static str,
    },
    /// A property that the client library doesn't take.
    #[error("Kafka property {property} is refused by the client library: {reason}")]
    Property {
        /// As it stands in the configuration.
        property: String,
        /// The library's words.
        reason: String,
    },
    /// Properties that don't fit together, or name a file that can't be used.
    #[error("the client library refuses the Kafka settings: {reason}")]
    Settings {
        /// The library's words.
        reason: String,
    },
    /// No such topic or partition.
    #[error("Kafka has no {topic}/{partition}; `custodia init` creates missing topics")]
    UnknownPartition {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: u32,
    },
    /// The brokers know us and don't let us.
    #[error("Kafka doesn't allow {doing}: {reason}; grant it (ACL) and start again")]
    NotAllowed {
        /// What was asked.
        doing: String,
        /// The broker's words.
        reason: String,
    },
    /// The broker's log ends before, or diverges below, what was already read.
    #[error(
        "Kafka lost records of {topic}/{partition} that are leaves already (position {position}): \
         {reason}"
    )]
    Truncated {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: u32,
        /// The next offset we want.
        position: u64,
        /// The client's words.
        reason: String,
    },
    /// Retention deleted records before they were read.
    #[error(
        "Kafka deleted records of {topic}/{partition} before they were read: position {position}, \
         first offset held {low}"
    )]
    Overtaken {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: u32,
        /// The next offset we want.
        position: u64,
        /// The first offset the broker still has.
        low: u64,
    },
    /// The position isn't in the broker's log, and the broker can't be asked which side it is on.
    #[error("offset {position} of {topic}/{partition} is out of Kafka's range: {reason}")]
    OutOfRange {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: u32,
        /// The next offset we want.
        position: u64,
        /// The client's words.
        reason: String,
    },
    /// The topic or partition was there and is gone.
    #[error("Kafka's {topic}/{partition} is gone: {reason}")]
    TopicGone {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: u32,
        /// The client's words.
        reason: String,
    },
    /// A topic is set up in a way that a log can't stand on.
    #[error("topic {topic} has {setting}={found}, needed is {wanted}")]
    TopicSettings {
        /// The topic's name.
        topic: String,
        /// The topic's setting.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be (design 3.1).
        wanted: &'static str,
    },
    /// A topic couldn't be created.
    #[error("topic {topic} couldn't be created: {reason}")]
    CreateTopic {
        /// The topic's name.
        topic: String,
        /// The broker's words.
        reason: String,
    },
    /// The brokers didn't acknowledge a record; it may or may not have landed.
    #[error("a record for {topic} was not acknowledged: {reason}")]
    NotDelivered {
        /// The topic's name.
        topic: String,
        /// The client's words.
        reason: String,
        /// Whether the brokers weren't reached in time, rather than refusing it.
        passing: bool,
    },
    /// A record is larger than the topic or the client lets through; nothing was sent.
    #[error("a record of {bytes} bytes for {topic} is too large: {reason}")]
    TooLarge {
        /// The topic's name.
        topic: String,
        /// Key, value and headers.
        bytes: usize,
        /// The client's words.
        reason: String,
    },
    /// The producer's queue is full; nothing was sent. Wait for deliveries, then try again.
    #[error("the queue of records to be sent is full")]
    QueueFull,
    /// Kafka took longer than it was given.
    #[error("{doing} took longer than {waited:?}")]
    Deadline {
        /// What was waited for.
        doing: &'static str,
        /// How long.
        waited: Duration,
    },
    /// The brokers, or the one that leads a partition, don't answer a question just now.
    #[error("Kafka doesn't answer, {doing}: {reason}")]
    NoAnswer {
        /// What was being done.
        doing: &'static str,
        /// The library's words.
        reason: String,
    },
    /// A record that can't be read: its checksum fails, or it can't be unpacked.
    #[error("a record of {topic}/{partition} at or after {offset} can't be read: {reason}")]
    Damaged {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: u32,
        /// Where the client stands.
        offset: i64,
        /// The client's words.
        reason: String,
    },
    /// The client library reports something else.
    #[error("Kafka, {doing}: {reason}")]
    Client {
        /// What was being done.
        doing: &'static str,
        /// The library's words.
        reason: String,
    },
}

impl Error {
    /// The code under which `ops/runbook` explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "CU-0100",
            Self::AuthenticationFailed { .. } => "CU-0101",
            Self::TlsFailed { .. } => "CU-0102",
            Self::Owned { .. } => "CU-0103",
            Self::Property { .. } | Self::Settings { .. } => "CU-0104",
            Self::UnknownPartition { .. } => "CU-0105",
            Self::NotAllowed { .. } => "CU-0106",
            Self::Truncated { .. } => "CU-0107",
            Self::Overtaken { .. } => "CU-0108",
            Self::OutOfRange { .. } => "CU-0109",
            Self::TopicGone { .. } => "CU-0110",
            Self::TopicSettings { .. } => "CU-0111",
            Self::CreateTopic { .. } => "CU-0112",
            Self::NotDelivered { .. } => "CU-0113",
            Self::TooLarge { .. } => "CU-0114",
            Self::QueueFull => "CU-0115",
            Self::Deadline { .. } | Self::NoAnswer { .. } => "CU-0116",
            Self::Damaged { .. } => "CU-0117",
            Self::Client { .. } => "CU-0118",
        }
    }

    /// Whether the client goes on trying by itself, so that waiting may help.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::QueueFull
                | Self::Deadline { .. }
                | Self::NoAnswer { .. }
                | Self::NotDelivered { passing: true, .. }
        )
    }

    /// What the library says about `doing`, with a better variant where its code tells one.
    pub(super) fn of(doing: &'static str, error: &KafkaError) -> Self {
        match error {
            KafkaError::ClientConfig(_, reason, property, _) => Self::Property {
                property: property.clone(),
                reason: reason.clone(),
            },
            KafkaError::ClientCreation(reason) => Self::Settings {
                reason: reason.clone(),
            },
            error => match error.rdkafka_error_code() {
                Some(code) => Self::of_code(doing, code),
                None => Self::Client {
                    doing,
                    reason: error.to_string(),
                },
            },
        }
    }

    /// The same for a bare code.
    pub(super) fn of_code(doing: &'static str, code: RDKafkaErrorCode) -> Self {
        let reason = code.to_string();
        match code {
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::TransactionalIdAuthorizationFailed => Self::NotAllowed {
                doing: doing.to_owned(),
                reason,
            },
            code if is_passing(code) => Self::NoAnswer { doing, reason },
            _ => Self::Client { doing, reason },
        }
    }
}

/// What a broker that restarts, or a partition that changes its leader, answers for a while.
pub(super) fn is_passing(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::BrokerNotAvailable
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::LeaderNotAvailable
            | RDKafkaErrorCode::MessageTimedOut
            | RDKafkaErrorCode::NetworkException
            | RDKafkaErrorCode::NotController
            | RDKafkaErrorCode::NotLeaderForPartition
            | RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::Resolve
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let of = |code| Error::of_code("asking", code);
        assert!(of(RDKafkaErrorCode::OperationTimedOut).may_pass());
        let refused = of(RDKafkaErrorCode::TopicAuthorizationFailed);
        assert_eq!((refused.may_pass(), refused.code()), (false, "CU-0106"));
        assert!(!of(RDKafkaErrorCode::InvalidTopic).may_pass());
    }
}
