//! The store of wrapped keys: finds, makes and destroys them.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lru::LruCache;
use zeroize::Zeroizing;

use super::erased::{Erased, Handle};
use super::error::Error;
use super::kek::KeyEncryption;
use super::label::{Label, LedgerSecret, Locator};
use super::subject_key::SubjectKey;
use super::{KEY_BYTES, TAG_BYTES, rewrap};
use crate::store::{Batch, Content, Durability, Family, Layout, Read as _, Shared, Store};

pub(super) const META: Family = Family::new("meta", Content::Clear);
pub(super) const KEYS: Family = Family::new("keys", Content::Hashed);
/// handle of a person in a log → which keys the person has there ([`Handle`]).
const HANDLES: Family = Family::new("handles", Content::Hashed);
/// handle of somebody who was erased, everywhere or in a log → what is remembered.
const ERASED: Family = Family::new("erased", Content::Clear);
pub(super) const LAYOUT: Layout = Layout {
    fixed: &[META, KEYS, HANDLES, ERASED],
    versions: &[],
};

const VERSION_FACT: &[u8] = b"version";
pub(super) const KEK_FACT: &[u8] = b"key-encryption key";
pub(super) const SECRET_FACT: &[u8] = b"ledger secret";
const VERSION: &[u8] = b"2";

pub(super) const SECRET_CONTEXT: &[u8] = b"custodia.v1 wrapped ledger secret";
const SUBJECT_CONTEXT: &[u8] = b"custodia.v1 wrapped subject key";

/// Unwrapped keys kept at hand: about 20 MiB.
const CACHED_KEYS: NonZeroUsize = NonZeroUsize::new(65_536).expect("not zero");
/// How many writers can make keys at once; more than logs that one host has disks for.
const TURNS: usize = 64;

/// All keys of a data folder, in a store of their own (design 4, "Payloads at rest"). Methods take
/// `&self` from any thread.
///
/// On disk stand `locator → wrapped key`, and in clear the format's version and the id of the
/// key-encryption key. A wrapped key is bound to its locator.
pub struct KeyStore {
    store: Store,
    encryption: Arc<dyn KeyEncryption>,
    secret: LedgerSecret,
    cache: Mutex<LruCache<Locator, SubjectKey>>,
    erased: RwLock<Erased>,
    /// A number where bytes of what was erased may still be on disk.
    purge: Mutex<Option<u64>>,
    /// Held from looking for a key on disk until it is made, cached or destroyed, one for each
    /// origin's hash: so a key is made once, a destroyed one doesn't come back through the cache,
    /// and writers of other logs sync at the same time.
    turns: [Mutex<()>; TURNS],
    hasher: RandomState,
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KeyStore")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl KeyStore {
    /// Makes a key store in the folder `path`, with a new random ledger secret.
    ///
    /// # Errors
    /// [`Error::Random`], [`Error::Store`] (the folder holds something already), or what wrapping
    /// fails with.
    pub fn create(
        path: &Path,
        shared: &Shared,
        encryption: Arc<dyn KeyEncryption>,
    ) -> Result<Self, Error> {
        Self::create_replica(path, shared, encryption, random_key()?)
    }

