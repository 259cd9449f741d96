//! What erasing changes of a log: payloads. Entries and tree stay as they are.

use std::sync::{MutexGuard, PoisonError};

use custodia_core::entry::ENTRY_BYTES;
use custodia_core::record::Record;

use super::layout::{PAYLOADS, REMAINS};
use super::{Error, Log};
use crate::keys::{SubjectKey, seal_payload};
use crate::store::Batch;

impl Log {
    /// What stands in the payloads family: where the key is, and the record sealed under it.
    pub(super) fn payload_of(
        &self,
        locator: &[u8; 32],
        key: &SubjectKey,
        entry: &[u8; ENTRY_BYTES],
        record: &Record,
    ) -> Vec<u8> {
        let mut payload = locator.to_vec();
        payload.extend(seal_payload(key, self.name(), entry, &record.encode()));
        payload
    }

    /// Keeps the writer from being between asking for keys and writing what they seal.
    pub fn sealing(&self) -> MutexGuard<'_, ()> {
        // It guards no value.
        self.sealing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of leaf `index` since its payload was erased.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn remains(&self, index: u64) -> Result<Option<Vec<u8>>, Error> {
        self.get(REMAINS, &index.to_be_bytes())
    }

    /// Puts into `batch` that leaf `index` has no payload any more, and what is kept of it.
    pub fn put_erased(&self, batch: &mut Batch, index: u64, remains: &[u8]) {
        batch.delete(PAYLOADS, &index.to_be_bytes());
        batch.put(REMAINS, &index.to_be_bytes(), remains);
    }

    /// Puts into `batch` the payload of leaf `index` under another key, which is on disk.
    pub fn put_resealed(
        &self,
        batch: &mut Batch,
        (index, entry): (u64, &[u8; ENTRY_BYTES]),
        (locator, key): (&[u8; 32], &SubjectKey),
        record: &Record,
    ) {
        let payload = self.payload_of(locator, key, entry, record);
        batch.put(PAYLOADS, &index.to_be_bytes(), &payload);
    }

    /// Rewrites payloads on disk, so that what was erased is gone. Housekeeping; waits until it is done.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn purge_payloads(&self) -> Result<(), Error> {
        let purged = self.store().compact_range(PAYLOADS);
        purged.map_err(|e| super::reader::store_error(self.name(), e))
    }
}
