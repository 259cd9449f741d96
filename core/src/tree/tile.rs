//! Tiles: the form in which a tree's nodes are kept and served (C2SP tlog-tiles v0.1.0).
//!
//! A tile of level L holds up to 256 neighbouring hashes of the tree's level 8·L, 32 bytes each.
//! This module names tiles, spells their paths, and finds and computes the node one holds. It
//! doesn't read them.

use std::fmt;
use std::str::FromStr;

use super::{HASH_BYTES, Hash, NodeId, node_hash};

/// How many levels of the tree a tile spans.
pub const TILE_HEIGHT: u8 = 8;

/// How many hashes a full tile holds.
pub const TILE_WIDTH: u16 = 1 << TILE_HEIGHT;

/// The levels of tiles that a tree of fewer than 2^64 leaves can have: 0 to 7.
pub const TILE_LEVELS: u8 = 64 / TILE_HEIGHT;

/// The largest level that a path may name (C2SP tlog-tiles, Merkle Tree).
const LARGEST_PATH_LEVEL: u8 = 63;

/// Why a tile's path or bytes are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not the one spelling of a tile's path.
    #[error("{path:?} is not a tile's path: tile/<level 0-63>/<index as x000/000>[.p/<1-255>]")]
    Path {
        /// The text given.
        path: String,
    },
    /// The bytes are not 32 for each hash, or fewer or more hashes than the tile can hold.
    #[error("{tile} has {found} bytes, not a multiple of 32 from {least} to 8192")]
    Length {
        /// The tile asked for.
        tile: TileId,
        /// The length of its hashes in bytes.
        least: usize,
        /// How many bytes there are.
        found: usize,
    },
}

/// A tile: `width` hashes of the tree's level 8·`level`, from the 256·`index`-th on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// The tile's level, 0 to 63. A tree of fewer than 2^64 leaves has levels 0 to 7.
    pub level: u8,
    /// Position among the tiles of this level, from the left.
    pub index: u64,
    /// How many hashes it holds, 1 to 256. A tile with fewer than 256 is partial.
    pub width: u16,
}

impl TileId {
    /// The tile as it stands in a tree of `size` leaves; `None` where it would be empty.
    pub fn at_size(level: u8, index: u64, size: u64) -> Option<TileId> {
        let first = index.checked_mul(u64::from(TILE_WIDTH))?;
        let hashes = hashes_at(level, size)
            .checked_sub(first)
            .filter(|count| *count > 0)?;
        let width = u16::try_from(hashes).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
        Some(TileId {
            level,
            index,
            width,
        })
    }

    /// The tile's path, `tile/<L>/<N>` with `.p/<W>` where it is partial (C2SP tlog-tiles,
    /// Merkle Tree).
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// The length of the tile's hashes in bytes.
    pub fn byte_len(&self) -> usize {
        usize::from(self.width) * HASH_BYTES
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/{}", self.level, spell_index(self.index))?;
        if self.width == TILE_WIDTH {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width)
        }
    }
}

impl FromStr for TileId {
    type Err = Error;

    /// Reads a path; only the one spelling that [`TileId::path`] gives is taken.
    fn from_str(path: &str) -> Result<Self, Error> {
        // Read loosely, then spelled again: so there is one place that says what the spelling is.
        read_loosely(path)
            .filter(|tile| {
                tile.level <= LARGEST_PATH_LEVEL && (1..=TILE_WIDTH).contains(&tile.width)
            })
            .filter(|tile| tile.path() == path)
            .ok_or_else(|| Error::Path {
                path: path.to_owned(),
            })
    }
}

/// The index in groups of three digits, all but the last led by an `x`.
fn spell_index(index: u64) -> String {
    let mut spelled = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        spelled = format!("x{:03}/{spelled}", rest % 1000);
        rest /= 1000;
    }
    spelled
}

fn read_loosely(path: &str) -> Option<TileId> {
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    let digits: String = index.chars().filter(char::is_ascii_digit).collect();
    Some(TileId {
        level: level.parse().ok()?,
        index: digits.parse().ok()?,
        width,
    })
}

