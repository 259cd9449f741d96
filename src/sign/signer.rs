//! The signer: one process, one key, one state.

use super::folder::Folder;
use super::key::{FileKey, KEY, SigningKey, signed_note};
use super::ring::{HANDOVERS, KeyRing};
use super::rotation::{Rotation, refuse_half_rotated};
use super::standing::{Seen, Standing, extends, heads_of, largest};
use super::state::{Head, Known, STATE, State};
use super::{Error, ExtractSigner};
use custodia_core::checkpoint::{self, Checkpoint};
use custodia_core::handover::Handover;
use custodia_core::note::{Note, VerifierKey};
use custodia_core::origin::LedgerName;
use custodia_core::tree::Hash;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A tree to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Origin, size and root of the tree, all of it on disk.
    pub checkpoint: Checkpoint,
    /// The RFC 6962 consistency proof from the last signed size (see [`Signer::standing`]) to it;
    /// empty where that size is 0, or is the tree's.
    pub proof: Vec<Hash>,
}

/// Signs checkpoints with the ledger's key, never two roots at one size (design law 5).
///
/// A signer that was opened signs nothing of a log until its caller has looked for checkpoints of
/// that log, in the checkpoint topic and in the log's own store, and told with
/// [`Signer::observe`] what was found: so a state that was restored from an old copy shows.
pub struct Signer {
    folder: Folder,
    key: Arc<dyn SigningKey>,
    ring: Arc<KeyRing>,
    state: State,
    /// The origins whose checkpoints were looked for since opening.
    looked_for: BTreeSet<String>,
    poisoned: bool,
}

impl Signer {
    /// Makes a new key and an empty state in a folder; makes the folder where it is missing.
    ///
    /// # Errors
    /// [`Error::Exists`] where a key or a state is there; [`Error::Locked`],
    /// [`Error::Permissions`], [`Error::Io`].
    pub fn create(path: &Path) -> Result<Self, Error> {
        let folder = Folder::create(path)?;
        for name in [KEY, STATE] {
            refuse_existing(&folder, name)?;
        }
        let key = FileKey::create(&folder)?;
        Self::with_empty_state(folder, Arc::new(key))
    }

