//! What one leaf shows under a profile.

use std::collections::BTreeSet;

use custodia_core::commitment::slot_digest;
use custodia_core::extract::{
    Erased, EventLine, Int, OpenedSlot, Profile, Pseudonymous, Said, SlotLine, WithheldSlot,
};
use custodia_core::record::Record;
use custodia_core::schema;
use custodia_core::schema::v1::Format;
use custodia_core::slot::Slots;
use custodia_core::verdict::{Facts, Verdict};

use super::leaf::{Leaf, Words};
use super::pseudonyms::Pseudonyms;

/// Shows leaves under one profile.
pub(super) struct Redactor {
    pub(super) profile: Profile,
    /// The references of the person asked about; none where people are pseudonyms.
    pub(super) references: BTreeSet<String>,
    pub(super) pseudonyms: Pseudonyms,
    /// What says that the person asked about was erased.
    pub(super) erased: Option<Erased>,
}

impl Redactor {
    /// The line of a leaf.
    pub(super) fn line(
        &self,
        log: &str,
        index: u64,
        leaf: &Leaf,
        words: Option<&Words<'_>>,
    ) -> EventLine {
        let slots = leaf
            .record
            .as_ref()
            .map(|record| self.slots(record, leaf, words));
        let erased = if slots.is_none() {
            self.erased.clone()
        } else {
            None
        };
        EventLine {
            entry: leaf.entry,
            index: Int(index),
            log: log.to_owned(),
            said: Said {
                duplicate_of: match leaf.verdict {
                    Some(Verdict::Duplicate { of }) => Some(Int(of)),
                    _ => None,
                },
                erased,
                people: self.people(leaf, words),
                reason: leaf
                    .verdict
                    .as_ref()
                    .and_then(Verdict::reason)
                    .map(|reason| reason.code().to_owned()),
                subject: self.subject(leaf, words),
                verdict: leaf.said_verdict(),
            },
            slots,
        }
    }

    /// Whether a leaf is under another person than the one asked about.
    pub(super) fn is_of_another(&self, leaf: &Leaf, words: Option<&Words<'_>>) -> bool {
        let is_another = |reference: &str| {
            schema::is_reference(reference) && !self.references.contains(reference)
        };
        let key = leaf
            .record
            .as_ref()
            .and_then(|record| record.key.as_deref());
        let key = key.and_then(|key| std::str::from_utf8(key).ok());
        let envelope = words.and_then(|words| words.facts.subject_ref);
        [key, envelope].into_iter().flatten().any(is_another)
    }

    fn slots(&self, record: &Record, leaf: &Leaf, words: Option<&Words<'_>>) -> Vec<SlotLine> {
        let verdict = leaf.said_verdict();
        let of_another = self.profile.names_people() && self.is_of_another(leaf, words);
        let slots = Slots::of(record);
        let keyed = slots.iter().zip(slots.keys());
        let line = |(slot, key): (&custodia_core::slot::Slot<'_>, [u8; 32])| {
            let opens = if of_another {
                self.profile.opens_of_another(slot.id, verdict)
            } else {
                self.profile.opens(slot.id, verdict)
            };
            let bytes = slot.bytes();
            if opens {
                SlotLine::Opened(OpenedSlot {
                    bytes,
                    id: slot.id.0,
                    key,
                })
            } else {
                SlotLine::Withheld(WithheldSlot {
                    digest: slot_digest(&key, &bytes),
                    id: slot.id.0,
                })
            }
        };
        keyed.map(line).collect()
    }

    /// Who stands in block 2. The person's own copy doesn't say: what a pseudonym joins there may be
    /// somebody else's matter.
    fn people(&self, leaf: &Leaf, words: Option<&Words<'_>>) -> Vec<Pseudonymous> {
        if self.profile == Profile::SSelf || !leaf.is_event() {
            return Vec::new();
        }
        let people = words.map(Words::people).unwrap_or_default();
        let people = people
            .into_iter()
            .map(|(field, whose, reference)| Pseudonymous {
                field: field.to_owned(),
                pseudonym: self.pseudonyms.of(whose, reference),
            });
        people.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn subject(&self, leaf: &Leaf, words: Option<&Words<'_>>) -> Option<String> {
        if !self.profile.has_pseudonyms() {
            return None;
        }
        let reference = subject_of(leaf, words)?;
        Some(self.pseudonyms.of(Format::SubjectRef, reference))
    }
}

/// The one whom an event is about: in its envelope, its key, or its body.
pub(super) fn subject_of<'a>(leaf: &'a Leaf, words: Option<&Words<'a>>) -> Option<&'a str> {
    let envelope = words.and_then(|words| words.facts.subject_ref);
    if let Some(envelope) = envelope.filter(|text| schema::is_reference(text)) {
        return Some(envelope);
    }
    let key = leaf.record.as_ref()?.key.as_deref();
    let named = Facts::subjects_of(words.map(|words| &words.facts), key);
    let mut text = named
        .into_iter()
        .filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
    text.find(|text| schema::is_reference(text))
}
