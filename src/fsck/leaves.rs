//! The leaves of one level-0 tile: entry, payload and hash beside each other.

use custodia_core::record::Record;

use super::Place;
use super::findings::Found;
use super::naive::{self, ENTRY_BYTES, Facts, Hash, leaf_hash};
use super::shelf::{Held, Shelf};
use super::source::Topic;
use super::tiles::{self, WIDTH};
use crate::keys::{KeyStore, open_payload};
use crate::log::layout::{ENTRIES, PAYLOADS, REMAINS};

type Entry = [u8; ENTRY_BYTES];

const LOCATOR_BYTES: usize = 32;

/// What a payload gives.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Payload {
    /// Its record, and the entry of that.
    Opened(Box<Entry>),
    /// Why it doesn't open.
    Fails(String),
    Missing,
    /// There is none, and what remains of it is there.
    Erased,
    /// The payload, or the entry that it is sealed for, can't be read.
    Unread,
}

/// What lies on disk of the leaves of one level-0 tile.
pub(super) struct Chunk {
    first: u64,
    entries: Vec<Held<Vec<u8>>>,
    payloads: Vec<Payload>,
    /// The level-0 tile as it is stored.
    pub(super) tile: Held<Vec<u8>>,
    hashes: Vec<Hash>,
}

/// What a leaf comes to.
pub(super) struct Leaf {
    /// The leaf's index.
    pub(super) index: u64,
    /// The hash that stands in the tree; none where neither entry nor tile can be read.
    pub(super) hash: Option<Hash>,
    /// Its entry, where it is known to be what was hashed.
    pub(super) entry: Option<Entry>,
    /// Whether its payload gave its record.
    pub(super) opened: bool,
    /// Whether it has no payload, rightly as far as can be told.
    pub(super) erased: bool,
}

/// Which of two that differ is right, by the tree above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vouched {
    Entries,
    Tile,
    Neither,
}

impl Chunk {
    /// Reads the leaves from `first`, the start of a tile, up to `end`.
    pub(super) fn read(
        shelf: Shelf<'_>,
        keys: &KeyStore,
        origin: &str,
        first: u64,
        end: u64,
        found: &mut Found<'_>,
    ) -> Self {
        let entries = read_entries(shelf, first, end, found);
        let payloads = read_payloads(shelf, keys, origin, first, &entries, found);
        let tile = tiles::read(shelf, 0, first / WIDTH as u64, found);
        let hashes = tiles::stored_hashes(&tile);
        Self {
            first,
            entries,
            payloads,
            tile,
            hashes,
        }
    }

    /// The leaves' hashes by their entries and by their tile, where both are whole and differ: the
    /// tree above may vouch for one.
    pub(super) fn both_ways(&self) -> Option<(Vec<Hash>, Vec<Hash>)> {
        let by_entry: Option<Vec<Hash>> = self
            .entries
            .iter()
            .map(|entry| whole(entry).map(|e| leaf_hash(&e)))
            .collect();
        let by_entry = by_entry?;
        let by_tile = self.hashes.get(..self.entries.len())?.to_vec();
        (by_entry != by_tile).then_some((by_entry, by_tile))
    }

    /// The leaves' places in the chunk.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + use<> {
        0..self.entries.len()
    }

    /// Judges one leaf; `at` counts from the tile's start.
    pub(super) fn judge(
        &self,
        at: usize,
        vouched: Vouched,
        topic: &Topic<'_>,
        found: &mut Found<'_>,
    ) -> Leaf {
        let index = self.first + at as u64;
        let in_tile = self.hashes.get(at).copied();
        let (held, payload) = (&self.entries[at], &self.payloads[at]);
        let entry = match wrong_entry(held, payload, in_tile.as_ref(), vouched) {
            None => whole(held),
            Some(what) => {
                if let Some(what) = what {
                    found.add(Place::Entry(index), what);
                }
                None
            }
        };
        let Some(entry) = entry else {
            let entry = in_tile.and_then(|hash| topic.entry_of(&hash));
            return Leaf {
                index,
                hash: in_tile,
                entry,
                opened: false,
                erased: false,
            };
        };
        let (mut opened, mut erased) = (false, false);
        match payload {
            Payload::Opened(gives) if **gives == entry => opened = true,
            Payload::Opened(_) => {
                found.add(
                    Place::Payload(index),
                    "opens, but its record gives another entry",
                );
            }
            Payload::Fails(what) => found.add(Place::Payload(index), what.clone()),
            Payload::Erased => erased = true,
            Payload::Missing => {
                let what = "missing, and nothing says that it was erased";
                found.add(Place::Payload(index), what);
            }
            Payload::Unread => {}
        }
        Leaf {
            index,
            hash: Some(leaf_hash(&entry)),
            entry: Some(entry),
            opened,
            erased,
        }
    }
}

