//! A finding that is the operator's word, as the manifest has it (`proto/FORMAT.md` 13.4).

use serde::{Deserialize, Serialize};

use super::Words;
use super::canonical::Int;
use crate::assess::{About, Due, Finding, LeafAt, Mark, Outcome, Sentence};

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidFinding {
    /// Whom it is about.
    pub about: SaidAbout,
    /// Why, as a word of its rule.
    pub cause: String,
    /// The clauses it rests on.
    pub clauses: Vec<String>,
    /// What was or is due.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<SaidDue>,
    /// The leaf that is judged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub judged: Option<SaidLeaf>,
    /// By whose law and policy it is judged, in milliseconds since 1970.
    pub judged_at: Int<i64>,
    /// The leaves it rests on, ascending.
    pub leaves: Vec<SaidLeaf>,
    /// What it needs beside its result.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mark: Option<Mark>,
    /// The service that sent the judged event.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub producer: Option<String>,
    /// The recipient concerned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recipient: Option<String>,
    /// The result.
    pub result: Outcome,
    /// The rule's number; 0 where nothing could be judged.
    pub rule: u8,
    /// What it says.
    pub sentence: Words,
    /// From when on it stands, in milliseconds since 1970.
    pub since: Int<i64>,
    /// When it was mended, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Int<i64>>,
}

/// Whom a finding of an extract is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SaidAbout {
    /// The incident asked about, by id.
    Incident(String),
    /// The recipient asked about, by id.
    Recipient(String),
    /// The person asked about, by one of the references.
    Subject(String),
}

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidDue {
    /// After a holiday, where the last day is one; none where that year's calendar isn't known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lawful: Option<Int<i64>>,
    /// Without any holiday.
    pub strict: Int<i64>,
}

/// Where a leaf stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidLeaf {
    /// Its index.
    pub index: Int<u64>,
    /// Its log.
    pub log: String,
}

impl SaidFinding {
    /// The finding as the manifest has it; none of what an extract is not about.
    #[must_use]
    pub fn of(finding: &Finding) -> Option<Self> {
        let about = match &finding.about {
            About::Incident(id) => SaidAbout::Incident(id.clone()),
            About::Recipient(id) => SaidAbout::Recipient(id.clone()),
            About::Subject(reference) => SaidAbout::Subject(reference.clone()),
            About::Producer(_) | About::Operator => return None,
        };
        Some(Self {
            about,
            cause: finding.cause.clone(),
            clauses: finding.clauses.clone(),
            due: finding.due.map(|due| SaidDue {
                lawful: due.lawful_ms.map(Int),
                strict: Int(due.strict_ms),
            }),
            judged: finding.judged.as_ref().map(SaidLeaf::of),
            judged_at: Int(finding.judged_at_ms),
            leaves: finding.leaves.iter().map(SaidLeaf::of).collect(),
            mark: finding.mark,
            producer: finding.producer.clone(),
            recipient: finding.recipient.clone(),
            result: finding.result,
            rule: finding.rule,
            sentence: Words {
                en: finding.sentence.en.clone(),
                zh: finding.sentence.zh.clone(),
            },
            since: Int(finding.since_ms),
            until: finding.until_ms.map(Int),
        })
    }

    /// The finding.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding {
            rule: self.rule,
            result: self.result,
            cause: self.cause.clone(),
            mark: self.mark,
            about: match &self.about {
                SaidAbout::Incident(id) => About::Incident(id.clone()),
                SaidAbout::Recipient(id) => About::Recipient(id.clone()),
                SaidAbout::Subject(reference) => About::Subject(reference.clone()),
            },
            judged: self.judged.as_ref().map(SaidLeaf::leaf),
            leaves: self.leaves.iter().map(SaidLeaf::leaf).collect(),
            recipient: self.recipient.clone(),
            producer: self.producer.clone(),
            judged_at_ms: self.judged_at.0,
            since_ms: self.since.0,
            until_ms: self.until.map(|until| until.0),
            due: self.due.as_ref().map(|due| Due {
                strict_ms: due.strict.0,
                lawful_ms: due.lawful.map(|lawful| lawful.0),
            }),
            clauses: self.clauses.clone(),
            sentence: Sentence {
                zh: self.sentence.zh.clone(),
                en: self.sentence.en.clone(),
            },
        }
    }
}

impl SaidLeaf {
    fn of(leaf: &LeafAt) -> Self {
        Self {
            index: Int(leaf.index),
            log: leaf.log.clone(),
        }
    }

    fn leaf(&self) -> LeafAt {
        LeafAt {
            log: self.log.clone(),
            index: self.index.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::canonical;

    fn finding() -> Finding {
        let leaf = |index| LeafAt {
            log: "l.example/custodia.events/0/0".into(),
            index,
        };
        Finding {
            rule: 1,
            result: Outcome::Violation,
            cause: "consent_withdrawn".into(),
            mark: Some(Mark::Critical),
            about: About::Subject("k3vq7mzt2hxw5ncyadj4rbg6ps".into()),
            judged: Some(leaf(7)),
            leaves: vec![leaf(3), leaf(7)],
            recipient: Some("lender-1".into()),
            producer: Some("loan-gateway".into()),
            judged_at_ms: -5,
            since_ms: 5,
            until_ms: Some(9),
            due: Some(Due {
                strict_ms: 6,
                lawful_ms: Some(7),
            }),
            clauses: vec!["L160".into()],
            sentence: Sentence {
                zh: "无".into(),
                en: "none".into(),
            },
        }
    }

    #[test]
    fn a_finding_comes_back_from_its_one_spelling() {
        let bare = Finding {
            mark: None,
            judged: None,
            recipient: None,
            producer: None,
            until_ms: None,
            due: None,
            ..finding()
        };
        let of_incident = Finding {
            about: About::Incident("inc-1".into()),
            ..finding()
        };
        for finding in [finding(), bare, of_incident] {
            let said = SaidFinding::of(&finding).unwrap();
            let bytes = canonical::write(&said);
            assert_eq!(canonical::read::<SaidFinding>(&bytes).unwrap(), said);
            assert_eq!(said.finding(), finding);
        }
        let other = Finding {
            about: About::Operator,
            ..finding()
        };
        assert_eq!(SaidFinding::of(&other), None);
    }
}
