//! What happened, in order, to one person, recipient, incident or producer.

use std::sync::Arc;

use super::occurrence::Occurrence;

/// The most occurrences of one timeline that are judged. Beyond it the answer is an error, so that
/// memory is bounded by a constant.
pub const MOST_OCCURRENCES: usize = 200_000;

/// A timeline longer than is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the timeline has more than {MOST_OCCURRENCES} events; that many are judged at most")]
pub struct TooMany;

/// Occurrences in the order in which they happened; those of one moment by record time, log and index.
/// A clone and a beginning of it share them.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    all: Arc<Vec<Occurrence>>,
    len: usize,
}

impl Timeline {
    /// A timeline of these occurrences, which may come in any order; one leaf counts once.
    ///
    /// # Errors
    /// [`TooMany`], as soon as there are more than [`MOST_OCCURRENCES`].
    pub fn new(occurrences: impl IntoIterator<Item = Occurrence>) -> Result<Self, TooMany> {
        let mut all = Vec::new();
        for occurrence in occurrences {
            if all.len() == MOST_OCCURRENCES {
                return Err(TooMany);
            }
            all.push(occurrence);
        }
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        all.dedup_by(|a, b| a.leaf == b.leaf);
        Ok(Self {
            len: all.len(),
            all: Arc::new(all),
        })
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Occurrence> {
        self.as_slice().iter()
    }

    /// All of them, in order.
    pub fn as_slice(&self) -> &[Occurrence] {
        &self.all[..self.len]
    }

    /// The same up to a moment, itself included: what it was when nothing later had happened.
    #[must_use]
    pub fn up_to(&self, ms: i64) -> Self {
        self.first(self.until(ms).len())
    }

    /// The first so many of them; all, where there are fewer.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        Self {
            all: Arc::clone(&self.all),
            len: count.min(self.len),
        }
    }

    /// Those that happened before `ms`, in order.
    pub fn before(&self, ms: i64) -> &[Occurrence] {
        let all = self.as_slice();
        &all[..all.partition_point(|one| one.occurred_at_ms < ms)]
    }

    /// Those that happened at `ms` or before, in order.
    pub fn until(&self, ms: i64) -> &[Occurrence] {
        let all = self.as_slice();
        &all[..all.partition_point(|one| one.occurred_at_ms <= ms)]
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<'a> IntoIterator for &'a Timeline {
    type Item = &'a Occurrence;
    type IntoIter = std::slice::Iter<'a, Occurrence>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
