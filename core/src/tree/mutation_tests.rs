//! Verifiers under altered and hostile input: one bit of any hash, any other index, sizes at the
//! limits of `u64`, proofs of any length.

use proptest::prelude::*;
use proptest::sample::Index;

use super::naive::{self, Memory, position};
use super::path::{consistency_start, siblings};
use super::*;

/// The shape of the path from a node up: at each step the sibling's side. Sizes at which a path
/// has one shape are told apart by their roots only.
fn shape(from: NodeId, size: u64) -> Vec<bool> {
    siblings(from, size)
        .map(|sibling| sibling.is_left)
        .collect()
}

/// The hashes with one bit of one of them altered.
fn flipped(hashes: &[Hash], at: Index) -> Vec<Hash> {
    let mut all = hashes.to_vec();
    let bit = at.index(hashes.len() * 256);
    all[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
    all
}

fn a_tree_and_two_numbers_in_it() -> impl Strategy<Value = (usize, u64, u64)> {
    (1_usize..2000).prop_flat_map(|n| (Just(n), 0..n as u64, 1..=n as u64))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn inclusion_is_refused_with_any_bit_altered(
        (size, index, _) in a_tree_and_two_numbers_in_it(), at: Index, bit in 0..64_u32
    ) {
        let leaves = naive::leaves(size);
        let (memory, size) = (Memory::of(&leaves), size as u64);
        let mut hashes = vec![leaves[position(index)], root(&memory, size).unwrap()];
        hashes.extend(inclusion_proof(&memory, index, size).unwrap());
        let verify = |index, size, hashes: &[Hash]| {
            verify_inclusion(index, size, &hashes[0], &hashes[2..], &hashes[1])
        };
        prop_assert_eq!(verify(index, size, &hashes), Ok(()));
        prop_assert!(verify(index, size, &flipped(&hashes, at)).is_err());
        prop_assert!(verify(index ^ 1 << bit, size, &hashes).is_err());
        let (leaf, other) = (NodeId { level: 0, index }, size ^ 1 << bit);
        let is_alike = index < other && shape(leaf, other) == shape(leaf, size);
        prop_assert_eq!(verify(index, other, &hashes).is_ok(), is_alike);
    }

    #[test]
    fn consistency_is_refused_with_any_bit_altered(
        (new, _, old) in a_tree_and_two_numbers_in_it(), at: Index, bit in 0..64_u32
    ) {
        let leaves = naive::leaves(new);
        let (memory, new) = (Memory::of(&leaves), new as u64);
        let mut hashes = vec![root(&memory, old).unwrap(), root(&memory, new).unwrap()];
        hashes.extend(consistency_proof(&memory, old, new).unwrap());
        let verify = |old, new, hashes: &[Hash]| {
            verify_consistency(old, new, &hashes[0], &hashes[1], &hashes[2..])
        };
        prop_assert_eq!(verify(old, new, &hashes), Ok(()));
        prop_assert!(verify(old, new, &flipped(&hashes, at)).is_err());
        prop_assert!(verify(old ^ 1 << bit, new, &hashes).is_err());
        let (start, other) = (consistency_start(old).0, new ^ 1 << bit);
        let is_alike = old < new && old < other && shape(start, other) == shape(start, new);
        prop_assert_eq!(verify(old, other, &hashes).is_ok(), is_alike);
    }

    #[test]
    fn shared_nodes_are_refused_with_any_bit_altered(
        (size, index, other) in a_tree_and_two_numbers_in_it(), at: Index, bit in 0..64_u32
    ) {
        let leaves = naive::leaves(size);
        let (memory, size) = (Memory::of(&leaves), size as u64);
        let mut indices = vec![index, other - 1];
        indices.sort_unstable();
        indices.dedup();
        let mut hashes = vec![root(&memory, size).unwrap()];
        hashes.extend(indices.iter().map(|index| leaves[position(*index)]));
        hashes.extend(shared::proof(&memory, size, &indices).unwrap());
        let verify = |indices: &[u64], hashes: &[Hash]| {
            let (shown, nodes) = hashes[1..].split_at(indices.len());
            let shown: Vec<_> = indices.iter().copied().zip(shown.iter().copied()).collect();
            shared::verify(size, &shown, nodes, &hashes[0])
        };
        prop_assert_eq!(verify(&indices, &hashes), Ok(()));
        prop_assert!(verify(&indices, &flipped(&hashes, at)).is_err());
        for which in 0..indices.len() {
            let mut altered = indices.clone();
            altered[which] ^= 1 << bit;
            prop_assert!(verify(&altered, &hashes).is_err());
        }
    }

    #[test]
    fn no_numbers_and_no_length_make_a_verifier_panic_or_accept(
        a in extreme(), b in extreme(), length in 0..140_usize
    ) {
        let proof = vec![[0x11; 32]; length];
        let (leaf, root) = ([0x22; 32], [0x33; 32]);
        prop_assert!(verify_inclusion(a, b, &leaf, &proof, &root).is_err());
        prop_assert!(verify_consistency(a, b, &leaf, &root, &proof).is_err());
        prop_assert!(shared::verify(b, &[(a, leaf)], &proof, &root).is_err());
        prop_assert!(shared::verify(b, &[(a, leaf), (b, leaf)], &proof, &root).is_err());
    }
}

/// Numbers near 0, near a power of two, near `u64::MAX`, and any.
fn extreme() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..5_u64,
        (0..64_u32, 0..3_u64).prop_map(|(bit, n)| (1_u64 << bit).wrapping_add(n).wrapping_sub(1)),
        (0..5_u64).prop_map(|n| u64::MAX - n),
        any::<u64>(),
    ]
}

#[test]
fn proofs_at_the_largest_sizes_verify() {
    let (leaf, beside) = ([1; 32], [2; 32]);
    for (index, size, length) in [
        (0, u64::MAX, 64),
        (u64::MAX - 1, u64::MAX, 63),
        (1 << 62, 1 << 63, 63),
    ] {
        let proof = vec![beside; length];
        let root = root_from_inclusion(index, size, &leaf, &proof).unwrap();
        assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
        let short = verify_inclusion(index, size, &leaf, &proof[1..], &root);
        assert_eq!(
            short,
            Err(Error::ProofLength {
                expected: length,
                found: length - 1
            })
        );
    }
}
