//! R24: whether recipients deleted what they held once consent was withdrawn or deletion was due (PIPL 47).
//!
//! Judged is each recipient that held data of the person then: at a withdrawal what was shared on that
//! consent, at a fulfilled request for deletion or cancellation what was shared at all (or of the categories
//! that were asked for). Data is held from its share until the recipient confirms deletion of that category
//! later than the last share of it, to the person's timeline or in the registry for all it held. The time
//! runs from the withdrawal's arrival, or from the fulfilment that tells recipients; a confirmation before
//! 24:00 of the last day is in time. An authority and the public are not asked to delete.

use std::collections::BTreeMap;

use super::flow::{Flow, Said, Words, categories, flows, no_policy, party, said, sentence};
use crate::assess::calendar::Day;
use crate::assess::finding::{Due, Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::rule::{Rule, Scope};
use crate::privacy_policy::{DeadlineId, Period};
use crate::schema::v1::event::Body;
use crate::schema::v1::{Actor, RightsEffect, RightsRequestKind};

/// `RecipientDeletionConfirmed`, in the envelope.
const CONFIRMED: u32 = 204;

pub(super) const RULE: Rule = Rule {
    number: 24,
    name: "withdrawal_or_delete_not_propagated",
    title_zh: "撤回或删除后接收方是否确认删除",
    title_en: "Did recipients delete after a withdrawal or deletion?",
    scope: Scope::Subject,
    clauses: &["PIPL 47"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// When each category was shared with each recipient, ascending.
type Given<'a> = BTreeMap<&'a str, BTreeMap<i32, Vec<i64>>>;

/// A recipient's word that it deleted.
#[derive(Clone, Copy)]
struct Confirmation<'a> {
    on: &'a Occurrence,
    deleted_ms: i64,
    categories: &'a [i32],
}

/// What asks recipients to delete.
struct Trigger<'a> {
    on: &'a Occurrence,
    /// From when the time runs, in ms since 1970.
    ms: i64,
    given: &'a Given<'a>,
    /// Of which categories; none for all.
    only: Option<&'a [i32]>,
    /// Whom the operator says that it told; none where that isn't asked for.
    told: Option<&'a [String]>,
}

/// What the timeline says of shares and confirmations.
struct Sharing<'a> {
    all: Given<'a>,
    by_consent: BTreeMap<&'a str, Given<'a>>,
    confirmed: BTreeMap<&'a str, Vec<Confirmation<'a>>>,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let sharing = Sharing::of(grounds);
    let triggers = triggers(grounds, &sharing);
    let judged = triggers.iter().flat_map(|trigger| {
        let recipients = trigger.given.iter();
        recipients.filter_map(|(id, given)| judged(grounds, &sharing, trigger, id, given))
    });
    judged.collect()
}

impl<'a> Sharing<'a> {
    fn of(grounds: &Grounds<'a>) -> Self {
        let mut sharing = Self {
            all: Given::new(),
            by_consent: BTreeMap::new(),
            confirmed: BTreeMap::new(),
        };
        for flow in flows(grounds).filter(|flow| can_delete(grounds, flow)) {
            sharing.share(&flow);
        }
        let recipients: Vec<&str> = sharing.all.keys().copied().collect();
        let of_all = recipients
            .into_iter()
            .flat_map(|id| grounds.register.under(CONFIRMED, id));
        for on in grounds.timeline.iter().chain(of_all) {
            sharing.confirm(on);
        }
        for confirmed in sharing.confirmed.values_mut() {
            confirmed.sort_by_key(|one| one.on.occurred_at_ms);
        }
        sharing
    }

    fn share(&mut self, flow: &Flow<'a>) {
        let basis = flow.basis.map_or("", |basis| &basis.consent_id);
        add(&mut self.all, flow);
        for consent in [basis, flow.separate_consent_id] {
            if !consent.is_empty() {
                add(self.by_consent.entry(consent).or_default(), flow);
            }
        }
    }

    fn confirm(&mut self, on: &'a Occurrence) {
        let Body::RecipientDeletionConfirmed(body) = on.body() else {
            return;
        };
        let all = self.confirmed.entry(&body.recipient_id).or_default();
        all.push(Confirmation {
            on,
            deleted_ms: body.deleted_at.as_ref().map_or(on.occurred_at_ms, ms_of),
            categories: &body.categories,
        });
    }
}

