//! Keys and values of the findings' store. The first byte of a key is the row's kind; numbers are
//! big-endian, times so that they sort.
//!
//! | key | value |
//! |---|---|
//! | `01 ‖ person` | where the person's key stands, and the reference sealed under it: [`PersonRow`] |
//! | `02 ‖ person ‖ person` | two references of one person; both ways round |
//! | `03 ‖ name ‖ person` | the person has an event that names a recipient, an incident, a case, a merger |
//! | `04 ‖ person ‖ name` | the same the other way round |
//! | `05 ‖ name ‖ time ‖ log ‖ index` | data left for a recipient: whose, a person's tag or zeros |
//! | `06 ‖ time ‖ log ‖ index` | face data went into a large store: whose |
//! | `07 ‖ scope ‖ name` | a recipient, incident or producer: its id, sealed under the ledger's key |
//! | `08 ‖ name ‖ log ‖ epoch ‖ first` | a run of a producer's sequence: `last ‖ leaf index` |
//! | `09 ‖ name ‖ log` | the first accepted event that a producer sent without a number: `leaf index ‖ origin` |
//! | `0a ‖ digest` | an order to erase was of the key of an authority's case: empty |
//! | `10 ‖ scope ‖ tag ‖ number` | a finding: [`Header`], then its JSON, sealed |
//! | `11 ‖ since ‖ scope ‖ tag ‖ number` | the same by time: [`Header`] |
//!
//! Persons, names and logs stand as tags of 16 bytes keyed by the ledger's secret; a person's is of the
//! digest that stands for the person once erased. What is sealed about a person is sealed under the
//! person's own key. So no reference and no id stands anywhere in clear.

use custodia_core::assess::{Finding, Outcome, Scope};

use crate::keys::{KeyStore, TAG_BYTES, erased_subject};

/// A tag of the keys' room.
pub(super) type Tag = [u8; TAG_BYTES];

pub(super) const PERSON: u8 = 0x01;
pub(super) const LINK: u8 = 0x02;
pub(super) const NAMED: u8 = 0x03;
pub(super) const NAMES: u8 = 0x04;
pub(super) const OUTFLOW: u8 = 0x05;
pub(super) const FACES: u8 = 0x06;
pub(super) const THING: u8 = 0x07;
pub(super) const RUN: u8 = 0x08;
pub(super) const UNNUMBERED: u8 = 0x09;
pub(super) const CASE: u8 = 0x0a;
pub(super) const FINDING: u8 = 0x10;
pub(super) const SINCE: u8 = 0x11;

/// Bytes of a [`Header`].
pub(super) const HEADER_BYTES: usize = 52;
const ROW_VERSION: u8 = 1;
/// Stands for nobody.
pub(super) const NOBODY: Tag = [0; TAG_BYTES];

/// The tag of a person: of the digest of the reference, so that the registry's word of an erasure
/// leads to it.
pub(super) fn person_tag(keys: &KeyStore, reference: &str) -> Tag {
    erased_tag(keys, &erased_subject(reference))
}

/// The tag of a person by the digest of the reference.
pub(super) fn erased_tag(keys: &KeyStore, digest: &[u8]) -> Tag {
    keys.ledger_tag("finding person", digest)
}

/// The tag of a recipient, incident, producer, case or merger.
pub(super) fn name_tag(keys: &KeyStore, name: &str) -> Tag {
    keys.ledger_tag("finding name", name.as_bytes())
}

/// The tag of a log.
pub(super) fn log_tag(keys: &KeyStore, origin: &str) -> Tag {
    keys.ledger_tag("finding log", origin.as_bytes())
}

/// Whose findings: the scope, and the tag of whom or what; zeros for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    pub(super) scope: Scope,
    pub(super) tag: Tag,
}

impl Owner {
    pub(super) const OPERATOR: Self = Self {
        scope: Scope::Operator,
        tag: NOBODY,
    };

    pub(super) const fn person(tag: Tag) -> Self {
        Self {
            scope: Scope::Subject,
            tag,
        }
    }
}

const SCOPES: [Scope; 5] = [
    Scope::Subject,
    Scope::Recipient,
    Scope::Incident,
    Scope::Producer,
    Scope::Operator,
];

pub(super) fn scope_byte(scope: Scope) -> u8 {
    match scope {
        Scope::Subject => 0,
        Scope::Recipient => 1,
        Scope::Incident => 2,
        Scope::Producer => 3,
        Scope::Operator => 4,
    }
}

