//! What the person's own copy must not show: cases under a running gag, and looks that authorities made while
//! one runs.
//!
//! A gag runs up to its moment, by the true clock; one without a moment, on an event that names the person in its
//! body alone, runs until the producer lifts it: by sending the event again under the person's reference, without a
//! running gag, with the first one's id as its cause (design §3.5). From then on both the disclosure and the looks
//! are shown.

use std::collections::BTreeSet;

use custodia_core::schema;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    AccessReason, LedgerQueried, LegalBasisOfReading, PersonRole, RequesterKind,
};
use custodia_core::verdict::{TopicRole, Verdict, event_of};
use prost_reflect::{DynamicMessage, ReflectMessage as _};

use super::leaf::{Leaf, Words};
use super::line::Redactor;
use crate::keys::erased_subject;

/// The shortest name of a case that other leaves are searched for.
const SHORTEST_CASE: usize = 3;

/// The field of bodies that know gags.
const GAG_UNTIL: &str = "gag_until";

/// Says what stays out of a person's own copy, and leaves no trace of it. Judged by the true clock,
/// whatever the cut is.
pub(super) struct Gags {
    now_ms: i64,
    /// Events under a running gag: their ids, and the names of their cases.
    running: Vec<(EventId, Vec<Vec<u8>>)>,
    /// Ids of events that were sent again under the person's reference, without a running gag.
    lifted: BTreeSet<EventId>,
}

type EventId = [u8; 16];

/// How a body stands to a gag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gag {
    /// Its kind knows none, or it has ended.
    None,
    Running,
}

impl Gags {
    pub(super) const fn new(now_ms: i64) -> Self {
        Self {
            now_ms,
            running: Vec::new(),
            lifted: BTreeSet::new(),
        }
    }

    /// Takes note of the case that a leaf puts under a gag, or of the gag that it lifts.
    pub(super) fn learn(&mut self, redactor: &Redactor, leaf: &Leaf, words: Option<&Words<'_>>) {
        let Some(words) = words else { return };
        let Some(body) = body_of(words) else { return };
        if self.gag(redactor, words, Some(&body)) != Gag::Running {
            self.learn_lifted(redactor, leaf, words, &body);
            return;
        }
        let name = body.get_field_by_name("case_ref");
        let name = name.as_ref().and_then(|name| name.as_str());
        let key = leaf.record.as_ref().and_then(|record| record.key.clone());
        // The key of what a person may know is the person's reference.
        let key =
            key.filter(|key| std::str::from_utf8(key).is_ok_and(|key| !schema::is_reference(key)));
        let names = name
            .map(|name| name.as_bytes().to_vec())
            .into_iter()
            .chain(key);
        let names = names.filter(|name| name.len() >= SHORTEST_CASE);
        self.running.push((*words.facts.event_id, names.collect()));
    }

    /// Of an event that is the person's own and knows gags: which event it stands for.
    fn learn_lifted(
        &mut self,
        redactor: &Redactor,
        leaf: &Leaf,
        words: &Words<'_>,
        body: &DynamicMessage,
    ) {
        let is_own = words
            .facts
            .subject_ref
            .is_some_and(|subject| redactor.references.contains(subject));
        let knows = body.descriptor().get_field_by_name(GAG_UNTIL).is_some();
        let accepted = leaf.verdict.as_ref().is_some_and(Verdict::is_accepted);
        let event = leaf.record.as_ref().and_then(event_of);
        let cause: Option<EventId> = event.and_then(|event| event.causation_id.try_into().ok());
        if is_own && knows && accepted {
            self.lifted.extend(cause);
        }
    }

    /// The gags that run and aren't lifted.
    fn in_force(&self) -> impl Iterator<Item = &(EventId, Vec<Vec<u8>>)> {
        let running = self.running.iter();
        running.filter(|(event, _)| !self.lifted.contains(event))
    }

    /// Whether a leaf stays out.
    pub(super) fn hide(
        &self,
        role: TopicRole,
        redactor: &Redactor,
        leaf: &Leaf,
        words: Option<&Words<'_>>,
    ) -> bool {
        if redactor.is_of_another(leaf, words) || self.names_a_case(leaf) {
            return true;
        }
        let Some(words) = words else { return false };
        if role == TopicRole::Registry && !is_named_in_front(redactor, words) {
            return true;
        }
        let body = body_of(words);
        let is_gagged = self.gag(redactor, words, body.as_ref()) == Gag::Running
            && !self.lifted.contains(words.facts.event_id);
        // A look doesn't say which gag it belongs to.
        let is_look = || leaf.record.as_ref().is_some_and(is_look_for_an_authority);
        is_gagged || (self.in_force().next().is_some() && is_look())
    }

