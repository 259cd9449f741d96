//! Signing extracts: with the ledger's key, and without the state of its trees.

use std::path::Path;
use std::sync::Arc;

use custodia_core::note::VerifierKey;
use custodia_core::origin::LedgerName;
use zeroize::Zeroizing;

use super::Error;
use super::folder::Folder;
use super::key::{FileKey, KEY, SigningKey, signed_note};

/// Signs under `<ledger>/extract` alone (design §3.4). No log has that origin, so what it signs can
/// never pass for a checkpoint, and two of its signatures are no rivals.
#[derive(Clone)]
pub struct ExtractSigner {
    key: Arc<dyn SigningKey>,
}

impl ExtractSigner {
    pub(super) fn new(key: Arc<dyn SigningKey>) -> Self {
        Self { key }
    }

    /// The key of a folder that nothing else has open; none where the folder has none. It needs no
    /// state, so a replica can have it.
    ///
    /// # Errors
    /// Whatever is damaged, readable by others, or held by another process.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        match Folder::open(path).and_then(|folder| FileKey::open(&folder)) {
            Ok(key) => Ok(Some(Self::new(Arc::new(key)))),
            Err(Error::NoKey { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a replica's copy of the ledger's key in a folder: without a state, so that no tree can
    /// be signed there.
    ///
    /// # Errors
    /// [`Error::Exists`] where a key is there, or what writing says.
    pub fn create_replica(path: &Path, seed: &[u8; 32]) -> Result<Self, Error> {
        let folder = Folder::create(path)?;
        if folder.read(KEY)?.is_some() {
            return Err(Error::Exists {
                path: folder.file(KEY),
            });
        }
        Ok(Self::new(Arc::new(FileKey::copy(&folder, seed)?)))
    }

    /// The seed of a folder's key, for a replica.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, Error> {
        let folder = Folder::open(path)?;
        Ok(FileKey::open(&folder)?.seed())
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