    /// As [`Self::create`], with the ledger secret of the ledger that it is a replica of: what is
    /// derived from the secret (an extract's pseudonyms) is then the same. Keys are not.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_replica(
        path: &Path,
        shared: &Shared,
        encryption: Arc<dyn KeyEncryption>,
        secret: Zeroizing<[u8; KEY_BYTES]>,
    ) -> Result<Self, Error> {
        let mut first = Batch::new();
        first.put(META, VERSION_FACT, VERSION);
        first.put(META, KEK_FACT, encryption.id().as_bytes());
        first.put(
            META,
            SECRET_FACT,
            &encryption.wrap(&secret, SECRET_CONTEXT)?,
        );
        let store = Store::create_with(path, LAYOUT, &first, shared)?;
        Ok(Self::of(
            store,
            encryption,
            secret,
            (Erased::default(), None),
        ))
    }

    /// Opens the key store in the folder `path`.
    ///
    /// # Errors
    /// [`Error::WrongKeyEncryptionKey`], [`Error::UnknownState`] (another version's),
    /// [`Error::WrappedKey`] (the secret was tampered with), [`Error::Store`].
    pub fn open(
        path: &Path,
        shared: &Shared,
        encryption: Arc<dyn KeyEncryption>,
    ) -> Result<Self, Error> {
        let store = Store::open(path, LAYOUT, shared)?;
        check_version(&store)?;
        rewrap::settle(&store)?;
        let recorded = String::from_utf8_lossy(&fact(&store, KEK_FACT)?).into_owned();
        let given = encryption.id();
        if recorded != given {
            let path = path.to_path_buf();
            return Err(Error::WrongKeyEncryptionKey {
                path,
                recorded,
                given,
            });
        }
        let secret = encryption.unwrap(&fact(&store, SECRET_FACT)?, SECRET_CONTEXT)?;
        let erased = (erasing::read(&store)?, erasing::read_purge(&store)?);
        Ok(Self::of(store, encryption, secret, erased))
    }

    /// The keys of `labels` in the log `origin`, in their order. Those that don't exist are made,
    /// all in one write, which is synced before this returns.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Random`], [`Error::WrappedKey`] where one was tampered with.
    ///
    /// # Panics
    /// Never: each label is found in the cache or made.
    pub fn keys_for(&self, origin: &str, labels: &[Label<'_>]) -> Result<Vec<SubjectKey>, Error> {
        let cached = self.cached(&self.locators(origin, labels));
        if cached.iter().all(Option::is_some) {
            return Ok(cached.into_iter().flatten().collect());
        }
        let turn = self.turn(origin);
        // Whoever was erased meanwhile has another locator now.
        let locators = self.locators(origin, labels);
        let cached = self.cached(&locators);
        let resolved = self.resolve(origin, &absent(&locators, labels, &cached))?;
        drop(turn);
        let keys = locators.iter().zip(cached).map(|(locator, cached)| {
            let found = cached.or_else(|| resolved.get(locator).cloned());
            found.expect("what wasn't cached was resolved, all at once or not at all")
        });
        Ok(keys.collect())
    }

    /// The key of one label, where there is one. Makes none.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::WrappedKey`] where it was tampered with.
    pub fn find(&self, origin: &str, label: &Label<'_>) -> Result<Option<SubjectKey>, Error> {
        self.find_located(origin, &self.locator(origin, label))
    }

    /// Where the key of a label stands: what a payload names its key by, since only the sealed
    /// record holds the label itself.
    pub fn locator(&self, origin: &str, label: &Label<'_>) -> [u8; 32] {
        match label {
            Label::Key(bytes) => {
                let generation = self.generation(origin, bytes);
                self.secret.later_locator(origin, bytes, generation)
            }
            Label::Leaf(_) => self.secret.locator(origin, label),
        }
    }

    /// The key that stands at a locator of the log `origin`, where there is one.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_located(
        &self,
        origin: &str,
        locator: &[u8; 32],
    ) -> Result<Option<SubjectKey>, Error> {
        if let Some(key) = self.cache().get(locator) {
            return Ok(Some(key.clone()));
        }
        let _turn = self.turn(origin);
        let Some(wrapped) = self.store.get(KEYS, locator)? else {
            return Ok(None);
        };
        let key = self.unwrap(locator, &wrapped)?;
        self.cache().put(*locator, key.clone());
        Ok(Some(key))
    }

    /// Rewrites the tables and drops the write-ahead log, so that the wrapped bytes of destroyed
    /// keys leave the disk. Housekeeping; waits until it is done.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn purge(&self) -> Result<(), Error> {
        [KEYS, HANDLES]
            .into_iter()
            .try_for_each(|family| Ok(self.store.compact_range(family)?))
    }

    /// The tag under which rows stand that belong to no subject (recipients, incidents,
    /// correlations): 16 bytes keyed by the ledger secret, apart for each kind.
    pub fn ledger_tag(&self, kind: &str, bytes: &[u8]) -> [u8; TAG_BYTES] {
        self.secret.tag(kind, bytes)
    }

    /// The key of an extract's pseudonyms: another for each question, the same for the same one on
    /// every replica.
    pub fn pseudonym_key(&self, question: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
        self.secret.pseudonyms(question)
    }

    /// The ledger secret, for a replica. Whoever has it and the data can find people's rows.
    pub fn ledger_secret(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        Zeroizing::new(*self.secret.secret())
    }

    /// The store below, for metrics, backup and checks. It holds no key in clear.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn of(
        store: Store,
        encryption: Arc<dyn KeyEncryption>,
        secret: Zeroizing<[u8; KEY_BYTES]>,
        (erased, purge): (Erased, Option<u64>),
    ) -> Self {
        Self {
            store,
            encryption,
            secret: LedgerSecret::new(secret),
            cache: Mutex::new(LruCache::new(CACHED_KEYS)),
            erased: RwLock::new(erased),
            purge: Mutex::new(purge),
            turns: [const { Mutex::new(()) }; TURNS],
            hasher: RandomState::new(),
        }
    }

    fn locators(&self, origin: &str, labels: &[Label<'_>]) -> Vec<Locator> {
        let labels = labels.iter();
        labels.map(|label| self.locator(origin, label)).collect()
    }

    fn cached(&self, locators: &[Locator]) -> Vec<Option<SubjectKey>> {
        let mut cache = self.cache();
        locators
            .iter()
            .map(|locator| cache.get(locator).cloned())
            .collect()
    }

    /// Reads or makes the key of each locator. What is made is on disk before it is cached.
    fn resolve(
        &self,
        origin: &str,
        wanted: &[(Locator, Label<'_>)],
    ) -> Result<HashMap<Locator, SubjectKey>, Error> {
        let names: Vec<&[u8]> = wanted.iter().map(|(name, _)| name.as_slice()).collect();
        let mut keys = HashMap::with_capacity(wanted.len());
        let mut batch = Batch::new();
        let found = self.store.multi_get(KEYS, &names)?;
        for ((locator, label), wrapped) in wanted.iter().zip(found) {
            let key = match wrapped {
                Some(wrapped) => self.unwrap(locator, &wrapped)?,
                None => self.make(origin, locator, label, &mut batch)?,
            };
            keys.insert(*locator, key);
        }
        if !batch.is_empty() {
            self.store.write(&batch, Durability::Synced)?;
        }
        let mut cache = self.cache();
        for (locator, key) in &keys {
            cache.put(*locator, key.clone());
        }
        Ok(keys)
    }

    /// Makes a key, and what leads to it from the digest that an order of erasure names.
    fn make(
        &self,
        origin: &str,
        locator: &Locator,
        label: &Label<'_>,
        batch: &mut Batch,
    ) -> Result<SubjectKey, Error> {
        let key = SubjectKey::new(random_key()?);
        let wrapped = self
            .encryption
            .wrap(key.bytes(), &subject_context(locator))?;
        batch.put(KEYS, locator, &wrapped);
        if let Label::Key(bytes) = label {
            let name = self.secret.handle(origin, &erased_key(bytes));
            let handle = Handle {
                current: Some(*locator),
                ..self.handle(&name)?
            };
            batch.put(HANDLES, &name, &handle.encode());
        }
        Ok(key)
    }

    fn unwrap(&self, locator: &Locator, wrapped: &[u8]) -> Result<SubjectKey, Error> {
        let key = self.encryption.unwrap(wrapped, &subject_context(locator))?;
        Ok(SubjectKey::new(key))
    }

    fn turn(&self, origin: &str) -> MutexGuard<'_, ()> {
        // What it guards is on disk and in the cache, each whole at any moment.
        let turns = TURNS as u64;
        let place = usize::try_from(self.hasher.hash_one(origin) % turns)
            .expect("a remainder below 64 fits any integer");
        self.turns[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> MutexGuard<'_, LruCache<Locator, SubjectKey>> {
        // A panic inside the cache leaves at worst a key missing from it.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The locators that weren't cached, each once, with a label of each.
fn absent<'a>(
    locators: &[Locator],
    labels: &[Label<'a>],
    cached: &[Option<SubjectKey>],
) -> Vec<(Locator, Label<'a>)> {
    let misses = locators
        .iter()
        .zip(labels)
        .zip(cached)
        .filter(|(_, cached)| cached.is_none());
    let mut absent: Vec<_> = misses
        .map(|((locator, label), _)| (*locator, *label))
        .collect();
    absent.sort_unstable_by_key(|(locator, _)| *locator);
    absent.dedup_by_key(|(locator, _)| *locator);
    absent
}

pub(super) fn check_version(store: &Store) -> Result<(), Error> {
    let version = fact(store, VERSION_FACT)?;
    if version == VERSION {
        Ok(())
    } else {
        Err(unknown(store, VERSION_FACT, &version))
    }
}

pub(super) fn subject_context(locator: &Locator) -> Vec<u8> {
    [SUBJECT_CONTEXT, locator].concat()
}

fn random_key() -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(key.as_mut())?;
    Ok(key)
}

pub(super) fn fact(store: &Store, name: &'static [u8]) -> Result<Vec<u8>, Error> {
    store
        .get(META, name)?
        .ok_or_else(|| unknown(store, name, b"missing"))
}

pub(super) fn unknown(store: &Store, name: &'static [u8], found: &[u8]) -> Error {
    Error::UnknownState {
        path: store.path().to_path_buf(),
        fact: std::str::from_utf8(name).unwrap_or("a fact"),
        found: String::from_utf8_lossy(found).into_owned(),
    }
}

mod erasing;
pub use erasing::{ErasingHeld, erased_key};
#[cfg(test)]
mod tests;
