//! The signed checkpoint of each log of the cut (`proto/FORMAT.md` 13.8).

use super::fault::Failure;
use super::manifest::Checked;
use super::members;
use super::signed::{self, Signed};
use crate::extract::LogAt;
use crate::extract::archive::Members;
use crate::extract::layout::checkpoint_name;

/// What is wrong with a checkpoint of the extract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not a checkpoint of the ledger's key and this log.
    #[error(transparent)]
    Signed(#[from] signed::Error),
    /// Smaller than the cut.
    #[error("it is of {checkpoint} leaves, and the cut of {cut}: it is older than the cut")]
    Older {
        /// The checkpoint's size.
        checkpoint: u64,
        /// The cut's size.
        cut: u64,
    },
    /// Of the cut's size, with another root.
    #[error("it has another root than the cut")]
    Root,
}

/// The checkpoints of an extract, by place in the cut; none for a log without leaves.
pub(super) struct Checkpoints(Vec<Option<Signed>>);

impl Checkpoints {
    /// The checkpoint of the log at a place in the cut.
    pub(super) fn of(&self, place: usize) -> Option<&Signed> {
        self.0.get(place)?.as_ref()
    }
}

/// Opens the checkpoint of each log that has leaves.
pub(super) fn open(members: &Members<'_>, checked: &Checked) -> Result<Checkpoints, Failure> {
    let logs = checked.logs().iter().zip(&checked.origins);
    let opened = logs.map(|(log, origin)| {
        if log.size.0 == 0 {
            return Ok(None);
        }
        let name = checkpoint_name(origin);
        let file = members::need(members, &name)?;
        let signed = check(file, checked, log).map_err(|fault| Failure::at(&name, fault))?;
        Ok(Some(signed))
    });
    opened.collect::<Result<_, Failure>>().map(Checkpoints)
}

fn check(file: &[u8], checked: &Checked, log: &LogAt) -> Result<Signed, Fault> {
    let signed = signed::open_of(file, &checked.key, &log.origin)?;
    let (checkpoint, cut) = (signed.checkpoint.size, log.size.0);
    if checkpoint < cut {
        return Err(Fault::Older { checkpoint, cut });
    }
    if checkpoint == cut && signed.checkpoint.root != log.root {
        return Err(Fault::Root);
    }
    Ok(signed)
}
