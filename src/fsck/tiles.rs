//! Stored tiles beside those computed again.

use super::Place;
use super::findings::Found;
use super::naive::{Hash, Tile, Tiles};
use super::shelf::{Held, Shelf, odd_key};
use crate::log::layout::{TILES, tile_key};
use crate::store::KeyRange;

/// How many hashes a full tile has.
pub(super) const WIDTH: usize = 256;

const HASH_BYTES: usize = 32;

/// The stored tile's hashes, as far as they are whole.
pub(super) fn stored_hashes(stored: &Held<Vec<u8>>) -> Vec<Hash> {
    let Held::There(bytes) = stored else {
        return Vec::new();
    };
    bytes
        .chunks_exact(HASH_BYTES)
        .filter_map(|hash| hash.try_into().ok())
        .collect()
}

pub(super) fn read(
    shelf: Shelf<'_>,
    level: u8,
    index: u64,
    found: &mut Found<'_>,
) -> Held<Vec<u8>> {
    shelf.get(TILES, &tile_key(level, index), found)
}

/// Compares a tile with the stored one, and names each hash that differs.
pub(super) fn compare(tile: &Tile, stored: &Held<Vec<u8>>, found: &mut Found<'_>) {
    let Tile {
        level,
        index,
        hashes,
    } = tile;
    let at = |position| Place::Tile {
        level: *level,
        index: *index,
        position,
    };
    let bytes = match stored {
        Held::Unread => return,
        Held::Missing => return found.add(at(None), "missing"),
        Held::There(bytes) => bytes,
    };
    let expected = hashes.len() * HASH_BYTES;
    if bytes.len() != expected {
        let what = format!("has {} bytes where {expected} belong", bytes.len());
        found.add(at(None), what);
    }
    for (position, (is, should)) in (0u16..).zip(bytes.chunks(HASH_BYTES).zip(hashes)) {
        if is != should {
            found.add(
                at(Some(position)),
                "differs from the hash of what lies below it",
            );
        }
    }
}

/// Names tiles that belong to no leaf, and reads every one of them.
pub(super) fn find_strays(shelf: Shelf<'_>, tree: &Tiles, found: &mut Found<'_>) {
    shelf.each(TILES, &KeyRange::all(), found, &mut |key, _, found| {
        let Some((level, index)) = parse_key(key) else {
            return odd_key(TILES, key, found);
        };
        if index >= tree.tiles_at(level) {
            found.add(
                Place::Tile {
                    level,
                    index,
                    position: None,
                },
                "belongs to no leaf",
            );
        }
    });
}

fn parse_key(key: &[u8]) -> Option<(u8, u64)> {
    let (level, index) = key.split_first()?;
    Some((*level, super::shelf::number(index)?))
}

/// How many leaves the level-0 tiles say there are.
pub(super) fn leaves_in_tiles(shelf: Shelf<'_>, found: &mut Found<'_>) -> Option<u64> {
    let (key, value) = shelf.last(TILES, &KeyRange::prefix(&[0]), found)?;
    let (_, index) = parse_key(&key)?;
    Some(
        index
            .saturating_mul(WIDTH as u64)
            .saturating_add((value.len() / HASH_BYTES) as u64),
    )
}
