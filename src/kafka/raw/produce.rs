//! A record on its way into the producer's queue.

use std::ffi::{CStr, c_int};
use std::ptr;

use custodia_core::record::Header;
use rdkafka::client::Client;
use rdkafka::producer::ProducerContext;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::util::IntoOpaque as _;
use rdkafka_sys as sys;

use super::code_of;

/// Puts a record in the producer's queue; the partitioner chooses the partition. Key, value and
/// headers are copied. `opaque` comes back with the delivery report; where the record isn't taken,
/// it is dropped.
pub(in crate::kafka) fn produce<C: ProducerContext<DeliveryOpaque = Box<T>>, T: Send + Sync>(
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
