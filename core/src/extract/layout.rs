//! Which members an extract has, in which order, and in which order its proofs stand
//! (`proto/FORMAT.md` 13.2 and 13.8).
//!
//! Who cuts an extract and who checks it ask the same functions.

use super::manifest::LogAt;
use crate::origin::Origin;

/// What the extract says of itself.
pub const MANIFEST: &str = "manifest.json";
/// Its signature.
pub const NOTE: &str = "manifest.note";
/// The leaves shown.
pub const EVENTS: &str = "events.jsonl";
/// The tree nodes that prove them.
pub const PROOFS: &str = "proofs.bin";

/// The name of a log's checkpoint.
#[must_use]
pub fn checkpoint_name(origin: &Origin) -> String {
    let Origin {
        topic,
        partition,
        generation,
        ..
    } = origin;
    format!("checkpoints/{topic}-{partition}-{generation}")
}

/// The members that stand between manifest and note and the edition's: a checkpoint for each log of
/// the cut that isn't empty, the leaves, their proofs. `logs` has origins and sizes in the cut's
/// order.
pub fn evidence_names<'a>(logs: impl IntoIterator<Item = (&'a Origin, u64)>) -> Vec<String> {
    let checkpoints = logs
        .into_iter()
        .filter(|(_, size)| *size > 0)
        .map(|(origin, _)| checkpoint_name(origin));
    checkpoints
        .chain([EVENTS.to_owned(), PROOFS.to_owned()])
        .collect()
}

/// What decides, beside its size in the cut, which proofs a log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEvidence {
    /// Whether leaves of it are shown.
    pub is_shown: bool,
    /// The size of its checkpoint; the cut's where it has none.
    pub checkpoint: u64,
}

/// A run of hashes in `proofs.bin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofPart {
    /// [`crate::tree::shared::proof`] of the leaves shown of log number `log` of the cut, in its
    /// tree of `size` leaves.
    Shared {
        /// The log's place in the cut.
        log: usize,
        /// Its size there.
        size: u64,
    },
    /// [`crate::tree::consistency_proof`] of log number `log` of the cut.
    Consistency {
        /// The log's place in the cut.
        log: usize,
        /// The smaller size.
        old: u64,
        /// The larger one.
        new: u64,
        /// What the cut is compared with.
        with: Other,
    },
}

/// What a consistency proof joins to the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// The log's checkpoint in the extract.
    Checkpoint,
    /// The checkpoint of this number that the requester holds.
    Held(usize),
}

/// What stands in `proofs.bin`, in order: for each log of the cut the nodes shared by the leaves
/// shown, then the consistency proofs to its checkpoint and to those of `held`, which ascend by
/// origin. `evidence` has one for each of `logs`.
#[must_use]
pub fn proof_parts(logs: &[LogAt], held: &[LogAt], evidence: &[LogEvidence]) -> Vec<ProofPart> {
    let mut parts = Vec::new();
    for (place, (log, evidence)) in logs.iter().zip(evidence).enumerate() {
        let size = log.size.0;
        if evidence.is_shown {
            parts.push(ProofPart::Shared { log: place, size });
        }
        parts.extend(consistency(
            place,
            size,
            evidence.checkpoint,
            Other::Checkpoint,
        ));
        let first = held.partition_point(|held| held.origin < log.origin);
        let of_log = (first..held.len()).take_while(|n| held[*n].origin == log.origin);
        parts.extend(
            of_log.filter_map(|n| consistency(place, size, held[n].size.0, Other::Held(n))),
        );
    }
    parts
}

/// The proof between two sizes, where they differ. From size 0 there is nothing to show.
fn consistency(log: usize, one: u64, other: u64, with: Other) -> Option<ProofPart> {
    let (old, new) = (one.min(other), one.max(other));
    (old != new && old > 0).then_some(ProofPart::Consistency {
        log,
        old,
        new,
        with,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Int;

    fn log(origin: &str, size: u64) -> LogAt {
        LogAt {
            origin: origin.to_owned(),
            root: [0; 32],
            size: Int(size),
        }
    }

    #[test]
    fn a_log_without_leaves_has_no_checkpoint() {
        let origins: Vec<Origin> = ["l.example/a-0/1/2", "l.example/b/0/0", "l.example/c/3/0"]
            .iter()
            .map(|origin| origin.parse().unwrap())
            .collect();
        let names = evidence_names(origins.iter().zip([4, 0, 1]));
        let expected = [
            "checkpoints/a-0-1-2",
            "checkpoints/c-3-0",
            "events.jsonl",
            "proofs.bin",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn proofs_stand_log_by_log_and_only_where_sizes_differ() {
        let logs = [log("a", 7), log("b", 9), log("c", 0), log("d", 5)];
        let held = [
            log("a", 7),
            log("b", 3),
            log("b", 9),
            log("b", 12),
            log("c", 2),
        ];
        let evidence = |is_shown, checkpoint| LogEvidence {
            is_shown,
            checkpoint,
        };
        let evidence = [
            evidence(true, 8),
            evidence(false, 9),
            evidence(false, 0),
            evidence(true, 5),
        ];
        let consistency = |log, old, new, with| ProofPart::Consistency {
            log,
            old,
            new,
            with,
        };
        let expected = [
            ProofPart::Shared { log: 0, size: 7 },
            consistency(0, 7, 8, Other::Checkpoint),
            consistency(1, 3, 9, Other::Held(1)),
            consistency(1, 9, 12, Other::Held(3)),
            ProofPart::Shared { log: 3, size: 5 },
        ];
        assert_eq!(proof_parts(&logs, &held, &evidence), expected);
    }
}
