//! Configuration: defaults, file, environment and flags, with where each value came from.
//!
//! Owns the merge and its checks. It binds nothing, opens nothing and creates nothing.

mod error;
mod sections;
mod source;

pub use error::Error;
pub use sections::{
    Access, Assignment, Checkpoints, Config, Findings, Ingest, Kafka, Keys, Ledger, Policy,
    Principal, Project, Serve, Signer, Store, Topics,
};
pub use source::{Overrides, Setting, load};
