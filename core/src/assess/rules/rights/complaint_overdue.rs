//! R20: a complaint is answered within 15 days of the person's identity being verified.
//!
//! The clock of L326 starts with the verification, so R20 also warns where that takes longer than a whole
//! request may: the clock could be put off at will. Days count as in R19. A complaint that is answered
//! without any verification is in time, unless that came after the limit for verifying.

use super::clock::{due_after, last_day};
use super::ended::{Asked, no_policy, not_received};
use super::quoted::quoted;
use crate::assess::calendar::Day;
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::requests::{End, Receipt, Request, Requests, end_of};
use crate::privacy_policy::{DeadlineId, PrivacyPolicy};
use crate::schema::v1::RightsRequestKind;

pub(super) const RULE: Rule = Rule {
    number: 20,
    name: "complaint_overdue",
    title_zh: "投诉是否在验证身份后15天内答复",
    title_en: "Is a complaint answered within 15 days of verifying identity?",
    scope: Scope::Subject,
    clauses: &["L326", "PIPL 65", "Civil Code 201, 203"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let requests = Requests::of(grounds.timeline);
    requests
        .iter()
        .flat_map(|request| judged(grounds, request))
        .collect()
}

fn judged(grounds: &Grounds<'_>, request: &Request<'_>) -> Vec<Finding> {
    let Some(receipt) = request.receipt() else {
        let ends = request.ends().iter().copied();
        let ours = ends.filter(|one| end_of(one) == Some(End::Answered));
        return ours.map(|one| not_received(grounds, one)).collect();
    };
    if receipt.kind != RightsRequestKind::RrComplaint {
        return Vec::new();
    }
    let Some(policy) = grounds.policies.policy(receipt.on.occurred_at_ms) else {
        return vec![no_policy(grounds, receipt.on)];
    };
    let mut findings = Vec::new();
    let verification = limit(
        grounds,
        policy,
        DeadlineId::IdentityVerification,
        receipt.received_ms,
    );
    let early = verification.as_ref().is_none_or(|(due, _)| {
        let end = request.end();
        end.is_some_and(|end| end.occurred_at_ms < due.strict_ms)
    });
    findings.extend(
        verification
            .and_then(|(due, quoted)| slowly_verified(grounds, request, receipt, due, &quoted)),
    );
    findings.extend(answered(grounds, request, receipt, policy, early));
    findings
}

fn limit(
    grounds: &Grounds<'_>,
    policy: &PrivacyPolicy,
    id: DeadlineId,
    from_ms: i64,
) -> Option<(Due, Sentence)> {
    let deadline = policy.deadline(id)?;
    let due = due_after(grounds.holidays, deadline.period, from_ms)?;
    Some((due, quoted(deadline)))
}

/// The answer, by the clock that the verification started. Without one, an early end passes.
fn answered(
    grounds: &Grounds<'_>,
    request: &Request<'_>,
    receipt: Receipt<'_>,
    policy: &PrivacyPolicy,
    early: bool,
) -> Option<Finding> {
    let day = Day::of(receipt.received_ms);
    let Some(verified) = request.verified() else {
        let end = request.end().filter(|_| early)?;
        let sentence = Sentence::new(
            format!("{day}收到的投诉已于{}答复。", Day::of(end.occurred_at_ms)),
            format!(
                "The complaint received on {day} was answered on {}.",
                Day::of(end.occurred_at_ms)
            ),
        );
        let pass = Finding::on(
            grounds,
            receipt.on,
            Outcome::Pass,
            "answered_in_time",
            sentence,
        );
        return Some(pass.resting_on([end]));
    };
    let from_ms = verified.occurred_at_ms;
    let (due, quoted) = limit(grounds, policy, DeadlineId::ComplaintAnswer, from_ms)?;
    let verified_on = Day::of(from_ms);
    let asked = Asked {
        on: receipt.on,
        what: Sentence::new(
            format!("{day}收到、{verified_on}完成身份验证的投诉"),
            format!("The complaint received on {day}, its person verified on {verified_on},"),
        ),
        due,
        quoted,
    };
    let finding = asked.judged(grounds, request.end());
    Some(finding.resting_on([verified]))
}

/// The warning where nobody verified who complains in time, nor answered.
fn slowly_verified(
    grounds: &Grounds<'_>,
    request: &Request<'_>,
    receipt: Receipt<'_>,
    due: Due,
    quoted: &Sentence,
) -> Option<Finding> {
    let done = first(request.verified(), request.end());
    if done.is_some_and(|one| one.occurred_at_ms < due.strict_ms) {
        return None;
    }
    let (day, last) = (Day::of(receipt.received_ms), last_day(due));
    let (cause, zh, en) = match done {
        Some(_) => ("verified_late", "才完成身份验证", "only later"),
        None => ("identity_unverified", "仍未完成身份验证", "not at all"),
    };
    let sentence = Sentence::new(
        format!(
            "{day}收到的投诉在{last} 24:00之后{zh}，答复期限因此被推迟。{}",
            quoted.zh
        ),
        format!(
            "Who sent the complaint received on {day} was not verified by 24:00 on {last} but {en}, which puts off the limit for the answer. {}",
            quoted.en
        ),
    );
    let finding = Finding::on(grounds, receipt.on, Outcome::Warn, cause, sentence).due(due);
    Some(match done {
        Some(done) => finding.mended_at(done.occurred_at_ms).resting_on([done]),
        None => finding,
    })
}

/// The earlier of two steps.
fn first<'a>(a: Option<&'a Occurrence>, b: Option<&'a Occurrence>) -> Option<&'a Occurrence> {
    let both = a.into_iter().chain(b);
    both.min_by_key(|one| (one.occurred_at_ms, &one.event.event_id))
}
