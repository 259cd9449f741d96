//! A Kafka record as the log sees it: key, value, headers, offset and timestamp.
//!
//! Owns the record's clear storage form, which is what gets sealed. Never decodes a value.

pub(crate) mod canonical;

use canonical::Reader;

/// The version that [`Record::encode`] writes.
pub const RECORD_VERSION: u8 = 1;
/// Kafka's timestamp where there is none.
pub const NO_TIMESTAMP_MS: i64 = -1;

/// Why bytes are no stored record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The first byte names a version that this program doesn't know.
    #[error("stored record has version {0}, known is {RECORD_VERSION}")]
    Version(u8),
    /// The bytes end inside a part, or a length reaches past the end.
    #[error("stored record is cut off")]
    Truncated,
    /// A presence byte other than 0 and 1.
    #[error("stored record has presence byte {0}, not 0 or 1")]
    Presence(u8),
    /// A timestamp kind other than 0, 1 and 2, or one that contradicts the time beside it.
    #[error("stored record has timestamp kind {kind} with time {millis}")]
    Timestamp {
        /// 0 none, 1 producer's time, 2 broker's time.
        kind: u8,
        /// Milliseconds since 1970.
        millis: i64,
    },
    /// A header name that holds 0x00.
    #[error("stored record has a header name that holds a zero byte")]
    HeaderName,
    /// Bytes after the last header.
    #[error("stored record has {0} bytes after its end")]
    Trailing(usize),
}

/// A record's header.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Header {
    /// Its bytes up to the first 0x00; need not be UTF-8. What stands after a 0x00 is not seen.
    pub name: Vec<u8>,
    /// Its value; null is not empty.
    pub value: Option<Vec<u8>>,
}

impl Header {
    /// The name as the log sees it: up to the first 0x00 (design 3.3).
    #[must_use]
    pub fn seen_name(&self) -> &[u8] {
        self.name
            .split(|&byte| byte == 0)
            .next()
            .unwrap_or_default()
    }
}

/// A record's timestamp, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timestamp {
    /// Kafka has none.
    None,
    /// The producer's.
    Create(i64),
    /// The broker's.
    LogAppend(i64),
}

impl Timestamp {
    /// Milliseconds since 1970; −1 where Kafka has none.
    #[must_use]
    pub const fn millis(self) -> i64 {
        match self {
            Self::None => NO_TIMESTAMP_MS,
            Self::Create(millis) | Self::LogAppend(millis) => millis,
        }
    }

    /// Whether it is the broker's time; never where there is none.
    #[must_use]
    pub const fn is_log_append(self) -> bool {
        matches!(self, Self::LogAppend(millis) if millis != NO_TIMESTAMP_MS)
    }

    const fn kind(self) -> u8 {
        match self.millis() {
            NO_TIMESTAMP_MS => 0,
            _ if self.is_log_append() => 2,
            _ => 1,
        }
    }

    fn from_kind(kind: u8, millis: i64) -> Result<Self, Error> {
        match (kind, millis) {
            (0, NO_TIMESTAMP_MS) => Ok(Self::None),
            (1 | 2, NO_TIMESTAMP_MS) => Err(Error::Timestamp { kind, millis }),
            (1, millis) => Ok(Self::Create(millis)),
            (2, millis) => Ok(Self::LogAppend(millis)),
            _ => Err(Error::Timestamp { kind, millis }),
        }
    }
}

/// A record of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// Its offset in the partition.
    pub offset: u64,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Its key; null is not empty.
    pub key: Option<Vec<u8>>,
    /// Its value; null (a tombstone) is not empty.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order; names may repeat.
    pub headers: Vec<Header>,
}

