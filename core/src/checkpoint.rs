//! C2SP tlog-checkpoint v1.0.0: a size and root of one log, as the text of a signed note.
//!
//! Owns the three lines and their one spelling. Never compares two checkpoints: that takes a
//! consistency proof.

use crate::note::{self, Note, SignerKey, VerifierKey};
use crate::tree::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why a checkpoint was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The signed note, or its signature.
    #[error(transparent)]
    Note(#[from] note::Error),
    /// Fewer than three lines, or the last one without a newline.
    #[error("a checkpoint needs three lines, each ended by a newline")]
    Lines,
    /// The origin is empty.
    #[error("the checkpoint's origin is empty")]
    Origin,
    /// The second line is no tree size.
    #[error("the checkpoint's size {0:?} is not a decimal number below 2^64 without leading zeros")]
    Size(String),
    /// The third line is no root hash.
    #[error("the checkpoint's root {0:?} is not the base64 of 32 bytes")]
    Root(String),
    /// An extension line is empty.
    #[error("the checkpoint has an empty extension line")]
    EmptyExtension,
    /// Signed under a name that is not the checkpoint's origin.
    #[error("the checkpoint is of {origin:?}, but the key is for {key:?}")]
    OtherLog {
        /// The checkpoint's first line.
        origin: String,
        /// The key's name.
        key: String,
    },
}

/// The size and root of one log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// The log's origin, as a line of text.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// The RFC 6962 root of those leaves.
    pub root: Hash,
}

impl Checkpoint {
    /// The note's text: origin, size and root, each on a line. No extension lines.
    pub fn to_text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        )
    }

    /// Reads a note's text. Extension lines, where there are any, are checked and left in the note.
    ///
    /// # Errors
    /// Whatever makes the text no checkpoint.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_extended(text).map(|(checkpoint, _)| checkpoint)
    }

    /// Reads a note's text and gives the extension lines besides (C2SP: opaque, not recommended;
    /// witnesses on Ed25519 sign them, nothing here rests on them).
    ///
    /// # Errors
    /// Whatever makes the text no checkpoint.
    pub fn parse_extended(text: &str) -> Result<(Self, Vec<&str>), Error> {
        let mut lines = text.strip_suffix('\n').ok_or(Error::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(Error::Lines);
        };
        if origin.is_empty() {
            return Err(Error::Origin);
        }
        let extensions: Vec<&str> = lines.collect();
        if extensions.iter().any(|line| line.is_empty()) {
            return Err(Error::EmptyExtension);
        }
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: decimal(size).ok_or_else(|| Error::Size(size.to_owned()))?,
            root: hash_from_base64(root).ok_or_else(|| Error::Root(root.to_owned()))?,
        };
        Ok((checkpoint, extensions))
    }

    /// Signs the checkpoint and returns the signed note.
    ///
    /// # Errors
    /// [`Error::OtherLog`] where the key's name is not the origin; [`Error::Note`] or another where
    /// the origin can't stand in a note.
    pub fn sign(&self, key: &SignerKey) -> Result<String, Error> {
        self.check_key(key.verifier())?;
        let text = self.to_text();
        // A line break within the origin would make another checkpoint of it.
        Self::parse(&text)?;
        Ok(key.sign_note(&text)?)
    }

    fn check_key(&self, key: &VerifierKey) -> Result<(), Error> {
        if self.origin == key.name() {
            Ok(())
        } else {
            Err(Error::OtherLog {
                origin: self.origin.clone(),
                key: key.name().to_owned(),
            })
        }
    }
}

/// Opens a signed checkpoint: it is signed by `key`, and is of the log that the key is for.
///
/// # Errors
/// [`Error::Note`] where it is no signed note or `key` didn't sign it, [`Error::OtherLog`] where
/// the key is for another origin, another where the text is no checkpoint.
pub fn open(signed: &[u8], key: &VerifierKey) -> Result<Checkpoint, Error> {
    open_note(&Note::parse(signed)?, key)
}

/// Opens a checkpoint as [`open`] does, from a note that was read already.
///
/// # Errors
/// As [`open`].
pub fn open_note(note: &Note, key: &VerifierKey) -> Result<Checkpoint, Error> {
    note.verified_by(std::slice::from_ref(key))?;
    let checkpoint = Checkpoint::parse(note.text())?;
    checkpoint.check_key(key)?;
    Ok(checkpoint)
}

/// A decimal number as C2SP writes them: digits alone, no leading zeros, below 2^64.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    (digits && !leading_zero)
        .then(|| text.parse().ok())
        .flatten()
}

