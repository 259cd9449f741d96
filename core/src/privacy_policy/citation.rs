//! Where an item of the policy comes from.

use serde::{Deserialize, Serialize};

/// One source of an item: a line of the policy's text with its exact words, a law's clause, or the
/// reason why there is neither.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The line of the policy's text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Words that stand in that line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
    /// A law's clause, e.g. `PIPL 29`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
    /// Why the item stands here though neither the text nor a law says so: the operator's choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<String>,
}

impl Citation {
    /// Whether exactly one kind of source is named, and a line comes with its words.
    pub fn is_whole(&self) -> bool {
        let text = (&self.line, &self.phrase);
        match (text, &self.law, &self.ours) {
            ((Some(_), Some(phrase)), None, None) => !phrase.is_empty(),
            ((None, None), Some(words), None) | ((None, None), None, Some(words)) => {
                !words.is_empty()
            }
            _ => false,
        }
    }
}

/// An item with its sources.
pub trait Cited {
    /// The item's name in the file, e.g. `PU_DELIVERY`.
    fn id(&self) -> String;

    /// Its sources, the first being the one to quote; never empty in a policy that passed
    /// [`check`](super::check).
    fn cites(&self) -> &[Citation];

    /// What it says, in a few words of English.
    fn en(&self) -> &str;

    /// The source to quote.
    fn citation(&self) -> Option<&Citation> {
        self.cites().first()
    }
}
