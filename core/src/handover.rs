//! The note with which a ledger's signing key is handed over to the next (`proto/FORMAT.md` 16).
//!
//! Owns its text and when it holds: both keys signed it. Never says when a key may sign, and keeps
//! no list of keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Checkpoint, hash_from_base64};
use crate::note::{self, Algorithm, Note, VerifierKey};
use crate::origin::LedgerName;

/// The first line of a hand-over's text.
const FORMAT: &str = "custodia-handover/v1";

/// Why bytes are no hand-over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No signed note, or a signature of one of the two keys is not good.
    #[error(transparent)]
    Note(#[from] note::Error),
    /// Not the text of a hand-over.
    #[error("it is no hand-over: line {0} can't be read")]
    Line(usize),
    /// The lines are those of a hand-over in another spelling.
    #[error("it is no hand-over as this ledger would write it")]
    Spelling,
    /// One of the two keys didn't sign.
    #[error("the {0} key didn't sign it; a hand-over needs both")]
    OneKey(&'static str),
}

/// Of one ledger: from which key to which, when, and where each log stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The ledger.
    pub ledger: LedgerName,
    /// The Ed25519 public key (RFC 8032) that signed until then.
    pub old: [u8; 32],
    /// The one that signs from then on.
    pub new: [u8; 32],
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The last tree that the old key signed of each log, ascending by origin.
    pub heads: Vec<Checkpoint>,
}

impl Handover {
    /// The note's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{FORMAT}\n{}\nold {}\nnew {}\nat {}\n",
            self.ledger,
            STANDARD.encode(self.old),
            STANDARD.encode(self.new),
            self.at_ms
        );
        for Checkpoint { origin, size, root } in &self.heads {
            let root = STANDARD.encode(root);
            text.extend(["log ", &size.to_string(), " ", &root, " ", origin, "\n"]);
        }
        text
    }

    /// The two verifier keys, old and new, under `<ledger>/handover`.
    ///
    /// # Errors
    /// [`Error::Note`] where the name can't stand in a signature line.
    pub fn keys(&self) -> Result<[VerifierKey; 2], Error> {
        let name = self.ledger.handover_key_name();
        let key = |public| VerifierKey::new(&name, Algorithm::Ed25519, public);
        Ok([key(&self.old)?, key(&self.new)?])
    }

    /// Opens a hand-over: both keys signed it. Whether one of them is the ledger's is for the caller
    /// to know.
    ///
    /// # Errors
    /// Whatever makes it none.
    pub fn open(signed: &[u8]) -> Result<Self, Error> {
        let note = Note::parse(signed)?;
        let handover = Self::parse(note.text())?;
        let keys = handover.keys()?;
        let signers = note.verified_by(&keys)?;
        for (key, which) in keys.iter().zip(["old", "new"]) {
            if signers.iter().all(|signer| signer.key != key) {
                return Err(Error::OneKey(which));
            }
        }
        Ok(handover)
    }

    /// What the hand-over says of a log; none where the old key signed nothing of it.
    #[must_use]
    pub fn head(&self, origin: &str) -> Option<&Checkpoint> {
        self.heads.iter().find(|head| head.origin == origin)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let lines: Vec<&str> = text.lines().collect();
        let line = |number: usize, word: &str| {
            let line = lines
                .get(number - 1)
                .and_then(|line| line.strip_prefix(word));
            line.ok_or(Error::Line(number))
        };
        if !line(1, FORMAT)?.is_empty() {
            return Err(Error::Line(1));
        }
        let key = |number, word| hash_from_base64(line(number, word)?).ok_or(Error::Line(number));
        let heads = lines.iter().enumerate().skip(5);
        let heads = heads.map(|(place, line)| head(line).ok_or(Error::Line(place + 1)));
        let handover = Self {
            ledger: line(2, "")?.parse().map_err(|_| Error::Line(2))?,
            old: key(3, "old ")?,
            new: key(4, "new ")?,
            at_ms: line(5, "at ")?.parse().map_err(|_| Error::Line(5))?,
            heads: heads.collect::<Result<_, _>>()?,
        };
        let ascends = handover
            .heads
            .windows(2)
            .all(|two| two[0].origin < two[1].origin);
        // One spelling: what doesn't print back was not written by a ledger.
        if ascends && handover.old != handover.new && handover.to_text() == text {
            Ok(handover)
        } else {
            Err(Error::Spelling)
        }
    }
}

