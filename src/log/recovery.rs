//! Taking a ledger's logs back into a signer whose state was lost (law 5).
//!
//! Everything that was seen signed is held against the logs before the first of them is taken
//! back: one contradiction, and the signer's folder stays as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::tree::Hash;
use serde::Serialize;

use super::checkpointer::{proof_to, tree_now};
use super::{Error, Log};
use crate::sign::{self, Seen, Signer, Standing};

/// What was taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// The logs that the state didn't know.
    pub logs: Vec<TakenBack>,
    /// Logs of which signed checkpoints were seen, and that are not in the folder: nothing of
    /// them will be signed.
    pub absent: Vec<String>,
}

/// A log that the signer's state knows again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakenBack {
    /// Its origin.
    pub log: String,
    /// How many leaves it has.
    pub size: u64,
    /// The largest size that was seen signed, which the log extends; none where nothing was ever
    /// signed of it, since it has no leaves.
    pub signed: Option<u64>,
}

/// Sizes and roots that were seen signed, by origin.
type Heads = BTreeMap<String, BTreeSet<(u64, Hash)>>;

/// Takes back every log that the signer's state doesn't know. `published` is everything that
/// stands in the checkpoints topic; the logs' own checkpoints are looked at, too.
///
/// # Errors
/// [`Error::Sign`]: where a log is smaller than what was signed, or has another root at a size
/// that was signed; where a log has leaves, and no checkpoint of it was seen anywhere. Nothing was
/// taken back then.
pub fn recover(
    signer: &mut Signer,
    logs: &[Arc<Log>],
    published: &[Vec<u8>],
) -> Result<Recovered, Error> {
    let seen = look(signer, logs, published)?;
    let mut heads = heads_of(&seen);
    let mut found = Vec::new();
    for log in logs {
        let of_log = heads.remove(log.name()).unwrap_or_default();
        let signed = check(log, &of_log)?;
        if signer.standing(log.name()) == Standing::Unknown {
            must_be_seen(log, signed)?;
            found.push((log, signed));
        }
    }
    let mut taken = Vec::new();
    for (log, signed) in found {
        taken.push(take_back(signer, log, signed, &seen)?);
    }
    Ok(Recovered {
        logs: taken,
        absent: heads.into_keys().collect(),
    })
}

/// Every checkpoint of this key, in the topic and in the logs.
fn look(signer: &Signer, logs: &[Arc<Log>], published: &[Vec<u8>]) -> Result<Vec<Seen>, Error> {
    // Anyone may write to the topic: only what this key signed counts as seen.
    let recognised = published.iter().map(|signed| signer.recognise(signed));
    let mut seen: Vec<Seen> = recognised.filter_map(Result::ok).collect();
    for log in logs {
        for (_, kept) in log.checkpoints()? {
            seen.push(signer.recognise(kept.as_bytes())?);
        }
    }
    Ok(seen)
}

fn heads_of(seen: &[Seen]) -> Heads {
    let mut heads = Heads::new();
    for Checkpoint { origin, size, root } in seen.iter().map(Seen::checkpoint) {
        let of_log = heads.entry(origin.clone()).or_default();
        of_log.insert((*size, *root));
    }
    heads
}

/// Holds everything that was signed of a log against its tree; the largest size of it.
fn check(log: &Log, signed: &BTreeSet<(u64, Hash)>) -> Result<Option<u64>, Error> {
    let (origin, size) = (log.name().to_owned(), log.tail().size);
    for &(signed, root) in signed {
        if signed > size {
            let behind = sign::Error::Behind {
                origin,
                size,
                signed,
            };
            return Err(behind.into());
        }
        if log.root_at(signed)? != root {
            let size = signed;
            return Err(sign::Error::Fork { origin, size }.into());
        }
    }
    Ok(signed.last().map(|(size, _)| *size))
}

/// A log that has leaves may have been signed: without a checkpoint there is nothing to show
/// consistency with.
fn must_be_seen(log: &Log, signed: Option<u64>) -> Result<(), Error> {
    if signed.is_some() || log.tail().size == 0 {
        return Ok(());
    }
    let origin = log.name().to_owned();
    Err(sign::Error::UnknownOrigin { origin }.into())
}

fn take_back(
    signer: &mut Signer,
    log: &Log,
    signed: Option<u64>,
    seen: &[Seen],
) -> Result<TakenBack, Error> {
    let tree = tree_now(log);
    match signed {
        None => signer.begin(log.name(), seen)?,
        Some(from) => signer.adopt(&tree, seen, &proof_to(log, from, tree.size)?)?,
    }
    Ok(TakenBack {
        log: tree.origin,
        size: tree.size,
        signed,
    })
}
