//! The answer to a question about findings.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::{About, Finding, LeafAt, rule};
use serde::{Deserialize, Serialize};

use super::question::Grouping;
use super::rows::Header;
use crate::query::{CutName, Erased, Time};

/// Groups of one answer; findings of further ones are counted in all.
const MOST_GROUPS: usize = 10_000;
/// Leaves shown of a group.
const LEAVES_OF_GROUP: usize = 10;

/// Findings at a cut, by when they began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsAnswer {
    /// The cut that they stand on. Of a person it is that of the question; of those kept up, the last
    /// one that they all cover.
    pub cut: CutName,
    /// Whether some of them are judged at a later cut already.
    pub under_way: bool,
    /// The moment at which they stand.
    pub moment: Time,
    /// The digest that names the rules, hex.
    pub rules: String,
    /// Whether the ledger knows whom or what was asked about.
    pub known: bool,
    /// Further references of the person asked about, sorted.
    pub linked: Vec<String>,
    /// What says that the person was erased.
    pub erasures: Vec<Erased>,
    /// How many there are in all, by rule (`R04`) and result.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// The findings.
    pub findings: Vec<ShownFinding>,
    /// Where they are counted by something: each with how many there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Whether there are more than these.
    pub more: bool,
}

/// Findings that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The recipient, producer or cause; none where they name none.
    pub key: Option<String>,
    /// How many, by rule and result.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// The first leaves that they judge, at most 10.
    pub leaves: Vec<LeafAt>,
}

/// One finding with what names its rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownFinding {
    /// The rule's code, e.g. `R04`; `R00` for what could not be judged.
    pub code: String,
    /// The rule's name, e.g. `after_withdrawal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The digest that names the rules, hex.
    pub rules: String,
    /// What it says.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Findings as they are found; the earliest are shown.
pub(super) struct Found {
    most: usize,
    rules: String,
    counts: BTreeMap<String, BTreeMap<String, u64>>,
    total: usize,
    shown: BTreeSet<(i64, Finding)>,
    by: Option<Grouping>,
    groups: BTreeMap<Option<String>, Group>,
}

impl Found {
    pub(super) fn new(most: usize, by: Option<Grouping>, rules: String) -> Self {
        Self {
            most,
            rules,
            counts: BTreeMap::new(),
            total: 0,
            shown: BTreeSet::new(),
            by,
            groups: BTreeMap::new(),
        }
    }

    /// Counts a finding.
    pub(super) fn count(&mut self, header: &Header) {
        let of_rule = self.counts.entry(format!("R{:02}", header.rule));
        let result = header.result.name().to_owned();
        *of_rule.or_default().entry(result).or_default() += 1;
        self.total += 1;
    }

    /// Whether there is room for later ones; what is only counted always has.
    pub(super) fn has_room(&self) -> bool {
        self.by.is_some() || self.shown.len() < self.most
    }

    /// Shows a finding, in the place of a later one where there is no room.
    pub(super) fn show(&mut self, finding: Finding) {
        if let Some(by) = self.by {
            self.group(by, finding);
            return;
        }
        self.shown.insert((finding.since_ms, finding));
        if self.shown.len() > self.most {
            self.shown.pop_last();
        }
    }

    /// Counts a finding under what it is counted by.
    fn group(&mut self, by: Grouping, finding: Finding) {
        let key = match by {
            Grouping::Recipient => finding.recipient,
            Grouping::Producer => finding.producer,
            Grouping::Cause => Some(finding.cause),
        };
        if self.groups.len() == MOST_GROUPS && !self.groups.contains_key(&key) {
            return;
        }
        let group = self.groups.entry(key.clone()).or_insert_with(|| Group {
            key,
            counts: BTreeMap::new(),
            leaves: Vec::new(),
        });
        let of_rule = group
            .counts
            .entry(format!("R{:02}", finding.rule))
            .or_default();
        *of_rule.entry(finding.result.name().to_owned()).or_default() += 1;
        if group.leaves.len() < LEAVES_OF_GROUP {
            group.leaves.extend(finding.judged);
        }
    }

    /// The answer, of whomever.
    pub(super) fn answer(self, cut: CutName, moment: Time) -> FindingsAnswer {
        let rules = &self.rules;
        let shown = |(_, finding): (i64, Finding)| ShownFinding {
            code: format!("R{:02}", finding.rule),
            name: rule(finding.rule).map(|rule| rule.name.to_owned()),
            rules: rules.clone(),
            finding,
        };
        let findings: Vec<_> = self.shown.into_iter().map(shown).collect();
        FindingsAnswer {
            cut,
            under_way: false,
            moment,
            known: true,
            linked: Vec::new(),
            erasures: Vec::new(),
            more: match self.by {
                Some(_) => self.groups.len() == MOST_GROUPS,
                None => findings.len() < self.total,
            },
            counts: self.counts,
            findings,
            groups: self.groups.into_values().collect(),
            rules: self.rules,
        }
    }
}

impl FindingsAnswer {
    /// How many findings show something of each reference.
    pub(super) fn shown(&self, subject: Option<&String>) -> BTreeMap<String, u64> {
        let asked = self.linked.iter().chain(subject);
        let mut shown: BTreeMap<String, u64> =
            asked.map(|reference| (reference.clone(), 0)).collect();
        for one in &self.findings {
            if let About::Subject(reference) = &one.finding.about {
                *shown.entry(reference.clone()).or_default() += 1;
            }
        }
        shown
    }
}
