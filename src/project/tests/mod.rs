//! Rows of a small town's log, against a naive reading of its records.

mod model;
mod town;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use custodia_core::verdict::{Named, Reason, TopicRole, Verdict};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::keys::Label;
use crate::log::ROWS;
use crate::metrics::VerdictLabel;
use crate::store::Direction;
use model::Model;
use town::{PEOPLE, Sort, Town, some_records};

const SOON: Duration = Duration::from_secs(30);

fn whole_town(sorts: &[Sort]) -> Town {
    let mut town = Town::new();
    town.append(
        &sorts
            .iter()
            .map(|sort| town::record(*sort))
            .collect::<Vec<_>>(),
    );
    town.project();
    town
}

fn verdicts(town: &Town) -> Vec<Verdict> {
    let rows = town
        .reader()
        .verdicts(&Page::all_below(town.size()))
        .unwrap();
    rows.into_iter()
        .map(|(_, row)| row.verdict.unwrap())
        .collect()
}

#[derive(Debug, Clone)]
enum Act {
    Append(Vec<Sort>),
    Project,
    Crash,
    Rebuild,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => some_records(1..60).prop_map(Act::Append),
        4 => Just(Act::Project),
        1 => Just(Act::Crash),
        1 => Just(Act::Rebuild),
    ];
    proptest::collection::vec(act, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_made_as_the_log_grows_are_those_made_from_nothing(acts in acts()) {
        let mut town = Town::new();
        for act in acts {
            match act {
                Act::Append(sorts) => {
                    town.append(&sorts.into_iter().map(town::record).collect::<Vec<_>>());
                }
                Act::Project => { town.projector().step().unwrap(); }
                Act::Crash => town.crash(),
                Act::Rebuild => town.projector().drop_and_rebuild().unwrap(),
            }
        }
        town.project();
        let grown = town.dump();
        Model::of(&town.records).check(&town);
        town.projector().drop_and_rebuild().unwrap();
        town.project();
        prop_assert_eq!(&town.dump(), &grown);
        town.crash();
        town.project();
        prop_assert_eq!(town.dump(), grown);
    }
}

#[test]
fn rows_are_made_again_while_appending_goes_on() {
    let mut town = whole_town(&town::many(3_000));
    let mut writer = town.take_writer();
    let more: Vec<_> = town::many(1_500).into_iter().map(town::record).collect();
    let appended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            town::append_in_bits(&mut writer, 3_000, &more);
            appended.store(true, Ordering::Release);
        });
        town.projector().drop_and_rebuild().unwrap();
        while !appended.load(Ordering::Acquire) {
            town.projector().step().unwrap();
        }
    });
    drop(writer);
    town.project();
    let made_meanwhile = town.dump();
    assert_eq!(town.reader().progress().projected(), 4_500);
    town.projector().drop_and_rebuild().unwrap();
    town.project();
    assert_eq!(town.dump(), made_meanwhile);
}

#[test]
fn a_second_event_is_a_duplicate_or_reuses_the_id_of_the_accepted_one() {
    let good = Sort {
        person: 0,
        id: 1,
        flavour: 0,
        variant: 0,
    };
    let misplaced = Sort {
        flavour: town::WRONG_KEY,
        ..good
    };
    let other = Sort { variant: 1, ..good };
    let town = whole_town(&[misplaced, other, good, other, Sort { id: 2, ..good }]);
    let quarantined = |reason| Verdict::Quarantined { reason };
    let wanted = [
        quarantined(Reason::KeyIsNotSubject),
        Verdict::Accepted,
        quarantined(Reason::IdReused { of: 1 }),
        Verdict::Duplicate { of: 1 },
        Verdict::Accepted,
    ];
    assert_eq!(verdicts(&town), wanted);
    let id = town::event_id(1);
    assert_eq!(town.reader().leaf_of_event(&id, 5).unwrap(), Some(1));
    assert_eq!(town.reader().leaf_of_event(&id, 1).unwrap(), Some(0));
    assert_eq!(town.reader().leaf_of_event(&id, 0).unwrap(), None);
    assert_eq!(
        town.reader().leaf_of_event(&town::event_id(9), 5).unwrap(),
        None
    );
}

