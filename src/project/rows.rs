//! Keys and values of rows. The first byte of a key is the row's kind; indexes are u64be.
//!
//! | key | value |
//! |---|---|
//! | `00` | cursor: how many leaves have rows, u64be |
//! | `01 ‖ index` | the leaf's facts in clear: [`LeafRow`] |
//! | `02 ‖ id hash (16)` | the leaves with that event id: [`IdRow`] |
//! | `10 ‖ tag (16) ‖ index` | a leaf that names a person: [`SubjectRow`], sealed under the person's key of this log, with the row's key as associated data |
//! | `11`–`15` `‖ tag (16) ‖ index` | a leaf of a recipient, incident, correlation, credential or endpoint, producer: empty |
//! | `20 ‖ kind ‖ tag (16) ‖ day (4) ‖ index` | a leaf of a recipient, credential, endpoint, SDK or employee by the UTC day on which it happened: empty |
//! | `30 ‖ index` | a leaf that is to be erased, by an order that was applied before it was read: empty |
//!
//! An id hash and the tags from `11` on are keyed by the ledger's secret; the tag of `10` by the
//! person's key.

use custodia_core::verdict::{Facts, Named, Verdict};

use crate::keys::TAG_BYTES;

/// A tag of the keys' room.
pub(super) type Tag = [u8; TAG_BYTES];

/// The cursor's key.
pub(super) const CURSOR: [u8; 1] = [0x00];
/// What event ids are hashed as.
pub(super) const EVENT_ID: &str = "event id";
/// What subjects are tagged as.
pub(super) const SUBJECT: &str = "subject";

const LEAF: u8 = 0x01;
const EVENT: u8 = 0x02;
const OF_SUBJECT: u8 = 0x10;
const BY_DAY: u8 = 0x20;
/// Bytes of a key by day.
const DAY_KEY: usize = 14 + TAG_BYTES;
/// A leaf of somebody who was erased that was read after the order was applied, until it is erased too.
pub(super) const LATE: u8 = 0x30;

const ROW_VERSION: u8 = 1;
/// The longest producer name that is kept in clear.
const LONGEST_PRODUCER: usize = 64;

/// What rows stand under beside people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Field 1 of a body.
    Recipient,
    /// Field 2 of a body.
    Incident,
    /// The envelope's correlation id.
    Correlation,
    /// A credential's fingerprint, its bytes.
    Credential,
    /// An endpoint's name.
    Endpoint,
    /// The service that an event of the producers' register is about.
    Producer,
    /// The SDK through which data came or left; it has rows by day alone.
    Sdk,
    /// The employee who looked, by reference; it has rows by day alone.
    Employee,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Recipient => 0x11,
            Self::Incident => 0x12,
            Self::Correlation => 0x13,
            Self::Credential | Self::Endpoint => 0x14,
            Self::Producer => 0x15,
            Self::Sdk => 0x16,
            Self::Employee => 0x17,
        }
    }

    /// The kind's name, as its ids are tagged.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Incident => "incident",
            Self::Correlation => "correlation",
            Self::Credential => "credential",
            Self::Endpoint => "endpoint",
            Self::Producer => "producer",
            Self::Sdk => "sdk",
            Self::Employee => "employee",
        }
    }

    /// Whether its leaves have rows by index.
    pub(super) const fn has_rows(self) -> bool {
        !matches!(self, Self::Sdk | Self::Employee)
    }

    /// Whether its leaves have rows by day: what a leak is asked about, with a window.
    pub(super) const fn has_days(self) -> bool {
        !matches!(self, Self::Incident | Self::Correlation | Self::Producer)
    }
}

/// Days since 1970-01-01, UTC; beyond what fits at the ends.
pub fn day_of(ms: i64) -> i32 {
    let day = ms.div_euclid(86_400_000);
    i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
}

