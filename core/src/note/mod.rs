//! C2SP signed note v1.0.0: text, signatures, verifier keys (vkeys) and Ed25519 signing.
//!
//! Owns the bytes of a note: what is read here prints back the same. Signatures of unknown keys
//! are kept and ignored; a bad one of a known key refuses the whole note. Never says what a text
//! means, and never decides which keys to trust.

mod key;
#[cfg(test)]
mod tests;

pub(crate) use key::Vkey;
pub use key::{Algorithm, SignerKey, VerifierKey};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// Largest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 1 << 20;
/// Most signature lines that are read; C2SP signed-note asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// What a signature line begins with: U+2014 and a space.
const LINE_START: &str = "\u{2014} ";
/// The key id's length before the signature's own bytes.
const KEY_ID_BYTES: usize = 4;

/// Why a note or a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More than [`MAX_NOTE_BYTES`].
    #[error("the note has {0} bytes; at most {MAX_NOTE_BYTES} are read")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("the note is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// A control character other than newline.
    #[error("the note holds the control character 0x{0:02x}")]
    ControlCharacter(u8),
    /// The text doesn't end with a newline.
    #[error("the note's text doesn't end with a newline")]
    UnterminatedText,
    /// No blank line with signature lines after it.
    #[error("the note has no signatures after a blank line")]
    Unsigned,
    /// More than [`MAX_SIGNATURES`] signature lines.
    #[error("the note has more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// A line after the blank line is no signature line.
    #[error("line {0} after the note's text is not a signature line")]
    SignatureLine(usize),
    /// A key name that a signature line can't carry.
    #[error(
        "{0:?} is not a key name: it is empty, or holds a space, a plus or a control character"
    )]
    KeyName(String),
    /// Not `<name>+<8 hex digits>+<base64>`.
    #[error("{0:?} is not a verifier key of the form name+id+base64")]
    MalformedVkey(String),
    /// A signature type that is not verified here.
    #[error(
        "signature type 0x{0:02x} is not supported: use Ed25519 (0x01) or its cosignature (0x04)"
    )]
    UnsupportedType(u8),
    /// The public key is not usable.
    #[error("the public key of {0:?} is not a usable Ed25519 key")]
    PublicKey(String),
    /// A vkey's key id is not that of its name and key.
    #[error(
        "the verifier key of {name:?} says id {written:08x}, but name and key give {derived:08x}"
    )]
    KeyId {
        /// The key's name.
        name: String,
        /// The id that the vkey states.
        written: u32,
        /// The id that follows from name and key.
        derived: u32,
    },
    /// Two different known keys share name and id.
    #[error("two different known keys are called {name:?} with id {key_id:08x}")]
    AmbiguousKey {
        /// The keys' name.
        name: String,
        /// The keys' id.
        key_id: u32,
    },
    /// A known key's signature doesn't verify.
    #[error("the signature of {name:?} with id {key_id:08x} is not good")]
    BadSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        key_id: u32,
    },
    /// No signature is from a known key.
    #[error("no known key signed the note")]
    NoKnownSignature,
}

/// One signature line: `— <name> base64(key id ‖ signature)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: String,
    key_id: u32,
    bytes: Vec<u8>,
}

impl Signature {
    /// A plain Ed25519 signature that `key` made elsewhere (in a key-management service, say).
    pub fn by(key: &VerifierKey, signature: &[u8; 64]) -> Self {
        Self {
            name: key.name().to_owned(),
            key_id: key.key_id(),
            bytes: signature.to_vec(),
        }
    }