fn can_delete(grounds: &Grounds<'_>, flow: &Flow<'_>) -> bool {
    let kind = flow.recipient(grounds).map(|one| one.kind);
    let keeps = [
        Actor::AcPublic,
        Actor::AcLawEnforcement,
        Actor::AcJudicialOrAdminAuthority,
        Actor::AcRegulator,
    ];
    matches!(flow.said, Said::Shared(_)) && !kind.is_some_and(|kind| keeps.contains(&kind))
}

fn add<'a>(given: &mut Given<'a>, flow: &Flow<'a>) {
    let recipient = given.entry(flow.recipient_id).or_default();
    for category in flow.categories {
        let times = recipient.entry(*category).or_default();
        if times.last() != Some(&flow.ms()) {
            times.push(flow.ms());
        }
    }
}

fn triggers<'a>(grounds: &Grounds<'a>, sharing: &'a Sharing<'a>) -> Vec<Trigger<'a>> {
    let mut asked: BTreeMap<&str, (RightsRequestKind, &[i32])> = BTreeMap::new();
    for one in grounds.timeline {
        if let Body::RightsRequestReceived(body) = one.body() {
            asked.insert(&body.request_id, (body.kind(), &body.categories));
        }
    }
    let trigger = |on: &'a Occurrence| match on.body() {
        Body::ConsentWithdrawn(body) => Some(Trigger {
            on,
            ms: body.received_at.as_ref().map_or(on.occurred_at_ms, ms_of),
            given: sharing.by_consent.get(body.consent_id.as_str())?,
            only: None,
            told: None,
        }),
        Body::RightsRequestFulfilled(body) => {
            let asked = asked.get(body.request_id.as_str()).copied();
            let wiped = body
                .effects()
                .any(|effect| effect == RightsEffect::RrEffectWiped);
            let only = match asked {
                Some((RightsRequestKind::RrDelete, categories)) => categories,
                Some((RightsRequestKind::RrCancelAccount, _)) => &[],
                None if wiped => &[],
                _ => return None,
            };
            Some(Trigger {
                on,
                ms: on.occurred_at_ms,
                given: &sharing.all,
                only: Some(only).filter(|only| !only.is_empty()),
                told: Some(&body.recipients_told),
            })
        }
        _ => None,
    };
    grounds.timeline.iter().filter_map(trigger).collect()
}

/// What a recipient still held at a trigger: each category, and the last share of it by then.
fn held(
    trigger: &Trigger<'_>,
    given: &BTreeMap<i32, Vec<i64>>,
    confirmed: &[Confirmation<'_>],
) -> BTreeMap<i32, i64> {
    let asked = |category: &i32| trigger.only.is_none_or(|only| only.contains(category));
    let shared = given.iter().filter(|(category, _)| asked(category));
    let last = shared.filter_map(|(category, times)| {
        let by_then = times.partition_point(|ms| *ms <= trigger.ms);
        Some((*category, times[by_then.checked_sub(1)?]))
    });
    let gone = |(category, last): &(i32, i64)| {
        let by = first_confirmed(confirmed, *category, *last);
        by.is_some_and(|one| one.on.occurred_at_ms <= trigger.ms)
    };
    last.filter(|one| !gone(one)).collect()
}

fn first_confirmed<'a>(
    confirmed: &[Confirmation<'a>],
    category: i32,
    last_ms: i64,
) -> Option<Confirmation<'a>> {
    let mut confirmed = confirmed.iter().copied();
    confirmed.find(|one| one.deleted_ms >= last_ms && one.categories.contains(&category))
}