/// The key of a leaf of this kind and tag by the day on which it happened.
pub(super) fn day_key(kind: Kind, tag: &Tag, day: i32, index: u64) -> [u8; DAY_KEY] {
    let mut key = [BY_DAY; DAY_KEY];
    key[1] = kind.byte();
    key[2..18].copy_from_slice(tag);
    // Days before 1970 sort before it.
    key[18..22].copy_from_slice(&(day.cast_unsigned() ^ 1 << 31).to_be_bytes());
    key[22..].copy_from_slice(&index.to_be_bytes());
    key
}

/// The day in a row's key.
pub(super) fn day_in(key: &[u8]) -> Option<i32> {
    let day = key.get(18..22)?.first_chunk()?;
    Some((u32::from_be_bytes(*day) ^ 1 << 31).cast_signed())
}

/// The key of a leaf's facts.
pub(super) fn leaf_key(index: u64) -> [u8; 9] {
    let mut key = [LEAF; 9];
    key[1..].copy_from_slice(&index.to_be_bytes());
    key
}

/// The key that marks a leaf as late.
pub(super) fn late_key(index: u64) -> [u8; 9] {
    let mut key = [LATE; 9];
    key[1..].copy_from_slice(&index.to_be_bytes());
    key
}

/// The key of an event id's leaves.
pub(super) fn id_key(hash: &Tag) -> [u8; 1 + TAG_BYTES] {
    let mut key = [EVENT; 1 + TAG_BYTES];
    key[1..].copy_from_slice(hash);
    key
}

/// The key of a leaf that names the person with this tag.
pub(super) fn subject_key(tag: &Tag, index: u64) -> [u8; 9 + TAG_BYTES] {
    tagged_key(OF_SUBJECT, tag, index)
}

/// The key of a leaf of this kind and tag.
pub(super) fn kind_key(kind: Kind, tag: &Tag, index: u64) -> [u8; 9 + TAG_BYTES] {
    tagged_key(kind.byte(), tag, index)
}

fn tagged_key(first: u8, tag: &Tag, index: u64) -> [u8; 9 + TAG_BYTES] {
    let mut key = [first; 9 + TAG_BYTES];
    key[1..=TAG_BYTES].copy_from_slice(tag);
    key[1 + TAG_BYTES..].copy_from_slice(&index.to_be_bytes());
    key
}

/// The index that ends a row's key.
pub(super) fn index_of(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|index| u64::from_be_bytes(*index))
}

/// What is kept in clear of one leaf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeafRow {
    /// The verdict; none where the payload wasn't held any more when rows were made.
    pub verdict: Option<Verdict>,
    /// The keyed hash of the event id, where the record splits.
    pub event_id_hash: Option<[u8; TAG_BYTES]>,
    /// The service that sent it, where the name has a service's form: a lower-case letter, then
    /// letters, digits, `.`, `_` and `-`, at most 64 in all. Nothing else is kept in clear.
    pub producer: Option<String>,
    /// The producer's epoch.
    pub producer_epoch: Option<u64>,
    /// The producer's sequence number.
    pub producer_seq: Option<u64>,
}

impl LeafRow {
    pub(super) fn of(verdict: Verdict, hash: Option<Tag>, facts: Option<&Facts<'_>>) -> Self {
        let producer = facts.and_then(|facts| facts.producer);
        Self {
            verdict: Some(verdict),
            event_id_hash: hash,
            producer: producer
                .filter(|name| is_service_name(name))
                .map(str::to_owned),
            producer_epoch: facts.and_then(|facts| facts.producer_epoch),
            producer_seq: facts.and_then(|facts| facts.producer_seq),
        }
    }