/// The tiles that a tree of `size` leaves has, level by level, each from the left: all full but
/// the last of a level, which may be partial. None is empty.
pub fn tiles(size: u64) -> impl Iterator<Item = TileId> {
    (0..TILE_LEVELS).flat_map(move |level| {
        let count = hashes_at(level, size).div_ceil(u64::from(TILE_WIDTH));
        (0..count).filter_map(move |index| TileId::at_size(level, index, size))
    })
}

/// How many hashes the tiles of a level hold together in a tree of `size` leaves.
fn hashes_at(level: u8, size: u64) -> u64 {
    let shift = u32::from(level) * u32::from(TILE_HEIGHT);
    size.checked_shr(shift).unwrap_or(0)
}

/// Where a node stands: alone in a tile, or as the root over neighbouring hashes of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    tile: TileId,
    offset: u16,
    count: u16,
}

impl Place {
    /// Where a complete subtree is found in a tree of `size` leaves; `None` where that tree
    /// doesn't hold it whole.
    pub fn of(id: NodeId, size: u64) -> Option<Place> {
        if !id.is_complete_in(size) {
            return None;
        }
        let (level, height) = (id.level / TILE_HEIGHT, id.level % TILE_HEIGHT);
        let first = id.index << height;
        let tile = TileId::at_size(level, first >> TILE_HEIGHT, size)?;
        let offset = u16::try_from(first % u64::from(TILE_WIDTH)).ok()?;
        Some(Place {
            tile,
            offset,
            count: 1 << height,
        })
    }

    /// The tile, as it stands at the size asked for.
    pub fn tile(&self) -> TileId {
        self.tile
    }

    /// Position in the tile of the first hash that the node stands over.
    pub fn offset(&self) -> u16 {
        self.offset
    }

    /// How many hashes of the tile the node stands over: 1 (it is that hash), or 2, 4 … 128.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// The node's hash, from the bytes of its tile, which may be wider than asked: a log that has
    /// grown keeps only the wider one.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn hash_in(&self, bytes: &[u8]) -> Result<Hash, Error> {
        let (hashes, odd) = bytes.as_chunks::<HASH_BYTES>();
        let is_within =
            (usize::from(self.tile.width)..=usize::from(TILE_WIDTH)).contains(&hashes.len());
        let (from, count) = (usize::from(self.offset), usize::from(self.count));
        hashes
            .get(from..from + count)
            .filter(|_| odd.is_empty() && is_within)
            .and_then(join_level_by_level)
            .ok_or(Error::Length {
                tile: self.tile,
                least: self.tile.byte_len(),
                found: bytes.len(),
            })
    }
}