/// A key of its kind and parts.
pub(super) fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// A time whose bytes sort as it does.
pub(super) fn sortable(ms: i64) -> [u8; 8] {
    (ms.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

pub(super) fn of_sortable(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed()
}

/// What all findings of an owner begin with.
pub(super) fn findings_of(owner: Owner) -> Vec<u8> {
    key(FINDING, &[&[scope_byte(owner.scope)], &owner.tag])
}

/// The key of a finding of an owner.
pub(super) fn finding_key(owner: Owner, number: u32) -> Vec<u8> {
    let mut key = findings_of(owner);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The key of a finding by time.
pub(super) fn since_key(since_ms: i64, finding: &[u8]) -> Vec<u8> {
    key(
        SINCE,
        &[&sortable(since_ms), finding.get(1..).unwrap_or(&[])],
    )
}

/// The owner and the finding's key, of a key by time.
pub(super) fn finding_of_since(row: &[u8]) -> Option<(Owner, Vec<u8>)> {
    let rest = row.get(9..)?;
    let (scope, tail) = rest.split_first()?;
    let scope = *SCOPES.get(usize::from(*scope))?;
    let tag = *tail.first_chunk()?;
    Some((Owner { scope, tag }, key(FINDING, &[rest])))
}

/// The tag that begins at a place of a key.
pub(super) fn tag_at(row: &[u8], place: usize) -> Option<Tag> {
    row.get(place..)?.first_chunk().copied()
}

/// What is kept of a finding outside of what is sealed: enough to find it by everything that may be
/// asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) rule: u8,
    pub(super) result: Outcome,
    pub(super) since_ms: i64,
    pub(super) until_ms: Option<i64>,
    pub(super) recipient: Tag,
    pub(super) producer: Tag,
}

const RESULTS: [Outcome; 5] = [
    Outcome::Pass,
    Outcome::Violation,
    Outcome::Overdue,
    Outcome::Warn,
    Outcome::Unknown,
];

impl Header {
    pub(super) fn of(keys: &KeyStore, finding: &Finding) -> Self {
        let tag = |name: &Option<String>| name.as_ref().map_or(NOBODY, |name| name_tag(keys, name));
        Self {
            rule: finding.rule,
            result: finding.result,
            since_ms: finding.since_ms,
            until_ms: finding.until_ms,
            recipient: tag(&finding.recipient),
            producer: tag(&finding.producer),
        }
    }

    /// Whether the finding stands at a moment.
    pub(super) fn stands_at(&self, ms: i64) -> bool {
        self.since_ms <= ms && self.until_ms.is_none_or(|until| until > ms)
    }

    /// `version 0x01 ‖ rule u8 ‖ result u8 ‖ mended u8 ‖ since ‖ until, zeros for none ‖ recipient ‖
    /// producer`, a tag each, zeros for none.
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let result = RESULTS
            .iter()
            .position(|result| *result == self.result)
            .unwrap_or(0);
        let mut out = [0; HEADER_BYTES];
        out[0] = ROW_VERSION;
        out[1] = self.rule;
        out[2] = u8::try_from(result).unwrap_or(u8::MAX);
        out[3] = u8::from(self.until_ms.is_some());
        out[4..12].copy_from_slice(&sortable(self.since_ms));
        out[12..20].copy_from_slice(&self.until_ms.map_or([0; 8], sortable));
        out[20..36].copy_from_slice(&self.recipient);
        out[36..].copy_from_slice(&self.producer);
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        let time = |place: usize| bytes[place..].first_chunk().copied().map(of_sortable);
        let until_ms = match bytes[3] {
            0 => None,
            1 => Some(time(12)?),
            _ => return None,
        };
        (bytes[0] == ROW_VERSION).then_some(Self {
            rule: bytes[1],
            result: *RESULTS.get(usize::from(bytes[2]))?,
            since_ms: time(4)?,
            until_ms,
            recipient: tag_at(bytes, 20)?,
            producer: tag_at(bytes, 36)?,
        })
    }
}

/// Where a person's key stands, and the reference sealed under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PersonRow {
    /// The first log by order that has a key of the person.
    pub(super) origin: String,
    /// The key's place in it.
    pub(super) locator: [u8; 32],
    /// The reference, sealed for the row's key.
    pub(super) sealed: Vec<u8>,
}

impl PersonRow {
    /// `version 0x01 ‖ locator ‖ length of the origin u16be ‖ origin ‖ sealed`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let length = u16::try_from(self.origin.len()).unwrap_or(u16::MAX);
        let mut out = vec![ROW_VERSION];
        out.extend_from_slice(&self.locator);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(self.origin.as_bytes());
        out.extend_from_slice(&self.sealed);
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (locator, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (origin, sealed) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        (*version == ROW_VERSION).then_some(Self {
            origin: String::from_utf8(origin.to_vec()).ok()?,
            locator: *locator,
            sealed: sealed.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_from_their_bytes() {
        for until_ms in [None, Some(-7), Some(i64::MAX)] {
            let header = Header {
                rule: 44,
                result: Outcome::Unknown,
                since_ms: -1,
                until_ms,
                recipient: [3; 16],
                producer: NOBODY,
            };
            assert_eq!(Header::decode(&header.encode()), Some(header));
            assert_eq!(Header::decode(&header.encode()[1..]), None);
        }
        let person = PersonRow {
            origin: "l.example/t/0/1".into(),
            locator: [5; 32],
            sealed: vec![1, 2],
        };
        assert_eq!(PersonRow::decode(&person.encode()), Some(person.clone()));
        assert_eq!(PersonRow::decode(&person.encode()[..40]), None);
    }

    #[test]
    fn times_sort_as_they_are_and_lead_back_to_their_finding() {
        let times = [i64::MIN, -1, 0, 1, i64::MAX];
        assert!(times.map(sortable).is_sorted());
        assert_eq!(times.map(|ms| of_sortable(sortable(ms))), times);
        let owner = Owner {
            scope: Scope::Incident,
            tag: [9; 16],
        };
        let finding = finding_key(owner, 7);
        let since = since_key(-5, &finding);
        assert_eq!(finding_of_since(&since), Some((owner, finding)));
    }
}
