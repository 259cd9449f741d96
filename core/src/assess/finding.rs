//! What a rule says.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a leaf stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LeafAt {
    /// The log's origin.
    pub log: String,
    /// Its index there.
    pub index: u64,
}

/// A rule's result. Missing evidence is [`Outcome::Unknown`], never [`Outcome::Pass`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// What was judged keeps the rule.
    Pass,
    /// Something was done that may not be, or not done that must be.
    Violation,
    /// A time limit has passed.
    Overdue,
    /// To be looked at.
    Warn,
    /// The evidence that would decide it is missing.
    Unknown,
}

/// What a finding needs beside its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mark {
    /// The gravest kind: at once.
    Critical,
    /// Somebody on call is to be told.
    Alert,
    /// Counsel has to decide.
    LegalReview,
}

/// Whom or what a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A person, by reference.
    Subject(String),
    /// A recipient, by id.
    Recipient(String),
    /// An incident, by id.
    Incident(String),
    /// A producer, by name.
    Producer(String),
    /// The operator as a whole.
    Operator,
}

/// When something is due: the last moment that is still in time is the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Due {
    /// Without any holiday: what alerts use. In ms since 1970.
    pub strict_ms: i64,
    /// Where the last day is a holiday, after it (Civil Code 203); none where no calendar is known for
    /// that year. In ms since 1970.
    pub lawful_ms: Option<i64>,
}

/// A sentence that a non-programmer understands. The Chinese one counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sentence {
    /// In Chinese.
    #[serde(rename = "zh-CN")]
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What one rule says of one thing. It holds no word on when it was judged: it stands from `since_ms` on,
/// and where `until_ms` is given only up to that moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's number, 1 to 44.
    pub rule: u8,
    /// The result.
    pub result: Outcome,
    /// Why, as a stable word of that rule, e.g. `consent_withdrawn`.
    pub cause: String,
    /// What it needs beside its result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// Whom or what it is about.
    pub about: About,
    /// The leaf that is judged; none where what is missing is the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<LeafAt>,
    /// All leaves that it rests on, ascending; the judged one is among them.
    pub leaves: Vec<LeafAt>,
    /// The recipient concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The service that sent the judged event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
    /// The moment by whose law and policy it is judged, in ms since 1970.
    pub judged_at_ms: i64,
    /// From when on it stands, in ms since 1970: when it happened, or when it was due.
    pub since_ms: i64,
    /// When it was mended; none where it still stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// What was or is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// The clauses it rests on: lines of the policy (`L160`) and of laws (`PIPL 23`), in the rule's order.
    pub clauses: Vec<String>,
    /// What it says.
    pub sentence: Sentence,
}

impl Finding {
    /// Whether it stands at a moment: it began then or before, and was not mended by then.
    pub fn stands_at(&self, ms: i64) -> bool {
        self.since_ms <= ms && self.until_ms.is_none_or(|until| until > ms)
    }

    /// What tells it from all other findings of one assessment.
    pub fn identity(&self) -> (u8, &About, Option<&LeafAt>, &str, Option<&str>) {
        (
            self.rule,
            &self.about,
            self.judged.as_ref(),
            &self.cause,
            self.recipient.as_deref(),
        )
    }
}

impl fmt::Display for LeafAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.log, self.index)
    }
}

impl Outcome {
    /// Its name, as programs read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Violation => "VIOLATION",
            Self::Overdue => "OVERDUE",
            Self::Warn => "WARN",
            Self::Unknown => "UNKNOWN",
        }
    }
}
