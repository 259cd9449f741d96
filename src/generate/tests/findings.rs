//! What the rules find in a town: nothing in one that keeps the policy.

use std::collections::BTreeMap;

use super::judging::{Found, Ledger};
use super::*;

/// Findings that stand this long after the month's end are what the future holds: data whose time of
/// retention ends in five years, attestations that run out.
const AHEAD_MS: i64 = 180 * 86_400_000;

fn until_then(town: &Town, findings: Vec<Found>) -> Vec<Found> {
    let horizon = town.start_ms + i64::from(town.days) * 86_400_000 + AHEAD_MS;
    let shown = findings.into_iter().filter(|one| one.since_ms <= horizon);
    shown.collect()
}

/// Findings in few lines: how many of each kind, and one of them.
fn told(findings: &[Found]) -> String {
    let mut kinds: BTreeMap<_, Vec<&Found>> = BTreeMap::new();
    for one in findings {
        let kind = (one.rule, &one.result, &one.cause);
        kinds.entry(kind).or_default().push(one);
    }
    let lines = kinds.iter().map(|((rule, result, cause), all)| {
        let event = all[0].event.as_ref().map(hex::encode);
        format!("R{rule:02} {result} {cause} ×{}: {:?} {event:?} {}\n", all.len(), all[0].about, all[0].since_ms)
    });
    lines.collect()
}

#[test]
fn a_town_that_keeps_the_policy_has_no_finding() {
    let town = town(21, 300);
    let ledger = Ledger::of(&town.events().collect::<Vec<_>>(), town.partitions);
    let findings = until_then(&town, ledger.findings());
    assert!(findings.is_empty(), "\n{}", told(&findings));
    println!("{:?}", ledger.passes());
}
