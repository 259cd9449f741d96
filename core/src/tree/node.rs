//! Complete subtrees: how they are named, where they come from, and which ones cover a range.

use super::Hash;

/// A complete subtree: the 2^`level` leaves from `index << level` on.
///
/// Level 0 is a leaf. It is never one of the incomplete nodes on the right edge of a tree: what a
/// `NodeId` names never changes while the tree grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// Height above the leaves, 0 to 63.
    pub level: u8,
    /// Position among the subtrees of this level, from the left.
    pub index: u64,
}

impl NodeId {
    /// Whether the subtree lies wholly within a tree of `size` leaves.
    pub fn is_complete_in(self, size: u64) -> bool {
        self.level < 64 && self.index < size >> self.level
    }

    /// The first leaf's index; `None` where no tree of fewer than 2^64 leaves has this node.
    pub fn first_leaf(self) -> Option<u64> {
        self.is_complete_in(u64::MAX)
            .then(|| self.index << self.level)
    }

    /// The subtree of twice the size that this one is a half of.
    pub(super) fn parent(self) -> NodeId {
        NodeId {
            level: self.level.saturating_add(1),
            index: self.index >> 1,
        }
    }

    /// Whether this is the right half of its parent.
    pub(super) fn is_right(self) -> bool {
        self.index & 1 == 1
    }
}

/// Where the hashes of complete subtrees are read from.
pub trait Nodes {
    /// Why a hash can't be read.
    type Error;

    /// The hash of a complete subtree.
    ///
    /// # Errors
    /// Where the source doesn't hold the node, or can't read it.
    fn node(&self, id: NodeId) -> Result<Hash, Self::Error>;
}

/// The complete subtrees that a tree of `size` leaves consists of, left to right: one for each set
/// bit of the size, largest first. They are what a [`Frontier`](super::Frontier) holds.
pub fn peaks(size: u64) -> impl Iterator<Item = NodeId> {
    cover(0, size)
}

/// The largest complete subtrees that cover the leaves `begin..end`, left to right.
///
/// No two of them together are a complete subtree within the range, so there is no smaller cover.
pub(super) fn cover(begin: u64, end: u64) -> impl Iterator<Item = NodeId> {
    let mut at = begin;
    std::iter::from_fn(move || {
        let room = end.checked_sub(at).and_then(u64::checked_ilog2)?;
        let level = at.trailing_zeros().min(room);
        let id = NodeId {
            level: u8::try_from(level).ok()?,
            index: at >> level,
        };
        at += 1 << level;
        Some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_the_set_bits_of_the_size() {
        let of = |size| {
            peaks(size)
                .map(|id| (id.level, id.index))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(0), []);
        assert_eq!(of(1), [(0, 0)]);
        assert_eq!(of(7), [(2, 0), (1, 2), (0, 6)]);
        assert_eq!(of(1 << 63), [(63, 0)]);
        assert_eq!(of(u64::MAX).len(), 64);
    }

    #[test]
    fn a_cover_tiles_its_range_and_has_no_mergeable_neighbours() {
        for begin in 0..70 {
            for end in begin..70 {
                let blocks: Vec<NodeId> = cover(begin, end).collect();
                let mut at = begin;
                for block in &blocks {
                    assert_eq!(block.first_leaf(), Some(at));
                    at += 1 << block.level;
                }
                assert_eq!(at, end);
                let siblings = |pair: &[NodeId]| {
                    pair[0].parent() == pair[1].parent() && pair[0].level == pair[1].level
                };
                assert!(!blocks.windows(2).any(siblings), "{begin}..{end}");
            }
        }
    }

    #[test]
    fn nodes_outside_every_tree_are_in_none() {
        for (level, index) in [(64, 0), (255, 0), (63, 1), (0, u64::MAX), (1, u64::MAX)] {
            let id = NodeId { level, index };
            assert!(!id.is_complete_in(u64::MAX), "{id:?}");
            assert_eq!(id.first_leaf(), None);
        }
        assert!(
            NodeId {
                level: 63,
                index: 0
            }
            .is_complete_in(1 << 63)
        );
        assert!(
            !NodeId {
                level: 63,
                index: 0
            }
            .is_complete_in((1 << 63) - 1)
        );
    }
}
