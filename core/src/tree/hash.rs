//! Hashes of leaves and nodes (RFC 6962 §2.1).

use sha2::{Digest, Sha256};

/// Length of a hash in bytes.
pub const HASH_BYTES: usize = 32;

/// A SHA-256 hash: of a leaf, of a node, or a root.
pub type Hash = [u8; HASH_BYTES];

const LEAF_PREFIX: [u8; 1] = [0x00];
const NODE_PREFIX: [u8; 1] = [0x01];

/// The hash of a leaf: SHA-256 of `0x00` and the entry's bytes (RFC 6962 §2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix(LEAF_PREFIX)
        .chain_update(entry)
        .finalize()
        .into()
}

/// The hash of a node: SHA-256 of `0x01` and the hashes of its two children (RFC 6962 §2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix(NODE_PREFIX)
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The root of the tree without leaves: SHA-256 of no bytes (RFC 6962 §2.1).
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over neighbouring complete subtrees, given left to right, largest first: the rightmost
/// two are joined first. The empty tree's root where there is none.
pub(super) fn join_right_to_left(subtrees: &[Hash]) -> Hash {
    subtrees
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| node_hash(&left, &right))
        .unwrap_or_else(empty_root)
}
