//! What is known of accounts by construction agrees with the town's own counts.

use std::collections::BTreeMap;

use super::*;
use crate::generate::KnownProvision;

#[test]
fn totals_agree_with_the_towns_own_count_of_bodies() {
    let town = town(7, 120);
    let (totals, facts) = (town.totals(false), town.facts());
    let sum = |of: &BTreeMap<KnownProvision, u64>| of.values().sum::<u64>();
    let bodies =
        |all: &[u32]| -> u64 { all.iter().filter_map(|body| facts.by_body.get(body)).sum() };
    assert_eq!(sum(&totals.provisions), bodies(&[200, 206, 209]));
    assert_eq!(totals.activities.values().sum::<u64>(), bodies(&[162, 163]));
    assert_eq!(totals.sdks.values().sum::<u64>(), bodies(&[131]));
    let confirmed = totals
        .deletions
        .values()
        .map(|(_, confirmed)| confirmed)
        .sum::<u64>();
    assert_eq!(confirmed, bodies(&[204]));
    let consents: usize = (0..120)
        .flat_map(|n| town.consents(n))
        .map(|c| c.steps_ms.len())
        .sum();
    assert_eq!(consents as u64, bodies(&[140, 141, 142, 143]));
    let requests: u64 = (0..120).map(|n| town.requests(n).len() as u64).sum();
    assert_eq!(requests, bodies(&[220, 225]));
    let left = (0..120)
        .filter(|n| town.remains(*n).cancelled_ms.is_some())
        .count();
    assert!(left > 0, "somebody closes the account");
}