/// The root over neighbouring hashes, whose number is a power of two.
fn join_level_by_level(hashes: &[Hash]) -> Option<Hash> {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[left, right]| node_hash(left, right))
            .collect();
    }
    level.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tile(level: u8, index: u64, width: u16) -> TileId {
        TileId {
            level,
            index,
            width,
        }
    }

    #[test]
    fn paths_are_spelled_as_the_specification_does() {
        // The example 1234067 is the specification's.
        let spelled = [
            (tile(0, 0, 256), "tile/0/000"),
            (tile(7, 5, 1), "tile/7/005.p/1"),
            (tile(0, 273, 112), "tile/0/273.p/112"),
            (tile(1, 1000, 256), "tile/1/x001/000"),
            (tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
            (tile(63, 999_999, 255), "tile/63/x999/999.p/255"),
            (
                tile(0, u64::MAX, 256),
                "tile/0/x018/x446/x744/x073/x709/x551/615",
            ),
        ];
        for (id, path) in spelled {
            assert_eq!(id.path(), path);
            assert_eq!(path.parse(), Ok(id));
        }
    }

    #[test]
    fn any_other_spelling_is_refused() {
        let refused = [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/256/000",
            "tile/0/x000/001",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/0/x001",
            "tile/0/xx01/000",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/x001//000",
            "tile/0/1000",
            "tile/0/ 00",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/000.p/+1",
            "tile/0/000.p/256",
            "tile/0/000.p/257",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/0/000.P/1",
            "tile/entries/000",
            "tile/data/000",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/٠٠٠",
            "tile/8/0/000",
        ];
        for path in refused {
            assert_eq!(
                path.parse::<TileId>(),
                Err(Error::Path {
                    path: path.to_owned()
                })
            );
        }
    }

    #[test]
    fn the_specification_s_example_sizes_have_its_tiles() {
        let mut expected: Vec<TileId> = (0..273).map(|index| tile(0, index, 256)).collect();
        expected.extend([
            tile(0, 273, 112),
            tile(1, 0, 256),
            tile(1, 1, 17),
            tile(2, 0, 1),
        ]);
        assert_eq!(tiles(70_000).collect::<Vec<_>>(), expected);
        assert_eq!(
            tiles(256).collect::<Vec<_>>(),
            [tile(0, 0, 256), tile(1, 0, 1)]
        );
        assert_eq!(tiles(255).collect::<Vec<_>>(), [tile(0, 0, 255)]);
        assert_eq!(tiles(0).count(), 0);
    }

    #[test]
    fn the_largest_sizes_do_not_overflow() {
        assert_eq!(TileId::at_size(7, 0, u64::MAX), Some(tile(7, 0, 255)));
        assert_eq!(
            TileId::at_size(0, u64::MAX >> 8, u64::MAX),
            Some(tile(0, u64::MAX >> 8, 255))
        );
        for (level, index) in [(7, 1), (8, 0), (255, 0), (0, u64::MAX)] {
            assert_eq!(TileId::at_size(level, index, u64::MAX), None);
        }
        let top = Place::of(
            NodeId {
                level: 63,
                index: 0,
            },
            u64::MAX,
        );
        assert_eq!(
            top,
            Some(Place {
                tile: tile(7, 0, 255),
                offset: 0,
                count: 128
            })
        );
        assert_eq!(
            Place::of(
                NodeId {
                    level: 64,
                    index: 0
                },
                u64::MAX
            ),
            None
        );
        assert_eq!(
            Place::of(
                NodeId {
                    level: 0,
                    index: u64::MAX
                },
                u64::MAX
            ),
            None
        );
    }

    #[test]
    fn a_node_is_found_in_the_tile_below_it() {
        let of = |level, index| Place::of(NodeId { level, index }, 70_000);
        assert_eq!(
            of(0, 69_999),
            Some(Place {
                tile: tile(0, 273, 112),
                offset: 111,
                count: 1
            })
        );
        assert_eq!(
            of(7, 1),
            Some(Place {
                tile: tile(0, 0, 256),
                offset: 128,
                count: 128
            })
        );
        assert_eq!(
            of(8, 272),
            Some(Place {
                tile: tile(1, 1, 17),
                offset: 16,
                count: 1
            })
        );
        assert_eq!(of(9, 136), None);
        assert_eq!(of(0, 70_000), None);
    }

    #[test]
    fn bytes_of_the_wrong_length_are_refused() {
        let place = Place::of(NodeId { level: 1, index: 1 }, 6).unwrap();
        for length in [0, 32, 5 * 32, 6 * 32 - 1, 6 * 32 + 1, 257 * 32] {
            let refused = Error::Length {
                tile: tile(0, 0, 6),
                least: 192,
                found: length,
            };
            assert_eq!(place.hash_in(&vec![0; length]), Err(refused));
        }
        for length in [6 * 32, 7 * 32, 256 * 32] {
            assert!(place.hash_in(&vec![0; length]).is_ok());
        }
    }

    proptest! {
        #[test]
        fn every_tile_s_path_reads_back(level in 0..=63_u8, index: u64, shift in 0..64, width in 1..=256_u16) {
            let id = tile(level, index >> shift, width);
            prop_assert_eq!(id.path().parse(), Ok(id));
        }

        #[test]
        fn a_path_that_is_read_is_the_one_that_is_spelled(path in "tile/[0-9]{1,2}/(x?[0-9]{3}/){0,2}[0-9]{2,4}(\\.p/[0-9]{1,3})?") {
            if let Ok(id) = path.parse::<TileId>() {
                prop_assert_eq!(id.path(), path);
            }
        }
    }
}
