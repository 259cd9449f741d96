//! Checking proofs from bytes alone (RFC 9162 §2.1.3.2 and §2.1.4.2).
//!
//! Any input is safe: sizes and indices up to `u64::MAX`, proofs of any length.

use super::path::{Sibling, consistency_start, siblings};
use super::prove::check_sizes;
use super::{Error, Hash, NodeId, node_hash};

/// The root of the tree of `size` leaves that leaf hash `leaf` at `index` and its audit path lead
/// to. Whoever calls compares it with a root that is trusted for that size.
///
/// # Errors
/// [`Error::IndexOutOfRange`], or [`Error::ProofLength`].
pub fn root_from_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
) -> Result<Hash, Error> {
    if index >= size {
        return Err(Error::IndexOutOfRange { index, size });
    }
    let path: Vec<Sibling> = siblings(NodeId { level: 0, index }, size).collect();
    check_length(path.len(), proof.len())?;
    let root = path
        .iter()
        .zip(proof)
        .fold(*leaf, |hash, (sibling, beside)| {
            if sibling.is_left {
                node_hash(beside, &hash)
            } else {
                node_hash(&hash, beside)
            }
        });
    Ok(root)
}

/// Checks that leaf hash `leaf` stands at `index` in the tree of `size` leaves with this root
/// (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`Error::IndexOutOfRange`], [`Error::ProofLength`], or [`Error::RootMismatch`].
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), Error> {
    check_root(size, &root_from_inclusion(index, size, leaf, proof)?, root)
}

/// Checks that the tree of `new` leaves with root `new_root` extends that of `old` leaves with
/// root `old_root` (RFC 9162 §2.1.4.2). Equal sizes need equal roots and an empty proof.
///
/// # Errors
/// [`Error::OldTreeEmpty`], since every tree extends the empty one; [`Error::SizesReversed`],
/// [`Error::ProofLength`], or [`Error::RootMismatch`] with the size of the root that differs.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), Error> {
    check_sizes(old, new)?;
    if old == new {
        check_length(0, proof.len())?;
        return check_root(new, old_root, new_root);
    }
    let (start, is_spelled_out) = consistency_start(old);
    let path: Vec<Sibling> = siblings(start, new).collect();
    check_length(path.len() + usize::from(is_spelled_out), proof.len())?;
    let (seed, beside) = match proof.split_first() {
        Some((first, rest)) if is_spelled_out => (first, rest),
        _ => (old_root, proof),
    };
    let (from_old, from_new) = climb(seed, &path, beside);
    check_root(old, &from_old, old_root)?;
    check_root(new, &from_new, new_root)
}

/// The roots of the older and of the newer tree above `seed`. A right sibling lies beyond the
/// older tree, a left one in both.
fn climb(seed: &Hash, path: &[Sibling], beside: &[Hash]) -> (Hash, Hash) {
    path.iter()
        .zip(beside)
        .fold((*seed, *seed), |(old, new), (sibling, hash)| {
            if sibling.is_left {
                (node_hash(hash, &old), node_hash(hash, &new))
            } else {
                (old, node_hash(&new, hash))
            }
        })
}

fn check_length(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::ProofLength { expected, found })
    }
}

pub(super) fn check_root(size: u64, computed: &Hash, given: &Hash) -> Result<(), Error> {
    if computed == given {
        Ok(())
    } else {
        Err(Error::RootMismatch { size })
    }
}
