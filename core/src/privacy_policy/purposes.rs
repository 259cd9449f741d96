//! What data is handled for: purposes, the features they belong to, permissions and locks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Citation;
use super::item::item;
use super::vocabulary::{categories, maybe, one, set};
use crate::schema::v1::{
    Actor, CollectionWay, ConsentStrength, DataCategory, DevicePermission, Purpose, Surface,
};

/// A part of the service, to which purposes belong (domain §1.3).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Its name, e.g. `PAY_LATER`.
    pub id: String,
    /// Where it is offered.
    #[serde(with = "set")]
    pub surfaces: BTreeSet<Surface>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A purpose, and what may be handled for it (domain §1.3).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeItem {
    /// The purpose.
    #[serde(with = "one")]
    pub id: Purpose,
    /// The feature it belongs to.
    pub feature: String,
    /// Which categories may be used for it; empty only where `every_category` or `unstated`.
    #[serde(default, with = "categories")]
    pub categories: BTreeSet<DataCategory>,
    /// Whether everything that the policy collects may be used; `categories` then holds all of it.
    #[serde(default)]
    pub every_category: bool,
    /// Whether it stands for purposes that the policy doesn't state, and that need a new one first.
    #[serde(default)]
    pub unstated: bool,
    /// How data is collected for it; the `method` of PIPL 14.
    #[serde(default, with = "set")]
    pub ways: BTreeSet<CollectionWay>,
    /// Who may send data for it, where some comes from a third party.
    #[serde(default, with = "set")]
    pub sources: BTreeSet<Actor>,
    /// The weakest consent that the text asks for; none where it names no strength.
    #[serde(default, with = "maybe")]
    pub strength: Option<ConsentStrength>,
    /// Whether the person confirms each use first (L222).
    #[serde(default)]
    pub confirmed_first: bool,
    /// What refusing costs; none where the text says nothing of it.
    pub refusal: Option<Refusal>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// What a person loses who refuses a purpose or its data (domain §1.3; PIPL 16).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The features that may then be denied, besides the purpose itself.
    #[serde(default)]
    pub denies: BTreeSet<String>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A permission of the operating system, and what may be taken under it (domain §1.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// The permission.
    #[serde(with = "one")]
    pub id: DevicePermission,
    /// What it is asked for.
    #[serde(with = "set")]
    pub purposes: BTreeSet<Purpose>,
    /// What is collected under it, and not without it.
    #[serde(default, with = "categories")]
    pub categories: BTreeSet<DataCategory>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// Data that serves no other purpose without a stronger consent (R41).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Its name, e.g. `CARD_AUTHENTICATION`.
    pub id: String,
    /// The data that is locked.
    #[serde(with = "categories")]
    pub categories: BTreeSet<DataCategory>,
    /// The purposes that it serves.
    #[serde(with = "set")]
    pub purposes: BTreeSet<Purpose>,
    /// The consent that opens it to another purpose; none where the text names none.
    #[serde(default, with = "maybe")]
    pub opened_by: Option<ConsentStrength>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

item!(Feature, String);
item!(PurposeItem, Purpose);
item!(Permission, DevicePermission);
item!(Lock, String);
