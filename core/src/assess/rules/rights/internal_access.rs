//! R34: who works for the operator looks at data only where there is need (L248).
//!
//! A look names its ticket and its purpose. One query that touches more people than the policy in force
//! allows is an alert; as many is not more. Without a number of people it can't be told.

use super::ended::no_policy;
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Mark, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::words;
use crate::privacy_policy::ThresholdId;
use crate::schema::v1::InternalAccess;
use crate::schema::v1::event::Body;

pub(super) const RULE: Rule = Rule {
    number: 34,
    name: "internal_access_unjustified",
    title_zh: "员工访问个人信息是否有工单、目的，是否批量",
    title_en: "Has a look by staff a ticket and a purpose, and is it no bulk query?",
    scope: Scope::Subject,
    clauses: &["L248", "PIPL 51"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let looks = grounds.timeline.iter().filter_map(|one| match one.body() {
        Body::InternalAccess(said) => Some((one, said)),
        _ => None,
    });
    looks
        .flat_map(|(one, said)| judged(grounds, one, said))
        .collect()
}

fn judged(grounds: &Grounds<'_>, one: &Occurrence, said: &InternalAccess) -> Vec<Finding> {
    let mut findings = Vec::new();
    if said.ticket.is_empty() {
        let (zh, en) = ("没有对应的工单", "without a ticket");
        findings.push(finding(
            grounds,
            (one, said),
            Outcome::Warn,
            "no_ticket",
            zh,
            en,
        ));
    }
    if said.purpose == 0 {
        let (zh, en) = ("没有写明目的", "without a purpose");
        findings.push(finding(
            grounds,
            (one, said),
            Outcome::Warn,
            "no_purpose",
            zh,
            en,
        ));
    }
    findings.extend(bulk(grounds, one, said));
    if findings.is_empty() {
        let (zh, en) = ("有工单、有目的", "with a ticket and a purpose");
        findings.push(finding(
            grounds,
            (one, said),
            Outcome::Pass,
            "justified",
            zh,
            en,
        ));
    }
    findings
}

fn bulk(grounds: &Grounds<'_>, one: &Occurrence, said: &InternalAccess) -> Option<Finding> {
    let Some(people) = said.batch_size else {
        let (zh, en) = (
            "没有写明同一查询涉及多少人，无法判断是否批量",
            "without saying how many people the query touched, so that it can't be told whether it was in bulk",
        );
        let cause = "batch_size_not_stated";
        return Some(finding(
            grounds,
            (one, said),
            Outcome::Unknown,
            cause,
            zh,
            en,
        ));
    };
    let Some(policy) = grounds.policies.policy(one.occurred_at_ms) else {
        return Some(no_policy(grounds, one));
    };
    let most = policy.threshold(ThresholdId::BulkAccessPeople)?.value;
    (people > most).then(|| {
        let zh = format!("同一查询涉及{people}人，超过{most}人的上限，属批量访问");
        let en = format!("in one query that touched {people} people, more than the {most} allowed");
        let found = finding(grounds, (one, said), Outcome::Warn, "bulk", &zh, &en);
        found.marked(Mark::Alert)
    })
}

fn finding(
    grounds: &Grounds<'_>,
    (one, said): (&Occurrence, &InternalAccess),
    result: Outcome,
    cause: &str,
    zh: &str,
    en: &str,
) -> Finding {
    let day = Day::of(one.occurred_at_ms);
    let reason = [said.reason];
    let sentence = Sentence::new(
        format!(
            "{day}员工以“{}”为由访问了个人信息，{zh}；隐私政策载明：「仅允许有必要知晓这些信息的我们员工访问您的信息」（L248）。",
            words::zh("AccessReason", &reason)
        ),
        format!(
            "On {day} an employee looked at the person's data ({}) {en}; the policy says 「仅允许有必要知晓这些信息的我们员工访问您的信息」 (L248).",
            words::en("AccessReason", &reason)
        ),
    );
    Finding::on(grounds, one, result, cause, sentence)
}