impl Record {
    /// The clear form of the sealed payload: `version 0x01 ‖ offset u64be ‖ timestamp kind u8 ‖
    /// timestamp_ms i64be ‖ key ‖ value ‖ headers` (`proto/FORMAT.md` 8).
    ///
    /// # Panics
    /// Where a part is 4 GiB or more, which Kafka's signed 32-bit lengths can't express.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_bytes());
        out.push(RECORD_VERSION);
        out.extend_from_slice(&self.offset.to_be_bytes());
        out.push(self.timestamp.kind());
        out.extend_from_slice(&self.timestamp.millis().to_be_bytes());
        canonical::put_optional(&mut out, self.key.as_deref());
        canonical::put_optional(&mut out, self.value.as_deref());
        canonical::put_headers(&mut out, &self.headers);
        out
    }

    /// Reads what [`Record::encode`] wrote. Allocates no more than the bytes it is given warrant.
    ///
    /// # Errors
    /// Where `bytes` is not exactly one record in canonical form.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::of(bytes);
        let version = reader.byte()?;
        if version != RECORD_VERSION {
            return Err(Error::Version(version));
        }
        let offset = u64::from_be_bytes(reader.array()?);
        let kind = reader.byte()?;
        let timestamp = Timestamp::from_kind(kind, i64::from_be_bytes(reader.array()?))?;
        let key = reader.optional()?.map(<[u8]>::to_vec);
        let value = reader.optional()?.map(<[u8]>::to_vec);
        let headers = reader.headers()?;
        reader.finish()?;
        Ok(Self {
            offset,
            timestamp,
            key,
            value,
            headers,
        })
    }

    fn encoded_bytes(&self) -> usize {
        let optional = |part: &Option<Vec<u8>>| 5 + part.as_ref().map_or(0, Vec::len);
        let header = |header: &Header| 4 + header.name.len() + optional(&header.value);
        let headers: usize = self.headers.iter().map(header).sum();
        22 + optional(&self.key) + optional(&self.value) + headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    fn records() -> impl Strategy<Value = Record> {
        let bytes = || vec(any::<u8>(), 0..40);
        let header = (vec(1..=255u8, 0..10), option::of(bytes()))
            .prop_map(|(name, value)| Header { name, value });
        let timestamp = prop_oneof![
            Just(Timestamp::None),
            (0..=i64::MAX).prop_map(Timestamp::Create),
            any::<i64>()
                .prop_filter("-1 is none", |ms| *ms != -1)
                .prop_map(Timestamp::LogAppend),
        ];
        (
            any::<u64>(),
            timestamp,
            option::of(bytes()),
            option::of(bytes()),
            vec(header, 0..4),
        )
            .prop_map(|(offset, timestamp, key, value, headers)| Record {
                offset,
                timestamp,
                key,
                value,
                headers,
            })
    }

    fn bare() -> Record {
        Record {
            offset: 7,
            timestamp: Timestamp::None,
            key: None,
            value: None,
            headers: vec![],
        }
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(record in records()) {
            prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
        }

        #[test]
        fn a_cut_record_is_refused(record in records(), cut in any::<prop::sample::Index>()) {
            let bytes = record.encode();
            prop_assert!(Record::decode(&bytes[..cut.index(bytes.len())]).is_err());
        }

        #[test]
        fn what_decodes_is_canonical(record in records(), at in any::<prop::sample::Index>(), byte: u8) {
            let mut bytes = record.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(decoded) = Record::decode(&bytes) {
                prop_assert_eq!(decoded.encode(), bytes);
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..100)) {
            let _ = Record::decode(&[&[RECORD_VERSION], &bytes[..]].concat());
        }
    }

    #[test]
    fn null_and_empty_differ() {
        let null = bare();
        let empty = Record {
            key: Some(vec![]),
            ..bare()
        };
        assert_ne!(null.encode(), empty.encode());
        assert_eq!(Record::decode(&empty.encode()), Ok(empty));
    }

    #[test]
    fn minus_one_is_no_timestamp_whatever_its_kind() {
        for timestamp in [Timestamp::Create(-1), Timestamp::LogAppend(-1)] {
            assert!(!timestamp.is_log_append());
            let record = Record {
                timestamp,
                ..bare()
            };
            assert_eq!(Record::decode(&record.encode()), Ok(bare()));
        }
    }

    #[test]
    fn a_header_name_ends_at_its_first_zero() {
        let header = |name: &[u8]| Header {
            name: name.to_vec(),
            value: None,
        };
        assert_eq!(header(b"a\0b").seen_name(), b"a");
        assert_eq!(header(b"\0").seen_name(), b"");
        assert_eq!(header(b"").seen_name(), b"");
        assert_eq!(header(b"\xff\xfe").seen_name(), b"\xff\xfe");
        let record = Record {
            headers: vec![header(b"a\0b")],
            ..bare()
        };
        let seen = Record {
            headers: vec![header(b"a")],
            ..bare()
        };
        assert_eq!(Record::decode(&record.encode()), Ok(seen));
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let good = Record {
            headers: vec![Header {
                name: b"n".to_vec(),
                value: None,
            }],
            ..bare()
        };
        let good = good.encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            Record::decode(&bytes)
        };
        assert_eq!(with(0, 2), Err(Error::Version(2)));
        assert_eq!(
            with(9, 3),
            Err(Error::Timestamp {
                kind: 3,
                millis: -1
            })
        );
        assert_eq!(
            with(9, 1),
            Err(Error::Timestamp {
                kind: 1,
                millis: -1
            })
        );
        assert_eq!(
            with(17, 0),
            Err(Error::Timestamp {
                kind: 0,
                millis: -256
            })
        );
        assert_eq!(with(18, 2), Err(Error::Presence(2)));
        assert_eq!(with(20, 0xff), Err(Error::Truncated));
        assert_eq!(with(28, 0), Err(Error::HeaderName));
        assert_eq!(
            Record::decode(&[&good[..], &[0]].concat()),
            Err(Error::Trailing(1))
        );
        assert_eq!(Record::decode(&[]), Err(Error::Truncated));
    }
}
