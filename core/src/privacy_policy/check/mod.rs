//! What is missing in a policy, wrong with it, or contradictory in it.
//!
//! Errors keep a policy from being published; warnings are what a reader should know of a text that
//! was published all the same. Whatever can be computed of the items and of the text is; what only
//! a reader sees stands in the file as a `conflict`, whose words are checked like any others.

mod numbers;
mod promises;
mod references;
mod sources;
mod wording;

use serde::Serialize;

use super::{Citation, ItemRef, Moment, PolicyText, PrivacyPolicy, overlaps};
use super::{Overlap, VersionTimes};

/// How much a remark weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The policy can't be published.
    Error,
    /// It can, and a reader should know.
    Warning,
}

/// What a remark is about, by which remarks are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A citation names no source, or several at once, or an item has none.
    Uncited,
    /// The text has no such line.
    NoSuchLine,
    /// The words don't stand in the line.
    NotInLine,
    /// The text isn't the one that the policy was made of.
    OtherText,
    /// The id isn't the date and the beginning of the text's digest.
    WrongId,
    /// It takes effect before it was published.
    EffectiveBeforePublished,
    /// It overlaps another version in time.
    Overlap,
    /// The registry has a version of this id.
    AlreadyPublished,
    /// It says that it was published at a time that is still to come.
    NotPublicYet,
    /// Days are counted in a zone that rules don't know.
    UnknownZone,
    /// A purpose has no categories.
    NoCategory,
    /// A purpose has no way of collecting.
    NoWay,
    /// A case has no recipient, no data or no purpose.
    EmptyCase,
    /// A case rests on nothing.
    NoBasis,
    /// An item names another that the policy doesn't have.
    Unstated,
    /// A deadline or threshold that rules need isn't there.
    MissingNumber,
    /// Two items contradict each other.
    Contradiction,
    /// A country's code isn't one.
    NotACountry,
    /// An item has no English words.
    NoEnglish,
    /// What a conflict says is missing is there.
    ConflictGone,
    /// Values of the vocabulary that carry a line have no item.
    Uncovered,
    /// A category serves no purpose.
    UnusedCategory,
    /// A number stands twice in a list of the text.
    RepeatedNumber,
    /// The table of contents and a heading differ.
    ContentsDiffer,
    /// A sentence of the text has no end.
    Unfinished,
    /// It takes effect on the day it was published.
    EffectiveAtOnce,
    /// Rules of retention end at different times.
    RetentionsDiffer,
    /// A way of erasing doesn't end the duty to erase.
    ErasureFallsShort,
    /// Clocks of requests start at different moments.
    ClocksDiffer,
    /// Data counts as personal in one place and not in another.
    PersonalAndNot,
    /// An SDK is used that the list doesn't have.
    UnlistedSdk,
    /// Kinds of recipients are named, and no recipient.
    NoRecipientNamed,
    /// A form of asking is no consent in law.
    FormIsNoConsent,
    /// The same exemption has different words.
    ExemptionsDiffer,
    /// What the law gives people, or asks for, and the text doesn't.
    SilentOnLaw,
    /// A rule on the audience has no check.
    AudienceUnchecked,
    /// More than one party answers for the handling, and isn't named.
    UnnamedController,
    /// A clock may never start.
    ClockMayNotStart,
    /// The text promises to wipe what the law makes it keep.
    WipeAgainstRecords,
    /// Data that is locked serves another purpose.
    LockedElsewhere,
    /// A conflict that the file states.
    Stated,
}

/// One thing to say of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Remark {
    /// How much it weighs.
    pub severity: Severity,
    /// What it is about.
    pub kind: Kind,
    /// The item, e.g. `[[purpose]] PU_DELIVERY`.
    pub item: String,
    /// What is to be said, with what to do about an error.
    pub message: String,
    /// The lines and clauses it rests on.
    pub cites: Vec<Citation>,
}

impl Remark {
    fn error(kind: Kind, item: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            kind,
            item: item.into(),
            message: message.into(),
            cites: Vec::new(),
        }
    }

    fn warning(kind: Kind, item: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(kind, item, message)
        }
    }

    fn citing<'a>(mut self, cites: impl IntoIterator<Item = &'a Citation>) -> Self {
        for cite in cites {
            if !self.cites.contains(cite) {
                self.cites.push(cite.clone());
            }
        }
        self
    }

    /// The lines that it rests on, each once, in order.
    pub fn lines(&self) -> Vec<u32> {
        let mut lines: Vec<u32> = self.cites.iter().filter_map(|cite| cite.line).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

/// Everything to be said of a policy, errors first; the same policy and text always give the same
/// list. What needs the text is left out without it.
pub fn check(policy: &PrivacyPolicy, text: Option<&PolicyText<'_>>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    policy.each_item(|item| sources::of_item(item, text, &mut remarks));
    sources::of_head(policy, text, &mut remarks);
    sources::coverage(policy, &mut remarks);
    references::check(policy, &mut remarks);
    numbers::check(policy, &mut remarks);
    promises::check(policy, &mut remarks);
    if let Some(text) = text {
        wording::check(policy, text, &mut remarks);
    }
    for conflict in policy.conflicts.values() {
        let stated = Remark::warning(
            Kind::Stated,
            format!("[[conflict]] {}", conflict.id),
            &conflict.en,
        );
        remarks.push(stated.citing(&conflict.cites));
    }
    remarks.sort();
    remarks
}

/// Errors of a policy that is to be published now, beside the versions that were: it is there
/// already, it isn't public yet, or it overlaps one of them in time (see [`overlaps`]).
pub fn check_beside(policy: &PrivacyPolicy, others: &[VersionTimes], now: Moment) -> Vec<Remark> {
    let own = VersionTimes::from(policy);
    let mut errors = Vec::new();
    if others.iter().any(|other| other.id == own.id) {
        let message = format!(
            "the registry has version {}: a change needs an id of its own",
            own.id
        );
        errors.push(Remark::error(Kind::AlreadyPublished, "[policy]", message));
    }
    if own.published > now {
        let message = "`published` is still to come: publish it here once its text is public";
        errors.push(Remark::error(Kind::NotPublicYet, "[policy]", message));
    }
    let mut versions = others.to_vec();
    versions.push(own.clone());
    let concerns = |overlap: &Overlap| overlap.earlier == own.id || overlap.later == own.id;
    let found = overlaps(&versions).into_iter().filter(concerns);
    errors
        .extend(found.map(|overlap| Remark::error(Kind::Overlap, "[policy]", overlap.to_string())));
    errors
}

/// Whether a remark keeps the policy from being published.
pub fn has_errors(remarks: &[Remark]) -> bool {
    remarks
        .iter()
        .any(|remark| remark.severity == Severity::Error)
}

#[cfg(test)]
mod tests;
