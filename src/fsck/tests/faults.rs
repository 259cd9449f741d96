//! One fault each, written through the store's own interface.

use super::town::{Dice, Town, damage_in, places};
use super::*;
use crate::log::layout::{
    CHECKPOINTS, CLOCKS, CLOSING, ENTRIES, GAPS, META, PAYLOADS, REMAINS, STATE, TILES, tile_key,
};
use crate::store::{Batch, Direction, Durability, Family, KeyRange, Read, Store};

fn tile(level: u8, index: u64, position: u16) -> Place {
    Place::Tile {
        level,
        index,
        position: Some(position),
    }
}

/// Flips a bit, checks without the topic or with it, and flips the bit back.
struct Flips<'a> {
    town: &'a Town,
    store: Store,
}

impl<'a> Flips<'a> {
    fn of(town: &'a Town) -> Self {
        Self {
            town,
            store: town.store(),
        }
    }

    fn check_alone(&self, family: Family, key: &[u8], at: usize) -> Report {
        damage_in(&self.store, family, key, at);
        let report = self.town.check_open(&self.store, None);
        damage_in(&self.store, family, key, at);
        report
    }

    fn assert_named(&self, family: Family, key: &[u8], at: usize, place: Place) {
        let alone = self.check_alone(family, key, at);
        damage_in(&self.store, family, key, at);
        let beside = self.town.check_open(&self.store, Some(&self.town.records));
        damage_in(&self.store, family, key, at);
        for report in [alone, beside] {
            assert_eq!(
                places(&report),
                [place],
                "{} byte {at}: {report}",
                family.disk_name()
            );
        }
    }
}

#[test]
fn a_flipped_byte_is_named_where_it_is() {
    let town = Town::of(2_000);
    let flips = Flips::of(&town);
    for index in [0, 3, 255, 256, 1_791, 1_792, 1_999u64] {
        let key = index.to_be_bytes();
        for at in [0, 31, 32, 50] {
            flips.assert_named(PAYLOADS, &key, at, Place::Payload(index));
        }
        for at in [0, 1, 2, 9, 10, 17, 18, 49] {
            flips.assert_named(ENTRIES, &key, at, Place::Entry(index));
        }
    }
    for (level, index, position) in [(0, 0, 0), (0, 2, 9), (0, 7, 207), (1, 0, 0), (1, 0, 6)] {
        for at in [0, 31] {
            let at = usize::from(position) * 32 + at;
            let place = tile(level, index, position);
            flips.assert_named(TILES, &tile_key(level, index), at, place);
        }
    }
    for clock in [0, 6u64] {
        flips.assert_named(CLOCKS, &clock.to_be_bytes(), 6, Place::Clock(clock));
    }
}

#[test]
fn a_flipped_byte_of_the_state_is_named() {
    let town = Town::of(600);
    let flips = Flips::of(&town);
    // The leader epoch, bytes 59 to 62, is repeated nowhere.
    for at in (0..58).chain(63..71) {
        flips.assert_named(META, STATE, at, Place::State);
    }
}

#[test]
fn a_flipped_byte_of_a_checkpoint_is_named() {
    let town = Town::of(600);
    let flips = Flips::of(&town);
    let key = 300u64.to_be_bytes();
    let signed = flips.store.get(CHECKPOINTS, &key).unwrap().unwrap();
    for at in 0..signed.len() {
        let report = flips.check_alone(CHECKPOINTS, &key, at);
        assert_eq!(
            places(&report),
            [Place::Checkpoint(300)],
            "byte {at}: {report}"
        );
    }
}

#[test]
fn a_flipped_byte_of_a_gap_is_named() {
    let town = Town::of(600);
    let flips = Flips::of(&town);
    let gaps = rows(&flips.store, GAPS);
    assert!(gaps.len() > 3);
    for (key, _) in &gaps {
        let first = u64::from_be_bytes(key[..].try_into().unwrap());
        flips.assert_named(GAPS, key, 7, Place::Gap(first));
    }
}

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

fn rows(store: &Store, family: Family) -> Rows {
    let rows = store
        .iterate(family, &KeyRange::all(), Direction::Ascending)
        .unwrap();
    rows.map(|row| {
        row.map(|(key, value)| (key.into_vec(), value.into_vec()))
            .unwrap()
    })
    .collect()
}

fn is_in(place: Place, family: Family) -> bool {
    match place {
        Place::Payload(_) => family == PAYLOADS,
        Place::Entry(_) => family == ENTRIES,
        Place::Tile { .. } => family == TILES,
        Place::Checkpoint(_) => family == CHECKPOINTS,
        Place::Gap(_) => family == GAPS,
        Place::Clock(_) => family == CLOCKS,
        _ => false,
    }
}

