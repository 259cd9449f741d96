//! The fixed 50 bytes that a leaf hashes (design 3.3, `proto/FORMAT.md` 6).
//!
//! An entry is a pure function of its record. It holds no personal data: of what the record says
//! it has the commitment alone.

use crate::record::{NO_TIMESTAMP_MS, Record};
use crate::slot::Slots;

/// Length of an entry, in bytes.
pub const ENTRY_BYTES: usize = 50;
/// The entry version that this program writes and reads.
pub const ENTRY_VERSION: u8 = 1;

const SPLITS: u8 = 1;
const LOG_APPEND_TIME: u8 = 2;

/// Why bytes are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not 50 bytes.
    #[error("an entry has {ENTRY_BYTES} bytes, not {0}")]
    Length(usize),
    /// A version that this program doesn't know.
    #[error("entry has version {0}, known is {ENTRY_VERSION}")]
    Version(u8),
    /// Flag bits that have no meaning.
    #[error("entry has unknown flag bits: {0:#04x}")]
    Flags(u8),
    /// `LogAppendTime` without a time.
    #[error("entry says LogAppendTime but has no timestamp")]
    NoLogAppendTime,
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Whether the record's value splits.
    pub splits: bool,
    /// Whether the timestamp is the broker's.
    pub log_append_time: bool,
    /// The record's offset.
    pub offset: u64,
    /// Milliseconds since 1970; −1 where Kafka has none.
    pub timestamp_ms: i64,
    /// What binds the record's key, value and headers.
    pub commitment: [u8; 32],
}

impl Entry {
    /// The entry of `record`.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        Self::of_slots(record, &Slots::of(record))
    }

    /// The entry of `record`, whose slots are at hand.
    #[must_use]
    pub fn of_slots(record: &Record, slots: &Slots<'_>) -> Self {
        Self {
            splits: slots.splits(),
            log_append_time: record.timestamp.is_log_append(),
            offset: record.offset,
            timestamp_ms: record.timestamp.millis(),
            commitment: slots.commitment(),
        }
    }

    /// `version 0x01 ‖ flags u8 ‖ offset u64be ‖ timestamp_ms i64be ‖ commitment`.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[0] = ENTRY_VERSION;
        bytes[1] =
            u8::from(self.splits) * SPLITS + u8::from(self.log_append_time) * LOG_APPEND_TIME;
        bytes[2..10].copy_from_slice(&self.offset.to_be_bytes());
        bytes[10..18].copy_from_slice(&self.timestamp_ms.to_be_bytes());
        bytes[18..].copy_from_slice(&self.commitment);
        bytes
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// Where `bytes` is not exactly one entry of the known version and flags.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let whole: &[u8; ENTRY_BYTES] = bytes.try_into().map_err(|_| Error::Length(bytes.len()))?;
        let ([version, flags], rest) = split_array::<2>(whole);
        let (offset, rest) = split_array::<8>(rest);
        let (timestamp, rest) = split_array::<8>(rest);
        let (commitment, _) = split_array::<32>(rest);
        let entry = Self {
            splits: flags & SPLITS != 0,
            log_append_time: flags & LOG_APPEND_TIME != 0,
            offset: u64::from_be_bytes(offset),
            timestamp_ms: i64::from_be_bytes(timestamp),
            commitment,
        };
        if version != ENTRY_VERSION {
            return Err(Error::Version(version));
        }
        if flags & !(SPLITS | LOG_APPEND_TIME) != 0 {
            return Err(Error::Flags(flags & !(SPLITS | LOG_APPEND_TIME)));
        }
        if entry.log_append_time && entry.timestamp_ms == NO_TIMESTAMP_MS {
            return Err(Error::NoLogAppendTime);
        }
        Ok(entry)
    }
}

fn split_array<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    let (head, rest) = bytes
        .split_first_chunk()
        .expect("the parts of an entry add up to 50 bytes");
    (*head, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Timestamp;
    use proptest::prelude::*;

    fn entry() -> Entry {
        Entry {
            splits: true,
            log_append_time: true,
            offset: 0x0102_0304_0506_0708,
            timestamp_ms: 0x1112_1314_1516_1718,
            commitment: [0xaa; 32],
        }
    }

    #[test]
    fn fields_stand_where_the_format_says() {
        let bytes = entry().to_bytes();
        let head = [
            1, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
        ];
        assert_eq!(bytes[..18], head);
        assert_eq!(bytes[18..], [0xaa; 32]);
    }

    #[test]
    fn refuses_other_lengths_versions_and_flags() {
        let bytes = entry().to_bytes();
        let with = |at: usize, byte: u8| {
            let mut bytes = bytes;
            bytes[at] = byte;
            Entry::from_bytes(&bytes)
        };
        assert_eq!(Entry::from_bytes(&bytes[..49]), Err(Error::Length(49)));
        assert_eq!(
            Entry::from_bytes(&[&bytes[..], &[0]].concat()),
            Err(Error::Length(51))
        );
        assert_eq!(with(0, 0), Err(Error::Version(0)));
        assert_eq!(with(0, 2), Err(Error::Version(2)));
        for bit in 2..8 {
            assert_eq!(with(1, 1 << bit), Err(Error::Flags(1 << bit)));
        }
        let timeless = Entry {
            timestamp_ms: -1,
            ..entry()
        }
        .to_bytes();
        assert_eq!(Entry::from_bytes(&timeless), Err(Error::NoLogAppendTime));
    }

    #[test]
    fn a_record_without_time_has_minus_one_and_a_clear_bit() {
        for timestamp in [
            Timestamp::None,
            Timestamp::Create(-1),
            Timestamp::LogAppend(-1),
        ] {
            let record = Record {
                offset: 0,
                timestamp,
                key: None,
                value: None,
                headers: vec![],
            };
            let bytes = Entry::of(&record).to_bytes();
            assert_eq!(bytes[1], 0);
            assert_eq!(bytes[10..18], [0xff; 8]);
        }
    }

    proptest! {
        #[test]
        fn what_reads_back_is_what_was_written(bytes in proptest::collection::vec(any::<u8>(), 50)) {
            let mut bytes = bytes;
            bytes[0] = ENTRY_VERSION;
            bytes[1] &= 3;
            if let Ok(entry) = Entry::from_bytes(&bytes) {
                prop_assert_eq!(&entry.to_bytes()[..], &bytes[..]);
            }
        }
    }
}
