//! A small ledger, checked whole and with each kind of fault in it.

mod damage;
mod faults;
mod topics;
mod town;

use std::collections::BTreeSet;

use super::*;
use town::{Town, damage_in, places};

#[test]
fn an_undisturbed_ledger_is_clean() {
    let town = Town::of(2_000);
    let report = town.check();
    assert!(report.is_clean(), "{report}");
    let log = &report.logs[0];
    assert_eq!(
        (log.size, log.leaves_checked, log.payloads_opened),
        (2_000, 2_000, 2_000)
    );
    assert_eq!(
        (log.erased, log.checkpoints, log.records_compared),
        (0, 5, 0)
    );
    let leaves: Vec<_> = town
        .records
        .iter()
        .map(|r| naive::leaf_hash(&naive::entry(r)))
        .collect();
    assert_eq!(log.root, naive::root(&leaves));
}

#[test]
fn every_record_of_the_topic_is_compared() {
    let town = Town::of(600);
    let report = town.check_against(town.records.clone());
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.logs[0].records_compared, 600);
}

#[test]
fn a_log_without_leaves_is_clean() {
    let report = Town::of(0).check();
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        (report.logs[0].size, report.logs[0].root),
        (0, naive::EMPTY_ROOT)
    );
}

#[test]
fn sizes_at_the_edges_of_tiles_are_clean() {
    for size in [1, 255, 256, 257, 512] {
        let report = Town::of(size).check();
        assert!(report.is_clean(), "{size}: {report}");
    }
}

#[test]
fn the_check_says_how_far_it_is() {
    let town = Town::of(600);
    let mut seen = Vec::new();
    town.check_with(None, &[], &mut |progress| {
        seen.push((progress.done, progress.size));
    });
    assert_eq!(seen, [(256, 600), (512, 600), (600, 600)]);
}

#[test]
fn a_log_that_is_being_written_to_is_checked_in_a_snapshot() {
    let town = Town::of(300);
    let store = town.store();
    let snapshot = store.snapshot();
    damage_in(&store, crate::log::layout::ENTRIES, &7u64.to_be_bytes(), 20);
    let parts = LogParts {
        origin: &town.name(),
        store: &snapshot,
        keys: &town.keys,
        verifiers: &[],
        cursors: &[],
    };
    assert!(check_log(&parts, None, &mut |_| {}).unwrap().is_clean());
    let parts = LogParts {
        store: &store,
        ..parts
    };
    let report = check_log(&parts, None, &mut |_| {}).unwrap();
    assert_eq!(places(&report), [Place::Entry(7)]);
}

#[test]
fn every_code_has_its_page() {
    let pages: BTreeSet<_> = ["CU-0700", "CU-0701"].into();
    for page in pages {
        let path = format!("{}/ops/runbook/{page}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(
            std::fs::read_to_string(path)
                .unwrap()
                .starts_with(&format!("# {page}: "))
        );
    }
}
