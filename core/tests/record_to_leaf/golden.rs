//! The golden vectors of records: split, slots, commitment, entry, leaf and stored form.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use custodia_core::entry::Entry;
use custodia_core::record::{Record, Timestamp};
use custodia_core::slot::Slots;
use custodia_core::split::NotAnEnvelope;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::event::Case;
use crate::{refused, split_cases};

#[derive(Serialize)]
struct Vectors {
    about: &'static str,
    vectors: Vec<Vector>,
}

#[derive(Serialize)]
struct Vector {
    name: &'static str,
    record: RecordParts,
    rule: Option<&'static str>,
    slots: Vec<SlotParts>,
    commitment: String,
    entry: String,
    leaf: String,
    stored: String,
}

#[derive(Serialize)]
struct RecordParts {
    offset: String,
    timestamp_kind: &'static str,
    timestamp_ms: String,
    key: Option<String>,
    value: Option<String>,
    headers: Vec<(String, Option<String>)>,
}

#[derive(Serialize)]
struct SlotParts {
    id: String,
    bytes: String,
    key: String,
    digest: String,
}

fn cases() -> Vec<Case> {
    split_cases::all()
        .into_iter()
        .chain(refused::all())
        .collect()
}

fn vector(case: &Case) -> Vector {
    let slots = Slots::of(&case.record);
    let entry = Entry::of(&case.record).to_bytes();
    let leaf = Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize();
    Vector {
        name: case.name,
        record: record_parts(&case.record),
        rule: slots.refusal().map(NotAnEnvelope::rule),
        slots: slot_parts(&slots),
        commitment: hex::encode(slots.commitment()),
        entry: hex::encode(entry),
        leaf: hex::encode(leaf),
        stored: hex::encode(case.record.encode()),
    }
}

fn record_parts(record: &Record) -> RecordParts {
    RecordParts {
        offset: record.offset.to_string(),
        timestamp_kind: match record.timestamp {
            Timestamp::None => "none",
            Timestamp::Create(_) => "create",
            Timestamp::LogAppend(_) => "log_append",
        },
        timestamp_ms: record.timestamp.millis().to_string(),
        key: record.key.as_ref().map(hex::encode),
        value: record.value.as_ref().map(hex::encode),
        headers: record
            .headers
            .iter()
            .map(|header| {
                (
                    hex::encode(&header.name),
                    header.value.as_ref().map(hex::encode),
                )
            })
            .collect(),
    }
}

fn slot_parts(slots: &Slots<'_>) -> Vec<SlotParts> {
    let hashed = slots.keys().into_iter().zip(slots.digests());
    slots
        .iter()
        .zip(hashed)
        .map(|(slot, (key, digest))| SlotParts {
            id: hex::encode([slot.id.0]),
            bytes: hex::encode(slot.bytes()),
            key: hex::encode(key),
            digest: hex::encode(digest),
        })
        .collect()
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Compares what was computed with the frozen file, or writes the file where that was asked for.
pub fn check_frozen(path: &str, computed: &impl Serialize) {
    let path = in_repository(path);
    let text = serde_json::to_string_pretty(computed).expect("plain data is JSON") + "\n";
    if env::var_os("CUSTODIA_WRITE_VECTORS").is_some() {
        fs::write(&path, &text).expect("the vectors can be written");
    }
    let frozen = fs::read_to_string(&path).expect("the vectors are there");
    let first = frozen
        .lines()
        .zip(text.lines())
        .position(|(frozen, now)| frozen != now);
    assert_eq!(
        first,
        None,
        "{} differs (counting lines from 0)",
        path.display()
    );
    assert_eq!(
        frozen.len(),
        text.len(),
        "{} differs in length",
        path.display()
    );
}

#[test]
fn records_commit_to_the_frozen_bytes() {
    let computed = Vectors {
        about: "Records and their leaves, see proto/FORMAT.md. Bytes are hex, numbers decimal.",
        vectors: cases().iter().map(vector).collect(),
    };
    check_frozen("tests/vectors/records.json", &computed);
}

#[test]
fn the_groups_hold_what_they_say() {
    for case in split_cases::all() {
        assert_eq!(Slots::of(&case.record).refusal(), None, "{}", case.name);
    }
    for case in refused::all() {
        assert!(!Slots::of(&case.record).splits(), "{}", case.name);
    }
}

#[test]
fn names_and_leaves_are_unique() {
    let cases = cases();
    let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
    let entries: BTreeSet<_> = cases
        .iter()
        .map(|case| Entry::of(&case.record).to_bytes())
        .collect();
    assert_eq!((names.len(), entries.len()), (cases.len(), cases.len()));
}

#[test]
fn every_rule_that_the_format_lists_refuses_a_vector() {
    let format = fs::read_to_string(in_repository("proto/FORMAT.md")).unwrap();
    let listed: BTreeSet<_> = format
        .lines()
        .skip_while(|line| !line.starts_with("| rule "))
        .take_while(|line| line.starts_with('|'))
        .flat_map(|line| line.split('|').nth(1).unwrap_or_default().split(','))
        .filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'))
        .map(String::from)
        .collect();
    let broken: BTreeSet<_> = refused::all()
        .iter()
        .filter_map(|case| Slots::of(&case.record).refusal())
        .map(|refusal| refusal.rule().to_owned())
        .collect();
    assert_eq!(listed, broken);
}

#[test]
fn stored_forms_read_back_as_records_of_the_same_entry() {
    for case in cases() {
        let read = Record::decode(&case.record.encode()).unwrap();
        assert_eq!(Entry::of(&read), Entry::of(&case.record), "{}", case.name);
    }
}
