//! Software of third parties, as the policy lists it; what else it promises, and where it jars.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Citation;
use super::item::item;
use super::vocabulary::{categories, maybe, set};
use crate::schema::v1::{DataCategory, Purpose, Sdk};

/// An SDK of the policy's list (L109).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListedSdk {
    /// Its name, as the list writes it.
    pub id: String,
    /// Its value, where the vocabulary has one.
    #[serde(default, with = "maybe")]
    pub sdk: Option<Sdk>,
    /// The vendor's name.
    pub vendor: String,
    /// What it collects.
    #[serde(with = "categories")]
    pub categories: BTreeSet<DataCategory>,
    /// What it collects besides, which the text calls non-personal.
    #[serde(default, with = "categories")]
    pub non_personal: BTreeSet<DataCategory>,
    /// What for.
    #[serde(with = "set")]
    pub purposes: BTreeSet<Purpose>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// Something else that the text promises, or says of itself, for which rules have no number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its name: a value of the schema, e.g. `DI_DOC_SUBPOENA`, or a word of the file's own.
    pub id: String,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// Places of the text that don't agree, or that say less than the law asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// Its name, e.g. `REPEATED_NUMBER`.
    pub id: String,
    /// The places.
    pub cites: Vec<Citation>,
    /// Words that the text doesn't have anywhere, where the conflict is that they are missing.
    #[serde(default)]
    pub absent: BTreeSet<String>,
    /// What jars, in English.
    pub en: String,
}

item!(ListedSdk, String);
item!(Statement, String);
item!(Conflict, String);
