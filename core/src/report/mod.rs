//! The documents of an extract, edition 1 (`proto/FORMAT.md` 13.9): what a lawyer reads.
//!
//! Each is a pure function of the manifest without its members and of the lines of `events.jsonl`:
//! no clock, no locale, no floating point, no order of a hash table. So a verifier makes them again
//! and compares bytes. What an edition makes of one input never changes once it is released: the
//! schema's names of values are part of that, and a test holds their digest.

mod answer;
mod clause;
mod counts;
mod csv;
pub(crate) mod findings;
mod judged;
mod limits;
mod names;
mod page;
mod row;
mod said;
mod shown;
mod tables;
mod verifying;
mod word;
mod words;

use std::fmt;

use crate::extract::{Manifest, QueryKind};

pub use answer::{Answer, MAX_EVENTS, TooManyEvents};
pub use csv::Csv;
pub use judged::{Contradiction, Standing, policy_members};
pub use words::{fingerprint, words};

/// The members of edition 1 that every extract has, in the archive's order; counts of an audit, and policies, follow.
pub const MEMBERS: [&str; 8] = [
    "LIMITS.md",
    "VERIFY.md",
    "timeline.csv",
    "recipients.csv",
    "findings.csv",
    "vocabulary.csv",
    "报告.zh-CN.html",
    "report.en.html",
];

/// The member that has an audit's counts as a table.
const COUNTS: &str = "counts.csv";

/// All members of edition 1 of an extract with this manifest, in order.
#[must_use]
pub fn members(manifest: &Manifest) -> Vec<String> {
    let fixed = MEMBERS.iter().map(ToString::to_string);
    let of_audit = manifest.query.kind == QueryKind::Audit;
    let counts = of_audit.then(|| COUNTS.to_owned());
    let policies = manifest.policies.iter().filter_map(|id| policy_members(id));
    fixed.chain(counts).chain(policies.flatten()).collect()
}

pub(crate) use shown::Visible;

/// A language of what people read. The Chinese one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese, as in China.
    Zh,
    /// English.
    En,
}

impl Language {
    pub(crate) const fn pick<T: Copy>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// Writes the member `name` for a finished answer.
///
/// # Errors
/// Those of `to`; and where edition 1 has no such member.
pub fn write(name: &str, answer: &Answer, to: &mut dyn fmt::Write) -> fmt::Result {
    match name {
        "LIMITS.md" => to.write_str(limits::TEXT),
        "VERIFY.md" => verifying::write(answer, to),
        "timeline.csv" => tables::timeline(answer, to),
        "recipients.csv" => tables::recipients(answer, to),
        "findings.csv" => findings::table(answer, to),
        COUNTS if answer.manifest.query.kind == QueryKind::Audit => counts::table(answer, to),
        "vocabulary.csv" => tables::vocabulary(answer, to),
        "报告.zh-CN.html" => page::write(answer, Language::Zh, to),
        "report.en.html" => page::write(answer, Language::En, to),
        name => to.write_str(policy(name, answer).ok_or(fmt::Error)?),
    }
}

/// What stands below `policy/` under a name.
fn policy<'a>(name: &str, answer: &'a Answer) -> Option<&'a str> {
    let (id, end) = name.strip_prefix("policy/")?.rsplit_once('.')?;
    let published = answer.judged.policies.get(id)?;
    match end {
        "toml" => Some(&published.document),
        "txt" => Some(&published.text),
        _ => None,
    }
}
