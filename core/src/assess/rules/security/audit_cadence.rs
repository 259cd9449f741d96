//! R37: whether compliance audits follow one another in time.

use super::limit::limit;
use super::wording::{day, last_moment};
use crate::assess::calendar::Holidays;
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::privacy_policy::{DeadlineId, Period, PrivacyPolicy, ThresholdId};

/// `ComplianceAuditRecorded`, in the envelope.
const AUDITED: u32 = 281;

/// 2025-05-01 00:00 at UTC+8.
const LAW_MS: i64 = 1_746_028_800_000;

/// An audit is due a cycle after the last one was recorded; the first one, and one after an audit from before
/// the law, a cycle after the law's first day or the first policy, whichever is later. The cycle is the one that
/// the policy in force then states; an operator that handles data of more people than the law counts (the number
/// itself not included) has two years at most. How many people there are is counted when the rule is asked.
pub(super) const RULE: Rule = Rule {
    number: 37,
    name: "audit_cadence",
    title_zh: "合规审计是否按周期开展",
    title_en: "Do compliance audits follow one another in time?",
    scope: Scope::Operator,
    clauses: &[
        "L242",
        "PIPL 54",
        "个人信息保护合规审计管理办法 (2025-05-01)",
    ],
    from_ms: Some(LAW_MS),
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let audits: Vec<&Occurrence> = grounds.register.of(AUDITED).collect();
    let Some(first) = grounds.policies.versions().first() else {
        return audits
            .first()
            .map(|audit| no_policy(grounds, Some(audit), audit.occurred_at_ms))
            .into_iter()
            .collect();
    };
    let begun = first.effective_ms.max(LAW_MS);
    let (mut findings, mut from, mut last) = (Vec::new(), begun, None);
    for audit in audits {
        if audit.occurred_at_ms >= begun {
            findings.extend(cycle(grounds, from, last, Some(audit)));
        }
        from = audit.occurred_at_ms.max(begun);
        last = Some(audit);
    }
    findings.extend(cycle(grounds, from, last, None));
    findings
}

/// The cycle that began at a moment, with the audit before it, and the audit that ended it.
fn cycle(
    grounds: &Grounds<'_>,
    from: i64,
    last: Option<&Occurrence>,
    next: Option<&Occurrence>,
) -> Option<Finding> {
    let Some(policy) = grounds.policies.policy(from) else {
        return Some(no_policy(grounds, next.or(last), from));
    };
    let due = due(policy, grounds.totals.people, from, grounds.holidays)?;
    let (begun, end) = (day(from), last_moment(due));
    let finding = match next {
        Some(audit) if audit.occurred_at_ms < due.strict_ms => {
            let sentence = Sentence::new(
                format!(
                    "审计周期自{begun}起算，{}已开展合规审计，未超过期限{end}。",
                    day(audit.occurred_at_ms)
                ),
                format!(
                    "The cycle began on {begun}; an audit was recorded on {}, no later than {end}.",
                    day(audit.occurred_at_ms)
                ),
            );
            let mut finding =
                Finding::on(grounds, audit, Outcome::Pass, "audited_in_time", sentence);
            finding.due = Some(due);
            finding
        }
        Some(audit) => {
            let sentence = Sentence::new(
                format!(
                    "审计周期自{begun}起算，应在{end}之前开展合规审计，{}才开展。",
                    day(audit.occurred_at_ms)
                ),
                format!(
                    "The cycle began on {begun}; an audit was due by {end} and recorded on {}.",
                    day(audit.occurred_at_ms)
                ),
            );
            Finding::on(grounds, audit, Outcome::Overdue, "audited_late", sentence)
                .due(due)
                .mended_at(audit.occurred_at_ms)
        }
        None => {
            let sentence = Sentence::new(
                format!("审计周期自{begun}起算，应在{end}之前开展合规审计，没有审计的记录。"),
                format!(
                    "The cycle began on {begun}; an audit was due by {end}, and none is recorded."
                ),
            );
            let since = due.strict_ms;
            match last {
                Some(last) => Finding::on(grounds, last, Outcome::Overdue, "not_audited", sentence),
                None => Finding::bare(grounds, Outcome::Overdue, "not_audited", since, sentence),
            }
            .due(due)
        }
    };
    Some(finding.resting_on(last).judged_by(from))
}

/// When the cycle that begins at a moment ends.
fn due(policy: &PrivacyPolicy, people: u64, from: i64, holidays: &Holidays) -> Option<Due> {
    let own = limit(
        policy.deadline(DeadlineId::ComplianceAudit)?.period,
        from,
        holidays,
    );
    let many = policy
        .threshold(ThresholdId::AuditPeople)
        .is_some_and(|most| people > most.value);
    let longest = limit(Period::Years(2), from, holidays);
    Some(if many && longest.strict_ms < own.strict_ms {
        longest
    } else {
        own
    })
}

fn no_policy(grounds: &Grounds<'_>, on: Option<&Occurrence>, ms: i64) -> Finding {
    if let Some(on) = on {
        return super::wording::no_policy(grounds, on, ms);
    }
    let day = day(ms);
    let zh = format!("{day}没有可机读的隐私政策生效，无法判断审计周期。");
    let en = format!(
        "No machine-readable privacy policy was in force on {day}, so the cycle of audits can't be judged."
    );
    Finding::bare(
        grounds,
        Outcome::Unknown,
        "no_policy",
        ms,
        Sentence::new(zh, en),
    )
}
