//! Records to leaves on disk; one writer a log.
//!
//! Owns a log's entries, tiles, sealed payloads, offset gaps, checkpoints and source position.
//! It never reads the clock, never decodes an event, and never repairs what it finds broken.

mod checkpointer;
mod closing;
mod edge;
mod erased;
mod error;
mod folder;
mod generation;
mod intake;
mod kept;
pub(crate) mod layout;
mod notice;
pub mod notices;
mod outbox;
mod positions;
mod proofs;
mod reader;
mod recovery;
mod state;
mod stretch;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

pub use checkpointer::{Checkpointer, Parts as CheckpointerParts, Publishing};
pub use closing::Closing;
pub use error::Error;
pub use folder::Folder;
pub use generation::{Generation, ISOLATION_LEVEL};
pub use intake::Intake;
pub use layout::ROWS;
pub(crate) use notice::Notice;
pub use outbox::{Delivered, Outbox, OutboxError, Registry};
pub use reader::Log;
pub use recovery::{Recovered, TakenBack, recover};
pub use state::{Position, State};
pub use stretch::StoredLeaf;
pub use tail::Tail;
pub use writer::{Appended, Incoming, Writer};
