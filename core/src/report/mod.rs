//! The documents of an extract, edition 1 (`proto/FORMAT.md` 13.9): what a lawyer reads.
//!
//! Each is a pure function of the manifest without its members and of the lines of `events.jsonl`:
//! no clock, no locale, no floating point, no order of a hash table. So a verifier makes them again
//! and compares bytes. What an edition makes of one input never changes once it is released: the
//! schema's names of values are part of that, and a test holds their digest.

mod answer;
mod clause;
mod csv;
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

pub use answer::{Answer, MAX_EVENTS, TooManyEvents};
pub use words::{fingerprint, words};

/// The members of edition 1, in the archive's order.
pub const MEMBERS: [&str; 7] = [
    "LIMITS.md",
    "VERIFY.md",
    "timeline.csv",
    "recipients.csv",
    "vocabulary.csv",
    "报告.zh-CN.html",
    "report.en.html",
];

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
        "vocabulary.csv" => tables::vocabulary(answer, to),
        "报告.zh-CN.html" => page::write(answer, Language::Zh, to),
        "report.en.html" => page::write(answer, Language::En, to),
        _ => Err(fmt::Error),
    }
}
