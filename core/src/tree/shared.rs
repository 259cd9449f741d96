//! Tree nodes shared by the proofs of many leaves.
//!
//! Where many leaves of one tree are shown together, their audit paths repeat each other. The set
//! here has each node once: the largest complete subtrees that hold none of the leaves shown. Left
//! to right they fill the gaps between those leaves, so leaves and nodes together are the tree's
//! leaves `0..size` exactly once, and the order and number of nodes follow from the size and the
//! indices alone; no coordinates travel. For k leaves there are O(k log size) nodes, and checking
//! holds O(log size) hashes at a time.

use super::hash::join_right_to_left;
use super::node::cover;
use super::verify::check_root;
use super::{Error, Hash, NodeId, Nodes, ProveError, node_hash};

/// The nodes needed beside the leaves at `indices` to compute the root of a tree of `size` leaves,
/// in canonical order: by first leaf. Without indices these are the tree's
/// [`peaks`](super::peaks).
///
/// # Errors
/// [`Error::IndicesNotAscending`], or [`Error::IndexOutOfRange`].
pub fn nodes_for(size: u64, indices: &[u64]) -> Result<Vec<NodeId>, Error> {
    check_indices(size, indices.iter().copied())?;
    let begins = std::iter::once(0).chain(indices.iter().map(|index| index + 1));
    let ends = indices.iter().copied().chain(std::iter::once(size));
    Ok(begins
        .zip(ends)
        .flat_map(|(begin, end)| cover(begin, end))
        .collect())
}

/// The hashes of [`nodes_for`], read from a source of nodes.
///
/// # Errors
/// Those of [`nodes_for`], or the source's.
pub fn proof<N: Nodes>(
    nodes: &N,
    size: u64,
    indices: &[u64],
) -> Result<Vec<Hash>, ProveError<N::Error>> {
    let ids = nodes_for(size, indices)?;
    ids.into_iter()
        .map(|id| nodes.node(id).map_err(ProveError::Nodes))
        .collect()
}

/// The root of a tree of `size` leaves that these leaves (index and leaf hash) and shared nodes
/// lead to.
///
/// Takes exactly the nodes it needs, so that the nodes of several trees can follow one another in
/// one stream; whoever calls checks that nothing is left at the stream's end, as [`verify`] does
/// for a single tree.
///
/// # Errors
/// [`Error::IndicesNotAscending`], [`Error::IndexOutOfRange`], or [`Error::TooFewNodes`].
pub fn root_from(
    size: u64,
    leaves: &[(u64, Hash)],
    nodes: &mut impl Iterator<Item = Hash>,
) -> Result<Hash, Error> {
    check_indices(size, leaves.iter().map(|(index, _)| *index))?;
    let mut edge = Edge::default();
    let mut begin = 0;
    for (index, leaf) in leaves {
        edge.fill(begin, *index, nodes)?;
        edge.push(
            NodeId {
                level: 0,
                index: *index,
            },
            *leaf,
        );
        begin = index + 1;
    }
    edge.fill(begin, size, nodes)?;
    Ok(edge.root())
}

/// Checks leaves (index and leaf hash) and all of `nodes` against a tree's size and root.
///
/// # Errors
/// Those of [`root_from`], [`Error::TooManyNodes`], or [`Error::RootMismatch`].
pub fn verify(size: u64, leaves: &[(u64, Hash)], nodes: &[Hash], root: &Hash) -> Result<(), Error> {
    let mut rest = nodes.iter().copied();
    let computed = root_from(size, leaves, &mut rest)?;
    if rest.next().is_some() {
        return Err(Error::TooManyNodes);
    }
    check_root(size, &computed, root)
}

/// Refuses indices that don't strictly ascend or lie beyond the tree.
fn check_indices(size: u64, indices: impl Iterator<Item = u64>) -> Result<(), Error> {
    let mut previous = None;
    for index in indices {
        if let Some(before) = previous.filter(|before| *before >= index) {
            return Err(Error::IndicesNotAscending { before, index });
        }
        if index >= size {
            return Err(Error::IndexOutOfRange { index, size });
        }
        previous = Some(index);
    }
    Ok(())
}

