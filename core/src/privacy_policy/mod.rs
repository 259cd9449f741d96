//! The privacy policy as data: what its text allows, promises and owes, each item with its source.
//!
//! Owns the form of the machine-readable policy (TOML): its items, their names resolved against the
//! schema, what [`check`] finds missing or contradictory in it, what a new version changes, and which
//! version is in force when. Not to be confused with [`crate::policy`], C2SP's tlog-policy. It
//! reads no file: callers hand over the bytes.

mod categories;
mod check;
mod citation;
mod diff;
mod head;
mod in_force;
mod item;
mod items;
mod lookup;
mod numbers;
mod outflow;
mod people;
mod published;
mod purposes;
mod read;
mod sdk;
mod text;
mod vocabulary;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::v1;

pub use categories::{Category, CategorySet, Part, Party};
pub use check::{Kind, Remark, Severity, check, check_beside, has_errors};
pub use citation::{Citation, Cited};
pub use diff::{Change, Difference, Fate, FieldChange, diff};
pub use head::{Moment, Operator, Version};
pub use in_force::{MissingTime, Overlap, VersionTimes, in_force, overlaps};
pub use item::Named;
pub use items::ItemRef;
pub use lookup::Allowance;
pub use numbers::{
    Deadline, DeadlineId, Erasure, Period, Residence, Retention, Start, Threshold, ThresholdId,
};
pub use outflow::{Bound, Disclosure, Exemption, Grant, Sharing, Transfer};
pub use people::{Audience, ChannelItem, Form, Message, Notice, NoticeKind, Right};
pub use published::{Document, DocumentError};
pub use purposes::{Feature, Lock, Permission, PurposeItem, Refusal};
pub use read::Error;
pub use sdk::{Conflict, ListedSdk, Statement};
pub use text::PolicyText;
use vocabulary::by_key;
pub use vocabulary::{Vocabulary, members};

