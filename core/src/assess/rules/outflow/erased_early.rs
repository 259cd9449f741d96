//! R33, of the operator: whether people's records were ordered to be erased only once the duty to keep them
//! had ended (NDSR 12).
//!
//! Once keys are gone nobody can read how old the records were; what is left is the order's own word on the
//! longest duty and when it ended, under two approvers. An order given before that moment broke it; one
//! given at that moment or later keeps it. Keys that were destroyed without an order in the registry leave
//! it unknown.

use std::collections::BTreeSet;

use super::flow::{Words, said, sentence};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::rule::{Rule, Scope};
use crate::schema::v1::ErasureOrdered;
use crate::schema::v1::event::Body;

/// `ErasureOrdered`, `SubjectKeyShredded`, in the envelope.
const ORDERED: u32 = 303;
const SHREDDED: u32 = 304;

pub(super) const RULE: Rule = Rule {
    number: 33,
    name: "record_retention",
    title_zh: "是否在保存义务届满后才下令销毁记录",
    title_en: "Were records ordered to be erased only after the duty to keep them ended?",
    scope: Scope::Operator,
    clauses: &["NDSR 12"],
    from_ms: Some(super::flow::NDSR_FROM_MS),
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let orders: Vec<(&Occurrence, &ErasureOrdered)> = grounds
        .register
        .of(ORDERED)
        .filter_map(|on| match on.body() {
            Body::ErasureOrdered(body) => Some((on, body)),
            _ => None,
        })
        .collect();
    let known: BTreeSet<&str> = orders.iter().map(|(_, body)| &*body.order_id).collect();
    let ordered = orders.iter().map(|(on, body)| ordered(grounds, on, body));
    let shredded = grounds
        .register
        .of(SHREDDED)
        .filter_map(|on| match on.body() {
            Body::SubjectKeyShredded(body) if !known.contains(&*body.order_id) => {
                Some(unordered(grounds, on))
            }
            _ => None,
        });
    ordered.chain(shredded).collect()
}

fn ordered(grounds: &Grounds<'_>, on: &Occurrence, body: &ErasureOrdered) -> Finding {
    let did = said(
        "下令销毁一人在日志中的记录",
        "one person's records in the ledger were ordered to be erased",
    );
    let (result, cause, why) = outcome(on.occurred_at_ms, body);
    let text = sentence(on.occurred_at_ms, did, why);
    Finding::on(grounds, on, result, cause, text)
}

fn outcome(ms: i64, body: &ErasureOrdered) -> (Outcome, &'static str, Words) {
    let duty = &body.duty_ended;
    let Some(ended) = body.duty_ended_at.as_ref().map(ms_of) else {
        let why = said(
            "没有写明保存义务何时届满",
            "when the duty to keep them ended isn't said",
        );
        return (Outcome::Unknown, "duty_end_unknown", why);
    };
    let day = Day::of(ended);
    if ms < ended {
        let why = said(
            format!("所引的保存义务({duty})到{day}才届满"),
            format!("the duty that it cites ({duty}) ended only on {day}"),
        );
        return (Outcome::Violation, "ordered_before_duty_ended", why);
    }
    let why = said(
        format!("命令写明保存义务({duty})已于{day}届满"),
        format!("by the order's own word the duty to keep them ({duty}) had ended on {day}"),
    );
    (Outcome::Pass, "duty_had_ended", why)
}

fn unordered(grounds: &Grounds<'_>, on: &Occurrence) -> Finding {
    let did = said(
        "证明已销毁一人记录的密钥",
        "the keys of one person's records were destroyed",
    );
    let why = said(
        "登记库中没有相应的命令,无法判断保存义务是否已届满",
        "the registry has no order for it, so that nobody can say whether the duty had ended",
    );
    let text = sentence(on.occurred_at_ms, did, why);
    Finding::on(grounds, on, Outcome::Unknown, "order_not_in_log", text)
}
