//! How a finding is named: by its rule and a leaf.

use std::fmt;
use std::str::FromStr;

use custodia_core::assess::LeafAt;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::query::View;

/// A finding by its rule and the leaf that it judges or rests on, as `R04@custodia.events/0/0#17`. The log may be
/// written with the ledger's name before it or, as tables show it, without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FindingName {
    /// The rule's number.
    pub rule: u8,
    /// The log, as it was written.
    pub log: String,
    /// The leaf's index.
    pub index: u64,
}

impl FindingName {
    /// The leaf, with the log's whole origin where the ledger has such a log.
    pub fn leaf(&self, view: &View) -> LeafAt {
        let ends = format!("/{}", self.log);
        let mut names = view.logs().map(|log| log.log().name());
        let whole = names.find(|name| *name == self.log || name.ends_with(&ends));
        LeafAt {
            log: whole.unwrap_or(&self.log).to_owned(),
            index: self.index,
        }
    }
}

impl FromStr for FindingName {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let read = || {
            let (rule, leaf) = word.split_once('@')?;
            let digits = rule.strip_prefix(['R', 'r'])?;
            let (log, index) = leaf.rsplit_once('#')?;
            let log = log.trim_end();
            Some(Self {
                rule: digits.parse().ok().filter(|number| *number <= 44)?,
                log: (!log.is_empty()).then(|| log.to_owned())?,
                index: index.parse().ok()?,
            })
        };
        read().ok_or_else(|| Error::BadFindingName(word.to_owned()))
    }
}

impl TryFrom<String> for FindingName {
    type Error = Error;

    fn try_from(word: String) -> Result<Self, Error> {
        word.parse()
    }
}

impl From<FindingName> for String {
    fn from(name: FindingName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for FindingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{:02}@{}#{}", self.rule, self.log, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_named_by_rule_and_leaf_and_nothing_else() {
        let name: FindingName = "R04@custodia.events/0/0#17".parse().unwrap();
        assert_eq!(
            (name.rule, name.log.as_str(), name.index),
            (4, "custodia.events/0/0", 17)
        );
        assert_eq!(name.to_string(), "R04@custodia.events/0/0#17");
        // As tables show a leaf.
        let shown: FindingName = "r4@custodia.events/0/0 #17".parse().unwrap();
        assert_eq!(shown, name);
        for wrong in [
            "", "R04", "R45@a#1", "R04@#1", "R04@a#", "R04@a#-1", "4@a#1", "R04@a#1x",
        ] {
            let error = wrong.parse::<FindingName>().unwrap_err();
            assert_eq!(error.code(), "CU-0954", "{wrong}");
        }
    }
}
