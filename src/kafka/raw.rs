//! What rdkafka's safe API lacks, straight from librdkafka: leader epochs, header names as bytes,
//! batches from a partition's queue, topic ids. The one file with `unsafe`.
//!
//! Owns pointers, and frees each exactly once; hands out nothing that borrows from librdkafka.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::slice;
use std::time::Duration;

use custodia_core::record::{Header, Record, Timestamp};
use rdkafka::client::{Client, ClientContext};
use rdkafka::producer::ProducerContext;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::util::IntoOpaque as _;
use rdkafka_sys as sys;

use super::reader::{Fetched, Position};

const NO_EPOCH: i32 = -1;

/// What a partition's queue holds.
pub(super) enum Item {
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
pub(super) struct Queue(NonNull<sys::rd_kafka_queue_t>);

// SAFETY: librdkafka's queues are locked inside; one thread at a time reads (`&mut self`).
unsafe impl Send for Queue {}

impl Queue {
    /// Cuts the partition's queue off the consumer's, before anything is fetched into it.
    ///
    /// The queue must be dropped before `client` is destroyed.
    pub(super) fn of_partition(
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
    pub(super) fn take(&mut self, max: usize, timeout: Duration, sink: &mut impl FnMut(Item)) {
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
        // SAFETY: taken from a queue by `take_up_to`, destroyed only here.
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

/// # Safety
/// `from` is null or a string that ends with 0x00.
unsafe fn text(from: *const c_char) -> Option<String> {
    // SAFETY: by the contract.
    (!from.is_null()).then(|| {
        unsafe { CStr::from_ptr(from) }
            .to_string_lossy()
            .into_owned()
    })
}

fn millis(duration: Duration) -> c_int {
    c_int::try_from(duration.as_millis()).unwrap_or(c_int::MAX)
}

/// Topics, partitions and positions, as librdkafka lists them.
struct Positions(NonNull<sys::rd_kafka_topic_partition_list_t>);

impl Positions {
    fn of(positions: &[(CString, i32, Position)]) -> Self {
        let count = c_int::try_from(positions.len()).unwrap_or(c_int::MAX);
        // SAFETY: the list is ours; librdkafka aborts where it finds no memory.
        let list = unsafe { sys::rd_kafka_topic_partition_list_new(count) };
        let list = Self(NonNull::new(list).expect("librdkafka aborts where it finds no memory"));
        for (topic, partition, position) in positions {
            // SAFETY: the list is alive, the name is copied, the element is the list's.
            unsafe {
                let one = sys::rd_kafka_topic_partition_list_add(
                    list.0.as_ptr(),
                    topic.as_ptr(),
                    *partition,
                );
                (*one).offset = i64::try_from(position.next_offset).unwrap_or(i64::MAX);
                let epoch = position.leader_epoch.unwrap_or(NO_EPOCH);
                sys::rd_kafka_topic_partition_set_leader_epoch(one, epoch);
            }
        }
        list
    }

    /// The first element's error, where one has any.
    fn first_error(&self) -> Option<RDKafkaErrorCode> {
        // SAFETY: the list is alive and holds `cnt` elements.
        let elements = unsafe {
            let list = self.0.as_ref();
            slice::from_raw_parts(list.elems, usize::try_from(list.cnt).unwrap_or(0))
        };
        elements
            .iter()
            .map(|one| RDKafkaErrorCode::from(one.err))
            .find(|code| *code != RDKafkaErrorCode::NoError)
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        // SAFETY: made by `of`, destroyed only here.
        unsafe { sys::rd_kafka_topic_partition_list_destroy(self.0.as_ptr()) }
    }
}

/// Starts reading at these positions. Where a leader epoch is known, the broker is asked whether
/// its log still holds the position under that epoch: assigning alone asks only when metadata
/// arrives later, a seek always does.
pub(super) fn assign(
    client: &Client<impl ClientContext>,
    positions: &[(CString, i32, Position)],
    timeout: Duration,
) -> Result<(), RDKafkaErrorCode> {
    let all = Positions::of(positions);
    // SAFETY: client and list are alive; librdkafka copies the list.
    let assigned = RDKafkaErrorCode::from(unsafe {
        sys::rd_kafka_assign(client.native_ptr(), all.0.as_ptr())
    });
    if assigned != RDKafkaErrorCode::NoError {
        return Err(assigned);
    }
    let known = |position: &Position| position.leader_epoch.is_some() && position.next_offset > 0;
    let known: Vec<_> = positions
        .iter()
        .filter(|(_, _, position)| known(position))
        .cloned()
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    let known = Positions::of(&known);
    // SAFETY: client and list are alive; the error, where there is one, is taken by `code_of`.
    let sought = unsafe {
        code_of(sys::rd_kafka_seek_partitions(
            client.native_ptr(),
            known.0.as_ptr(),
            millis(timeout),
        ))
    };
    sought?;
    known.first_error().map_or(Ok(()), Err)
}

/// # Safety
/// `error` is null or ours to destroy.
unsafe fn code_of(error: *mut sys::rd_kafka_error_t) -> Result<(), RDKafkaErrorCode> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: by the contract; destroyed once.
    unsafe {
        let code = RDKafkaErrorCode::from(sys::rd_kafka_error_code(error));
        sys::rd_kafka_error_destroy(error);
        Err(code)
    }
}

/// Low and high watermark as the last fetch saw them, without asking; −1001 or −1 where unknown.
pub(super) fn seen_watermarks(
    client: &Client<impl ClientContext>,
    topic: &CStr,
    partition: i32,
) -> (i64, i64) {
    let (mut low, mut high) = (-1, -1);
    // SAFETY: `client` is alive, the name outlives the call, both numbers are only written.
    unsafe {
        sys::rd_kafka_get_watermark_offsets(
            client.native_ptr(),
            topic.as_ptr(),
            partition,
            &raw mut low,
            &raw mut high,
        );
    }
    (low, high)
}

/// A topic as `DescribeTopics` tells it.
pub(super) struct Described {
    pub(super) name: String,
    /// Base64; `None` from brokers that have no topic ids.
    pub(super) topic_id: Option<String>,
    pub(super) partitions: u32,
}

/// Asks for topics by name; a topic's own error stands in its place.
pub(super) fn describe_topics(
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

/// Puts a record in the producer's queue; the partitioner chooses the partition. Key, value and
/// headers are copied. `opaque` comes back with the delivery report; where the record isn't taken,
/// it is dropped.
pub(super) fn produce<C: ProducerContext<DeliveryOpaque = Box<T>>, T: Send + Sync>(
    client: &Client<C>,
    topic: &CStr,
    (key, value, headers): (Option<&[u8]>, Option<&[u8]>, &[Header]),
    opaque: Box<T>,
) -> Result<(), RDKafkaErrorCode> {
    use sys::rd_kafka_vtype_t as of;
    let flags = c_int::try_from(sys::RD_KAFKA_MSG_F_COPY).unwrap_or_default();
    let headers = native_headers(headers);
    let opaque = opaque.into_ptr();
    // SAFETY: each union is read by its `vtype`; all pointers outlive the call; librdkafka owns
    // headers and opaque where it takes the record, and we free both where it doesn't.
    unsafe {
        let parts = [
            part(of::RD_KAFKA_VTYPE_TOPIC, |u| u.cstr = topic.as_ptr()),
            part(of::RD_KAFKA_VTYPE_MSGFLAGS, |u| u.i = flags),
            part(of::RD_KAFKA_VTYPE_KEY, |u| u.mem = memory(key)),
            part(of::RD_KAFKA_VTYPE_VALUE, |u| u.mem = memory(value)),
            part(of::RD_KAFKA_VTYPE_OPAQUE, |u| u.ptr = opaque),
            part(of::RD_KAFKA_VTYPE_HEADERS, |u| u.headers = headers),
        ];
        let queued = code_of(sys::rd_kafka_produceva(
            client.native_ptr(),
            parts.as_ptr(),
            parts.len(),
        ));
        if queued.is_err() {
            sys::rd_kafka_headers_destroy(headers);
            drop(Box::<T>::from_ptr(opaque));
        }
        queued
    }
}

fn part(
    vtype: sys::rd_kafka_vtype_t,
    set: impl FnOnce(&mut sys::rd_kafka_vu_s__bindgen_ty_1),
) -> sys::rd_kafka_vu_t {
    let mut u = sys::rd_kafka_vu_s__bindgen_ty_1 { _pad: [0; 64] };
    set(&mut u);
    sys::rd_kafka_vu_t { vtype, u }
}

fn memory(bytes: Option<&[u8]>) -> sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 {
    sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 {
        ptr: bytes.map_or(ptr::null_mut(), |bytes| bytes.as_ptr().cast_mut().cast()),
        size: bytes.map_or(0, <[u8]>::len),
    }
}

fn native_headers(headers: &[Header]) -> *mut sys::rd_kafka_headers_t {
    // SAFETY: names and values are copied; librdkafka takes names of any bytes with their length.
    unsafe {
        let native = sys::rd_kafka_headers_new(headers.len());
        for header in headers {
            let value = header.value.as_deref();
            sys::rd_kafka_header_add(
                native,
                header.name.as_ptr().cast(),
                header.name.len().cast_signed(),
                value.map_or(ptr::null(), |value| value.as_ptr().cast()),
                value.map_or(0, |value| value.len().cast_signed()),
            );
        }
        native
    }
}
