//! Our proofs under the eyes of two implementations that aren't ours: the crates `ct-merkle`
//! (which hashes entries itself) and `tlog_tiles`.

use std::collections::BTreeMap;

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;
use tlog_tiles::{
    Hash as Other, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record,
    prove_tree,
};

use super::naive::{self, Memory};
use super::*;

/// Sizes around powers of two and tile borders, and some with many bits.
const SIZES: [u64; 17] = [
    1, 2, 3, 4, 5, 7, 8, 9, 31, 100, 255, 256, 257, 300, 511, 513, 700,
];

fn others(proof: &[Hash]) -> Vec<Other> {
    proof.iter().map(|hash| Other(*hash)).collect()
}

fn ct_root(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.into(), size)
}

#[test]
fn inclusion_proofs_verify_elsewhere() {
    let memory = Memory::of(&naive::leaves(700));
    for size in SIZES {
        let root = root(&memory, size).unwrap();
        for index in (0..size).filter(|index| index % 7 == 0 || index + 3 > size) {
            let proof = inclusion_proof(&memory, index, size).unwrap();
            let entry = naive::entry(usize::try_from(index).unwrap());
            let theirs = InclusionProof::try_from_bytes(proof.concat()).unwrap();
            ct_root(root, size)
                .verify_inclusion(&entry, index, &theirs)
                .unwrap();
            let leaf = Other(leaf_hash(&entry));
            check_record(&others(&proof), size, Other(root), index, leaf).unwrap();
        }
    }
}

#[test]
fn consistency_proofs_verify_elsewhere() {
    let memory = Memory::of(&naive::leaves(700));
    for new in SIZES {
        for old in (1..=new).filter(|old| old % 5 == 0 || SIZES.contains(old) || old + 2 > new) {
            let proof = consistency_proof(&memory, old, new).unwrap();
            let (a, b) = (root(&memory, old).unwrap(), root(&memory, new).unwrap());
            check_tree(&others(&proof), new, Other(b), old, Other(a)).unwrap();
            let theirs = ConsistencyProof::try_from_bytes(proof.concat()).unwrap();
            ct_root(b, new)
                .verify_consistency(&ct_root(a, old), &theirs)
                .unwrap();
        }
    }
}

/// Our tiles, read by theirs.
struct Served(BTreeMap<(u8, u64), Vec<u8>>);

impl TileReader for Served {
    fn height(&self) -> u8 {
        tile::TILE_HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let bytes = |tile: &Tile| {
            let whole = &self.0[&(tile.level(), tile.level_index())];
            whole[..usize::try_from(tile.width()).unwrap() * HASH_BYTES].to_vec()
        };
        Ok(tiles.iter().map(bytes).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn proofs_built_elsewhere_from_our_tiles_are_ours() {
    let leaves = naive::leaves(66_000);
    let (memory, served) = (Memory::of(&leaves), Served(naive::tiles(&leaves)));
    for size in [1, 255, 256, 257, 65_536, 66_000] {
        let root = root(&memory, size).unwrap();
        // It authenticates each tile against the root.
        let reader = TileHashReader::new(size, Other(root), &served);
        for index in [0, size / 3, size - 1] {
            let theirs = prove_record(size, index, &reader).unwrap();
            assert_eq!(
                theirs,
                others(&inclusion_proof(&memory, index, size).unwrap())
            );
        }
        for old in [1, size / 2 + 1, size] {
            let theirs = prove_tree(size, old, &reader).unwrap();
            assert_eq!(
                theirs,
                others(&consistency_proof(&memory, old, size).unwrap())
            );
        }
    }
}

#[test]
fn tiles_of_a_size_and_their_paths_are_the_same_elsewhere() {
    // Their paths name the tile's height too, as Go's checksum database does.
    let spelled = |tile: &Tile| tile.path().replacen("tile/8/", "tile/", 1);
    for size in SIZES
        .into_iter()
        .chain([65_535, 65_536, 65_537, 70_000, 300_000])
    {
        let mut ours: Vec<String> = tile::tiles(size).map(|tile| tile.path()).collect();
        let mut theirs: Vec<String> = Tile::new_tiles(8, 0, size).iter().map(spelled).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{size}");
    }
}

#[test]
fn an_altered_proof_fails_here_and_elsewhere() {
    let memory = Memory::of(&naive::leaves(300));
    let root = root(&memory, 300).unwrap();
    let leaf = leaf_hash(&naive::entry(123));
    let mut proof = inclusion_proof(&memory, 123, 300).unwrap();
    proof[2][31] ^= 1;
    assert!(check_record(&others(&proof), 300, Other(root), 123, Other(leaf)).is_err());
    let here = verify_inclusion(123, 300, &leaf, &proof, &root);
    assert_eq!(here, Err(Error::RootMismatch { size: 300 }));
}
