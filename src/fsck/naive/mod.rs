//! The formats of design §3.3 a second time: as short and plain as they can be written, and slow.
//!
//! Owns its own way from a record to its leaf, and from leaves to tiles and roots. It shares no
//! code with `custodia_core` but the type that a record comes in, so that one mistake would have
//! to be made twice to go unseen. It never reads a disk.

mod entry;
mod envelope;
mod slots;
mod tree;
mod wire;

pub use entry::{ENTRY_BYTES, Facts, entry};
#[cfg(test)]
pub use tree::EMPTY_ROOT;
pub use tree::{Hash, Tile, Tiles, leaf_hash, root};

#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests;