    /// `version 0x01 ‖ flags u8 ‖` where its flag is set `id hash 16 ‖ length u8 ‖ producer ‖ epoch
    /// u64be ‖ seq u64be ‖` the verdict up to the end. Flags from bit 0: a verdict, a hash, a
    /// producer, an epoch, a sequence number.
    pub(super) fn encode(&self) -> Vec<u8> {
        let present = [
            self.verdict.is_some(),
            self.event_id_hash.is_some(),
            self.producer.is_some(),
            self.producer_epoch.is_some(),
            self.producer_seq.is_some(),
        ];
        let flags = present
            .iter()
            .rev()
            .fold(0, |flags, set| flags << 1 | u8::from(*set));
        let mut out = vec![ROW_VERSION, flags];
        out.extend(self.event_id_hash.iter().flatten());
        if let Some(producer) = &self.producer {
            let length = u8::try_from(producer.len()).expect("longer names are left out");
            out.push(length);
            out.extend_from_slice(producer.as_bytes());
        }
        let numbers = [self.producer_epoch, self.producer_seq];
        out.extend(numbers.into_iter().flatten().flat_map(u64::to_be_bytes));
        out.extend(self.verdict.iter().flat_map(Verdict::encode));
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[version, flags], mut rest) = bytes.split_first_chunk()?;
        if version != ROW_VERSION || flags >= 1 << 5 {
            return None;
        }
        let has = |bit: u8| flags & 1 << bit != 0;
        let event_id_hash = if has(1) { Some(take(&mut rest)?) } else { None };
        let producer = if has(2) {
            Some(take_name(&mut rest)?)
        } else {
            None
        };
        let producer_epoch = if has(3) {
            Some(u64::from_be_bytes(take(&mut rest)?))
        } else {
            None
        };
        let producer_seq = if has(4) {
            Some(u64::from_be_bytes(take(&mut rest)?))
        } else {
            None
        };
        let verdict = match has(0) {
            true => Some(Verdict::decode(rest).ok()?),
            false if rest.is_empty() => None,
            false => return None,
        };
        Some(Self {
            verdict,
            event_id_hash,
            producer,
            producer_epoch,
            producer_seq,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn take_name(rest: &mut &[u8]) -> Option<String> {
    let [length] = take(rest)?;
    let (name, left) = rest.split_at_checked(usize::from(length))?;
    *rest = left;
    String::from_utf8(name.to_vec()).ok()
}

/// A name in this form holds no phone or identity number by itself.
fn is_service_name(name: &str) -> bool {
    let follows = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    name.len() <= LONGEST_PRODUCER
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(follows)
}

/// The leaves with one event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IdRow {
    /// The first of them.
    pub(super) first: u64,
    /// The first that was accepted, and BLAKE3 of its value. Only that one makes others duplicates
    /// or their ids re-used: what was quarantined may be sent again, mended, under its id.
    pub(super) accepted: Option<(u64, [u8; 32])>,
}

impl IdRow {
    /// `first u64be`, and where one was accepted `‖ index u64be ‖ BLAKE3 of its value`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.first.to_be_bytes().to_vec();
        if let Some((index, hash)) = &self.accepted {
            out.extend_from_slice(&index.to_be_bytes());
            out.extend_from_slice(hash);
        }
        out
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let first = u64::from_be_bytes(take(&mut bytes)?);
        if bytes.is_empty() {
            return Some(Self {
                first,
                accepted: None,
            });
        }
        let accepted = (u64::from_be_bytes(take(&mut bytes)?), take(&mut bytes)?);
        bytes.is_empty().then_some(Self {
            first,
            accepted: Some(accepted),
        })
    }
}

/// A verdict without its detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerdictKind {
    /// [`Verdict::Accepted`].
    Accepted,
    /// [`Verdict::Duplicate`].
    Duplicate,
    /// [`Verdict::Quarantined`].
    Quarantined,
}

impl From<&Verdict> for VerdictKind {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Accepted => Self::Accepted,
            Verdict::Duplicate { .. } => Self::Duplicate,
            Verdict::Quarantined { .. } => Self::Quarantined,
        }
    }
}

