//! What the policy says of itself and of who stands behind it.

use prost_types::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::{Citation, Cited};

/// A time, in milliseconds of Unix time; in the file an offset date-time of TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Moment(pub i64);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = toml::value::Datetime::deserialize(deserializer)?;
        if written.date.is_none() || written.time.is_none() || written.offset.is_none() {
            let wrong = format!("{written}: a time needs date, time of day and offset");
            return Err(D::Error::custom(wrong));
        }
        let parsed: Timestamp = written.to_string().parse().map_err(D::Error::custom)?;
        let millis = i64::from(parsed.nanos / 1_000_000);
        Ok(Self(parsed.seconds * 1000 + millis))
    }
}

/// The version: what it is called, of which text, and when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The version's id: date and the first 16 hex digits of the text's SHA-256.
    pub id: String,
    /// The policy's title.
    pub title: String,
    /// The text's file, beside the policy's own.
    pub text_file: String,
    /// SHA-256 of the text, in hex.
    pub text_sha256: String,
    /// The text's language, as BCP 47.
    pub language: String,
    /// The time zone in which days are counted.
    pub time_zone: String,
    /// When the text was public.
    pub published: Moment,
    /// The day that the text says it was updated.
    pub updated: Moment,
    /// When it is in force, this moment included.
    pub effective: Moment,
    /// The version it follows.
    pub previous: Option<String>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// Who is answerable, and how to reach it (L316–L320).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// The company's name.
    pub name: String,
    /// Its registered address.
    pub address: String,
    /// Its email address.
    pub email: String,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

impl Cited for Version {
    fn id(&self) -> String {
        self.id.clone()
    }

    fn cites(&self) -> &[Citation] {
        &self.cites
    }

    fn en(&self) -> &str {
        &self.en
    }
}

impl Cited for Operator {
    fn id(&self) -> String {
        self.name.clone()
    }

    fn cites(&self) -> &[Citation] {
        &self.cites
    }

    fn en(&self) -> &str {
        &self.en
    }
}
