//! R23: data goes five years after the last order (L322), or with the account (L126), whichever is first.
//!
//! The clock starts with the completion that left no order open; who never ordered has it from the first
//! consent. While an order is open it doesn't run. Five years end with 24:00 of the same day five years
//! later (29 February: of 28 February); data erased before that is in time. A re-authorisation, a legal
//! hold or a restriction by statute that was there before lets data stay until it ends; masking lets
//! nothing stay (PIPL 73). Where nothing is done the finding stands from the end of the time, also where
//! that lies ahead. The policy in force when the clock started counts.

mod fate;

use std::collections::{BTreeMap, BTreeSet};

use fate::{Clock, Fate, fate};

use super::clock::{due_after, last_day};
use super::ended::no_policy;
use super::quoted::quoted;
use crate::assess::calendar::Day;
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::requests::Requests;
use crate::assess::state::retention::{Cancellation, Covers, Holding, Holdings, Orders, Quiet};
use crate::assess::words;
use crate::privacy_policy::DeadlineId;
use crate::schema::v1::RetentionRule;

pub(super) const RULE: Rule = Rule {
    number: 23,
    name: "retention_expired",
    title_zh: "超过保存期限的数据是否已删除",
    title_en: "Is data gone when its time of retention ends?",
    scope: Scope::Subject,
    clauses: &["L322", "L126", "PIPL 19", "PIPL 47", "PIPL 73"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// What is still there after its time, for one reason.
#[derive(Default)]
struct Lapse<'a> {
    since_ms: Option<i64>,
    mended_ms: Option<i64>,
    stands: bool,
    categories: BTreeSet<i32>,
    by: Vec<&'a Occurrence>,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let orders = Orders::of(grounds.timeline);
    let holdings = Holdings::of(grounds.timeline, grounds.policies);
    let covers = Covers::of(grounds.timeline);
    let mut findings = contradictions(grounds, &orders, &covers);
    let cancelled = cancelled(grounds);
    for clock in &cancelled {
        let ours = |held: &&Holding<'_>| clock.concerns(held);
        let held: Vec<_> = holdings.all().iter().filter(ours).collect();
        findings.extend(judged(grounds, clock, &held, &covers));
    }
    for quiet in orders.quiet() {
        let clock = match five_years(grounds, quiet) {
            Ok(Some(clock)) => clock,
            Ok(None) => continue,
            Err(unknown) => {
                findings.push(*unknown);
                continue;
            }
        };
        if holdings.is_empty() {
            findings.push(nothing_recorded(grounds, &clock));
        }
        // Where the account was cancelled before, that date is the earlier one.
        let first = |held: &&Holding<'_>| {
            let sooner = |other: &Clock<'_>| {
                other.due.strict_ms <= clock.due.strict_ms && other.concerns(held)
            };
            clock.concerns(held) && !cancelled.iter().any(sooner)
        };
        let held: Vec<_> = holdings.all().iter().filter(first).collect();
        findings.extend(judged(grounds, &clock, &held, &covers));
    }
    findings
}

/// The clock of a time without open orders; none where the next order comes before its end.
fn five_years<'a>(
    grounds: &Grounds<'_>,
    quiet: Quiet<'a>,
) -> Result<Option<Clock<'a>>, Box<Finding>> {
    let since = quiet.since;
    let Some(policy) = grounds.policies.policy(since.occurred_at_ms) else {
        return match quiet.until_ms {
            Some(_) => Ok(None),
            None => Err(Box::new(no_policy(grounds, since))),
        };
    };
    let Some(rule) = policy.retention_rule(RetentionRule::RtFiveYearsAfterLastOrder) else {
        return Ok(None);
    };
    let end = |from_ms| due_after(grounds.holidays, rule.period?, from_ms);
    let Some(due) = end(since.occurred_at_ms) else {
        return Ok(None);
    };
    let restarted = quiet.until_ms.is_some_and(|next| next < due.strict_ms);
    Ok((!restarted).then(|| Clock {
        starts: since,
        from_ms: since.occurred_at_ms,
        taken_by_ms: None,
        due,
        stops_ms: quiet.until_ms,
        cause: "retention_expired",
        quoted: quoted(rule),
        period: rule.period,
    }))
}

