//! R35 of a person: whether events reached the log in time, and not before they happened.

use super::limit::limit;
use super::wording::{minute, no_policy};
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::privacy_policy::DeadlineId;

/// An event is late where Kafka took its record after the limit that the policy sets from when it happened; what
/// comes exactly at its end is in time. A clock is ahead where the event says that it happened later than the limit
/// after its record was taken.
pub(super) const RULE: Rule = Rule {
    scope: Scope::Subject,
    ..super::completeness(judge)
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    grounds
        .timeline
        .iter()
        .filter_map(|one| arrived(grounds, one))
        .collect()
}

fn arrived(grounds: &Grounds<'_>, one: &Occurrence) -> Option<Finding> {
    let happened = one.occurred_at_ms;
    let Some(policy) = grounds.policies.policy(happened) else {
        return Some(no_policy(grounds, one, happened));
    };
    let Some(recorded) = one.record_time_ms else {
        let sentence = Sentence::new(
            "没有记录时间，不知该事件是否按时到达。",
            "There is no record time, so whether the event came in time is unknown.",
        );
        return Some(Finding::on(
            grounds,
            one,
            Outcome::Unknown,
            "no_record_time",
            sentence,
        ));
    };
    let latest = policy.deadline(DeadlineId::EventArrival)?;
    let ahead = policy.deadline(DeadlineId::ClockAhead)?;
    let due = limit(latest.period, happened, grounds.holidays);
    let (happened_at, recorded_at) = (minute(happened), minute(recorded));
    let finding = if recorded >= due.strict_ms {
        let sentence = Sentence::new(
            format!("{happened_at}发生的事件直到{recorded_at}才到达日志，超过了期限。"),
            format!(
                "An event of {happened_at} reached the log on {recorded_at} only, later than the limit."
            ),
        );
        Finding::on(grounds, one, Outcome::Warn, "late", sentence).standing_from(recorded)
    } else if happened >= limit(ahead.period, recorded, grounds.holidays).strict_ms {
        let sentence = Sentence::new(
            format!(
                "{recorded_at}到达日志的事件自称发生于{happened_at}，生产方的时钟快于允许范围。"
            ),
            format!(
                "An event that reached the log on {recorded_at} says that it happened on {happened_at}: the producer's clock is ahead."
            ),
        );
        Finding::on(grounds, one, Outcome::Warn, "clock_ahead", sentence).standing_from(recorded)
    } else {
        let sentence = Sentence::new("事件按时到达日志。", "The event reached the log in time.");
        Finding::on(grounds, one, Outcome::Pass, "in_time", sentence)
    };
    Some(finding)
}
