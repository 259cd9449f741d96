//! One leaf as `events.jsonl` shows it (`proto/FORMAT.md` 13.7).

use serde::{Deserialize, Serialize};

use super::canonical::{self, Int};
use crate::commitment::Shown;
use crate::entry::ENTRY_BYTES;
use crate::slot::SlotId;

/// A leaf: its entry, what is shown of its record, and what the operator says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    /// What the leaf hashes.
    #[serde(with = "canonical::base64")]
    pub entry: [u8; ENTRY_BYTES],
    /// The leaf's index.
    pub index: Int<u64>,
    /// Origin of its log.
    pub log: String,
    /// The operator's word.
    pub said: Said,
    /// All slots of the record, ascending; none where the payload is erased.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slots: Option<Vec<SlotLine>>,
}

/// A slot, opened (`bytes` and `key`) or withheld (`digest`). No other mixture is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SlotLine {
    /// With what it holds and the key to check it.
    Opened(OpenedSlot),
    /// With its digest alone.
    Withheld(WithheldSlot),
}

/// An opened slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedSlot {
    /// Its bytes.
    #[serde(with = "canonical::base64")]
    pub bytes: Vec<u8>,
    /// Its id.
    pub id: u8,
    /// Its key.
    #[serde(with = "canonical::base64")]
    pub key: [u8; 32],
}

/// A withheld slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithheldSlot {
    /// Its digest.
    #[serde(with = "canonical::base64")]
    pub digest: [u8; 32],
    /// Its id.
    pub id: u8,
}

/// What the operator says of a leaf, and the leaf doesn't prove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The leaf of the same log that a duplicate repeats.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duplicate_of: Option<Int<u64>>,
    /// Under which order the payload was erased.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub erased: Option<Erased>,
    /// Who stands in block 2 of the body.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub people: Vec<Pseudonymous>,
    /// Code of the reason for quarantine.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Pseudonym of the one whom the event is about; only where people are pseudonyms.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// The verdict.
    pub verdict: SaidVerdict,
}

/// A verdict, as the operator says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SaidVerdict {
    /// An event.
    Accepted,
    /// The same bytes as an earlier leaf of its log.
    Duplicate,
    /// No event.
    Quarantined,
    /// Erased before it was judged.
    Unknown,
}

/// The leaf that says that a payload was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// `ErasureOrdered` or `SubjectKeyShredded`.
    pub event: String,
    /// Its index.
    pub index: Int<u64>,
    /// Its log.
    pub log: String,
    /// The order.
    pub order_id: String,
}

/// Another person in an event: a field of block 2, and the pseudonym that stands for its reference
/// in this extract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pseudonymous {
    /// The field's name, e.g. `approver_ref`.
    pub field: String,
    /// The pseudonym.
    pub pseudonym: String,
}

impl EventLine {
    /// Its bytes in `events.jsonl`, without the end of the line.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        canonical::write(self)
    }

    /// Reads a line without its end.
    ///
    /// # Errors
    /// [`canonical::Error`]: not such a line, or not in its one spelling.
    pub fn from_json(line: &[u8]) -> Result<Self, canonical::Error> {
        canonical::read(line)
    }
}

impl SlotLine {
    /// The slot for [`crate::commitment::Opened::verify`].
    #[must_use]
    pub fn shown(&self) -> Shown<'_> {
        match self {
            Self::Opened(OpenedSlot { bytes, id, key }) => Shown::Opened {
                id: SlotId(*id),
                key: *key,
                bytes,
            },
            Self::Withheld(WithheldSlot { digest, id }) => Shown::Withheld {
                id: SlotId(*id),
                digest: *digest,
            },
        }
    }
}

impl From<&Shown<'_>> for SlotLine {
    fn from(shown: &Shown<'_>) -> Self {
        match *shown {
            Shown::Opened { id, key, bytes } => Self::Opened(OpenedSlot {
                bytes: bytes.to_vec(),
                id: id.0,
                key,
            }),
            Shown::Withheld { id, digest } => Self::Withheld(WithheldSlot { digest, id: id.0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> EventLine {
        EventLine {
            entry: [7; ENTRY_BYTES],
            index: Int(12),
            log: "l.example/custodia.events/0/0".into(),
            said: Said {
                duplicate_of: Some(Int(3)),
                erased: None,
                people: vec![],
                reason: None,
                subject: None,
                verdict: SaidVerdict::Duplicate,
            },
            slots: Some(vec![
                SlotLine::Opened(OpenedSlot {
                    bytes: vec![1, 2],
                    id: 0,
                    key: [8; 32],
                }),
                SlotLine::Withheld(WithheldSlot {
                    digest: [9; 32],
                    id: 128,
                }),
            ]),
        }
    }

    #[test]
    fn a_line_is_its_members_in_order_of_their_names() {
        let json = String::from_utf8(line().to_json()).unwrap();
        let entry = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        let key = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";
        let digest = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
        let expected = format!(
            "{{\"entry\":\"{entry}\",\"index\":\"12\",\"log\":\"l.example/custodia.events/0/0\",\
             \"said\":{{\"duplicate_of\":\"3\",\"verdict\":\"duplicate\"}},\
             \"slots\":[{{\"bytes\":\"AQI=\",\"id\":0,\"key\":\"{key}\"}},\
             {{\"digest\":\"{digest}\",\"id\":128}}]}}"
        );
        assert_eq!(json, expected);
        assert_eq!(EventLine::from_json(json.as_bytes()).unwrap(), line());
    }

    #[test]
    fn a_slot_that_is_half_opened_is_refused() {
        let json = String::from_utf8(line().to_json()).unwrap();
        for (whole, half) in [
            ("\"bytes\":\"AQI=\",", ""),
            ("\"id\":128", "\"id\":256"),
            ("AQI=", "AQI"),
            ("AQI=", "AQJ="),
            ("\"digest\":", "\"bytes\":\"\",\"digest\":"),
            ("\"digest\":\"CQ", "\"digest\":\"CQkJ"),
        ] {
            let other = json.replacen(whole, half, 1);
            assert_ne!(other, json);
            assert!(EventLine::from_json(other.as_bytes()).is_err(), "{other}");
        }
    }
}
