//! Looks that wait for Kafka: synced here before the answer leaves, published when Kafka is back (law 9).
//!
//! They lie beside the keys, sealed: whom a look is at under a key of that person alone, which an erasure
//! destroys, the rest under one for all. Whoever was erased meanwhile is published as the digest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use custodia_core::schema::v1::Event;
use custodia_core::schema::v1::event::Body;
use prost::Message as _;

use super::looks::about;
use super::{Error, Glass};
use crate::keys::{
    self, KeyStore, Label, PENDING_LOOKS, SubjectKey, erased_subject, open_row, seal_row,
};
use crate::log::Outbox;

/// Begins the names of looks that wait; the number follows, u64be.
const PENDING: &[u8] = b"pending look ";
/// Begins the names of requests that an answer was given on; the id's BLAKE3 follows.
const USED: &[u8] = b"break-glass used ";
/// What the key of all that isn't a reference stands under.
const REST: Label<'static> = Label::Leaf(0);
/// The form of what is kept: `0x01 ‖ length u32be ‖ sealed digest and event ‖ sealed reference or nothing`.
const FORM: u8 = 0x01;
/// Bytes of a digest.
const DIGEST: usize = 32;
/// Looks that are published at once.
const AT_ONCE: usize = 256;

/// A record's key and value.
type KeyValue = (Vec<u8>, Vec<u8>);

/// A look at one person, to be kept: an event that names nobody.
pub(super) struct Waiting<'a> {
    /// The reference.
    pub(super) subject: &'a str,
    /// Whether the person is erased already: then it is at the digest alone.
    pub(super) erased: bool,
    /// The event, encoded, without the reference.
    pub(super) event: Vec<u8>,
}

/// The looks of a data folder that wait for Kafka. There is one of it a process.
pub struct PendingLooks {
    keys: Arc<KeyStore>,
    /// Held from asking whether a request was used until it is.
    writing: Mutex<()>,
    /// Held while looks are published, so that none is sent twice at once.
    publishing: Mutex<()>,
    /// Kept since somebody asked.
    kept: AtomicU64,
}

impl PendingLooks {
    /// What waits beside these keys.
    pub const fn new(keys: Arc<KeyStore>) -> Self {
        Self {
            keys,
            writing: Mutex::new(()),
            publishing: Mutex::new(()),
            kept: AtomicU64::new(0),
        }
    }

    /// How many wait.
    ///
    /// # Errors
    /// [`Error::Keys`].
    pub fn count(&self) -> Result<u64, Error> {
        Ok(self.keys.facts(PENDING)?.len() as u64)
    }

    /// How many were kept since this was asked last.
    pub fn newly_kept(&self) -> u64 {
        self.kept.swap(0, Ordering::Relaxed)
    }

    /// Publishes what waits to `topic`, in order. What Kafka doesn't take stays, and goes out again with the
    /// same id; so may what it took without saying so. Gives back how many went out.
    ///
    /// # Errors
    /// [`Error::LookNotRecorded`]; [`Error::PendingDamaged`]; [`Error::Keys`].
    pub fn publish(&self, outbox: &dyn Outbox, topic: &str) -> Result<u64, Error> {
        let _one = lock(&self.publishing);
        let mut published = 0;
        for some in self.keys.facts(PENDING)?.chunks(AT_ONCE) {
            let mut names = Vec::with_capacity(some.len());
            let mut records = Vec::with_capacity(some.len());
            for (number, value) in some {
                let name = [PENDING, number].concat();
                records.push(self.open(&name, value)?);
                names.push(name);
            }
            let records: Vec<(&[u8], &[u8])> = records
                .iter()
                .map(|(key, value)| (key.as_slice(), value.as_slice()))
                .collect();
            let sent = outbox.deliver_all(topic, &records);
            sent.map_err(Error::LookNotRecorded)?;
            let gone: Vec<(&[u8], Option<&[u8]>)> =
                names.iter().map(|name| (name.as_slice(), None)).collect();
            self.keys.keep_facts(&gone)?;
            published += gone.len() as u64;
        }
        Ok(published)
    }

    /// Whether an answer was given here on this request.
    pub(super) fn has_used(&self, id: &str) -> Result<bool, Error> {
        Ok(self.keys.fact(&used(id))?.is_some())
    }

