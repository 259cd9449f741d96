//! R38: whether an entrusted party entrusted another with the handler's consent, and gave data back or
//! deleted it at the end (PIPL 21).
//!
//! Proof of return or deletion is the end's own word with a certificate, a confirmation of deletion for that
//! entrustment, or a termination of the recipient that says so with a certificate. It is due at the end
//! itself; what comes later mends it. An entrustment that the registry doesn't end is owed at the end of its
//! time, and is overdue from then on.

use super::flow::{Words, party, said, sentence};
use crate::assess::calendar::Day;
use crate::assess::finding::{About, Due, Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::entrustments::{Entrustment, entrustments_of};
use crate::schema::v1::event::Body;
use crate::schema::v1::{EntrustmentEnded, EntrustmentStarted};

/// `RecipientTerminated`, `EntrustmentStarted`, in the envelope.
const TERMINATED: u32 = 122;
const STARTED: u32 = 201;

pub(super) const RULE: Rule = Rule {
    number: 38,
    name: "entrustment",
    title_zh: "转委托是否经同意,委托终止后是否返还或删除",
    title_en: "Was sub-entrusting agreed to, and did data come back or go at the end?",
    scope: Scope::Recipient,
    clauses: &["PIPL 21"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let About::Recipient(id) = grounds.about else {
        return Vec::new();
    };
    let begun = grounds.register.under(STARTED, id);
    let sub = begun.filter_map(|on| match on.body() {
        Body::EntrustmentStarted(body) => sub_entrusted(grounds, on, body),
        _ => None,
    });
    let all = entrustments_of(grounds.register, id);
    let terminated = terminated(grounds, id);
    let ended = all
        .values()
        .filter_map(|one| match (one.ended, one.started) {
            (Some((body, on)), _) => Some(ended(grounds, id, one, body, on, terminated)),
            (None, Some((body, on))) => ran_out(grounds, id, one, body, on, terminated),
            (None, None) => None,
        });
    sub.chain(ended).collect()
}

/// A termination that says, with a certificate, that data was returned or deleted.
fn terminated<'a>(grounds: &Grounds<'a>, id: &str) -> Option<&'a Occurrence> {
    let mut all = grounds.register.under(TERMINATED, id);
    all.find(|on| match on.body() {
        Body::RecipientTerminated(body) => {
            body.data_returned_or_deleted == Some(true) && !body.certificate_sha256.is_empty()
        }
        _ => false,
    })
}

fn sub_entrusted(
    grounds: &Grounds<'_>,
    on: &Occurrence,
    body: &EntrustmentStarted,
) -> Option<Finding> {
    if body.sub_entrusted_by.is_empty() {
        return None;
    }
    let (by_zh, by_en) = party(grounds, &body.sub_entrusted_by, on.occurred_at_ms);
    let (to_zh, to_en) = party(grounds, &body.recipient_id, on.occurred_at_ms);
    let did = said(
        format!("{by_zh}将处理转委托给{to_zh}"),
        format!("{by_en} entrusted {to_en} in turn"),
    );
    let (result, cause, why) = match body.handler_consented {
        Some(true) => (
            Outcome::Pass,
            "sub_entrustment_agreed",
            said("已经处理者同意", "the handler had agreed"),
        ),
        Some(false) => (
            Outcome::Violation,
            "sub_entrusted_without_consent",
            said(
                "未经处理者同意(个人信息保护法第二十一条)",
                "the handler had not agreed (PIPL 21)",
            ),
        ),
        None => (
            Outcome::Unknown,
            "consent_to_sub_entrustment_unknown",
            said(
                "没有写明处理者是否同意",
                "whether the handler agreed isn't said",
            ),
        ),
    };
    let text = sentence(on.occurred_at_ms, did, why);
    Some(Finding::on(grounds, on, result, cause, text).concerning(&body.recipient_id))
}

/// When there was first proof of return or deletion, and the event that gives it.
fn proof<'a>(
    one: &Entrustment<'a>,
    terminated: Option<&'a Occurrence>,
) -> Option<(i64, &'a Occurrence)> {
    let at_end = one.ended.filter(|(body, _)| {
        let gone = body.returned == Some(true) || body.deleted == Some(true);
        gone && !body.certificate_sha256.is_empty()
    });
    let begun_ms = one.started.map_or(i64::MIN, |(_, on)| on.occurred_at_ms);
    let later = |on: &&Occurrence| on.occurred_at_ms >= begun_ms;
    let all = [
        at_end.map(|(_, on)| on),
        one.confirmed.filter(later),
        terminated.filter(later),
    ];
    let all = all.into_iter().flatten();
    all.map(|on| (on.occurred_at_ms, on))
        .min_by_key(|(ms, _)| *ms)
}

