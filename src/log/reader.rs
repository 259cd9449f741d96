//! Reading a log: entries, nodes, proofs, sealed records, checkpoints.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use custodia_core::entry::{ENTRY_BYTES, Entry};
use custodia_core::origin::Origin;
use custodia_core::record::Record;
use custodia_core::tree::tile::TileId;
use custodia_core::tree::{
    self, Frontier, Hash, ProveError, TileNodes, TileNodesError as NodesError,
};

use super::edge::{Edge, TILE_WIDTH};
use super::layout::{
    CHECKPOINTS, CLOCKS, ENTRIES, GAPS, GENERATION, LAYOUT, META, OPENED, PAYLOADS, STATE, TILES,
    number, tile_key,
};
use super::tail::TailCell;
use super::{Error, Generation, State, Tail};
use crate::keys::{KeyStore, SubjectKey, open_payload};
use crate::store::{Batch, Direction, Durability, Family, KeyRange, Pair, Read, Shared, Store};

/// One log, open. Shared by its writer and any number of readers.
pub struct Log {
    pub(super) origin: Origin,
    pub(super) name: String,
    pub(super) store: Arc<Store>,
    pub(super) tail: TailCell,
    pub(super) has_writer: AtomicBool,
    generation: Generation,
}

/// The `LogOpened` event of a log, and whether the registry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The event's bytes, as they are sent.
    pub event: Vec<u8>,
    /// Whether Kafka has acknowledged it.
    pub announced: bool,
}

impl Log {
    /// Makes a new log of size 0 in a new folder.
    ///
    /// # Errors
    /// Where the folder can't be made, or something is there.
    pub fn create(
        path: &Path,
        origin: &Origin,
        generation: &Generation,
        opened_event: &[u8],
        shared: &Shared,
    ) -> Result<(), Error> {
        let name = origin.to_string();
        let store = Store::create(path, LAYOUT, shared).map_err(|e| store_error(&name, e))?;
        let facts = serde_json::to_vec(&generation).map_err(|e| Error::Corrupt {
            origin: name.clone(),
            what: format!("its generation can't be written: {e}"),
        })?;
        let mut batch = Batch::new();
        batch.put(META, GENERATION, &facts);
        batch.put(
            META,
            STATE,
            &State::empty(generation.start_offset).to_bytes(),
        );
        batch.put(META, OPENED, &opening_bytes(false, opened_event));
        store
            .write(&batch, Durability::Synced)
            .map_err(|e| store_error(&name, e))
    }

    /// Opens a log that is there, and holds its tiles against its recorded root.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where what lies on disk contradicts itself.
    pub fn open(path: &Path, origin: Origin, shared: &Shared) -> Result<Arc<Self>, Error> {
        let name = origin.to_string();
        let store = Store::open(path, LAYOUT, shared).map_err(|e| store_error(&name, e))?;
        let generation = read_generation(&store, &name)?;
        let state = read_state(&store, &name)?;
        let tail = TailCell::new(tail_of(&state));
        let has_writer = AtomicBool::new(false);
        let log = Self {
            origin,
            name,
            store: Arc::new(store),
            tail,
            has_writer,
            generation,
        };
        log.check_against_tiles(&state)?;
        Ok(Arc::new(log))
    }

    /// The log's origin.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The origin as text: what checkpoints, keys and proofs say.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What this generation fixes.
    pub fn generation(&self) -> &Generation {
        &self.generation
    }

    /// The store, for the rows that lie beside the leaves.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What is on disk now.
    pub fn tail(&self) -> Tail {
        self.tail.get()
    }

    /// Waits until the log is larger than `size` or its writer has stopped, `timeout` at most.
    pub fn wait_beyond(&self, size: u64, timeout: Duration) -> Tail {
        self.tail.wait_beyond(size, timeout)
    }

    /// Size, root and position, read from disk.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where there is none or it can't be read.
    pub fn state(&self) -> Result<State, Error> {
        read_state(&self.store, &self.name)
    }

    /// The entry of leaf `index`.
    ///
    /// # Errors
    /// [`Error::PastEnd`]; [`Error::Corrupt`] where the entry is missing or is none.
    pub fn entry(&self, index: u64) -> Result<Entry, Error> {
        Ok(self.entry_and_bytes(index)?.0)
    }