fn head(line: &str) -> Option<Checkpoint> {
    let (size, rest) = line.strip_prefix("log ")?.split_once(' ')?;
    let (root, origin) = rest.split_once(' ')?;
    Some(Checkpoint {
        origin: origin.to_owned(),
        size: size.parse().ok()?,
        root: hash_from_base64(root)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{Signature, SignerKey};

    const NAME: &str = "ledger.example/handover";

    fn signer(byte: u8) -> SignerKey {
        SignerKey::from_seed(NAME, &[byte; 32]).unwrap()
    }

    fn handover() -> Handover {
        let head = |origin: &str, size| Checkpoint {
            origin: origin.to_owned(),
            size,
            root: [7; 32],
        };
        Handover {
            ledger: "ledger.example".parse().unwrap(),
            old: *signer(1).verifier().public(),
            new: *signer(2).verifier().public(),
            at_ms: 1_789_000_000_000,
            heads: vec![
                head("ledger.example/custodia.events/0/1", 5),
                head("ledger.example/custodia.events/1/1", 9),
            ],
        }
    }

    fn signed(text: &str, by: &[SignerKey]) -> Vec<u8> {
        let mut note = Note::new(text).unwrap();
        for key in by {
            let one = Note::parse(key.sign_note(text).unwrap().as_bytes()).unwrap();
            let bytes: [u8; 64] = one.signatures()[0].bytes().try_into().unwrap();
            note.add(Signature::by(key.verifier(), &bytes)).unwrap();
        }
        note.to_string().into_bytes()
    }

    #[test]
    fn a_handover_that_both_keys_signed_opens_and_says_what_it_said() {
        let said = handover();
        let note = signed(&said.to_text(), &[signer(1), signer(2)]);
        assert_eq!(Handover::open(&note), Ok(said.clone()));
        let head = said.head("ledger.example/custodia.events/1/1");
        assert_eq!(head.map(|head| head.size), Some(9));
        assert_eq!(said.head("ledger.example/custodia.events/2/1"), None);
    }

    #[test]
    fn one_signature_is_not_enough() {
        let text = handover().to_text();
        let alone = |byte| Handover::open(&signed(&text, &[signer(byte)]));
        assert_eq!(alone(1), Err(Error::OneKey("new")));
        assert_eq!(alone(2), Err(Error::OneKey("old")));
        let stranger = Handover::open(&signed(&text, &[signer(1), signer(3)]));
        assert_eq!(stranger, Err(Error::OneKey("new")));
        assert!(matches!(alone(3), Err(Error::Note(_))));
    }

    #[test]
    fn another_text_or_spelling_is_refused() {
        let text = handover().to_text();
        let both = [signer(1), signer(2)];
        for (from, to, wanted) in [
            (
                "custodia-handover/v1",
                "custodia-handover/v2",
                Error::Line(1),
            ),
            ("at 1789", "at x", Error::Line(5)),
            ("at 1789", "at +1789", Error::Spelling),
            ("log 5", "log 05", Error::Spelling),
            ("log 5", "log x", Error::Line(6)),
            ("events/0/1", "events/3/1", Error::Spelling),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            assert_eq!(
                Handover::open(&signed(&changed, &both)),
                Err(wanted),
                "{to}"
            );
        }
        let same = Handover {
            new: handover().old,
            ..handover()
        };
        let refused = Handover::open(&signed(&same.to_text(), &both[..1]));
        assert_eq!(refused, Err(Error::Spelling));
    }
}
