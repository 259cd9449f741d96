//! Kinds of data, and of people who take part.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Citation;
use super::item::item;
use super::vocabulary::{categories, one};
use crate::schema::v1::{Actor, DataCategory, DataCategorySet};

const fn yes() -> bool {
    true
}

/// A kind of data that the policy names (domain §1.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The category.
    #[serde(with = "one")]
    pub id: DataCategory,
    /// Whether it is sensitive, or best treated so: it needs a separate consent (PIPL 28, 29).
    #[serde(default)]
    pub sensitive: bool,
    /// Whether the text counts it as personal information.
    #[serde(default = "yes")]
    pub personal: bool,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A set that the text names without saying what is in it (domain §1.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CategorySet {
    /// The set.
    #[serde(with = "one")]
    pub id: DataCategorySet,
    /// What it stands for.
    #[serde(with = "categories")]
    pub members: BTreeSet<DataCategory>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// The part that someone plays (domain §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Answers for the handling.
    Controller,
    /// Uses the service; the data is about them.
    Subject,
    /// Someone else whom data is about, or who meets it; withheld from others by default.
    OtherPerson,
    /// May receive or send data.
    Recipient,
    /// May demand data, or is told of incidents.
    Authority,
    /// Everyone.
    Public,
    /// Works for the operator.
    Staff,
}

/// A kind of party (domain §1.1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The kind.
    #[serde(with = "one")]
    pub id: Actor,
    /// Its part.
    pub part: Part,
    /// The companies or authorities of this kind that the text names.
    #[serde(default)]
    pub named: BTreeSet<String>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

item!(Category, DataCategory);
item!(CategorySet, DataCategorySet);
item!(Party, Actor);
