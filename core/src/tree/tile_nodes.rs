//! Nodes computed from tiles.

use std::cell::RefCell;

use super::tile::{self, Place, TILE_LEVELS, TileId};
use super::{Hash, NodeId, Nodes};

/// Every complete subtree of a tree of a fixed size, computed from its tiles.
///
/// `read` is asked for a tile as it stands at that size and may return a wider one. The tile read
/// last at each level is remembered, so a proof reads each tile once, and proofs of ascending
/// leaves read each tile about once together. The tiles are not authenticated: compare the
/// [`root`](super::root) with a checkpoint's.
#[derive(Debug)]
pub struct TileNodes<F> {
    size: u64,
    read: F,
    recent: RefCell<[Recent; TILE_LEVELS as usize]>,
}

/// The tile read last at a level, and its bytes.
type Recent = Option<(TileId, Vec<u8>)>;

/// Why a node can't be computed from tiles whose reading fails with `E`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error<E> {
    /// The tree of this size doesn't hold the subtree whole.
    #[error("no complete subtree {} of level {} in a tree of {size} leaves", id.index, id.level)]
    OutsideTree {
        /// The node asked for.
        id: NodeId,
        /// The tree's size, in leaves.
        size: u64,
    },
    /// A tile can't be read.
    #[error("{tile} can't be read")]
    Read {
        /// The tile.
        tile: TileId,
        /// Why not.
        #[source]
        source: E,
    },
    /// A tile was read, and its bytes are none.
    #[error(transparent)]
    Tile(#[from] tile::Error),
}

impl<F> TileNodes<F> {
    /// The nodes of the first `size` leaves, from tiles that `read` returns.
    pub fn new(size: u64, read: F) -> Self {
        Self {
            size,
            read,
            recent: RefCell::default(),
        }
    }

    /// The tree's size, in leaves.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl<F, E> Nodes for TileNodes<F>
where
    F: Fn(TileId) -> Result<Vec<u8>, E>,
{
    type Error = Error<E>;

    fn node(&self, id: NodeId) -> Result<Hash, Error<E>> {
        let outside = Error::OutsideTree {
            id,
            size: self.size,
        };
        let Some(place) = Place::of(id, self.size) else {
            return Err(outside);
        };
        let mut recent = self.recent.borrow_mut();
        let Some(slot) = recent.get_mut(usize::from(place.tile().level)) else {
            return Err(outside);
        };
        if let Some((_, bytes)) = slot.as_ref().filter(|(tile, _)| *tile == place.tile()) {
            return Ok(place.hash_in(bytes)?);
        }
        let bytes = (self.read)(place.tile()).map_err(|source| Error::Read {
            tile: place.tile(),
            source,
        })?;
        let hash = place.hash_in(&bytes)?;
        *slot = Some((place.tile(), bytes));
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{self, Memory};
    use super::super::{consistency_proof, inclusion_proof, root, shared};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_node_of_a_tree_is_computed_from_its_tiles() {
        let leaves = naive::leaves(66_000);
        let (memory, tiles) = (Memory::of(&leaves), naive::tiles(&leaves));
        let read = |tile: TileId| tiles.get(&(tile.level, tile.index)).cloned().ok_or(tile);
        let nodes = TileNodes::new(66_000, read);
        for (level, step) in (0..=16_u8).zip(
            [997, 499, 251, 127, 61, 31, 1]
                .into_iter()
                .chain(std::iter::repeat(1)),
        ) {
            for index in (0..66_000_u64 >> level).step_by(step) {
                let id = NodeId { level, index };
                assert_eq!(nodes.node(id).unwrap(), memory.node(id).unwrap(), "{id:?}");
            }
        }
        assert_eq!(root(&nodes, 66_000).unwrap(), naive::root(&leaves));
        for tile in tile::tiles(66_000) {
            assert_eq!(
                tiles[&(tile.level, tile.index)].len(),
                tile.byte_len(),
                "{tile}"
            );
        }
        assert_eq!(tile::tiles(66_000).count(), tiles.len());
    }

    #[test]
    fn a_proof_reads_each_tile_once() {
        let leaves = naive::leaves(66_000);
        let tiles = naive::tiles(&leaves);
        let asked = RefCell::new(Vec::new());
        let nodes = TileNodes::new(66_000, |tile: TileId| {
            asked.borrow_mut().push(tile.path());
            tiles.get(&(tile.level, tile.index)).cloned().ok_or(tile)
        });
        inclusion_proof(&nodes, 300, 66_000).unwrap();
        // Those of the path, and those of the right edge.
        let expected = [
            "tile/0/001",
            "tile/1/000",
            "tile/1/001.p/1",
            "tile/0/257.p/208",
        ];
        assert_eq!(asked.into_inner(), expected);
    }

    #[test]
    fn errors_name_the_node_or_the_tile() {
        let nodes = TileNodes::new(6, |_| Ok::<_, NodeId>(vec![0; 31]));
        let id = NodeId { level: 0, index: 6 };
        assert_eq!(
            nodes.node(id).unwrap_err(),
            Error::OutsideTree { id, size: 6 }
        );
        let id = NodeId { level: 0, index: 5 };
        assert!(matches!(
            nodes.node(id),
            Err(Error::Tile(tile::Error::Length { found: 31, .. }))
        ));
        let nodes = TileNodes::new(6, Err::<Vec<u8>, _>);
        let tile = TileId {
            level: 0,
            index: 0,
            width: 6,
        };
        assert_eq!(
            nodes.node(id).unwrap_err(),
            Error::Read { tile, source: tile }
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn proofs_at_an_older_size_come_from_the_wider_tiles_of_a_newer(
            (grown, size, old, index) in (1_usize..3000).prop_flat_map(|g| (Just(g), 1..=g))
                .prop_flat_map(|(g, n)| (Just(g), Just(n), 1..=n as u64, 0..n as u64))
        ) {
            let leaves = naive::leaves(grown);
            let (memory, tiles) = (Memory::of(&leaves), naive::tiles(&leaves));
            let read = |tile: TileId| tiles.get(&(tile.level, tile.index)).cloned().ok_or(tile);
            let size = size as u64;
            let nodes = TileNodes::new(size, read);
            prop_assert_eq!(root(&nodes, size).unwrap(), root(&memory, size).unwrap());
            let (a, b) = (inclusion_proof(&nodes, index, size), inclusion_proof(&memory, index, size));
            prop_assert_eq!(a.unwrap(), b.unwrap());
            let (a, b) = (consistency_proof(&nodes, old, size), consistency_proof(&memory, old, size));
            prop_assert_eq!(a.unwrap(), b.unwrap());
            let (a, b) = (shared::proof(&nodes, size, &[index]), shared::proof(&memory, size, &[index]));
            prop_assert_eq!(a.unwrap(), b.unwrap());
        }
    }
}