/// The clocks of cancelled accounts: 15 days from the request, or the day of a later cancellation.
fn cancelled<'a>(grounds: &Grounds<'a>) -> Vec<Clock<'a>> {
    let requests = Requests::of(grounds.timeline);
    let clock = |of: Cancellation<'a>| {
        let policy = grounds.policies.policy(of.receipt.on.occurred_at_ms)?;
        let deadline = policy.deadline(DeadlineId::CancellationWipe)?;
        let due = due_after(grounds.holidays, deadline.period, of.receipt.received_ms)?;
        let same_day = grounds.holidays.due(Day::of(of.fulfilled.occurred_at_ms));
        let rule = policy.retention_rule(RetentionRule::RtAfterCancelDeleteAnonymise)?;
        Some(Clock {
            starts: of.fulfilled,
            from_ms: of.receipt.received_ms,
            taken_by_ms: Some(of.fulfilled.occurred_at_ms),
            due: due.max(same_day),
            stops_ms: None,
            cause: "kept_after_cancellation",
            quoted: quoted(rule),
            period: None,
        })
    };
    Cancellation::all(&requests)
        .into_iter()
        .filter_map(clock)
        .collect()
}

fn judged<'a>(
    grounds: &Grounds<'_>,
    clock: &Clock<'a>,
    held: &[&Holding<'a>],
    covers: &Covers<'a>,
) -> Vec<Finding> {
    let mut lapses: BTreeMap<&str, Lapse<'a>> = BTreeMap::new();
    let mut endless: Vec<&Occurrence> = Vec::new();
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for holding in held {
        match fate(grounds.holidays, clock, holding, covers) {
            Fate::Gone(by) => gone.push(by),
            Fate::Kept(by) => kept.push(by),
            Fate::Endless(by) => endless.push(by),
            Fate::Restarted => {}
            Fate::Lapsed {
                at_ms,
                cause,
                by,
                mended_ms,
            } => {
                let lapse = lapses.entry(cause).or_default();
                lapse.add(holding.category, at_ms, mended_ms, by);
            }
        }
    }
    if lapses.is_empty() && endless.is_empty() && !(gone.is_empty() && kept.is_empty()) {
        return vec![passed(grounds, clock, &gone, &kept)];
    }
    endless.sort_by_key(|one| &one.leaf);
    endless.dedup_by_key(|one| &one.leaf);
    let endless = endless
        .into_iter()
        .map(|one| without_end(grounds, clock, one));
    let lapses = lapses
        .iter()
        .map(|(cause, lapse)| lapsed(grounds, clock, cause, lapse));
    endless.chain(lapses).collect()
}

impl<'a> Lapse<'a> {
    fn add(&mut self, category: i32, at_ms: i64, mended_ms: Option<i64>, by: Vec<&'a Occurrence>) {
        self.since_ms = Some(self.since_ms.map_or(at_ms, |since| since.min(at_ms)));
        self.mended_ms = self.mended_ms.max(mended_ms);
        self.stands |= mended_ms.is_none();
        self.categories.insert(category);
        self.by.extend(by);
    }
}

fn lapsed(grounds: &Grounds<'_>, clock: &Clock<'_>, cause: &str, lapse: &Lapse<'_>) -> Finding {
    let since_ms = lapse.since_ms.unwrap_or(clock.due.strict_ms);
    let base = since_ms == clock.due.strict_ms;
    let due = if base {
        clock.due
    } else {
        Due {
            strict_ms: since_ms,
            lawful_ms: None,
        }
    };
    let numbers: Vec<i32> = lapse.categories.iter().copied().collect();
    let (from, last) = (Day::of(clock.starts.occurred_at_ms), last_day(due));
    let (zh, en) = why(cause);
    let sentence = Sentence::new(
        format!(
            "保存期限自{from}起算，至{last} 24:00届满；{zh}，仍保存：{}。{}",
            words::zh("DataCategory", &numbers),
            clock.quoted.zh
        ),
        format!(
            "The time of retention that began on {from} ends at 24:00 on {last}; {en}, and this is still kept: {}. {}",
            words::en("DataCategory", &numbers),
            clock.quoted.en
        ),
    );
    let finding = Finding::on(grounds, clock.starts, Outcome::Violation, cause, sentence)
        .due(due)
        .resting_on(lapse.by.iter().copied());
    match lapse.mended_ms.filter(|_| !lapse.stands) {
        Some(ms) => finding.mended_at(ms),
        None => finding,
    }
}

