//! C2SP tlog-proof: one leaf's inclusion proof with its checkpoint, in one file.
//!
//! Owns the file's one spelling and what it takes to believe it. Never makes a leaf hash: that
//! comes from the entry that the reader holds.

use crate::checkpoint::{self, Checkpoint, decimal, hash_from_base64};
use crate::note::{self, Note, VerifierKey};
use crate::origin::LedgerName;
use crate::policy::{self, Policy};
use crate::tree::{self, Hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The file's first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Largest receipt that is read, in bytes.
pub const MAX_RECEIPT_BYTES: usize = 1 << 21;
/// Most hashes of an inclusion proof: a tree has fewer than 2^64 leaves.
const MAX_HASHES: usize = 64;

/// Why a receipt was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More than [`MAX_RECEIPT_BYTES`].
    #[error("the receipt has {0} bytes; at most {MAX_RECEIPT_BYTES} are read")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("the receipt is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// The first line is another.
    #[error("the receipt doesn't begin with the line {HEADER:?}")]
    Header,
    /// The extra line is not base64, or empty.
    #[error("the receipt's extra line is not the base64 of one or more bytes")]
    Extra,
    /// The index line is missing, or is no number.
    #[error("the receipt has no index line with a decimal number below 2^64 without leading zeros")]
    Index,
    /// A line of the proof is no hash.
    #[error("line {0} of the receipt's proof is not the base64 of 32 bytes")]
    Proof(usize),
    /// More hashes than any tree's proof has.
    #[error("the receipt's proof has more than {MAX_HASHES} hashes")]
    LongProof,
    /// No blank line before the checkpoint.
    #[error("the receipt has no checkpoint after a blank line")]
    NoCheckpoint,
    /// The checkpoint's note can't be read.
    #[error(transparent)]
    Note(#[from] note::Error),
    /// The checkpoint can't be opened.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// The policy refuses the checkpoint.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// The leaf is not in the checkpoint's tree at the index.
    #[error("the leaf is not proven at index {index} of the tree of size {size}: {reason}")]
    NotIncluded {
        /// The receipt's index.
        index: u64,
        /// The checkpoint's size.
        size: u64,
        /// What the tree says of the proof.
        reason: tree::Error,
    },
}

/// One leaf's index, proof and checkpoint. Nothing in it is verified by being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Bytes that come along and that nothing vouches for; never empty.
    extra: Option<Vec<u8>>,
    index: u64,
    proof: Vec<Hash>,
    checkpoint: Note,
}

impl Receipt {
    /// Puts a receipt together from a leaf's index, its inclusion proof (the leaf's sibling first)
    /// and the signed checkpoint of the proof's size.
    ///
    /// # Errors
    /// [`Error::LongProof`], or [`Error::Note`] and [`Error::Checkpoint`] where the checkpoint is
    /// no signed checkpoint.
    pub fn new(index: u64, proof: Vec<Hash>, signed_checkpoint: &str) -> Result<Self, Error> {
        if proof.len() > MAX_HASHES {
            return Err(Error::LongProof);
        }
        let checkpoint = Note::parse(signed_checkpoint.as_bytes())?;
        Checkpoint::parse(checkpoint.text())?;
        Ok(Self {
            extra: None,
            index,
            proof,
            checkpoint,
        })
    }

    /// The same receipt with bytes that come along and that nothing vouches for.
    #[must_use]
    pub fn with_extra(self, extra: Vec<u8>) -> Self {
        Self {
            extra: Some(extra).filter(|extra| !extra.is_empty()),
            ..self
        }
    }

