//! The schema of events: generated types, and what the schema says about itself.
//!
//! Owns everything that is read from `proto/custodia/v1`: the types ([`v1`]), the descriptors
//! ([`pool`]), the labels of values ([`label`]), the rules of bodies ([`body_of`]), what is wrong
//! with an event ([`faults`]), where it belongs ([`placement`]) and its JSON form
//! ([`event_from_json`]). It never looks at the key, the partition or earlier leaves: those
//! verdicts need more than one event.

mod bodies;
mod faults;
mod json;
mod labels;

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, MessageDescriptor};

pub use bodies::{BodyKind, Placement, bodies, body_named, body_of, placement, references};
pub use faults::{Fault, faults, faults_of, is_reference};
pub(crate) use faults::{has_format, is_rfc3339, rules, text_has_format};
pub use json::{Error, event_from_json, event_to_json};
pub use labels::{Label, label, labels};

/// The types that prost makes of the schema.
#[allow(missing_docs, clippy::pedantic, rustdoc::all)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/custodia.v1.rs"));
}

/// The first field number of a body in [`v1::Event`] (design §3.2).
pub const FIRST_BODY: u32 = 100;

/// The producer that the ledgers' own events name: logs opened and closed, extracts issued, looks.
pub const LEDGER_PRODUCER: &str = "custodia";

const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/custodia.v1.binpb"));

/// All descriptors of `custodia.v1`, with their custom options.
pub fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(DESCRIPTORS).expect("the build wrote a valid descriptor set")
    });
    &POOL
}

/// The descriptor of [`v1::Event`].
pub fn event_descriptor() -> &'static MessageDescriptor {
    static EVENT: LazyLock<MessageDescriptor> = LazyLock::new(|| {
        pool()
            .get_message_by_name("custodia.v1.Event")
            .expect("the schema has the envelope")
    });
    &EVENT
}

/// Decodes an event's bytes, without a frame, by the schema; fields that it doesn't know are kept.
///
/// # Errors
/// The bytes are no message of this schema: a wire type, a length or a string is wrong.
pub fn decode(value: &[u8]) -> Result<DynamicMessage, prost::DecodeError> {
    DynamicMessage::decode(event_descriptor().clone(), value)
}

/// The extension `custodia.v1.<name>` of options.proto.
fn extension(name: &str) -> ExtensionDescriptor {
    pool()
        .get_extension_by_name(&format!("custodia.v1.{name}"))
        .expect("options.proto declares the extension")
}