/// What is sealed about a leaf that names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SubjectRow {
    /// How the person is named: a bit for each of [`Named`], from bit 0.
    pub(super) named: u8,
    /// The body's number; none where the record doesn't split.
    pub(super) body_number: Option<u32>,
    /// When it happened, by the event.
    pub(super) occurred_at_ms: Option<i64>,
    /// The verdict.
    pub(super) verdict: VerdictKind,
}

impl SubjectRow {
    /// The bit of one way to be named.
    pub(super) const fn bit(named: Named) -> u8 {
        match named {
            Named::Key => 1,
            Named::Envelope => 2,
            Named::Body => 4,
        }
    }

    /// `version 0x01 ‖ named u8 ‖ verdict u8 ‖ body u32be, 0 for none ‖` where it is known
    /// `occurred_at_ms i64be`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let verdict = match self.verdict {
            VerdictKind::Accepted => 0,
            VerdictKind::Duplicate => 1,
            VerdictKind::Quarantined => 2,
        };
        let mut out = vec![ROW_VERSION, self.named, verdict];
        out.extend_from_slice(&self.body_number.unwrap_or(0).to_be_bytes());
        out.extend(self.occurred_at_ms.iter().flat_map(|ms| ms.to_be_bytes()));
        out
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let [version, named, verdict] = take(&mut bytes)?;
        let verdict = match verdict {
            0 => VerdictKind::Accepted,
            1 => VerdictKind::Duplicate,
            2 => VerdictKind::Quarantined,
            _ => return None,
        };
        let body = u32::from_be_bytes(take(&mut bytes)?);
        let occurred_at_ms = match bytes {
            [] => None,
            bytes => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
        };
        let body_number = (body != 0).then_some(body);
        (version == ROW_VERSION).then_some(Self {
            named,
            body_number,
            occurred_at_ms,
            verdict,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use custodia_core::verdict::Reason;

    #[test]
    fn a_leafs_facts_come_back_from_their_bytes() {
        let reason = Reason::MissingField {
            path: "producer".into(),
        };
        let whole = LeafRow {
            verdict: Some(Verdict::Quarantined { reason }),
            event_id_hash: Some([7; 16]),
            producer: Some("loan-gateway".into()),
            producer_epoch: Some(1),
            producer_seq: Some(u64::MAX),
        };
        let bare = LeafRow {
            verdict: Some(Verdict::Accepted),
            ..LeafRow::default()
        };
        let sparse = LeafRow {
            producer_seq: Some(3),
            ..bare.clone()
        };
        for row in [whole, bare, sparse, LeafRow::default()] {
            let bytes = row.encode();
            assert_eq!(LeafRow::decode(&bytes), Some(row));
            assert_eq!(LeafRow::decode(&[&bytes[..], &[0]].concat()), None);
        }
    }

    #[test]
    fn rows_of_ids_and_subjects_come_back_from_their_bytes() {
        for accepted in [None, Some((9, [3; 32]))] {
            let row = IdRow { first: 7, accepted };
            assert_eq!(IdRow::decode(&row.encode()), Some(row));
        }
        for occurred_at_ms in [None, Some(-1), Some(i64::MAX)] {
            let verdict = VerdictKind::Duplicate;
            let row = SubjectRow {
                named: 5,
                body_number: Some(200),
                occurred_at_ms,
                verdict,
            };
            assert_eq!(SubjectRow::decode(&row.encode()), Some(row));
        }
        assert_eq!(
            (
                IdRow::decode(&[0; 9]),
                SubjectRow::decode(&[1, 1, 9, 0, 0, 0, 0])
            ),
            (None, None)
        );
    }

    #[test]
    fn what_is_no_services_name_is_not_kept_in_clear() {
        assert!(is_service_name("loan-gateway") && is_service_name("a.b_C9"));
        for name in ["", "13800000000", "张三", "Li Lei", "-x", &"a".repeat(65)] {
            assert!(!is_service_name(name), "{name}");
        }
    }
}
