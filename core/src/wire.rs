//! Protobuf's wire format under the strict rules of the split (design 3.3, `proto/FORMAT.md` 3).
//!
//! Owns varints, tags and fields as they stand on the wire. Never looks into the content of a
//! length-delimited field and knows no schema.

/// The longest tag, length or frame number, in bytes.
pub const SHORT_VARINT_BYTES: usize = 5;
/// The longest varint of a field's value, in bytes.
pub const VARINT_BYTES: usize = 10;

/// The wire rule that a message broke (`proto/FORMAT.md` 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Error {
    /// The bytes end inside a tag, a varint, a fixed-size value or a length.
    #[error("cut off inside a field")]
    Truncated,
    /// A length reaches beyond the bytes there are.
    #[error("a length reaches past the end")]
    LengthPastEnd,
    /// A tag of more than five bytes.
    #[error("a tag of more than 5 bytes")]
    TagTooLong,
    /// A tag with needless bytes.
    #[error("a tag that is not minimal")]
    TagNotMinimal,
    /// A length of more than five bytes.
    #[error("a length of more than 5 bytes")]
    LengthTooLong,
    /// A length with needless bytes.
    #[error("a length that is not minimal")]
    LengthNotMinimal,
    /// A varint of more than ten bytes.
    #[error("a varint of more than 10 bytes")]
    VarintTooLong,
    /// A varint of 2^64 or more.
    #[error("a varint of 2^64 or more")]
    VarintTooLarge,
    /// A wire type other than 0, 1, 2 and 5.
    #[error("a wire type other than 0, 1, 2 and 5")]
    WireType,
    /// Field number 0.
    #[error("field number 0")]
    FieldNumberZero,
    /// A field number below the one before it.
    #[error("field numbers fall")]
    FieldNumbersFall,
}

impl Error {
    /// Every rule of the wire.
    pub const ALL: [Self; 11] = [
        Self::Truncated,
        Self::LengthPastEnd,
        Self::TagTooLong,
        Self::TagNotMinimal,
        Self::LengthTooLong,
        Self::LengthNotMinimal,
        Self::VarintTooLong,
        Self::VarintTooLarge,
        Self::WireType,
        Self::FieldNumberZero,
        Self::FieldNumbersFall,
    ];
}

/// Why a tag, a length or a frame's number can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShortVarintError {
    Truncated,
    TooLong,
    NotMinimal,
}

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1, little-endian on the wire.
    Fixed64(u64),
    /// Wire type 2: the content after the length.
    Bytes(&'a [u8]),
    /// Wire type 5, little-endian on the wire.
    Fixed32(u32),
}

impl<'a> Value<'a> {
    /// The content of a length-delimited field.
    #[must_use]
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its number, at least 1. (A five-byte tag leaves 32 bits for it.)
    pub number: u32,
    /// Its value.
    pub value: Value<'a>,
    /// Where its tag begins, in bytes from the start of the message.
    pub start: usize,
    /// Where its value ends, in bytes from the start of the message.
    pub end: usize,
}

/// The fields of a message in the order of the wire; ends after the first error.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
    at: usize,
    last_number: u32,
}

impl<'a> Fields<'a> {
    /// The fields of `message`.
    #[must_use]
    pub fn of(message: &'a [u8]) -> Self {
        Self {
            rest: message,
            at: 0,
            last_number: 0,
        }
    }

    #[inline]
    fn read(&mut self) -> Result<Field<'a>, Error> {
        let start = self.at;
        let (number, wire_type) = self.tag()?;
        let value = match wire_type {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => Value::Bytes(self.delimited()?),
            _ => Value::Fixed32(u32::from_le_bytes(self.fixed()?)),
        };
        Ok(Field {
            number,
            value,
            start,
            end: self.at,
        })
    }

    fn tag(&mut self) -> Result<(u32, u8), Error> {
        let tag = self.short_varint().map_err(|error| match error {
            ShortVarintError::Truncated => Error::Truncated,
            ShortVarintError::TooLong => Error::TagTooLong,
            ShortVarintError::NotMinimal => Error::TagNotMinimal,
        })?;
        let wire_type = (tag & 7) as u8;
        let number = u32::try_from(tag >> 3).expect("five bytes hold 35 bits, 3 of them the type");
        if !matches!(wire_type, 0 | 1 | 2 | 5) {
            return Err(Error::WireType);
        }
        if number == 0 {
            return Err(Error::FieldNumberZero);
        }
        if number < self.last_number {
            return Err(Error::FieldNumbersFall);
        }
        self.last_number = number;
        Ok((number, wire_type))
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let (value, length) = read_varint(self.rest)?;
        self.advance(length);
        Ok(value)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let bytes = *self.rest.first_chunk().ok_or(Error::Truncated)?;
        self.advance(N);
        Ok(bytes)
    }

    fn delimited(&mut self) -> Result<&'a [u8], Error> {
        let length = self.short_varint().map_err(|error| match error {
            ShortVarintError::Truncated => Error::Truncated,
            ShortVarintError::TooLong => Error::LengthTooLong,
            ShortVarintError::NotMinimal => Error::LengthNotMinimal,
        })?;
        let length = usize::try_from(length).map_err(|_| Error::LengthPastEnd)?;
        let content = self.rest.get(..length).ok_or(Error::LengthPastEnd)?;
        self.advance(length);
        Ok(content)
    }

    fn short_varint(&mut self) -> Result<u64, ShortVarintError> {
        let (value, length) = read_short_varint(self.rest)?;
        self.advance(length);
        Ok(value)
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
        self.at += bytes;
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Error>;

    // Inlined, as is `read`, so that a field stays in registers: moving it costs more than reading it.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Reads a minimal varint of at most five bytes: its value and how many bytes it took.
#[inline]
pub(crate) fn read_short_varint(bytes: &[u8]) -> Result<(u64, usize), ShortVarintError> {
    match bytes {
        // Nearly all tags and lengths have one byte or two.
        [only @ ..0x80, ..] => Ok((u64::from(*only), 1)),
        [low, high @ 1..0x80, ..] => Ok((u64::from(*low & 0x7f) | u64::from(*high) << 7, 2)),
        _ => read_long_short_varint(bytes),
    }
}

fn read_long_short_varint(bytes: &[u8]) -> Result<(u64, usize), ShortVarintError> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(SHORT_VARINT_BYTES).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let minimal = byte != 0 || index == 0;
            return if minimal {
                Ok((value, index + 1))
            } else {
                Err(ShortVarintError::NotMinimal)
            };
        }
    }
    Err(if bytes.len() < SHORT_VARINT_BYTES {
        ShortVarintError::Truncated
    } else {
        ShortVarintError::TooLong
    })
}

