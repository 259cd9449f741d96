//! Building roots and proofs from a source of nodes.

use super::hash::join_right_to_left;
use super::node::cover;
use super::path::{consistency_start, siblings};
use super::{Error, Hash, NodeId, Nodes, ProveError, peaks};

/// The root of the tree of the first `size` leaves (RFC 6962 §2.1).
///
/// # Errors
/// The source's, where it can't read one of the [`peaks`].
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    let peaks = peaks(size)
        .map(|id| nodes.node(id))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(join_right_to_left(&peaks))
}

/// The audit path of leaf `index` in the tree of the first `size` leaves: the leaf's sibling
/// first, the root's child last (RFC 6962 §2.1.1). Reads O(log size) nodes.
///
/// # Errors
/// [`Error::IndexOutOfRange`], or the source's.
pub fn inclusion_proof<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, ProveError<N::Error>> {
    if index >= size {
        return Err(Error::IndexOutOfRange { index, size }.into());
    }
    siblings(NodeId { level: 0, index }, size)
        .map(|sibling| subtree(nodes, sibling.node, size).map_err(ProveError::Nodes))
        .collect()
}

/// The proof that the tree of the first `new` leaves extends that of the first `old`
/// (RFC 6962 §2.1.2); empty where the sizes are equal. Reads O(log new) nodes.
///
/// # Errors
/// [`Error::OldTreeEmpty`], [`Error::SizesReversed`], or the source's.
pub fn consistency_proof<N: Nodes>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, ProveError<N::Error>> {
    check_sizes(old, new)?;
    if old == new {
        return Ok(Vec::new());
    }
    let (start, is_spelled_out) = consistency_start(old);
    is_spelled_out
        .then_some(start)
        .into_iter()
        .chain(siblings(start, new).map(|sibling| sibling.node))
        .map(|node| subtree(nodes, node, new).map_err(ProveError::Nodes))
        .collect()
}

/// How many hashes [`consistency_proof`] has for these sizes.
///
/// # Errors
/// [`Error::OldTreeEmpty`], or [`Error::SizesReversed`].
pub fn consistency_length(old: u64, new: u64) -> Result<usize, Error> {
    check_sizes(old, new)?;
    if old == new {
        return Ok(0);
    }
    let (start, is_spelled_out) = consistency_start(old);
    Ok(usize::from(is_spelled_out) + siblings(start, new).count())
}

/// Whether one can ask for consistency between these sizes at all.
pub(super) fn check_sizes(old: u64, new: u64) -> Result<(), Error> {
    if old == 0 {
        return Err(Error::OldTreeEmpty);
    }
    if old > new {
        return Err(Error::SizesReversed { old, new });
    }
    Ok(())
}

/// The hash of a node of a tree of `size` leaves, complete or on the right edge.
fn subtree<N: Nodes>(nodes: &N, id: NodeId, size: u64) -> Result<Hash, N::Error> {
    if id.is_complete_in(size) {
        return nodes.node(id);
    }
    let parts = cover(id.index << id.level, size).map(|part| nodes.node(part));
    Ok(join_right_to_left(&parts.collect::<Result<Vec<_>, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::super::naive::{self, Memory};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn roots_equal_the_definition_for_every_small_size() {
        let leaves = naive::leaves(300);
        let memory = Memory::of(&leaves);
        for size in 0..=300 {
            assert_eq!(
                root(&memory, size as u64).unwrap(),
                naive::root(&leaves[..size]),
                "{size}"
            );
        }
    }

    #[test]
    fn inclusion_proofs_equal_the_definition_for_every_small_tree() {
        let leaves = naive::leaves(70);
        let memory = Memory::of(&leaves);
        for size in 1..=leaves.len() {
            for index in 0..size {
                let proof = inclusion_proof(&memory, index as u64, size as u64).unwrap();
                assert_eq!(
                    proof,
                    naive::inclusion(index, &leaves[..size]),
                    "{index} {size}"
                );
            }
        }
    }

    #[test]
    fn consistency_proofs_equal_the_definition_for_every_small_tree() {
        let leaves = naive::leaves(70);
        let memory = Memory::of(&leaves);
        for new in 1..=leaves.len() {
            for old in 1..=new {
                let proof = consistency_proof(&memory, old as u64, new as u64).unwrap();
                let length = consistency_length(old as u64, new as u64).unwrap();
                assert_eq!(proof.len(), length, "{old} {new}");
                assert_eq!(
                    proof,
                    naive::consistency(old, &leaves[..new]),
                    "{old} {new}"
                );
            }
        }
    }

    #[test]
    fn questions_without_an_answer_are_refused() {
        let memory = Memory::of(&naive::leaves(3));
        let refusal = |result: Result<Vec<Hash>, ProveError<_>>| match result.unwrap_err() {
            ProveError::NoSuchProof(error) => error,
            ProveError::Nodes(error) => panic!("asked the source: {error}"),
        };
        for (index, size) in [(0, 0), (3, 3), (u64::MAX, u64::MAX), (u64::MAX, 3)] {
            let expected = Error::IndexOutOfRange { index, size };
            assert_eq!(refusal(inclusion_proof(&memory, index, size)), expected);
        }
        assert_eq!(
            refusal(consistency_proof(&memory, 0, 3)),
            Error::OldTreeEmpty
        );
        let expected = Error::SizesReversed {
            old: u64::MAX,
            new: 3,
        };
        assert_eq!(refusal(consistency_proof(&memory, u64::MAX, 3)), expected);
    }

    #[test]
    fn a_source_that_lacks_a_node_is_the_error() {
        let memory = Memory::of(&naive::leaves(3));
        let missing = ProveError::Nodes(naive::Missing(NodeId { level: 2, index: 0 }));
        assert_eq!(
            consistency_proof(&memory, 3, 7).unwrap_err(),
            ProveError::Nodes(naive::Missing(NodeId { level: 0, index: 3 }))
        );
        assert_eq!(
            inclusion_proof(&memory, 4, 7).unwrap_err(),
            ProveError::Nodes(naive::Missing(NodeId { level: 0, index: 5 }))
        );
        assert_eq!(ProveError::Nodes(root(&memory, 5).unwrap_err()), missing);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn proofs_equal_the_definition_for_larger_trees(
            (size, index, old) in (1_usize..5000).prop_flat_map(|n| (Just(n), 0..n, 1..=n))
        ) {
            let leaves = naive::leaves(size);
            let memory = Memory::of(&leaves);
            let (index64, old64, size64) = (index as u64, old as u64, size as u64);
            prop_assert_eq!(root(&memory, size64).unwrap(), naive::root(&leaves));
            let inclusion = inclusion_proof(&memory, index64, size64).unwrap();
            prop_assert_eq!(inclusion, naive::inclusion(index, &leaves));
            let consistency = consistency_proof(&memory, old64, size64).unwrap();
            prop_assert_eq!(consistency, naive::consistency(old, &leaves));
        }
    }
}