    /// The name of the key that the line says signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key that the line says signed.
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The signature's bytes after the key id; their form is the key type's.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        key::check_key_name(name).ok()?;
        let decoded = STANDARD.decode(encoded).ok()?;
        let (key_id, bytes) = decoded.split_first_chunk::<KEY_ID_BYTES>()?;
        (!bytes.is_empty()).then(|| Self {
            name: name.to_owned(),
            key_id: u32::from_be_bytes(*key_id),
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.to_be_bytes(), self.bytes.as_slice()].concat();
        write!(f, "{LINE_START}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A known key whose signature on a note was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// For a cosignature the time it states, in seconds since the epoch.
    pub cosigned_at: Option<u64>,
}

/// A text with the signatures that stand under it, verified or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note without signatures yet.
    ///
    /// # Errors
    /// [`Error::ControlCharacter`] or [`Error::UnterminatedText`].
    pub fn new(text: &str) -> Result<Self, Error> {
        check_characters(text)?;
        if !text.ends_with('\n') {
            return Err(Error::UnterminatedText);
        }
        Ok(Self {
            text: text.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// Reads a signed note. No signature is verified: ignore the text until
    /// [`Note::verified_by`] says who signed it.
    ///
    /// # Errors
    /// Whatever makes the bytes no signed note; never a signature's value.
    pub fn parse(signed: &[u8]) -> Result<Self, Error> {
        if signed.len() > MAX_NOTE_BYTES {
            return Err(Error::TooLong(signed.len()));
        }
        let signed = str::from_utf8(signed).map_err(|e| Error::NotUtf8(e.valid_up_to()))?;
        check_characters(signed)?;
        let blank = signed.rfind("\n\n").ok_or(Error::Unsigned)?;
        let (text, rest) = signed.split_at(blank + 1);
        let signatures = parse_signatures(&rest[1..])?;
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The signed text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines as they stand, of known and unknown keys.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Puts a signature (of the log, or a witness) under the others.
    ///
    /// # Errors
    /// [`Error::TooManySignatures`].
    pub fn add(&mut self, signature: Signature) -> Result<(), Error> {
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(Error::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Verifies every signature of a known key and says which keys signed, each once, in the order
    /// of their first lines.
    ///
    /// # Errors
    /// [`Error::BadSignature`] where one known key's signature is not good, whoever else signed;
    /// [`Error::NoKnownSignature`] where no known key signed; [`Error::AmbiguousKey`] where two
    /// different keys of `known` could be meant.
    pub fn verified_by<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<Verified<'k>>, Error> {
        let mut verified: Vec<Verified<'k>> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = find(known, signature)? else {
                continue;
            };
            let cosigned_at = key.verify(&self.text, &signature.bytes)?;
            if verified.iter().all(|earlier| earlier.key != key) {
                verified.push(Verified { key, cosigned_at });
            }
        }
        if verified.is_empty() {
            Err(Error::NoKnownSignature)
        } else {
            Ok(verified)
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

fn check_characters(text: &str) -> Result<(), Error> {
    match text.bytes().find(|b| *b < 0x20 && *b != b'\n') {
        Some(byte) => Err(Error::ControlCharacter(byte)),
        None => Ok(()),
    }
}

fn parse_signatures(lines: &str) -> Result<Vec<Signature>, Error> {
    let lines: Vec<&str> = lines
        .split_inclusive('\n')
        .take(MAX_SIGNATURES + 1)
        .collect();
    if lines.is_empty() {
        return Err(Error::Unsigned);
    }
    if lines.len() > MAX_SIGNATURES {
        return Err(Error::TooManySignatures);
    }
    let parse = |(number, line): (usize, &&str)| {
        line.strip_suffix('\n')
            .and_then(Signature::parse)
            .ok_or(Error::SignatureLine(number + 1))
    };
    lines.iter().enumerate().map(parse).collect()
}

/// The one known key that a signature line names.
fn find<'k>(known: &'k [VerifierKey], line: &Signature) -> Result<Option<&'k VerifierKey>, Error> {
    let mut matching = known
        .iter()
        .filter(|key| key.name() == line.name && key.key_id() == line.key_id);
    let first = matching.next();
    if matching.any(|other| Some(other) != first) {
        return Err(Error::AmbiguousKey {
            name: line.name.clone(),
            key_id: line.key_id,
        });
    }
    Ok(first)
}
