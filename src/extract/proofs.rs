//! `proofs.bin`: what proves that the leaves shown stand in the cut's trees, and the cut under
//! signed checkpoints (`proto/FORMAT.md` 13.8).

use custodia_core::extract::LogAt;
use custodia_core::tree::shared::nodes_for;
use custodia_core::tree::{Hash, Nodes as _};

use super::Error;
use super::spool::Writing;
use crate::log::Log;

/// What one log has to prove.
pub(super) struct ToProve<'a> {
    pub(super) log: &'a Log,
    /// Its size in the cut.
    pub(super) size: u64,
    /// The leaves shown, ascending.
    pub(super) indices: &'a [u64],
    /// The size of its checkpoint.
    pub(super) checkpoint: u64,
    /// What the requester holds of it.
    pub(super) held: &'a [LogAt],
}

impl ToProve<'_> {
    /// Writes the log's hashes, in order.
    pub(super) fn write(&self, to: &mut Writing) -> Result<(), Error> {
        if !self.indices.is_empty() {
            self.write_shared(to)?;
        }
        self.write_consistency(self.size, self.checkpoint, to)?;
        for held in self
            .held
            .iter()
            .filter(|held| held.origin == self.log.name())
        {
            let size = held.size.0;
            self.write_consistency(self.size.min(size), self.size.max(size), to)?;
        }
        Ok(())
    }

    fn write_shared(&self, to: &mut Writing) -> Result<(), Error> {
        let unsound =
            |what: &dyn std::fmt::Display| Error::Unsound(format!("{}: {what}", self.log.name()));
        let nodes = self.log.nodes(self.size);
        let ids = nodes_for(self.size, self.indices).map_err(|e| unsound(&e))?;
        for id in ids {
            let hash: Hash = nodes.node(id).map_err(|e| unsound(&e))?;
            to.append(&hash)?;
        }
        Ok(())
    }

    fn write_consistency(&self, old: u64, new: u64, to: &mut Writing) -> Result<(), Error> {
        if old == 0 || old == new {
            return Ok(());
        }
        for hash in self.log.consistency_proof(old, new)? {
            to.append(&hash)?;
        }
        Ok(())
    }
}
