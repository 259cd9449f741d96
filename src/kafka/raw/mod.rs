//! What rdkafka's safe API lacks, straight from librdkafka. The one folder with `unsafe`.
//!
//! Owns pointers, and frees each exactly once; hands out nothing that borrows from librdkafka.
//! [`queue`]: batches from a partition's queue, with leader epochs and header names as bytes.
//! [`positions`]: where reading starts, under which leader epoch. [`topics`]: topic ids.
//! [`produce`]: records whose headers have names of any bytes.
#![allow(unsafe_code)]

mod positions;
mod produce;
mod queue;
mod topics;

use std::ffi::{CStr, c_char, c_int};
use std::time::Duration;

use rdkafka::types::RDKafkaErrorCode;
use rdkafka_sys as sys;

pub(super) use positions::{assign, seen_watermarks};
pub(super) use produce::produce;
pub(super) use queue::{Item, Queue};
pub(super) use topics::{Described, describe_topics};

const NO_EPOCH: i32 = -1;

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
