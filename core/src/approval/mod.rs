//! Approvals by persons: what two people must say before something that can't be taken back.
//!
//! Owns the text that is approved ([`Request`]), its signed form ([`Approval`], a C2SP signed note;
//! `proto/FORMAT.md` 15), who is registered with which key ([`Persons`]), and whether approvals are
//! good for a deed ([`check`]). It reads no file, asks no clock, and keeps no memory: that an approval
//! was used before is known to whoever has the registry.

mod check;
mod persons;
mod refused;
mod request;
mod signed;

pub use check::{Approver, MAX_APPROVALS, NEEDED, check, may_approve};
pub use persons::{Persons, Registration};
pub use refused::Refused;
pub use request::{Deed, Request, about};
pub use signed::Approval;
