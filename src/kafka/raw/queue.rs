//! The queue of one partition, and what stands in it.

use std::ffi::{CStr, c_void};
use std::ptr::{self, NonNull};
use std::slice;
use std::time::Duration;

use custodia_core::record::{Header, Record, Timestamp};
use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka_sys as sys;

use super::{NO_EPOCH, millis, text};
use crate::kafka::reader::Fetched;

/// What a partition's queue holds.
pub(in crate::kafka) enum Item {
    Record(Fetched),
    /// The end of what is there to be read; the next offset.
    End(u64),
    Failed {
        code: RDKafkaErrorCode,
        offset: i64,
        reason: String,
    },
}

/// The queue of one partition's fetched records.
pub(in crate::kafka) struct Queue(NonNull<sys::rd_kafka_queue_t>);

// SAFETY: librdkafka's queues are locked inside; one thread at a time reads (`&mut self`).
unsafe impl Send for Queue {}

impl Queue {
    /// Cuts the partition's queue off the consumer's, before anything is fetched into it.
    ///
    /// The queue must be dropped before `client` is destroyed.
    pub(in crate::kafka) fn of_partition(
        client: &Client<impl ClientContext>,
        topic: &CStr,
        partition: i32,
    ) -> Option<Self> {
        // SAFETY: `client` is alive; the name outlives the call; the queue is ours to destroy.
        unsafe {
            let queue =
                sys::rd_kafka_queue_get_partition(client.native_ptr(), topic.as_ptr(), partition);
            let queue = NonNull::new(queue)?;
            sys::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut());
            Some(Self(queue))
        }
    }

    /// Takes at most `max` items: waits up to `timeout` for the first, not for more.
    pub(in crate::kafka) fn take(
        &mut self,
        max: usize,
        timeout: Duration,
        sink: &mut impl FnMut(Item),
    ) {
        if max > 0 && self.take_event(timeout, sink) && max > 1 {
            self.take_batch(max - 1, sink);
        }
    }

    /// The first item comes as an event: a batch would wait until it is full, and would only log
    /// that the topic is gone (which is said again at every refresh of metadata).
    fn take_event(&mut self, timeout: Duration, sink: &mut impl FnMut(Item)) -> bool {
        // SAFETY: the queue is alive; the event is destroyed by `Event`, once.
        let event = unsafe { sys::rd_kafka_queue_poll(self.0.as_ptr(), millis(timeout)) };
        let Some(event) = NonNull::new(event).map(Event) else {
            return false;
        };
        if let Some(item) = event.item() {
            sink(item);
        }
        true
    }

    fn take_batch(&mut self, max: usize, sink: &mut impl FnMut(Item)) {
        let mut messages: Vec<*mut sys::rd_kafka_message_t> = Vec::with_capacity(max);
        // SAFETY: the queue is alive and there is room for `max` pointers, of which librdkafka
        // writes as many as it returns.
        unsafe {
            let taken =
                sys::rd_kafka_consume_batch_queue(self.0.as_ptr(), 0, messages.as_mut_ptr(), max);
            messages.set_len(usize::try_from(taken).unwrap_or(0));
        }
        for message in messages {
            let message = Message(message);
            // SAFETY: alive until `message` is dropped.
            sink(unsafe { item(message.0) });
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: got from `rd_kafka_queue_get_partition`, destroyed only here.
        unsafe { sys::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

struct Message(*mut sys::rd_kafka_message_t);

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: taken from a queue by `take_batch`, destroyed only here.
        unsafe { sys::rd_kafka_message_destroy(self.0) }
    }
}

struct Event(NonNull<sys::rd_kafka_event_t>);

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: taken from a queue by `take_event`, destroyed only here.
        unsafe { sys::rd_kafka_event_destroy(self.0.as_ptr()) }
    }
}

impl Event {
    /// Copies everything out; control records and events of other kinds are nothing.
    fn item(&self) -> Option<Item> {
        let event = self.0.as_ptr();
        // SAFETY: the event is alive until `self` is dropped, and so is the message in it.
        unsafe {
            match sys::rd_kafka_event_type(event) {
                sys::RD_KAFKA_EVENT_FETCH => {
                    let message = sys::rd_kafka_event_message_next(event);
                    (!message.is_null()).then(|| item(message))
                }
                sys::RD_KAFKA_EVENT_ERROR => Some(self.failure()),
                _ => None,
            }
        }
    }

