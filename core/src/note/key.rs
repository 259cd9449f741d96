//! Verifier keys (vkeys) and the signing key of a note.

use super::{Error, Note, Signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// Length of an Ed25519 public key in bytes (RFC 8032).
const PUBLIC_BYTES: usize = 32;
/// Length of a cosignature's time in bytes, before its Ed25519 signature.
const TIME_BYTES: usize = 8;

/// How a key signs: the signature type identifiers of C2SP signed-note that we verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// 0x01: Ed25519 over the note's text.
    Ed25519,
    /// 0x04: Ed25519 over time and text of a checkpoint (C2SP tlog-cosignature, v1).
    Cosignature,
}

impl Algorithm {
    /// The signature type identifier byte.
    pub fn id(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    fn from_id(id: u8) -> Result<Self, Error> {
        match id {
            0x01 => Ok(Self::Ed25519),
            0x04 => Ok(Self::Cosignature),
            other => Err(Error::UnsupportedType(other)),
        }
    }
}

/// The parts of a vkey as written, before any is understood: so that a policy can name keys whose
/// type we don't verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vkey {
    pub(crate) name: String,
    pub(crate) key_id: u32,
    pub(crate) type_id: u8,
    pub(crate) public: Vec<u8>,
}

impl FromStr for Vkey {
    type Err = Error;

    fn from_str(vkey: &str) -> Result<Self, Error> {
        let malformed = || Error::MalformedVkey(vkey.to_owned());
        // The name can't hold a plus, base64 can: so the first two separate.
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(key_id), Some(material)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed());
        };
        check_key_name(name)?;
        let material = STANDARD.decode(material).map_err(|_| malformed())?;
        let (type_id, public) = material.split_first().ok_or_else(malformed)?;
        Ok(Self {
            name: name.to_owned(),
            key_id: parse_key_id(key_id).ok_or_else(malformed)?,
            type_id: *type_id,
            public: public.to_vec(),
        })
    }
}

/// Eight lower-case hex digits, as C2SP signed-note writes a key id.
fn parse_key_id(text: &str) -> Option<u32> {
    let digits = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    digits.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

/// A public key under a name: who verifies a note is configured with these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key_id: u32,
    algorithm: Algorithm,
    public: VerifyingKey,
}

