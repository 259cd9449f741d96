//! What was done with a person's data, on which ground: what most rules of this room judge.

use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::state::recipients::recipient_at;
use crate::assess::words;
use crate::schema::v1::event::Body;
use crate::schema::v1::{Actor, Basis, BasisKind, DataShared};

/// 2025-01-01 00:00 at UTC+8, from when on the regulation on network data (NDSR) is in force.
const NDSR_FROM_MS: i64 = 1_735_660_800_000;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Collected,
    Received,
    Shared,
    Transferred,
    Disclosed,
    /// A machine decided on it.
    Decided,
    /// An employee looked at it.
    Looked,
}

impl Act {
    /// Collected, received or shared.
    pub(super) fn is_taking_or_sharing(self) -> bool {
        matches!(self, Self::Collected | Self::Received | Self::Shared)
    }
}

/// Data of one person that was handled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deed<'a> {
    pub(super) one: &'a Occurrence,
    pub(super) act: Act,
    /// What for; zero where the event doesn't say.
    pub(super) purpose: i32,
    pub(super) categories: &'a [i32],
    pub(super) basis: Option<&'a Basis>,
    /// Whom it went to or came from.
    pub(super) party: Option<&'a str>,
    /// A consent to this flow alone, beside the basis.
    pub(super) separate_consent_id: &'a str,
}

/// A sentence's words on what follows, in Chinese and in English.
pub(super) type Words = (String, String);

/// Everything that was done with the data of the person whom the timeline is of, in order.
pub(super) fn deeds<'a>(grounds: &Grounds<'a>) -> impl Iterator<Item = Deed<'a>> + use<'a> {
    grounds.timeline.iter().filter_map(Deed::of)
}

