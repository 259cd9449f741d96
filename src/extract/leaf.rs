//! One leaf, as far as it is still held.

use custodia_core::entry::{ENTRY_BYTES, Entry};
use custodia_core::extract::SaidVerdict;
use custodia_core::record::Record;
use custodia_core::schema;
use custodia_core::slot::{SlotId, Slots};
use custodia_core::split::{Split, split};
use custodia_core::verdict::{Facts, Judged, Place, Verdict, judge};
use custodia_core::wire::Fields;

use super::Error;
use crate::keys::KeyStore;
use crate::query::LogRows;

/// The envelope's block that says whom an event is about (design §3.2).
const WHOM: SlotId = SlotId(0x01);
/// The first field of a body's block 2: other people (design §3.2).
const BLOCK_2: u32 = 16;
/// The envelope's policy version (design §3.2).
const POLICY_VERSION: u32 = 7;

/// A leaf with what is held of it.
pub(super) struct Leaf {
    pub(super) entry: [u8; ENTRY_BYTES],
    pub(super) timestamp_ms: Option<i64>,
    /// None once its payload is erased.
    pub(super) record: Option<Record>,
    pub(super) verdict: Option<Verdict>,
}

impl Leaf {
    pub(super) fn read(log: &LogRows, keys: &KeyStore, index: u64) -> Result<Self, Error> {
        let (entry, bytes): (Entry, _) = log.log().entry_and_bytes(index)?;
        let sealed = log.log().sealed_payload(index)?;
        let record = match sealed {
            Some(sealed) => log.log().open_record(keys, index, &bytes, &sealed)?,
            None => None,
        };
        Ok(Self {
            entry: bytes,
            timestamp_ms: Some(entry.timestamp_ms).filter(|time| *time >= 0),
            record,
            verdict: log.rows.verdict_of(index)?.verdict,
        })
    }

    pub(super) fn said_verdict(&self) -> SaidVerdict {
        match &self.verdict {
            None => SaidVerdict::Unknown,
            Some(Verdict::Accepted) => SaidVerdict::Accepted,
            Some(Verdict::Duplicate { .. }) => SaidVerdict::Duplicate,
            Some(Verdict::Quarantined { .. }) => SaidVerdict::Quarantined,
        }
    }

    /// Whether it is an event of the ledger's schema: accepted, or the same once more.
    pub(super) fn is_event(&self) -> bool {
        matches!(
            self.said_verdict(),
            SaidVerdict::Accepted | SaidVerdict::Duplicate
        )
    }

    /// What its record says; nothing where it is erased or doesn't split.
    pub(super) fn said(&self, log: &LogRows) -> Option<Words<'_>> {
        let record = self.record.as_ref()?;
        let place = Place {
            role: log.role,
            partition: log.log().origin().partition,
            partitions: log.log().generation().partitions,
        };
        let Judged { facts, .. } = judge(record, &place);
        Some(Words {
            facts: facts?,
            split: split(record.value.as_deref()?).ok()?,
        })
    }

    /// Whether the block of its envelope that says whom an event is about stands.
    pub(super) fn names_somebody(&self) -> bool {
        let slots = self.record.as_ref().map(Slots::of);
        slots.is_some_and(|slots| slots.iter().any(|slot| slot.id == WHOM))
    }

    /// When it happened, by the event; or else when Kafka took it.
    pub(super) fn time(&self, words: Option<&Words<'_>>) -> Option<i64> {
        words
            .and_then(|words| words.facts.occurred_at_ms)
            .or(self.timestamp_ms)
    }
}

/// What a record says that splits.
pub(super) struct Words<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) split: Split<'a>,
}

impl<'a> Words<'a> {
    /// The policy version of the envelope.
    pub(super) fn policy_version(&self) -> Option<&'a str> {
        let fields = Fields::of(self.facts.event).map_while(Result::ok);
        let version = fields
            .take_while(|field| field.number <= POLICY_VERSION)
            .filter(|field| field.number == POLICY_VERSION)
            .last()?;
        let bytes = version.value.bytes().filter(|bytes| !bytes.is_empty())?;
        std::str::from_utf8(bytes).ok()
    }

    /// Whether the body names one of these in a block before that of other people.
    pub(super) fn names_in_front(&self, is_one: impl Fn(&[u8]) -> bool) -> bool {
        Fields::of(self.split.body)
            .map_while(Result::ok)
            .take_while(|field| field.number < BLOCK_2)
            .any(|field| field.value.bytes().is_some_and(&is_one))
    }

    /// The references of people in block 2 of the body: field's name, whose, reference.
    pub(super) fn people(&self) -> Vec<(&'static str, schema::v1::Format, &'a str)> {
        let Some(kind) = schema::body_of(self.split.body_number) else {
            return Vec::new();
        };
        let mut people = Vec::new();
        for field in Fields::of(self.split.body).map_while(Result::ok) {
            let is_it = |number: u32| number == field.number && number >= BLOCK_2;
            let mut rules = schema::references(&kind.descriptor);
            let Some((rule, whose)) = rules.find(|(rule, _)| is_it(rule.number())) else {
                continue;
            };
            let text = field.value.bytes().map(std::str::from_utf8);
            if let Some(Ok(text)) = text.filter(|text| text.is_ok_and(schema::is_reference)) {
                people.push((static_name(rule), whose, text));
            }
        }
        people
    }
}

fn static_name(field: &'static prost_reflect::FieldDescriptor) -> &'static str {
    field.name()
}
