//! The one writer of a log: a batch of records becomes leaves in one synced write (law 4).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use custodia_core::entry::Entry;
use custodia_core::record::Record;
use custodia_core::tree::{self, Frontier};

use super::edge::{Edge, TILE_WIDTH, Tile};
use super::layout::{CLOCKS, ENTRIES, GAPS, META, PAYLOADS, STATE, TILES, tile_key};
use super::reader::{store_error, tail_of};
use super::{Error, Log, State, Tail};
use crate::keys::{KeyStore, Label, SubjectKey};
use crate::store::{Batch, Durability};

/// A record as it came from its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The record.
    pub record: Record,
    /// The leader epoch that came with it, where the broker gives one.
    pub leader_epoch: Option<i32>,
}

/// What a call of [`Writer::append`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// How many records became leaves.
    pub leaves: u64,
    /// How many were leaves already, with the same bytes.
    pub seen_again: u64,
    /// The log's end after the write.
    pub tail: Tail,
}

/// The one writer of a log. Dropping it closes the tail.
pub struct Writer {
    log: Arc<Log>,
    keys: Arc<KeyStore>,
    state: State,
    frontier: Frontier,
    edge: Edge,
}

impl Writer {
    /// Takes the log's one place for a writer.
    ///
    /// # Errors
    /// [`Error::Closed`]; [`Error::SecondWriter`]; [`Error::Corrupt`] where the tiles can't be read.
    pub fn new(log: Arc<Log>, keys: Arc<KeyStore>) -> Result<Self, Error> {
        log.refuse_closed()?;
        if log.has_writer.swap(true, Ordering::SeqCst) {
            return Err(Error::SecondWriter(log.name().to_owned()));
        }
        let state = log.state()?;
        let (frontier, edge) = log.load_edge(state.size)?;
        Ok(Self {
            log,
            keys,
            state,
            frontier,
            edge,
        })
    }

    /// The log that this writes.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Size, root and position after the last append.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Appends the records that are not leaves yet, in one synced write, and publishes the tail.
    /// Records below the position are compared with their leaves.
    ///
    /// After an error the writer must not be used again: what is on disk is settled by opening
    /// the log anew.
    ///
    /// # Errors
    /// [`Error::OffsetReused`], [`Error::OffsetFilled`] or [`Error::OffsetsFell`] where the
    /// offsets contradict the log; [`Error::Keys`] or [`Error::Store`] where the disk fails.
    pub fn append(&mut self, incoming: &[Incoming]) -> Result<Appended, Error> {
        let fresh = self.after_comparing(incoming)?;
        if !fresh.is_empty() {
            self.write(fresh)?;
        }
        let leaves = fresh.len() as u64;
        let seen_again = incoming.len() as u64 - leaves;
        Ok(Appended {
            leaves,
            seen_again,
            tail: self.log.tail(),
        })
    }

