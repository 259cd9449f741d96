//! Kept checkpoints beside the roots computed again.

use custodia_core::checkpoint::{self, Checkpoint};
use custodia_core::note::{Note, VerifierKey};

use super::Place;
use super::findings::Found;
use super::naive::Hash;
use super::shelf::{Shelf, number, odd_key};
use crate::log::layout::CHECKPOINTS;
use crate::store::{Direction, KeyRange, Pairs};

/// Walks the kept checkpoints while the tree grows.
pub(super) struct Checkpoints<'a> {
    origin: String,
    verifiers: &'a [VerifierKey],
    rows: Option<Pairs<'a>>,
    next: Option<(u64, Box<[u8]>)>,
    /// How many are as they should be.
    pub(super) good: u64,
}

impl<'a> Checkpoints<'a> {
    pub(super) fn new(
        shelf: Shelf<'a>,
        origin: &str,
        verifiers: &'a [VerifierKey],
        found: &mut Found<'_>,
    ) -> Self {
        let rows = shelf
            .0
            .iterate(CHECKPOINTS, &KeyRange::all(), Direction::Ascending);
        let rows = rows
            .map_err(|error| found.damaged(CHECKPOINTS, &error))
            .ok();
        let mut all = Self {
            origin: origin.to_owned(),
            verifiers,
            rows,
            next: None,
            good: 0,
        };
        all.advance(found);
        all
    }

    fn advance(&mut self, found: &mut Found<'_>) {
        self.next = None;
        while let Some(row) = self.rows.as_mut().and_then(Iterator::next) {
            match row.map(|(key, signed)| (number(&key), key, signed)) {
                Ok((Some(size), _, signed)) => return self.next = Some((size, signed)),
                Ok((None, key, _)) => odd_key(CHECKPOINTS, &key, found),
                Err(error) => found.damaged(CHECKPOINTS, &error),
            }
        }
    }

    /// The tree has `size` leaves; `root` gives its root, or `None` where it isn't known.
    pub(super) fn pass(
        &mut self,
        size: u64,
        root: impl FnOnce() -> Option<Hash>,
        found: &mut Found<'_>,
    ) {
        let Some((_, signed)) = self.next.take_if(|(at, _)| *at == size) else {
            return;
        };
        match self.check(size, &signed, root()) {
            Ok(()) => self.good += 1,
            Err(what) => found.add(Place::Checkpoint(size), what),
        }
        self.advance(found);
    }

    fn check(&self, size: u64, signed: &[u8], root: Option<Hash>) -> Result<(), String> {
        let opened = self.open(signed)?;
        if opened.origin != self.origin {
            return Err(format!("is of the log {:?}", opened.origin));
        }
        if opened.size != size {
            return Err(format!("says that its size is {}", opened.size));
        }
        match root {
            Some(root) if root != opened.root => Err("its root is not the tree's".into()),
            _ => Ok(()),
        }
    }

    fn open(&self, signed: &[u8]) -> Result<Checkpoint, String> {
        let opened = Note::parse(signed)
            .map_err(checkpoint::Error::from)
            .and_then(|note| {
                if !self.verifiers.is_empty() {
                    note.verified_by(self.verifiers)?;
                }
                Checkpoint::parse(note.text())
            });
        opened.map_err(|error| error.to_string())
    }

    /// Names what lies past the log's end.
    pub(super) fn end(&mut self, size: u64, found: &mut Found<'_>) {
        while let Some((at, _)) = self.next.take() {
            let what = format!("is larger than the log, which has {size} leaves");
            found.add(Place::Checkpoint(at), what);
            self.advance(found);
        }
    }
}