    /// Opens a folder that has a key and a state.
    ///
    /// # Errors
    /// Whatever is missing, damaged, of another key, of an unknown format, readable by others, or
    /// held by another process.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let folder = Folder::open(path)?;
        let key = FileKey::open(&folder)?;
        Self::with_state(folder, Arc::new(key))
    }

    /// Opens a folder whose key is elsewhere (in a key-management service).
    ///
    /// # Errors
    /// As [`Signer::open`].
    pub fn open_with(path: &Path, key: Box<dyn SigningKey>) -> Result<Self, Error> {
        Self::with_state(Folder::open(path)?, key.into())
    }

    /// Takes up a key whose state was lost, with an empty one. No log is known then: each must be
    /// adopted, and no state is written before the first is. Where the folder lost its list of
    /// hand-overs, too, it gets `handovers`: the copy beside the logs. This is for an explicit command of an
    /// operator, never for a start.
    ///
    /// # Errors
    /// [`Error::Exists`] where a state is there, good or damaged; [`Error::NoKey`], and the others
    /// of [`Signer::open`].
    pub fn recover(path: &Path, handovers: &[u8]) -> Result<Self, Error> {
        let folder = Folder::open(path)?;
        let key = FileKey::open(&folder)?;
        if folder.read(HANDOVERS)?.is_none() {
            KeyRing::write(&folder, key.public(), handovers)?;
        }
        refuse_half_rotated(&folder)?;
        refuse_existing(&folder, STATE)?;
        let state = State::new(key.public());
        Self::holding(folder, Arc::new(key), state)
    }

    /// What signs the ledger's extracts with the same key. It shares nothing of the state.
    pub fn extracts(&self) -> ExtractSigner {
        ExtractSigner::new(Arc::clone(&self.key), Arc::clone(&self.ring))
    }

    /// This key and those that it took over from.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Begins to hand over to a new key (design 3.4): old and new key sign for which trees the old one
    /// stands. It is on disk when this returns, and until [`Rotation::close`] nothing is signed with the
    /// folder. `about` makes what is told of the signed hand-over.
    ///
    /// # Errors
    /// [`Error::OnHold`] or [`Error::Fork`] where a log stands so; [`Error::KeyFailed`] where the old
    /// key is no file; what writing says.
    pub fn begin_rotation<E: From<Error>>(
        self,
        ledger: &LedgerName,
        at_ms: i64,
        about: impl FnOnce(&Handover, &str) -> Result<Vec<u8>, E>,
    ) -> Result<Rotation, E> {
        let mut heads = Vec::new();
        for (origin, Known { signed, .. }) in &self.state.origins {
            let head = Checkpoint {
                origin: origin.clone(),
                size: signed.size,
                root: signed.root,
            };
            self.known(origin)?.check(&head, &[])?;
            if head.size > 0 {
                heads.push(head);
            }
        }
        Rotation::begin(self.folder, ledger, at_ms, heads, about)
    }

    /// The verifier key under a name: for a log its origin.
    ///
    /// # Errors
    /// [`Error::NotSignable`] for a name that no signature line can carry.
    pub fn vkey(&self, name: &str) -> Result<VerifierKey, Error> {
        self.key
            .vkey(name)
            .map_err(|source| Error::NotSignable { source })
    }

    /// How an origin stands: what a proof must start from, or why nothing can be signed.
    pub fn standing(&self, origin: &str) -> Standing {
        match self.state.origins.get(origin) {
            None => Standing::Unknown,
            Some(_) if !self.looked_for.contains(origin) => Standing::NotLookedFor,
            Some(known) => known.standing(),
        }
    }

    /// Reads a signed checkpoint that was found somewhere, and checks that this key signed it, or one
    /// that it took over from: what is known of a log carries over with the key.
    ///
    /// # Errors
    /// [`Error::NotOurs`].
    pub fn recognise(&self, signed: &[u8]) -> Result<Seen, Error> {
        let read = |signed| -> Result<Checkpoint, checkpoint::Error> {
            self.ring.open(&Note::parse(signed)?)
        };
        read(signed)
            .map(Seen)
            .map_err(|source| Error::NotOurs { source })
    }

    /// Takes in a log that is new: it has no leaves, and no checkpoint of it was found anywhere.
    ///
    /// `seen` is what looking everywhere found (of any origin), for a log that was created by the
    /// same command.
    ///
    /// # Errors
    /// [`Error::SignedBefore`] where a checkpoint of it was found, [`Error::KnownOrigin`],
    /// [`Error::NotSignable`], or what writing the state says.
    pub fn begin(&mut self, origin: &str, seen: &[Seen]) -> Result<(), Error> {
        self.expect_unknown(origin)?;
        if let Some(Head { size, .. }) = largest(origin, seen)? {
            return Err(Error::SignedBefore {
                origin: origin.to_owned(),
                size,
            });
        }
        self.take_in(origin, Known::new_log())
    }

    /// Takes in a log that was signed before, but that this state doesn't know: because the state
    /// was lost, or the log came from elsewhere.
    ///
    /// `seen` is what looking everywhere found; `proof` leads from the largest of it to `tree`,
    /// the log's tree now.
    ///
    /// # Errors
    /// [`Error::Inconsistent`], [`Error::Behind`] or [`Error::Fork`] where the tree doesn't extend
    /// what was seen; [`Error::UnknownOrigin`] where nothing was seen, so that there is nothing to
    /// show consistency with; [`Error::KnownOrigin`], or what writing the state says.
    pub fn adopt(&mut self, tree: &Checkpoint, seen: &[Seen], proof: &[Hash]) -> Result<(), Error> {
        let origin = &tree.origin;
        self.expect_unknown(origin)?;
        let signed = largest(origin, seen)?.ok_or_else(|| Error::UnknownOrigin {
            origin: origin.clone(),
        })?;
        extends(signed, tree, proof)?;
        self.take_in(origin, Known { signed, held: None })
    }

    /// Tells what looking for checkpoints of an origin found; to be called after opening for each
    /// origin, with an empty `seen` where nothing was found, and whenever one turns up later.
    ///
    /// What is ahead of the state puts the origin on hold, and stays so over restarts, until
    /// [`Signer::release`]. What rivals the state is a fork, for good.
    ///
    /// # Errors
    /// [`Error::UnknownOrigin`], or what writing the state says.
    pub fn observe(&mut self, origin: &str, seen: &[Seen]) -> Result<Standing, Error> {
        let mut known = *self.known(origin)?;
        heads_of(origin, seen).for_each(|head| known.observe(head));
        if known != *self.known(origin)? {
            self.store([(origin.to_owned(), known)])?;
        }
        self.looked_for.insert(origin.to_owned());
        Ok(known.standing())
    }

    /// Ends a hold: shows that the log's tree now extends both what the state has as signed and
    /// what was seen. What was seen is the last signed one from then on.
    ///
    /// # Errors
    /// [`Error::Behind`], [`Error::Fork`] or [`Error::Inconsistent`] where it doesn't;
    /// [`Error::UnknownOrigin`], [`Error::NotLookedFor`], or what writing the state says.
    pub fn release(
        &mut self,
        tree: &Checkpoint,
        from_signed: &[Hash],
        from_seen: &[Hash],
    ) -> Result<(), Error> {
        let Known { signed, held } = *self.looked_after(&tree.origin)?;
        let Some(seen) = held else { return Ok(()) };
        extends(seen, tree, from_seen)?;
        extends(signed, tree, from_signed)?;
        self.store([(
            tree.origin.clone(),
            Known {
                signed: seen,
                held: None,
            },
        )])
    }

    /// Signs one checkpoint and returns the signed note. The last one signed again gives the same
    /// bytes.
    ///
    /// # Errors
    /// Why this log can't be signed, or what writing the state says.
    pub fn sign(&mut self, checkpoint: &Checkpoint, proof: &[Hash]) -> Result<String, Error> {
        let request = Request {
            checkpoint: checkpoint.clone(),
            proof: proof.to_vec(),
        };
        self.sign_all(std::slice::from_ref(&request))?
            .into_iter()
            .collect()
    }

    /// Signs many checkpoints at the cost of one state sync. One log's refusal is its own.
    ///
    /// # Errors
    /// The outer error is of the state, and then nothing was signed; the inner ones say why a log
    /// can't be signed.
    pub fn sign_all(&mut self, requests: &[Request]) -> Result<Vec<Result<String, Error>>, Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        let mut next = self.state.clone();
        let checked: Vec<Result<(), Error>> = requests
            .iter()
            .map(|request| self.advance(&mut next, request))
            .collect();
        if next != self.state {
            self.write(next)?;
        }
        // From here on a crash loses signatures, never the memory of what they are for.
        let sign = |(checked, request): (Result<(), Error>, &Request)| {
            checked.and_then(|()| self.signature(&request.checkpoint))
        };
        Ok(checked.into_iter().zip(requests).map(sign).collect())
    }

    /// Checks one request against the state that the requests before it lead to.
    fn advance(&self, next: &mut State, request: &Request) -> Result<(), Error> {
        let tree = &request.checkpoint;
        self.looked_after(&tree.origin)?;
        let Some(known) = next.origins.get_mut(&tree.origin) else {
            return Err(Error::UnknownOrigin {
                origin: tree.origin.clone(),
            });
        };
        known.check(tree, &request.proof)?;
        known.signed = Head {
            size: tree.size,
            root: tree.root,
        };
        Ok(())
    }

    fn signature(&self, checkpoint: &Checkpoint) -> Result<String, Error> {
        let text = checkpoint.to_text();
        Ok(signed_note(self.key.as_ref(), &checkpoint.origin, &text)?.to_string())
    }

    fn known(&self, origin: &str) -> Result<&Known, Error> {
        let unknown = || Error::UnknownOrigin {
            origin: origin.to_owned(),
        };
        self.state.origins.get(origin).ok_or_else(unknown)
    }

    fn looked_after(&self, origin: &str) -> Result<&Known, Error> {
        let known = self.known(origin)?;
        if self.looked_for.contains(origin) {
            Ok(known)
        } else {
            Err(Error::NotLookedFor {
                origin: origin.to_owned(),
            })
        }
    }

    fn expect_unknown(&self, origin: &str) -> Result<(), Error> {
        self.vkey(origin)?;
        match self.state.origins.get(origin) {
            None => Ok(()),
            Some(_) => Err(Error::KnownOrigin {
                origin: origin.to_owned(),
            }),
        }
    }

    fn take_in(&mut self, origin: &str, known: Known) -> Result<(), Error> {
        self.store([(origin.to_owned(), known)])?;
        self.looked_for.insert(origin.to_owned());
        Ok(())
    }

    fn store(&mut self, changed: impl IntoIterator<Item = (String, Known)>) -> Result<(), Error> {
        let mut next = self.state.clone();
        next.origins.extend(changed);
        self.write(next)
    }

    /// Syncs a state, and only then takes it for true.
    fn write(&mut self, mut next: State) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        next.written += 1;
        // After an error the disk may have either state: opening again finds out which.
        self.poisoned = true;
        self.folder.write(STATE, &next.to_bytes())?;
        self.poisoned = false;
        self.state = next;
        Ok(())
    }

    fn with_state(folder: Folder, key: Arc<dyn SigningKey>) -> Result<Self, Error> {
        refuse_half_rotated(&folder)?;
        let path = folder.file(STATE);
        let bytes = folder.read(STATE)?;
        let bytes = bytes.ok_or_else(|| Error::StateMissing { path: path.clone() })?;
        let state = State::from_bytes(&bytes, &path)?;
        if state.public != key.public() {
            return Err(Error::OtherKey { path });
        }
        Self::start(folder, key, state)
    }

    fn with_empty_state(folder: Folder, key: Arc<dyn SigningKey>) -> Result<Self, Error> {
        let state = State::new(key.public());
        Self::start(folder, key, state)
    }

    /// Writes the state before anything rests on it: what was read may not have reached the disk.
    fn start(folder: Folder, key: Arc<dyn SigningKey>, state: State) -> Result<Self, Error> {
        let mut signer = Self::holding(folder, key, state.clone())?;
        signer.write(state)?;
        Ok(signer)
    }

    fn holding(folder: Folder, key: Arc<dyn SigningKey>, state: State) -> Result<Self, Error> {
        let ring = Arc::new(KeyRing::read(&folder, key.public())?);
        Ok(Self {
            folder,
            key,
            ring,
            state,
            looked_for: BTreeSet::new(),
            poisoned: false,
        })
    }
}

fn refuse_existing(folder: &Folder, name: &str) -> Result<(), Error> {
    match folder.read(name)? {
        None => Ok(()),
        Some(_) => Err(Error::Exists {
            path: folder.file(name),
        }),
    }
}
