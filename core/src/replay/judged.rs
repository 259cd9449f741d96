//! Findings and running clocks as items.

use std::collections::BTreeMap;

use super::change::Change;
use super::item::{Item, Judged};
use super::standing::{Holds, Standing};
use crate::assess::{About, Finding, LeafAt, Outcome};

/// What tells findings apart, borrowed.
type Identity<'a> = (u8, &'a About, Option<&'a LeafAt>, &'a str, Option<&'a str>);

/// The items that a finding makes at a moment, with their standings.
pub(super) fn standing_at(finding: &Finding, ms: i64) -> impl Iterator<Item = (Item, Standing)> {
    let clock = clock_of(finding, ms).map(|standing| (Item::Clock(judged(finding)), standing));
    let stands = stands_of(finding, ms);
    let stands = stands.map(|standing| (Item::Finding(judged(finding)), standing));
    clock.into_iter().chain(stands)
}

/// What changes from what was said and stood at one moment to what is said and stands at another, in the order
/// of items.
pub(super) fn changes(before: (&[Finding], i64), after: (&[Finding], i64)) -> Vec<Change> {
    let mut both: BTreeMap<Identity<'_>, [Option<&Finding>; 2]> = BTreeMap::new();
    for (side, (findings, _)) in [before, after].into_iter().enumerate() {
        for finding in findings {
            both.entry(finding.identity()).or_default()[side] = Some(finding);
        }
    }
    let mut changes = Vec::new();
    for [was, is] in both.into_values() {
        let phase = |finding: Option<&Finding>, ms| {
            finding.map_or((false, false), |one| (runs(one, ms), one.stands_at(ms)))
        };
        if was == is && phase(was, before.1) == phase(is, after.1) {
            continue;
        }
        let Some(one) = was.or(is) else { continue };
        let of = |make: fn(&Finding, i64) -> Option<Standing>| {
            let was = was.and_then(|finding| make(finding, before.1));
            (was, is.and_then(|finding| make(finding, after.1)))
        };
        let (was, is) = of(clock_of);
        let clock = Item::Clock(judged(one));
        changes.extend(Change::of(&clock, was.as_ref(), is.as_ref()));
        let (was, is) = of(stands_of);
        let finding = Item::Finding(judged(one));
        changes.extend(Change::of(&finding, was.as_ref(), is.as_ref()));
    }
    changes.sort_by(|a, b| a.item.cmp(&b.item));
    changes
}

/// The next moment after one at which what these findings make of a state changes by itself.
pub(super) fn next_turn(findings: &[Finding], after_ms: i64) -> Option<i64> {
    let turns = findings.iter().flat_map(|finding| {
        let due = finding.due;
        [
            Some(finding.since_ms),
            finding.until_ms,
            due.map(|due| due.strict_ms),
            due.and_then(|due| due.lawful_ms),
        ]
    });
    turns.flatten().filter(|ms| *ms > after_ms).min()
}

fn judged(finding: &Finding) -> Judged {
    Judged {
        rule: finding.rule,
        about: finding.about.clone(),
        judged: finding.judged.clone(),
        cause: finding.cause.clone(),
        recipient: finding.recipient.clone(),
    }
}

/// Whether its clock runs: it isn't mended, and its last moment, the lawful one where that is known, isn't
/// past.
fn runs(finding: &Finding, ms: i64) -> bool {
    let open = finding.result == Outcome::Overdue && finding.until_ms.is_none_or(|end| end > ms);
    let last = |due: &crate::assess::Due| due.lawful_ms.unwrap_or(due.strict_ms).max(due.strict_ms);
    open && finding.due.as_ref().is_some_and(|due| ms < last(due))
}

fn clock_of(finding: &Finding, ms: i64) -> Option<Standing> {
    let due = finding.due.filter(|_| runs(finding, ms))?;
    let sentence = finding.sentence.clone();
    let holds = Holds::Running { due, sentence };
    Some(Standing::new(holds, finding.leaves.clone()))
}

fn stands_of(finding: &Finding, ms: i64) -> Option<Standing> {
    let holds = Holds::Stands {
        result: finding.result,
        mark: finding.mark,
        since_ms: finding.since_ms,
        until_ms: finding.until_ms,
        due: finding.due,
        clauses: finding.clauses.clone(),
        sentence: finding.sentence.clone(),
    };
    let stands = finding.stands_at(ms) && finding.result != Outcome::Pass;
    stands.then(|| Standing::new(holds, finding.leaves.clone()))
}
