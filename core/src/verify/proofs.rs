//! `proofs.bin`: that the leaves shown stand in the cut, and the cut under signed checkpoints
//! (`proto/FORMAT.md` 13.8).

use super::checkpoints::Checkpoints;
use super::events::Shown;
use super::fault::{Failure, Fault};
use super::manifest::Checked;
use super::members;
use crate::extract::LogAt;
use crate::extract::archive::Members;
use crate::extract::layout::{LogEvidence, Other, PROOFS, ProofPart, proof_parts};
use crate::tree::{self, HASH_BYTES, Hash, consistency_length, shared, verify_consistency};

/// Checks that all of `proofs.bin` leads from the leaves to the cut's roots, and from there to the
/// checkpoints of the extract and of the requester.
pub(super) fn check(
    members: &Members<'_>,
    checked: &Checked,
    checkpoints: &Checkpoints,
    shown: &Shown,
) -> Result<(), Failure> {
    let bytes = members::need(members, PROOFS)?;
    Proofs {
        checked,
        checkpoints,
        shown,
    }
    .check(bytes)
    .map_err(|fault| Failure::at(PROOFS, fault))
}

struct Proofs<'a> {
    checked: &'a Checked,
    checkpoints: &'a Checkpoints,
    shown: &'a Shown,
}

impl Proofs<'_> {
    fn check(&self, bytes: &[u8]) -> Result<(), Fault> {
        let (hashes, []) = bytes.as_chunks::<HASH_BYTES>() else {
            return Err(Fault::NotHashes);
        };
        self.check_held_of_equal_size()?;
        let mut rest = hashes.iter().copied();
        for part in self.parts() {
            match part {
                ProofPart::Shared { log, size } => self.check_shared(log, size, &mut rest)?,
                ProofPart::Consistency { log, with, .. } => {
                    self.check_consistency(log, with, &mut rest)?;
                }
            }
        }
        match rest.len() {
            0 => Ok(()),
            left => Err(Fault::TooManyHashes(left)),
        }
    }

    fn logs(&self) -> &[LogAt] {
        self.checked.logs()
    }

    fn held(&self) -> &[LogAt] {
        &self.checked.manifest.held
    }

    fn parts(&self) -> Vec<ProofPart> {
        let evidence = self.logs().iter().enumerate().map(|(place, log)| {
            let signed = self.checkpoints.of(place);
            LogEvidence {
                is_shown: !self.shown.of(place).is_empty(),
                checkpoint: signed.map_or(log.size.0, |signed| signed.checkpoint.size),
            }
        });
        let evidence: Vec<LogEvidence> = evidence.collect();
        proof_parts(self.logs(), self.held(), &evidence)
    }

    /// Equal sizes need no proof, but equal roots.
    fn check_held_of_equal_size(&self) -> Result<(), Fault> {
        for held in self.held() {
            let log = self.checked.place(&held.origin).map(|at| &self.logs()[at]);
            if log.is_some_and(|log| log.size == held.size && log.root != held.root) {
                return Err(inconsistent(held, Other::Held(0)));
            }
        }
        Ok(())
    }

    fn check_shared(
        &self,
        log: usize,
        size: u64,
        rest: &mut impl Iterator<Item = Hash>,
    ) -> Result<(), Fault> {
        let of = &self.logs()[log];
        match shared::root_from(size, self.shown.of(log), rest) {
            Ok(root) if root == of.root => Ok(()),
            Err(tree::Error::TooFewNodes { .. }) => Err(Fault::TooFewHashes(of.origin.clone())),
            _ => Err(Fault::Root(of.origin.clone())),
        }
    }

    fn check_consistency(
        &self,
        log: usize,
        with: Other,
        rest: &mut impl Iterator<Item = Hash>,
    ) -> Result<(), Fault> {
        let cut = &self.logs()[log];
        let one = (cut.size.0, &cut.root);
        let Some(other) = self.other(log, with) else {
            return Ok(());
        };
        let ((old, old_root), (new, new_root)) = if one.0 < other.0 {
            (one, other)
        } else {
            (other, one)
        };
        let bad = || inconsistent(cut, with);
        let length = consistency_length(old, new).map_err(|_| bad())?;
        let proof: Vec<Hash> = rest.take(length).collect();
        if proof.len() < length {
            return Err(Fault::TooFewHashes(cut.origin.clone()));
        }
        verify_consistency(old, new, old_root, new_root, &proof).map_err(|_| bad())
    }

    fn other(&self, log: usize, with: Other) -> Option<(u64, &Hash)> {
        match with {
            Other::Checkpoint => {
                let signed = &self.checkpoints.of(log)?.checkpoint;
                Some((signed.size, &signed.root))
            }
            Other::Held(n) => self.held().get(n).map(|held| (held.size.0, &held.root)),
        }
    }
}

fn inconsistent(log: &LogAt, with: Other) -> Fault {
    Fault::Consistency {
        origin: log.origin.clone(),
        what: match with {
            Other::Checkpoint => "the checkpoint",
            Other::Held(_) => "a checkpoint that the requester holds",
        },
    }
}
