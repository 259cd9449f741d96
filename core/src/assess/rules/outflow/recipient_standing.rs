//! R08: whether a recipient was registered, under agreement and assessed when data left for it.
//!
//! A share asks for all of it (L11, L176, L246; NDSR 12): registered and not terminated, an agreement in
//! force, confidentiality signed, and an assessment in force that found it lawful, legitimate and
//! necessary. An entrustment in force that the share names has an agreement of its own and stands for the
//! register's. An authority or the public is no partner, and signs nothing. A transfer and a disclosure
//! ask for the registration alone. A registration, an agreement and an assessment count from their very
//! moment on; at the very moment of its end an agreement or assessment holds no more, and at the very
//! moment of a termination the recipient may receive nothing.

use super::flow::{Flow, Said, Words, flows, said, with_clauses, with_quote};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::entrustments::entrustments_of;
use crate::assess::state::recipients::Recipient;
use crate::privacy_policy::{Cited, Part, PrivacyPolicy};
use crate::schema::v1::ShareCondition;

pub(super) const RULE: Rule = Rule {
    number: 8,
    name: "recipient_unregistered",
    title_zh: "接收方是否已登记、签约并经评估",
    title_en: "Was the recipient registered, under agreement and assessed?",
    scope: Scope::Subject,
    clauses: &["L11", "L176", "L246", "NDSR 12"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// What is wrong with a recipient.
struct Fault<'a> {
    result: Outcome,
    cause: &'static str,
    why: Words,
    clauses: &'static [&'static str],
    by: Option<&'a Occurrence>,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    flows(grounds)
        .flat_map(|flow| judged(grounds, &flow))
        .collect()
}

fn judged(grounds: &Grounds<'_>, flow: &Flow<'_>) -> Vec<Finding> {
    let Some(policy) = grounds.policies.policy(flow.ms()) else {
        return vec![with_clauses(flow.no_policy(grounds), RULE.clauses)];
    };
    let Some(recipient) = flow.recipient(grounds) else {
        return vec![unregistered(grounds, flow)];
    };
    let faults = faults(grounds, flow, policy, &recipient);
    if faults.is_empty() {
        return vec![in_order(grounds, flow, &recipient)];
    }
    let finding = |fault: Fault<'_>| {
        let found = flow.finding(grounds, fault.result, fault.cause, fault.why);
        with_clauses(found, fault.clauses).resting_on([recipient.said].into_iter().chain(fault.by))
    };
    faults.into_iter().map(finding).collect()
}

fn unregistered(grounds: &Grounds<'_>, flow: &Flow<'_>) -> Finding {
    let why = said(
        "该接收方当时没有登记",
        "that recipient was not in the register then",
    );
    let found = flow.finding(grounds, Outcome::Violation, "recipient_unregistered", why);
    with_clauses(found, &["L176", "L246", "NDSR 12"])
}

fn in_order(grounds: &Grounds<'_>, flow: &Flow<'_>, recipient: &Recipient<'_>) -> Finding {
    let why = match flow.said {
        Said::Shared(_) => said(
            "接收方当时已登记、签约并经评估",
            "the recipient was registered, and what it owes was in order then",
        ),
        _ => said("接收方当时已登记", "the recipient was registered then"),
    };
    let found = flow.finding(grounds, Outcome::Pass, "recipient_in_order", why);
    with_clauses(found, RULE.clauses)
        .resting_on([recipient.said])
        .resting_on(recipient.assessed.map(|one| one.said))
}

fn faults<'a>(
    grounds: &Grounds<'_>,
    flow: &Flow<'_>,
    policy: &PrivacyPolicy,
    recipient: &Recipient<'a>,
) -> Vec<Fault<'a>> {
    let party = policy
        .recipient_kind(recipient.kind)
        .map(|party| party.part);
    let partner = !matches!(party, Some(Part::Authority | Part::Public));
    let share = matches!(flow.said, Said::Shared(_)) && partner;
    let confidential = policy
        .share_conditions
        .get(&ShareCondition::ShCondConfidentiality)
        .map(|item| item as &dyn Cited);
    let mut faults: Vec<Fault<'a>> = terminated(recipient).into_iter().collect();
    if share {
        faults.extend(agreement(grounds, flow, recipient, confidential));
        faults.extend(confidentiality(recipient, confidential));
        faults.extend(assessment(recipient, flow.ms()));
    }
    faults
}

