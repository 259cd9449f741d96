//! Holding restored logs against everything that is known as signed.

use std::sync::Arc;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::tree::{Frontier, leaf_hash};

use super::Error;
use super::manifest::LogTaken;
use crate::log::Log;

/// Entries read at once.
const ENTRIES: usize = 4096;

/// Proves a restored log: the tree that its entries give is the one that it records and the manifest
/// names, and it goes through every checkpoint of `seen` that is not larger. Returns the largest size that
/// was seen signed of it.
///
/// # Errors
/// [`Error::Unproven`], or what reading the log says.
pub fn prove(log: &Arc<Log>, taken: Option<&LogTaken>, seen: &[Checkpoint]) -> Result<u64, Error> {
    let unproven = |why: String| Error::Unproven {
        origin: log.name().to_owned(),
        why,
    };
    let tail = log.tail();
    let mut frontier = Frontier::new();
    while frontier.size() < tail.size {
        for entry in log.entries(frontier.size(), ENTRIES)? {
            frontier.push(leaf_hash(&entry), &mut |_, _| {});
        }
    }
    if frontier.root() != tail.root {
        return Err(unproven("its entries don't give its root".to_owned()));
    }
    let is_taken =
        taken.is_some_and(|taken| taken.size == tail.size && taken.root == hex::encode(tail.root));
    if !is_taken {
        return Err(unproven(
            "it is not the tree that the manifest names".to_owned(),
        ));
    }
    reached(log, seen)
}

/// Holds a log against the checkpoints of `seen` that are not larger than it; the largest size of all.
///
/// # Errors
/// [`Error::Unproven`] where a root is another, or what reading the log says.
pub fn reached(log: &Arc<Log>, seen: &[Checkpoint]) -> Result<u64, Error> {
    let (mut largest, size) = (0, log.tail().size);
    for said in seen.iter().filter(|said| said.origin == log.name()) {
        largest = largest.max(said.size);
        if said.size <= size && log.root_at(said.size)? != said.root {
            return Err(Error::Unproven {
                origin: log.name().to_owned(),
                why: format!("another root was signed at size {}", said.size),
            });
        }
    }
    Ok(largest)
}
