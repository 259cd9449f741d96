//! Leaves to rows and verdicts, with a cursor of its own.
//!
//! Owns one family beside each log's leaves, `rows-<VERSION>` (the layout is in `rows.rs`). Every
//! row is a pure function of the log's leaves, of the payloads still held and of the keys (design
//! §1, law 3): no clock, no batch boundary. So rows can be dropped and made again while appending
//! goes on, and come out byte for byte the same. Never holds appending back, never repairs a leaf,
//! and keeps nothing in clear but verdicts, hashes of event ids, producers' sequences and days.

mod batch;
mod erasing;
mod error;
mod progress;
mod projector;
mod reader;
mod remains;
mod rows;

pub use erasing::{Eraser, Erasure};
pub use error::Error;
pub use progress::Progress;
pub use projector::{Projected, Projector, cursors};
pub use reader::{DayLeaf, Days, Page, RowsReader, SubjectLeaf};
pub use rows::{Kind, LeafRow, VerdictKind, day_of};

/// The version of the rows' layout and rules. A change of either takes the next number; rows of
/// other versions are dropped once this one's have caught up.
pub const VERSION: u32 = 2;

#[cfg(test)]
mod tests;
