//! Growing a tree leaf by leaf.

use super::hash::join_right_to_left;
use super::{Error, Hash, NodeId, Nodes, ProveError, node_hash, peaks};

/// The largest size that a [`Frontier`] is made with: more leaves than a Kafka partition has
/// offsets.
pub const MAX_SIZE: u64 = 1 << 63;

/// The right edge of a tree: the hashes of its [`peaks`], enough to append and to know the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The frontier of a tree of `size` leaves, given the hashes of its [`peaks`] in their order.
    ///
    /// # Errors
    /// [`Error::SizeBeyondLimit`], or [`Error::FrontierLength`].
    pub fn from_nodes(size: u64, nodes: Vec<Hash>) -> Result<Self, Error> {
        if size > MAX_SIZE {
            return Err(Error::SizeBeyondLimit { size });
        }
        let (expected, found) = (peaks(size).count(), nodes.len());
        if expected != found {
            return Err(Error::FrontierLength {
                size,
                expected,
                found,
            });
        }
        Ok(Self { size, nodes })
    }

    /// The frontier of the first `size` leaves, read from a source of nodes.
    ///
    /// # Errors
    /// [`Error::SizeBeyondLimit`], or the source's.
    pub fn read<N: Nodes>(nodes: &N, size: u64) -> Result<Self, ProveError<N::Error>> {
        let hashes = peaks(size)
            .map(|id| nodes.node(id))
            .collect::<Result<Vec<_>, _>>();
        Ok(Self::from_nodes(size, hashes.map_err(ProveError::Nodes)?)?)
    }

    /// Appends a leaf hash, and reports each complete subtree that it completes: the leaf itself
    /// first, then upwards. Two nodes a leaf on average.
    ///
    /// # Panics
    /// Never in practice: after 2^63 appends to a frontier of [`MAX_SIZE`].
    pub fn push(&mut self, leaf_hash: Hash, completed: &mut impl FnMut(NodeId, Hash)) {
        let mut id = NodeId {
            level: 0,
            index: self.size,
        };
        let mut hash = leaf_hash;
        completed(id, hash);
        while id.is_right() {
            let left = self
                .nodes
                .pop()
                .expect("each set bit of the size has its node");
            hash = node_hash(&left, &hash);
            id = id.parent();
            completed(id, hash);
        }
        self.nodes.push(hash);
        self.size = self
            .size
            .checked_add(1)
            .expect("2^63 appends take longer than centuries");
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tree's root (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        join_right_to_left(&self.nodes)
    }

    /// The hashes of the tree's [`peaks`], in their order.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{self, Memory};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_root_equals_the_definition_after_each_leaf() {
        let leaves = naive::leaves(300);
        let mut frontier = Frontier::new();
        for (n, leaf) in leaves.iter().enumerate() {
            assert_eq!(frontier.root(), naive::root(&leaves[..n]), "{n}");
            assert_eq!(frontier.size(), n as u64);
            frontier.push(*leaf, &mut |_, _| ());
        }
    }

    #[test]
    fn every_complete_subtree_is_reported_once_with_its_hash() {
        let leaves = naive::leaves(300);
        let mut frontier = Frontier::new();
        let mut reported = Vec::new();
        for leaf in &leaves {
            frontier.push(*leaf, &mut |id, hash| reported.push((id, hash)));
        }
        for (id, hash) in &reported {
            let first = usize::try_from(id.first_leaf().unwrap()).unwrap();
            assert_eq!(
                *hash,
                naive::root(&leaves[first..first + (1 << id.level)]),
                "{id:?}"
            );
        }
        let mut ids: Vec<NodeId> = reported.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let expected: usize = (0..9).map(|level| 300 >> level).sum();
        assert_eq!((ids.len(), reported.len()), (expected, expected));
    }

    #[test]
    fn a_frontier_of_the_wrong_length_or_size_is_refused() {
        let error = Frontier::from_nodes(7, vec![[0; 32]; 2]).unwrap_err();
        assert_eq!(
            error,
            Error::FrontierLength {
                size: 7,
                expected: 3,
                found: 2
            }
        );
        let error = Frontier::from_nodes(0, vec![[0; 32]]).unwrap_err();
        assert_eq!(
            error,
            Error::FrontierLength {
                size: 0,
                expected: 0,
                found: 1
            }
        );
        let error = Frontier::from_nodes(u64::MAX, vec![[0; 32]; 64]).unwrap_err();
        assert_eq!(error, Error::SizeBeyondLimit { size: u64::MAX });
    }

    #[test]
    fn the_largest_frontier_still_grows() {
        let mut frontier = Frontier::from_nodes(MAX_SIZE, vec![[7; 32]]).unwrap();
        let mut completed = Vec::new();
        frontier.push([1; 32], &mut |id, _| completed.push(id));
        frontier.push([2; 32], &mut |id, _| completed.push(id));
        let ids = [(0, MAX_SIZE), (0, MAX_SIZE + 1), (1, MAX_SIZE / 2)];
        assert_eq!(completed, ids.map(|(level, index)| NodeId { level, index }));
        assert_eq!(
            frontier.root(),
            node_hash(&[7; 32], &node_hash(&[1; 32], &[2; 32]))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn resuming_anywhere_changes_nothing(
            (size, at) in (0_usize..3000).prop_flat_map(|n| (Just(n), 0..=n))
        ) {
            let leaves = naive::leaves(size);
            let whole = Memory::of(&leaves);
            let mut resumed = Memory::of(&leaves[..at]);
            let mut frontier = Frontier::read(&whole, at as u64).unwrap();
            let copy = Frontier::from_nodes(at as u64, frontier.nodes().to_vec()).unwrap();
            prop_assert_eq!(&copy, &frontier);
            for leaf in &leaves[at..] {
                frontier.push(*leaf, &mut |id, hash| resumed.insert(id, hash));
            }
            prop_assert_eq!(frontier.root(), naive::root(&leaves));
            prop_assert_eq!(resumed, whole);
        }
    }
}