impl<'a> Deed<'a> {
    pub(super) fn of(one: &'a Occurrence) -> Option<Self> {
        let deed = |act, purpose, categories, basis: &'a Option<Basis>| Self {
            one,
            act,
            purpose,
            categories,
            basis: basis.as_ref(),
            party: None,
            separate_consent_id: "",
        };
        Some(match one.body() {
            Body::DataCollected(said) => {
                deed(Act::Collected, said.purpose, &said.categories, &said.basis)
            }
            Body::DataReceivedFromThirdParty(said) => Self {
                party: Some(&said.provider_id),
                ..deed(Act::Received, said.purpose, &said.categories, &said.basis)
            },
            Body::DataShared(said) => Self {
                party: Some(&said.recipient_id),
                separate_consent_id: &said.separate_consent_id,
                ..deed(Act::Shared, said.purpose, &said.categories, &said.basis)
            },
            Body::DataTransferred(said) => Self {
                party: Some(&said.recipient_id),
                ..deed(Act::Transferred, 0, &said.categories, &said.basis)
            },
            Body::DataDisclosed(said) => Self {
                party: Some(&said.recipient_id),
                separate_consent_id: &said.separate_consent_id,
                ..deed(Act::Disclosed, said.purpose, &said.categories, &said.basis)
            },
            Body::AutomatedDecisionMade(said) => {
                deed(Act::Decided, said.purpose, &said.categories, &None)
            }
            Body::InternalAccess(said) => deed(Act::Looked, said.purpose, &said.categories, &None),
            _ => return None,
        })
    }

    pub(super) fn ms(&self) -> i64 {
        self.one.occurred_at_ms
    }

    /// The share's own fields, where it is one.
    pub(super) fn share(&self) -> Option<&'a DataShared> {
        match self.one.body() {
            Body::DataShared(share) => Some(share),
            _ => None,
        }
    }

    /// The consent that it is said to rest on, empty where it isn't named; none where it rests on
    /// something else.
    pub(super) fn consent_id(&self) -> Option<&'a str> {
        let basis = self.basis?;
        (basis.kind() == BasisKind::BaConsent).then_some(basis.consent_id.as_str())
    }

    /// On which kind of ground it is said to rest; none where the event doesn't say.
    pub(super) fn ground(&self) -> Option<BasisKind> {
        self.basis
            .map(Basis::kind)
            .filter(|kind| *kind != BasisKind::BaUnspecified)
    }

    /// Whether the person is one whom somebody else named (a consignee, a contact) and who is told and
    /// asked through that user (R32).
    pub(super) fn is_of_named_person(&self) -> bool {
        let named = [
            Actor::AcSubjectConsignee,
            Actor::AcSubjectEmergencyContact,
            Actor::AcSubjectAddressBookContact,
        ];
        named.contains(&self.one.event.subject_role())
    }

    /// A finding on it, with a sentence that names what was done and then says `words`.
    pub(super) fn finding(
        &self,
        grounds: &Grounds<'_>,
        result: Outcome,
        cause: &str,
        words: Words,
    ) -> Finding {
        let (why_zh, why_en) = words;
        let sentence = self.sentence(grounds, &why_zh, &why_en);
        let finding = Finding::on(grounds, self.one, result, cause, sentence);
        match self.party {
            Some(party) => finding.concerning(party),
            None => finding,
        }
    }

    fn sentence(&self, grounds: &Grounds<'_>, why_zh: &str, why_en: &str) -> Sentence {
        let day = Day::of(self.ms());
        let (zh, en) = (
            words::zh("DataCategory", self.categories),
            words::en("DataCategory", self.categories),
        );
        let (for_zh, for_en) = match self.purpose {
            0 => (String::new(), String::new()),
            purpose => (
                format!(",用于“{}”", words::zh("Purpose", &[purpose])),
                format!(" (purpose: {})", words::en("Purpose", &[purpose])),
            ),
        };
        let (party_zh, party_en) = self.party_name(grounds);
        let (did_zh, did_en) = match self.act {
            Act::Collected => (format!("收集{zh}"), "collected".to_owned()),
            Act::Received => (
                format!("从{party_zh}获取{zh}"),
                format!("received from {party_en}"),
            ),
            Act::Decided => (
                format!("依据{zh}作出自动化决策"),
                "used for an automated decision".to_owned(),
            ),
            Act::Looked => (
                format!("工作人员查看{zh}"),
                "looked at by an employee".to_owned(),
            ),
            Act::Shared => (
                format!("向{party_zh}提供{zh}"),
                format!("shared with {party_en}"),
            ),
            Act::Transferred => (
                format!("向{party_zh}转让{zh}"),
                format!("transferred to {party_en}"),
            ),
            Act::Disclosed => (
                format!("向{party_zh}披露{zh}"),
                format!("disclosed to {party_en}"),
            ),
        };
        Sentence::new(
            format!("{day} {did_zh}{for_zh}:{why_zh}。"),
            format!(
                "On {day} these data were {did_en}: {en}{for_en}. {}.",
                begun(why_en)
            ),
        )
    }

    fn party_name(&self, grounds: &Grounds<'_>) -> Words {
        let party = self.party.unwrap_or_default();
        match recipient_at(grounds.register, party, self.ms()) {
            Some(recipient) => (format!("“{}”", recipient.name), recipient.name.to_owned()),
            None => (
                format!("未登记的“{party}”"),
                format!("{party}, who isn't registered"),
            ),
        }
    }
}

/// The same words at a sentence's beginning.
fn begun(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Words in both languages.
pub(super) fn said(zh: impl Into<String>, en: impl Into<String>) -> Words {
    (zh.into(), en.into())
}

/// The finding with the clauses that were law when the judged thing happened.
pub(super) fn with_law_of_then(mut finding: Finding, clauses: &[&str]) -> Finding {
    let then = |clause: &&&str| finding.judged_at_ms >= NDSR_FROM_MS || !clause.starts_with("NDSR");
    finding.clauses = clauses
        .iter()
        .filter(then)
        .map(|&clause| clause.to_owned())
        .collect();
    finding
}