/// A machine-readable privacy policy, by the values that its items are about. Read with
/// [`PrivacyPolicy::parse`]; whether it is whole and agrees with its text says [`check`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacyPolicy {
    /// Which version it is, and when it holds.
    pub policy: Version,
    /// Who is answerable.
    pub operator: Operator,
    /// Where the service is offered.
    #[serde(rename = "surface", with = "by_key")]
    pub surfaces: BTreeMap<v1::Surface, Named<v1::Surface>>,
    /// Parts of the service.
    #[serde(rename = "feature", with = "by_key")]
    pub features: BTreeMap<String, Feature>,
    /// Ways of collecting.
    #[serde(rename = "way", with = "by_key")]
    pub ways: BTreeMap<v1::CollectionWay, Named<v1::CollectionWay>>,
    /// Purposes.
    #[serde(rename = "purpose", with = "by_key")]
    pub purposes: BTreeMap<v1::Purpose, PurposeItem>,
    /// Kinds of data.
    #[serde(rename = "category", with = "by_key")]
    pub categories: BTreeMap<v1::DataCategory, Category>,
    /// Sets of them that the text names.
    #[serde(rename = "category_set", with = "by_key")]
    pub category_sets: BTreeMap<v1::DataCategorySet, CategorySet>,
    /// Permissions of the operating system.
    #[serde(rename = "permission", with = "by_key")]
    pub permissions: BTreeMap<v1::DevicePermission, Permission>,
    /// Data that serves no other purpose.
    #[serde(rename = "lock", with = "by_key")]
    pub locks: BTreeMap<String, Lock>,
    /// Kinds of parties.
    #[serde(rename = "party", with = "by_key")]
    pub parties: BTreeMap<v1::Actor, Party>,
    /// Forms of consent.
    #[serde(rename = "consent_form", with = "by_key")]
    pub consent_forms: BTreeMap<v1::ConsentForm, Form>,
    /// Strengths of consent, weakest first.
    #[serde(rename = "consent_strength", with = "by_key")]
    pub consent_strengths: BTreeMap<v1::ConsentStrength, Named<v1::ConsentStrength>>,
    /// Cases of collection without consent.
    #[serde(rename = "collection_exemption", with = "by_key")]
    pub collection_exemptions:
        BTreeMap<v1::CollectionExemption, Exemption<v1::CollectionExemption>>,
    /// Cases of sharing, and flows outside the text's list.
    #[serde(rename = "sharing", with = "by_key")]
    pub sharing: BTreeMap<v1::ShareCase, Sharing>,
    /// What binds every recipient.
    #[serde(rename = "share_condition", with = "by_key")]
    pub share_conditions: BTreeMap<v1::ShareCondition, Named<v1::ShareCondition>>,
    /// Cases of transfer.
    #[serde(rename = "transfer", with = "by_key")]
    pub transfers: BTreeMap<v1::TransferCase, Transfer>,
    /// What a transfer asks for.
    #[serde(rename = "transfer_duty", with = "by_key")]
    pub transfer_duties: BTreeMap<v1::TransferDuty, Named<v1::TransferDuty>>,
    /// Cases of disclosure.
    #[serde(rename = "disclosure", with = "by_key")]
    pub disclosures: BTreeMap<v1::DisclosureCase, Disclosure>,
    /// What a disclosure asks for.
    #[serde(rename = "disclosure_duty", with = "by_key")]
    pub disclosure_duties: BTreeMap<v1::DisclosureDuty, Named<v1::DisclosureDuty>>,
    /// Cases of outflow without consent.
    #[serde(rename = "outflow_exemption", with = "by_key")]
    pub outflow_exemptions: BTreeMap<v1::OutflowExemption, Exemption<v1::OutflowExemption>>,
    /// Grounds for refusing a request.
    #[serde(rename = "refusal_ground", with = "by_key")]
    pub refusal_grounds: BTreeMap<v1::RightsRefusal, Exemption<v1::RightsRefusal>>,
    /// What people may ask for.
    #[serde(rename = "right", with = "by_key")]
    pub rights: BTreeMap<v1::RightsRequestKind, Right>,
    /// The list of SDKs, by name.
    #[serde(rename = "sdk", with = "by_key")]
    pub sdks: BTreeMap<String, ListedSdk>,
    /// What is promised about SDKs.
    #[serde(rename = "sdk_duty", with = "by_key")]
    pub sdk_duties: BTreeMap<v1::SdkDuty, Named<v1::SdkDuty>>,
    /// How long data stays.
    #[serde(rename = "retention", with = "by_key")]
    pub retention: BTreeMap<v1::RetentionRule, Retention>,
    /// How it goes.
    #[serde(rename = "erasure", with = "by_key")]
    pub erasures: BTreeMap<v1::ErasureMethod, Erasure>,
    /// Where it may be.
    #[serde(rename = "residence", with = "by_key")]
    pub residence: BTreeMap<v1::CrossBorderRule, Residence>,
    /// Whom the service is for.
    #[serde(rename = "audience", with = "by_key")]
    pub audience: BTreeMap<v1::AudienceRule, Audience>,
    /// Notices that are owed.
    #[serde(rename = "notice", with = "by_key")]
    pub notices: BTreeMap<NoticeKind, Notice>,
    /// Ways to reach people.
    #[serde(rename = "channel", with = "by_key")]
    pub channels: BTreeMap<v1::Channel, ChannelItem>,
    /// Kinds of messages, by purpose.
    #[serde(rename = "message", with = "by_key")]
    pub messages: BTreeMap<v1::Purpose, Message>,
    /// Safeguards promised.
    #[serde(rename = "safeguard", with = "by_key")]
    pub safeguards: BTreeMap<v1::SecurityMeasure, Named<v1::SecurityMeasure>>,
    /// Deadlines, and when their clocks start.
    #[serde(rename = "deadline", with = "by_key")]
    pub deadlines: BTreeMap<DeadlineId, Deadline>,
    /// Other numbers.
    #[serde(rename = "threshold", with = "by_key")]
    pub thresholds: BTreeMap<ThresholdId, Threshold>,
    /// Everything else that the text says: values of the schema by name, and other promises.
    #[serde(rename = "statement", with = "by_key")]
    pub statements: BTreeMap<String, Statement>,
    /// Where the text doesn't agree with itself or with the law.
    #[serde(default, rename = "conflict", with = "by_key")]
    pub conflicts: BTreeMap<String, Conflict>,
}
