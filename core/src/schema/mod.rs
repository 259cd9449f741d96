//! schema

/// Generated.
#[allow(missing_docs, clippy::pedantic)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/custodia.v1.rs"));
}