    /// Keeps the looks of one answer, and that its request is used, in one synced write.
    ///
    /// # Errors
    /// [`Error::GlassUsed`], [`Error::LookNotKept`]: then the answer must not leave.
    pub(super) fn keep(&self, glass: &Glass, looks: &[Waiting<'_>]) -> Result<(), Error> {
        let _one = lock(&self.writing);
        if self.has_used(&glass.id)? {
            return Err(Error::GlassUsed(glass.id.clone()));
        }
        self.write(&glass.id, looks).map_err(Error::LookNotKept)?;
        self.kept.fetch_add(looks.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn write(&self, id: &str, looks: &[Waiting<'_>]) -> Result<(), keys::Error> {
        let last = self.keys.facts(PENDING)?.pop();
        let next = last.map_or(0, |(number, _)| number_of(&number).saturating_add(1));
        let mut facts = vec![(used(id), vec![FORM])];
        for (number, look) in (next..).zip(looks) {
            let name = [PENDING, &number.to_be_bytes()].concat();
            let value = self.seal(&name, look)?;
            facts.push((name, value));
        }
        let facts: Vec<(&[u8], Option<&[u8]>)> = facts
            .iter()
            .map(|(name, value)| (name.as_slice(), Some(value.as_slice())))
            .collect();
        self.keys.keep_facts(&facts)
    }

    fn seal(&self, name: &[u8], look: &Waiting<'_>) -> Result<Vec<u8>, keys::Error> {
        let key = |label: Label<'_>| -> Result<SubjectKey, keys::Error> {
            let mut keys = self.keys.keys_for(PENDING_LOOKS, &[label])?;
            Ok(keys.pop().expect("one label has one key"))
        };
        let rest = [erased_subject(look.subject).as_slice(), &look.event].concat();
        let rest = seal_row(&key(REST)?, name, &rest);
        let length = u32::try_from(rest.len()).expect("an event is far below 4 GiB");
        let mut value = vec![FORM];
        value.extend_from_slice(&length.to_be_bytes());
        value.extend_from_slice(&rest);
        if !look.erased {
            let reference = look.subject.as_bytes();
            value.extend(seal_row(&key(Label::Key(reference))?, name, reference));
        }
        Ok(value)
    }

    /// The record of a look that waits.
    fn open(&self, name: &[u8], value: &[u8]) -> Result<KeyValue, Error> {
        let damaged = |what: &str| Error::PendingDamaged {
            number: number_of(&name[PENDING.len()..]),
            what: what.to_owned(),
        };
        let (rest, reference) = parts(value).ok_or_else(|| damaged("it is of another form"))?;
        let key = self.keys.find(PENDING_LOOKS, &REST)?;
        let key = key.ok_or_else(|| damaged("its key is missing"))?;
        let rest = open_row(&key, name, rest).map_err(|error| damaged(&error.to_string()))?;
        let cut_short = || damaged("it is cut short");
        let (digest, event) = rest.split_first_chunk::<DIGEST>().ok_or_else(cut_short)?;
        let Some(key) = self.key_of(digest, reference)? else {
            let event = at_digest(digest, event).ok_or_else(cut_short)?;
            return Ok((digest.to_vec(), event));
        };
        let subject =
            open_row(&key, name, reference).map_err(|error| damaged(&error.to_string()))?;
        let text = str::from_utf8(&subject).map_err(|_| damaged("it is at no reference"))?;
        let event = about(text, event);
        Ok((subject, event))
    }

    /// The key of whom a look is at; none where the person is erased.
    fn key_of(&self, digest: &[u8; DIGEST], reference: &[u8]) -> Result<Option<SubjectKey>, Error> {
        if reference.is_empty() || self.keys.remembered_digest(digest).is_some() {
            return Ok(None);
        }
        let key = self.keys.current(PENDING_LOOKS, digest)?;
        Ok(key.map(|(_, key)| key))
    }
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    // What it guards is on disk, whole at any moment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn used(id: &str) -> Vec<u8> {
    [USED, blake3::hash(id.as_bytes()).as_bytes()].concat()
}

fn number_of(name: &[u8]) -> u64 {
    name.try_into().map_or(0, u64::from_be_bytes)
}

fn parts(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = value.strip_prefix(&[FORM])?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    rest.split_at_checked(length)
}

/// The event, at an erased person.
fn at_digest(digest: &[u8; DIGEST], event: &[u8]) -> Option<Vec<u8>> {
    let mut event = Event::decode(event).ok()?;
    match &mut event.body {
        Some(Body::LedgerQueried(look)) => look.erased_subject_blake3 = digest.to_vec(),
        _ => return None,
    }
    Some(event.encode_to_vec())
}
