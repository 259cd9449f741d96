//! The form of a scenario's file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A scenario. Keys that it doesn't have are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The rule, e.g. `R04`.
    pub rule: String,
    /// What happens and what follows, in one sentence.
    pub says: String,
    /// Which versions of the policy the registry has: `ops/policy/<name>.toml`, or
    /// `tests/scenarios/policy/<name>.toml`.
    #[serde(default = "seed_policy")]
    pub policies: Vec<String>,
    /// Files of `tests/scenarios/base` whose events come first.
    #[serde(default)]
    pub base: Vec<String>,
    /// Which calendar of public holidays is known: `tests/scenarios/holidays/<name>.toml`.
    pub holidays: Option<String>,
    /// Whom the timeline is of; left out, the first person of the events.
    pub about: Option<About>,
    /// What happens.
    pub events: Vec<Told>,
    /// What is counted of the recipient or producer.
    #[serde(default)]
    pub tallies: Tallies,
    /// What is counted over the ledger.
    #[serde(default)]
    pub totals: Totals,
    /// All findings of the rule, in any order.
    pub expect: Vec<Expected>,
}

fn seed_policy() -> Vec<String> {
    vec!["2024-07-15".to_owned()]
}

/// A file of `tests/scenarios/base`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// What happens.
    pub events: Vec<Told>,
}

/// An event: `is` (a unique name), `says`, `at`, `of` (a person's name), `producer`, `recorded`
/// (`never` where Kafka has no time of it; left out, at once), and the
/// fields of the envelope and its body by their names in the schema.
pub type Told = BTreeMap<String, Value>;

/// Whom or what a timeline is of.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A person, by name.
    Subject(String),
    /// A recipient, by id.
    Recipient(String),
    /// An incident, by id.
    Incident(String),
    /// A producer, by name.
    Producer(String),
    /// The operator.
    Operator,
}

/// What is counted of a recipient or producer.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tallies {
    /// When data left for the recipient, beside the events of the scenario.
    #[serde(default)]
    pub outflows: Vec<String>,
    /// Where the producer's sequence has gaps.
    #[serde(default)]
    pub gaps: Vec<Gap>,
}

/// A gap in a producer's sequence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The epoch.
    pub epoch: u64,
    /// The first number that is missing.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The event with the number after it, by name.
    pub after: String,
}

/// What is counted over the ledger.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// How many people.
    #[serde(default)]
    pub people: u64,
    /// The event, by name, whose store of face data then held as many people as the law counts.
    pub large_face_store: Option<String>,
}

/// A finding. What is left out isn't compared, except `result`, `cause` and `on`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// E.g. `VIOLATION`.
    pub result: String,
    /// Why, as a word of the rule.
    pub cause: String,
    /// The event that is judged; left out where something missing is.
    pub on: Option<String>,
    /// From when it stands.
    pub since: Option<String>,
    /// When it was mended; `never`.
    pub until: Option<String>,
    /// When it was due, without holidays; `never`.
    pub due: Option<String>,
    /// When it was due by law; `unknown`.
    pub lawful: Option<String>,
    /// By the law and policy of which moment it is judged.
    pub judged_at: Option<String>,
    /// The recipient; `none`.
    pub recipient: Option<String>,
    /// The producer; `none`.
    pub producer: Option<String>,
    /// The mark, e.g. `CRITICAL`; `none`.
    pub mark: Option<String>,
    /// The person whom it is about.
    pub about: Option<String>,
    /// All other events on which it rests.
    pub rests_on: Option<Vec<String>>,
    /// All clauses.
    pub clauses: Option<Vec<String>>,
    /// What the Chinese sentence is.
    pub zh: Option<String>,
    /// What the English sentence is.
    pub en: Option<String>,
}
