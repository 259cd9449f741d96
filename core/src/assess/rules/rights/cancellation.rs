//! R22: an account is cancelled when its person asks, and then its data goes from every store.
//!
//! Refusing is right while an order is open (L282: 「完结全部订单后」); an order that is completed at the
//! moment of the refusal is open no more. A refusal on one of the cases of L284 with no order open is left
//! to counsel. After cancellation each category that a store held must be erased, anonymised or restricted
//! by a statute (NDSR 24) before the limit ends; masking is none of these, and a legal hold alone is none
//! either, for it doesn't stop the use.

use std::collections::BTreeMap;

use super::clock::{due_after, last_day};
use super::ended::no_policy;
use super::quoted::quoted;
use crate::assess::calendar::Day;
use crate::assess::finding::{Due, Finding, Mark, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::requests::{Receipt, Requests};
use crate::assess::state::retention::{Cancellation, Covers, Holdings, Orders, Wiping};
use crate::assess::words;
use crate::privacy_policy::{DeadlineId, PrivacyPolicy};
use crate::schema::v1::event::Body;
use crate::schema::v1::{RightsCondition, RightsRefusal, RightsRequestKind, RightsRequestRefused};

pub(super) const RULE: Rule = Rule {
    number: 22,
    name: "cancellation",
    title_zh: "注销账户是否受阻、注销后数据是否清空",
    title_en: "Is cancelling an account let through, and its data gone afterwards?",
    scope: Scope::Subject,
    clauses: &["L282", "L126", "PIPL 47", "NDSR 24"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let requests = Requests::of(grounds.timeline);
    let mut findings = refusals(grounds, &requests);
    let cancellations = Cancellation::all(&requests);
    if !cancellations.is_empty() {
        let holdings = Holdings::of(grounds.timeline, grounds.policies);
        let covers = Covers::of(grounds.timeline);
        for cancellation in cancellations {
            let stores = cancellation.wiping(&holdings, &covers);
            findings.push(wiped(grounds, cancellation, &stores));
        }
    }
    findings
}

fn refusals(grounds: &Grounds<'_>, requests: &Requests<'_>) -> Vec<Finding> {
    let orders = Orders::of(grounds.timeline);
    let refused = grounds.timeline.iter().filter_map(|one| match one.body() {
        Body::RightsRequestRefused(said) => {
            let receipt = requests.get(&said.request_id)?.receipt()?;
            let ours = receipt.kind == RightsRequestKind::RrCancelAccount;
            ours.then_some((one, said, receipt))
        }
        _ => None,
    });
    refused
        .map(|(one, said, receipt)| {
            let policy = grounds.policies.policy(one.occurred_at_ms);
            let finding = match policy {
                Some(policy) => refusal(grounds, one, said, &orders, policy),
                None => no_policy(grounds, one),
            };
            finding.resting_on([receipt.on])
        })
        .collect()
}

fn refusal(
    grounds: &Grounds<'_>,
    one: &Occurrence,
    said: &RightsRequestRefused,
    orders: &Orders<'_>,
    policy: &PrivacyPolicy,
) -> Finding {
    let ours = RightsRequestKind::RrCancelAccount;
    let condition = RightsCondition::RrCondAllOrdersCompleted;
    let asked = policy
        .right(ours)
        .is_some_and(|right| right.conditions.contains(&condition));
    if let Some(open) = orders.open_at(one.occurred_at_ms).filter(|_| asked) {
        let (zh, en) = (
            "当时确有订单尚未完结（L282「完结全部订单后」）",
            "while an order was open (L282 「完结全部订单后」)",
        );
        return refusal_finding(grounds, one, Outcome::Pass, "order_open", zh, en)
            .resting_on([open]);
    }
    if said.refusal() != RightsRefusal::RxUnspecified {
        let (zh, en) = (
            "当时没有未完结的订单，而以其他情形为由，须由法务判断",
            "with no order open, on another ground: counsel has to decide",
        );
        let warn = refusal_finding(grounds, one, Outcome::Warn, "refused_on_ground", zh, en);
        return warn.marked(Mark::LegalReview);
    }
    let claimed = said.open_conditions().any(|named| named == condition);
    if asked && claimed && orders.is_empty() {
        let (zh, en) = (
            "理由是订单未完结，但账本没有任何订单记录，无法判断",
            "for an order that was open, and the log knows of no order: it can't be told",
        );
        return refusal_finding(
            grounds,
            one,
            Outcome::Unknown,
            "orders_not_recorded",
            zh,
            en,
        );
    }
    let (zh, en) = (
        "当时没有未完结的订单，注销受阻（L282）",
        "with no order open: cancelling is blocked (L282)",
    );
    refusal_finding(grounds, one, Outcome::Violation, "no_order_open", zh, en)
}

fn refusal_finding(
    grounds: &Grounds<'_>,
    one: &Occurrence,
    result: Outcome,
    cause: &str,
    zh: &str,
    en: &str,
) -> Finding {
    let day = Day::of(one.occurred_at_ms);
    let sentence = Sentence::new(
        format!("{day}拒绝了注销账户的请求，{zh}。"),
        format!("The request to cancel the account was refused on {day} {en}."),
    );
    Finding::on(grounds, one, result, cause, sentence)
}

fn wiped(
    grounds: &Grounds<'_>,
    cancellation: Cancellation<'_>,
    stores: &BTreeMap<&str, Wiping<'_>>,
) -> Finding {
    let Cancellation { receipt, fulfilled } = cancellation;
    let Some(policy) = grounds.policies.policy(receipt.on.occurred_at_ms) else {
        return no_policy(grounds, fulfilled).resting_on([receipt.on]);
    };
    let Some((due, promise)) = limit(grounds, policy, receipt) else {
        return no_policy(grounds, fulfilled).resting_on([receipt.on]);
    };
    let by = stores
        .values()
        .flat_map(|store| store.by.iter().copied())
        .chain([receipt.on]);
    let open: BTreeMap<_, _> = stores.iter().filter(|(_, store)| store.is_open()).collect();
    let done_ms = stores.values().filter_map(|store| store.done_ms).max();
    let finding = if open.is_empty() {
        done(grounds, fulfilled, due, done_ms, &promise)
    } else {
        left(grounds, fulfilled, due, &open, &promise)
    };
    finding.resting_on(by)
}

fn limit(
    grounds: &Grounds<'_>,
    policy: &PrivacyPolicy,
    receipt: Receipt<'_>,
) -> Option<(Due, Sentence)> {
    let deadline = policy.deadline(DeadlineId::CancellationWipe)?;
    let due = due_after(grounds.holidays, deadline.period, receipt.received_ms)?;
    Some((due, quoted(deadline)))
}

/// Everything went or is restricted: in time, or too late.
fn done(
    grounds: &Grounds<'_>,
    fulfilled: &Occurrence,
    due: Due,
    done_ms: Option<i64>,
    promise: &Sentence,
) -> Finding {
    let (on, last) = (Day::of(fulfilled.occurred_at_ms), last_day(due));
    let late = done_ms.filter(|ms| *ms >= due.strict_ms);
    let Some(ms) = late else {
        let sentence = Sentence::new(
            format!("{on}注销的账户，数据已在{last} 24:00前从各存储删除、匿名化或依法限制处理。"),
            format!(
                "The data of the account cancelled on {on} was erased, anonymised or restricted by statute in every store before the limit ended at 24:00 on {last}."
            ),
        );
        let mut pass = Finding::on(grounds, fulfilled, Outcome::Pass, "wiped", sentence);
        pass.due = Some(due);
        return pass;
    };
    let by_law = due.lawful_ms.is_some_and(|lawful| ms < lawful);
    let (cause, zh, en) = if by_law {
        (
            "wiped_by_lawful_date",
            "；期限最后一日是休息日，依《民法典》第203条顺延，法律上未逾期",
            " (its last day was a day off, so by Civil Code 203 the limit had not ended)",
        )
    } else {
        ("wiped_late", "，已逾期", ", too late")
    };
    let day = Day::of(ms);
    let sentence = Sentence::new(
        format!(
            "{on}注销的账户，数据到{day}才处理完（期限至{last} 24:00）{zh}。{}",
            promise.zh
        ),
        format!(
            "The data of the account cancelled on {on} was gone only on {day}; the limit ended at 24:00 on {last}{en}. {}",
            promise.en
        ),
    );
    let late = Finding::on(grounds, fulfilled, Outcome::Violation, cause, sentence);
    late.due(due).mended_at(ms)
}

/// Something is neither gone nor restricted.
fn left(
    grounds: &Grounds<'_>,
    fulfilled: &Occurrence,
    due: Due,
    open: &BTreeMap<&&str, &Wiping<'_>>,
    promise: &Sentence,
) -> Finding {
    let (on, last) = (Day::of(fulfilled.occurred_at_ms), last_day(due));
    let masked = open.values().any(|store| store.masked);
    let (cause, zh, en) = if masked {
        (
            "masked_only",
            "脱敏不等于删除或匿名化（《个人信息保护法》第73条）。",
            "Masking is neither erasing nor making anonymous (PIPL 73). ",
        )
    } else {
        ("not_wiped", "", "")
    };
    let of_store = |name: fn(&str, &[i32]) -> String, all: &str, between: &str| {
        let one = |(store, wiping): (&&&str, &&Wiping<'_>)| {
            let numbers: Vec<i32> = wiping.left.iter().copied().collect();
            let what = if numbers.is_empty() {
                all.to_owned()
            } else {
                name("DataCategory", &numbers)
            };
            format!("{}: {what}", if store.is_empty() { "?" } else { store })
        };
        open.iter().map(one).collect::<Vec<_>>().join(between)
    };
    let sentence = Sentence::new(
        format!(
            "{on}注销的账户，到{last} 24:00应处理完的数据仍未删除、匿名化或依法限制处理（{}）。{zh}{}",
            of_store(words::zh, "全部", "；"),
            promise.zh
        ),
        format!(
            "Data of the account cancelled on {on} that had to be gone by 24:00 on {last} is neither erased, anonymised nor restricted by statute ({}). {en}{}",
            of_store(words::en, "everything", "; "),
            promise.en
        ),
    );
    Finding::on(grounds, fulfilled, Outcome::Violation, cause, sentence).due(due)
}
