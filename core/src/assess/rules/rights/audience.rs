//! R29: who is a minor or a student is not collected from.
//!
//! After a check that fails, whatever is collected later is wrong, until a check passes. What is collected
//! at the moment of the check is not after it; where two checks of one moment differ, the failed one
//! counts. Whom the service is for says the policy in force when it was collected (L300). Other people in
//! an order or application (consignees, contacts) don't use the service and are not judged here.

use super::ended::no_policy;
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::words;
use crate::schema::v1::event::Body;
use crate::schema::v1::{Actor, AudienceRule, EligibilityChecked};

pub(super) const RULE: Rule = Rule {
    number: 29,
    name: "minor_or_student",
    title_zh: "是否仍收集未成年人或在校学生的信息",
    title_en: "Is data collected from minors or students?",
    scope: Scope::Subject,
    clauses: &["L300", "PIPL 31"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// A check, with what was collected after it and before the next one.
struct Checked<'a> {
    on: &'a Occurrence,
    said: &'a EligibilityChecked,
    collected: Vec<&'a Occurrence>,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let (checks, unchecked) = checked(grounds);
    if checks.is_empty() {
        let first = unchecked.first().copied();
        return first
            .map(|one| not_checked(grounds, one))
            .into_iter()
            .collect();
    }
    checks
        .iter()
        .flat_map(|check| judged(grounds, check))
        .collect()
}

/// The checks in order, and what was collected before the first.
fn checked<'a>(grounds: &Grounds<'a>) -> (Vec<Checked<'a>>, Vec<&'a Occurrence>) {
    let mut steps: Vec<_> = grounds.timeline.iter().filter(|one| of_user(one)).collect();
    steps.sort_by_key(|one| (one.occurred_at_ms, rank(one), &one.event.event_id));
    let (mut checks, mut unchecked) = (Vec::<Checked<'_>>::new(), Vec::new());
    for one in steps {
        match one.body() {
            Body::EligibilityChecked(said) => checks.push(Checked {
                on: one,
                said,
                collected: Vec::new(),
            }),
            Body::DataCollected(_) | Body::DataReceivedFromThirdParty(_) => {
                match checks.last_mut() {
                    Some(check) => check.collected.push(one),
                    None => unchecked.push(one),
                }
            }
            _ => {}
        }
    }
    (checks, unchecked)
}

fn of_user(one: &Occurrence) -> bool {
    let roles = [Actor::AcUnspecified, Actor::AcSubjectUser];
    roles.contains(&one.event.subject_role())
}

/// At one moment: first what was collected, then checks, failed ones last.
fn rank(one: &Occurrence) -> u8 {
    match one.body() {
        Body::EligibilityChecked(said) => 1 + u8::from(!failed(said).is_empty()),
        _ => 0,
    }
}

/// The rules of the audience that the person doesn't meet.
fn failed(said: &EligibilityChecked) -> Vec<AudienceRule> {
    let minor = (said.adult == Some(false)).then_some(AudienceRule::AgAdultOnly);
    let student = (said.student == Some(true)).then_some(AudienceRule::AgNoStudents);
    let named = said.failed_rules();
    let mut all: Vec<_> = minor.into_iter().chain(student).chain(named).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn judged(grounds: &Grounds<'_>, check: &Checked<'_>) -> Vec<Finding> {
    let failed = failed(check.said);
    let day = Day::of(check.on.occurred_at_ms);
    if failed.is_empty() {
        let sentence = Sentence::new(
            format!("{day}核验：本人年满18周岁且不是在校学生。"),
            format!("On {day} the person was found to be an adult and no student."),
        );
        return vec![pass(grounds, check.on, "eligible", sentence)];
    }
    let mut findings: Vec<_> = check
        .collected
        .iter()
        .filter_map(|one| collected(grounds, check.on, &failed, one))
        .collect();
    if findings.is_empty() {
        let sentence = Sentence::new(
            format!("{day}核验不合格后，没有再收集信息。"),
            format!("After the check of {day} failed, nothing more was collected."),
        );
        findings.push(pass(grounds, check.on, "stopped", sentence));
    }
    findings
}

fn pass(grounds: &Grounds<'_>, on: &Occurrence, cause: &str, sentence: Sentence) -> Finding {
    Finding::on(grounds, on, Outcome::Pass, cause, sentence)
}

/// What was collected after a failed check; none where the policy then in force is for such people too.
fn collected(
    grounds: &Grounds<'_>,
    check: &Occurrence,
    failed: &[AudienceRule],
    one: &Occurrence,
) -> Option<Finding> {
    let Some(policy) = grounds.policies.policy(one.occurred_at_ms) else {
        return Some(no_policy(grounds, one).resting_on([check]));
    };
    let rule = failed
        .iter()
        .find(|rule| policy.audience.contains_key(rule))?;
    let (cause, zh, en) = match rule {
        AudienceRule::AgNoStudents => ("collected_from_student", "在校学生", "a student"),
        _ => ("collected_from_minor", "未满18周岁", "under age"),
    };
    let (day, checked) = (Day::of(one.occurred_at_ms), Day::of(check.occurred_at_ms));
    let phrase = words::phrase("AudienceRule", (*rule).into());
    let (words, line) = phrase.unwrap_or_default();
    let sentence = Sentence::new(
        format!(
            "{checked}已核验为{zh}，{day}仍继续收集其信息；隐私政策载明：「{words}」（L{line}）。"
        ),
        format!(
            "On {checked} the person was found to be {en}, and on {day} data was still collected; the policy says 「{words}」 (L{line})."
        ),
    );
    let finding = Finding::on(grounds, one, Outcome::Violation, cause, sentence);
    Some(finding.resting_on([check]))
}

/// Nobody ever checked whom the data is of; said once, of what was collected first.
fn not_checked(grounds: &Grounds<'_>, one: &Occurrence) -> Finding {
    let day = Day::of(one.occurred_at_ms);
    let sentence = Sentence::new(
        format!(
            "{day}起收集信息，但没有年龄和在校状态的核验记录，无法判断本人是否属于服务对象（L300）。"
        ),
        format!(
            "Data is collected from {day} on, and no check of age or studies is on record: whether the service is for this person can't be told (L300)."
        ),
    );
    Finding::on(grounds, one, Outcome::Unknown, "not_checked", sentence)
}
