use custodia_core::entry::Entry;
use custodia_core::record::{Header, Record, Timestamp};
use custodia_core::slot::Slots;
use custodia_core::tree::{self, Frontier, NodeId};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    record: Stored,
    rule: Option<String>,
    entry: String,
    leaf: String,
}

#[derive(Deserialize)]
struct Stored {
    offset: String,
    timestamp_kind: String,
    timestamp_ms: String,
    key: Option<String>,
    value: Option<String>,
    headers: Vec<StoredHeader>,
}

#[derive(Deserialize)]
struct StoredHeader {
    name: String,
    value: Option<String>,
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

impl Stored {
    fn record(&self) -> Record {
        let ms = self.timestamp_ms.parse().unwrap();
        Record {
            offset: self.offset.parse().unwrap(),
            timestamp: match self.timestamp_kind.as_str() {
                "none" => Timestamp::None,
                "create" => Timestamp::Create(ms),
                "log_append" => Timestamp::LogAppend(ms),
                other => panic!("{other}"),
            },
            key: self.key.as_deref().map(bytes),
            value: self.value.as_deref().map(bytes),
            headers: self.headers.iter().map(StoredHeader::header).collect(),
        }
    }
}

impl StoredHeader {
    fn header(&self) -> Header {
        Header {
            name: bytes(&self.name),
            value: self.value.as_deref().map(bytes),
        }
    }
}

#[test]
fn golden_records_have_their_entries_and_leaves() {
    let text = include_str!("../../../tests/vectors/records.json");
    let golden: Golden = serde_json::from_str(text).unwrap();
    for vector in &golden.vectors {
        let made = entry(&vector.record.record());
        assert_eq!(hex::encode(made), vector.entry, "{}", vector.name);
        assert_eq!(
            hex::encode(leaf_hash(&made)),
            vector.leaf,
            "{}",
            vector.name
        );
        let facts = Facts::of(&made).unwrap();
        assert_eq!(facts.splits, vector.rule.is_none(), "{}", vector.name);
    }
    assert!(golden.vectors.len() > 100);
}

/// Values that split, and near misses: fields in any order and number, some bytes changed.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let field = (0u32..130, 0u32..8, vec(any::<u8>(), 0..12));
    let parts = (
        vec(field.clone(), 0..6),
        99u32..103,
        vec(field, 0..6),
        vec(any::<u8>(), 0..2),
    );
    (
        parts,
        vec(any::<prop::sample::Index>(), 0..2),
        any::<u8>(),
        any::<u8>(),
    )
        .prop_map(
            |((mut outer, body, mut inner, frame), changes, to, shape)| {
                if shape & 1 == 0 {
                    outer.sort_by_key(|f| f.0 % 98);
                    inner.sort_by_key(|f| f.0);
                }
                let mut value = if frame.is_empty() {
                    Vec::new()
                } else {
                    vec![0, 1, 2, 3, 4, 0]
                };
                value.extend([10, 16].iter().chain(&[7; 16]));
                value.extend([18, 32].iter().chain(&[to; 32]));
                for f in &outer {
                    put(&mut value, f.0 % 98 + 2, shape >> 2, f);
                }
                let mut content = Vec::new();
                for f in &inner {
                    put(&mut content, f.0 * 4 + 1, shape >> 2, f);
                }
                put_varint(&mut value, body << 3 | 2);
                put_varint(&mut value, u32::try_from(content.len()).unwrap());
                value.extend(content);
                if shape & 2 == 0 {
                    for at in &changes {
                        let at = at.index(value.len());
                        value[at] = to;
                    }
                }
                value
            },
        )
}

fn put(out: &mut Vec<u8>, number: u32, any_type: u8, field: &(u32, u32, Vec<u8>)) {
    let wire = if any_type == 0 {
        field.1
    } else {
        [0, 1, 2, 5][field.1 as usize % 4]
    };
    put_varint(out, number << 3 | wire);
    match wire {
        0 => put_varint(out, field.1 * 1000),
        1 => out.extend([9; 8]),
        5 => out.extend([9; 4]),
        _ => {
            out.push(u8::try_from(field.2.len()).unwrap());
            out.extend(&field.2);
        }
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn records() -> impl Strategy<Value = Record> {
    let small = || vec(any::<u8>(), 0..20);
    let header = (small(), option::of(small())).prop_map(|(name, value)| Header { name, value });
    let timestamp = prop_oneof![
        Just(Timestamp::None),
        (-2..i64::MAX).prop_map(Timestamp::Create),
        (-2..i64::MAX).prop_map(Timestamp::LogAppend),
    ];
    let value = prop_oneof![4 => values().prop_map(Some), 1 => option::of(small())];
    (
        any::<u64>(),
        timestamp,
        option::of(small()),
        value,
        vec(header, 0..3),
    )
        .prop_map(|(offset, timestamp, key, value, headers)| Record {
            offset,
            timestamp,
            key,
            value,
            headers,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn core_comes_to_the_same_entry(record in records()) {
        let made = entry(&record);
        prop_assert_eq!(hex::encode(made), hex::encode(Entry::of(&record).to_bytes()));
        let facts = Facts::of(&made).unwrap();
        prop_assert_eq!(facts.splits, Slots::of(&record).splits());
        prop_assert_eq!(facts.offset, record.offset);
    }
}

#[test]
fn the_generated_records_are_of_both_kinds() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let split = (0..400)
        .filter(|_| {
            let record = records().new_tree(&mut runner).unwrap().current();
            Slots::of(&record).splits()
        })
        .count();
    assert!((40..360).contains(&split), "{split} of 400 split");
}

/// A node's hash from its leaves: what a tile must hold.
fn node(leaves: &[Hash], level: u32, index: usize) -> Hash {
    let width = 1usize << level;
    root(&leaves[index * width..(index + 1) * width])
}

#[test]
fn growing_tiles_are_those_of_the_definition() {
    let leaves: Vec<Hash> = (0u64..66_000)
        .map(|n| leaf_hash(&n.to_be_bytes()))
        .collect();
    let mut tiles = Tiles::default();
    let mut core = Frontier::new();
    let mut filled = Vec::new();
    for (size, leaf) in (1u64..).zip(&leaves) {
        filled.extend(tiles.push(*leaf));
        core.push(*leaf, &mut |_: NodeId, _| {});
        if size < 600 || size > 65_530 && size < 65_545 || size % 5_003 == 0 {
            assert_eq!(tiles.root(), core.root(), "{size}");
            assert_eq!(tiles.root(), root(&leaves[..size as usize]), "{size}");
        }
    }
    filled.extend(tiles.edge());
    for tile in &filled {
        for (at, hash) in tile.hashes.iter().enumerate() {
            let index = tile.index as usize * 256 + at;
            assert_eq!(*hash, node(&leaves, 8 * u32::from(tile.level), index));
        }
    }
    let mut places: Vec<_> = filled
        .iter()
        .map(|t| (t.level, t.index, t.hashes.len()))
        .collect();
    places.sort_unstable();
    assert_eq!(places.len(), 258 + 2 + 1);
    assert_eq!(
        places[257..],
        [(0, 257, 208), (1, 0, 256), (1, 1, 1), (2, 0, 1)][..]
    );
    assert_eq!(
        (0..4).map(|l| tiles.tiles_at(l)).collect::<Vec<_>>(),
        [258, 2, 1, 0]
    );
}

#[test]
fn no_leaf_has_the_hash_of_nothing() {
    assert_eq!(Tiles::default().root(), tree::empty_root());
    assert_eq!(root(&[]), EMPTY_ROOT);
    assert_eq!(Tiles::default().edge(), []);
}
