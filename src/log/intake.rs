//! Taking in checkpoints that another process signed: how a replica, which signs none, has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::note::Note;
use custodia_core::tree::Hash;
use tracing::info;

use super::{Error, Log};
use crate::sign::KeyRing;

/// Signed checkpoints of one log that is not that long yet, by size.
type Early = BTreeMap<u64, (Hash, String)>;

/// Keeps those signed checkpoints that this ledger's key signed and that each log's own tree gives.
/// It never signs.
pub struct Intake {
    ring: KeyRing,
    logs: Vec<Arc<Log>>,
    /// By the log's place.
    early: BTreeMap<usize, Early>,
}

impl Intake {
    /// Takes in what the keys of `ring` signed of these logs, and those that they are handed over to.
    pub const fn new(ring: KeyRing, logs: Vec<Arc<Log>>) -> Self {
        Self {
            ring,
            logs,
            early: BTreeMap::new(),
        }
    }

    /// Takes in what stands in the checkpoints topic: anyone may write to it, so what isn't a
    /// checkpoint of ours is passed over. One that is ahead of its log waits for [`Self::settle`].
    ///
    /// # Errors
    /// [`Error::Forked`] where the key signed another root than the log has.
    pub fn take(&mut self, signed: &[u8]) -> Result<(), Error> {
        if str::from_utf8(signed).is_ok_and(|signed| self.ring.follow(signed)) {
            info!("the ledger's key was handed over: checkpoints of the new one are taken in");
            return Ok(());
        }
        let Some((place, said)) = self.read(signed) else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(signed).into_owned();
        self.early
            .entry(place)
            .or_default()
            .insert(said.size, (said.root, text));
        self.settle_log(place)
    }

    /// Takes in what was ahead of its log and is not any more.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn settle(&mut self) -> Result<(), Error> {
        let places: Vec<usize> = self.early.keys().copied().collect();
        places
            .into_iter()
            .try_for_each(|place| self.settle_log(place))
    }

    fn read(&self, signed: &[u8]) -> Option<(usize, Checkpoint)> {
        let note = Note::parse(signed).ok()?;
        let said = self.ring.open(&note).ok()?;
        let place = self.logs.iter().position(|log| log.name() == said.origin)?;
        (said.size > 0).then_some((place, said))
    }

    fn settle_log(&mut self, place: usize) -> Result<(), Error> {
        let (Some(early), Some(log)) = (self.early.get_mut(&place), self.logs.get(place)) else {
            return Ok(());
        };
        while let Some(first) = early.first_entry() {
            let size = *first.key();
            if size > log.tail().size {
                return Ok(());
            }
            let (root, signed) = first.remove();
            if log.root_at(size)? != root {
                return Err(Error::Forked {
                    origin: log.name().to_owned(),
                    size,
                });
            }
            let kept = log.checkpoint_within(size)?;
            // At a hand-over the new key signs the same tree: the note with both signatures is kept.
            let is_older = |(kept, held): (u64, String)| {
                let ring = &self.ring;
                let countersigned =
                    || !ring.is_of_present_key(&held) && ring.is_of_present_key(&signed);
                kept < size || (kept == size && countersigned())
            };
            if kept.is_none_or(is_older) {
                log.keep_checkpoint(size, &signed)?;
            }
        }
        Ok(())
    }
}
