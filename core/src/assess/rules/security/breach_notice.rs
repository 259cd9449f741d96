//! R26: whether people were told of an incident, in time and in full.

use super::limit::limit;
use super::wording::{last_moment, minute, no_detection, no_policy, source_en, source_zh};
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::incidents::{Incident, Notice, Step};
use crate::assess::words;
use crate::privacy_policy::{DeadlineId, NoticeKind, PrivacyPolicy};
use crate::schema::v1::AffectedSubjectsIdentified;

/// People whom an incident touches are told within the operator's own time, unless the last list of them says
/// that harm could be excluded (PIPL 57); that it doesn't say so counts as not excluded. Told are as many
/// different references as the last list counts people, or everyone by a public notice (L262). Each notice must
/// hold all that L262 and PIPL 57 ask for. A notice exactly at the end of the limit is in time.
pub(super) const RULE: Rule = Rule {
    number: 26,
    name: "breach_subject_notice",
    title_zh: "受影响的个人是否及时、完整地得到告知",
    title_en: "Were the people affected told of an incident, in time and in full?",
    scope: Scope::Incident,
    clauses: &["L262", "PIPL 57", "NDSR 11"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// 2025-01-01 00:00 at UTC+8: from when NDSR 11 is law.
const NDSR_MS: i64 = 1_735_660_800_000;

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let incident = Incident::of(grounds.timeline);
    let Some(known) = incident.known() else {
        return no_detection(grounds);
    };
    let mut findings = match grounds.policies.policy(known.ms) {
        None => vec![no_policy(grounds, known.on, known.ms)],
        Some(policy) => told(grounds, &incident, known, policy)
            .into_iter()
            .collect(),
    };
    findings.extend(
        incident
            .notices
            .iter()
            .map(|notice| content(grounds, notice)),
    );
    for finding in &mut findings {
        if finding.judged_at_ms < NDSR_MS {
            finding.clauses = vec!["L262".into(), "PIPL 57".into()];
        }
    }
    findings
}

/// When everyone was told, how, and by which event.
struct Done<'a> {
    ms: i64,
    on: &'a Occurrence,
    is_public: bool,
}

fn told(
    grounds: &Grounds<'_>,
    incident: &Incident<'_>,
    known: Step<'_, ()>,
    policy: &PrivacyPolicy,
) -> Option<Finding> {
    let deadline = policy.deadline(DeadlineId::IncidentNotice)?;
    let due = limit(deadline.period, known.ms, grounds.holidays);
    let list = incident.affected.last();
    let excluded = list.filter(|list| list.said.harm_excluded == Some(true));
    let finding = match (excluded, list, done(incident)) {
        (Some(list), _, _) => harm_excluded(grounds, list.on),
        (None, _, Some(done)) if done.ms < due.strict_ms => in_time(grounds, &done, due),
        (None, _, Some(done)) => late(grounds, &done, list.map_or(known.on, |list| list.on), due),
        (None, None, None) => unknown(grounds, known.on, due),
        (None, Some(list), None) => missing(grounds, incident, list, policy, due),
    };
    let rests_on = list.map(|list| list.on).into_iter().chain([known.on]);
    Some(finding.resting_on(rests_on).judged_by(known.ms))
}

/// The earliest moment at which a public notice stood, or as many people were told as the list counts.
fn done<'a>(incident: &Incident<'a>) -> Option<Done<'a>> {
    let public = incident
        .notices
        .iter()
        .find(|notice| notice.is_public)
        .map(|notice| Done {
            ms: notice.ms,
            on: notice.on,
            is_public: true,
        });
    let each = incident
        .affected
        .last()
        .and_then(|list| last_told(incident, list.said, list.on));
    match (each, public) {
        (Some(each), Some(public)) if public.ms < each.ms => Some(public),
        (Some(each), _) => Some(each),
        (None, public) => public,
    }
}

/// The notice with which the number of the list was full; for a list of nobody the list itself.
fn last_told<'a>(
    incident: &Incident<'a>,
    list: &AffectedSubjectsIdentified,
    on: &'a Occurrence,
) -> Option<Done<'a>> {
    let (mut seen, mut left) = (std::collections::BTreeSet::new(), list.subject_count?);
    let done = |ms, on| Done {
        ms,
        on,
        is_public: false,
    };
    if left == 0 {
        return Some(done(on.occurred_at_ms, on));
    }
    for notice in incident.notices.iter().filter(|notice| !notice.is_public) {
        left -= u64::from(seen.insert(notice.on.subject()));
        if left == 0 {
            return Some(done(notice.ms, notice.on));
        }
    }
    None
}

fn harm_excluded(grounds: &Grounds<'_>, list: &Occurrence) -> Finding {
    let sentence = Sentence::new(
        "受影响名单记载已采取措施避免危害，依 PIPL 57 可以不告知个人。",
        "The list of people affected says that harm could be excluded, so people need not be told (PIPL 57).",
    );
    Finding::on(grounds, list, Outcome::Pass, "harm_excluded", sentence)
}

