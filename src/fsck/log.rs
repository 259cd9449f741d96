//! One log, leaf by leaf.

use custodia_core::note::VerifierKey;

use super::checkpoints::Checkpoints;
use super::findings::{Findings, Found};
use super::leaves::{Chunk, Leaf, Vouched};
use super::line::Line;
use super::naive::{Facts, Hash, Tile, Tiles, root};
use super::shelf::{Held, Shelf, number};
use super::source::{Produced, Topic};
use super::tiles::{self, WIDTH};
use super::{Error, LogReport, Place};
use crate::keys::KeyStore;
use crate::log::layout::{CLOSED, CLOSING, ENTRIES, GENERATION, META, OPENED, PAYLOADS, STATE};
use crate::log::{Closing, Generation, Notice, State};
use crate::store::{KeyRange, Read};

/// What a log is checked with.
pub struct LogParts<'a> {
    /// The log's origin, as text.
    pub origin: &'a str,
    /// The log's store, or a snapshot of it where the log is being written to.
    pub store: &'a dyn Read,
    /// The keys of the ledger's payloads.
    pub keys: &'a KeyStore,
    /// The ledger's keys for this origin. Without any checkpoints' signatures go unchecked.
    pub verifiers: &'a [VerifierKey],
    /// How far each projection of the log says that it is: name and size.
    pub cursors: &'a [(String, u64)],
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The log.
    pub origin: &'a str,
    /// Leaves checked.
    pub done: u64,
    /// Leaves that the log has.
    pub size: u64,
}

/// Checks one log against itself, and against `produced` where it is given.
///
/// # Errors
/// [`Error::Source`] where the topic can't be read on. Faults of the log are no errors: they go to
/// the report.
pub fn check_log(
    parts: &LogParts<'_>,
    produced: Option<Produced<'_>>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<super::Report, Error> {
    let mut findings = Findings::default();
    let against = Against {
        produced,
        ..Against::default()
    };
    let start = Start::read(parts);
    let log = check(parts, &start, against, progress, &mut findings)?;
    Ok(super::Report::of(vec![log], findings))
}

/// What a log says of itself.
pub(super) struct Start {
    pub(super) state: Option<State>,
    pub(super) generation: Option<Generation>,
    pub(super) closing: Option<Closing>,
}

/// What a log is compared with beside itself.
pub(super) struct Against<'a> {
    /// The topic's records, where they were asked for and are there.
    pub(super) produced: Option<Produced<'a>>,
    /// They were asked for, and the topic is another now.
    pub(super) topic_gone: bool,
    /// Where the generation after this one begins in the same topic.
    pub(super) below: u64,
}

impl Default for Against<'_> {
    fn default() -> Self {
        Self {
            produced: None,
            topic_gone: false,
            below: u64::MAX,
        }
    }
}

impl Start {
    /// Reads what is there; what isn't is found again, and reported, by [`check`].
    pub(super) fn read(parts: &LogParts<'_>) -> Self {
        let get = |key| parts.store.get(META, key).ok().flatten();
        let state = get(STATE).and_then(|bytes| State::from_bytes(&bytes));
        let generation = get(GENERATION).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let closing = get(CLOSING).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            state,
            generation,
            closing,
        }
    }
}

pub(super) fn check(
    parts: &LogParts<'_>,
    start: &Start,
    against: Against<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
    findings: &mut Findings,
) -> Result<LogReport, Error> {
    let mut found = Found::in_log(parts.origin, findings);
    let shelf = Shelf(parts.store);
    check_meta(shelf, start, &mut found);
    let size = settle_size(shelf, start.state.as_ref(), &mut found);
    let offset = start
        .generation
        .as_ref()
        .map(|generation| generation.start_offset);
    let mut walk = Walk {
        parts,
        shelf,
        size,
        state_root: start
            .state
            .filter(|state| state.size == size)
            .map(|state| state.root),
        tree: Tiles::default(),
        tree_is_known: true,
        line: Line::new(shelf, offset, &mut found),
        checkpoints: Checkpoints::new(shelf, parts.origin, parts.verifiers, &mut found),
        topic: Topic::new(parts.origin, against.below, against.produced)?,
        topic_gone: against.topic_gone,
        payloads_opened: 0,
        erased: 0,
    };
    walk.walk(progress, &mut found)?;
    walk.end(start.state.as_ref(), &mut found)?;
    walk.check_closing(start.closing.as_ref(), &mut found);
    Ok(walk.report())
}

fn check_meta(shelf: Shelf<'_>, start: &Start, found: &mut Found<'_>) {
    for (key, readable, name) in [
        (STATE, start.state.is_some(), "its state"),
        (
            GENERATION,
            start.generation.is_some(),
            "what its generation fixes",
        ),
    ] {
        match shelf.get(META, key, found) {
            Held::There(_) if !readable => found.add(Place::State, format!("{name} can't be read")),
            Held::Missing => found.add(Place::State, format!("{name} is missing")),
            Held::There(_) | Held::Unread => {}
        }
    }
    check_notices(shelf, start, found);
}

