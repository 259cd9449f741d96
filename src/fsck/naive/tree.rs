//! RFC 6962's tree as its section 2.1 defines it, and C2SP's tiles over it.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// How many hashes a full tile has.
const WIDTH: u64 = 256;

/// SHA-256 of no bytes: the root of the tree without leaves.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The hash of a leaf.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::digest([&[0], entry].concat()).into()
}

/// `MTH` of RFC 6962 over hashes that stand for leaves, or for subtrees of one size whose last
/// one may be smaller.
pub fn root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => EMPTY_ROOT,
        [only] => *only,
        _ => {
            let half = hashes.len().next_power_of_two() / 2;
            let (left, right) = hashes.split_at(half);
            Sha256::digest([&[1], &root(left)[..], &root(right)].concat()).into()
        }
    }
}

/// A tile: its level, its index and its hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// 0 for the tiles that hold leaves' hashes.
    pub level: u8,
    /// Its place among the tiles of its level.
    pub index: u64,
    /// At most 256.
    pub hashes: Vec<Hash>,
}

/// The tree while it grows: of each level of tiles, the one that is not full.
#[derive(Debug, Clone, Default)]
pub struct Tiles {
    size: u64,
    partial: Vec<Vec<Hash>>,
}

impl Tiles {
    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash; gives the tiles that it fills, from below.
    pub fn push(&mut self, leaf: Hash) -> Vec<Tile> {
        self.size += 1;
        let mut filled = Vec::new();
        let (mut hash, mut count) = (leaf, self.size);
        for level in 0u8.. {
            let at = usize::from(level);
            if self.partial.len() == at {
                self.partial.push(Vec::new());
            }
            self.partial[at].push(hash);
            if count % WIDTH != 0 {
                break;
            }
            count /= WIDTH;
            let hashes = std::mem::take(&mut self.partial[at]);
            hash = root(&hashes);
            filled.push(Tile {
                level,
                index: count - 1,
                hashes,
            });
        }
        filled
    }

    /// The tiles at the right edge that are not full.
    pub fn edge(&self) -> Vec<Tile> {
        let mut count = self.size;
        let mut tiles = Vec::new();
        for (level, hashes) in (0u8..).zip(&self.partial) {
            count /= WIDTH;
            if !hashes.is_empty() {
                tiles.push(Tile {
                    level,
                    index: count,
                    hashes: hashes.clone(),
                });
            }
        }
        tiles
    }

    /// The root. Each level's tile is closed by what is left below it: a smaller subtree at the
    /// right, as section 2.1 has it.
    pub fn root(&self) -> Hash {
        let mut rest = None;
        for hashes in &self.partial {
            let with_rest: Vec<Hash> = hashes.iter().copied().chain(rest).collect();
            rest = (!with_rest.is_empty()).then(|| root(&with_rest));
        }
        rest.unwrap_or(EMPTY_ROOT)
    }

    /// How many tiles a level has, full or not.
    pub fn tiles_at(&self, level: u8) -> u64 {
        let mut count = self.size;
        for _ in 0..level {
            count /= WIDTH;
        }
        count.div_ceil(WIDTH)
    }
}
