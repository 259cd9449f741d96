//! Times in answers.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Error;

/// A moment in milliseconds since 1970-01-01T00:00:00Z. As text and as JSON it is RFC 3339 in UTC
/// with milliseconds, e.g. `2026-11-01T08:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        let time = Timestamp::from_millisecond(self.0).unwrap_or(end);
        write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl Time {
    /// As events have it.
    pub fn timestamp(self) -> prost_types::Timestamp {
        prost_types::Timestamp {
            seconds: self.0.div_euclid(1000),
            // Below a thousand million.
            nanos: i32::try_from(self.0.rem_euclid(1000) * 1_000_000).unwrap_or(0),
        }
    }
}

impl FromStr for Time {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let time: Result<Timestamp, _> = text.parse();
        time.map(|time| Self(time.as_millisecond()))
            .map_err(|_| Error::BadTime(text.to_owned()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_with_milliseconds() {
        let time = Time(1_790_000_000_007);
        assert_eq!(time.to_string(), "2026-09-21T14:13:20.007Z");
        assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
        assert_eq!(
            "2026-09-21T22:13:20.007+08:00".parse::<Time>().unwrap(),
            time
        );
        assert!("yesterday".parse::<Time>().is_err());
    }
}
