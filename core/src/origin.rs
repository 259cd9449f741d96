//! The name of one log: ledger, topic, partition and generation.
//!
//! Owns what a ledger name and an origin may look like: each fits into a signed note as a key name,
//! and into a path. Never looks anything up.

use std::fmt;
use std::str::FromStr;

/// Longest host name, in bytes (RFC 1035, section 2.3.4, without the closing dot).
const MAX_HOST_BYTES: usize = 253;
/// Longest label of a host name, in bytes (RFC 1035, section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;
/// Longest topic name that Kafka accepts, in bytes.
const MAX_TOPIC_BYTES: usize = 249;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a host name in lower case.
    #[error("{0:?} is not a host name in lower case: use labels of a-z, 0-9 and -, joined by dots")]
    LedgerName(String),
    /// Not a topic name that Kafka accepts.
    #[error("{0:?} is not a topic name: use 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'")]
    Topic(String),
    /// Not four parts joined by slashes.
    #[error("{0:?} is not an origin of the form ledger/topic/partition/generation")]
    Shape(String),
    /// A partition or generation that is not a decimal number below 2^31 without leading zeros.
    #[error("{0:?} is not a decimal number below 2^31 without leading zeros")]
    Number(String),
}

/// The name of a ledger: a host name that its operator owns, in lower case (design 3.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerName(String);

impl LedgerName {
    /// Checks and takes a ledger name.
    ///
    /// # Errors
    /// [`Error::LedgerName`] where it is not a host name in lower case (one spelling a ledger).
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        if name.len() <= MAX_HOST_BYTES && name.split('.').all(is_host_label) {
            Ok(Self(name))
        } else {
            Err(Error::LedgerName(name))
        }
    }

    /// The host name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key name that signs this ledger's extracts: `<ledger>/extract` (design 3.4).
    pub fn extract_key_name(&self) -> String {
        format!("{}/extract", self.0)
    }

    /// The key name that signs hand-overs of this ledger's key: `<ledger>/handover`. It is not among
    /// those of [`Self::owns_key_name`]: what verifiers are shown is never signed under it.
    pub fn handover_key_name(&self) -> String {
        format!("{}/handover", self.0)
    }

    /// Whether `key_name` is one that this ledger's key signs under: the origin of one of its
    /// logs, or the name for its extracts.
    pub fn owns_key_name(&self, key_name: &str) -> bool {
        key_name == self.extract_key_name()
            || key_name
                .parse::<Origin>()
                .is_ok_and(|origin| origin.ledger == *self)
    }
}

impl fmt::Display for LedgerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LedgerName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::new(name)
    }
}

/// The origin of one log: one generation of one partition (design 3.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive] // So that outside of this crate only `new` and parsing make one.
pub struct Origin {
    /// The ledger that the log belongs to.
    pub ledger: LedgerName,
    /// The Kafka topic.
    pub topic: String,
    /// The partition of the topic.
    pub partition: u32,
    /// The generation of the partition's log.
    pub generation: u32,
}

impl Origin {
    /// Puts an origin together.
    ///
    /// # Errors
    /// [`Error::Topic`] where Kafka would not accept the topic's name, [`Error::Number`] where
    /// partition or generation is 2^31 or more (Kafka's partitions are signed).
    pub fn new(
        ledger: LedgerName,
        topic: impl Into<String>,
        partition: u32,
        generation: u32,
    ) -> Result<Self, Error> {
        let topic = topic.into();
        if !is_topic(&topic) {
            return Err(Error::Topic(topic));
        }
        for number in [partition, generation] {
            if i32::try_from(number).is_err() {
                return Err(Error::Number(number.to_string()));
            }
        }
        Ok(Self {
            ledger,
            topic,
            partition,
            generation,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}/{}",
            self.ledger, self.topic, self.partition, self.generation
        )
    }
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(origin: &str) -> Result<Self, Error> {
        let mut parts = origin.split('/');
        let (Some(ledger), Some(topic), Some(partition), Some(generation), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(Error::Shape(origin.to_owned()));
        };
        Self::new(
            LedgerName::new(ledger)?,
            topic,
            number(partition)?,
            number(generation)?,
        )
    }
}

fn number(text: &str) -> Result<u32, Error> {
    crate::checkpoint::decimal(text)
        .and_then(|n| u32::try_from(n).ok())
        .ok_or_else(|| Error::Number(text.to_owned()))
}

fn is_host_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_topic(name: &str) -> bool {
    (1..=MAX_TOPIC_BYTES).contains(&name.len())
        && name != "."
        && name != ".."
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_no_host_name() {
        let long_label = "a".repeat(64);
        let long_name = [
            "a".repeat(63),
            "b".repeat(63),
            "c".repeat(63),
            "d".repeat(62),
        ]
        .join(".");
        for name in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a",
            "a-",
            "A.example",
            "a b",
            "a/b",
            "a+b",
            "é.example",
        ]
        .into_iter()
        .chain([long_label.as_str(), long_name.as_str()])
        {
            assert_eq!(
                LedgerName::new(name),
                Err(Error::LedgerName(name.to_owned()))
            );
        }
        assert!(LedgerName::new(&long_name[1..]).is_ok());
    }

    #[test]
    fn refuses_what_is_no_origin() {
        for origin in [
            "ledger.example",
            "ledger.example/t/0",
            "ledger.example/t/0/0/0",
            "ledger.example//0/0",
            "ledger.example/../0/0",
            "ledger.example/t t/0/0",
            "ledger.example/t/00/0",
            "ledger.example/t/+1/0",
            "ledger.example/t/-1/0",
            "ledger.example/t//0",
            "ledger.example/t/2147483648/0",
            "ledger.example/t/0/4294967296",
            "ledger.example/t/0/0\n",
            "Ledger.example/t/0/0",
        ] {
            assert!(origin.parse::<Origin>().is_err(), "{origin}");
        }
    }

    #[test]
    fn a_ledger_owns_its_logs_and_its_extracts_and_nothing_else() {
        let ledger = LedgerName::new("ledger.example").unwrap();
        assert!(ledger.owns_key_name("ledger.example/custodia.events/3/0"));
        assert!(ledger.owns_key_name("ledger.example/extract"));
        for name in [
            "ledger.example",
            "ledger.example/",
            "ledger.example/extract/",
            "ledger.example.evil/extract",
            "evil.ledger.example/extract",
            "other.example/custodia.events/3/0",
            "ledger.example/custodia.events/3",
        ] {
            assert!(!ledger.owns_key_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn an_origin_reads_back_as_printed(
            ledger in "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9]{1,8}){0,3}",
            topic in "[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,20}",
            partition in 0..=i32::MAX as u32,
            generation in 0..=i32::MAX as u32,
        ) {
            let ledger = LedgerName::new(ledger).unwrap();
            let origin = Origin::new(ledger, topic, partition, generation).unwrap();
            prop_assert_eq!(origin.to_string().parse::<Origin>(), Ok(origin));
        }
    }
}
