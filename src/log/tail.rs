//! The published end of a log: what is on disk, for those who follow it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodia_core::tree::Hash;

/// The end of a log as it is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// How many leaves are on disk.
    pub size: u64,
    /// The root at that size.
    pub root: Hash,
    /// The first Kafka offset not yet read.
    pub next_offset: u64,
    /// Whether the tail will not move again: the log is closed, or its writer has stopped.
    pub closed: bool,
}

/// A cell with the current tail. Written by the log's one writer, after its synced write.
#[derive(Debug)]
pub(super) struct TailCell {
    tail: Mutex<Tail>,
    moved: Condvar,
}

impl TailCell {
    pub(super) fn new(tail: Tail) -> Self {
        Self {
            tail: Mutex::new(tail),
            moved: Condvar::new(),
        }
    }

    pub(super) fn get(&self) -> Tail {
        *self.lock()
    }

    pub(super) fn publish(&self, tail: Tail) {
        *self.lock() = tail;
        self.moved.notify_all();
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.moved.notify_all();
    }

    /// The tail once it is larger than `size` or closed, or as it stands after `timeout`.
    pub(super) fn wait_beyond(&self, size: u64, timeout: Duration) -> Tail {
        let guard = self.lock();
        let waiting = |tail: &mut Tail| tail.size <= size && !tail.closed;
        let waited = self.moved.wait_timeout_while(guard, timeout, waiting);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    // A tail is replaced whole, so a panic elsewhere can't leave half of one.
    fn lock(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