    /// Reads a `.tlog-proof` file.
    ///
    /// # Errors
    /// Whatever makes the bytes no such file.
    pub fn parse(file: &[u8]) -> Result<Self, Error> {
        if file.len() > MAX_RECEIPT_BYTES {
            return Err(Error::TooLong(file.len()));
        }
        let file = str::from_utf8(file).map_err(|e| Error::NotUtf8(e.valid_up_to()))?;
        let (head, checkpoint) = file.split_once("\n\n").ok_or(Error::NoCheckpoint)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(Error::Header);
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .map(|line| parse_extra(&line["extra ".len()..]).ok_or(Error::Extra))
            .transpose()?;
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(decimal).ok_or(Error::Index)?;
        let hash = |(n, line)| hash_from_base64(line).ok_or(Error::Proof(n + 1));
        let proof: Vec<Hash> = lines
            .take(MAX_HASHES + 1)
            .enumerate()
            .map(hash)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            extra,
            ..Self::new(index, proof, checkpoint)?
        })
    }

    /// The leaf's index, counted from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The inclusion proof, the leaf's sibling first.
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The checkpoint's signed note, as it stands.
    pub fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// The bytes of the extra line. Nothing vouches for them.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// Verifies that `leaf` stands at the receipt's index in a log of `ledger` that the policy
    /// confirms, and gives the checkpoint that proves it.
    ///
    /// # Errors
    /// [`Error::Policy`] where the policy refuses the checkpoint, [`Error::NotIncluded`] where the
    /// proof is not of this leaf.
    pub fn verify(
        &self,
        leaf: &Hash,
        ledger: &LedgerName,
        policy: &Policy,
    ) -> Result<Checkpoint, Error> {
        let checkpoint = policy.open(ledger, &self.checkpoint)?;
        self.included(leaf, checkpoint)
    }

    /// Verifies as [`Receipt::verify`] does, but against one log's key alone.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where `key` didn't sign a checkpoint of its log,
    /// [`Error::NotIncluded`] where the proof is not of this leaf.
    pub fn verify_with(&self, leaf: &Hash, key: &VerifierKey) -> Result<Checkpoint, Error> {
        let checkpoint = checkpoint::open_note(&self.checkpoint, key)?;
        self.included(leaf, checkpoint)
    }

    fn included(&self, leaf: &Hash, checkpoint: Checkpoint) -> Result<Checkpoint, Error> {
        let Checkpoint { size, root, .. } = checkpoint;
        tree::verify_inclusion(self.index, size, leaf, &self.proof, &root).map_err(|reason| {
            Error::NotIncluded {
                index: self.index,
                size,
                reason,
            }
        })?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

fn parse_extra(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::SignerKey;
    use crate::tree::{leaf_hash, node_hash};
    use proptest::prelude::*;

    const ORIGIN: &str = "ledger.example/custodia.events/0/0";

    fn key() -> SignerKey {
        SignerKey::from_seed(ORIGIN, &[7; 32]).unwrap()
    }

    fn leaves() -> Vec<Hash> {
        (0..5u8).map(|n| leaf_hash(&[n])).collect()
    }

    /// The third of five leaves, with the proof that RFC 6962 section 2.1.1 gives for it.
    fn receipt() -> Receipt {
        let l = leaves();
        let (left, right) = (node_hash(&l[0], &l[1]), node_hash(&l[2], &l[3]));
        let root = node_hash(&node_hash(&left, &right), &l[4]);
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size: 5,
            root,
        };
        let signed = checkpoint.sign(&key()).unwrap();
        Receipt::new(2, vec![l[3], left, l[4]], &signed).unwrap()
    }

    fn policy() -> Policy {
        Policy::parse(format!("log {}\nquorum none\n", key().verifier()).as_bytes()).unwrap()
    }

    #[test]
    fn prints_in_the_specs_form() {
        let l = leaves();
        let expected = format!(
            "c2sp.org/tlog-proof@v1\nindex 2\n{}\n{}\n{}\n\n{}",
            STANDARD.encode(l[3]),
            STANDARD.encode(node_hash(&l[0], &l[1])),
            STANDARD.encode(l[4]),
            receipt().checkpoint(),
        );
        assert_eq!(receipt().to_string(), expected);
        assert_eq!(Receipt::parse(expected.as_bytes()), Ok(receipt()));
    }

    #[test]
    fn verifies_its_leaf_and_no_other() {
        let ledger = LedgerName::new("ledger.example").unwrap();
        assert_eq!(
            receipt()
                .verify(&leaves()[2], &ledger, &policy())
                .unwrap()
                .size,
            5
        );
        assert_eq!(
            receipt()
                .verify_with(&leaves()[2], key().verifier())
                .unwrap()
                .size,
            5
        );
        for (n, leaf) in leaves().iter().enumerate().filter(|(n, _)| *n != 2) {
            let error = receipt().verify(leaf, &ledger, &policy()).unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::NotIncluded {
                        index: 2,
                        size: 5,
                        ..
                    }
                ),
                "{n}"
            );
        }
    }

    #[test]
    fn needs_a_confirmed_key() {
        let other = SignerKey::from_seed(ORIGIN, &[8; 32]).unwrap();
        let policy = format!("log {}\nquorum none\n", other.verifier());
        let policy = Policy::parse(policy.as_bytes()).unwrap();
        let ledger = LedgerName::new("ledger.example").unwrap();
        assert_eq!(
            receipt().verify(&leaves()[2], &ledger, &policy),
            Err(Error::Policy(policy::Error::UnconfirmedKey))
        );
        assert!(
            receipt()
                .verify_with(&leaves()[2], other.verifier())
                .is_err()
        );
    }

    #[test]
    fn tlog_tiles_accepts_the_proof() {
        let receipt = receipt();
        let checkpoint = Checkpoint::parse(receipt.checkpoint().text()).unwrap();
        let proof = receipt
            .proof()
            .iter()
            .map(|hash| tlog_tiles::Hash(*hash))
            .collect();
        let root = tlog_tiles::Hash(checkpoint.root);
        let leaf = tlog_tiles::record_hash(&[2]);
        tlog_tiles::check_record(&proof, checkpoint.size, root, receipt.index(), leaf).unwrap();
    }

    #[test]
    fn keeps_the_extra_line() {
        let with_extra = receipt()
            .to_string()
            .replace("\nindex", "\nextra AQID\nindex");
        let read = Receipt::parse(with_extra.as_bytes()).unwrap();
        assert_eq!(read.extra(), Some(&[1, 2, 3][..]));
        assert_eq!(read.to_string(), with_extra);
    }

    #[test]
    fn refuses_another_spelling() {
        let good = receipt().to_string();
        for (from, to) in [
            ("@v1", "@v2"),
            ("c2sp", "\nc2sp"),
            ("index 2", "index 02"),
            ("index 2", "index -2"),
            ("index 2", "index  2"),
            ("index 2", "Index 2"),
            ("index 2", "index 2\nindex 2"),
            ("index 2\n", ""),
            ("index 2", "extra \nindex 2"),
            ("index 2", "extra !\nindex 2"),
            ("index 2", "index 2\nextra AQID"),
            ("index 2", "index 2\nAQID"),
            ("index 2\n", "index 2\n\n"),
            ("\n\n", "\n"),
            ("\n", "\r\n"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(Receipt::parse(bad.as_bytes()).is_err(), "{from:?} {to:?}");
        }
        let line = format!(
            "index 2\n{}",
            format!("{}\n", STANDARD.encode([1; 32])).repeat(62)
        );
        let long = good.replacen("index 2\n", &line, 1);
        assert_eq!(Receipt::parse(long.as_bytes()), Err(Error::LongProof));
    }

    proptest! {
        #[test]
        fn no_changed_byte_proves(at: prop::sample::Index, xor in 1..=255u8) {
            let mut file = receipt().to_string().into_bytes();
            let at = at.index(file.len());
            file[at] ^= xor;
            let verified = Receipt::parse(&file)
                .and_then(|receipt| receipt.verify_with(&leaves()[2], key().verifier()));
            prop_assert!(verified.is_err());
        }

        #[test]
        fn bytes_at_random_never_panic(bytes: Vec<u8>) {
            let _ = Receipt::parse(&bytes);
        }
    }
}
