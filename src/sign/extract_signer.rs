//! Signing extracts: with the ledger's key, and without the state of its trees.

use std::path::Path;
use std::sync::Arc;

use custodia_core::note::VerifierKey;
use custodia_core::origin::LedgerName;
use zeroize::Zeroizing;

use super::Error;
use super::folder::Folder;
use super::key::{FileKey, KEY, SigningKey, signed_note};
use super::ring::KeyRing;
use super::rotation::refuse_half_rotated;
use super::state::STATE;

/// Signs under `<ledger>/extract` alone (design §3.4). No log has that origin, so what it signs can
/// never pass for a checkpoint, and two of its signatures are no rivals.
#[derive(Clone)]
pub struct ExtractSigner {
    key: Arc<dyn SigningKey>,
    ring: Arc<KeyRing>,
}

impl ExtractSigner {
    pub(super) fn new(key: Arc<dyn SigningKey>, ring: Arc<KeyRing>) -> Self {
        Self { key, ring }
    }

    fn of(key: FileKey, folder: &Folder) -> Result<Self, Error> {
        let ring = Arc::new(KeyRing::read(folder, key.public())?);
        Ok(Self::new(Arc::new(key), ring))
    }

    /// The key of a folder that nothing else has open; none where the folder has none. It needs no
    /// state, so a replica can have it.
    ///
    /// # Errors
    /// Whatever is damaged, readable by others, or held by another process.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        let opened = Folder::open(path).and_then(|folder| {
            let key = FileKey::open(&folder)?;
            refuse_half_rotated(&folder)?;
            Self::of(key, &folder)
        });
        match opened {
            Ok(signer) => Ok(Some(signer)),
            Err(Error::NoKey { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a replica's copy of the ledger's key in a folder: without a state, so that no tree can
    /// be signed there. `handovers` are those that led to the key.
    ///
    /// # Errors
    /// [`Error::Exists`] where a key is there, or what writing says.
    pub fn create_replica(path: &Path, seed: &[u8; 32], handovers: &[u8]) -> Result<Self, Error> {
        let folder = Folder::create(path)?;
        if folder.read(KEY)?.is_some() {
            return Err(Error::Exists {
                path: folder.file(KEY),
            });
        }
        KeyRing::write(&folder, FileKey::from_seed(seed).public(), handovers)?;
        Self::of(FileKey::copy(&folder, seed)?, &folder)
    }

    /// Gives a replica the key that its ledger was handed over to: `handovers` must lead from the key
    /// that is there to the new one. A folder with a state signs trees and is refused.
    ///
    /// # Errors
    /// [`Error::Exists`] where the folder has a state; [`Error::HandoversDamaged`] where the hand-overs
    /// don't lead from its key to the new one; what writing says.
    pub fn replace_replica(path: &Path, seed: &[u8; 32], handovers: &[u8]) -> Result<Self, Error> {
        let folder = Folder::open(path)?;
        refuse_half_rotated(&folder)?;
        if folder.read(STATE)?.is_some() {
            return Err(Error::Exists {
                path: folder.file(STATE),
            });
        }
        let held = FileKey::open(&folder)?.public();
        let ring = KeyRing::parse(FileKey::from_seed(seed).public(), handovers)
            .map_err(|reason| KeyRing::damaged(&folder, reason))?;
        if !ring.publics().any(|public| public == held) {
            let reason = "they don't begin at the key that this replica has".to_owned();
            return Err(KeyRing::damaged(&folder, reason));
        }
        // The key first: with it alone the list of before doesn't lead to it, which shows.
        let key = FileKey::copy(&folder, seed)?;
        KeyRing::write(&folder, key.public(), handovers)?;
        Self::of(key, &folder)
    }

    /// This key and those that it took over from.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The seed of a folder's key and the hand-overs that led to it, for a replica.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn seed(path: &Path) -> Result<(Zeroizing<[u8; 32]>, Vec<u8>), Error> {
        let folder = Folder::open(path)?;
        refuse_half_rotated(&folder)?;
        let key = FileKey::open(&folder)?;
        let ring = KeyRing::read(&folder, key.public())?;
        Ok((key.seed(), ring.to_bytes()))
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

    /// The signed note of an extract's text.
    ///
    /// # Errors
    /// [`Error::NotSignable`], [`Error::KeyFailed`].
    pub fn sign(&self, ledger: &LedgerName, text: &str) -> Result<String, Error> {
        let note = signed_note(self.key.as_ref(), &ledger.extract_key_name(), text)?;
        Ok(note.to_string())
    }
}
