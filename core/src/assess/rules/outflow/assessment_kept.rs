//! R10, of the operator: whether impact assessments are kept for three years at least (PIPL 56).
//!
//! The last day is the same day three years after the day of record (Civil Code 202). `keep_until` names a
//! day, which is itself still kept: any moment of the last day is in time.

use super::flow::{said, sentence};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::assessments::{Assessment, Assessments};
use crate::privacy_policy::{DeadlineId, Period};

/// Three years, as the law has it, where no policy is in force that says so (PIPL 56).
const MONTHS_BY_LAW: i64 = 36;

pub(super) const RULE: Rule = Rule {
    number: 10,
    name: "impact_assessment_missing",
    title_zh: "影响评估报告是否至少保存三年",
    title_en: "Are impact assessments kept for three years?",
    scope: Scope::Operator,
    clauses: &["PIPL 56"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let assessments = Assessments::of(grounds.register);
    assessments
        .all()
        .iter()
        .map(|one| kept(grounds, one))
        .collect()
}

fn kept(grounds: &Grounds<'_>, one: &Assessment<'_>) -> Finding {
    let last = Day::of(one.recorded_ms).plus_months(months(grounds, one.recorded_ms));
    let (result, cause, why) = match one.keep_until_ms.map(Day::of) {
        None => (
            Outcome::Unknown,
            "keep_until_unknown",
            said("没有写明保存到何时", "until when it is kept isn't said"),
        ),
        Some(until) if until < last => (
            Outcome::Violation,
            "kept_too_short",
            said(
                format!("只保存到{until},至少应保存到{last}(个人信息保护法第五十六条)"),
                format!(
                    "it is kept only until {until}; at least until {last} is asked for (PIPL 56)"
                ),
            ),
        ),
        Some(until) => (
            Outcome::Pass,
            "kept_long_enough",
            said(
                format!("保存到{until}"),
                format!("it is kept until {until}"),
            ),
        ),
    };
    let did = said("作出影响评估", "an impact assessment was recorded");
    let text = sentence(one.recorded_ms, did, why);
    Finding::on(grounds, one.said, result, cause, text)
}

fn months(grounds: &Grounds<'_>, ms: i64) -> i64 {
    let policy = grounds.policies.policy(ms);
    let deadline = policy.and_then(|policy| policy.deadline(DeadlineId::AssessmentKept));
    match deadline.map(|deadline| deadline.period) {
        Some(Period::Years(years)) => MONTHS_BY_LAW.max(i64::from(years) * 12),
        Some(Period::Months(months)) => MONTHS_BY_LAW.max(i64::from(months)),
        _ => MONTHS_BY_LAW,
    }
}
