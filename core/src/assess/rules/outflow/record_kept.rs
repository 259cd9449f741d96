//! R33, of a person: whether records of provision are kept for three years (NDSR 12).
//!
//! The records are the ledger's own events of sharing, transfer and disclosure. What makes one unreadable is
//! an order to erase the person: one that was given before 24:00 of the same day three years after broke the
//! duty. A record without such an order is kept so far. A recipient's receipt for a share that the timeline
//! doesn't hold shows that a record is missing or hasn't arrived: unknown. Provision before 2025 was under
//! no such duty. Of network logs (CSL 21) no event tells, and nothing is said.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{Flow, Said, flows, said, sentence};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::retention::{erased_subject, provision_kept_months};
use crate::schema::v1::RecipientAcknowledged;
use crate::schema::v1::event::Body;

/// `ErasureOrdered`, in the envelope.
const ORDERED: u32 = 303;

pub(super) const RULE: Rule = Rule {
    number: 33,
    name: "record_retention",
    title_zh: "提供个人信息的记录是否保存三年",
    title_en: "Are records of provision kept for three years?",
    scope: Scope::Subject,
    clauses: &["NDSR 12"],
    from_ms: Some(super::flow::NDSR_FROM_MS),
    until_ms: None,
    revision: 1,
    judge,
};

/// Orders to erase, by the digest of the person's reference.
type Orders<'a> = BTreeMap<&'a [u8], Vec<&'a Occurrence>>;

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let digests: BTreeSet<[u8; 32]> = flows(grounds)
        .filter_map(|flow| reference(&flow))
        .map(erased_subject)
        .collect();
    let orders = orders(grounds, &digests);
    let kept = flows(grounds).map(|flow| kept(grounds, &flow, &orders));
    kept.chain(unrecorded(grounds)).collect()
}

fn reference<'a>(flow: &Flow<'a>) -> Option<&'a str> {
    let named = match flow.said {
        Said::Disclosed(body) => body.named_subject_ref.as_str(),
        _ => "",
    };
    let named = Some(named).filter(|named| !named.is_empty());
    flow.on.subject().or(named)
}

fn orders<'a>(grounds: &Grounds<'a>, of: &BTreeSet<[u8; 32]>) -> Orders<'a> {
    let mut orders = Orders::new();
    for on in grounds.register.of(ORDERED) {
        if let Body::ErasureOrdered(body) = on.body()
            && of
                .iter()
                .any(|digest| *digest == body.erased_subject_blake3[..])
            && body.case_key != Some(true)
        {
            let all = orders.entry(&body.erased_subject_blake3[..]);
            all.or_default().push(on);
        }
    }
    orders
}

fn kept(grounds: &Grounds<'_>, flow: &Flow<'_>, orders: &Orders<'_>) -> Finding {
    let last = Day::of(flow.ms()).plus_months(provision_kept_months(grounds.policies, flow.ms()));
    let digest = reference(flow).map(erased_subject);
    let orders = digest.and_then(|digest| orders.get(&digest[..]));
    let early = orders
        .into_iter()
        .flatten()
        .find(|order| (flow.ms()..last.end_ms()).contains(&order.occurred_at_ms));
    let Some(order) = early else {
        let why = said(
            format!("该记录仍在日志中,至少应保存至{last}终了"),
            format!("the record is in the log, and is to stay until the end of {last} at least"),
        );
        return flow.finding(grounds, Outcome::Pass, "record_kept", why);
    };
    let day = Day::of(order.occurred_at_ms);
    let why = said(
        format!("{day}即下令销毁该记录,至少应保存至{last}终了(网络数据安全管理条例第十二条)"),
        format!(
            "its record was ordered to be erased on {day}; it had to be kept until the end of {last} (NDSR 12)"
        ),
    );
    let found = flow.finding(grounds, Outcome::Violation, "erased_too_early", why);
    Finding {
        since_ms: order.occurred_at_ms,
        ..found.resting_on([*order])
    }
}

/// Receipts for shares that the timeline doesn't hold.
fn unrecorded(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut ids: BTreeSet<&[u8]> = BTreeSet::new();
    let mut digests: BTreeSet<(&str, &[u8])> = BTreeSet::new();
    for flow in flows(grounds) {
        ids.insert(&flow.on.event.event_id);
        if let Said::Shared(body) = flow.said {
            digests.insert((flow.recipient_id, &body.transfer_sha256));
        }
    }
    let missing = |on: &Occurrence, body: &RecipientAcknowledged| {
        let digest = (body.recipient_id.as_str(), &body.transfer_sha256[..]);
        !ids.contains(&on.event.causation_id[..]) && !digests.contains(&digest)
    };
    let receipts = grounds.timeline.iter().filter_map(|on| match on.body() {
        Body::RecipientAcknowledged(body) if missing(on, body) => Some((on, body)),
        _ => None,
    });
    let finding = |(on, body): (&Occurrence, &RecipientAcknowledged)| {
        let (zh, en) = super::flow::party(grounds, &body.recipient_id, on.occurred_at_ms);
        let did = said(
            format!("{zh}签收了本人信息"),
            format!("{en} signed for data of the person"),
        );
        let why = said(
            "但日志中没有对应的提供记录",
            "yet the log has no record of that share",
        );
        let text = sentence(on.occurred_at_ms, did, why);
        Finding::on(grounds, on, Outcome::Unknown, "record_missing", text)
            .concerning(&body.recipient_id)
    };
    receipts.map(finding).collect()
}
