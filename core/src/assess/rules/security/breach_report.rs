//! R25: whether the authorities were told of an incident in time.

use super::limit::limit;
use super::wording::{last_moment, minute, no_detection, no_policy, source_en, source_zh};
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::incidents::{Incident, Step};
use crate::assess::words;
use crate::privacy_policy::{DeadlineId, NoticeKind, PrivacyPolicy, ThresholdId};
use crate::schema::v1::{IncidentGrade, ReportedBody};

/// The clock runs from the first moment that the operator knew of the incident; no later detection or grading
/// moves it. From 1 November 2025 an incident that is larger or more, by the grade given or by the people it
/// touches, goes to the provincial cyberspace administration within four hours, one of critical infrastructure to
/// the protection department and the police within one. Any other incident goes to some regulator within the
/// operator's own time, since PIPL 57 says at once. What is told exactly at the end of the limit is in time.
/// The two hours of organs of the central state aren't judged: no event says that the operator is one.
pub(super) const RULE: Rule = Rule {
    number: 25,
    name: "breach_regulator_overdue",
    title_zh: "安全事件是否按时报告主管部门",
    title_en: "Were the authorities told of an incident in time?",
    scope: Scope::Incident,
    clauses: &["L262", "PIPL 57", "国家网络安全事件报告管理办法 4"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// Whether an incident is larger or more.
enum Gravity<'a> {
    /// It is; by this event.
    Larger(&'a Occurrence),
    /// It isn't, by the grade given.
    Lesser,
    /// It was never graded, and the people that are counted don't make it larger.
    Ungraded,
}

/// Whom to tell, and the causes of its findings.
struct Duty {
    zh: String,
    en: String,
    in_time: &'static str,
    late: &'static str,
    missing: &'static str,
    clauses: &'static [&'static str],
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let incident = Incident::of(grounds.timeline);
    let Some(known) = incident.known() else {
        return no_detection(grounds);
    };
    let Some(policy) = grounds.policies.policy(known.ms) else {
        return vec![no_policy(grounds, known.on, known.ms)];
    };
    let judged = Judged {
        grounds,
        incident: &incident,
        known,
        policy,
    };
    let findings = judged
        .by_measures()
        .unwrap_or_else(|| judged.by_any_grade().into_iter().collect());
    findings
        .into_iter()
        .map(|finding| finding.judged_by(known.ms))
        .collect()
}

struct Judged<'a> {
    grounds: &'a Grounds<'a>,
    incident: &'a Incident<'a>,
    known: Step<'a, ()>,
    policy: &'a PrivacyPolicy,
}