    fn failure(&self) -> Item {
        let event = self.0.as_ptr();
        // SAFETY: the event is alive; the string is copied; the partition is ours to destroy.
        let (code, reason, offset) = unsafe {
            let at = sys::rd_kafka_event_topic_partition(event);
            let offset = at.as_ref().map_or(-1, |at| at.offset);
            if !at.is_null() {
                sys::rd_kafka_topic_partition_destroy(at);
            }
            let reason = text(sys::rd_kafka_event_error_string(event));
            (
                RDKafkaErrorCode::from(sys::rd_kafka_event_error(event)),
                reason,
                offset,
            )
        };
        failure(code, offset, reason)
    }
}

fn failure(code: RDKafkaErrorCode, offset: i64, reason: Option<String>) -> Item {
    match (code, u64::try_from(offset)) {
        (RDKafkaErrorCode::PartitionEOF, Ok(next)) => Item::End(next),
        _ => Item::Failed {
            code,
            offset,
            reason: reason.unwrap_or_else(|| code.to_string()),
        },
    }
}

/// Copies everything out of a message.
///
/// # Safety
/// `native` is alive.
unsafe fn item(native: *const sys::rd_kafka_message_t) -> Item {
    // SAFETY: by the contract; key and payload are null, or hold as many bytes as their lengths
    // say.
    unsafe {
        let message = &*native;
        let code = RDKafkaErrorCode::from(message.err);
        let (RDKafkaErrorCode::NoError, Ok(offset)) = (code, u64::try_from(message.offset)) else {
            return failure(
                code,
                message.offset,
                text(sys::rd_kafka_message_errstr(native)),
            );
        };
        let epoch = sys::rd_kafka_message_leader_epoch(native);
        Item::Record(Fetched {
            record: Record {
                offset,
                timestamp: timestamp(native),
                key: bytes(message.key, message.key_len),
                value: bytes(message.payload, message.len),
                headers: headers(native),
            },
            leader_epoch: (epoch != NO_EPOCH).then_some(epoch),
        })
    }
}

/// # Safety
/// `message` is alive.
unsafe fn timestamp(message: *const sys::rd_kafka_message_t) -> Timestamp {
    use sys::rd_kafka_timestamp_type_t as kind;
    let mut of = kind::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    // SAFETY: by the contract; `of` is written with a value of its type.
    let at = unsafe { sys::rd_kafka_message_timestamp(message, &raw mut of) };
    match of {
        kind::RD_KAFKA_TIMESTAMP_CREATE_TIME if at != -1 => Timestamp::Create(at),
        kind::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME if at != -1 => Timestamp::LogAppend(at),
        _ => Timestamp::None,
    }
}

/// # Safety
/// `message` is alive.
unsafe fn headers(message: *const sys::rd_kafka_message_t) -> Vec<Header> {
    let mut all = ptr::null_mut();
    // SAFETY: by the contract; the message keeps the headers; `all` is set where there are some.
    let found = unsafe { sys::rd_kafka_message_headers(message, &raw mut all) };
    if RDKafkaErrorCode::from(found) != RDKafkaErrorCode::NoError {
        return Vec::new();
    }
    // SAFETY: as above.
    (0..).map_while(|at| unsafe { header(all, at) }).collect()
}

/// The header at `at`; the name up to its first 0x00, whatever its bytes.
///
/// # Safety
/// `all` is alive.
unsafe fn header(all: *const sys::rd_kafka_headers_t, at: usize) -> Option<Header> {
    let (mut name, mut value, mut length) = (ptr::null(), ptr::null(), 0);
    // SAFETY: `all` is alive by the contract; the three are set where NO_ERROR comes back, the
    // name to a string that ends with 0x00.
    unsafe {
        let found =
            sys::rd_kafka_header_get_all(all, at, &raw mut name, &raw mut value, &raw mut length);
        (RDKafkaErrorCode::from(found) == RDKafkaErrorCode::NoError).then(|| Header {
            name: CStr::from_ptr(name).to_bytes().to_vec(),
            value: bytes(value, length),
        })
    }
}

/// # Safety
/// `from` is null or holds `length` bytes.
unsafe fn bytes(from: *const c_void, length: usize) -> Option<Vec<u8>> {
    // SAFETY: by the contract.
    (!from.is_null()).then(|| unsafe { slice::from_raw_parts(from.cast(), length) }.to_vec())
}