    /// The records past the position, once those below it were found to be their leaves.
    fn after_comparing<'a>(&self, incoming: &'a [Incoming]) -> Result<&'a [Incoming], Error> {
        self.check_ascent(incoming)?;
        let next = self.state.position.next_offset;
        let split = incoming.partition_point(|i| i.record.offset < next);
        let (seen, fresh) = incoming.split_at(split);
        seen.iter().try_for_each(|i| self.compare(&i.record))?;
        Ok(fresh)
    }

    fn check_ascent(&self, incoming: &[Incoming]) -> Result<(), Error> {
        for pair in incoming.windows(2) {
            let [before, after] = pair else { continue };
            if after.record.offset <= before.record.offset {
                return Err(Error::OffsetsFell {
                    origin: self.log.name().to_owned(),
                    offset: after.record.offset,
                    after: before.record.offset,
                });
            }
        }
        Ok(())
    }

    fn compare(&self, record: &Record) -> Result<(), Error> {
        let origin = self.log.name().to_owned();
        let offset = record.offset;
        let Some(index) = self.log.index_of_offset(offset)? else {
            return Err(Error::OffsetFilled { origin, offset });
        };
        if self.log.entry(index)? == Entry::of(record) {
            return Ok(());
        }
        Err(Error::OffsetReused {
            origin,
            offset,
            index,
        })
    }

    fn write(&mut self, fresh: &[Incoming]) -> Result<(), Error> {
        let entries: Vec<Entry> = fresh.iter().map(|i| Entry::of(&i.record)).collect();
        let labels = self.labels_of(fresh, &entries);
        let log = Arc::clone(&self.log);
        let _sealing = log.sealing();
        // New keys are on disk before the batch that uses them (design §4).
        let keys = self.keys.keys_for(self.log.name(), &labels)?;
        let mut batch = Batch::new();
        let mut state = self.state;
        for (((incoming, entry), key), label) in fresh.iter().zip(&entries).zip(&keys).zip(&labels)
        {
            let payload = self.sealed(incoming, entry, key, label);
            self.put_leaf(&mut batch, &mut state, entry, &payload);
            state.position.leader_epoch = incoming.leader_epoch;
        }
        self.edge
            .flush(&mut |tile: Tile<'_>| put_tile(&mut batch, &tile));
        state.root = self.frontier.root();
        batch.put(META, STATE, &state.to_bytes());
        let written = self.log.store.write(&batch, Durability::Synced);
        written.map_err(|e| store_error(self.log.name(), e))?;
        self.state = state;
        self.log.tail.publish(tail_of(&state));
        Ok(())
    }

    fn labels_of<'a>(&self, fresh: &'a [Incoming], entries: &[Entry]) -> Vec<Label<'a>> {
        let leaves = (self.state.size..).zip(fresh.iter().zip(entries));
        leaves
            .map(|(index, (incoming, entry))| label_of(index, &incoming.record, entry))
            .collect()
    }

    /// What stands in the payloads family: where the key is, and the record sealed under it.
    fn sealed(
        &self,
        incoming: &Incoming,
        entry: &Entry,
        key: &SubjectKey,
        label: &Label<'_>,
    ) -> Vec<u8> {
        let locator = self.keys.locator(self.log.name(), label);
        self.log
            .payload_of(&locator, key, &entry.to_bytes(), &incoming.record)
    }

    fn put_leaf(&mut self, batch: &mut Batch, state: &mut State, entry: &Entry, payload: &[u8]) {
        let offset = entry.offset;
        if offset > state.position.next_offset {
            let missing = state.position.next_offset.to_be_bytes();
            batch.put(GAPS, &missing, &offset.to_be_bytes());
        }
        let bytes = entry.to_bytes();
        let index = state.size.to_be_bytes();
        batch.put(ENTRIES, &index, &bytes);
        batch.put(PAYLOADS, &index, payload);
        let leaf = tree::leaf_hash(&bytes);
        self.edge
            .push(&mut self.frontier, leaf, &mut |tile: Tile<'_>| {
                put_tile(batch, &tile);
            });
        state.latest_ms = state.latest_ms.max(entry.timestamp_ms);
        state.size += 1;
        if state.size.is_multiple_of(TILE_WIDTH) {
            let tile = state.size / TILE_WIDTH - 1;
            batch.put(CLOCKS, &tile.to_be_bytes(), &state.latest_ms.to_be_bytes());
        }
        state.position.next_offset = offset + 1;
        state.position.last_offset = Some(offset);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.log.tail.close();
        self.log.has_writer.store(false, Ordering::SeqCst);
    }
}

/// Whose key seals a record: that of its Kafka key bytes, or one of its own where it has no key
/// or doesn't split.
fn label_of<'a>(index: u64, record: &'a Record, entry: &Entry) -> Label<'a> {
    match &record.key {
        Some(key) if entry.splits => Label::Key(key),
        _ => Label::Leaf(index),
    }
}

fn put_tile(batch: &mut Batch, tile: &Tile<'_>) {
    batch.put(TILES, &tile_key(tile.level, tile.index), tile.hashes);
}