fn terminated<'a>(recipient: &Recipient<'a>) -> Option<Fault<'a>> {
    let day = Day::of(recipient.terminated_at?);
    Some(Fault {
        result: Outcome::Violation,
        cause: "recipient_terminated",
        why: said(
            format!("与该接收方的合作已于{day}终止,此后不得再向其提供"),
            format!("cooperation with it had ended on {day}, and it may receive nothing more"),
        ),
        clauses: &["L176", "L248", "NDSR 12"],
        by: recipient.termination,
    })
}

fn agreement<'a>(
    grounds: &Grounds<'_>,
    flow: &Flow<'_>,
    recipient: &Recipient<'_>,
    item: Option<&dyn Cited>,
) -> Option<Fault<'a>> {
    if is_entrusted(grounds, flow) {
        return None;
    }
    let (result, cause, why) = match recipient.agreement {
        None => (
            Outcome::Violation,
            "no_agreement",
            said(
                "登记中没有与该接收方的协议",
                "the register names no agreement with it",
            ),
        ),
        Some(agreement) if !agreement.begun_at(flow.ms()) => (
            Outcome::Violation,
            "agreement_not_begun",
            said(
                "与该接收方的协议当时尚未生效",
                "the agreement with it had not begun",
            ),
        ),
        Some(agreement) => match agreement.ended_at(flow.ms()) {
            Some(false) => return None,
            Some(true) => (
                Outcome::Violation,
                "agreement_expired",
                said(
                    format!(
                        "与该接收方的协议已于{}到期",
                        end_day(agreement.valid_until_ms)
                    ),
                    format!(
                        "the agreement with it had ended on {}",
                        end_day(agreement.valid_until_ms)
                    ),
                ),
            ),
            None => (
                Outcome::Unknown,
                "agreement_end_unknown",
                said(
                    "登记中没有写明协议到何时为止,无法判断当时是否有效",
                    "the register doesn't say until when the agreement holds",
                ),
            ),
        },
    };
    Some(Fault {
        result,
        cause,
        why: with_quote(why, item),
        clauses: &["L176", "L246", "NDSR 12"],
        by: None,
    })
}

fn end_day(ms: Option<i64>) -> String {
    ms.map_or_else(String::new, |ms| Day::of(ms).to_string())
}

fn is_entrusted(grounds: &Grounds<'_>, flow: &Flow<'_>) -> bool {
    let Said::Shared(share) = flow.said else {
        return false;
    };
    if share.entrustment_id.is_empty() {
        return false;
    }
    let entrustments = entrustments_of(grounds.register, flow.recipient_id);
    let one = entrustments.get(share.entrustment_id.as_str());
    one.is_some_and(|one| one.holds_at(flow.ms()))
}

fn confidentiality<'a>(recipient: &Recipient<'_>, item: Option<&dyn Cited>) -> Option<Fault<'a>> {
    let why = said(
        "该接收方没有签署保密约定",
        "it had not signed for confidentiality",
    );
    (!recipient.confidentiality).then(|| Fault {
        result: Outcome::Violation,
        cause: "no_confidentiality",
        why: with_quote(why, item),
        clauses: &["L176", "L246"],
        by: None,
    })
}

fn assessment<'a>(recipient: &Recipient<'a>, ms: i64) -> Option<Fault<'a>> {
    let promise = "隐私政策L11“评估该第三方收集信息的合法性、正当性、必要性”";
    let (cause, zh, en) = match recipient.assessed {
        None => (
            "not_assessed",
            "提供前没有评估该接收方",
            "it had not been assessed before",
        ),
        Some(one) if !one.passed() => (
            "assessment_failed",
            "对该接收方的最近一次评估没有通过",
            "its last assessment did not find it lawful, legitimate and necessary",
        ),
        Some(one) if one.ended_at(ms) => (
            "assessment_expired",
            "对该接收方的评估当时已过有效期",
            "its assessment held no more",
        ),
        Some(_) => return None,
    };
    Some(Fault {
        result: Outcome::Violation,
        cause,
        why: said(
            format!("{zh}({promise})"),
            format!("{en} (policy L11: 评估该第三方收集信息的合法性、正当性、必要性)"),
        ),
        clauses: &["L11"],
        by: recipient.assessed.map(|one| one.said),
    })
}
