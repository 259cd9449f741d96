//! A fault and its place.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::store::Family;

/// How many findings a report holds; the others are only counted.
pub const MOST_FINDINGS: usize = 100;

/// Where in a log, or in its topic, a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", content = "at", rename_all = "snake_case")]
pub enum Place {
    /// The sealed record of the leaf of this index.
    Payload(u64),
    /// The entry of the leaf of this index.
    Entry(u64),
    /// A tile, or one hash of it.
    Tile {
        /// 0 for the tiles of leaf hashes.
        level: u8,
        /// The tile's place in its level.
        index: u64,
        /// Which of its hashes; none where the whole tile is meant.
        position: Option<u16>,
    },
    /// The kept checkpoint of this size.
    Checkpoint(u64),
    /// Size, root and position, or what the generation fixes.
    State,
    /// The gap in the partition's offsets that begins at this one.
    Gap(u64),
    /// The latest timestamp up to the end of this level-0 tile.
    Clock(u64),
    /// The topic's record at this offset.
    Topic(u64),
    /// The rows that are projected from the log.
    Rows,
    /// The store under the log.
    Store,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload(index) => write!(out, "payload {index}"),
            Self::Entry(index) => write!(out, "entry {index}"),
            Self::Tile {
                level,
                index,
                position: None,
            } => write!(out, "tile {level}/{index}"),
            Self::Tile {
                level,
                index,
                position: Some(position),
            } => {
                write!(out, "tile {level}/{index}, hash {position}")
            }
            Self::Checkpoint(size) => write!(out, "checkpoint of size {size}"),
            Self::State => out.write_str("state"),
            Self::Gap(offset) => write!(out, "gap at offset {offset}"),
            Self::Clock(tile) => write!(out, "clock of tile {tile}"),
            Self::Topic(offset) => write!(out, "topic, offset {offset}"),
            Self::Rows => out.write_str("rows"),
            Self::Store => out.write_str("store"),
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The log.
    pub origin: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong there. Holds nothing that a record says.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}: {}", self.origin, self.place, self.what)
    }
}

/// The findings so far: the first [`MOST_FINDINGS`], and how many more.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<Finding>,
    pub(super) more: u64,
}

/// Takes up the findings of one log.
pub(super) struct Found<'a> {
    origin: String,
    all: &'a mut Findings,
    damaged: BTreeSet<Family>,
}

impl<'a> Found<'a> {
    pub(super) fn in_log(origin: &str, all: &'a mut Findings) -> Self {
        Self {
            origin: origin.to_owned(),
            all,
            damaged: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, place: Place, what: impl Into<String>) {
        if self.all.kept.len() == MOST_FINDINGS {
            self.all.more += 1;
            return;
        }
        let finding = Finding {
            origin: self.origin.clone(),
            place,
            what: what.into(),
        };
        self.all.kept.push(finding);
    }

    /// A family that can't be read at some place: said once.
    pub(super) fn damaged(&mut self, family: Family, error: &dyn fmt::Display) {
        if self.damaged.insert(family) {
            self.add(
                Place::Store,
                format!("family {}: {error}", family.disk_name()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_its_log_and_place() {
        let place = Place::Tile {
            level: 1,
            index: 0,
            position: Some(7),
        };
        let finding = Finding {
            origin: "l/t/0/0".into(),
            place,
            what: "differs".into(),
        };
        assert_eq!(finding.to_string(), "l/t/0/0: tile 1/0, hash 7: differs");
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(json["place"]["kind"], "tile");
        assert_eq!(json["place"]["at"]["position"], 7);
    }

    #[test]
    fn findings_past_the_bound_are_counted() {
        let mut all = Findings::default();
        let mut found = Found::in_log("o", &mut all);
        (0..MOST_FINDINGS as u64 + 3).for_each(|n| found.add(Place::Entry(n), "differs"));
        assert_eq!((all.kept.len(), all.more), (MOST_FINDINGS, 3));
    }
}
