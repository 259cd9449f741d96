//! What people may do, and how they are asked and told: consent, rights, notices, messages.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Citation;
use super::item::{Name, item};
use super::numbers::{DeadlineId, Period};
use super::vocabulary::{maybe, one, set};
use crate::schema::v1::{
    AudienceRule, Channel, ConsentForm, NoticeContent, Purpose, RightsChannel, RightsClock,
    RightsCondition, RightsEffect, RightsRequestKind,
};

/// A form of asking (domain §1.4).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The form.
    #[serde(with = "one")]
    pub id: ConsentForm,
    /// Whether what is given in it counts as consent in law.
    pub counts: bool,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// Something that a person may ask for (domain §1.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Right {
    /// The kind of request.
    #[serde(with = "one")]
    pub id: RightsRequestKind,
    /// The clock that the text names.
    #[serde(default, with = "maybe")]
    pub clock: Option<RightsClock>,
    /// The deadline, where there is one.
    pub deadline: Option<DeadlineId>,
    /// The ways that the text opens.
    #[serde(default, with = "set")]
    pub channels: BTreeSet<RightsChannel>,
    /// What must hold first.
    #[serde(default, with = "set")]
    pub conditions: BTreeSet<RightsCondition>,
    /// What follows.
    #[serde(default, with = "set")]
    pub effects: BTreeSet<RightsEffect>,
    /// Where it comes from; a law's clause where the text is silent.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// What is told, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoticeKind {
    /// A change of the policy (L304).
    PolicyChange,
    /// A purpose that the policy doesn't state yet (L41).
    NewPurpose,
    /// The rules of a service that is new (L128).
    NewService,
    /// Data goes to a third party (L87, L93).
    Forwarding,
    /// What an activity passes on (L170).
    JointActivity,
    /// A merger or the like (L186).
    Merger,
    /// The list of SDKs changed (L114).
    SdkChange,
    /// An incident, to each person affected (L262).
    IncidentToPeople,
    /// An incident, where people can't be told one by one (L262).
    IncidentToPublic,
    /// An incident, to the regulator (L262).
    IncidentToRegulator,
}

/// A notice that is owed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Which.
    pub id: NoticeKind,
    /// The ways it may take; empty where the text leaves it open.
    #[serde(default, with = "set")]
    pub channels: BTreeSet<Channel>,
    /// What it must say.
    #[serde(default, with = "set")]
    pub contents: BTreeSet<NoticeContent>,
    /// Whether it comes before what it tells of.
    pub before: bool,
    /// How long before, where a length is set.
    pub lead: Option<Period>,
    /// Whether consent is asked for anew with it.
    #[serde(default)]
    pub consent: bool,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A way to reach people (domain §1.9).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelItem {
    /// The channel.
    #[serde(with = "one")]
    pub id: Channel,
    /// Whether commercial messages may take it.
    pub commercial: bool,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A kind of message, by its purpose (domain §1.9; R31).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// What it is for.
    #[serde(with = "one")]
    pub id: Purpose,
    /// Whether the person can refuse it.
    pub refusable: bool,
    /// The ways to refuse.
    #[serde(default, with = "set")]
    pub opt_outs: BTreeSet<RightsChannel>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// Whom the service is for (domain §1.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// The rule.
    #[serde(with = "one")]
    pub id: AudienceRule,
    /// The age that counts, in years, itself included.
    pub minimum_age: Option<u32>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

impl Name for NoticeKind {
    fn name_of(&self) -> String {
        let words = format!("{self:?}");
        super::item::screaming(&words)
    }
}

item!(Form, ConsentForm);
item!(Right, RightsRequestKind);
item!(Notice, NoticeKind);
item!(ChannelItem, Channel);
item!(Message, Purpose);
item!(Audience, AudienceRule);