#[test]
fn any_byte_of_any_row_is_named_alone() {
    let town = Town::of(300);
    let flips = Flips::of(&town);
    let mut dice = Dice(11);
    let families = [PAYLOADS, ENTRIES, TILES, CHECKPOINTS, GAPS, CLOCKS];
    let all = families.map(|family| (family, rows(&flips.store, family)));
    for _ in 0..150 {
        let (family, rows) = &all[dice.below(6) as usize];
        let (key, value) = &rows[dice.below(rows.len() as u64) as usize];
        let at = dice.below(value.len() as u64) as usize;
        let report = flips.check_alone(*family, key, at);
        let [place] = places(&report)[..] else {
            panic!("{}: {report}", family.disk_name())
        };
        assert!(is_in(place, *family), "{}: {report}", family.disk_name());
    }
    assert!(town.check_open(&flips.store, None).is_clean());
}

#[test]
fn missing_rows_are_named() {
    let town = Town::of(600);
    for (family, key, place) in [
        (ENTRIES, 7u64.to_be_bytes().to_vec(), Place::Entry(7)),
        (ENTRIES, 599u64.to_be_bytes().to_vec(), Place::Entry(599)),
        (
            TILES,
            tile_key(0, 1).to_vec(),
            Place::Tile {
                level: 0,
                index: 1,
                position: None,
            },
        ),
        (
            TILES,
            tile_key(0, 2).to_vec(),
            Place::Tile {
                level: 0,
                index: 2,
                position: None,
            },
        ),
        (
            TILES,
            tile_key(1, 0).to_vec(),
            Place::Tile {
                level: 1,
                index: 0,
                position: None,
            },
        ),
        (CLOCKS, 1u64.to_be_bytes().to_vec(), Place::Clock(1)),
        (META, STATE.to_vec(), Place::State),
    ] {
        let value = town.store().get(family, &key).unwrap().unwrap();
        town.write(|batch| batch.delete(family, &key));
        assert_eq!(places(&town.check()), [place]);
        town.write(|batch| batch.put(family, &key, &value));
    }
}

#[test]
fn rows_that_belong_to_no_leaf_are_named() {
    let town = Town::of(600);
    let past = 700u64.to_be_bytes();
    for (family, key, place) in [
        (PAYLOADS, past.to_vec(), Place::Payload(700)),
        (
            TILES,
            tile_key(1, 3).to_vec(),
            Place::Tile {
                level: 1,
                index: 3,
                position: None,
            },
        ),
        (CLOCKS, past.to_vec(), Place::Clock(700)),
        (CHECKPOINTS, past.to_vec(), Place::Checkpoint(700)),
        (GAPS, u64::MAX.to_be_bytes().to_vec(), Place::Gap(u64::MAX)),
        (ENTRIES, past.to_vec(), Place::Entry(700)),
        (ENTRIES, b"odd".to_vec(), Place::Store),
    ] {
        town.write(|batch| batch.put(family, &key, b"stray"));
        let report = town.check();
        assert_eq!(places(&report), [place], "{report}");
        town.write(|batch| batch.delete(family, &key));
    }
}

#[test]
fn a_row_far_past_the_end_is_named_with_the_state_unreadable() {
    let town = Town::of(300);
    town.damage(META, STATE, 0);
    for (family, key, place) in [
        (
            ENTRIES,
            u64::MAX.to_be_bytes().to_vec(),
            Place::Entry(u64::MAX),
        ),
        (
            TILES,
            tile_key(0, u64::MAX).to_vec(),
            Place::Tile {
                level: 0,
                index: u64::MAX,
                position: None,
            },
        ),
    ] {
        town.write(|batch| batch.put(family, &key, b"stray"));
        assert_eq!(places(&town.check()), [Place::State, place]);
        town.write(|batch| batch.delete(family, &key));
    }
}

#[test]
fn swapped_leaves_are_named_though_each_is_whole() {
    let town = Town::of(600);
    let (one, two) = (40u64.to_be_bytes(), 41u64.to_be_bytes());
    let store = town.store();
    let get = |family, key: &[u8]| store.get(family, key).unwrap().unwrap();
    let mut batch = Batch::new();
    for family in [ENTRIES, PAYLOADS] {
        batch.put(family, &one, &get(family, &two));
        batch.put(family, &two, &get(family, &one));
    }
    store.write(&batch, Durability::Synced).unwrap();
    drop(store);
    assert_eq!(places(&town.check()), [Place::Entry(40), Place::Entry(41)]);
}