pub(crate) fn read_varint(bytes: &[u8]) -> Result<(u64, usize), Error> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(VARINT_BYTES).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            // The tenth byte has room for bit 63 alone.
            let fits = index + 1 < VARINT_BYTES || byte <= 1;
            return if fits {
                Ok((value, index + 1))
            } else {
                Err(Error::VarintTooLarge)
            };
        }
    }
    Err(if bytes.len() < VARINT_BYTES {
        Error::Truncated
    } else {
        Error::VarintTooLong
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(message: &[u8]) -> Result<Vec<(u32, Value<'_>)>, Error> {
        Fields::of(message)
            .map(|field| field.map(|field| (field.number, field.value)))
            .collect()
    }

    #[test]
    fn reads_each_wire_type() {
        let message = [
            0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 0x02, 0xaa, 0xbb, 0x25, 1, 2, 3,
            4,
        ];
        assert_eq!(
            all(&message),
            Ok(vec![
                (1, Value::Varint(150)),
                (2, Value::Fixed64(0x0807_0605_0403_0201)),
                (3, Value::Bytes(&[0xaa, 0xbb])),
                (4, Value::Fixed32(0x0403_0201)),
            ])
        );
    }

    #[test]
    fn refuses_the_other_wire_types() {
        for wire_type in [3, 4, 6, 7] {
            assert_eq!(all(&[0x08 | wire_type, 0, 0, 0, 0]), Err(Error::WireType));
        }
    }

    #[test]
    fn a_value_varint_need_not_be_minimal_but_is_bounded() {
        assert_eq!(all(&[0x08, 0x80, 0x00]), Ok(vec![(1, Value::Varint(0))]));
        let mut message = vec![0x08];
        message.extend([0xff; 9]);
        let with_tenth = |tenth: &[u8]| [&message, tenth].concat();
        assert_eq!(
            all(&with_tenth(&[0x01])),
            Ok(vec![(1, Value::Varint(u64::MAX))])
        );
        assert_eq!(all(&with_tenth(&[0x02])), Err(Error::VarintTooLarge));
        assert_eq!(all(&with_tenth(&[0x80, 0x00])), Err(Error::VarintTooLong));
        assert_eq!(all(&message), Err(Error::Truncated));
    }

    #[test]
    fn tags_and_lengths_are_minimal_and_at_most_five_bytes() {
        assert_eq!(all(&[0x88, 0x00, 0x01]), Err(Error::TagNotMinimal));
        assert_eq!(
            all(&[0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01]),
            Err(Error::TagTooLong)
        );
        assert_eq!(all(&[0x0a, 0x80, 0x00]), Err(Error::LengthNotMinimal));
        assert_eq!(
            all(&[0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]),
            Err(Error::LengthTooLong)
        );
        assert_eq!(
            all(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            Err(Error::LengthPastEnd)
        );
        assert_eq!(
            all(&[0xf8, 0xff, 0xff, 0xff, 0x7f, 0x00]),
            Ok(vec![(u32::MAX, Value::Varint(0))])
        );
    }

    #[test]
    fn numbers_start_at_one_and_never_fall() {
        assert_eq!(all(&[0x02, 0x00]), Err(Error::FieldNumberZero));
        assert_eq!(all(&[0x10, 0x01, 0x08, 0x01]), Err(Error::FieldNumbersFall));
        assert!(all(&[0x08, 0x01, 0x08, 0x02]).is_ok());
    }

    #[test]
    fn ends_after_the_first_error() {
        let mut fields = Fields::of(&[0x0b, 0x08, 0x01]);
        assert_eq!(fields.next(), Some(Err(Error::WireType)));
        assert_eq!(fields.next(), None);
    }

    proptest! {
        #[test]
        fn fields_tile_the_message(message in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut end = 0;
            let mut whole = true;
            for field in Fields::of(&message) {
                let Ok(field) = field else { whole = false; break };
                prop_assert_eq!(field.start, end);
                prop_assert!(field.end > field.start);
                end = field.end;
            }
            prop_assert!(!whole || end == message.len());
        }
    }
}
