//! What is said where nothing can be judged: `UNKNOWN`, never silence.

use custodia_core::assess::{About, Finding, MOST_OCCURRENCES, Outcome, Sentence};

/// The most events of the registry that rules look at. Beyond it nothing is judged, so that memory is
/// bounded by a constant.
pub const MOST_REGISTERED: usize = 500_000;

/// The runbook's page on timelines that are too long.
pub(super) const PAGE: &str = "CU-0860";

/// Why a person, a recipient, an incident or a producer is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unjudged {
    /// More events than fit in memory.
    TimelineTooLong,
    /// More references of one person than are followed.
    TooManyReferences,
}

impl Unjudged {
    /// The finding that says so. It is of no rule (number 0), rests on no leaf, and stands from the
    /// beginning of time.
    pub fn finding(self, about: About) -> Finding {
        let (cause, zh, en) = match self {
            Self::TimelineTooLong => (
                "timeline_too_long",
                format!("相关事件超过{MOST_OCCURRENCES}条，未作判断；处理办法见运行手册 {PAGE}。"),
                format!(
                    "More than {MOST_OCCURRENCES} events are on record, so nothing was judged; \
                     see the runbook's page {PAGE}."
                ),
            ),
            Self::TooManyReferences => (
                "too_many_references",
                format!("与此人关联的编号过多，未作判断；处理办法见运行手册 {PAGE}。"),
                format!(
                    "Too many references are linked to this person, so nothing was judged; \
                     see the runbook's page {PAGE}."
                ),
            ),
        };
        Finding {
            rule: 0,
            result: Outcome::Unknown,
            cause: cause.to_owned(),
            mark: None,
            about,
            judged: None,
            leaves: Vec::new(),
            recipient: None,
            producer: None,
            judged_at_ms: 0,
            since_ms: 0,
            until_ms: None,
            due: None,
            clauses: Vec::new(),
            sentence: Sentence { zh, en },
        }
    }
}
