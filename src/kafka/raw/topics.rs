//! Topics as the brokers describe them.

use std::ffi::{CString, c_char};
use std::ptr;
use std::slice;
use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka_sys as sys;

use super::{millis, text};

/// A topic as `DescribeTopics` tells it.
pub(in crate::kafka) struct Described {
    pub(in crate::kafka) name: String,
    /// Base64; `None` from brokers that have no topic ids.
    pub(in crate::kafka) topic_id: Option<String>,
    pub(in crate::kafka) partitions: u32,
}

/// Asks for topics by name; a topic's own error stands in its place.
pub(in crate::kafka) fn describe_topics(
    client: &Client<impl ClientContext>,
    topics: &[CString],
    timeout: Duration,
) -> Result<Vec<Result<Described, RDKafkaErrorCode>>, RDKafkaErrorCode> {
    let mut names: Vec<*const c_char> = topics.iter().map(|topic| topic.as_ptr()).collect();
    // SAFETY: names and client are alive throughout; what is made here is destroyed here, the
    // event last, after all it lends has been copied.
    unsafe {
        let queue = sys::rd_kafka_queue_new(client.native_ptr());
        let options = sys::rd_kafka_AdminOptions_new(
            client.native_ptr(),
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
        );
        sys::rd_kafka_AdminOptions_set_request_timeout(
            options,
            millis(timeout),
            ptr::null_mut(),
            0,
        );
        let asked = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        sys::rd_kafka_DescribeTopics(client.native_ptr(), asked, options, queue);
        let event = sys::rd_kafka_queue_poll(queue, millis(timeout));
        let described = described(event);
        if !event.is_null() {
            sys::rd_kafka_event_destroy(event);
        }
        sys::rd_kafka_TopicCollection_destroy(asked);
        sys::rd_kafka_AdminOptions_destroy(options);
        sys::rd_kafka_queue_destroy(queue);
        described
    }
}

/// # Safety
/// `event` is null or alive.
unsafe fn described(
    event: *mut sys::rd_kafka_event_t,
) -> Result<Vec<Result<Described, RDKafkaErrorCode>>, RDKafkaErrorCode> {
    if event.is_null() {
        return Err(RDKafkaErrorCode::OperationTimedOut);
    }
    // SAFETY: by the contract; the array holds `count` topics, which the event keeps.
    unsafe {
        let code = RDKafkaErrorCode::from(sys::rd_kafka_event_error(event));
        if code != RDKafkaErrorCode::NoError {
            return Err(code);
        }
        let mut count = 0;
        let result = sys::rd_kafka_event_DescribeTopics_result(event);
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        if topics.is_null() {
            return Ok(Vec::new());
        }
        let topics = slice::from_raw_parts(topics, count);
        Ok(topics.iter().map(|topic| described_topic(*topic)).collect())
    }
}

/// # Safety
/// `topic` is alive.
unsafe fn described_topic(
    topic: *const sys::rd_kafka_TopicDescription_t,
) -> Result<Described, RDKafkaErrorCode> {
    // SAFETY: by the contract; strings are copied.
    unsafe {
        let error = sys::rd_kafka_TopicDescription_error(topic);
        let code = RDKafkaErrorCode::from(sys::rd_kafka_error_code(error));
        if code != RDKafkaErrorCode::NoError {
            return Err(code);
        }
        let mut partitions = 0;
        sys::rd_kafka_TopicDescription_partitions(topic, &raw mut partitions);
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        let is_set = sys::rd_kafka_Uuid_most_significant_bits(id) != 0
            || sys::rd_kafka_Uuid_least_significant_bits(id) != 0;
        Ok(Described {
            name: text(sys::rd_kafka_TopicDescription_name(topic)).unwrap_or_default(),
            topic_id: text(sys::rd_kafka_Uuid_base64str(id)).filter(|_| is_set),
            partitions: u32::try_from(partitions).unwrap_or(u32::MAX),
        })
    }
}
