//! What may be signed of one log, given what was signed and what was seen.
//!
//! Pure: the [`super::Signer`] brings the state, and writes what changes.

use super::Error;
use super::state::{Head, Known};
use custodia_core::checkpoint::Checkpoint;
use custodia_core::tree::{self, Hash};

/// A checkpoint that was found somewhere and whose signature is this key's: only
/// [`super::Signer::recognise`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen(pub(super) Checkpoint);

impl Seen {
    /// The checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.0
    }
}

/// How an origin stands with the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Neither begun nor adopted.
    Unknown,
    /// Checkpoints were not looked for since the signer was opened.
    NotLookedFor,
    /// A checkpoint of this size was seen ahead of the state; see [`super::Signer::release`].
    OnHold {
        /// The size that was seen.
        seen: u64,
        /// The last size that the state knows as signed.
        signed: u64,
    },
    /// Two roots were signed at this size: nothing of the log will ever be signed again.
    Forked {
        /// The size with two roots.
        size: u64,
    },
    /// A tree that extends this one may be signed.
    Ready {
        /// The last signed size.
        size: u64,
        /// The last signed root.
        root: Hash,
    },
}

impl Known {
    /// A log that nothing was ever signed of.
    pub(super) fn new_log() -> Self {
        Self {
            signed: Head {
                size: 0,
                root: tree::empty_root(),
            },
            held: None,
        }
    }

    pub(super) fn standing(&self) -> Standing {
        let Head { size, root } = self.signed;
        match self.held {
            None => Standing::Ready { size, root },
            Some(held) if held.size == size => Standing::Forked { size },
            Some(held) => Standing::OnHold {
                seen: held.size,
                signed: size,
            },
        }
    }

    /// Takes in a checkpoint that was seen signed. What is behind the state says nothing new.
    pub(super) fn observe(&mut self, seen: Head) {
        let known = [Some(self.signed), self.held];
        let rival = known
            .into_iter()
            .flatten()
            .find(|at| at.size == seen.size && *at != seen);
        if let Some(at) = rival {
            // Both are signed, so neither can be shown to extend the other: this can't be released.
            *self = Self {
                signed: at,
                held: Some(seen),
            };
        } else if self.held.unwrap_or(self.signed).size < seen.size {
            self.held = Some(seen);
        }
    }

    /// Whether a tree may be signed now; `proof` leads from the last signed size to it.
    pub(super) fn check(&self, tree: &Checkpoint, proof: &[Hash]) -> Result<(), Error> {
        match self.standing() {
            Standing::OnHold { seen: size, .. } => Err(Error::OnHold {
                origin: tree.origin.clone(),
                size,
            }),
            Standing::Forked { size } => Err(Error::Fork {
                origin: tree.origin.clone(),
                size,
            }),
            _ => extends(self.signed, tree, proof),
        }
    }
}

/// Checks that a tree is, or extends, one that was signed.
pub(super) fn extends(signed: Head, tree: &Checkpoint, proof: &[Hash]) -> Result<(), Error> {
    let origin = tree.origin.clone();
    if tree.size < signed.size {
        return Err(Error::Behind {
            origin,
            size: tree.size,
            signed: signed.size,
        });
    }
    if tree.size == signed.size {
        let same = tree.root == signed.root;
        return if same {
            Ok(())
        } else {
            Err(Error::Fork {
                origin,
                size: tree.size,
            })
        };
    }
    if signed.size == 0 {
        // Every tree extends the empty one; RFC 6962 has no proof for it.
        return Ok(());
    }
    tree::verify_consistency(signed.size, tree.size, &signed.root, &tree.root, proof).map_err(
        |reason| Error::Inconsistent {
            origin,
            size: tree.size,
            signed: signed.size,
            reason,
        },
    )
}

/// The largest of what was seen of one origin.
///
/// Fails with [`Error::Fork`] where two of one size have different roots.
pub(super) fn largest(origin: &str, seen: &[Seen]) -> Result<Option<Head>, Error> {
    let mut heads: Vec<Head> = heads_of(origin, seen).collect();
    heads.sort_unstable_by_key(|head| head.size);
    match heads
        .windows(2)
        .find(|pair| pair[0].size == pair[1].size && pair[0] != pair[1])
    {
        Some(pair) => Err(Error::Fork {
            origin: origin.to_owned(),
            size: pair[0].size,
        }),
        None => Ok(heads.last().copied()),
    }
}

/// Sizes and roots of what was seen of one origin.
pub(super) fn heads_of<'a>(origin: &'a str, seen: &'a [Seen]) -> impl Iterator<Item = Head> + 'a {
    let of_origin = seen.iter().filter(move |seen| seen.0.origin == origin);
    of_origin.map(|seen| Head {
        size: seen.0.size,
        root: seen.0.root,
    })
}
