//! The tree as RFC 6962 §2.1 writes it down, recursive and slow: the model of the tests.

use std::collections::BTreeMap;

use super::{Frontier, Hash, NodeId, Nodes, leaf_hash, node_hash};

/// The hashes of `count` different leaves.
pub(super) fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&entry(n))).collect()
}

/// The bytes of leaf `n`: of a length of its own, different for each.
pub(super) fn entry(n: usize) -> Vec<u8> {
    [n.to_be_bytes().to_vec(), vec![0xa5; n % 70]].concat()
}

/// The largest power of two smaller than `n`, which must be at least 2.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// MTH (§2.1), over leaf hashes.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => super::empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// PATH (§2.1.1).
pub(super) fn inclusion(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, beside) = if m < k {
        (inclusion(m, left), root(right))
    } else {
        (inclusion(m - k, right), root(left))
    };
    path.push(beside);
    path
}

/// PROOF (§2.1.2).
pub(super) fn consistency(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    subproof(m, leaves, true)
}

/// SUBPROOF (§2.1.2).
fn subproof(m: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if is_whole {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, beside) = if m <= k {
        (subproof(m, left, is_whole), root(right))
    } else {
        (subproof(m - k, right, false), root(left))
    };
    proof.push(beside);
    proof
}

/// The complete subtrees of a tree, in memory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Memory(BTreeMap<NodeId, Hash>);

/// A node that the memory doesn't hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {0:?}")]
pub(super) struct Missing(pub(super) NodeId);

impl Memory {
    pub(super) fn of(leaves: &[Hash]) -> Self {
        let (mut memory, mut frontier) = (Self::default(), Frontier::new());
        for leaf in leaves {
            frontier.push(*leaf, &mut |id, hash| memory.insert(id, hash));
        }
        memory
    }

    pub(super) fn insert(&mut self, id: NodeId, hash: Hash) {
        assert_eq!(self.0.insert(id, hash), None, "{id:?} is reported twice");
    }
}

impl Nodes for Memory {
    type Error = Missing;

    fn node(&self, id: NodeId) -> Result<Hash, Missing> {
        self.0.get(&id).copied().ok_or(Missing(id))
    }
}

/// The tiles of a tree by level and index, each as wide as the tree has it.
pub(super) fn tiles(leaves: &[Hash]) -> BTreeMap<(u8, u64), Vec<u8>> {
    let (mut tiles, mut frontier) = (BTreeMap::<_, Vec<u8>>::new(), Frontier::new());
    for leaf in leaves {
        frontier.push(*leaf, &mut |id, hash| {
            if id.level % 8 == 0 {
                tiles
                    .entry((id.level / 8, id.index / 256))
                    .or_default()
                    .extend(hash);
            }
        });
    }
    tiles
}

/// A leaf's index as a position in memory.
pub(super) fn position(index: u64) -> usize {
    usize::try_from(index).unwrap()
}