#[test]
fn pages_are_cut_at_both_ends_and_read_in_both_directions() {
    let town = whole_town(&town::many(200));
    let reader = town.reader();
    let all = reader
        .leaves_of(Kind::Recipient, b"courier-1", &Page::all_below(200))
        .unwrap();
    assert!(all.len() > 20, "{}", all.len());
    let page = Page {
        from: all[3],
        below: all[10],
        direction: Direction::Descending,
        most: 4,
    };
    let cut = reader
        .leaves_of(Kind::Recipient, b"courier-1", &page)
        .unwrap();
    assert_eq!(cut, [all[9], all[8], all[7], all[6]]);
    let empty = Page {
        from: 9,
        below: 3,
        ..page
    };
    assert_eq!(
        reader
            .leaves_of(Kind::Recipient, b"courier-1", &empty)
            .unwrap(),
        [0_u64; 0]
    );
    let page = Page { from: 0, ..page };
    let subject = reader
        .leaves_of_subject(PEOPLE[0].as_bytes(), &page)
        .unwrap();
    assert!(subject.iter().all(|leaf| leaf.index < all[10]) && subject.len() == 4);
    assert!(subject.windows(2).all(|pair| pair[0].index > pair[1].index));
}

#[test]
fn a_person_is_found_by_the_key_and_by_the_envelope() {
    let good = Sort {
        person: 0,
        id: 1,
        flavour: 0,
        variant: 0,
    };
    let town = whole_town(&[
        good,
        Sort {
            id: 2,
            flavour: town::WRONG_KEY,
            ..good
        },
    ]);
    let page = Page::all_below(2);
    let found = |person: usize| {
        town.reader()
            .leaves_of_subject(PEOPLE[person].as_bytes(), &page)
    };
    let own = found(0).unwrap();
    assert_eq!(
        own.iter().map(|leaf| leaf.index).collect::<Vec<_>>(),
        [0, 1]
    );
    assert!(own[0].is_named(Named::Key) && own[0].is_named(Named::Envelope));
    assert!(!own[1].is_named(Named::Key) && own[1].is_named(Named::Envelope));
    assert_eq!(
        (own[0].body_number, own[0].verdict),
        (Some(200), VerdictKind::Accepted)
    );
    let other = found(1).unwrap();
    assert_eq!(other.len(), 1);
    assert!(other[0].is_named(Named::Key) && !other[0].is_named(Named::Envelope));
    assert_eq!(other[0].verdict, VerdictKind::Quarantined);
}

#[test]
fn the_rows_of_a_person_whose_key_is_shredded_vanish() {
    let mut town = whole_town(&town::many(300));
    let page = Page::all_below(300);
    let person = PEOPLE[0].as_bytes();
    let before = town.reader().leaves_of_subject(person, &page).unwrap();
    let others = town
        .reader()
        .leaves_of_subject(PEOPLE[1].as_bytes(), &page)
        .unwrap();
    assert!(!before.is_empty() && !others.is_empty());
    town.keys
        .shred(&town.origin(), &Label::Key(person))
        .unwrap();
    assert_eq!(town.reader().leaves_of_subject(person, &page).unwrap(), []);
    town.projector().drop_and_rebuild().unwrap();
    town.project();
    let erased = town.reader().verdicts(&page).unwrap();
    let erased: Vec<_> = erased
        .iter()
        .filter(|(_, row)| row.verdict.is_none())
        .collect();
    assert!(!erased.is_empty() && erased.iter().all(|(_, row)| *row == LeafRow::default()));
    let keyed = |index: &u64| {
        town.records[usize::try_from(*index).unwrap()]
            .key
            .as_deref()
    };
    assert!(erased.iter().all(|(index, _)| keyed(index) == Some(person)));
}

#[test]
fn nothing_of_a_person_stands_in_clear() {
    let town = whole_town(&town::many(300));
    let secrets = PEOPLE.iter().map(|person| person.as_bytes());
    let secrets: Vec<_> = secrets
        .chain([&b"courier-1"[..], b"order-", b"139"])
        .collect();
    for (key, value) in town.dump() {
        let row = [&key[..], &value].concat();
        for secret in &secrets {
            assert!(
                !row.windows(secret.len()).any(|bytes| bytes == *secret),
                "{row:x?}"
            );
        }
    }
}

