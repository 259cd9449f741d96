//! R19: a request is fulfilled or refused within 15 days of its receipt.
//!
//! The day of receipt isn't counted, and the limit ends at 24:00 of day 15 at UTC+8 (Civil Code 201):
//! 00:00 of day 16 is the first moment too late. The policy in force when the receipt was recorded says
//! which requests have a limit, and how long. L270 speaks of requests that someone handles; here the limit
//! holds for all. A complaint's clock is R20's.

use super::clock::due_after;
use super::ended::{Asked, no_policy, not_received};
use super::quoted::quoted;
use crate::assess::calendar::Day;
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::requests::{End, Receipt, Request, Requests, end_of};
use crate::assess::words;
use crate::privacy_policy::{Cited as _, Deadline, DeadlineId, Period, PrivacyPolicy, Right};
use crate::schema::v1::{RightsClock, RightsRequestKind};

/// How long before its very end a due date may be written: clocks are shown to the minute.
const MINUTE_MS: i64 = 60_000;

pub(super) const RULE: Rule = Rule {
    number: 19,
    name: "rights_overdue",
    title_zh: "权利请求是否在收到之日起15天内办结",
    title_en: "Is a request handled within 15 days of its receipt?",
    scope: Scope::Subject,
    clauses: &["L270", "L274", "L282", "PIPL 50", "Civil Code 201, 203"],
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
        let ours = ends.filter(|one| end_of(one) != Some(End::Answered));
        return ours.map(|one| not_received(grounds, one)).collect();
    };
    if receipt.kind == RightsRequestKind::RrComplaint {
        return Vec::new();
    }
    let Some(policy) = grounds.policies.policy(receipt.on.occurred_at_ms) else {
        return vec![no_policy(grounds, receipt.on)];
    };
    let mut findings = out_of_order(grounds, request);
    let right = policy.right(receipt.kind);
    let deadline = right.and_then(|right| policy.deadline(right.deadline?));
    match deadline.and_then(|deadline| {
        let due = due_after(grounds.holidays, deadline.period, receipt.received_ms)?;
        Some((deadline, due))
    }) {
        Some((deadline, due)) => {
            findings.extend(clocked(grounds, request, receipt, deadline, due));
            findings.extend(warned(grounds, request, receipt, policy));
        }
        None => findings.extend(undated(grounds, request, receipt, right)),
    }
    findings
}

fn clocked(
    grounds: &Grounds<'_>,
    request: &Request<'_>,
    receipt: Receipt<'_>,
    deadline: &Deadline,
    due: Due,
) -> Vec<Finding> {
    let asked = Asked {
        on: receipt.on,
        what: what(receipt),
        due,
        quoted: quoted(deadline),
    };
    let mut findings = vec![asked.judged(grounds, request.end())];
    findings.extend(unverified(grounds, request));
    findings.extend(wrong_due_at(grounds, receipt, due));
    findings
}

/// What was asked for and when it arrived, as the beginning of a sentence.
fn what(receipt: Receipt<'_>) -> Sentence {
    let day = Day::of(receipt.received_ms);
    let kind = [receipt.kind.into()];
    Sentence::new(
        format!("{day}收到的“{}”请求", words::zh("RightsRequestKind", &kind)),
        format!(
            "The request \"{}\" received on {day}",
            words::en("RightsRequestKind", &kind)
        ),
    )
}

/// The desk's warning: from the beginning of its day (day 10) until the request ends.
fn warned(
    grounds: &Grounds<'_>,
    request: &Request<'_>,
    receipt: Receipt<'_>,
    policy: &PrivacyPolicy,
) -> Option<Finding> {
    let Period::Days(days) = policy.deadline(DeadlineId::RightsWarning)?.period else {
        return None;
    };
    let from = Day(Day::of(receipt.received_ms).0 + i64::from(days));
    let end = request.end();
    if end.is_some_and(|end| end.occurred_at_ms < from.start_ms()) {
        return None;
    }
    let what = what(receipt);
    let sentence = Sentence::new(
        format!("{}到第{days}天（{from}）仍未办结，请尽快处理。", what.zh),
        format!("{} was still open on day {days} ({from}).", what.en),
    );
    let mut finding = Finding::on(
        grounds,
        receipt.on,
        Outcome::Warn,
        "open_at_warning",
        sentence,
    );
    finding.since_ms = from.start_ms();
    Some(match end {
        Some(end) => finding.mended_at(end.occurred_at_ms).resting_on([end]),
        None => finding,
    })
}

