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
        format!(
            "R{rule:02} {result} {cause} ×{}: {:?} {event:?} {}\n",
            all.len(),
            all[0].about,
            all[0].since_ms
        )
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

/// What the list says, as what is found.
fn listed(town: &Town) -> Vec<Found> {
    let list = town.faults().into_iter().map(|one| Found {
        rule: one.rule,
        result: one.result.name().to_owned(),
        cause: one.cause,
        about: one.about,
        event: one.event.map(|id| id.to_vec()),
        since_ms: one.since_ms,
        until_ms: None,
    });
    let mut list: Vec<Found> = list.collect();
    list.sort();
    list
}

/// The differences between what was found and what the list says, each with its story.
fn differences(town: &Town, findings: &[Found], list: &[Found]) -> String {
    let stories: BTreeMap<_, _> = town
        .faults()
        .into_iter()
        .map(|one| (one.about, one.story))
        .collect();
    let line = |sign: char, one: &Found| {
        let story = stories.get(&one.about).copied().unwrap_or("?");
        let event = one.event.as_ref().map(hex::encode);
        format!(
            "{sign} R{:02} {} {} [{story}] {event:?} {}\n",
            one.rule, one.result, one.cause, one.since_ms
        )
    };
    let extra = findings.iter().filter(|one| !list.contains(one));
    let missing = list.iter().filter(|one| !findings.contains(one));
    extra
        .map(|one| line('+', one))
        .chain(missing.map(|one| line('-', one)))
        .collect()
}

fn found(town: &Town, outs: &[Outgoing]) -> Vec<Found> {
    let mut findings = until_then(town, Ledger::of(outs, town.partitions).findings());
    for one in &mut findings {
        one.until_ms = None;
    }
    findings.sort();
    findings
}

#[test]
fn what_is_found_in_a_town_with_faults_is_the_list() {
    let town = town(22, 100);
    let outs: Vec<_> = town.events_with_faults().collect();
    let (findings, list) = (found(&town, &outs), listed(&town));
    let differences = differences(&town, &findings, &list);
    assert!(differences.is_empty(), "\n{differences}");
    assert_eq!(findings, list);
}

#[test]
fn a_city_s_findings_are_the_list_too() {
    let town = town(26, 3000);
    let outs: Vec<_> = town.events_with_faults().collect();
    let differences = differences(&town, &found(&town, &outs), &listed(&town));
    assert!(differences.is_empty(), "\n{differences}");
}

/// The same events as they may come from other partitions, producers and times.
fn shuffled(mut outs: Vec<Outgoing>) -> Vec<Outgoing> {
    outs.sort_by_key(|out| Sha256::digest(&out.value).to_vec());
    outs
}

#[test]
fn the_order_of_arrival_changes_nothing() {
    let town = town(23, 60);
    let outs = shuffled(town.events_with_faults().collect());
    let findings = found(&town, &outs);
    let differences = differences(&town, &findings, &listed(&town));
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn the_list_has_every_rule_and_every_result() {
    let list = town(24, 3).faults();
    let rules: BTreeSet<u8> = list.iter().map(|one| one.rule).collect();
    assert_eq!(rules, (1..=44).collect());
    for name in ["VIOLATION", "OVERDUE", "WARN", "UNKNOWN"] {
        assert!(list.iter().any(|one| one.result.name() == name), "{name}");
    }
    let once: BTreeSet<_> = list.iter().collect();
    assert_eq!(once.len(), list.len());
    let line = serde_json::to_value(&list[0]).unwrap();
    assert_eq!(line["rule"], 1);
    assert!(line["about"]["subject"].is_string(), "{line}");
}

#[test]
fn stories_are_without_fault_of_form_and_leave_the_lives_as_they_are() {
    let town = town(25, 40);
    let ordinary: BTreeSet<_> = town.events().map(|out| id_of(&out)).collect();
    let outs: Vec<_> = town.events_with_faults().collect();
    assert!(outs.is_sorted_by_key(|out| out.occurred_at_ms));
    for out in &outs {
        assert_eq!(
            faults(&out.value),
            [],
            "{:?}",
            Event::decode(&out.value[..])
        );
        let place = placement(&decode(&out.value).unwrap()).unwrap();
        assert_eq!(place.key, out.key, "{:?}", Event::decode(&out.value[..]));
    }
    let ids: BTreeSet<_> = outs.iter().map(id_of).collect();
    assert_eq!(ids.len(), outs.len());
    // One safeguard isn't attested; facts after it are counted, and named, anew.
    let lives = |out: &&Outgoing| out.topic == TopicRole::Events;
    let of_lives: BTreeSet<_> = town
        .events()
        .filter(|out| lives(&out))
        .map(|out| id_of(&out))
        .collect();
    assert!(of_lives.is_subset(&ids) && ordinary.len() > of_lives.len());
}

fn id_of(out: &Outgoing) -> Vec<u8> {
    Event::decode(&out.value[..]).unwrap().event_id
}
