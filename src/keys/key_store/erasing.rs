//! Destroying keys: by the digest that an order of erasure names, a log at a time, resumable.

use std::sync::{MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use super::{Batch, Durability, ERASED, Error, HANDLES, KEYS, KeyStore, META, SubjectKey, unknown};
use crate::keys::PENDING_LOOKS;
use crate::keys::erased::{Doomed, Erased, Handle, Remembered, generation_row, person_row};
use crate::keys::label::{Label, Locator};
use crate::store::{Direction, KeyRange, Read as _, Store};

/// As long as it lives, nothing is erased in a key store ([`KeyStore::hold_erasing`]).
#[must_use]
pub struct ErasingHeld<'a> {
    _marked: MutexGuard<'a, Option<u64>>,
}

/// The name of a fact, behind its prefix, and its value.
pub type Fact = (Vec<u8>, Vec<u8>);

/// Before the name of a registry's log in META: the first of its leaves that no erasure was applied of.
const APPLIED_FACT: &[u8] = b"erasures applied ";
/// META: that something was erased whose bytes may still be on disk.
const PURGE_FACT: &[u8] = b"purge due";

/// The digest of Kafka key bytes, as an order of erasure names them:
/// `BLAKE3-derive-key("custodia.v1 erased subject", bytes)` (design §4).
pub fn erased_key(bytes: &[u8]) -> [u8; 32] {
    blake3::derive_key("custodia.v1 erased subject", bytes)
}

/// Reads who was erased.
pub(super) fn read(store: &Store) -> Result<Erased, Error> {
    let mut erased = Erased::default();
    for row in store.iterate(ERASED, &KeyRange::all(), Direction::Ascending)? {
        let (key, value) = row?;
        if !erased.take(&key, &value) {
            return Err(unknown(store, b"a row of who was erased", &value));
        }
    }
    Ok(erased)
}

/// Reads whether something was erased whose bytes may still be on disk.
pub(super) fn read_purge(store: &Store) -> Result<Option<u64>, Error> {
    let Some(bytes) = store.get(META, PURGE_FACT)? else {
        return Ok(None);
    };
    let number = bytes.as_slice().try_into().map(u64::from_be_bytes);
    number
        .map(Some)
        .map_err(|_| unknown(store, PURGE_FACT, &bytes))
}

impl KeyStore {
    /// What is remembered of the person whose reference is `bytes`; none where nobody erased them.
    pub fn remembered(&self, bytes: &[u8]) -> Option<Remembered> {
        if self.read_erased().is_empty() {
            return None;
        }
        self.remembered_digest(&erased_key(bytes))
    }

    /// As [`Self::remembered`], by the digest that stands in the registry.
    pub fn remembered_digest(&self, digest: &[u8; 32]) -> Option<Remembered> {
        self.read_erased().person(&self.secret.handle("", digest))
    }

