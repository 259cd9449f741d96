//! The reference vectors of transparency-dev/merkle (`testonly/constants.go` and `testdata/`),
//! written out as a table of our own, with the ways in which that suite spoils a good proof.

use super::naive::{self, Memory, position};
use super::*;

/// The eight reference entries.
const ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The hash of each complete subtree, level by level.
const NODES: [&[&str]; 4] = [
    &[
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
    ],
    &[
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    ],
    &[
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    &["5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
];

/// The root of each size, from 0 on.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Nodes by level and index.
type Ids = &'static [(u8, u64)];

/// Index, size, and the audit path as (level, index) of [`NODES`].
const INCLUSION: [(u64, u64, Ids); 5] = [
    (0, 1, &[]),
    (0, 8, &[(0, 1), (1, 1), (2, 1)]),
    (5, 8, &[(0, 4), (1, 3), (2, 0)]),
    (2, 3, &[(1, 0)]),
    (1, 5, &[(0, 0), (1, 1), (0, 4)]),
];

/// Old size, new size, and the proof as (level, index) of [`NODES`].
const CONSISTENCY: [(u64, u64, Ids); 5] = [
    (1, 1, &[]),
    (1, 8, &[(0, 1), (1, 1), (2, 1)]),
    (6, 8, &[(1, 2), (1, 3), (2, 0)]),
    (2, 5, &[(1, 1), (0, 4)]),
    (6, 7, &[(1, 2), (0, 6), (2, 0)]),
];

fn hash(text: &str) -> Hash {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn reference_root(size: u64) -> Hash {
    hash(ROOTS[position(size)])
}

fn reference_nodes(ids: &[(u8, u64)]) -> Vec<Hash> {
    let node = |(level, index): &(u8, u64)| hash(NODES[usize::from(*level)][position(*index)]);
    ids.iter().map(node).collect()
}

fn reference_leaves() -> Vec<Hash> {
    ENTRIES
        .iter()
        .map(|entry| leaf_hash(&hex::decode(entry).unwrap()))
        .collect()
}

/// Hashes that are in no proof here.
const GARBAGE: Hash = [0xee; 32];

/// A good proof spoiled: a hash put before or behind, two swapped, one left out, inserted or
/// altered, the end cut off.
fn spoiled(proof: &[Hash], roots: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for extra in roots.iter().chain([&GARBAGE]).chain(proof.first()) {
        all.push([&[*extra], proof].concat());
        all.push([proof, &[*extra]].concat());
    }
    for at in 1..proof.len() {
        let mut swapped = proof.to_vec();
        swapped.swap(at - 1, at);
        all.push(swapped);
    }
    for at in 0..proof.len() {
        let mut removed = proof.to_vec();
        removed.remove(at);
        let mut inserted = proof.to_vec();
        inserted.insert(at, GARBAGE);
        let mut altered = proof.to_vec();
        altered[at][0] ^= 0x10;
        all.extend([removed, inserted, altered, proof[..at].to_vec()]);
    }
    all
}

#[test]
fn hashes_roots_and_nodes_are_the_reference_ones() {
    let leaves = reference_leaves();
    let memory = Memory::of(&leaves);
    for (level, hashes) in (0..).zip(NODES) {
        for (index, expected) in (0..).zip(hashes) {
            assert_eq!(
                memory.node(NodeId { level, index }).unwrap(),
                hash(expected)
            );
        }
    }
    assert_eq!(empty_root(), hash(ROOTS[0]));
    for size in 0..=8_u64 {
        assert_eq!(root(&memory, size).unwrap(), reference_root(size));
        assert_eq!(naive::root(&leaves[..position(size)]), reference_root(size));
        assert_eq!(
            Frontier::read(&memory, size).unwrap().root(),
            reference_root(size)
        );
    }
}

#[test]
fn reference_inclusion_proofs_are_built_and_verified() {
    let leaves = reference_leaves();
    for (index, size, ids) in INCLUSION {
        let proof = reference_nodes(ids);
        assert_eq!(
            inclusion_proof(&Memory::of(&leaves), index, size).unwrap(),
            proof
        );
        let leaf = leaves[position(index)];
        assert_eq!(
            verify_inclusion(index, size, &leaf, &proof, &reference_root(size)),
            Ok(())
        );
    }
}

#[test]
fn spoiled_inclusion_proofs_are_refused() {
    let leaves = reference_leaves();
    for (index, size, ids) in INCLUSION {
        let (leaf, root, proof) = (
            leaves[position(index)],
            reference_root(size),
            reference_nodes(ids),
        );
        for bad in spoiled(&proof, &[root]) {
            assert!(
                verify_inclusion(index, size, &leaf, &bad, &root).is_err(),
                "{bad:?}"
            );
        }
        for bad in [index.wrapping_sub(1), index + 1, index ^ 2] {
            assert!(
                verify_inclusion(bad, size, &leaf, &proof, &root).is_err(),
                "index {bad}"
            );
        }
        for bad in [size * 2, size / 2] {
            assert!(
                verify_inclusion(index, bad, &leaf, &proof, &root).is_err(),
                "size {bad}"
            );
        }
        for bad in [[0; 32], GARBAGE, empty_root()] {
            assert!(verify_inclusion(index, size, &leaf, &proof, &bad).is_err());
            assert!(verify_inclusion(index, size, &bad, &proof, &root).is_err());
        }
    }
}

#[test]
fn nothing_is_in_an_empty_tree_nor_beyond_a_tree_of_one() {
    let leaf = hash(NODES[0][0]);
    for (index, size) in [(0, 0), (1, 0), (2, 1), (1, 1)] {
        for root in [empty_root(), leaf, [0; 32]] {
            let expected = Err(Error::IndexOutOfRange { index, size });
            assert_eq!(verify_inclusion(index, size, &leaf, &[], &root), expected);
            assert_eq!(verify_inclusion(index, size, &root, &[], &root), expected);
        }
    }
    let mismatch = Err(Error::RootMismatch { size: 1 });
    assert_eq!(verify_inclusion(0, 1, &leaf, &[], &empty_root()), mismatch);
}

#[test]
fn reference_consistency_proofs_are_built_and_verified() {
    let memory = Memory::of(&reference_leaves());
    for (old, new, ids) in CONSISTENCY {
        let proof = reference_nodes(ids);
        assert_eq!(consistency_proof(&memory, old, new).unwrap(), proof);
        let (old_root, new_root) = (reference_root(old), reference_root(new));
        assert_eq!(
            verify_consistency(old, new, &old_root, &new_root, &proof),
            Ok(())
        );
    }
}

#[test]
fn spoiled_consistency_proofs_are_refused() {
    for (old, new, ids) in CONSISTENCY {
        let (old_root, new_root) = (reference_root(old), reference_root(new));
        let proof = reference_nodes(ids);
        let is_refused = |old, new, old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
            verify_consistency(old, new, old_root, new_root, proof).is_err()
        };
        for bad in spoiled(&proof, &[old_root, new_root]) {
            assert!(is_refused(old, new, &old_root, &new_root, &bad), "{bad:?}");
        }
        assert!(is_refused(old, new, &GARBAGE, &new_root, &proof));
        assert!(is_refused(old, new, &old_root, &GARBAGE, &proof));
        if old == new {
            continue;
        }
        assert!(is_refused(old, new, &old_root, &new_root, &[]));
        assert!(is_refused(old, new, &new_root, &old_root, &proof));
        for bad in [old - 1, old + 1, old ^ 2] {
            assert!(
                is_refused(bad, new, &old_root, &new_root, &proof),
                "{bad} {new}"
            );
        }
        for bad in [new * 2, new / 2] {
            assert!(
                is_refused(old, bad, &old_root, &new_root, &proof),
                "{old} {bad}"
            );
        }
    }
}

#[test]
fn degenerate_sizes_have_no_consistency() {
    let empty = empty_root();
    for proof in [&[][..], &[empty]] {
        for new in [0, 1] {
            let refused = verify_consistency(0, new, &empty, &empty, proof);
            assert_eq!(refused, Err(Error::OldTreeEmpty));
        }
    }
    for (old, new) in [(1, 0), (2, 1)] {
        let refused = verify_consistency(old, new, &GARBAGE, &GARBAGE, &[]);
        assert_eq!(refused, Err(Error::SizesReversed { old, new }));
    }
    assert_eq!(verify_consistency(1, 1, &GARBAGE, &GARBAGE, &[]), Ok(()));
    let mismatch = Err(Error::RootMismatch { size: 1 });
    assert_eq!(verify_consistency(1, 1, &GARBAGE, &empty, &[]), mismatch);
    let length = Err(Error::ProofLength {
        expected: 0,
        found: 1,
    });
    assert_eq!(verify_consistency(1, 1, &empty, &empty, &[empty]), length);
    let length = Err(Error::ProofLength {
        expected: 1,
        found: 0,
    });
    assert_eq!(verify_consistency(1, 2, &empty, &GARBAGE, &[]), length);
}
