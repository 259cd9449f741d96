//! R28: whether an incident's grade fits the number of people it touches.

use super::wording::{day, no_policy};
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::incidents::{Counted, Incident, Step};
use crate::assess::words;
use crate::privacy_policy::{PrivacyPolicy, ThresholdId};
use crate::schema::v1::IncidentGrade;

/// A million people make an incident at least larger, ten million major, a hundred million especially major; the
/// number itself is included. A higher grade is always allowed: the guide has other criteria, such as losses, that
/// no event counts. Each grading is judged by the people known then, and each count that comes later by the grade
/// in force then.
pub(super) const RULE: Rule = Rule {
    number: 28,
    name: "grading",
    title_zh: "安全事件的定级是否与受影响人数相符",
    title_en: "Does an incident's grade fit the number of people it touches?",
    scope: Scope::Incident,
    clauses: &[
        "L260",
        "国家网络安全事件报告管理办法 (附件 网络安全事件分级指南)",
    ],
    from_ms: Some(super::REPORTING_MEASURES_MS),
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let incident = Incident::of(grounds.timeline);
    let mut findings: Vec<Finding> = incident
        .grades
        .iter()
        .map(|grade| grading(grounds, &incident, grade))
        .collect();
    findings.extend(
        incident
            .counts
            .iter()
            .filter_map(|count| outgrown(grounds, &incident, count)),
    );
    if incident.grades.is_empty()
        && let Some(known) = incident.known()
    {
        let sentence = Sentence::new(
            format!("{}知悉的安全事件没有定级记录。", day(known.ms)),
            format!(
                "No grade is recorded for the incident known on {}.",
                day(known.ms)
            ),
        );
        let finding = Finding::on(grounds, known.on, Outcome::Unknown, "not_graded", sentence);
        findings.push(finding.judged_by(known.ms));
    }
    findings
}

fn grading(
    grounds: &Grounds<'_>,
    incident: &Incident<'_>,
    grade: &Step<'_, IncidentGrade>,
) -> Finding {
    let Some(policy) = grounds.policies.policy(grade.ms) else {
        return no_policy(grounds, grade.on, grade.ms);
    };
    let given = [grade.said as i32];
    let (zh, en) = (
        words::zh("IncidentGrade", &given),
        words::en("IncidentGrade", &given),
    );
    let Some(people) = incident.people_at(grade.ms) else {
        let sentence = Sentence::new(
            format!("定级为{zh}，没有记录说明当时已知影响多少人，无从核对。"),
            format!(
                "Graded {en}; no record says how many people were known to be affected, so the grade can't be checked."
            ),
        );
        return Finding::on(
            grounds,
            grade.on,
            Outcome::Unknown,
            "count_unknown",
            sentence,
        );
    };
    let least = least(policy, people.said);
    if grade.said >= least {
        let sentence = Sentence::new(
            format!("已知影响{}人，定级为{zh}，与人数相符。", people.said),
            format!(
                "People known to be affected: {}; the grade {en} fits.",
                people.said
            ),
        );
        return Finding::on(grounds, grade.on, Outcome::Pass, "grade_fits", sentence)
            .resting_on([people.on]);
    }
    let sentence = Sentence::new(
        format!(
            "已知影响{}人，至少应定为{}，却定为{zh}。",
            people.said,
            words::zh("IncidentGrade", &[least as i32])
        ),
        format!(
            "People known to be affected: {}, which makes it at least {}; it was graded {en}.",
            people.said,
            words::en("IncidentGrade", &[least as i32])
        ),
    );
    let finding = Finding::on(
        grounds,
        grade.on,
        Outcome::Violation,
        "graded_too_low",
        sentence,
    );
    until_regraded(finding.resting_on([people.on]), incident, grade.ms, least)
}

/// A count that asks for a higher grade than is in force; none where none is in force yet (the next grading is
/// judged by the count), or where the grade fits.
fn outgrown(
    grounds: &Grounds<'_>,
    incident: &Incident<'_>,
    count: &Step<'_, Counted>,
) -> Option<Finding> {
    let grade = incident.grade_at(count.ms)?;
    if matches!(count.said, Counted::ByGrading(_)) || grade.ms == count.ms {
        return None;
    }
    let policy = grounds.policies.policy(count.ms)?;
    let people = incident.people_at(count.ms)?.said;
    let least = least(policy, people);
    if grade.said >= least {
        return None;
    }
    let given = [grade.said as i32];
    let sentence = Sentence::new(
        format!(
            "{}得知影响{people}人，至少应改定为{}，而定级仍为{}。",
            day(count.ms),
            words::zh("IncidentGrade", &[least as i32]),
            words::zh("IncidentGrade", &given)
        ),
        format!(
            "People known to be affected on {}: {people}, which makes it at least {}; the grade was still {}.",
            day(count.ms),
            words::en("IncidentGrade", &[least as i32]),
            words::en("IncidentGrade", &given)
        ),
    );
    let finding = Finding::on(
        grounds,
        count.on,
        Outcome::Violation,
        "not_regraded",
        sentence,
    );
    let finding = finding
        .resting_on([grade.on])
        .judged_by(count.ms)
        .standing_from(count.ms);
    Some(until_regraded(finding, incident, count.ms, least))
}

fn until_regraded(
    finding: Finding,
    incident: &Incident<'_>,
    after_ms: i64,
    least: IncidentGrade,
) -> Finding {
    let fits = |grade: &&Step<'_, IncidentGrade>| grade.ms > after_ms && grade.said >= least;
    match incident.grades.iter().find(fits) {
        Some(regraded) => finding.mended_at(regraded.ms).resting_on([regraded.on]),
        None => finding,
    }
}

/// The lowest grade that a number of people allows.
fn least(policy: &PrivacyPolicy, people: u64) -> IncidentGrade {
    let reaches = |id| {
        policy
            .threshold(id)
            .is_some_and(|threshold| people >= threshold.value)
    };
    if reaches(ThresholdId::IncidentEspeciallyMajorPeople) {
        IncidentGrade::BrGradeEspeciallyMajor
    } else if reaches(ThresholdId::IncidentMajorPeople) {
        IncidentGrade::BrGradeMajor
    } else if reaches(ThresholdId::IncidentLargerPeople) {
        IncidentGrade::BrGradeLarger
    } else {
        IncidentGrade::BrGradeGeneral
    }
}