fn check_notices(shelf: Shelf<'_>, start: &Start, found: &mut Found<'_>) {
    let (closing, closed) = (
        shelf.get(META, CLOSING, found),
        shelf.get(META, CLOSED, found),
    );
    if matches!(closing, Held::There(_)) && start.closing.is_none() {
        found.add(Place::State, "how it was closed can't be read");
    }
    let is_closed = !matches!(closing, Held::Missing);
    for (notice, must_be, name) in [
        (shelf.get(META, OPENED, found), true, "LogOpened"),
        (closed, is_closed, "LogClosed"),
    ] {
        match notice {
            Held::There(bytes) if must_be && Notice::from_bytes(&bytes).is_some() => {}
            Held::Missing if !must_be => {}
            Held::Unread => {}
            _ => found.add(
                Place::State,
                format!("its {name} event can't be read, or doesn't belong there"),
            ),
        }
    }
}

/// How many leaves there are: what two of state, entries and tiles say. Where no two agree, it is
/// the fewer of those on disk: what lies past them is named as such.
fn settle_size(shelf: Shelf<'_>, state: Option<&State>, found: &mut Found<'_>) -> u64 {
    let entries = shelf.last(ENTRIES, &KeyRange::all(), found);
    let entries = entries
        .and_then(|(key, _)| number(&key))
        .map_or(0, |last| last.saturating_add(1));
    let in_tiles = tiles::leaves_in_tiles(shelf, found);
    let said = state.map(|state| state.size);
    let size = match said {
        Some(said) if said == entries || said == in_tiles.unwrap_or(0) => said,
        _ => in_tiles.map_or(entries, |in_tiles| in_tiles.min(entries)),
    };
    if let Some(said) = said.filter(|said| *said != size) {
        found.add(
            Place::State,
            format!("says that there are {said} leaves, where {size} are"),
        );
    }
    size
}

/// The way over a log's leaves.
struct Walk<'a> {
    parts: &'a LogParts<'a>,
    shelf: Shelf<'a>,
    size: u64,
    /// The root that the state has for this size.
    state_root: Option<Hash>,
    tree: Tiles,
    /// Each leaf so far has a hash that is known.
    tree_is_known: bool,
    line: Line<'a>,
    checkpoints: Checkpoints<'a>,
    topic: Topic<'a>,
    topic_gone: bool,
    payloads_opened: u64,
    erased: u64,
}

