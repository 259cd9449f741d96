//! Holds the arrows of design §4: which room may name which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Room → the rooms that it may name. `core` is a crate of its own and names none of them.
const ARROWS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("telemetry", &[]),
    ("config", &[]),
    ("metrics", &[]),
    ("kafka", &[]),
    ("store", &[]),
    ("keys", &["store"]),
    ("sign", &[]),
    ("log", &["clock", "keys", "metrics", "sign", "store"]),
    ("ingest", &["clock", "kafka", "log", "metrics"]),
    ("project", &["clock", "keys", "log", "metrics", "store"]),
    ("erase", &["clock", "keys", "log", "metrics", "project"]),
    ("query", &["clock", "keys", "log", "project", "store"]),
    (
        "assess",
        &[
            "clock", "keys", "log", "metrics", "project", "query", "store",
        ],
    ),
    ("account", &["assess", "project", "query"]),
    ("backup", &["clock", "keys", "log", "store"]),
    (
        "replay",
        &[
            "assess", "clock", "keys", "log", "project", "query", "store",
        ],
    ),
    (
        "respond",
        &["assess", "clock", "keys", "log", "project", "query"],
    ),
    (
        "extract",
        &[
            "account", "assess", "clock", "keys", "log", "project", "query", "sign", "store",
        ],
    ),
    ("fsck", &["keys", "log", "sign", "store"]),
    (
        "serve",
        &[
            "account", "assess", "backup", "clock", "config", "extract", "log", "metrics",
            "project", "query", "replay", "respond",
        ],
    ),
    ("generate", &[]),
    (
        "app",
        &[
            "account",
            "assess",
            "backup",
            "clock",
            "config",
            "erase",
            "extract",
            "fsck",
            "generate",
            "ingest",
            "kafka",
            "keys",
            "log",
            "metrics",
            "project",
            "query",
            "replay",
            "respond",
            "serve",
            "sign",
            "store",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "account",
            "app",
            "assess",
            "clock",
            "config",
            "extract",
            "generate",
            "query",
            "replay",
            "respond",
            "telemetry",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// Crates that only one room may name.
const OWNED_CRATES: &[(&str, &str)] = &[
    ("rdkafka", "kafka"),
    ("rdkafka_sys", "kafka"),
    ("rocksdb", "store"),
    ("clap", "cli"),
];

/// This file, whose tests name rooms and crates in strings.
const OWN_FILE: &str = "layers.rs";

fn sources(folder: &Path, out: &mut Vec<(String, String)>, root: &Path) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            sources(&path, out, root);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let relative = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            out.push((relative, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn room_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

/// A room's tests may build what stands below those that the room names.
fn is_of_tests(file: &str) -> bool {
    file.split('/')
        .any(|part| matches!(part, "tests" | "tests.rs"))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code of a file without its comment lines.
fn code(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that `text` names as `crate::room` or in `crate::{room, …}`.
fn named_rooms(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for after in text.split("crate::").skip(1) {
        let listed = match after.strip_prefix('{') {
            Some(list) => top_level_items(list),
            None => vec![after],
        };
        for item in listed {
            rooms.insert(item.trim().chars().take_while(|c| is_word(*c)).collect());
        }
    }
    rooms
}

/// The items of a brace list up to its closing brace, without what stands in inner braces.
fn top_level_items(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&list[start..at]);
                return items;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

fn names_crate(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        text[at + name.len()..].starts_with("::") && !before.is_some_and(is_word)
    })
}

#[test]
fn every_room_names_only_those_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files, &root);
    let arrows: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    for (file, text) in files
        .iter()
        .filter(|(file, _)| file != OWN_FILE && !is_of_tests(file))
    {
        let room = room_of(file);
        let allowed = arrows
            .get(room)
            .unwrap_or_else(|| panic!("{file}: no arrows for {room}"));
        for named in named_rooms(&code(text)) {
            let own = named == room || named.is_empty() || !arrows.contains_key(named.as_str());
            assert!(
                own || allowed.contains(&named.as_str()),
                "{file} names {named}"
            );
        }
    }
    assert!(files.len() > 20, "the sources were not found");
}

#[test]
fn a_crate_with_an_owner_is_named_nowhere_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files, &root);
    for (file, text) in files.iter().filter(|(file, _)| file != OWN_FILE) {
        for (name, owner) in OWNED_CRATES {
            let own = room_of(file) == *owner || (*name == "clap" && room_of(file) == "telemetry");
            assert!(
                own || !names_crate(&code(text), name),
                "{file} names {name}"
            );
        }
    }
}

#[test]
fn names_are_found_in_single_and_braced_imports() {
    let found = named_rooms("use crate::log::Log; use crate::{keys::{A, b}, store};");
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["keys", "log", "store"]
    );
    assert!(names_crate("use rocksdb::DB", "rocksdb") && !names_crate("my_rocksdb::DB", "rocksdb"));
}
