//! How a log lies in its `RocksDB`: families and keys. Numbers are big-endian, so that keys sort by
//! index.

use crate::store::{Content, Family, Layout, Versions};

/// Single values: [`GENERATION`], [`STATE`], [`OPENED`], [`CLOSING`], [`CLOSED`],
/// [`HANDED_OVER`].
pub(crate) const META: Family = Family::new("meta", Content::Clear);
/// index u64be → the entry's 50 bytes.
pub(crate) const ENTRIES: Family = Family::new("entries", Content::Ascending);
/// tile level u8 ‖ tile index u64be → the tile's hashes, 32 bytes each, at most 256.
pub(crate) const TILES: Family = Family::new("tiles", Content::Hashed);
/// index u64be → locator of the key, 32 bytes ‖ the sealed record.
pub(crate) const PAYLOADS: Family = Family::new("payloads", Content::Ascending);
/// index u64be → what is still known of a leaf whose payload was erased; `project` says what.
pub(crate) const REMAINS: Family = Family::new("remains", Content::Ascending);
/// size u64be → the signed checkpoint of that size.
pub(crate) const CHECKPOINTS: Family = Family::new("checkpoints", Content::Clear);
/// first missing offset u64be → first offset after the gap u64be.
pub(crate) const GAPS: Family = Family::new("gaps", Content::Clear);
/// index of a full level-0 tile u64be → the latest timestamp of any leaf up to its end, i64be.
pub(crate) const CLOCKS: Family = Family::new("clocks", Content::Clear);

/// What project makes of the log, a family a projection version.
pub const ROWS: Versions = Versions::new("rows", Content::Hashed);

/// The families of a log.
pub(crate) const LAYOUT: Layout = Layout {
    fixed: &[
        META,
        ENTRIES,
        TILES,
        PAYLOADS,
        REMAINS,
        CHECKPOINTS,
        GAPS,
        CLOCKS,
    ],
    versions: &[ROWS],
};

/// META: what the generation fixes, JSON.
pub(crate) const GENERATION: &[u8] = b"generation";
/// META: the log's size, root and source position ([`super::State`]).
pub(crate) const STATE: &[u8] = b"state";
/// META: the `LogOpened` event of this log, and whether it is in the registry.
pub(crate) const OPENED: &[u8] = b"opened";
/// META: that the log is closed, and how ([`super::Closing`]), JSON; missing in an open log.
pub(crate) const CLOSING: &[u8] = b"closing";
/// META: the `LogClosed` event, as [`OPENED`]; written together with [`CLOSING`].
pub(crate) const CLOSED: &[u8] = b"closed";

/// META: the newest `SigningKeyHandedOver` event, as [`OPENED`]; in the registry's log alone.
pub(crate) const HANDED_OVER: &[u8] = b"handed over";

/// The key of a tile.
pub(crate) fn tile_key(level: u8, index: u64) -> [u8; 9] {
    let mut key = [0; 9];
    key[0] = level;
    key[1..].copy_from_slice(&index.to_be_bytes());
    key
}

/// A number from a key or value of eight bytes.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}
