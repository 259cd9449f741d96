//! The key that signs, behind a trait where a key-management service can stand.

use super::Error;
use super::folder::Folder;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::note::{self, Algorithm, Note, Signature, VerifierKey};
use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

/// The key file's name in the signer's folder.
pub(super) const KEY: &str = "key";
/// What every key file begins with; the version follows.
const FAMILY: &str = "custodia-signing-key/";
/// The key file's first line.
const FORMAT: &str = "custodia-signing-key/v1";

/// What a key says when it doesn't sign.
pub type KeyFailure = Box<dyn std::error::Error + Send + Sync>;

/// The ledger's one Ed25519 key (design 3.4). It signs for all of the ledger's logs; each log's
/// verifier key follows from it and the log's origin.
pub trait SigningKey: Send + Sync {
    /// The public key's 32 bytes (RFC 8032).
    fn public(&self) -> [u8; 32];

    /// Signs bytes with plain Ed25519 (RFC 8032): the same bytes give the same signature.
    ///
    /// # Errors
    /// Whatever keeps the key from signing; the caller may try again.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyFailure>;

    /// The verifier key under a name: for a log its origin.
    ///
    /// # Errors
    /// [`note::Error::KeyName`] for a name that a signature line can't carry.
    fn vkey(&self, name: &str) -> Result<VerifierKey, note::Error> {
        VerifierKey::new(name, Algorithm::Ed25519, &self.public())
    }
}

/// A note of this text with the key's signature under `name`.
pub(super) fn signed_note(key: &dyn SigningKey, name: &str, text: &str) -> Result<Note, Error> {
    let not_signable = |source| Error::NotSignable { source };
    let failed = |source: KeyFailure| Error::KeyFailed {
        name: name.to_owned(),
        source,
    };
    let vkey = key.vkey(name).map_err(not_signable)?;
    let mut note = Note::new(text).map_err(not_signable)?;
    let signature = key.sign(text.as_bytes()).map_err(failed)?;
    note.add(Signature::by(&vkey, &signature))
        .map_err(not_signable)?;
    // A key elsewhere may answer anything: only what verifies leaves.
    note.verified_by(std::slice::from_ref(&vkey))
        .map_err(|bad| failed(bad.into()))?;
    Ok(note)
}

/// A key whose seed lies in the signer's folder.
pub(super) struct FileKey(ed25519_dalek::SigningKey);

impl FileKey {
    /// Draws a seed from the system and writes it; the caller has seen that no key is there.
    pub(super) fn create(folder: &Folder) -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        draw(&mut seed, folder)?;
        Self::copy(folder, &seed)
    }

    /// A new key that is written nowhere yet.
    pub(super) fn draw(folder: &Folder) -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        draw(&mut seed, folder)?;
        Ok(Self::from_seed(&seed))
    }

    /// Writes the key's file under a name.
    pub(super) fn write(&self, folder: &Folder, name: &str) -> Result<(), Error> {
        let encoded = Zeroizing::new(STANDARD.encode(self.seed()));
        let file = Zeroizing::new(format!("{FORMAT}\n{}\n", *encoded));
        folder.write(name, file.as_bytes())
    }

    /// Writes a seed that is another folder's; the caller has seen that no key is there.
    pub(super) fn copy(folder: &Folder, seed: &[u8; 32]) -> Result<Self, Error> {
        let key = Self::from_seed(seed);
        key.write(folder, KEY)?;
        Ok(key)
    }

    pub(super) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, for a replica.
    pub(super) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads the seed.
    pub(super) fn open(folder: &Folder) -> Result<Self, Error> {
        let path = folder.file(KEY);
        let file = folder
            .read(KEY)?
            .ok_or_else(|| Error::NoKey { path: path.clone() })?;
        let file = Zeroizing::new(file);
        let malformed = || Error::KeyMalformed { path: path.clone() };
        let text = str::from_utf8(&file).map_err(|_| malformed())?;
        let (format, seed) = text.split_once('\n').ok_or_else(malformed)?;
        if format.starts_with(FAMILY) && format != FORMAT {
            return Err(Error::UnknownFormat {
                path,
                found: format.to_owned(),
            });
        }
        let seed = seed
            .strip_suffix('\n')
            .filter(|_| format == FORMAT)
            .ok_or_else(malformed)?;
        let seed = Zeroizing::new(STANDARD.decode(seed).map_err(|_| malformed())?);
        let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| malformed())?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(seed)))
    }
}

fn draw(seed: &mut [u8; 32], folder: &Folder) -> Result<(), Error> {
    getrandom::fill(seed).map_err(|error| Error::Io {
        action: "draw random bytes for",
        path: folder.file(KEY),
        source: std::io::Error::other(error.to_string()),
    })
}

impl SigningKey for FileKey {
    fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyFailure> {
        Ok(self.0.sign(message).to_bytes())
    }
}
