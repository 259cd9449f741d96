//! When data may leave, or be taken without consent: sharing, transfer, disclosure, exemptions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::item::{Name, item};
use super::vocabulary::{Keyed, Vocabulary, categories, maybe, one, set};
use super::{Citation, Cited};
use crate::schema::v1::{
    Actor, BasisKind, ConsentStrength, DataCategory, DisclosureCase, DisclosureDuty, Purpose,
    ShareCase, ShareCondition, TransferCase, TransferDuty,
};

/// What bounds the data of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The case's own grants.
    Listed,
    /// What the person authorised (L172).
    Authorisation,
    /// What the agreement needs (L174).
    Agreement,
    /// What the list of SDKs names (L168).
    SdkList,
}

/// Who may get what for what: each of the recipients, each of the categories, for each purpose.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Kinds of recipients.
    #[serde(with = "set")]
    pub recipients: BTreeSet<Actor>,
    /// What they may get; a set in the file is expanded.
    #[serde(with = "categories")]
    pub categories: BTreeSet<DataCategory>,
    /// For what.
    #[serde(with = "set")]
    pub purposes: BTreeSet<Purpose>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
}

/// A case of sharing: one of the text's list, or a flow outside it (domain §1.6).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sharing {
    /// The case.
    #[serde(with = "one")]
    pub id: ShareCase,
    /// Whether it stands in the text's own list of cases (L158).
    pub listed: bool,
    /// On which kinds of ground it may rest; an outflow exemption is always one more.
    #[serde(with = "set")]
    pub bases: BTreeSet<BasisKind>,
    /// The weakest consent that the text asks for, where it rests on consent.
    #[serde(default, with = "maybe")]
    pub strength: Option<ConsentStrength>,
    /// Whether the person is told first, besides consenting.
    #[serde(default)]
    pub told_first: bool,
    /// What binds the recipient.
    #[serde(with = "set")]
    pub conditions: BTreeSet<ShareCondition>,
    /// What bounds the data.
    pub bound: Bound,
    /// Who may get what, where that is what bounds it.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A case of transfer (domain §1.6).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The case.
    #[serde(with = "one")]
    pub id: TransferCase,
    /// On which kinds of ground it may rest.
    #[serde(with = "set")]
    pub bases: BTreeSet<BasisKind>,
    /// The weakest consent that the text asks for, where it rests on consent.
    #[serde(default, with = "maybe")]
    pub strength: Option<ConsentStrength>,
    /// Kinds of recipients.
    #[serde(with = "set")]
    pub recipients: BTreeSet<Actor>,
    /// What must be done.
    #[serde(default, with = "set")]
    pub duties: BTreeSet<TransferDuty>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A case of disclosure (domain §1.6).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// The case.
    #[serde(with = "one")]
    pub id: DisclosureCase,
    /// On which kinds of ground it may rest.
    #[serde(with = "set")]
    pub bases: BTreeSet<BasisKind>,
    /// The weakest consent that the text asks for, where it rests on consent.
    #[serde(default, with = "maybe")]
    pub strength: Option<ConsentStrength>,
    /// Kinds of recipients.
    #[serde(with = "set")]
    pub recipients: BTreeSet<Actor>,
    /// What must be done.
    #[serde(default, with = "set")]
    pub duties: BTreeSet<DisclosureDuty>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A case that needs no consent (domain §1.5, §1.6), or a ground for refusing a request (§1.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, bound = "E: Vocabulary")]
pub struct Exemption<E> {
    /// The case.
    #[serde(with = "one")]
    pub id: E,
    /// Whether the law has no item of its own for it, so that a lawyer looks at each use.
    #[serde(default)]
    pub legal_review: bool,
    /// The items of PIPL 13 that it rests on.
    pub law: Option<String>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

impl<E: Vocabulary> Keyed for Exemption<E> {
    type Key = E;

    fn key(&self) -> E {
        self.id
    }
}

impl<E: Vocabulary> Cited for Exemption<E> {
    fn id(&self) -> String {
        self.id.name_of()
    }

    fn cites(&self) -> &[Citation] {
        &self.cites
    }

    fn en(&self) -> &str {
        &self.en
    }
}

item!(Sharing, ShareCase);
item!(Transfer, TransferCase);
item!(Disclosure, DisclosureCase);
