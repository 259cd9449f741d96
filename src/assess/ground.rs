//! What the registry says at a cut, kept at hand: everybody is judged on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use custodia_core::assess::{LeafAt, Occurrence, PolicyBook, Register};
use custodia_core::record::Record;
use custodia_core::verdict::{TopicRole, Verdict, event_of};

use super::Error;
use super::unjudged::MOST_REGISTERED;
use crate::project::Page;
use crate::query::{LogRows, Standpoint, Time};

/// Leaves of the registry read at once.
const PAGE: u64 = 4096;

/// The register and the policies at a standpoint.
#[derive(Debug, Default)]
pub struct Ground {
    pub(super) register: Register,
    pub(super) policies: PolicyBook,
}

impl Ground {
    pub(super) fn of(register: Register) -> Self {
        Self {
            policies: PolicyBook::of(&register),
            register,
        }
    }
}

/// How many leaves of each registry were read, and what they say.
struct Kept {
    sizes: BTreeMap<String, u64>,
    ground: Arc<Ground>,
}

/// Reads the registry, and keeps what it read last: a later cut costs what came in between.
#[derive(Default)]
pub(super) struct GroundKeeper(Mutex<Option<Kept>>);

impl GroundKeeper {
    /// What the registry says at a standpoint.
    ///
    /// # Errors
    /// [`Error::RegisterTooLong`], and what keeps rows or leaves from being read.
    pub(super) fn at(&self, from: &Standpoint<'_>) -> Result<Arc<Ground>, Error> {
        let registries = || from.logs().filter(|log| log.role == TopicRole::Registry);
        let sizes: BTreeMap<String, u64> = registries()
            .map(|log| (log.log().name().to_owned(), from.size_of(log)))
            .collect();
        let known = self.known(&sizes);
        let mut fresh = Vec::new();
        for log in registries() {
            let begin = known
                .as_ref()
                .map_or(0, |kept| kept.sizes[log.log().name()]);
            read(from, log, begin, &mut fresh)?;
        }
        let old = known.as_ref().map(|kept| &kept.ground);
        if old.map_or(0, |old| old.register.all().len()) + fresh.len() > MOST_REGISTERED {
            return Err(Error::RegisterTooLong);
        }
        let ground = match old {
            Some(old) if fresh.is_empty() => Arc::clone(old),
            Some(old) => {
                let all = old.register.all().iter().cloned().chain(fresh);
                Arc::new(Ground::of(Register::new(all)))
            }
            None => Arc::new(Ground::of(Register::new(fresh))),
        };
        self.keep(sizes, &ground);
        let Some(Time(at)) = from.at() else {
            return Ok(ground);
        };
        let all = ground.register.all().iter();
        let had_happened = all.filter(|one| one.occurred_at_ms <= at).cloned();
        Ok(Arc::new(Ground::of(Register::new(had_happened))))
    }

    /// Forgets what was read: something of it may be erased.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    /// What is kept, where it is of the same registries and no cut later than asked for.
    fn known(&self, sizes: &BTreeMap<String, u64>) -> Option<Kept> {
        let kept = self.lock();
        let kept = kept.as_ref()?;
        let earlier = kept.sizes.len() == sizes.len()
            && sizes
                .iter()
                .all(|(log, size)| kept.sizes.get(log).is_some_and(|known| known <= size));
        earlier.then(|| Kept {
            sizes: kept.sizes.clone(),
            ground: Arc::clone(&kept.ground),
        })
    }

    /// Keeps the later one of two.
    fn keep(&self, sizes: BTreeMap<String, u64>, ground: &Arc<Ground>) {
        let total = |sizes: &BTreeMap<String, u64>| sizes.values().sum::<u64>();
        let mut kept = self.lock();
        if kept
            .as_ref()
            .is_none_or(|kept| total(&kept.sizes) <= total(&sizes))
        {
            *kept = Some(Kept {
                sizes,
                ground: Arc::clone(ground),
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        // It is replaced as a whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The accepted events of a registry from a leaf on, of kinds that rules look at.
fn read(
    from: &Standpoint<'_>,
    log: &LogRows,
    begin: u64,
    into: &mut Vec<Occurrence>,
) -> Result<(), Error> {
    let below = from.size_of(log);
    let mut begin = begin;
    while begin < below {
        let page = Page {
            from: begin,
            ..Page::all_below(below.min(begin.saturating_add(PAGE)))
        };
        for (index, row) in log.rows.verdicts(&page)? {
            if !row.verdict.as_ref().is_some_and(Verdict::is_accepted) {
                continue;
            }
            let record = log.log().record(from.view().keys(), index)?;
            let occurrence = record.and_then(|record| occurrence(log, index, &record));
            into.extend(occurrence.filter(|one| Register::keeps(one.kind)));
        }
        if into.len() > MOST_REGISTERED {
            return Err(Error::RegisterTooLong);
        }
        begin = page.below;
    }
    Ok(())
}

/// The accepted event of a leaf; none where it can't be read any more.
pub fn occurrence(log: &LogRows, index: u64, record: &Record) -> Option<Occurrence> {
    let leaf = LeafAt {
        log: log.log().name().to_owned(),
        index,
    };
    let ms = record.timestamp.millis();
    Occurrence::of(leaf, (ms >= 0).then_some(ms), event_of(record)?)
}