    /// The entry of leaf `index`, decoded and as it is hashed.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn entry_and_bytes(&self, index: u64) -> Result<(Entry, [u8; ENTRY_BYTES]), Error> {
        self.below_size("leaf", index)?;
        let bytes = self.get(ENTRIES, &index.to_be_bytes())?;
        let bytes = bytes.ok_or_else(|| self.corrupt(format!("entry {index} is missing")))?;
        self.decode_entry(index, &bytes)
    }

    /// The entries from `from` on, at most `most`, in order.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn entries(&self, from: u64, most: usize) -> Result<Vec<[u8; ENTRY_BYTES]>, Error> {
        let end = self.tail().size.min(from.saturating_add(most as u64));
        let mut out = Vec::new();
        let range = KeyRange::between(&from.to_be_bytes(), &end.to_be_bytes());
        for row in self.rows(ENTRIES, &range, Direction::Ascending)? {
            let (key, bytes) = row.map_err(|e| store_error(&self.name, e))?;
            let expected = from + out.len() as u64;
            if number(&key) != Some(expected) {
                return Err(self.corrupt(format!("entry {expected} is missing")));
            }
            out.push(self.decode_entry(expected, &bytes)?.1);
        }
        if from + (out.len() as u64) < end {
            return Err(self.corrupt(format!("entry {} is missing", from + out.len() as u64)));
        }
        Ok(out)
    }

    /// The root at `size`.
    ///
    /// # Errors
    /// [`Error::PastEnd`]; [`Error::Corrupt`] where a tile is missing.
    pub fn root_at(&self, size: u64) -> Result<Hash, Error> {
        self.within_size("size", size)?;
        tree::root(&self.nodes(size), size).map_err(|e| self.unreadable(e))
    }

    /// The inclusion proof of leaf `index` at `size`.
    ///
    /// # Errors
    /// As [`Self::root_at`].
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.within_size("size", size)?;
        if index >= size {
            return Err(self.past_end("leaf", index, size));
        }
        let proof = tree::inclusion_proof(&self.nodes(size), index, size);
        proof.map_err(|e| self.unprovable(e))
    }

    /// The proof that the tree of size `new` extends that of size `old`, which is not 0.
    ///
    /// # Errors
    /// As [`Self::root_at`].
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        self.within_size("size", new)?;
        if old > new {
            return Err(self.past_end("size", old, new));
        }
        let proof = tree::consistency_proof(&self.nodes(new), old, new);
        proof.map_err(|e| self.unprovable(e))
    }

    /// The complete-subtree nodes of the first `size` leaves, read from tiles.
    pub fn nodes(&self, size: u64) -> TileNodes<impl Fn(TileId) -> Result<Vec<u8>, Error> + '_> {
        TileNodes::new(size, |id: TileId| {
            let tile = self.tile(id.level, id.index)?;
            tile.ok_or_else(|| self.corrupt(format!("{id} is missing")))
        })
    }

    /// The hashes of a tile as they are stored, where it is there.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        self.get(TILES, &tile_key(level, index))
    }

    /// The locator of leaf `index`'s key and its sealed record; none once it is erased.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn sealed_payload(&self, index: u64) -> Result<Option<Vec<u8>>, Error> {
        self.get(PAYLOADS, &index.to_be_bytes())
    }

    /// The record of leaf `index`; none once payload or key is erased.
    ///
    /// # Errors
    /// Where payload or key can't be read, or don't fit each other.
    pub fn record(&self, keys: &KeyStore, index: u64) -> Result<Option<Record>, Error> {
        let (_, entry) = self.entry_and_bytes(index)?;
        let Some(payload) = self.sealed_payload(index)? else {
            return Ok(None);
        };
        self.open_record(keys, index, &entry, &payload)
    }

    /// Opens the sealed payload of leaf `index`, whose entry's bytes are `entry`.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub fn open_record(
        &self,
        keys: &KeyStore,
        index: u64,
        entry: &[u8; ENTRY_BYTES],
        payload: &[u8],
    ) -> Result<Option<Record>, Error> {
        Ok(self
            .open_with_key(keys, index, entry, payload)?
            .map(|(record, _)| record))
    }

    /// As [`Self::open_record`], with the key that opened it: asked for by its label instead, a
    /// key that was destroyed meanwhile would be made anew.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub fn open_with_key(
        &self,
        keys: &KeyStore,
        index: u64,
        entry: &[u8; ENTRY_BYTES],
        payload: &[u8],
    ) -> Result<Option<(Record, SubjectKey)>, Error> {
        let Some((locator, sealed)) = payload.split_first_chunk() else {
            return Err(self.corrupt(format!("payload {index} is cut short")));
        };
        let Some(key) = keys.find_located(&self.name, locator)? else {
            return Ok(None);
        };
        let clear = open_payload(&key, &self.name, entry, sealed)
            .map_err(|_| self.corrupt(format!("payload {index} doesn't open under its key")))?;
        let record = Record::decode(&clear);
        let record = record.map_err(|e| self.corrupt(format!("payload {index}: {e}")))?;
        Ok(Some((record, key)))
    }

    /// The leaf that stands for a Kafka offset.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn index_of_offset(&self, offset: u64) -> Result<Option<u64>, Error> {
        let (mut low, mut high) = (0, self.tail().size);
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.entry(middle)?.offset;
            match at.cmp(&offset) {
                std::cmp::Ordering::Equal => return Ok(Some(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// The largest n ≤ `limit` such that none of the first n leaves has a timestamp later than
    /// `time_ms`; leaves without a timestamp count as not later (design §2, two times).
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn size_at(&self, time_ms: i64, limit: u64) -> Result<u64, Error> {
        let limit = limit.min(self.tail().size);
        let (mut low, mut high) = (0, limit / TILE_WIDTH);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.latest_through_tile(middle)? <= time_ms {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut size = low * TILE_WIDTH;
        let width = usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX);
        for entry in self.entries(size, width)? {
            let later = self.decode_entry(size, &entry)?.0.timestamp_ms > time_ms;
            if later || size == limit {
                break;
            }
            size += 1;
        }
        Ok(size)
    }

    /// The gaps in the partition's offsets, as `(first missing, first after)`.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn gaps(&self) -> Result<Vec<(u64, u64)>, Error> {
        let mut out = Vec::new();
        for row in self.rows(GAPS, &KeyRange::all(), Direction::Ascending)? {
            let (key, value) = row.map_err(|e| store_error(&self.name, e))?;
            let gap = number(&key).zip(number(&value));
            out.push(gap.ok_or_else(|| self.corrupt("a gap is not two numbers".into()))?);
        }
        Ok(out)
    }

    /// Keeps a signed checkpoint; the ledger keeps all it signed.
    ///
    /// # Errors
    /// Where the write fails.
    pub fn keep_checkpoint(&self, size: u64, signed: &str) -> Result<(), Error> {
        let mut batch = Batch::new();
        batch.put(CHECKPOINTS, &size.to_be_bytes(), signed.as_bytes());
        self.store
            .write(&batch, Durability::Synced)
            .map_err(|e| store_error(&self.name, e))
    }

    /// The earliest signed checkpoint of at least `size`, with its size.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn checkpoint_covering(&self, size: u64) -> Result<Option<(u64, String)>, Error> {
        let range = KeyRange::starting_at(&size.to_be_bytes());
        self.first_checkpoint(&range, Direction::Ascending)
    }

    /// The largest signed checkpoint, with its size.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn latest_checkpoint(&self) -> Result<Option<(u64, String)>, Error> {
        self.first_checkpoint(&KeyRange::all(), Direction::Descending)
    }

    /// Every signed checkpoint, with its size, ascending.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn checkpoints(&self) -> Result<Vec<(u64, String)>, Error> {
        let rows = self.rows(CHECKPOINTS, &KeyRange::all(), Direction::Ascending)?;
        rows.map(|row| self.read_checkpoint(row)).collect()
    }

    /// The log's `LogOpened` event.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn opening(&self) -> Result<Opening, Error> {
        let bytes = self.get(META, OPENED)?.unwrap_or_default();
        match bytes.split_first() {
            Some((flag @ (0 | 1), event)) => Ok(Opening {
                event: event.to_vec(),
                announced: *flag == 1,
            }),
            _ => Err(self.corrupt("its LogOpened event can't be read".into())),
        }
    }

    /// Records that the registry has the `LogOpened` event.
    ///
    /// # Errors
    /// Where the write fails.
    pub fn mark_announced(&self) -> Result<(), Error> {
        let opening = self.opening()?;
        let mut batch = Batch::new();
        batch.put(META, OPENED, &opening_bytes(true, &opening.event));
        self.store
            .write(&batch, Durability::Synced)
            .map_err(|e| store_error(&self.name, e))
    }

    pub(super) fn load_edge(&self, size: u64) -> Result<(Frontier, Edge), Error> {
        let mut partials = Vec::new();
        let mut width = size;
        for level in 0u8.. {
            if width == 0 {
                break;
            }
            let index = width / TILE_WIDTH;
            let partial = match width % TILE_WIDTH {
                0 => Vec::new(),
                hashes => self.partial_tile(level, index, hashes)?,
            };
            partials.push((index, partial));
            width /= TILE_WIDTH;
        }
        let frontier = Frontier::read(&self.nodes(size), size).map_err(|e| self.unprovable(e))?;
        Ok((frontier, Edge::from_partials(partials)))
    }

    fn partial_tile(&self, level: u8, index: u64, hashes: u64) -> Result<Vec<u8>, Error> {
        let tile = self.tile(level, index)?.unwrap_or_default();
        if tile.len() as u64 == hashes * 32 {
            return Ok(tile);
        }
        Err(self.corrupt(format!(
            "tile {level}/{index} has {} bytes where {hashes} hashes belong",
            tile.len()
        )))
    }

    fn check_against_tiles(&self, state: &State) -> Result<(), Error> {
        let (frontier, _) = self.load_edge(state.size)?;
        if frontier.root() == state.root {
            return Ok(());
        }
        Err(self.corrupt(format!(
            "the tiles don't give the recorded root at size {}",
            state.size
        )))
    }

    fn latest_through_tile(&self, tile: u64) -> Result<i64, Error> {
        let bytes = self.get(CLOCKS, &tile.to_be_bytes())?;
        let bytes: Option<[u8; 8]> = bytes.and_then(|b| b.try_into().ok());
        let missing = || self.corrupt(format!("the latest timestamp of tile {tile} is missing"));
        bytes.map(i64::from_be_bytes).ok_or_else(missing)
    }

    fn decode_entry(&self, index: u64, bytes: &[u8]) -> Result<(Entry, [u8; ENTRY_BYTES]), Error> {
        let entry =
            Entry::from_bytes(bytes).map_err(|e| self.corrupt(format!("entry {index}: {e}")))?;
        Ok((entry, entry.to_bytes()))
    }

    fn first_checkpoint(
        &self,
        range: &KeyRange,
        direction: Direction,
    ) -> Result<Option<(u64, String)>, Error> {
        let first = self.rows(CHECKPOINTS, range, direction)?.next();
        first.map(|row| self.read_checkpoint(row)).transpose()
    }

    fn read_checkpoint(
        &self,
        row: Result<Pair, crate::store::Error>,
    ) -> Result<(u64, String), Error> {
        let (key, value) = row.map_err(|e| store_error(&self.name, e))?;
        let signed = String::from_utf8(value.into_vec()).ok();
        let read = number(&key).zip(signed);
        read.ok_or_else(|| self.corrupt("a kept checkpoint is not text under a size".into()))
    }

    pub(super) fn rows(
        &self,
        family: Family,
        range: &KeyRange,
        direction: Direction,
    ) -> Result<crate::store::Pairs<'_>, Error> {
        self.store
            .iterate(family, range, direction)
            .map_err(|e| store_error(&self.name, e))
    }

    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.store
            .get(family, key)
            .map_err(|e| store_error(&self.name, e))
    }

    fn below_size(&self, what: &'static str, asked: u64) -> Result<(), Error> {
        let size = self.tail().size;
        if asked < size {
            Ok(())
        } else {
            Err(self.past_end(what, asked, size))
        }
    }

    fn within_size(&self, what: &'static str, asked: u64) -> Result<(), Error> {
        let size = self.tail().size;
        if asked <= size {
            Ok(())
        } else {
            Err(self.past_end(what, asked, size))
        }
    }

    fn past_end(&self, what: &'static str, asked: u64, size: u64) -> Error {
        Error::PastEnd {
            origin: self.name.clone(),
            what,
            asked,
            size,
        }
    }

    fn unreadable(&self, error: NodesError<Error>) -> Error {
        match error {
            NodesError::Read { source, .. } => source,
            other => self.corrupt(other.to_string()),
        }
    }

    fn unprovable(&self, error: ProveError<NodesError<Error>>) -> Error {
        match error {
            ProveError::Nodes(error) => self.unreadable(error),
            ProveError::NoSuchProof(error) => self.corrupt(error.to_string()),
        }
    }

    pub(super) fn corrupt(&self, what: String) -> Error {
        Error::Corrupt {
            origin: self.name.clone(),
            what,
        }
    }
}

pub(super) fn store_error(origin: &str, source: crate::store::Error) -> Error {
    Error::Store {
        origin: origin.to_owned(),
        source,
    }
}

pub(super) fn tail_of(state: &State) -> Tail {
    let next_offset = state.position.next_offset;
    Tail {
        size: state.size,
        root: state.root,
        next_offset,
        closed: false,
    }
}

fn opening_bytes(announced: bool, event: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::from(announced)];
    bytes.extend_from_slice(event);
    bytes
}

fn read_generation(store: &Store, name: &str) -> Result<Generation, Error> {
    let bytes = store
        .get(META, GENERATION)
        .map_err(|e| store_error(name, e))?;
    let read = serde_json::from_slice(&bytes.unwrap_or_default());
    read.map_err(|e| Error::Corrupt {
        origin: name.to_owned(),
        what: format!("what its generation fixes can't be read: {e}"),
    })
}

fn read_state(store: &Store, name: &str) -> Result<State, Error> {
    let bytes = store.get(META, STATE).map_err(|e| store_error(name, e))?;
    State::from_bytes(&bytes.unwrap_or_default()).ok_or_else(|| Error::Corrupt {
        origin: name.to_owned(),
        what: "its state is missing or of an unknown version".into(),
    })
}
