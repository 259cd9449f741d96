//! Everything that checking a custody log needs, and no IO.
//!
//! Record → [`split`] → [`slot`]s → [`commitment`] → [`entry`] → [`tree`] → [`checkpoint`] in a
//! signed [`note`]. Who verifies is handed a [`policy`] from elsewhere, and checks a [`receipt`] or,
//! with [`verify`], an [`extract`].

pub mod approval;
pub mod assess;
pub mod checkpoint;
pub mod commitment;
pub mod entry;
pub mod extract;
pub mod handover;
pub mod incident;
mod moment;
pub mod note;
pub mod origin;
pub mod placement;
pub mod policy;
pub mod privacy_policy;
pub mod producer_signature;
pub mod receipt;
pub mod record;
pub mod replay;
pub mod report;
pub mod schema;
pub mod slot;
pub mod split;
pub mod tree;
pub mod verdict;
pub mod verify;
pub mod wire;