impl Walk<'_> {
    fn walk(
        &mut self,
        progress: &mut dyn FnMut(Progress<'_>),
        found: &mut Found<'_>,
    ) -> Result<(), Error> {
        let origin = self.parts.origin;
        self.pass_checkpoint(found);
        let mut first = 0;
        while first < self.size {
            let end = self.size.min(first + WIDTH as u64);
            let chunk = Chunk::read(self.shelf, self.parts.keys, origin, first, end, found);
            self.pass_chunk(&chunk, found)?;
            first = end;
            progress(Progress {
                origin,
                done: end,
                size: self.size,
            });
        }
        Ok(())
    }

    fn pass_chunk(&mut self, chunk: &Chunk, found: &mut Found<'_>) -> Result<(), Error> {
        let vouched = self.vouched(chunk, found);
        for at in chunk.places() {
            let leaf = chunk.judge(at, vouched, &self.topic, found);
            self.pass_leaf(&leaf, &chunk.tile, found)?;
        }
        if self.tree.size() == self.size {
            for tile in self.tree.edge() {
                self.compare(&tile, &chunk.tile, found);
            }
        }
        Ok(())
    }

    fn pass_leaf(
        &mut self,
        leaf: &Leaf,
        tile: &Held<Vec<u8>>,
        found: &mut Found<'_>,
    ) -> Result<(), Error> {
        self.payloads_opened += u64::from(leaf.opened);
        self.erased += u64::from(leaf.erased);
        let facts = leaf.entry.as_ref().and_then(|entry| Facts::of(entry));
        self.line.pass(leaf.index, facts.as_ref(), found);
        self.topic.pass(leaf.index, leaf.entry.as_ref(), found)?;
        self.tree_is_known &= leaf.hash.is_some();
        for filled in self.tree.push(leaf.hash.unwrap_or_default()) {
            self.compare(&filled, tile, found);
        }
        self.pass_checkpoint(found);
        Ok(())
    }

    fn pass_checkpoint(&mut self, found: &mut Found<'_>) {
        let (tree, known) = (&self.tree, self.tree_is_known);
        self.checkpoints
            .pass(tree.size(), || known.then(|| tree.root()), found);
    }

    /// Compares a tile; `level_0` is the stored one of the leaves passed last.
    fn compare(&self, tile: &Tile, level_0: &Held<Vec<u8>>, found: &mut Found<'_>) {
        if tile.level == 0 {
            tiles::compare(tile, level_0, found);
        } else if self.tree_is_known {
            let stored = tiles::read(self.shelf, tile.level, tile.index, found);
            tiles::compare(tile, &stored, found);
        }
    }

    /// Whom the tree above vouches for, where entries and their tile differ.
    fn vouched(&self, chunk: &Chunk, found: &mut Found<'_>) -> Vouched {
        let Some((by_entry, by_tile)) = chunk.both_ways() else {
            return Vouched::Neither;
        };
        let above = self.root_above(by_tile.len(), found);
        let is_vouched =
            |hashes: &[Hash]| above.is_some_and(|above| self.root_with(hashes) == above);
        if is_vouched(&by_tile) {
            Vouched::Tile
        } else if is_vouched(&by_entry) {
            Vouched::Entries
        } else {
            Vouched::Neither
        }
    }

    /// What the next `count` leaves must come to: their hash in the tile above, or the log's root
    /// where they are the last and fill no tile.
    fn root_above(&self, count: usize, found: &mut Found<'_>) -> Option<Hash> {
        if count < WIDTH {
            return self.state_root;
        }
        let (index, width) = (self.tree.size() / WIDTH as u64, WIDTH as u64);
        let above = tiles::stored_hashes(&tiles::read(self.shelf, 1, index / width, found));
        above.get(usize::try_from(index % width).ok()?).copied()
    }

    fn root_with(&self, hashes: &[Hash]) -> Hash {
        if hashes.len() == WIDTH {
            return root(hashes);
        }
        let mut tree = self.tree.clone();
        for hash in hashes {
            tree.push(*hash);
        }
        tree.root()
    }

    fn end(&mut self, state: Option<&State>, found: &mut Found<'_>) -> Result<(), Error> {
        self.line.end(self.size, found);
        self.checkpoints.end(self.size, found);
        self.topic.end(found)?;
        tiles::find_strays(self.shelf, &self.tree, found);
        self.find_leaves_past_the_end(found);
        if let Some(state) = state {
            self.check_state(state, found);
        }
        for (name, size) in self
            .parts
            .cursors
            .iter()
            .filter(|(_, size)| *size > self.size)
        {
            let what = format!("{name} is at {size}, past the log's {} leaves", self.size);
            found.add(Place::Rows, what);
        }
        Ok(())
    }

    fn find_leaves_past_the_end(&self, found: &mut Found<'_>) {
        let size = self.size;
        self.shelf
            .each_number(ENTRIES, size, None, found, &mut |index, _, found| {
                found.add(Place::Entry(index), format!("past the log's {size} leaves"));
            });
        self.shelf
            .each_number(PAYLOADS, size, None, found, &mut |index, _, found| {
                found.add(
                    Place::Payload(index),
                    format!("past the log's {size} leaves"),
                );
            });
    }

    fn check_state(&self, state: &State, found: &mut Found<'_>) {
        let mut differ = |what: &str| found.add(Place::State, what);
        if self.tree_is_known && state.size == self.size && state.root != self.tree.root() {
            differ("its root is not the tree's");
        }
        let position = &state.position;
        if self.line.knows_last() {
            if position.last_offset != self.line.last {
                differ("its last offset is not the last leaf's");
            }
            if Some(position.next_offset) != self.line.next {
                differ("its next offset is not the one after the last leaf's");
            }
        }
        if self.line.knows_latest() && state.latest_ms != self.line.latest_ms {
            differ("its latest timestamp is not that of any leaf");
        }
        if position.leader_epoch.is_some_and(|epoch| epoch < 0) {
            differ("its leader epoch is negative");
        }
    }

    fn check_closing(&self, closing: Option<&Closing>, found: &mut Found<'_>) {
        let Some(closing) = closing else { return };
        let other_root = self.tree_is_known && closing.root != self.tree.root();
        if closing.size != self.size || other_root {
            let what = format!(
                "it was closed with {} leaves, and has {} or another root",
                closing.size, self.size
            );
            found.add(Place::State, what);
        }
    }

    fn report(&self) -> LogReport {
        LogReport {
            origin: self.parts.origin.to_owned(),
            size: self.size,
            root: self.tree.root(),
            leaves_checked: self.tree.size(),
            payloads_opened: self.payloads_opened,
            erased: self.erased,
            records_compared: self.topic.compared,
            topic_gone: self.topic_gone,
            checkpoints: self.checkpoints.good,
        }
    }
}
