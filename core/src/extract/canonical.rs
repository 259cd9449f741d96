//! JSON with one spelling: RFC 8785 within the limits of `proto/FORMAT.md` 13.3.
//!
//! The types that are read here declare their fields in the order of their names and leave out what
//! is not there, so writing one gives RFC 8785's bytes; reading one writes it again and compares,
//! which refuses every other spelling, among them a name that stands twice.

use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most bytes of one JSON text that are read.
pub const MAX_JSON_BYTES: usize = 1 << 24;

/// Why a JSON text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More than [`MAX_JSON_BYTES`].
    #[error("it has {0} bytes; at most {MAX_JSON_BYTES} are read")]
    TooLong(usize),
    /// Not the JSON that belongs here.
    #[error("{0}")]
    Json(String),
    /// Other bytes than RFC 8785 has for its content.
    #[error("from byte {at} on it is not spelled as RFC 8785 spells it")]
    Spelling {
        /// The first byte that differs.
        at: usize,
    },
}

/// The one spelling of a value.
pub(crate) fn write<T: Serialize>(value: &T) -> Vec<u8> {
    // Structs of strings, small integers and arrays of them: there is nothing that can't be written.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Reads a value from its one spelling.
pub(crate) fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    if bytes.len() > MAX_JSON_BYTES {
        return Err(Error::TooLong(bytes.len()));
    }
    let value: T = serde_json::from_slice(bytes).map_err(|error| Error::Json(error.to_string()))?;
    let again = write(&value);
    if again == bytes {
        return Ok(value);
    }
    let same = again
        .iter()
        .zip(bytes)
        .take_while(|(ours, theirs)| ours == theirs);
    Err(Error::Spelling { at: same.count() })
}

/// An integer of 64 bits, which JSON has as a string of decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Int<T>(pub T);

impl<T: fmt::Display> fmt::Display for Int<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Display> Serialize for Int<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de, T: FromStr + fmt::Display> Deserialize<'de> for Int<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let number = text.parse::<T>().ok();
        // A leading zero or plus is another spelling of the same number.
        let number = number.filter(|number| number.to_string() == text);
        let wanted = || D::Error::custom(format!("{text:?} is no decimal integer of 64 bits"));
        number.map(Self).ok_or_else(wanted)
    }
}

/// Bytes as base64 with padding, for `#[serde(with)]`.
pub(crate) mod base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = STANDARD
            .decode(&text)
            .map_err(|error| D::Error::custom(format!("not base64: {error}")))?;
        let length = bytes.len();
        T::try_from(bytes).map_err(|_| D::Error::custom(format!("{length} bytes don't fit here")))
    }
}

/// 32 bytes, which JSON has as hex in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hex32(#[serde(with = "hex32")] pub [u8; 32]);

/// 32 bytes as hex in lower case, for `#[serde(with)]`.
pub(crate) mod hex32 {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(&text, &mut bytes)
            .map_err(|_| D::Error::custom(format!("{text:?} is not the hex of 32 bytes")))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        a: Option<Int<u64>>,
        b: String,
    }

    #[test]
    fn what_is_written_is_read_and_every_other_spelling_is_refused() {
        let pair = Pair {
            a: Some(Int(u64::MAX)),
            b: "\u{1f}\"\\\u{7f}中".into(),
        };
        let bytes = write(&pair);
        let expected = "{\"a\":\"18446744073709551615\",\"b\":\"\\u001f\\\"\\\\\u{7f}中\"}";
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
        assert_eq!(read::<Pair>(&bytes).unwrap(), pair);
        for (other, at) in [
            (r#"{"b":"x","a":"1"}"#, 2),
            (r#"{"a": "1","b":"x"}"#, 5),
            (r#"{"a":"1","b":"\u0078"}"#, 14),
            ("{\"a\":\"1\",\"b\":\"x\"}\n", 17),
            (r#"{"a":null,"b":"x"}"#, 2),
        ] {
            let error = read::<Pair>(other.as_bytes()).unwrap_err();
            assert_eq!(error, Error::Spelling { at }, "{other}");
        }
        for other in [
            r#"{"a":"1","a":"1","b":"x"}"#,
            r#"{"a":1,"b":"x"}"#,
            r#"{"a":"01","b":"x"}"#,
            r#"{"a":"+1","b":"x"}"#,
            r#"{"a":"18446744073709551616","b":"x"}"#,
            r#"{"b":"x","c":"y"}"#,
            r#"{"b":"x"}{"#,
            "{\"b\":\"\u{0}\"}",
        ] {
            let error = read::<Pair>(other.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Json(_)), "{other}: {error}");
        }
    }
}
