//! Bytes flipped in the store's own files.

use std::fs;
use std::path::PathBuf;

use super::town::{Town, places};
use super::*;

fn files(town: &Town, ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(town.path())
        .unwrap()
        .map(|item| item.unwrap().path());
    let mut files: Vec<PathBuf> = all
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    files.sort();
    files
}

/// Flips a bit for the time of one check.
fn check_with_flip(town: &Town, path: &PathBuf, at: usize) -> Report {
    let good = fs::read(path).unwrap();
    let mut bad = good.clone();
    bad[at] ^= 0x10;
    fs::write(path, bad).unwrap();
    let report = town.check();
    fs::write(path, good).unwrap();
    report
}

#[test]
fn a_damaged_table_is_a_finding_and_the_other_log_is_checked() {
    let town = Town::of_logs(600, 2);
    town.store().flush().unwrap();
    let tables = files(&town, "sst");
    assert!(tables.len() >= 7, "{tables:?}");
    for table in &tables {
        let report = check_with_flip(&town, table, 10);
        assert!(
            places(&report).contains(&Place::Store),
            "{}: {report}",
            table.display()
        );
        assert!(
            report
                .findings
                .iter()
                .all(|finding| finding.origin == town.name()),
            "{report}"
        );
        assert_eq!(report.logs.last().unwrap().payloads_opened, 600);
    }
    let report = town.check();
    assert!(report.is_clean(), "{report}");
}

#[test]
fn a_damaged_write_ahead_log_is_a_finding() {
    let town = Town::of(600);
    let logs = files(&town, "log");
    let largest = logs
        .iter()
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .unwrap();
    let middle = usize::try_from(fs::metadata(largest).unwrap().len()).unwrap() / 2;
    let report = check_with_flip(&town, largest, middle);
    assert_eq!(places(&report), [Place::Store], "{report}");
    assert!(report.logs.is_empty());
}