    /// Remembers that a person's records up to `until_ms` are erased, synced before this returns.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn remember(&self, digest: &[u8; 32], until_ms: i64) -> Result<(), Error> {
        let handle = self.secret.handle("", digest);
        let mut marked = self.marked();
        let mut erased = self.write_erased();
        let known = erased.person(&handle);
        if known.is_some_and(|known| known.until_ms >= until_ms) {
            return Ok(());
        }
        let remembered = Remembered { until_ms };
        let mut batch = Batch::new();
        batch.put(ERASED, &handle, &person_row(remembered));
        self.write_marked(&mut marked, &mut batch)?;
        erased.put_person(handle, remembered);
        Ok(())
    }

    /// The key that seals a person's records in a log now, by digest, and where it stands; none where there
    /// is none.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::WrappedKey`], [`Error::UnknownState`].
    pub fn current(
        &self,
        origin: &str,
        digest: &[u8; 32],
    ) -> Result<Option<([u8; 32], SubjectKey)>, Error> {
        let handle = self.handle(&self.secret.handle(origin, digest))?;
        let Some(locator) = handle.current else {
            return Ok(None);
        };
        let key = self.find_located(origin, &locator)?;
        Ok(key.map(|key| (locator, key)))
    }

    /// The key of a person in a log that is being destroyed, with where it stands; none where none is.
    ///
    /// # Errors
    /// As [`Self::current`].
    pub fn doomed(
        &self,
        origin: &str,
        digest: &[u8; 32],
    ) -> Result<Option<(Doomed, SubjectKey)>, Error> {
        let handle = self.handle(&self.secret.handle(origin, digest))?;
        let Some(doomed) = handle.doomed else {
            return Ok(None);
        };
        let key = self.find_located(origin, &doomed.locator)?;
        let key =
            key.ok_or_else(|| unknown(&self.store, b"a key that is being destroyed", b"missing"))?;
        Ok(Some((doomed, key)))
    }

    /// Begins to destroy the current key of a person in a log: from now on another one seals. Nothing
    /// happens where there is none, or one is being destroyed. The log's writer must not be between asking
    /// for its keys and writing.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::UnknownState`].
    pub fn doom(&self, origin: &str, digest: &[u8; 32]) -> Result<(), Error> {
        let name = self.secret.handle(origin, digest);
        let mut marked = self.marked();
        let _turn = self.turn(origin);
        let handle = self.handle(&name)?;
        let (Some(locator), None) = (handle.current, handle.doomed) else {
            return Ok(());
        };
        let doomed = Doomed {
            locator,
            payloads: 0,
            rows: 0,
        };
        let (current, doomed) = (None, Some(doomed));
        let mut erased = self.write_erased();
        let generation = erased.generation(&name) + 1;
        let mut batch = Batch::new();
        batch.put(HANDLES, &name, &Handle { current, doomed }.encode());
        batch.put(ERASED, &name, &generation_row(generation));
        self.write_marked(&mut marked, &mut batch)?;
        erased.put_generation(name, generation);
        Ok(())
    }

    /// Keeps what is about to be deleted with a doomed key, synced: the count outlives a crash between
    /// deleting and [`Self::shred_doomed`]. What was counted before stays where it is more.
    ///
    /// # Errors
    /// As [`Self::doom`].
    pub fn count_doomed(
        &self,
        origin: &str,
        digest: &[u8; 32],
        payloads: u64,
        rows: u64,
    ) -> Result<(), Error> {
        let name = self.secret.handle(origin, digest);
        let _turn = self.turn(origin);
        let mut handle = self.handle(&name)?;
        let Some(doomed) = &mut handle.doomed else {
            return Ok(());
        };
        doomed.payloads = doomed.payloads.max(payloads);
        doomed.rows = doomed.rows.max(rows);
        let mut batch = Batch::new();
        batch.put(HANDLES, &name, &handle.encode());
        self.store.write(&batch, Durability::Synced)?;
        Ok(())
    }

    /// Destroys the doomed key of a person in a log, synced before this returns, and what is to be kept of it
    /// in the same write: `kept` goes to META under its name. Nothing happens where there is none. A
    /// [`SubjectKey`] handed out before still works until it is dropped. The wrapped bytes leave the disk with
    /// [`KeyStore::purge`].
    ///
    /// # Errors
    /// [`Error::Store`]; then the key may still be there after a restart.
    pub fn shred_doomed(
        &self,
        origin: &str,
        digest: &[u8; 32],
        kept: Option<(&[u8], &[u8])>,
    ) -> Result<(), Error> {
        let name = self.secret.handle(origin, digest);
        let _held = self.marked();
        let _turn = self.turn(origin);
        let handle = self.handle(&name)?;
        let Some(doomed) = handle.doomed else {
            return Ok(());
        };
        let mut batch = Batch::new();
        batch.delete(KEYS, &doomed.locator);
        if handle.current.is_none() {
            batch.delete(HANDLES, &name);
        } else {
            let doomed = None;
            batch.put(HANDLES, &name, &Handle { doomed, ..handle }.encode());
        }
        if let Some((name, value)) = kept {
            batch.put(META, name, value);
        }
        self.store.write(&batch, Durability::Synced)?;
        self.cache().pop(&doomed.locator);
        Ok(())
    }

    /// Destroys the key that seals whom looks are at that wait for Kafka, of one person: they are at nobody
    /// then but the digest. Nothing happens where there is none.
    ///
    /// # Errors
    /// As [`Self::shred_doomed`].
    pub fn shred_pending(&self, digest: &[u8; 32]) -> Result<(), Error> {
        self.doom(PENDING_LOOKS, digest)?;
        self.shred_doomed(PENDING_LOOKS, digest, None)
    }

    /// Destroys the key of one label, as an erasure does in the end.
    ///
    /// # Errors
    /// As [`Self::shred_doomed`].
    #[cfg(test)]
    pub fn shred(&self, origin: &str, label: &Label<'_>) -> Result<(), Error> {
        match label {
            Label::Leaf(index) => self.shred_leaf(origin, *index).map(drop),
            Label::Key(bytes) => {
                let digest = erased_key(bytes);
                self.doom(origin, &digest)?;
                self.shred_doomed(origin, &digest, None)
            }
        }
    }

    /// Destroys the key of the one record at a leaf, synced before this returns; whether there was one.
    ///
    /// # Errors
    /// As [`Self::shred_doomed`].
    pub fn shred_leaf(&self, origin: &str, index: u64) -> Result<bool, Error> {
        let locator = self.secret.locator(origin, &Label::Leaf(index));
        let mut marked = self.marked();
        let _turn = self.turn(origin);
        let there = self.store.get(KEYS, &locator)?.is_some();
        let mut batch = Batch::new();
        batch.delete(KEYS, &locator);
        self.write_marked(&mut marked, &mut batch)?;
        self.cache().pop(&locator);
        Ok(there)
    }

    /// The first leaf of a registry's log that no erasure was applied of.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::UnknownState`].
    pub fn erasures_applied(&self, registry: &str) -> Result<u64, Error> {
        let Some(bytes) = self.fact(&[APPLIED_FACT, registry.as_bytes()].concat())? else {
            return Ok(0);
        };
        let number = bytes.as_slice().try_into().map(u64::from_be_bytes);
        number.map_err(|_| unknown(&self.store, b"the last erasure applied", &bytes))
    }

    /// Keeps that all erasures of a registry's log below `leaf` were applied, with other facts in the same
    /// synced write: each is put, or deleted where it has no value.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn keep_applied(
        &self,
        registry: &str,
        leaf: u64,
        facts: &[(&[u8], Option<&[u8]>)],
    ) -> Result<(), Error> {
        let mut batch = Batch::new();
        let name = [APPLIED_FACT, registry.as_bytes()].concat();
        batch.put(META, &name, &leaf.to_be_bytes());
        let _held = self.marked();
        self.put_facts(&mut batch, facts)
    }

    /// Keeps facts beside the keys, synced: each is put, or deleted where it has no value.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn keep_facts(&self, facts: &[(&[u8], Option<&[u8]>)]) -> Result<(), Error> {
        self.put_facts(&mut Batch::new(), facts)
    }

    /// A fact kept beside the keys.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn fact(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.store.get(META, name)?)
    }

    /// The facts whose names begin with `prefix`, by the rest of their names.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn facts(&self, prefix: &[u8]) -> Result<Vec<Fact>, Error> {
        let range = KeyRange::prefix(prefix);
        let rows = self.store.iterate(META, &range, Direction::Ascending)?;
        let read = |row: Result<crate::store::Pair, crate::store::Error>| {
            let (key, value) = row?;
            Ok((key[prefix.len()..].to_vec(), value.into_vec()))
        };
        rows.map(read).collect()
    }

    /// A number where something was erased whose bytes may still be on disk: the same one as long as nothing
    /// more is.
    pub fn purge_due(&self) -> Option<u64> {
        *self.marked()
    }

    /// Keeps that something was erased whose bytes may still be on disk, here or beside the logs.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn mark_purge(&self) -> Result<(), Error> {
        self.write_marked(&mut self.marked(), &mut Batch::new())
    }

    /// Keeps that the bytes of all that was erased are gone, unless more was erased since [`Self::purge_due`]
    /// said `due`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn keep_purged(&self, due: u64) -> Result<(), Error> {
        let mut marked = self.marked();
        if *marked == Some(due) {
            self.keep_facts(&[(PURGE_FACT, None)])?;
            *marked = None;
        }
        Ok(())
    }

    /// Holds off whatever erases, and the notes of how far that is, until it is dropped; keys are found and
    /// made meanwhile. So that of a copy of the logs, and of the keys after them, none of the two is ahead:
    /// what a copied log still has, a copied key store still knows how to erase.
    pub fn hold_erasing(&self) -> ErasingHeld<'_> {
        ErasingHeld {
            _marked: self.marked(),
        }
    }

    /// Writes what erases something, and that its bytes may still be on disk.
    fn write_marked(&self, marked: &mut Option<u64>, batch: &mut Batch) -> Result<(), Error> {
        let next = marked.map_or(1, |number| number + 1);
        batch.put(META, PURGE_FACT, &next.to_be_bytes());
        self.store.write(batch, Durability::Synced)?;
        *marked = Some(next);
        Ok(())
    }

    /// Whoever erases takes it first: before a turn, and before the memory of who was erased.
    fn marked(&self) -> MutexGuard<'_, Option<u64>> {
        // It follows what is on disk.
        self.purge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many keys of Kafka key bytes were destroyed in a log.
    pub(super) fn generation(&self, origin: &str, bytes: &[u8]) -> u32 {
        let erased = self.read_erased();
        if erased.is_empty() {
            return 0;
        }
        erased.generation(&self.secret.handle(origin, &erased_key(bytes)))
    }

    pub(super) fn handle(&self, name: &Locator) -> Result<Handle, Error> {
        let Some(bytes) = self.store.get(HANDLES, name)? else {
            return Ok(Handle::default());
        };
        Handle::decode(&bytes).ok_or_else(|| unknown(&self.store, b"a handle", &bytes))
    }

    fn put_facts(&self, batch: &mut Batch, facts: &[(&[u8], Option<&[u8]>)]) -> Result<(), Error> {
        for (name, value) in facts {
            match value {
                Some(value) => batch.put(META, name, value),
                None => batch.delete(META, name),
            }
        }
        Ok(self.store.write(batch, Durability::Synced)?)
    }

    fn read_erased(&self) -> RwLockReadGuard<'_, Erased> {
        // It follows what is on disk, one entry at a time.
        self.erased.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_erased(&self) -> RwLockWriteGuard<'_, Erased> {
        self.erased.write().unwrap_or_else(PoisonError::into_inner)
    }
}