fn ended(
    grounds: &Grounds<'_>,
    id: &str,
    one: &Entrustment<'_>,
    body: &EntrustmentEnded,
    on: &Occurrence,
    terminated: Option<&Occurrence>,
) -> Finding {
    let ended_ms = one.ended_ms().unwrap_or(on.occurred_at_ms);
    let proof = proof(one, terminated);
    let by_then = proof.is_some_and(|(ms, _)| ms <= ended_ms.max(on.occurred_at_ms));
    let (result, cause, why) = if one.started.is_none() {
        let why = said(
            "登记库中没有这项委托的开始",
            "the registry has nothing on its beginning",
        );
        (Outcome::Unknown, "entrustment_not_in_log", why)
    } else if by_then {
        let why = said(
            "有返还或者删除的证明",
            "there is proof that data was returned or deleted",
        );
        (Outcome::Pass, "returned_or_deleted", why)
    } else {
        let claimed = body.returned == Some(true) || body.deleted == Some(true);
        let (cause, why) = unproven(claimed);
        (Outcome::Violation, cause, why)
    };
    let did = entrusted(grounds, id, &body.entrustment_id, ended_ms);
    let text = sentence(ended_ms, did, why);
    let found = Finding {
        since_ms: ended_ms,
        ..Finding::on(grounds, on, result, cause, text)
    };
    let found = found
        .concerning(id)
        .resting_on(one.started.map(|(_, on)| on))
        .resting_on(proof.map(|(_, on)| on));
    match proof {
        Some((ms, _)) if result == Outcome::Violation => found.mended_at(ms),
        _ => found,
    }
}

fn unproven(claimed: bool) -> (&'static str, Words) {
    if claimed {
        let why = said(
            "称已返还或者删除,但没有证明(个人信息保护法第二十一条)",
            "data is said to have been returned or deleted, but no certificate is recorded (PIPL 21)",
        );
        ("no_certificate", why)
    } else {
        let why = said(
            "没有返还或者删除的记录(个人信息保护法第二十一条)",
            "no return or deletion is recorded (PIPL 21)",
        );
        ("no_return_or_deletion", why)
    }
}

fn entrusted(grounds: &Grounds<'_>, id: &str, entrustment: &str, ms: i64) -> Words {
    let (zh, en) = party(grounds, id, ms);
    said(
        format!("对{zh}的委托{entrustment}终止"),
        format!("the entrustment {entrustment} of {en} ended"),
    )
}

/// An entrustment whose end isn't recorded: owed at the end of its time.
fn ran_out(
    grounds: &Grounds<'_>,
    id: &str,
    one: &Entrustment<'_>,
    body: &EntrustmentStarted,
    on: &Occurrence,
    terminated: Option<&Occurrence>,
) -> Option<Finding> {
    let until_ms = one.ended_ms()?;
    let day = Day::of(until_ms);
    let proof = proof(one, terminated);
    let by_then = proof.is_some_and(|(ms, _)| ms <= until_ms);
    let (result, cause, why) = if by_then {
        let why = said(
            "此前已有返还或者删除的证明",
            "there was proof before that data was returned or deleted",
        );
        (Outcome::Pass, "returned_or_deleted", why)
    } else {
        let why = said(
            format!("期限到{day}届满,没有此前返还或者删除的记录(个人信息保护法第二十一条)"),
            format!(
                "its time ends on {day}, and no return or deletion by then is recorded (PIPL 21)"
            ),
        );
        (Outcome::Overdue, "ran_out_without_return", why)
    };
    let did = entrusted(grounds, id, &body.entrustment_id, on.occurred_at_ms);
    let text = sentence(until_ms, did, why);
    let due = Due {
        strict_ms: until_ms,
        lawful_ms: None,
    };
    let found = Finding::on(grounds, on, result, cause, text)
        .concerning(id)
        .resting_on(proof.map(|(_, on)| on));
    Some(match (result, proof) {
        (Outcome::Overdue, Some((ms, _))) => found.due(due).mended_at(ms),
        (Outcome::Overdue, None) => found.due(due),
        _ => found,
    })
}
