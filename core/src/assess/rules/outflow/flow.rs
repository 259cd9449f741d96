//! Data that left for a recipient: what most rules of this room judge, and how they say it.

use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::state::recipients::{Recipient, recipient_at};
use crate::assess::words;
use crate::privacy_policy::{Citation, Cited};
use crate::schema::v1::event::Body;
use crate::schema::v1::{Actor, Basis, DataDisclosed, DataShared, DataTransferred, ShareMethod};

/// 2025-01-01 00:00 at UTC+8, from when on the regulation on network data (NDSR) is in force.
pub(super) const NDSR_FROM_MS: i64 = 1_735_660_800_000;

/// Words in Chinese and in English.
pub(super) type Words = (String, String);

/// The event by which data left.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said<'a> {
    Shared(&'a DataShared),
    Transferred(&'a DataTransferred),
    Disclosed(&'a DataDisclosed),
}

/// Data of one person that left for one recipient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow<'a> {
    pub(super) on: &'a Occurrence,
    pub(super) said: Said<'a>,
    pub(super) recipient_id: &'a str,
    pub(super) categories: &'a [i32],
    /// What for; zero where the event doesn't say.
    pub(super) purpose: i32,
    pub(super) basis: Option<&'a Basis>,
    /// ISO 3166-1 alpha-2; empty where the event doesn't say.
    pub(super) destination: &'a str,
    pub(super) assessment_id: &'a str,
    /// A consent to this flow alone, beside the basis; empty where the event names none.
    pub(super) separate_consent_id: &'a str,
    pub(super) method: ShareMethod,
}

/// Everything that left of the person whom the timeline is of, in order.
pub(super) fn flows<'a>(grounds: &Grounds<'a>) -> impl Iterator<Item = Flow<'a>> + use<'a> {
    grounds.timeline.iter().filter_map(Flow::of)
}

impl<'a> Flow<'a> {
    pub(super) fn of(on: &'a Occurrence) -> Option<Self> {
        Some(match on.body() {
            Body::DataShared(said) => Self {
                on,
                said: Said::Shared(said),
                recipient_id: &said.recipient_id,
                categories: &said.categories,
                purpose: said.purpose,
                basis: said.basis.as_ref(),
                destination: &said.destination_country,
                assessment_id: &said.assessment_id,
                separate_consent_id: &said.separate_consent_id,
                method: said.method(),
            },
            Body::DataTransferred(said) => Self {
                on,
                said: Said::Transferred(said),
                recipient_id: &said.recipient_id,
                categories: &said.categories,
                purpose: 0,
                basis: said.basis.as_ref(),
                destination: &said.destination_country,
                assessment_id: &said.assessment_id,
                separate_consent_id: "",
                method: said.method(),
            },
            Body::DataDisclosed(said) => Self {
                on,
                said: Said::Disclosed(said),
                recipient_id: &said.recipient_id,
                categories: &said.categories,
                purpose: said.purpose,
                basis: said.basis.as_ref(),
                destination: &said.destination_country,
                assessment_id: &said.assessment_id,
                separate_consent_id: &said.separate_consent_id,
                method: said.method(),
            },
            _ => return None,
        })
    }

    pub(super) fn ms(&self) -> i64 {
        self.on.occurred_at_ms
    }

    /// What the register said of the recipient then.
    pub(super) fn recipient<'r>(&self, grounds: &Grounds<'r>) -> Option<Recipient<'r>> {
        recipient_at(grounds.register, self.recipient_id, self.ms())
    }

    /// Whether it went to everyone: to the recipient that stands for the public, or onto a page.
    pub(super) fn is_publication(&self, grounds: &Grounds<'_>) -> bool {
        let kind = self.recipient(grounds).map(|one| one.kind);
        kind == Some(Actor::AcPublic) || self.method == ShareMethod::MtPage
    }

    /// A finding on it, with a sentence that names what was done and then says `why`.
    pub(super) fn finding(
        &self,
        grounds: &Grounds<'_>,
        result: Outcome,
        cause: &str,
        why: Words,
    ) -> Finding {
        let did = self.did(grounds);
        Finding::on(
            grounds,
            self.on,
            result,
            cause,
            sentence(self.ms(), did, why),
        )
        .concerning(self.recipient_id)
    }

    /// Nothing can be said, as no machine-readable policy was in force.
    pub(super) fn no_policy(&self, grounds: &Grounds<'_>) -> Finding {
        self.finding(grounds, Outcome::Unknown, "no_policy", no_policy())
    }

    fn did(&self, grounds: &Grounds<'_>) -> Words {
        let (zh, en) = categories(self.categories);
        let (party_zh, party_en) = party(grounds, self.recipient_id, self.ms());
        let (verb_zh, verb_en) = match self.said {
            Said::Shared(_) => ("提供", "shared with"),
            Said::Transferred(_) => ("转让", "transferred to"),
            Said::Disclosed(_) => ("披露", "disclosed to"),
        };
        said(
            format!("向{party_zh}{verb_zh}{zh}"),
            format!("{en} was {verb_en} {party_en}"),
        )
    }
}

/// Words in both languages.
pub(super) fn said(zh: impl Into<String>, en: impl Into<String>) -> Words {
    (zh.into(), en.into())
}

/// That something was done on a day, and why a rule says something of it.
pub(super) fn sentence(ms: i64, did: Words, why: Words) -> Sentence {
    let day = Day::of(ms);
    Sentence::new(
        [format!("{day} "), did.0, ":".into(), why.0, "。".into()].concat(),
        [format!("On {day}, "), did.1, ": ".into(), why.1, ".".into()].concat(),
    )
}

/// Categories by name.
pub(super) fn categories(numbers: &[i32]) -> Words {
    said(
        words::zh("DataCategory", numbers),
        words::en("DataCategory", numbers),
    )
}

/// A recipient by the name that the register had for it then.
pub(super) fn party(grounds: &Grounds<'_>, id: &str, ms: i64) -> Words {
    match recipient_at(grounds.register, id, ms) {
        Some(recipient) => said(format!("“{}”", recipient.name), recipient.name),
        None => said(format!("未登记的“{id}”"), format!("{id} (not registered)")),
    }
}

/// The policy's own words on an item, with their line, to follow a reason.
pub(super) fn quoted(item: Option<&dyn Cited>) -> Words {
    match item.and_then(Cited::citation) {
        Some(Citation {
            line: Some(line),
            phrase: Some(phrase),
            ..
        }) => said(
            format!("(隐私政策L{line}“{phrase}”)"),
            format!(" (policy L{line}: “{phrase}”)"),
        ),
        Some(Citation { law: Some(law), .. }) => said(format!("({law})"), format!(" ({law})")),
        _ => said("", ""),
    }
}

/// A reason, and then the policy's own words on it.
pub(super) fn with_quote(why: Words, item: Option<&dyn Cited>) -> Words {
    let (zh, en) = quoted(item);
    (why.0 + &zh, why.1 + &en)
}

/// That no machine-readable policy was in force.
pub(super) fn no_policy() -> Words {
    said(
        "登记库中没有当时有效的、可供机器读取的隐私政策",
        "the registry has no machine-readable policy that was in force then",
    )
}

/// The finding with these clauses, save those that weren't law yet when the judged thing happened.
pub(super) fn with_clauses(mut finding: Finding, clauses: &[&str]) -> Finding {
    let then = |clause: &&&str| finding.judged_at_ms >= NDSR_FROM_MS || !clause.starts_with("NDSR");
    finding.clauses = clauses
        .iter()
        .filter(then)
        .map(|&clause| clause.to_owned())
        .collect();
    finding
}