/// The right edge of the part of the tree computed so far: complete subtrees, left to right, no
/// two of which are halves of one.
#[derive(Default)]
struct Edge {
    subtrees: Vec<(NodeId, Hash)>,
    taken: usize,
}

impl Edge {
    /// Adds the subtree that begins where the last one ends, and joins what is complete.
    fn push(&mut self, id: NodeId, hash: Hash) {
        let (mut id, mut hash) = (id, hash);
        while let Some((_, left)) = self
            .subtrees
            .pop_if(|(before, _)| is_left_half(*before, id))
        {
            hash = node_hash(&left, &hash);
            id = id.parent();
        }
        self.subtrees.push((id, hash));
    }

    /// Fills the leaves `begin..end` with shared nodes.
    fn fill(
        &mut self,
        begin: u64,
        end: u64,
        nodes: &mut impl Iterator<Item = Hash>,
    ) -> Result<(), Error> {
        for id in cover(begin, end) {
            let hash = nodes
                .next()
                .ok_or(Error::TooFewNodes { found: self.taken })?;
            self.taken += 1;
            self.push(id, hash);
        }
        Ok(())
    }

    fn root(&self) -> Hash {
        join_right_to_left(
            &self
                .subtrees
                .iter()
                .map(|(_, hash)| *hash)
                .collect::<Vec<_>>(),
        )
    }
}