#[test]
fn a_question_beyond_the_rows_is_refused() {
    let mut town = Town::new();
    town.append(&[town::record(Sort::default())]);
    let refused = town.reader().verdict_of(0).unwrap_err();
    assert_eq!(refused.code(), "CU-0502");
    town.project();
    assert_eq!(
        town.reader().verdict_of(0).unwrap().verdict,
        Some(Verdict::Accepted)
    );
    town.projector().drop_and_rebuild().unwrap();
    assert_eq!(town.reader().verdict_of(0).unwrap_err().code(), "CU-0502");
}

#[test]
fn rows_ahead_of_their_log_are_refused_and_can_be_made_again() {
    let mut town = whole_town(&town::many(3));
    let rows = town.dump();
    town.overwrite(&rows::CURSOR, &4_u64.to_be_bytes());
    assert_eq!(town.reopened().unwrap_err().code(), "CU-0500");
    town.overwrite(&rows::CURSOR, b"x");
    assert_eq!(town.reopened().unwrap_err().code(), "CU-0501");
    town.rebuild();
    assert_eq!(town.dump(), rows);
    town.reopened().unwrap();
}

#[test]
fn rows_of_other_versions_go_once_these_have_caught_up() {
    let mut town = whole_town(&town::many(3));
    let old = ROWS.at(VERSION + 1);
    town.log().store().create_family(old).unwrap();
    town.append(&[town::record(Sort::default())]);
    town.projector().step().unwrap();
    assert!(town.log().store().families().contains(&old));
    town.projector().step().unwrap();
    assert!(!town.log().store().families().contains(&old));
    assert_eq!(verdicts(&town).len(), 4);
}

#[test]
fn who_waits_is_woken_by_rows_and_by_the_end() {
    let mut town = Town::new();
    let progress = town.projector().progress().clone();
    let stop = CancellationToken::new();
    let mut projector = town.take_projector();
    let mut writer = town.take_writer();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            projector.run(&stop).unwrap();
            drop(projector);
        });
        town::append_in_bits(&mut writer, 0, &[town::record(Sort::default())]);
        assert_eq!(progress.wait_projected(1, SOON), 1);
        stop.cancel();
        running.join().unwrap();
        assert_eq!(progress.wait_projected(2, SOON), 1);
    });
}

#[test]
fn a_projector_ends_with_its_logs_writer() {
    let mut town = whole_town(&town::many(5));
    drop(town.take_writer());
    town.projector().run(&CancellationToken::new()).unwrap();
}

#[test]
fn verdicts_are_counted_once_however_often_rows_are_made() {
    let mut town = whole_town(&[Sort::default(), Sort::default()]);
    town.projector().drop_and_rebuild().unwrap();
    town.project();
    let count = |verdict: &str| {
        let (topic, verdict) = ("custodia.events".to_owned(), verdict.to_owned());
        let label = VerdictLabel {
            topic,
            partition: 0,
            verdict,
        };
        town.metrics.verdicts.get_or_create(&label).get()
    };
    assert_eq!((count("accepted"), count("duplicate")), (1, 1));
}

#[test]
fn registers_events_stand_under_the_producer() {
    let mut town = Town::of(TopicRole::Registry);
    town.append(&[
        town::producer_retired("mall"),
        town::producer_retired("loan-gateway"),
    ]);
    town.project();
    let found = town
        .reader()
        .leaves_of(Kind::Producer, b"loan-gateway", &Page::all_below(2));
    assert_eq!(
        (found.unwrap(), verdicts(&town)),
        (vec![1], vec![Verdict::Accepted; 2])
    );
}

#[test]
fn every_code_has_its_page() {
    for code in ["CU-0500", "CU-0501", "CU-0502", "CU-0503"] {
        let path = format!("{}/ops/runbook/{code}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(
            std::fs::read_to_string(path)
                .unwrap()
                .starts_with(&format!("# {code}: "))
        );
    }
}
