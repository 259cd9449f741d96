//! What a rule says of itself, and the digest of all of them.

use sha2::{Digest as _, Sha256};

use super::finding::Finding;
use super::grounds::Grounds;
use super::rules::rules;

/// Of what a rule judges the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One person, with all references linked to them.
    Subject,
    /// One recipient: what the register says of it, and its own counts.
    Recipient,
    /// One incident.
    Incident,
    /// One producer.
    Producer,
    /// The operator as a whole: the register alone.
    Operator,
}

/// A rule of `domain.md` §2. A rule that judges in several scopes stands once for each.
#[derive(Debug)]
pub struct Rule {
    /// Its number, 1 to 44.
    pub number: u8,
    /// Its name, e.g. `share_without_basis`.
    pub name: &'static str,
    /// What it asks, in Chinese.
    pub title_zh: &'static str,
    /// What it asks, in English.
    pub title_en: &'static str,
    /// Of what it judges the timeline.
    pub scope: Scope,
    /// The clauses that it rests on: lines of the policy (`L160`), laws (`PIPL 23`).
    pub clauses: &'static [&'static str],
    /// The first moment that its law is in force, in ms since 1970; none where it always was.
    pub from_ms: Option<i64>,
    /// The first moment that its law is in force no more.
    pub until_ms: Option<i64>,
    /// Counts up with each change of what it says.
    pub revision: u16,
    /// Judges; the engine drops what is outside of its law's time, fills clauses in, and sorts.
    pub judge: fn(&Grounds<'_>) -> Vec<Finding>,
}

impl Rule {
    /// Its code, e.g. `R01`.
    pub fn code(&self) -> String {
        format!("R{:02}", self.number)
    }

    /// Whether its law is in force at a moment.
    pub fn in_force(&self, ms: i64) -> bool {
        self.from_ms.is_none_or(|from| from <= ms) && self.until_ms.is_none_or(|until| ms < until)
    }
}

/// The rule with a number: the first entry, where it judges in several scopes.
pub fn rule(number: u8) -> Option<&'static Rule> {
    rules().iter().copied().find(|rule| rule.number == number)
}

/// SHA-256 over what all rules say of themselves, a line each in the order of [`rules`]: which rules
/// judged. It stands in every finding that is shown and in every extract.
pub fn bundle_digest() -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update("custodia-rules/v1\n");
    for rule in rules() {
        let line = format!(
            "{} {} {:?} {} {:?} {:?} {}\n",
            rule.code(),
            rule.name,
            rule.scope,
            rule.revision,
            rule.from_ms,
            rule.until_ms,
            rule.clauses.join("; ")
        );
        digest.update(line);
    }
    digest.finalize().into()
}
