//! What the person's own copy must not show: cases under a running gag.

use custodia_core::schema;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    AccessReason, LedgerQueried, LegalBasisOfReading, PersonRole, RequesterKind,
};
use custodia_core::verdict::{TopicRole, event_of};
use prost_reflect::DynamicMessage;

use super::leaf::{Leaf, Words};
use super::line::Redactor;
use crate::keys::erased_subject;

/// The shortest name of a case that other leaves are searched for.
const SHORTEST_CASE: usize = 3;

/// Says what stays out of a person's own copy, and leaves no trace of it. Judged by the true clock,
/// whatever the cut is.
pub(super) struct Gags {
    now_ms: i64,
    /// The names of cases under a running gag.
    cases: Vec<Vec<u8>>,
}

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
            cases: Vec::new(),
        }
    }

    /// Takes note of the case that a leaf puts under a gag.
    pub(super) fn learn(&mut self, redactor: &Redactor, leaf: &Leaf, words: Option<&Words<'_>>) {
        let Some(words) = words else { return };
        let Some(body) = body_of(words) else { return };
        if self.gag(redactor, words, Some(&body)) != Gag::Running {
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
        self.cases
            .extend(names.filter(|name| name.len() >= SHORTEST_CASE));
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
        self.gag(redactor, words, body.as_ref()) == Gag::Running
            || leaf.record.as_ref().is_some_and(is_look_for_an_authority)
    }

    /// Whether a leaf names a case under a gag, wherever it does.
    pub(super) fn names_a_case(&self, leaf: &Leaf) -> bool {
        let Some(record) = &leaf.record else {
            return false;
        };
        let parts = [record.key.as_deref(), record.value.as_deref()];
        let holds = |part: &[u8], case: &[u8]| part.windows(case.len()).any(|some| some == case);
        parts
            .into_iter()
            .flatten()
            .any(|part| self.cases.iter().any(|case| holds(part, case)))
    }

    fn gag(&self, redactor: &Redactor, words: &Words<'_>, body: Option<&DynamicMessage>) -> Gag {
        let kind = schema::body_of(words.split.body_number);
        let knows =
            kind.is_some_and(|kind| kind.descriptor.get_field_by_name("gag_until").is_some());
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
    if !body.has_field_by_name("gag_until") {
        return None;
    }
    let until = body.get_field_by_name("gag_until")?;
    let until: prost_types::Timestamp = until.as_message()?.transcode_to().ok()?;
    Some(crate::query::time_of(&until).0)
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
