//! What the proofs of many leaves cost, beside as many single proofs.

use std::collections::BTreeSet;

use custodia_core::receipt::Receipt;
use custodia_core::tree::{HASH_BYTES, inclusion_proof, leaf_hash, root, shared};

use crate::chance::Chance;
use crate::maker::{DATA, Grown, SEED, signer};
use custodia_core::checkpoint::Checkpoint;

/// Leaves shown.
const SHOWN: usize = 10_000;

/// What some leaves of a log cost to prove.
struct Cost {
    shared_hashes: usize,
    single_hashes: usize,
    /// Bytes of as many receipts, the files that prove one leaf each.
    receipts_bytes: usize,
}

/// Of leaves scattered over a log of this size.
fn cost_in(size: usize) -> Cost {
    let grown = Grown::of((0..size).map(|n| leaf_hash(&n.to_be_bytes())));
    let mut chance = Chance::seeded("scattered");
    let mut indices = BTreeSet::new();
    while indices.len() < SHOWN {
        indices.insert(chance.below(size) as u64);
    }
    let (indices, size): (Vec<u64>, u64) = (indices.into_iter().collect(), size as u64);
    let Ok(root) = root(&grown, size);
    let checkpoint = Checkpoint {
        origin: DATA.to_owned(),
        size,
        root,
    };
    let checkpoint = checkpoint.sign(&signer(&SEED, DATA)).unwrap();
    let singles = indices.iter().map(|index| {
        let proof = inclusion_proof(&grown, *index, size).unwrap();
        let hashes = proof.len();
        let receipt = Receipt::new(*index, proof, &checkpoint).unwrap();
        (hashes, receipt.to_string().len())
    });
    let (single_hashes, receipts_bytes) =
        singles.fold((0, 0), |sum, single| (sum.0 + single.0, sum.1 + single.1));
    Cost {
        shared_hashes: shared::proof(&grown, size, &indices).unwrap().len(),
        single_hashes,
        receipts_bytes,
    }
}

/// The denser the leaves, the more they share; leaves that stand side by side need next to nothing.
#[test]
fn the_proofs_of_10_000_leaves_are_a_tenth_of_as_many_receipts() {
    for (size, hashes_per_mille) in [(20_000, 49), (100_000, 154)] {
        let cost = cost_in(size);
        let bytes = cost.shared_hashes * HASH_BYTES;
        println!(
            "{SHOWN} of {size} leaves: {bytes} bytes of proofs, {} of receipts; {} hashes of {}",
            cost.receipts_bytes, cost.shared_hashes, cost.single_hashes
        );
        assert!(10 * bytes <= cost.receipts_bytes, "{size}");
        let per_mille = 1_000 * cost.shared_hashes / cost.single_hashes;
        assert_eq!(per_mille, hashes_per_mille, "{size}");
    }
}