fn judged(
    grounds: &Grounds<'_>,
    sharing: &Sharing<'_>,
    trigger: &Trigger<'_>,
    id: &str,
    given: &BTreeMap<i32, Vec<i64>>,
) -> Option<Finding> {
    let confirmed = sharing.confirmed.get(id).map_or(&[][..], Vec::as_slice);
    let held = held(trigger, given, confirmed);
    if held.is_empty() {
        return None;
    }
    let words = |why| told_words(grounds, trigger, id, &held, why);
    let Some(due) = due(grounds, trigger.ms) else {
        let text = words(no_policy());
        let found = Finding::on(grounds, trigger.on, Outcome::Unknown, "no_policy", text);
        return Some(found.concerning(id));
    };
    let by: Vec<Option<Confirmation<'_>>> = held
        .iter()
        .map(|(category, last)| first_confirmed(confirmed, *category, *last))
        .collect();
    let whole = by.iter().all(Option::is_some);
    let last_ms = by.iter().flatten().map(|one| one.on.occurred_at_ms).max();
    let done_ms = last_ms.filter(|_| whole);
    let (result, cause, why) = outcome(trigger, id, &due, done_ms, last_ms.is_some());
    let found = Finding::on(grounds, trigger.on, result, cause, words(why));
    let found = match (result, cause) {
        (Outcome::Pass, _) | (_, "not_told") => found,
        _ => found.due(due),
    };
    let found = found
        .concerning(id)
        .resting_on(by.into_iter().flatten().map(|one| one.on));
    Some(match done_ms.filter(|_| result != Outcome::Pass) {
        Some(ms) => found.mended_at(ms),
        None => found,
    })
}

fn due(grounds: &Grounds<'_>, ms: i64) -> Option<Due> {
    let policy = grounds.policies.policy(ms)?;
    let deadline = policy.deadline(DeadlineId::DownstreamConfirmation)?;
    let from = Day::of(ms);
    let last = match deadline.period {
        Period::Days(days) => Day(from.0 + i64::from(days)),
        Period::WorkingDays(days) => grounds.holidays.plus_working_days(from, days)?,
        Period::Months(months) => from.plus_months(i64::from(months)),
        Period::Years(years) => from.plus_months(i64::from(years) * 12),
        Period::Hours(hours) => {
            return Some(Due {
                strict_ms: ms.saturating_add(i64::from(hours) * 3_600_000),
                lawful_ms: None,
            });
        }
        Period::Seconds(seconds) => {
            return Some(Due {
                strict_ms: ms.saturating_add(i64::from(seconds) * 1000),
                lawful_ms: None,
            });
        }
    };
    Some(grounds.holidays.due(last))
}

fn outcome(
    trigger: &Trigger<'_>,
    id: &str,
    due: &Due,
    done_ms: Option<i64>,
    some: bool,
) -> (Outcome, &'static str, Words) {
    let last = Day(Day::of(due.strict_ms).0 - 1);
    let told = trigger
        .told
        .is_none_or(|told| told.iter().any(|one| one == id));
    match done_ms {
        Some(ms) if ms < due.strict_ms => {
            let day = Day::of(ms);
            let why = said(
                format!("接收方已于{day}确认删除"),
                format!("the recipient confirmed deletion on {day}"),
            );
            (Outcome::Pass, "deletion_confirmed", why)
        }
        Some(ms) => {
            let day = Day::of(ms);
            let why = said(
                format!("接收方{day}才确认删除,期限为{last}"),
                format!("the recipient confirmed deletion only on {day}; it was due by {last}"),
            );
            (Outcome::Warn, "confirmed_late", why)
        }
        None if some => {
            let why = said(
                format!("接收方在{last}及之前只确认了部分信息的删除"),
                format!("the recipient confirmed deletion of only a part; all was due by {last}"),
            );
            (Outcome::Warn, "confirmed_in_part", why)
        }
        None if !told => {
            let why = said(
                "没有通知该接收方删除,也没有其确认删除的记录",
                "the recipient was not told, and no confirmation of deletion is recorded",
            );
            (Outcome::Warn, "not_told", why)
        }
        None => {
            let why = said(
                format!("没有接收方在{last}及之前确认删除的记录"),
                format!("no confirmation of deletion by {last} is recorded"),
            );
            (Outcome::Warn, "not_confirmed", why)
        }
    }
}

fn told_words(
    grounds: &Grounds<'_>,
    trigger: &Trigger<'_>,
    id: &str,
    held: &BTreeMap<i32, i64>,
    why: Words,
) -> crate::assess::finding::Sentence {
    let numbers: Vec<i32> = held.keys().copied().collect();
    let (zh, en) = categories(&numbers);
    let (party_zh, party_en) = party(grounds, id, trigger.ms);
    let (what_zh, what_en) = match trigger.on.body() {
        Body::ConsentWithdrawn(_) => ("撤回同意", "consent was withdrawn"),
        _ => ("删除请求办结", "a request for deletion was fulfilled"),
    };
    let did = said(
        format!("{what_zh}时{party_zh}仍持有{zh}"),
        format!("{what_en} while {party_en} held {en}"),
    );
    sentence(trigger.ms, did, why)
}
