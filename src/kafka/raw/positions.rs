//! Positions that are assigned, and those that a partition was seen to have.

use std::ffi::{CStr, CString, c_int};
use std::ptr::NonNull;
use std::slice;
use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka_sys as sys;

use super::{NO_EPOCH, code_of, millis};
use crate::kafka::reader::Position;

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
pub(in crate::kafka) fn assign(
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

/// Low and high watermark as the last fetch saw them, without asking; −1001 or −1 where unknown.
pub(in crate::kafka) fn seen_watermarks(
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
