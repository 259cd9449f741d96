//! The log beside what was produced.

use custodia_core::origin::Origin;
use custodia_core::record::Record;

use super::town::{self, Memory, Town, places, verifier};
use super::*;
use crate::log::Generation;

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
    fn records(
        &mut self,
        _: &Origin,
        _: &Generation,
        _: u64,
        _: u64,
    ) -> Result<Option<Produced<'_>>, SourceError> {
        let broken = || {
            Err(SourceError {
                reason: "the broker went away".into(),
            })
        };
        let records = Box::new(std::iter::once_with(broken));
        Ok(Some(Produced {
            first_offset: 0,
            records,
        }))
    }
}

#[test]
fn a_topic_that_cant_be_read_says_nothing_about_the_ledger() {
    let town = town();
    let parts = LedgerParts {
        folder: &town.folder,
        shared: &town.shared,
        keys: &town.keys,
        verifiers: &|origin| vec![verifier(origin)],
        cursors: &|_| Vec::new(),
    };
    let error = check_ledger(&parts, Some(&mut Unreachable), &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), "CU-0701");
    assert!(
        error.to_string().contains("the broker went away"),
        "{error}"
    );
}

/// A topic as it stands now; what generations of other ids read is gone.
struct Now {
    topic_id: &'static str,
    records: Vec<Record>,
}

impl RecordSource for Now {
    fn records(
        &mut self,
        _: &Origin,
        generation: &Generation,
        from: u64,
        to: u64,
    ) -> Result<Option<Produced<'_>>, SourceError> {
        if generation.topic_id.as_deref() != Some(self.topic_id) {
            return Ok(None);
        }
        let within = self
            .records
            .iter()
            .filter(move |record| (from..to).contains(&record.offset));
        Ok(Some(Produced {
            first_offset: 0,
            records: Box::new(within.cloned().map(Ok)),
        }))
    }
}

/// The second generation of the town's log, and its topic as it stands then: from `start` on it
/// holds other records than the first generation read.
fn second_generation(town: &Town, topic_id: &'static str, start: u64) -> Now {
    let mut other = town::records(77);
    for (offset, record) in (start..).zip(&mut other) {
        record.offset = offset;
    }
    let generation = Generation::new("c".into(), Some(topic_id.into()), 1, start);
    let origin = "ledger.example/custodia.events/0/1".parse().unwrap();
    town.fill(&origin, &generation, &other);
    let before = town.records.iter().filter(|record| record.offset < start);
    let records = before.cloned().chain(other).collect();
    Now { topic_id, records }
}

#[test]
fn a_generation_is_compared_up_to_where_the_next_one_begins() {
    let town = town();
    let start = town.records[400].offset;
    let mut source = second_generation(&town, "t", start);
    let report = town.check_with(Some(&mut source), &[], &mut |_| {});
    assert!(report.is_clean(), "{report}");
    let compared: Vec<_> = report.logs.iter().map(|log| log.records_compared).collect();
    assert_eq!(compared, [400, 77]);
    let last = report.logs.last().unwrap();
    assert!(last.origin.ends_with("/0/1") && !last.topic_gone);
    // What the topic lost below that is the ledger's to say.
    source.records.remove(10);
    let report = town.check_with(Some(&mut source), &[], &mut |_| {});
    assert_eq!(places(&report), [Place::Topic(town.records[10].offset)]);
}

#[test]
fn what_a_topic_made_anew_holds_is_not_compared_with_the_generation_before() {
    let town = town();
    let mut source = second_generation(&town, "u", 0);
    let report = town.check_with(Some(&mut source), &[], &mut |_| {});
    assert!(report.is_clean(), "{report}");
    let compared = report
        .logs
        .iter()
        .map(|log| (log.topic_gone, log.records_compared));
    assert_eq!(compared.collect::<Vec<_>>(), [(true, 0), (false, 77)]);
}