/// What is wrong with the entry itself, and not with the tile or the payload: `None` for nothing,
/// `Some(None)` where the store can't read it.
#[allow(clippy::option_option)]
fn wrong_entry(
    held: &Held<Vec<u8>>,
    payload: &Payload,
    in_tile: Option<&Hash>,
    vouched: Vouched,
) -> Option<Option<String>> {
    let bytes = match held {
        Held::There(bytes) => bytes,
        Held::Missing => return Some(Some("missing".into())),
        Held::Unread => return Some(None),
    };
    let hash = leaf_hash(bytes);
    let differs = in_tile.is_some_and(|in_tile| *in_tile != hash);
    if whole(held).is_none() {
        return Some(Some(format!("its {} bytes are no entry", bytes.len())));
    }
    let sealed_for_it = matches!(payload, Payload::Opened(gives) if gives[..] == bytes[..]);
    let stands = match vouched {
        Vouched::Entries => true,
        Vouched::Tile => false,
        Vouched::Neither => sealed_for_it,
    };
    if !differs || stands {
        return None;
    }
    let what = match payload {
        Payload::Fails(_) => "its hash is not the tile's, and its payload is not sealed for it",
        _ => "its hash is not the tile's",
    };
    Some(Some(what.into()))
}

fn whole(held: &Held<Vec<u8>>) -> Option<Entry> {
    let Held::There(bytes) = held else {
        return None;
    };
    Facts::of(bytes)?;
    bytes.as_slice().try_into().ok()
}

/// Where in a chunk the leaf `index` stands.
fn place_in(first: u64, index: u64) -> usize {
    usize::try_from(index - first).unwrap_or(usize::MAX)
}

fn read_entries(
    shelf: Shelf<'_>,
    first: u64,
    end: u64,
    found: &mut Found<'_>,
) -> Vec<Held<Vec<u8>>> {
    let mut entries = vec![Held::Missing; place_in(first, end)];
    let all = shelf.each_number(ENTRIES, first, Some(end), found, &mut |index, bytes, _| {
        if let Some(entry) = entries.get_mut(place_in(first, index)) {
            *entry = Held::There(bytes.to_vec());
        }
    });
    if !all {
        entries
            .iter_mut()
            .filter(|e| **e == Held::Missing)
            .for_each(|e| *e = Held::Unread);
    }
    entries
}

fn read_payloads(
    shelf: Shelf<'_>,
    keys: &KeyStore,
    origin: &str,
    first: u64,
    entries: &[Held<Vec<u8>>],
    found: &mut Found<'_>,
) -> Vec<Payload> {
    let mut payloads = vec![Payload::Missing; entries.len()];
    let end = first + entries.len() as u64;
    let all = shelf.each_number(PAYLOADS, first, Some(end), found, &mut |index, bytes, _| {
        let at = place_in(first, index);
        if let (Some(payload), Some(entry)) = (payloads.get_mut(at), entries.get(at)) {
            *payload = match whole(entry) {
                Some(entry) => open(keys, origin, &entry, bytes),
                None => Payload::Unread,
            };
        }
    });
    let all =
        all && shelf.each_number(REMAINS, first, Some(end), found, &mut |index, _, found| {
            match payloads.get_mut(place_in(first, index)) {
                Some(payload) if *payload == Payload::Missing => *payload = Payload::Erased,
                _ => found.add(Place::Payload(index), "there, and said to be erased"),
            }
        });
    if !all {
        payloads
            .iter_mut()
            .filter(|p| **p == Payload::Missing)
            .for_each(|p| *p = Payload::Unread);
    }
    payloads
}

fn open(keys: &KeyStore, origin: &str, entry: &Entry, payload: &[u8]) -> Payload {
    match opened_record(keys, origin, entry, payload) {
        Ok(record) => Payload::Opened(Box::new(naive::entry(&record))),
        Err(what) => Payload::Fails(what),
    }
}

fn opened_record(
    keys: &KeyStore,
    origin: &str,
    entry: &Entry,
    payload: &[u8],
) -> Result<Record, String> {
    let Some((locator, sealed)) = payload.split_first_chunk::<LOCATOR_BYTES>() else {
        return Err(format!("cut short at {} bytes", payload.len()));
    };
    let key = keys.find_located(origin, locator);
    let key = key.map_err(|e| format!("its key can't be read: {e}"))?;
    let Some(key) = key else {
        return Err(
            "the key store has no key for it: an erasure was cut short, or it is damaged".into(),
        );
    };
    let clear = open_payload(&key, origin, entry, sealed)
        .map_err(|_| "does not open under its key for its entry".to_owned())?;
    Record::decode(&clear).map_err(|e| format!("opens, but to no record: {e}"))
}