/// Whether `left` is the other half of `id`'s parent. It ends where `id` begins, so the level and
/// the side decide.
fn is_left_half(left: NodeId, id: NodeId) -> bool {
    left.level == id.level && id.is_right()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::naive::{self, Memory};
    use super::*;
    use proptest::prelude::*;

    /// The needed nodes by descent from the root, straight from the definition: a complete subtree
    /// without any of the indices is needed, any other is split.
    fn by_descent(begin: u64, end: u64, indices: &[u64]) -> Vec<NodeId> {
        let shown = indices
            .iter()
            .filter(|index| (begin..end).contains(index))
            .count() as u64;
        let count = end - begin;
        if count == 0 || shown == count {
            return Vec::new();
        }
        if shown == 0 && count.is_power_of_two() {
            let level = u8::try_from(count.trailing_zeros()).unwrap();
            return vec![NodeId {
                level,
                index: begin >> level,
            }];
        }
        let middle = begin + count.next_power_of_two() / 2;
        [
            by_descent(begin, middle, indices),
            by_descent(middle, end, indices),
        ]
        .concat()
    }

    fn shown(leaves: &[Hash], indices: &[u64]) -> Vec<(u64, Hash)> {
        indices
            .iter()
            .map(|index| (*index, leaves[usize::try_from(*index).unwrap()]))
            .collect()
    }

    #[test]
    fn every_choice_of_leaves_of_every_tiny_tree_verifies_with_the_minimal_set() {
        for size in 0..=9_usize {
            let leaves = naive::leaves(size);
            let (memory, root) = (Memory::of(&leaves), naive::root(&leaves));
            for choice in 0..1_u64 << size {
                let indices: Vec<u64> = (0..size as u64)
                    .filter(|index| choice >> index & 1 == 1)
                    .collect();
                let ids = nodes_for(size as u64, &indices).unwrap();
                assert_eq!(
                    ids,
                    by_descent(0, size as u64, &indices),
                    "{size} {indices:?}"
                );
                let nodes = proof(&memory, size as u64, &indices).unwrap();
                verify(size as u64, &shown(&leaves, &indices), &nodes, &root).unwrap();
            }
        }
    }

    #[test]
    fn one_leaf_needs_the_nodes_of_its_audit_path() {
        let leaves = naive::leaves(64);
        let memory = Memory::of(&leaves);
        for index in 0..64 {
            let mut shared = proof(&memory, 64, &[index]).unwrap();
            let mut path = super::super::inclusion_proof(&memory, index, 64).unwrap();
            shared.sort_unstable();
            path.sort_unstable();
            assert_eq!(shared, path);
        }
    }

    #[test]
    fn several_trees_can_share_one_stream() {
        let (a, b) = (naive::leaves(11), naive::leaves(6));
        let mut stream = proof(&Memory::of(&a), 11, &[2, 7]).unwrap();
        stream.extend(proof(&Memory::of(&b), 6, &[5]).unwrap());
        let mut nodes = stream.into_iter();
        assert_eq!(
            root_from(11, &shown(&a, &[2, 7]), &mut nodes).unwrap(),
            naive::root(&a)
        );
        assert_eq!(
            root_from(6, &shown(&b, &[5]), &mut nodes).unwrap(),
            naive::root(&b)
        );
        assert_eq!(nodes.next(), None);
    }

    #[test]
    fn indices_out_of_order_doubled_or_beyond_are_refused() {
        let doubled = Error::IndicesNotAscending {
            before: 3,
            index: 3,
        };
        let falling = Error::IndicesNotAscending {
            before: 3,
            index: 2,
        };
        let beyond = Error::IndexOutOfRange { index: 8, size: 8 };
        for (indices, error) in [([3, 3], doubled), ([3, 2], falling), ([3, 8], beyond)] {
            assert_eq!(nodes_for(8, &indices).unwrap_err(), error);
            let leaves = indices.map(|index| (index, [0; 32]));
            assert_eq!(
                verify(8, &leaves, &[[0; 32]; 9], &[0; 32]).unwrap_err(),
                error
            );
        }
        let error = nodes_for(u64::MAX, &[u64::MAX]).unwrap_err();
        assert_eq!(
            error,
            Error::IndexOutOfRange {
                index: u64::MAX,
                size: u64::MAX
            }
        );
    }

    #[test]
    fn the_largest_sizes_neither_overflow_nor_take_long() {
        let size = u64::MAX;
        let indices = [0, 1 << 40, size - 1];
        let ids = nodes_for(size, &indices).unwrap();
        let covered = ids.iter().map(|id| 1_u128 << id.level).sum::<u128>();
        assert_eq!(covered + 3, u128::from(size));
        assert!(ids.len() <= 64 * 4, "{}", ids.len());
        let leaves = indices.map(|index| (index, [1; 32]));
        assert!(root_from(size, &leaves, &mut std::iter::repeat([0; 32])).is_ok());
        let few = root_from(
            size,
            &leaves,
            &mut std::iter::repeat_n([0; 32], ids.len() - 1),
        );
        assert_eq!(
            few.unwrap_err(),
            Error::TooFewNodes {
                found: ids.len() - 1
            }
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_leaves_of_larger_trees_verify_with_the_minimal_set_and_no_other(
            (size, picks, at) in (1_usize..4000).prop_flat_map(|n| {
                (Just(n), prop::collection::btree_set(0..n as u64, 0..40), any::<prop::sample::Index>())
            })
        ) {
            let leaves = naive::leaves(size);
            let (memory, root, size) = (Memory::of(&leaves), naive::root(&leaves), size as u64);
            let indices: Vec<u64> = BTreeSet::into_iter(picks).collect();
            let shown = shown(&leaves, &indices);
            prop_assert_eq!(nodes_for(size, &indices).unwrap(), by_descent(0, size, &indices));
            let nodes = proof(&memory, size, &indices).unwrap();
            prop_assert_eq!(verify(size, &shown, &nodes, &root), Ok(()));

            let more = [nodes.clone(), vec![root]].concat();
            prop_assert_eq!(verify(size, &shown, &more, &root), Err(Error::TooManyNodes));
            if let Some((_, fewer)) = nodes.split_last() {
                let found = fewer.len();
                prop_assert_eq!(verify(size, &shown, fewer, &root), Err(Error::TooFewNodes { found }));
                let at = at.index(nodes.len());
                let mut without = nodes.clone();
                without.remove(at);
                prop_assert!(verify(size, &shown, &without, &root).is_err());
                let mut swapped = nodes.clone();
                swapped.swap(at, (at + 1) % nodes.len());
                prop_assert_eq!(verify(size, &shown, &swapped, &root).is_err(), nodes.len() > 1);
            }
        }
    }
}
