//! librdkafka's mock cluster, in this process: for the demo and for tests.
//!
//! Speaks Kafka's protocol on loopback ports, keeps records in memory, and holds **at most 5 MB or
//! 100,000 records a partition**: older ones are dropped, read or not, so whoever writes must wait
//! for whoever reads. Keeps the producer's time, has no aborted transactions, can't be asked for
//! a topic's settings. Never stands in for a real cluster where anything is to last.

use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster as Native;
use rdkafka::producer::DefaultProducerContext;

use super::error::Error;

/// What a partition holds before its oldest records are dropped.
pub const PARTITION_BYTES: u64 = 5 * 1024 * 1024;

/// Whether a cluster's id is one that librdkafka gives its mock clusters; Kafka's own are the 22
/// characters of a UUID in base64.
pub(super) fn is_mock(cluster_id: &str) -> bool {
    cluster_id.starts_with("mockCluster")
}

/// A running mock cluster; gone when dropped.
pub struct MockCluster {
    native: Native<'static, DefaultProducerContext>,
}

impl MockCluster {
    /// Starts `brokers` brokers.
    ///
    /// # Errors
    /// Where the library can't.
    pub fn start(brokers: u8) -> Result<Self, Error> {
        let native = Native::new(i32::from(brokers)).map_err(|error| failed(&error))?;
        Ok(Self { native })
    }

    /// Where it answers, for [`super::Settings::at`].
    pub fn bootstrap(&self) -> String {
        self.native.bootstrap_servers()
    }

    /// Creates a topic.
    ///
    /// # Errors
    /// Where it exists, or the library can't.
    pub fn create_topic(&self, name: &str, partitions: u32) -> Result<(), Error> {
        let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
        self.native
            .create_topic(name, partitions, 1)
            .map_err(|error| Error::CreateTopic {
                topic: name.to_owned(),
                reason: error.to_string(),
            })
    }
}

fn failed(error: &KafkaError) -> Error {
    Error::of("starting a mock cluster", error)
}

#[cfg(test)]
impl MockCluster {
    /// From now on the brokers don't know the topic.
    pub(super) fn break_topic(&self, name: &str) {
        use rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART as UNKNOWN;
        self.native.topic_error(name, UNKNOWN).unwrap();
    }
}
