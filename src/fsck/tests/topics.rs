//! The log beside what was produced.

use custodia_core::origin::Origin;

use super::town::{Memory, Town, places, verifier};
use super::*;

fn town() -> Town {
    Town::of(600)
}

#[test]
fn a_record_without_a_leaf_is_named() {
    let town = town();
    let mut records = town.records.clone();
    let gap = records
        .windows(2)
        .position(|pair| pair[1].offset > pair[0].offset + 1)
        .unwrap();
    let mut missed = records[gap].clone();
    missed.offset += 1;
    let offset = missed.offset;
    records.insert(gap + 1, missed);
    let report = town.check_against(records);
    assert_eq!(places(&report), [Place::Topic(offset)]);
    assert!(
        report
            .to_string()
            .contains("no leaf stands for this record"),
        "{report}"
    );
}

#[test]
fn records_past_the_last_leaf_are_named() {
    let town = town();
    let mut records = town.records.clone();
    let mut last = records[599].clone();
    last.offset += 1;
    let offset = last.offset;
    records.push(last);
    assert_eq!(places(&town.check_against(records)), [Place::Topic(offset)]);
}

#[test]
fn a_leaf_without_a_record_is_named() {
    let town = town();
    for index in [0, 300, 599] {
        let mut records = town.records.clone();
        let gone = records.remove(index);
        let report = town.check_against(records);
        assert_eq!(places(&report), [Place::Topic(gone.offset)], "{report}");
    }
}

#[test]
fn a_leaf_of_another_record_is_named() {
    let town = town();
    let mut records = town.records.clone();
    records[70].value = Some(b"other".to_vec());
    let offset = records[70].offset;
    assert_eq!(places(&town.check_against(records)), [Place::Topic(offset)]);
}

#[test]
fn swapped_records_are_both_named() {
    let town = town();
    let mut records = town.records.clone();
    let (one, two) = (records[70].offset, records[71].offset);
    records.swap(70, 71);
    (records[70].offset, records[71].offset) = (one, two);
    assert_eq!(
        places(&town.check_against(records)),
        [Place::Topic(one), Place::Topic(two)]
    );
}

#[test]
fn what_retention_removed_is_not_compared() {
    let town = town();
    let records = town.records[100..].to_vec();
    let mut source = Memory {
        first_offset: records[0].offset,
        records,
    };
    let report = town.check_with(Some(&mut source), &[], &mut |_| {});
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.logs[0].records_compared, 500);
}

struct Unreachable;

impl RecordSource for Unreachable {
    fn records(&mut self, _: &Origin, _: u64, _: u64) -> Result<Produced<'_>, SourceError> {
        let broken = || {
            Err(SourceError {
                reason: "the broker went away".into(),
            })
        };
        let records = Box::new(std::iter::once_with(broken));
        Ok(Produced {
            first_offset: 0,
            records,
        })
    }
}

#[test]
fn a_topic_that_cant_be_read_says_nothing_about_the_ledger() {
    let town = town();
    let parts = LedgerParts {
        folder: &town.folder,
        shared: &town.shared,
        keys: &town.keys,
        verifier: &|origin| Some(verifier(origin)),
        cursors: &|_| Vec::new(),
    };
    let error = check_ledger(&parts, Some(&mut Unreachable), &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), "CU-0701");
    assert!(
        error.to_string().contains("the broker went away"),
        "{error}"
    );
}
