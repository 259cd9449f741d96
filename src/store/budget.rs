//! What all stores of a process share: memory, background threads, disk bandwidth.

use std::sync::Arc;
use std::thread;

use rocksdb::{Cache, Env, Options, WriteBufferManager};

use super::family::Content;
use super::settings;

/// Least memory for the memtables of one store, whatever the number of stores.
const MIN_SHARE_BYTES: usize = 2 << 20;
/// Most memory for the memtables of one store; more gains nothing.
const MAX_SHARE_BYTES: usize = 128 << 20;

/// How much the stores of a process may use together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of memory for memtables and cached blocks of all stores. A process uses somewhat more:
    /// an eighth of it is left to open tables and iterators.
    pub memory_bytes: usize,
    /// How many stores will be open at once: each gets this part of the memory for memtables.
    pub stores: usize,
    /// The most that flushes and compactions of all stores write, in bytes a second. `None` for no
    /// limit. Appending itself is never held back by it.
    pub write_bytes_per_s: Option<u64>,
}

impl Default for Budget {
    /// 64 logs in 1 GiB, no limit on writing (design 4).
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            stores: 64,
            write_bytes_per_s: None,
        }
    }
}

impl Budget {
    /// Half of the memory goes to memtables. A store that idles keeps its share, and only who
    /// writes can be made to flush: hence a fixed share each, not one pool for whoever is first.
    pub(super) fn share_bytes(&self) -> usize {
        let share = self.memory_bytes / 2 / self.stores.max(1);
        share.clamp(MIN_SHARE_BYTES, MAX_SHARE_BYTES)
    }

    fn cache_bytes(&self) -> usize {
        self.memory_bytes / 8 * 7
    }
}

/// Handles to what the stores of a process share. Cheap to clone; stays alive while one store does.
#[derive(Clone)]
pub struct Shared(Arc<Parts>);

struct Parts {
    buffers: WriteBufferManager,
    cache: Cache,
    share_bytes: usize,
    /// Copies of these options share the rate limiter, which has no handle of its own.
    options: Options,
}

/// What the stores of a process use at the moment, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedFacts {
    /// Memtables of all stores. They are charged to the cache, too.
    pub memtable_bytes: usize,
    /// The cache, with what memtables are charged.
    pub cache_bytes: usize,
    /// The part of the cache that can't be given up now.
    pub pinned_bytes: usize,
}

impl Shared {
    /// Sets up what is shared. The threads belong to the whole process: a second `Shared` uses the
    /// same ones.
    ///
    /// # Panics
    /// Where `RocksDB` has lost a setting that this program was built with.
    pub fn new(budget: &Budget) -> Self {
        let cache = Cache::new_lru_cache(budget.cache_bytes());
        // It must not stall writers: memory that idle stores hold is freed by no writer's waiting.
        let stall = false;
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(
            budget.memory_bytes / 2,
            stall,
            cache.clone(),
        );
        let threads = thread::available_parallelism()
            .map_or(2, usize::from)
            .clamp(2, 8);
        let mut options = settings::database(budget.share_bytes(), threads);
        options.set_write_buffer_manager(&buffers);
        set_threads(&mut options, threads);
        if let Some(limit) = budget.write_bytes_per_s {
            limit_rate(&mut options, limit);
        }
        let share_bytes = budget.share_bytes();
        Self(Arc::new(Parts {
            buffers,
            cache,
            share_bytes,
            options,
        }))
    }

    /// What is used now.
    pub fn facts(&self) -> SharedFacts {
        SharedFacts {
            memtable_bytes: self.0.buffers.get_usage(),
            cache_bytes: self.0.cache.get_usage(),
            pinned_bytes: self.0.cache.get_pinned_usage(),
        }
    }

    pub(super) fn database_options(&self) -> Options {
        self.0.options.clone()
    }

    pub(super) fn family_options(&self, content: Content) -> Options {
        settings::family(&self.0.options, content, &self.0.cache, self.0.share_bytes)
    }
}

/// One thread flushes, so that a compaction never keeps a memtable waiting; the others compact.
fn set_threads(options: &mut Options, threads: usize) {
    let compacting = i32::try_from(threads).expect("at most 8 threads, by the clamp above");
    let mut env = Env::new().expect("the default environment is a constant of RocksDB");
    env.set_high_priority_background_threads(1);
    env.set_low_priority_background_threads(compacting);
    options.set_env(&env);
}

fn limit_rate(options: &mut Options, bytes_per_s: u64) {
    const REFILL_US: i64 = 100_000;
    const FAIRNESS: i32 = 10;
    let limit = i64::try_from(bytes_per_s).unwrap_or(i64::MAX);
    options.set_ratelimiter(limit, REFILL_US, FAIRNESS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memtables_of_64_logs_fit_in_half_of_a_gibibyte() {
        let budget = Budget::default();
        assert!(budget.share_bytes() * budget.stores <= budget.memory_bytes / 2);
    }

    #[test]
    fn a_share_stays_within_its_bounds() {
        let tight = Budget {
            memory_bytes: 0,
            stores: 0,
            write_bytes_per_s: None,
        };
        assert_eq!(tight.share_bytes(), MIN_SHARE_BYTES);
        let wide = Budget {
            memory_bytes: 64 << 30,
            stores: 1,
            write_bytes_per_s: None,
        };
        assert_eq!(wide.share_bytes(), MAX_SHARE_BYTES);
    }
}
