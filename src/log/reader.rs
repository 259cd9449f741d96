//! One log, open: making and opening it, its entries and sealed records.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use custodia_core::entry::{ENTRY_BYTES, Entry};
use custodia_core::origin::Origin;
use custodia_core::record::Record;

use super::layout::{CLOSING, ENTRIES, GENERATION, LAYOUT, META, OPENED, PAYLOADS, STATE, number};
use super::notice::Notice;
use super::tail::TailCell;
use super::{Closing, Error, Generation, State, Tail};
use crate::keys::{KeyStore, SubjectKey, open_payload};
use crate::store::{Batch, Direction, Family, KeyRange, Read, Shared, Store};

/// One log, open. Shared by its writer and any number of readers.
pub struct Log {
    pub(super) origin: Origin,
    pub(super) name: String,
    pub(super) store: Arc<Store>,
    pub(super) tail: TailCell,
    pub(super) has_writer: AtomicBool,
    /// Held by the writer from asking for keys until what they seal is on disk.
    pub(super) sealing: Mutex<()>,
    pub(super) closing: OnceLock<Closing>,
    generation: Generation,
}

impl Log {
    /// Makes a new log of size 0 in a new folder: whole, or not at all.
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
        let facts = serde_json::to_vec(&generation).map_err(|e| Error::Corrupt {
            origin: name.clone(),
            what: format!("its generation can't be written: {e}"),
        })?;
        let mut first = Batch::new();
        let state = State::empty(generation.start_offset).to_bytes();
        first.put(META, GENERATION, &facts);
        first.put(META, STATE, &state);
        first.put(META, OPENED, &Notice::new(opened_event).to_bytes());
        Store::create_with(path, LAYOUT, &first, shared)
            .map(drop)
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
        let closing = read_closing(&store, &name, &state)?;
        let tail = TailCell::new(Tail {
            closed: closing.get().is_some(),
            ..tail_of(&state)
        });
        let has_writer = AtomicBool::new(false);
        let log = Self {
            origin,
            name,
            store: Arc::new(store),
            tail,
            has_writer,
            sealing: Mutex::new(()),
            closing,
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

    pub(super) fn decode_entry(
        &self,
        index: u64,
        bytes: &[u8],
    ) -> Result<(Entry, [u8; ENTRY_BYTES]), Error> {
        let entry =
            Entry::from_bytes(bytes).map_err(|e| self.corrupt(format!("entry {index}: {e}")))?;
        Ok((entry, entry.to_bytes()))
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

    pub(super) fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
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

    pub(super) fn within_size(&self, what: &'static str, asked: u64) -> Result<(), Error> {
        let size = self.tail().size;
        if asked <= size {
            Ok(())
        } else {
            Err(self.past_end(what, asked, size))
        }
    }

    pub(super) fn past_end(&self, what: &'static str, asked: u64, size: u64) -> Error {
        Error::PastEnd {
            origin: self.name.clone(),
            what,
            asked,
            size,
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

/// That the log is closed, where it is; it must be closed as it stands.
fn read_closing(store: &Store, name: &str, state: &State) -> Result<OnceLock<Closing>, Error> {
    let corrupt = |what| Error::Corrupt {
        origin: name.to_owned(),
        what,
    };
    let bytes = store.get(META, CLOSING).map_err(|e| store_error(name, e))?;
    let Some(bytes) = bytes else {
        return Ok(OnceLock::new());
    };
    let closing: Closing = serde_json::from_slice(&bytes)
        .map_err(|e| corrupt(format!("how it was closed can't be read: {e}")))?;
    if (closing.size, closing.root) != (state.size, state.root) {
        return Err(corrupt(format!(
            "it was closed with {} leaves, and has {} or another root now",
            closing.size, state.size
        )));
    }
    Ok(OnceLock::from(closing))
}
