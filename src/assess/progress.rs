//! How far findings reach, for those who ask and those who wait.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::query::CutName;

/// A cell with the cut that all findings cover. Written by the one assessor.
#[derive(Debug, Default)]
pub struct Progress {
    reached: Mutex<Reached>,
    moved: Condvar,
}

/// How far findings reach.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    /// The cut that all findings cover; none where there are none yet.
    pub(super) covered: Option<CutName>,
    /// Whether some are of a later cut already.
    pub(super) under_way: bool,
    /// Why assessing stopped, where it did.
    pub(super) stopped: Option<String>,
}

impl Progress {
    /// Waits until findings cover a cut that `enough` accepts or assessing has stopped, `timeout` at
    /// most; whether they do.
    pub fn wait(&self, enough: impl Fn(&CutName) -> bool, timeout: Duration) -> bool {
        let covers = |reached: &Reached| reached.covered.as_ref().is_some_and(&enough);
        let waiting = |reached: &mut Reached| reached.stopped.is_none() && !covers(reached);
        let waited = self.moved.wait_timeout_while(self.lock(), timeout, waiting);
        covers(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    pub(super) fn reached(&self) -> Reached {
        self.lock().clone()
    }

    pub(super) fn set_under_way(&self) {
        self.lock().under_way = true;
    }

    pub(super) fn cover(&self, covered: Option<CutName>) {
        let mut reached = self.lock();
        reached.covered = covered;
        reached.under_way = false;
        drop(reached);
        self.moved.notify_all();
    }

    pub(super) fn stop(&self, why: String) {
        self.lock().stopped.get_or_insert(why);
        self.moved.notify_all();
    }

    // Values that are each whole at any moment.
    fn lock(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
