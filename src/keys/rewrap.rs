//! Wrapping all keys anew under another key-encryption key, so that a kill at any moment is gone on from.
//!
//! The store says in clear whither it goes ([`NEXT_FACT`]) and how far it has come ([`CURSOR_FACT`]: the
//! last locator whose key is under the new one). Keys and cursor change in one synced write. The last
//! write wraps the ledger secret and takes both facts away; until then no [`super::KeyStore`] opens.

use std::path::Path;

use super::error::Error;
use super::kek::KeyEncryption;
use super::key_store::{
    KEK_FACT, KEYS, LAYOUT, META, SECRET_CONTEXT, SECRET_FACT, check_version, fact,
    subject_context, unknown,
};
use super::label::Locator;
use crate::store::{Batch, Direction, Durability, KeyRange, Read as _, Shared, Store};

/// META: the id of the key-encryption key under which all are about to be.
const NEXT_FACT: &[u8] = b"next key-encryption key";
/// META: the last locator whose key is under the next one; missing where none is.
const CURSOR_FACT: &[u8] = b"rewrapped up to";
/// META: bytes that the earlier key-encryption key opens may still be on disk.
const STALE_FACT: &[u8] = b"stale wrapped keys";
/// Keys a write.
const KEYS_A_WRITE: usize = 4096;

/// What wrapping anew did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many keys were wrapped anew by this run.
    pub keys: u64,
    /// Whether it went on with one that was cut short.
    pub is_resumed: bool,
}

/// Wraps every key of the store in the folder `path` under `to`; all of them are under `from`, or some
/// are under `to` already, because it was cut short. Then rewrites the tables, so that what `from` opens
/// leaves the disk. Where all is done it does nothing but that.
///
/// # Errors
/// [`Error::WrongKeyEncryptionKey`] where `from` is another key's than the store's;
/// [`Error::HalfRewrapped`] where it was begun with another `to`; [`Error::WrappedKey`] where a key was
/// tampered with; [`Error::Store`]. It can be run again after any.
pub fn rewrap(
    path: &Path,
    shared: &Shared,
    from: &dyn KeyEncryption,
    to: &dyn KeyEncryption,
) -> Result<Rewrapped, Error> {
    let store = Store::open(path, LAYOUT, shared)?;
    check_version(&store)?;
    let mut work = Rewrapping {
        store: &store,
        from,
        to,
        keys_a_write: KEYS_A_WRITE,
        before_write: &mut || Ok(()),
    };
    let done = work.run()?;
    drop_stale(&store)?;
    Ok(done)
}

/// What a store's opening does about it: refuses one that is half done, and finishes the housekeeping
/// after one that is.
pub(super) fn settle(store: &Store) -> Result<(), Error> {
    if let Some(to) = text(store, NEXT_FACT)? {
        return Err(half_rewrapped(store, to)?);
    }
    drop_stale(store)
}

fn half_rewrapped(store: &Store, to: String) -> Result<Error, Error> {
    Ok(Error::HalfRewrapped {
        path: store.path().to_path_buf(),
        from: String::from_utf8_lossy(&fact(store, KEK_FACT)?).into_owned(),
        to,
    })
}

/// Rewrites the tables where what the earlier key opens may be in them.
fn drop_stale(store: &Store) -> Result<(), Error> {
    if store.get(META, STALE_FACT)?.is_none() {
        return Ok(());
    }
    for family in [KEYS, META] {
        store.compact_range(family)?;
    }
    let mut batch = Batch::new();
    batch.delete(META, STALE_FACT);
    Ok(store.write(&batch, Durability::Synced)?)
}

fn text(store: &Store, name: &[u8]) -> Result<Option<String>, Error> {
    let value = store.get(META, name)?;
    Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
}

struct Rewrapping<'a> {
    store: &'a Store,
    from: &'a dyn KeyEncryption,
    to: &'a dyn KeyEncryption,
    keys_a_write: usize,
    /// Called before each write: where tests cut it short.
    before_write: &'a mut dyn FnMut() -> Result<(), Error>,
}

impl Rewrapping<'_> {
    fn run(&mut self) -> Result<Rewrapped, Error> {
        let recorded = String::from_utf8_lossy(&fact(self.store, KEK_FACT)?).into_owned();
        let next = text(self.store, NEXT_FACT)?;
        let (from, to) = (self.from.id(), self.to.id());
        if next.is_none() && recorded == to {
            return Ok(Rewrapped::default());
        }
        if recorded != from {
            return Err(Error::WrongKeyEncryptionKey {
                path: self.store.path().to_path_buf(),
                recorded,
                given: from,
            });
        }
        let is_resumed = next.is_some();
        match next {
            Some(next) if next != to => return Err(half_rewrapped(self.store, next)?),
            Some(_) => {}
            None => {
                let mut begin = Batch::new();
                begin.put(META, NEXT_FACT, to.as_bytes());
                self.write(&begin)?;
            }
        }
        let mut keys = 0;
        loop {
            match self.next_write()? {
                0 => break,
                count => keys += count,
            }
        }
        self.finish()?;
        Ok(Rewrapped { keys, is_resumed })
    }

    /// Wraps the next keys; how many.
    fn next_write(&mut self) -> Result<u64, Error> {
        let range = match self.store.get(META, CURSOR_FACT)? {
            // The first name after the cursor's.
            Some(cursor) => KeyRange::starting_at(&[&cursor[..], &[0]].concat()),
            None => KeyRange::all(),
        };
        let mut batch = Batch::new();
        let (mut count, mut last) = (0, None);
        let rows = self.store.iterate(KEYS, &range, Direction::Ascending)?;
        for row in rows.take(self.keys_a_write) {
            let (name, wrapped) = row?;
            let locator: Locator = name
                .as_ref()
                .try_into()
                .map_err(|_| unknown(self.store, b"locator", &name))?;
            let context = subject_context(&locator);
            let key = self.from.unwrap(&wrapped, &context)?;
            batch.put(KEYS, &locator, &self.to.wrap(&key, &context)?);
            (count, last) = (count + 1, Some(locator));
        }
        if let Some(last) = last {
            batch.put(META, CURSOR_FACT, &last);
            self.write(&batch)?;
        }
        Ok(count)
    }

    /// From here on the store is the new key's.
    fn finish(&mut self) -> Result<(), Error> {
        let secret = self
            .from
            .unwrap(&fact(self.store, SECRET_FACT)?, SECRET_CONTEXT)?;
        let mut batch = Batch::new();
        batch.put(META, SECRET_FACT, &self.to.wrap(&secret, SECRET_CONTEXT)?);
        batch.put(META, KEK_FACT, self.to.id().as_bytes());
        batch.put(META, STALE_FACT, b"");
        batch.delete(META, NEXT_FACT);
        batch.delete(META, CURSOR_FACT);
        self.write(&batch)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        (self.before_write)()?;
        Ok(self.store.write(batch, Durability::Synced)?)
    }
}

#[cfg(test)]
mod tests;
