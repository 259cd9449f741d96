//! The ledger's key and those that it took over from, by their public halves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::checkpoint::{self, Checkpoint};
use custodia_core::handover::Handover;
use custodia_core::note::{self, Algorithm, Note, VerifierKey};
use sha2::{Digest as _, Sha256};

use super::Error;
use super::folder::Folder;

/// The file of the hand-overs in the signer's folder.
pub(super) const HANDOVERS: &str = "handovers";
/// Its first line; each further line is a signed hand-over in base64, the oldest first.
const FORMAT: &str = "custodia-handovers/v1";

/// What a public key is named by where a person has to name one: the first 8 bytes of its SHA-256 in
/// hex.
#[must_use]
pub fn key_id(public: &[u8; 32]) -> String {
    hex::encode(&Sha256::digest(public)[..8])
}

/// All public keys that sign, or signed, for a ledger. Each hand-over is signed by both its keys, so
/// the present key vouches for all before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    present: [u8; 32],
    /// As signed, and as read; the oldest first.
    handovers: Vec<(String, Handover)>,
}

impl KeyRing {
    /// Reads the hand-overs that led to the public key `present`.
    ///
    /// # Errors
    /// Why they don't.
    pub fn parse(present: [u8; 32], handovers: &[u8]) -> Result<Self, String> {
        let mut all = Vec::new();
        if !handovers.is_empty() {
            let text = str::from_utf8(handovers).map_err(|_| "it is not UTF-8")?;
            let lines = text
                .strip_prefix(FORMAT)
                .and_then(|rest| rest.strip_prefix('\n'));
            for line in lines.ok_or("its first line is unknown")?.lines() {
                let signed = STANDARD.decode(line).ok();
                let signed = signed.and_then(|signed| String::from_utf8(signed).ok());
                let signed = signed.ok_or("a line can't be read")?;
                let said = Handover::open(signed.as_bytes()).map_err(|e| e.to_string())?;
                all.push((signed, said));
            }
        }
        let ring = Self {
            present,
            handovers: all,
        };
        ring.check()?;
        Ok(ring)
    }

    fn check(&self) -> Result<(), String> {
        let said = |place: usize| &self.handovers[place].1;
        for place in 1..self.handovers.len() {
            let (before, after) = (said(place - 1), said(place));
            if before.new != after.old || before.ledger != after.ledger {
                return Err("two hand-overs don't meet".to_owned());
            }
        }
        match self.handovers.last() {
            Some((_, last)) if last.new != self.present => {
                Err("the last hand-over is to another key".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The file's bytes; none at all for a key that took over from none.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.handovers.is_empty() {
            return Vec::new();
        }
        let mut text = format!("{FORMAT}\n");
        for (signed, _) in &self.handovers {
            text.extend([STANDARD.encode(signed).as_str(), "\n"]);
        }
        text.into_bytes()
    }

    /// The public keys: the present one, then those before it, the newest first.
    pub fn publics(&self) -> impl Iterator<Item = [u8; 32]> {
        let former = self.handovers.iter().rev().map(|(_, said)| said.old);
        std::iter::once(self.present).chain(former)
    }

    /// The hand-overs, the oldest first.
    pub fn handovers(&self) -> impl DoubleEndedIterator<Item = &Handover> {
        self.handovers.iter().map(|(_, said)| said)
    }

    /// The verifier keys under a name, in the order of [`Self::publics`].
    ///
    /// # Errors
    /// [`note::Error::KeyName`] for a name that a signature line can't carry.
    pub fn vkeys(&self, name: &str) -> Result<Vec<VerifierKey>, note::Error> {
        self.publics()
            .map(|public| VerifierKey::new(name, Algorithm::Ed25519, &public))
            .collect()
    }

    /// The size of the last tree of a log that the key before the present one signed; 0 where there
    /// is none. The present key signed no smaller one.
    #[must_use]
    pub fn handed_over_at(&self, origin: &str) -> u64 {
        let last = self
            .handovers
            .last()
            .and_then(|(_, said)| said.head(origin));
        last.map_or(0, |head| head.size)
    }

    /// Opens a checkpoint that any of the keys signed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, checkpoint::Error> {
        let said = Checkpoint::parse(note.text())?;
        note.verified_by(&self.vkeys(&said.origin)?)?;
        Ok(said)
    }

    /// Whether the present key is among those that signed a checkpoint.
    #[must_use]
    pub fn is_of_present_key(&self, signed: &str) -> bool {
        let opened = Note::parse(signed.as_bytes()).map_err(checkpoint::Error::from);
        let verified = opened.and_then(|note| {
            let origin = Checkpoint::parse(note.text())?.origin;
            let key = VerifierKey::new(&origin, Algorithm::Ed25519, &self.present)?;
            Ok(note.verified_by(std::slice::from_ref(&key)).is_ok())
        });
        verified.unwrap_or(false)
    }

    /// Takes up a hand-over from the present key, as the checkpoints topic tells a replica; whether it
    /// was one.
    pub fn follow(&mut self, signed: &str) -> bool {
        let said = Handover::open(signed.as_bytes()).ok();
        let Some(said) = said.filter(|said| said.old == self.present) else {
            return false;
        };
        let ledgers = self
            .handovers
            .first()
            .is_none_or(|(_, first)| first.ledger == said.ledger);
        if ledgers {
            self.present = said.new;
            self.handovers.push((signed.to_owned(), said));
        }
        ledgers
    }

    pub(super) fn read(folder: &Folder, present: [u8; 32]) -> Result<Self, Error> {
        let bytes = folder.read(HANDOVERS)?.unwrap_or_default();
        Self::parse(present, &bytes).map_err(|reason| Self::damaged(folder, reason))
    }

    /// Writes the file of hand-overs that lead to `present`; none where there were none.
    pub(super) fn write(folder: &Folder, present: [u8; 32], bytes: &[u8]) -> Result<(), Error> {
        Self::parse(present, bytes).map_err(|reason| Self::damaged(folder, reason))?;
        if bytes.is_empty() {
            return Ok(());
        }
        folder.write(HANDOVERS, bytes)
    }

    pub(super) fn damaged(folder: &Folder, reason: String) -> Error {
        Error::HandoversDamaged {
            path: folder.file(HANDOVERS),
            reason,
        }
    }

    /// This ring after a hand-over from its key.
    pub(super) fn after(&self, signed: &str, said: &Handover) -> Result<Self, String> {
        let mut next = self.clone();
        next.handovers.push((signed.to_owned(), said.clone()));
        next.present = said.new;
        next.check()?;
        Ok(next)
    }
}
