//! How far the rows of a log reach, for those who wait for them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A cell with the projected size of one log. Written by its one projector after each batch.
#[derive(Debug, Default)]
pub struct Progress {
    reached: Mutex<Reached>,
    moved: Condvar,
    /// Held by whoever writes rows.
    turn: Mutex<()>,
}

/// How far rows reach.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    /// The first leaves of the log that have rows.
    pub(super) size: u64,
    /// How often the rows were dropped: what was read over a change of it is not whole.
    pub(super) rebuilds: u64,
    /// Whether the projector has stopped, so that the size won't move.
    pub(super) stopped: bool,
}

impl Progress {
    /// How many of the log's first leaves have rows on disk.
    pub fn projected(&self) -> u64 {
        self.reached().size
    }

    /// Waits until `size` leaves have rows or the projector has stopped, `timeout` at most; how
    /// many have rows then.
    pub fn wait_projected(&self, size: u64, timeout: Duration) -> u64 {
        let waiting = |reached: &mut Reached| reached.size < size && !reached.stopped;
        let waited = self.moved.wait_timeout_while(self.lock(), timeout, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.size
    }

    /// Keeps everybody else from writing rows.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        // It guards no value.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reached(&self) -> Reached {
        *self.lock()
    }

    pub(super) fn reach(&self, size: u64) {
        self.lock().size = size;
        self.moved.notify_all();
    }

    /// To be said before rows are dropped.
    pub(super) fn restart(&self) {
        let mut reached = self.lock();
        reached.size = 0;
        reached.rebuilds += 1;
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    // Three numbers that are each whole at any moment.
    fn lock(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
