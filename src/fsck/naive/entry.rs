//! The 50 bytes that a leaf hashes (design §3.3, entry).

use custodia_core::record::{Record, Timestamp};

use super::slots::commit;

/// How long an entry is, in bytes.
pub const ENTRY_BYTES: usize = 50;

/// The entry of a record.
pub fn entry(record: &Record) -> [u8; ENTRY_BYTES] {
    let committed = commit(record);
    let (time_ms, append) = match record.timestamp {
        Timestamp::None | Timestamp::Create(-1) | Timestamp::LogAppend(-1) => (-1, false),
        Timestamp::Create(ms) => (ms, false),
        Timestamp::LogAppend(ms) => (ms, true),
    };
    let mut out = [0; ENTRY_BYTES];
    out[0] = 1;
    out[1] = u8::from(committed.splits) | u8::from(append) << 1;
    out[2..10].copy_from_slice(&record.offset.to_be_bytes());
    out[10..18].copy_from_slice(&i64::to_be_bytes(time_ms));
    out[18..].copy_from_slice(&committed.commitment);
    out
}

/// What an entry says in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether the record splits.
    pub splits: bool,
    /// The record's offset.
    pub offset: u64,
    /// The record's timestamp, in ms since 1970; −1 for none.
    pub timestamp_ms: i64,
}

impl Facts {
    /// Reads an entry; `None` for other lengths, versions and flags.
    pub fn of(entry: &[u8]) -> Option<Self> {
        let entry: &[u8; ENTRY_BYTES] = entry.try_into().ok()?;
        let [1, flags @ 0..=3, ..] = *entry else {
            return None;
        };
        let offset = u64::from_be_bytes(entry[2..10].try_into().ok()?);
        let timestamp_ms = i64::from_be_bytes(entry[10..18].try_into().ok()?);
        if flags & 2 != 0 && timestamp_ms == -1 {
            return None;
        }
        Some(Self {
            splits: flags & 1 != 0,
            offset,
            timestamp_ms,
        })
    }
}