fn why(cause: &str) -> (&'static str, &'static str) {
    match cause {
        "masked_only" => (
            "只作了脱敏，而脱敏不等于删除或匿名化（《个人信息保护法》第73条）",
            "it was only masked, which is neither erasing nor making anonymous (PIPL 73)",
        ),
        "reauthorisation_expired" => ("重新授权的期限已到", "the new authorisation has run out"),
        "hold_ended" => (
            "法定保留或依法限制处理的期限已到",
            "the hold or the statute for which it stayed has ended",
        ),
        "kept_after_cancellation" => (
            "账户已注销，且没有法定保留",
            "the account was cancelled and no statute keeps it",
        ),
        _ => (
            "没有重新授权、法定保留或删除",
            "it was neither authorised anew, held by law nor erased",
        ),
    }
}

fn passed(
    grounds: &Grounds<'_>,
    clock: &Clock<'_>,
    gone: &[&Occurrence],
    kept: &[&Occurrence],
) -> Finding {
    let (from, last) = (Day::of(clock.starts.occurred_at_ms), last_day(clock.due));
    let (cause, zh, en) = if kept.is_empty() {
        (
            "erased_in_time",
            "已在期限内删除或匿名化",
            "was erased or anonymised in time",
        )
    } else {
        (
            "kept_by_hold",
            "已删除或匿名化，其余依法定保留继续保存",
            "was erased or anonymised, and what is left is held by law",
        )
    };
    let sentence = Sentence::new(
        format!("保存期限自{from}起算、至{last} 24:00届满的数据{zh}。"),
        format!("Data whose time of retention began on {from} and ends at 24:00 on {last} {en}."),
    );
    let mut pass = Finding::on(grounds, clock.starts, Outcome::Pass, cause, sentence);
    pass.due = Some(clock.due);
    pass.resting_on(gone.iter().chain(kept).copied())
}

fn without_end(grounds: &Grounds<'_>, clock: &Clock<'_>, on: &Occurrence) -> Finding {
    let day = Day::of(on.occurred_at_ms);
    let sentence = Sentence::new(
        format!("{day}依法限制处理的数据没有写明保留到何时，无法判断何时应当删除。"),
        format!("Data restricted by statute on {day} names no end: when it must go can't be told."),
    );
    let mut finding = Finding::on(
        grounds,
        on,
        Outcome::Unknown,
        "restricted_without_end",
        sentence,
    );
    finding.since_ms = clock.due.strict_ms.max(on.occurred_at_ms);
    finding.resting_on([clock.starts])
}

fn nothing_recorded(grounds: &Grounds<'_>, clock: &Clock<'_>) -> Finding {
    let (from, last) = (Day::of(clock.starts.occurred_at_ms), last_day(clock.due));
    let sentence = Sentence::new(
        format!(
            "保存期限自{from}起算，至{last} 24:00届满，但账本没有收集记录，无法判断哪些数据应当删除。"
        ),
        format!(
            "The time of retention that began on {from} ends at 24:00 on {last}, and the log knows nothing that was collected: what must go can't be told."
        ),
    );
    let unknown = Outcome::Unknown;
    Finding::on(
        grounds,
        clock.starts,
        unknown,
        "collection_not_recorded",
        sentence,
    )
    .due(clock.due)
}

/// What is wrong in itself with what the clock runs on.
fn contradictions(grounds: &Grounds<'_>, orders: &Orders<'_>, covers: &Covers<'_>) -> Vec<Finding> {
    let warn = |one: &Occurrence, cause: &str, zh: &str, en: &str| {
        let day = Day::of(one.occurred_at_ms);
        let sentence = Sentence::new(format!("{day}：{zh}"), format!("On {day} {en}"));
        Finding::on(grounds, one, Outcome::Warn, cause, sentence)
    };
    let early = orders.completed_too_early().map(|one| {
        warn(
            one,
            "completed_before_opened",
            "订单的完结早于其开立，该完结不计。",
            "an order was completed before it was opened; that doesn't count.",
        )
    });
    let groundless = covers.groundless().iter().map(|one| {
        warn(
            one,
            "hold_without_ground",
            "法定保留没有写明法律依据或案号，不产生效力。",
            "a hold was placed without a statute or a case number; it has no effect.",
        )
    });
    early.chain(groundless).collect()
}
