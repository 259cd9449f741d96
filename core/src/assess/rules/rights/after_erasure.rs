//! R44: no event about a person whose erasure is complete.
//!
//! Erasure is complete when a ledger or key store attests that it destroyed the person's keys
//! (`SubjectKeyShredded`; the first one counts), or when all stores erased, not merely restricted, what a
//! cancelled account had. After means later than that moment. What tells of the erasure itself is exempt:
//! erasures of further stores, confirmations of recipients, the answer to the request; and looks, which are
//! recorded by whom they were asked of.

use std::collections::{BTreeMap, BTreeSet};

use crate::assess::calendar::Day;
use crate::assess::finding::{About, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::requests::Requests;
use crate::assess::state::retention::{Cancellation, Covers, Holdings, erased_subject};
use crate::schema::v1::event::Body;

/// `ErasureOrdered` and `SubjectKeyShredded`, in the envelope.
const ORDERED: u32 = 303;
const SHREDDED: u32 = 304;

pub(super) const RULE: Rule = Rule {
    number: 44,
    name: "after_erasure",
    title_zh: "删除完成后是否仍有关于本人的事件",
    title_en: "Is there an event about a person whose erasure is complete?",
    scope: Scope::Subject,
    clauses: &["L282", "PIPL 47"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// When erasure was complete, and what says so.
#[derive(Clone)]
struct Complete<'a> {
    at_ms: i64,
    on: &'a Occurrence,
    by: Vec<&'a Occurrence>,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let references = references(grounds);
    let shredded: BTreeMap<&str, Complete<'_>> = references
        .iter()
        .filter_map(|one| Some((*one, shredded(grounds, one)?)))
        .collect();
    let wiped = wiped(grounds);
    let mut findings: Vec<_> = references
        .iter()
        .filter(|one| !shredded.contains_key(*one))
        .filter_map(|one| not_attested(grounds, one))
        .collect();
    let mut broken = BTreeSet::new();
    for one in grounds.timeline {
        let Some(subject) = one.subject().filter(|_| !tells_of_erasure(one)) else {
            continue;
        };
        let complete = shredded.get(subject).into_iter().chain(&wiped);
        let first = complete.min_by_key(|complete| complete.at_ms);
        if let Some(complete) = first.filter(|first| one.occurred_at_ms > first.at_ms) {
            broken.insert(&complete.on.leaf);
            findings.push(after(grounds, one, complete));
        }
    }
    let all = shredded.values().chain(&wiped);
    let kept = all.filter(|complete| !broken.contains(&complete.on.leaf));
    findings.extend(kept.map(|complete| nothing_after(grounds, complete)));
    findings
}

/// The references under which the person's events stand.
fn references<'a>(grounds: &Grounds<'a>) -> BTreeSet<&'a str> {
    let of_events = grounds.timeline.iter().filter_map(Occurrence::subject);
    let asked = match grounds.about {
        About::Subject(subject) => Some(subject.as_str()),
        _ => None,
    };
    of_events.chain(asked).collect()
}

/// The first attestation that the keys of a reference are gone.
fn shredded<'a>(grounds: &Grounds<'a>, reference: &str) -> Option<Complete<'a>> {
    let key = hex::encode(erased_subject(reference));
    let first = grounds.register.under(SHREDDED, &key);
    let first = first.min_by_key(|one| (one.occurred_at_ms, &one.event.event_id))?;
    Some(Complete {
        at_ms: first.occurred_at_ms,
        on: first,
        by: Vec::new(),
    })
}

/// All stores erased what a cancelled account had; the first time that this was so.
fn wiped<'a>(grounds: &Grounds<'a>) -> Option<Complete<'a>> {
    let requests = Requests::of(grounds.timeline);
    let cancellations = Cancellation::all(&requests);
    if cancellations.is_empty() {
        return None;
    }
    let holdings = Holdings::of(grounds.timeline, grounds.policies);
    let covers = Covers::of(grounds.timeline);
    let complete = |of: Cancellation<'a>| {
        let stores = of.wiping(&holdings, &covers);
        let at_ms = of.erased_ms(&stores)?;
        let by = stores.values().flat_map(|store| store.by.iter().copied());
        Some(Complete {
            at_ms,
            on: of.fulfilled,
            by: by.collect(),
        })
    };
    let all = cancellations.into_iter().filter_map(complete);
    all.min_by_key(|complete| complete.at_ms)
}

fn tells_of_erasure(one: &Occurrence) -> bool {
    matches!(
        one.body(),
        Body::DataErased(_)
            | Body::DataAnonymised(_)
            | Body::RecipientDeletionConfirmed(_)
            | Body::RightsRequestFulfilled(_)
            | Body::LedgerQueried(_)
    )
}

fn after(grounds: &Grounds<'_>, one: &Occurrence, complete: &Complete<'_>) -> Finding {
    let (day, erased) = (Day::of(one.occurred_at_ms), Day::of(complete.at_ms));
    let sentence = Sentence::new(
        format!(
            "本人的数据已于{erased}全部删除，{day}仍有关于本人的事件；隐私政策承诺「清空且不可恢复」（L282）。"
        ),
        format!(
            "The person's data was wholly erased on {erased}, and on {day} there was still an event about this person; the policy promises 「清空且不可恢复」 (L282)."
        ),
    );
    let found = Finding::on(grounds, one, Outcome::Violation, "after_erasure", sentence);
    found
        .resting_on([complete.on])
        .resting_on(complete.by.iter().copied())
}

fn nothing_after(grounds: &Grounds<'_>, complete: &Complete<'_>) -> Finding {
    let erased = Day::of(complete.at_ms);
    let sentence = Sentence::new(
        format!("本人的数据已于{erased}全部删除，此后没有关于本人的事件。"),
        format!(
            "The person's data was wholly erased on {erased}, and no event about this person came after."
        ),
    );
    let pass = Finding::on(
        grounds,
        complete.on,
        Outcome::Pass,
        "nothing_after",
        sentence,
    );
    pass.resting_on(complete.by.iter().copied())
}

/// An order to erase that no ledger has attested yet.
fn not_attested(grounds: &Grounds<'_>, reference: &str) -> Option<Finding> {
    let key = hex::encode(erased_subject(reference));
    let order = grounds.register.under(ORDERED, &key);
    let order = order.min_by_key(|one| (one.occurred_at_ms, &one.event.event_id))?;
    let day = Day::of(order.occurred_at_ms);
    let sentence = Sentence::new(
        format!("{day}已下令删除本人的记录，但没有账本或密钥库证明已执行，无法判断删除是否完成。"),
        format!(
            "On {day} the erasure of the person's records was ordered, and no ledger or key store attests it: whether it is complete can't be told."
        ),
    );
    Some(Finding::on(
        grounds,
        order,
        Outcome::Unknown,
        "erasure_not_attested",
        sentence,
    ))
}