impl Judged<'_> {
    /// By the measures of 2025; none where they weren't in force, or the incident is below them.
    fn by_measures(&self) -> Option<Vec<Finding>> {
        let id = if self.incident.is_critical {
            DeadlineId::IncidentReportCritical
        } else {
            DeadlineId::IncidentReport
        };
        let deadline = self.policy.deadline(id)?;
        if deadline.since.is_some_and(|since| since.0 > self.known.ms) {
            return None;
        }
        let due = limit(deadline.period, self.known.ms, self.grounds.holidays);
        match self.gravity(due) {
            Gravity::Larger(by) => Some(self.larger(due, Some(by))),
            Gravity::Lesser => None,
            Gravity::Ungraded => {
                let as_larger = self.larger(due, None);
                if as_larger
                    .iter()
                    .all(|finding| finding.result == Outcome::Pass)
                {
                    return Some(as_larger);
                }
                Some(
                    self.by_any_grade()
                        .into_iter()
                        .chain([self.ungraded(due)])
                        .collect(),
                )
            }
        }
    }

    fn gravity(&self, due: Due) -> Gravity<'_> {
        let grade = self.incident.grade_for(due.strict_ms);
        let larger = self.policy.threshold(ThresholdId::IncidentLargerPeople);
        let people = self.incident.people_at(i64::MAX);
        match (grade, people, larger) {
            (Some(grade), _, _) if grade.said >= IncidentGrade::BrGradeLarger => {
                Gravity::Larger(grade.on)
            }
            (_, Some(people), Some(larger)) if people.said >= larger.value => {
                Gravity::Larger(people.on)
            }
            (Some(_), _, _) => Gravity::Lesser,
            (None, _, _) => Gravity::Ungraded,
        }
    }

    fn larger(&self, due: Due, by: Option<&Occurrence>) -> Vec<Finding> {
        let told = |body| self.told(Some(body));
        if !self.incident.is_critical {
            let whom = ReportedBody::BrReportedProvincialCac;
            let duty = Duty::to(whom, ["reported_in_time", "reported_late", "not_reported"]);
            return vec![self.fulfilled(&duty, due, told(whom), by)];
        }
        let whom = ReportedBody::BrReportedProtectionDepartment;
        let causes = [
            "protection_department_told_in_time",
            "protection_department_told_late",
            "protection_department_not_told",
        ];
        let department = Duty::to(whom, causes);
        let police = Duty {
            zh: "公安机关".into(),
            en: "police".into(),
            in_time: "police_told_in_time",
            late: "police_told_late",
            missing: "police_not_told",
            clauses: MEASURES,
        };
        let police_told = self.incident.police.first().copied();
        vec![
            self.fulfilled(&department, due, told(whom), by),
            self.fulfilled(&police, due, police_told, by),
        ]
    }

    /// Any incident: some regulator, within the operator's own time.
    fn by_any_grade(&self) -> Option<Finding> {
        let deadline = self.policy.deadline(DeadlineId::IncidentReportAnyGrade)?;
        let due = limit(deadline.period, self.known.ms, self.grounds.holidays);
        let promise = self.policy.notice(NoticeKind::IncidentToRegulator);
        let duty = Duty {
            zh: format!("监管部门{}", source_zh(promise)),
            en: format!("regulator{}", source_en(promise)),
            in_time: "regulator_told_in_time",
            late: "regulator_told_late",
            missing: "no_regulator_told",
            clauses: &["L262", "PIPL 57"],
        };
        Some(self.fulfilled(&duty, due, self.told(None), None))
    }

    /// The first report to a body; to any, where none is named.
    fn told(&self, body: Option<ReportedBody>) -> Option<Step<'_, ()>> {
        let to = |report: &&Step<'_, &crate::schema::v1::RegulatorNotified>| {
            body.is_none_or(|body| report.said.authority() == body)
        };
        let first = self.incident.reports.iter().find(to)?;
        Some(Step {
            on: first.on,
            ms: first.ms,
            said: (),
        })
    }

    fn fulfilled(
        &self,
        duty: &Duty,
        due: Due,
        told: Option<Step<'_, ()>>,
        by: Option<&Occurrence>,
    ) -> Finding {
        let (zh, en) = (&duty.zh, &duty.en);
        let (known, last) = (minute(self.known.ms), last_moment(due));
        let finding = match told {
            Some(told) if told.ms < due.strict_ms => {
                let sentence = Sentence::new(
                    format!(
                        "运营者于{known}知悉该安全事件，{}已报告{zh}，未超过期限{last}。",
                        minute(told.ms)
                    ),
                    format!(
                        "The operator knew of the incident on {known} and told the {en} on {}, no later than {last}.",
                        minute(told.ms)
                    ),
                );
                let mut finding =
                    Finding::on(self.grounds, told.on, Outcome::Pass, duty.in_time, sentence);
                finding.due = Some(due);
                finding
            }
            Some(told) => {
                let sentence = Sentence::new(
                    format!(
                        "运营者于{known}知悉该安全事件，应在{last}之前报告{zh}，实际于{}才报告。",
                        minute(told.ms)
                    ),
                    format!(
                        "The operator knew of the incident on {known} and owed the {en} a report by {last}; it came on {}.",
                        minute(told.ms)
                    ),
                );
                Finding::on(self.grounds, told.on, Outcome::Overdue, duty.late, sentence)
                    .due(due)
                    .mended_at(told.ms)
            }
            None => {
                let sentence = Sentence::new(
                    format!(
                        "运营者于{known}知悉该安全事件，应在{last}之前报告{zh}，没有报告的记录。"
                    ),
                    format!(
                        "The operator knew of the incident on {known} and owed the {en} a report by {last}; none is recorded."
                    ),
                );
                Finding::on(
                    self.grounds,
                    self.known.on,
                    Outcome::Overdue,
                    duty.missing,
                    sentence,
                )
                .due(due)
            }
        };
        finding
            .resting_on(by.into_iter().chain([self.known.on]))
            .by_clauses(duty.clauses)
    }

    fn ungraded(&self, due: Due) -> Finding {
        let known = minute(self.known.ms);
        let sentence = Sentence::new(
            format!(
                "运营者于{known}知悉该安全事件，没有定级记录，不知是否属于较大以上、须在{}之前报告。",
                last_moment(due)
            ),
            format!(
                "The operator knew of the incident on {known}; no grade is recorded, so whether it was to be reported by {} is unknown.",
                last_moment(due)
            ),
        );
        Finding::on(
            self.grounds,
            self.known.on,
            Outcome::Unknown,
            "not_graded",
            sentence,
        )
        .due(due)
        .by_clauses(MEASURES)
    }
}

const MEASURES: &[&str] = &["国家网络安全事件报告管理办法 4"];

impl Duty {
    fn to(body: ReportedBody, [in_time, late, missing]: [&'static str; 3]) -> Self {
        let number = [body as i32];
        Self {
            zh: words::zh("ReportedBody", &number),
            en: words::en("ReportedBody", &number),
            in_time,
            late,
            missing,
            clauses: MEASURES,
        }
    }
}
