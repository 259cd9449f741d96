//! What the rows of some records must say, computed the slow way.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::record::Record;
use custodia_core::verdict::{Place, Reason, TopicRole, Verdict, event_of, judge};

use super::super::*;
use super::town::{PARTITIONS, PEOPLE, Town};

pub(super) struct Model<'a> {
    records: &'a [Record],
    verdicts: Vec<Verdict>,
}

impl<'a> Model<'a> {
    pub(super) fn of(records: &'a [Record]) -> Self {
        let place = Place {
            role: TopicRole::Events,
            partition: 0,
            partitions: PARTITIONS,
        };
        let mut accepted: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut verdicts = Vec::new();
        for (index, record) in (0..).zip(records) {
            let judged = judge(record, &place);
            let id = judged
                .facts
                .map(|facts| facts.event_id.to_vec())
                .unwrap_or_default();
            let earlier = accepted.get(&id).copied();
            verdicts.push(match (judged.reason, earlier) {
                (Some(reason), _) => Verdict::Quarantined { reason },
                (None, Some(of)) if records[at(of)].value == record.value => {
                    Verdict::Duplicate { of }
                }
                (None, Some(of)) => Verdict::Quarantined {
                    reason: Reason::IdReused { of },
                },
                (None, None) => {
                    accepted.insert(id, index);
                    Verdict::Accepted
                }
            });
        }
        Self { records, verdicts }
    }

    /// Holds the rows of a town's log against this.
    pub(super) fn check(&self, town: &Town) {
        let size = self.records.len() as u64;
        let page = Page::all_below(size);
        let rows = town.reader().verdicts(&page).unwrap();
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(_, row)| row.verdict.unwrap())
            .collect();
        assert_eq!(rows, self.verdicts);
        for person in PEOPLE {
            let rows = town
                .reader()
                .leaves_of_subject(person.as_bytes(), &page)
                .unwrap();
            let rows: Vec<_> = rows.iter().map(|leaf| leaf.index).collect();
            assert_eq!(
                rows,
                self.indexes(|record| names(record, person)),
                "{person}"
            );
        }
        for n in 0..3 {
            let id = format!("courier-{n}");
            let rows = town
                .reader()
                .leaves_of(Kind::Recipient, id.as_bytes(), &page)
                .unwrap();
            assert_eq!(
                rows,
                self.indexes(|record| recipient(record).as_deref() == Some(&id))
            );
            self.must_stand_by_day(town, &id, page.below);
        }
    }

    /// Page by page, and day by day, the same leaves come out.
    fn must_stand_by_day(&self, town: &Town, id: &str, below: u64) {
        let of = |days: &Days| {
            let found = town
                .reader()
                .leaves_by_day(Kind::Recipient, id.as_bytes(), days, below);
            found.unwrap()
        };
        let days: BTreeSet<i32> = self.records.iter().filter_map(happened_on).collect();
        for day in days {
            let mut found = Vec::new();
            let mut days = Days {
                first: day,
                last: day,
                after: None,
                most: 3,
            };
            loop {
                let page = of(&days);
                assert!(page.iter().all(|leaf| leaf.day == day));
                found.extend(page.iter().map(|leaf| leaf.index));
                days.after = page.last().copied();
                if page.len() < days.most {
                    break;
                }
            }
            let expected = self.indexes(|record| {
                recipient(record).as_deref() == Some(id) && happened_on(record) == Some(day)
            });
            let expected: Vec<u64> = expected.into_iter().filter(|at| *at < below).collect();
            assert_eq!(found, expected, "{id} on day {day}");
        }
    }

    fn indexes(&self, wanted: impl Fn(&Record) -> bool) -> Vec<u64> {
        (0..)
            .zip(self.records)
            .filter(|(_, r)| wanted(r))
            .map(|(index, _)| index)
            .collect()
    }
}

fn at(index: u64) -> usize {
    usize::try_from(index).unwrap()
}

fn names(record: &Record, person: &str) -> bool {
    let key = record.key.as_deref() == Some(person.as_bytes());
    key || event_of(record).is_some_and(|event| event.subject_ref == person)
}

fn happened_on(record: &Record) -> Option<i32> {
    let at = event_of(record)?.occurred_at?;
    Some(day_of(at.seconds.saturating_mul(1000)))
}

fn recipient(record: &Record) -> Option<String> {
    use custodia_core::schema::v1::event::Body;
    match event_of(record)?.body {
        Some(Body::DataShared(shared)) => Some(shared.recipient_id),
        _ => None,
    }
}
