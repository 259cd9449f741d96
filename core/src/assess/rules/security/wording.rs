//! Words that the room's sentences share, and findings that every rule of an incident may have to give.

use crate::assess::calendar::Day;
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::moment::Moment;
use crate::privacy_policy::Cited;

/// A day, e.g. `2026-11-25`.
pub(super) fn day(ms: i64) -> String {
    Day::of(ms).to_string()
}

/// A minute of a day, e.g. `2026-11-25 14:00`.
pub(super) fn minute(ms: i64) -> String {
    let text = Moment(ms).to_string();
    text.get(..16).map_or_else(|| text.clone(), str::to_owned)
}

/// The last moment in time: the day where the limit ends with it, else the minute.
pub(super) fn last_moment(due: Due) -> String {
    if Day::of(due.strict_ms).start_ms() == due.strict_ms {
        day(due.strict_ms - 1)
    } else {
        minute(due.strict_ms - 1)
    }
}

/// An item's words in the policy with their line, or its clause, in parentheses for a Chinese sentence; empty for
/// an item of neither.
pub(super) fn source_zh(item: Option<&impl Cited>) -> String {
    source(item).map_or_else(String::new, |source| format!("（{source}）"))
}

/// The same for an English sentence, after a space.
pub(super) fn source_en(item: Option<&impl Cited>) -> String {
    source(item).map_or_else(String::new, |source| format!(" ({source})"))
}

fn source(item: Option<&impl Cited>) -> Option<String> {
    let citation = item.and_then(Cited::citation)?;
    match (&citation.line, &citation.phrase) {
        (Some(line), Some(phrase)) => Some(format!("「{phrase}」L{line}")),
        _ => citation.law.clone(),
    }
}

impl Finding {
    /// The same, judged by the law and policy of another moment than that of the judged event.
    pub(super) const fn judged_by(mut self, ms: i64) -> Self {
        self.judged_at_ms = ms;
        self
    }

    /// The same, standing from another moment on.
    pub(super) const fn standing_from(mut self, ms: i64) -> Self {
        self.since_ms = ms;
        self
    }

    /// The same, resting on these clauses alone.
    pub(super) fn by_clauses(mut self, clauses: &[&str]) -> Self {
        self.clauses = clauses.iter().map(|&clause| clause.to_owned()).collect();
        self
    }
}

/// Nothing can be judged: no policy that is read by machines was in force.
pub(super) fn no_policy(grounds: &Grounds<'_>, on: &Occurrence, ms: i64) -> Finding {
    let sentence = Sentence::new(
        format!("{}没有可机读的隐私政策生效，无法据以判断。", day(ms)),
        format!(
            "No machine-readable privacy policy was in force on {}, so this can't be judged.",
            day(ms)
        ),
    );
    Finding::on(grounds, on, Outcome::Unknown, "no_policy", sentence).judged_by(ms)
}

/// Nothing can be judged: no event says when the incident was known. None where the timeline is empty.
pub(super) fn no_detection(grounds: &Grounds<'_>) -> Vec<Finding> {
    let sentence = Sentence::new(
        "没有记录说明运营者何时知悉该安全事件，时限无从起算。",
        "No record says when the operator knew of the incident, so no deadline can be counted.",
    );
    let finding = |first| Finding::on(grounds, first, Outcome::Unknown, "no_detection", sentence);
    grounds
        .timeline
        .iter()
        .next()
        .map(finding)
        .into_iter()
        .collect()
}
