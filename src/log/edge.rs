//! The right edge of the tiles: the partial tile of each level, held by the log's one writer.

use custodia_core::tree::tile;
use custodia_core::tree::{Frontier, Hash, NodeId};

/// Hashes in a full tile (C2SP tlog-tiles: height 8).
pub(super) const TILE_WIDTH: u64 = tile::TILE_WIDTH as u64;

/// A tile to be written: level, index and hashes.
pub(super) struct Tile<'a> {
    pub level: u8,
    pub index: u64,
    pub hashes: &'a [u8],
}

/// One partial tile a level, and which of them changed since the last write.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    levels: Vec<Partial>,
}

#[derive(Debug, Clone, Default)]
struct Partial {
    index: u64,
    hashes: Vec<u8>,
    dirty: bool,
}

impl Edge {
    /// The edge whose partial tiles, level by level, are `partials` (index and hashes).
    pub(super) fn from_partials(partials: Vec<(u64, Vec<u8>)>) -> Self {
        let levels = partials
            .into_iter()
            .map(|(index, hashes)| Partial {
                index,
                hashes,
                dirty: false,
            })
            .collect();
        Self { levels }
    }

    /// Pushes a leaf to `frontier` and takes up the nodes that it completes; full tiles go to
    /// `write` at once.
    pub(super) fn push(
        &mut self,
        frontier: &mut Frontier,
        leaf: Hash,
        write: &mut impl FnMut(Tile<'_>),
    ) {
        frontier.push(leaf, &mut |id: NodeId, hash: Hash| {
            if id.level.is_multiple_of(8) {
                self.take_up(id.level / 8, id.index, &hash, write);
            }
        });
    }

    fn take_up(&mut self, level: u8, index: u64, hash: &Hash, write: &mut impl FnMut(Tile<'_>)) {
        let at = usize::from(level);
        if self.levels.len() <= at {
            self.levels.resize_with(at + 1, Partial::default);
        }
        // The line above made room for `at`.
        let Some(partial) = self.levels.get_mut(at) else {
            return;
        };
        debug_assert_eq!(partial.hashes.len() as u64 / 32, index % TILE_WIDTH);
        partial.index = index / TILE_WIDTH;
        partial.hashes.extend_from_slice(hash);
        partial.dirty = true;
        if index % TILE_WIDTH == TILE_WIDTH - 1 {
            write(Tile {
                level,
                index: partial.index,
                hashes: &partial.hashes,
            });
            *partial = Partial {
                index: partial.index + 1,
                ..Partial::default()
            };
        }
    }

    /// Hands out the partial tiles that changed since the last call.
    pub(super) fn flush(&mut self, write: &mut impl FnMut(Tile<'_>)) {
        for (level, partial) in (0u8..).zip(&mut self.levels) {
            if partial.dirty {
                write(Tile {
                    level,
                    index: partial.index,
                    hashes: &partial.hashes,
                });
                partial.dirty = false;
            }
        }
    }
}