fn in_time(grounds: &Grounds<'_>, done: &Done<'_>, due: Due) -> Finding {
    let (at, last) = (minute(done.ms), last_moment(due));
    let (cause, sentence) = if done.is_public {
        let zh = format!("已于{at}发布公告，未超过期限{last}。");
        let en = format!("A public notice was posted on {at}, no later than {last}.");
        ("public_notice", Sentence::new(zh, en))
    } else {
        let zh = format!("受影响的个人已于{at}全部得到告知，未超过期限{last}。");
        let en = format!("Everyone affected had been told by {at}, no later than {last}.");
        ("all_told", Sentence::new(zh, en))
    };
    let mut finding = Finding::on(grounds, done.on, Outcome::Pass, cause, sentence);
    finding.due = Some(due);
    finding
}

fn late(grounds: &Grounds<'_>, done: &Done<'_>, judged: &Occurrence, due: Due) -> Finding {
    let (at, last) = (minute(done.ms), last_moment(due));
    let sentence = Sentence::new(
        format!("应在{last}之前告知受影响的个人或发布公告，{at}才完成。"),
        format!(
            "The people affected were to be told, or a public notice posted, by {last}; that was done on {at}."
        ),
    );
    Finding::on(grounds, judged, Outcome::Overdue, "told_late", sentence)
        .due(due)
        .mended_at(done.ms)
        .resting_on([done.on])
}

fn unknown(grounds: &Grounds<'_>, known: &Occurrence, due: Due) -> Finding {
    let last = last_moment(due);
    let sentence = Sentence::new(
        format!("期限{last}已到，没有记录说明哪些个人受影响，也没有发布公告，不知是否须告知。"),
        format!(
            "By {last} no record says whom the incident touches, and no public notice is recorded: whether people had to be told is unknown."
        ),
    );
    Finding::on(
        grounds,
        known,
        Outcome::Unknown,
        "affected_unknown",
        sentence,
    )
    .due(due)
}

fn missing(
    grounds: &Grounds<'_>,
    incident: &Incident<'_>,
    list: &Step<'_, &AffectedSubjectsIdentified>,
    policy: &PrivacyPolicy,
    due: Due,
) -> Finding {
    let (told, all) = (
        incident.told().len(),
        list.said.subject_count.unwrap_or_default(),
    );
    let promise = policy.notice(NoticeKind::IncidentToPeople);
    let last = last_moment(due);
    let cause = if told == 0 {
        "nobody_told"
    } else {
        "not_all_told"
    };
    let sentence = Sentence::new(
        format!(
            "应在{last}之前告知受影响的{all}人{}，记录中已告知{told}人，也没有发布公告。",
            source_zh(promise)
        ),
        format!(
            "The people affected, {all} by number, were to be told by {last}{}; {told} by number are recorded as told, and no public notice is.",
            source_en(promise)
        ),
    );
    Finding::on(grounds, list.on, Outcome::Overdue, cause, sentence).due(due)
}

/// What a notice holds, against the checklist of the policy in force when it was given.
fn content(grounds: &Grounds<'_>, notice: &Notice<'_>) -> Finding {
    let kind = if notice.is_public {
        NoticeKind::IncidentToPublic
    } else {
        NoticeKind::IncidentToPeople
    };
    let policy = grounds.policies.policy(notice.ms);
    let Some(item) = policy.and_then(|policy| policy.notice(kind)) else {
        return no_policy(grounds, notice.on, notice.ms);
    };
    let lacking: Vec<i32> = item
        .contents
        .iter()
        .filter(|content| !notice.contents.contains(content))
        .map(|content| *content as i32)
        .collect();
    let (outcome, cause, sentence) = if lacking.is_empty() {
        let zh = "告知内容齐备。";
        let en = "The notice holds all that it must.";
        (Outcome::Pass, "content_complete", Sentence::new(zh, en))
    } else if notice.contents.is_empty() {
        let zh = "没有记录告知写了哪些内容。";
        let en = "No record says what the notice holds.";
        (
            Outcome::Unknown,
            "content_not_stated",
            Sentence::new(zh, en),
        )
    } else {
        let zh = format!(
            "告知缺少：{}{}。",
            words::zh("NoticeContent", &lacking),
            source_zh(Some(item))
        );
        let en = format!(
            "The notice lacks: {}{}.",
            words::en("NoticeContent", &lacking),
            source_en(Some(item))
        );
        (
            Outcome::Violation,
            "content_incomplete",
            Sentence::new(zh, en),
        )
    };
    Finding::on(grounds, notice.on, outcome, cause, sentence).judged_by(notice.ms)
}