    /// Whether a leaf names a case under a gag, wherever it does.
    pub(super) fn names_a_case(&self, leaf: &Leaf) -> bool {
        let Some(record) = &leaf.record else {
            return false;
        };
        let parts = [record.key.as_deref(), record.value.as_deref()];
        let holds = |part: &[u8], case: &[u8]| part.windows(case.len()).any(|some| some == case);
        parts.into_iter().flatten().any(|part| {
            let mut cases = self.in_force().flat_map(|(_, cases)| cases);
            cases.any(|case| holds(part, case))
        })
    }

    fn gag(&self, redactor: &Redactor, words: &Words<'_>, body: Option<&DynamicMessage>) -> Gag {
        let kind = schema::body_of(words.split.body_number);
        let knows = kind.is_some_and(|kind| kind.descriptor.get_field_by_name(GAG_UNTIL).is_some());
        if !knows {
            return Gag::None;
        }
        // What can't be read may be under one.
        let Some(body) = body else {
            return Gag::Running;
        };
        match gag_until(body) {
            Some(until) if until > self.now_ms => Gag::Running,
            // The body names the person alone, in block 2, while a gag runs.
            None if words.facts.subject_ref.is_none() && !is_named_in_front(redactor, words) => {
                Gag::Running
            }
            _ => Gag::None,
        }
    }
}

fn body_of(words: &Words<'_>) -> Option<DynamicMessage> {
    let event = schema::decode(words.facts.event).ok()?;
    let kind = schema::body_of(words.split.body_number)?;
    let body = event.get_field_by_name(&kind.field_name)?;
    body.as_message().cloned()
}

fn gag_until(body: &DynamicMessage) -> Option<i64> {
    if !body.has_field_by_name(GAG_UNTIL) {
        return None;
    }
    let until = body.get_field_by_name(GAG_UNTIL)?;
    let until: prost_types::Timestamp = until.as_message()?.transcode_to().ok()?;
    // A part of a millisecond still belongs to it.
    let rest = until.nanos.rem_euclid(1_000_000) != 0;
    Some(
        crate::query::time_of(&until)
            .0
            .saturating_add(i64::from(rest)),
    )
}

/// Whether the envelope or the body's first two blocks name the person, or the digest of it.
fn is_named_in_front(redactor: &Redactor, words: &Words<'_>) -> bool {
    let envelope = words.facts.subject_ref;
    let is_one = |bytes: &[u8]| {
        redactor
            .references
            .iter()
            .any(|reference| bytes == reference.as_bytes() || bytes == erased_subject(reference))
    };
    envelope.is_some_and(|envelope| redactor.references.contains(envelope))
        || words.names_in_front(is_one)
}

/// Whether it is a look that was made for an authority's case.
fn is_look_for_an_authority(record: &custodia_core::record::Record) -> bool {
    let Some(Body::LedgerQueried(look)) = event_of(record).and_then(|event| event.body) else {
        return false;
    };
    let by_role = matches!(look.role(), PersonRole::PrRegulator | PersonRole::PrLegal);
    let by_reason = matches!(
        look.reason(),
        AccessReason::ArRegulatorRequest | AccessReason::ArDisclosureReview
    );
    by_role || by_reason || is_basis_of_authorities(look.legal_basis()) || asks_for_one(&look)
}

const fn is_basis_of_authorities(basis: LegalBasisOfReading) -> bool {
    matches!(
        basis,
        LegalBasisOfReading::LbPipl63Inspection
            | LegalBasisOfReading::LbNdsr12Records
            | LegalBasisOfReading::LbEcommerce2531
            | LegalBasisOfReading::LbLegalProceedings
    )
}

fn asks_for_one(look: &LedgerQueried) -> bool {
    let own = format!("requester={}", RequesterKind::RqSubject.as_str_name());
    look.query.contains("requester=") && !look.query.contains(&own)
}

#[cfg(test)]
mod tests;
