//! R35 of a recipient: whether a gateway's own count of what left agrees with the log.

use std::collections::{BTreeMap, BTreeSet};

use super::wording::minute;
use crate::assess::finding::{About, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::rule::{Rule, Scope};
use crate::schema::v1::event::Body;

/// For each period reported, the last counts of its gateways together are held against what the log has of the
/// recipient in that period, its end not included; the last report is judged. Where some gateway of the recipient
/// has no report for the period and fewer are counted than the log has, nothing can be said.
pub(super) const RULE: Rule = Rule {
    scope: Scope::Recipient,
    ..super::completeness(judge)
};

/// What the gateways say of one period: the last report of each.
type Reports<'a> = BTreeMap<&'a str, (&'a Occurrence, u64)>;

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut periods: BTreeMap<(i64, i64), Reports<'_>> = BTreeMap::new();
    let mut gateways = BTreeSet::new();
    for one in grounds.timeline {
        // The schema asks for the count, so that what is accepted has one.
        if let Body::EgressCountReported(body) = one.body()
            && let (Some(from), Some(until)) = (&body.period_from, &body.period_until)
        {
            let reports = periods.entry((ms_of(from), ms_of(until))).or_default();
            reports.insert(
                &body.gateway_ref,
                (one, body.event_count.unwrap_or_default()),
            );
            gateways.insert(body.gateway_ref.as_str());
        }
    }
    let all = gateways.len();
    periods
        .iter()
        .filter_map(|(period, reports)| agreed(grounds, *period, reports, all))
        .collect()
}

fn agreed(
    grounds: &Grounds<'_>,
    (from, until): (i64, i64),
    reports: &Reports<'_>,
    gateways: usize,
) -> Option<Finding> {
    let last = reports
        .values()
        .map(|(one, _)| *one)
        .max_by(|a, b| a.order().cmp(&b.order()))?;
    let logged = logged(&grounds.tallies.outflows_ms, from, until);
    let counted = reports
        .values()
        .fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
    let (since, to) = (minute(from), minute(until));
    let (outcome, cause, sentence) = match counted {
        counted if counted == logged => {
            let zh = format!("{since}至{to}，出口网关与日志都记有{logged}次流出。");
            let en = format!("From {since} to {to} gateways and log both count {logged} outflows.");
            (Outcome::Pass, "count_agrees", Sentence::new(zh, en))
        }
        counted if counted < logged && reports.len() < gateways => {
            let zh = format!("{since}至{to}，有出口网关没有报告，无从核对。");
            let en = format!(
                "Some gateway has no report for {since} to {to}, so the counts can't be compared."
            );
            (Outcome::Unknown, "gateway_missing", Sentence::new(zh, en))
        }
        counted => {
            let zh = format!(
                "{since}至{to}，出口网关报告{counted}次流出，日志记有{logged}次，两者不符。"
            );
            let en = format!(
                "From {since} to {to} gateways count {counted} outflows and the log has {logged}."
            );
            (Outcome::Violation, "count_differs", Sentence::new(zh, en))
        }
    };
    let others = reports.values().map(|(one, _)| *one);
    let finding = Finding::on(grounds, last, outcome, cause, sentence).resting_on(others);
    Some(match grounds.about {
        About::Recipient(id) => finding.concerning(id),
        _ => finding,
    })
}

/// How many of these moments, which ascend, lie in a period.
fn logged(outflows_ms: &[i64], from: i64, until: i64) -> u64 {
    let before = |ms: i64| outflows_ms.partition_point(|at| *at < ms);
    before(until).saturating_sub(before(from)) as u64
}