impl VerifierKey {
    /// A key of the given algorithm under `name`, from its public half as RFC 8032 encodes it.
    ///
    /// # Errors
    /// [`Error::KeyName`] for a name that a signature line can't carry, [`Error::PublicKey`] where
    /// the bytes are no point of the curve, or one of small order.
    pub fn new(name: &str, algorithm: Algorithm, public: &[u8]) -> Result<Self, Error> {
        check_key_name(name)?;
        let bytes: &[u8; PUBLIC_BYTES] = public
            .try_into()
            .map_err(|_| Error::PublicKey(name.to_owned()))?;
        let public =
            VerifyingKey::from_bytes(bytes).map_err(|_| Error::PublicKey(name.to_owned()))?;
        if public.is_weak() {
            return Err(Error::PublicKey(name.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            key_id: key_id(name, algorithm, bytes),
            algorithm,
            public,
        })
    }

    /// The key's name; for a log's key its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ public key)`, big-endian.
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    /// How the key signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key's 32 bytes (RFC 8032).
    pub fn public(&self) -> &[u8; PUBLIC_BYTES] {
        self.public.as_bytes()
    }

    /// The same public key under another name: how one ledger's key stands for each of its logs
    /// (design 3.4).
    ///
    /// # Errors
    /// [`Error::KeyName`] for a name that a signature line can't carry.
    pub fn under(&self, name: &str) -> Result<Self, Error> {
        Self::new(name, self.algorithm, self.public())
    }

    /// The same key claiming another id: no two keys with one id can be found for a test.
    #[cfg(test)]
    pub(super) fn with_key_id(&self, key_id: u32) -> Self {
        Self {
            key_id,
            ..self.clone()
        }
    }

    /// Checks one signature over a note's text.
    ///
    /// Returns the time that a cosignature states, in seconds since the epoch; `None` for a plain
    /// signature.
    ///
    /// # Errors
    /// [`Error::BadSignature`] where the bytes have another length, the time is 2^63 or more, or
    /// the signature is not this key's over this text (strictly: no malleable encodings).
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, Error> {
        let bad = || Error::BadSignature {
            name: self.name.clone(),
            key_id: self.key_id,
        };
        let (time, signature) = match self.algorithm {
            Algorithm::Ed25519 => (None, signature),
            Algorithm::Cosignature => {
                let (time, rest) = signature
                    .split_first_chunk::<TIME_BYTES>()
                    .ok_or_else(bad)?;
                (Some(u64::from_be_bytes(*time)), rest)
            }
        };
        if time.is_some_and(|seconds| i64::try_from(seconds).is_err()) {
            return Err(bad());
        }
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| bad())?;
        let message = match time {
            None => text.to_owned(),
            Some(seconds) => cosigned_message(seconds, text),
        };
        self.public
            .verify_strict(message.as_bytes(), &signature)
            .map_err(|_| bad())?;
        Ok(time)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = vec![self.algorithm.id()];
        material.extend_from_slice(self.public());
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            self.key_id,
            STANDARD.encode(material)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    /// Reads a vkey; its key id must be the one that C2SP signed-note derives from name and key.
    fn from_str(vkey: &str) -> Result<Self, Error> {
        Self::try_from(&vkey.parse::<Vkey>()?)
    }
}

impl TryFrom<&Vkey> for VerifierKey {
    type Error = Error;

    fn try_from(vkey: &Vkey) -> Result<Self, Error> {
        let key = Self::new(&vkey.name, Algorithm::from_id(vkey.type_id)?, &vkey.public)?;
        if key.key_id != vkey.key_id {
            return Err(Error::KeyId {
                name: key.name,
                written: vkey.key_id,
                derived: key.key_id,
            });
        }
        Ok(key)
    }
}

/// An Ed25519 private key under a name, in memory. It is wiped when dropped.
pub struct SignerKey {
    key: SigningKey,
    verifier: VerifierKey,
}

impl SignerKey {
    /// The key of a 32-byte seed (RFC 8032's private key) under `name`.
    ///
    /// # Errors
    /// [`Error::KeyName`] for a name that a signature line can't carry.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, Algorithm::Ed25519, key.verifying_key().as_bytes())?;
        Ok(Self { key, verifier })
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a text and returns the whole signed note.
    ///
    /// # Errors
    /// [`Error::ControlCharacter`] or [`Error::UnterminatedText`] where the text can't be a note's.
    pub fn sign_note(&self, text: &str) -> Result<String, Error> {
        let mut note = Note::new(text)?;
        let signature = self.key.sign(text.as_bytes());
        note.add(Signature::by(&self.verifier, &signature.to_bytes()))?;
        Ok(note.to_string())
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.verifier)
    }
}

/// What an Ed25519 cosignature signs (C2SP tlog-cosignature, "Ed25519 signed message").
fn cosigned_message(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// Checks that a key name is non-empty and holds no Unicode space, plus or control character.
///
/// # Errors
/// [`Error::KeyName`] with the name.
pub(super) fn check_key_name(name: &str) -> Result<(), Error> {
    let fits = |c: char| !c.is_whitespace() && c >= ' ' && c != '+';
    if !name.is_empty() && name.chars().all(fits) {
        Ok(())
    } else {
        Err(Error::KeyName(name.to_owned()))
    }
}

fn key_id(name: &str, algorithm: Algorithm, public: &[u8; PUBLIC_BYTES]) -> u32 {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', algorithm.id()])
        .chain_update(public)
        .finalize();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