/// A request for which the policy names no limit. One that it names elsewhere (stopping marketing, device
/// settings) is judged there; one that only a law names can't be late, nor can it be shown to be in time.
fn undated(
    grounds: &Grounds<'_>,
    request: &Request<'_>,
    receipt: Receipt<'_>,
    right: Option<&Right>,
) -> Option<Finding> {
    let what = what(receipt);
    if let Some(end) = request.end() {
        let day = Day::of(end.occurred_at_ms);
        let sentence = Sentence::new(
            format!("{}已于{day}办结；隐私政策没有为此约定期限。", what.zh),
            format!(
                "{} was handled on {day}; the policy names no limit for it.",
                what.en
            ),
        );
        let pass = Finding::on(grounds, receipt.on, Outcome::Pass, "answered", sentence);
        return Some(pass.resting_on([end]));
    }
    let by_text = right.is_some_and(|right| {
        right.clock == Some(RightsClock::RrClockNoDeadline)
            || right.citation().is_some_and(|source| source.line.is_some())
    });
    if by_text {
        return None;
    }
    let sentence = Sentence::new(
        format!(
            "{}尚无办结记录，而隐私政策没有为此约定期限，无法判断是否及时。",
            what.zh
        ),
        format!(
            "{} has no end on record, and the policy names no limit for it: whether it is late can't be told.",
            what.en
        ),
    );
    Some(Finding::on(
        grounds,
        receipt.on,
        Outcome::Unknown,
        "no_deadline",
        sentence,
    ))
}

/// A due date that is not the end of the limit's last day, strict or lawful, to the minute.
fn wrong_due_at(grounds: &Grounds<'_>, receipt: Receipt<'_>, due: Due) -> Option<Finding> {
    let due_at = receipt.due_at_ms?;
    let right = |end: i64| (end - MINUTE_MS..=end).contains(&due_at);
    if right(due.strict_ms) || due.lawful_ms.is_some_and(right) {
        return None;
    }
    let (what, last) = (what(receipt), super::clock::last_day(due));
    let named = Day::of(due_at);
    let sentence = Sentence::new(
        format!(
            "{}登记的到期时间（{named}）不对，应为{last} 24:00。",
            what.zh
        ),
        format!(
            "{} has a wrong due date ({named}); it is due at 24:00 on {last}.",
            what.en
        ),
    );
    Some(Finding::on(
        grounds,
        receipt.on,
        Outcome::Warn,
        "due_at_wrong",
        sentence,
    ))
}

/// L270, L274 and L282 promise that identity is verified first.
fn unverified(grounds: &Grounds<'_>, request: &Request<'_>) -> Option<Finding> {
    let fulfilled = request.fulfilled()?;
    let verified = request.verified();
    if verified.is_some_and(|one| one.occurred_at_ms <= fulfilled.occurred_at_ms) {
        return None;
    }
    let day = Day::of(fulfilled.occurred_at_ms);
    let sentence = Sentence::new(
        format!(
            "{day}办结的请求在办结前没有身份验证记录；隐私政策承诺「完成身份验证及处理」（L270）。"
        ),
        format!(
            "A request was fulfilled on {day} without its person's identity verified before; the policy promises 「完成身份验证及处理」 (L270)."
        ),
    );
    let finding = Finding::on(
        grounds,
        fulfilled,
        Outcome::Warn,
        "identity_unverified",
        sentence,
    );
    Some(finding.resting_on(verified))
}

/// Steps that the legal order doesn't allow, and receipts that were changed.
fn out_of_order(grounds: &Grounds<'_>, request: &Request<'_>) -> Vec<Finding> {
    let warn = |one: &Occurrence, cause: &str, zh: &str, en: &str| {
        let day = Day::of(one.occurred_at_ms);
        let sentence = Sentence::new(format!("{day}：{zh}"), format!("On {day} {en}"));
        let receipt = request.receipt().map(|receipt| receipt.on);
        Finding::on(grounds, one, Outcome::Warn, cause, sentence).resting_on(receipt)
    };
    let changed = request.changed_receipts().map(|one| {
        warn(
            one,
            "due_at_changed",
            "同一请求被重新登记，收到时间或到期时间与首次登记不同；两者都不得更改。",
            "a request was recorded again with another day of receipt or due date; neither may change.",
        )
    });
    let early = request.too_early().map(|one| {
        warn(
            one,
            "step_before_receipt",
            "请求在收到之前就被办结，该步骤不计。",
            "a request was ended before it was received; that step doesn't count.",
        )
    });
    let late = request.too_late().map(|one| {
        warn(
            one,
            "step_after_end",
            "请求已经办结，之后又登记了另一个结果。",
            "another end was recorded for a request that had ended before.",
        )
    });
    changed.chain(early).chain(late).collect()
}