/// A hash as C2SP writes them: padded standard base64 of 32 bytes, in its one spelling.
pub(crate) fn hash_from_base64(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ORIGIN: &str = "ledger.example/custodia.events/0/0";
    /// From C2SP tlog-checkpoint v1.0.0, the example in its introduction.
    const SPEC_EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn key(name: &str) -> SignerKey {
        SignerKey::from_seed(name, &[7; 32]).unwrap()
    }

    fn checkpoint(size: u64, root: Hash) -> Checkpoint {
        Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root,
        }
    }

    #[test]
    fn reads_and_prints_the_specs_example() {
        let checkpoint = Checkpoint::parse(SPEC_EXAMPLE).unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(
            hex::encode(checkpoint.root),
            "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
        );
        assert_eq!(checkpoint.to_text(), SPEC_EXAMPLE);
    }

    #[test]
    fn keeps_extension_lines_apart() {
        let text = format!("{SPEC_EXAMPLE}one\ntwo words\n");
        let (checkpoint, extensions) = Checkpoint::parse_extended(&text).unwrap();
        assert_eq!(extensions, ["one", "two words"]);
        assert_eq!(checkpoint, Checkpoint::parse(SPEC_EXAMPLE).unwrap());
    }

    #[test]
    fn refuses_what_has_another_spelling() {
        let root = STANDARD.encode([1; 32]);
        let short = STANDARD.encode([1; 31]);
        let long = STANDARD.encode([1; 33]);
        // The last digit before the padding carries two unused bits.
        let loose = format!("{}F=", &root[..42]);
        for text in [
            String::new(),
            "\n".to_owned(),
            "o\n1\n".to_owned(),
            format!("o\n1\n{root}"),
            format!("\n1\n{root}\n"),
            format!("o\n\n{root}\n"),
            format!("o\n01\n{root}\n"),
            format!("o\n00\n{root}\n"),
            format!("o\n+1\n{root}\n"),
            format!("o\n-1\n{root}\n"),
            format!("o\n 1\n{root}\n"),
            format!("o\n1 \n{root}\n"),
            format!("o\n0x1\n{root}\n"),
            format!("o\n18446744073709551616\n{root}\n"),
            format!("o\n1\n{short}\n"),
            format!("o\n1\n{long}\n"),
            format!("o\n1\n{loose}\n"),
            format!("o\n1\n{}\n", root.trim_end_matches('=')),
            format!("o\n1\n {root}\n"),
            format!("o\n1\n{root}\n\n"),
            format!("o\n1\n{root}\n\nx\n"),
        ] {
            assert!(Checkpoint::parse(&text).is_err(), "{text:?}");
        }
        assert!(Checkpoint::parse(&format!("o\n18446744073709551615\n{root}\n")).is_ok());
    }

    #[test]
    fn opens_only_under_the_key_of_its_log() {
        let signed = checkpoint(5, [9; 32]).sign(&key(ORIGIN)).unwrap();
        assert_eq!(
            open(signed.as_bytes(), key(ORIGIN).verifier()),
            Ok(checkpoint(5, [9; 32]))
        );
        assert_eq!(
            open(signed.as_bytes(), key("ledger.example/extract").verifier()),
            Err(Error::Note(note::Error::NoKnownSignature))
        );
        let other = SignerKey::from_seed(ORIGIN, &[8; 32]).unwrap();
        assert!(open(signed.as_bytes(), other.verifier()).is_err());
    }

    #[test]
    fn a_key_of_one_log_signs_for_no_other() {
        let foreign = key("ledger.example/custodia.events/1/0");
        let error = checkpoint(5, [9; 32]).sign(&foreign).unwrap_err();
        assert!(matches!(error, Error::OtherLog { .. }));
        let signed = foreign
            .sign_note(&checkpoint(5, [9; 32]).to_text())
            .unwrap();
        assert!(matches!(
            open(signed.as_bytes(), foreign.verifier()),
            Err(Error::OtherLog { .. })
        ));
    }

    #[test]
    fn signed_note_and_tlog_tiles_open_what_we_sign() {
        let signed = checkpoint(5, [9; 32]).sign(&key(ORIGIN)).unwrap();
        let theirs = signed_note::Note::from_bytes(signed.as_bytes()).unwrap();
        let vkey = key(ORIGIN).verifier().to_string();
        let verifier = signed_note::StandardVerifier::new(&vkey).unwrap();
        let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
        let (known, unknown) = theirs.verify(&known).unwrap();
        assert_eq!((known.len(), unknown.len()), (1, 0));
        let tree = tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap();
        assert_eq!((tree.origin(), tree.size()), (ORIGIN, 5));
        assert_eq!(tree.hash().0, [9; 32]);
    }

    #[test]
    fn opens_what_signed_note_and_tlog_tiles_sign() {
        let skey = their_signing_key(ORIGIN, [7; 32]);
        let signer = signed_note::StandardSigner::new(&skey).unwrap();
        let tree = tlog_tiles::Checkpoint::new(ORIGIN, 70_000, tlog_tiles::Hash([3; 32]), "");
        let mut note = signed_note::Note::new(&tree.unwrap().to_bytes(), &[]).unwrap();
        note.add_sigs(&[&signer]).unwrap();
        let opened = open(&note.to_bytes(), key(ORIGIN).verifier()).unwrap();
        assert_eq!(opened, checkpoint(70_000, [3; 32]));
    }

    fn their_signing_key(name: &str, seed: [u8; 32]) -> String {
        let verifier = SignerKey::from_seed(name, &seed).unwrap();
        let id = verifier.verifier().key_id();
        let material = STANDARD.encode([&[1][..], &seed].concat());
        format!("PRIVATE+KEY+{name}+{id:08x}+{material}")
    }

    proptest! {
        #[test]
        fn reads_back_as_printed(size: u64, root: Hash, origin in "[^\n]{1,30}") {
            let checkpoint = Checkpoint { origin, size, root };
            prop_assert_eq!(Checkpoint::parse(&checkpoint.to_text()), Ok(checkpoint));
        }

        #[test]
        fn what_parses_prints_back(text in "[a-z]{1,3}\n[0-9]{1,3}\n[A-Za-z0-9+/]{43}=\n") {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.to_text(), text);
            }
        }

        #[test]
        fn no_changed_byte_opens(at: prop::sample::Index, xor in 1..=255u8) {
            let mut signed = checkpoint(5, [9; 32]).sign(&key(ORIGIN)).unwrap().into_bytes();
            let at = at.index(signed.len());
            signed[at] ^= xor;
            prop_assert!(open(&signed, key(ORIGIN).verifier()).is_err());
        }
    }
}
