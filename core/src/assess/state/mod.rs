//! State as folds over timelines and the register: what held at a moment.

pub mod assessments;
pub mod authority_requests;
pub mod consent_story;
pub mod consents;
pub mod entrustments;
pub mod incidents;
pub mod opt_outs;
pub mod permissions;
pub mod recipients;
pub mod requests;
pub mod retention;
pub mod safeguards;
pub mod sdks;
#[cfg(test)]
pub(in crate::assess) mod told;
