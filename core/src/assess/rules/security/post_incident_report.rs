//! R27: whether the report after an incident was filed, and what a first report left open was handed in.

use super::limit::limit;
use super::wording::{day, last_moment, no_policy};
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::incidents::{Incident, Step};
use crate::assess::words;
use crate::incident::PIPL_57;
use crate::privacy_policy::DeadlineId;
use crate::schema::v1::{NoticeContent, RegulatorNotified};

/// The closing report is due within thirty days of the first closing, the day of closing not counted; a report
/// filed before counts. A first report that leaves items of PIPL 57 open (kinds of data, cause, harm, measures,
/// contact) asks for a supplement: later reports that hold the rest, or the closing report. No law names a length
/// for it, so that it is a warning.
pub(super) const RULE: Rule = Rule {
    number: 27,
    name: "post_incident_report",
    title_zh: "事件处置结束后是否提交总结报告、补报首报未载事项",
    title_en: "Was the report after an incident filed, and what a first report left open supplied?",
    scope: Scope::Incident,
    clauses: &[
        "国家网络安全事件报告管理办法 7",
        "国家网络安全事件报告管理办法 8",
    ],
    from_ms: Some(super::REPORTING_MEASURES_MS),
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let incident = Incident::of(grounds.timeline);
    let mut findings: Vec<Finding> = closing(grounds, &incident).into_iter().collect();
    let first = incident
        .reports
        .iter()
        .find(|report| report.said.first_report == Some(true));
    findings.extend(first.and_then(|first| supplement(grounds, &incident, first)));
    findings
}

fn closing(grounds: &Grounds<'_>, incident: &Incident<'_>) -> Option<Finding> {
    let closed = incident.closings.first()?;
    let Some(policy) = grounds.policies.policy(closed.ms) else {
        return Some(no_policy(grounds, closed.on, closed.ms));
    };
    let deadline = policy.deadline(DeadlineId::PostIncidentReport)?;
    let due = limit(deadline.period, closed.ms, grounds.holidays);
    let (ended, last) = (day(closed.ms), last_moment(due));
    let finding = match incident.filings.first() {
        Some(filed) if filed.ms < due.strict_ms => {
            let sentence = Sentence::new(
                format!(
                    "事件于{ended}处置结束，总结报告已于{}提交，未超过期限{last}。",
                    day(filed.ms)
                ),
                format!(
                    "The incident was closed on {ended}; the report was filed on {}, no later than {last}.",
                    day(filed.ms)
                ),
            );
            let mut finding =
                Finding::on(grounds, filed.on, Outcome::Pass, "filed_in_time", sentence);
            finding.due = Some(due);
            finding
        }
        Some(filed) => {
            let sentence = Sentence::new(
                format!(
                    "事件于{ended}处置结束，总结报告应在{last}之前提交，{}才提交。",
                    day(filed.ms)
                ),
                format!(
                    "The incident was closed on {ended}; the report was due by {last} and filed on {}.",
                    day(filed.ms)
                ),
            );
            Finding::on(grounds, filed.on, Outcome::Overdue, "filed_late", sentence)
                .due(due)
                .mended_at(filed.ms)
        }
        None => {
            let sentence = Sentence::new(
                format!("事件于{ended}处置结束，总结报告应在{last}之前提交，没有提交的记录。"),
                format!(
                    "The incident was closed on {ended}; the report was due by {last}, and none is recorded."
                ),
            );
            Finding::on(grounds, closed.on, Outcome::Overdue, "not_filed", sentence).due(due)
        }
    };
    let eight = ["国家网络安全事件报告管理办法 8"];
    Some(
        finding
            .resting_on([closed.on])
            .judged_by(closed.ms)
            .by_clauses(&eight),
    )
}

/// What a first report left open; none where it left nothing open.
fn supplement(
    grounds: &Grounds<'_>,
    incident: &Incident<'_>,
    first: &Step<'_, &RegulatorNotified>,
) -> Option<Finding> {
    let mut open: Vec<NoticeContent> = PIPL_57.into();
    open.retain(|content| !first.said.contents().any(|held| held == *content));
    if open.is_empty() {
        return None;
    }
    let lacking: Vec<i32> = open.iter().map(|content| *content as i32).collect();
    let (on, outcome, cause, sentence) = if first.said.contents.is_empty() {
        let zh = format!(
            "首报于{}提交，没有记录写了哪些内容，不知还须补报什么。",
            day(first.ms)
        );
        let en = format!(
            "No record says what the first report of {} holds, so what is still owed is unknown.",
            day(first.ms)
        );
        (
            first.on,
            Outcome::Unknown,
            "first_report_not_stated",
            Sentence::new(zh, en),
        )
    } else if let Some((on, ms)) = supplied(incident, first, open) {
        let zh = format!("首报未载的事项已于{}补报。", day(ms));
        let en = format!(
            "What the first report left open was supplied on {}.",
            day(ms)
        );
        (on, Outcome::Pass, "supplemented", Sentence::new(zh, en))
    } else {
        let zh = format!(
            "首报于{}提交，尚缺：{}，须补报。",
            day(first.ms),
            words::zh("NoticeContent", &lacking)
        );
        let en = format!(
            "The first report of {} lacks: {}. A supplement is owed.",
            day(first.ms),
            words::en("NoticeContent", &lacking)
        );
        (
            first.on,
            Outcome::Warn,
            "supplement_owed",
            Sentence::new(zh, en),
        )
    };
    let finding = Finding::on(grounds, on, outcome, cause, sentence).resting_on([first.on]);
    let seven = ["国家网络安全事件报告管理办法 7"];
    Some(finding.judged_by(first.ms).by_clauses(&seven))
}

/// The event with which nothing was open any more, and when.
fn supplied<'a>(
    incident: &Incident<'a>,
    first: &Step<'_, &RegulatorNotified>,
    mut open: Vec<NoticeContent>,
) -> Option<(&'a Occurrence, i64)> {
    let filed = incident.filings.iter().find(|filed| filed.ms >= first.ms);
    let later = incident
        .reports
        .iter()
        .filter(|report| report.on.leaf != first.on.leaf && report.ms >= first.ms);
    for report in later {
        open.retain(|content| !report.said.contents().any(|held| held == *content));
        if open.is_empty() {
            return Some(match filed {
                Some(filed) if filed.ms < report.ms => (filed.on, filed.ms),
                _ => (report.on, report.ms),
            });
        }
    }
    filed.map(|filed| (filed.on, filed.ms))
}
