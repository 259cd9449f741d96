//! How far orders are carried out, for those who must not answer before.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Up to which leaf of each registry all orders are carried out. Written by the one carrier.
#[derive(Debug, Default)]
pub struct Reach(Mutex<BTreeMap<String, u64>>);

impl Reach {
    /// The leaves of a registry's log whose orders are carried out; none before the carrier has looked.
    pub fn of(&self, log: &str) -> Option<u64> {
        self.lock().get(log).copied()
    }

    pub(super) fn put(&self, log: &str, size: u64) {
        self.lock().insert(log.to_owned(), size);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        // Each number is whole at any moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