#[test]
fn a_doubled_leaf_is_named() {
    let town = Town::of(600);
    let store = town.store();
    let entry = store.get(ENTRIES, &40u64.to_be_bytes()).unwrap().unwrap();
    drop(store);
    town.write(|batch| batch.put(ENTRIES, &41u64.to_be_bytes(), &entry));
    assert_eq!(places(&town.check()), [Place::Entry(41)]);
}

#[test]
fn a_record_of_another_leaf_is_not_its_payload() {
    let town = Town::of(600);
    let other = town
        .store()
        .get(PAYLOADS, &9u64.to_be_bytes())
        .unwrap()
        .unwrap();
    town.write(|batch| batch.put(PAYLOADS, &8u64.to_be_bytes(), &other));
    assert_eq!(places(&town.check()), [Place::Payload(8)]);
}

fn splits(town: &Town, index: usize) -> bool {
    naive::Facts::of(&naive::entry(&town.records[index]))
        .unwrap()
        .splits
}

#[test]
fn a_missing_payload_that_nobody_erased_is_named() {
    let town = Town::of(600);
    town.write(|batch| batch.delete(PAYLOADS, &7u64.to_be_bytes()));
    assert_eq!(places(&town.check()), [Place::Payload(7)]);
}

#[test]
fn a_payload_that_is_there_and_said_to_be_erased_is_named() {
    let town = Town::of(600);
    town.write(|batch| batch.put(REMAINS, &7u64.to_be_bytes(), b"x"));
    assert_eq!(places(&town.check()), [Place::Payload(7)]);
}

#[test]
fn an_erased_payload_is_counted_and_no_fault() {
    let town = Town::of(600);
    let theirs = [3u64, 40, 599];
    town.write(|batch| {
        for index in theirs {
            batch.delete(PAYLOADS, &index.to_be_bytes());
            batch.put(REMAINS, &index.to_be_bytes(), b"x");
        }
    });
    for report in [town.check(), town.check_against(town.records.clone())] {
        assert!(report.is_clean(), "{report}");
        assert_eq!(report.logs[0].erased, 3);
        assert_eq!(report.logs[0].payloads_opened, 597);
    }
}

#[test]
fn with_its_payload_erased_an_entry_is_still_told_from_its_tile() {
    let town = Town::of(600);
    for index in [40, 590] {
        let keyed = |index: &usize| splits(&town, *index) && town.records[*index].key.is_some();
        let index = (index..600).find(keyed).unwrap() as u64;
        let (key, position) = (index.to_be_bytes(), (index % 256) as u16);
        town.write(|batch| {
            batch.delete(PAYLOADS, &key);
            batch.put(REMAINS, &key, b"x");
        });
        town.damage(ENTRIES, &key, 30);
        assert_eq!(places(&town.check()), [Place::Entry(index)]);
        town.damage(ENTRIES, &key, 30);
        let at = usize::from(position) * 32;
        town.damage(TILES, &tile_key(0, index / 256), at);
        assert_eq!(places(&town.check()), [tile(0, index / 256, position)]);
        town.damage(TILES, &tile_key(0, index / 256), at);
    }
}

#[test]
fn rows_past_the_log_are_named() {
    let town = Town::of(300);
    let cursors = [("rows-1".to_owned(), 300), ("rows-2".to_owned(), 301)];
    let report = town.check_with(None, &cursors, &mut |_| {});
    assert_eq!(places(&report), [Place::Rows]);
    assert!(report.findings[0].what.starts_with("rows-2 is at 301"));
}

#[test]
fn a_closing_that_is_not_the_logs_own_is_named() {
    let town = Town::of(300);
    let closed = crate::log::Log::open(&town.path(), town.name().parse().unwrap(), &town.shared);
    let closed = closed.unwrap();
    let end = custodia_core::schema::v1::LogEnd::LeOrdered;
    let closing = crate::log::Closing::of(&closed.state().unwrap(), end);
    closed.close(&closing, b"event").unwrap();
    drop(closed);
    assert!(town.check().is_clean());
    for at in [9, 30] {
        town.damage(META, CLOSING, at);
        assert_eq!(places(&town.check()), [Place::State], "byte {at}");
        town.damage(META, CLOSING, at);
    }
    town.write(|batch| batch.delete(META, CLOSING));
    assert_eq!(places(&town.check()), [Place::State]);
    assert!(town.check().to_string().contains("LogClosed"));
}
