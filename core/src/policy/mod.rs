//! C2SP tlog-policy: the keys that a verifier trusts.
//!
//! Owns who is believed: which logs, which witnesses, and how many of them. The file comes from
//! elsewhere than what is verified. Never adds a key on its own, except that one log's line vouches
//! for its ledger's key (design 3.4).

mod parse;
#[cfg(test)]
mod tests;

use crate::checkpoint::{self, Checkpoint};
use crate::note::{self, Note, VerifierKey};
use crate::origin::LedgerName;
use parse::Member;

/// What is wrong with a line of a policy file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// A control character other than tab and newline.
    #[error("it holds the control character 0x{0:02x}")]
    Character(u8),
    /// Not one of the four kinds of line.
    #[error(
        "it is none of: log <vkey> [<url>], witness <name> <vkey> [<url>], \
             group <name> all|any|<k> <name>..., quorum <name>|none"
    )]
    Form,
    /// The key is not usable.
    #[error(transparent)]
    Key(#[from] note::Error),
    /// A witness's key on a log line, or the other way round.
    #[error("a key of type 0x{0:02x} can't stand here: logs sign with 0x01, witnesses with 0x04")]
    Role(u8),
    /// Another line has the same public key.
    #[error("another line has the same public key")]
    Duplicate,
    /// The name is `none`, or defined before.
    #[error("the name {0:?} is taken")]
    NameTaken(String),
    /// No line before defines the name.
    #[error("no line before defines {0:?}")]
    UnknownName(String),
    /// The name is a group's member already.
    #[error("{0:?} is a group's member already")]
    GroupedTwice(String),
    /// The threshold is not `any`, `all`, or a number from 1 to the count of members.
    #[error("the threshold must be any, all, or a number from 1 to the count of members")]
    Threshold,
    /// There is a quorum already.
    #[error("there is a quorum line already")]
    SecondQuorum,
}

/// Why a policy file was refused, or refuses a note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is too long to be read.
    #[error("the policy has {0} bytes; at most 1 MiB is read")]
    TooLong(usize),
    /// The file's last line has no newline: it may have been cut.
    #[error("the policy's last line doesn't end with a newline: is the file whole?")]
    Unterminated,
    /// A line can't be read.
    #[error("line {line} of the policy: {mistake}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        mistake: Mistake,
    },
    /// No quorum line.
    #[error("the policy has no quorum line; write \"quorum none\" where no witness is asked for")]
    NoQuorum,
    /// The policy doesn't vouch for the key that signed.
    #[error("the policy confirms no key that signed this")]
    UnconfirmedKey,
    /// Too few witnesses cosigned.
    #[error("the witnesses that cosigned don't reach the policy's quorum")]
    QuorumMissed,
    /// A signature of a key that the policy knows is not good, or the note is none.
    #[error(transparent)]
    Note(note::Error),
    /// The note is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
}

impl From<note::Error> for Error {
    fn from(error: note::Error) -> Self {
        match error {
            note::Error::NoKnownSignature => Self::UnconfirmedKey,
            other => Self::Note(other),
        }
    }
}

/// A log or a witness, as its line says.
#[derive(Debug, Clone)]
struct Trusted {
    name: String,
    type_id: u8,
    public: Vec<u8>,
    /// `None` for a signature type that is not verified here: it never counts as having signed.
    key: Option<VerifierKey>,
}

#[derive(Debug, Clone)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

#[derive(Debug, Clone, Copy)]
enum Quorum {
    None,
    Of(Member),
}

/// A policy: the logs and witnesses that are believed, and the quorum.
#[derive(Debug, Clone)]
pub struct Policy {
    logs: Vec<Trusted>,
    witnesses: Vec<Trusted>,
    groups: Vec<Group>,
    quorum: Quorum,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Error::Line`] with the line's number, [`Error::NoQuorum`], [`Error::TooLong`], or
    /// [`Error::Unterminated`].
    pub fn parse(file: &[u8]) -> Result<Self, Error> {
        parse::policy(file)
    }

    /// The keys of the log lines, of those types that are verified here.
    pub fn log_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.logs.iter().filter_map(|log| log.key.as_ref())
    }

    /// The lines whose key is of a type that is not verified here, as name and type: such a log is
    /// not believed, and such a witness never counts.
    pub fn unsupported(&self) -> Vec<(String, u8)> {
        let lines = self.logs.iter().chain(&self.witnesses);
        lines
            .filter(|line| line.key.is_none())
            .map(|line| (line.name.clone(), line.type_id))
            .collect()
    }

    /// Opens a checkpoint as the specification says: signed by a log of the policy, of that log,
    /// and cosigned by the quorum.
    ///
    /// # Errors
    /// [`Error::UnconfirmedKey`], [`Error::QuorumMissed`], or what is wrong with the note.
    pub fn satisfied_by(&self, note: &Note) -> Result<Checkpoint, Error> {
        let keys: Vec<VerifierKey> = self.log_keys().cloned().collect();
        self.open_with(&keys, note)
    }

    /// The keys of the log lines under a name of a ledger: an origin of it, or `<ledger>/extract`
    /// (`proto/FORMAT.md` 13.11).
    pub fn keys_of(&self, ledger: &LedgerName) -> impl Iterator<Item = &VerifierKey> {
        self.log_keys()
            .filter(|key| ledger.owns_key_name(key.name()))
    }

    /// Whether the quorum cosigned a note. Without a quorum it did.
    ///
    /// # Errors
    /// [`Error::Note`] where a witness's signature is bad.
    pub fn is_reached_by(&self, note: &Note) -> Result<bool, Error> {
        self.quorum_cosigned(note)
    }

    /// Whether witnesses are asked for.
    #[must_use]
    pub const fn asks_for_witnesses(&self) -> bool {
        matches!(self.quorum, Quorum::Of(_))
    }

    /// The key under `key_name` that the policy confirms for a ledger: a line of [`Self::keys_of`]
    /// confirms its key for all names of the ledger (design 3.4). Empty where the name is not the
    /// ledger's, or no line is.
    pub fn keys_under(&self, ledger: &LedgerName, key_name: &str) -> Vec<VerifierKey> {
        if !ledger.owns_key_name(key_name) {
            return Vec::new();
        }
        self.keys_of(ledger)
            .filter_map(|key| key.under(key_name).ok())
            .collect()
    }

    /// Answers whether a note (of an extract, or a log) is signed by the ledger's confirmed key
    /// under a name of that ledger, and gives that key. The quorum isn't asked: witnesses sign
    /// checkpoints alone.
    ///
    /// # Errors
    /// [`Error::UnconfirmedKey`] where it is not; [`Error::Note`] where a signature under a
    /// confirmed key is bad.
    pub fn confirms(&self, ledger: &LedgerName, note: &Note) -> Result<VerifierKey, Error> {
        let names = note.signatures().iter().map(note::Signature::name);
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        let keys: Vec<VerifierKey> = names
            .into_iter()
            .flat_map(|name| self.keys_under(ledger, name))
            .collect();
        Ok(note.verified_by(&keys)?[0].key.clone())
    }

    /// Opens a checkpoint of a ledger's log: signed by the ledger's confirmed key under the
    /// checkpoint's own origin, and cosigned by the quorum.
    ///
    /// # Errors
    /// [`Error::UnconfirmedKey`], [`Error::QuorumMissed`], or what is wrong with the note.
    pub fn open(&self, ledger: &LedgerName, note: &Note) -> Result<Checkpoint, Error> {
        let origin = Checkpoint::parse(note.text())?.origin;
        self.open_with(&self.keys_under(ledger, &origin), note)
    }

    fn open_with(&self, logs: &[VerifierKey], note: &Note) -> Result<Checkpoint, Error> {
        let signers = note.verified_by(logs)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if signers
            .iter()
            .all(|signer| signer.key.name() != checkpoint.origin)
        {
            return Err(Error::UnconfirmedKey);
        }
        if self.quorum_cosigned(note)? {
            Ok(checkpoint)
        } else {
            Err(Error::QuorumMissed)
        }
    }

    fn quorum_cosigned(&self, note: &Note) -> Result<bool, Error> {
        let keys: Vec<VerifierKey> = self
            .witnesses
            .iter()
            .filter_map(|witness| witness.key.clone())
            .collect();
        let cosigners = match note.verified_by(&keys) {
            Err(note::Error::NoKnownSignature) => Vec::new(),
            other => other?,
        };
        let cosigned = |witness: &Trusted| {
            witness
                .key
                .as_ref()
                .is_some_and(|key| cosigners.iter().any(|by| by.key == key))
        };
        let witnessed: Vec<bool> = self.witnesses.iter().map(cosigned).collect();
        Ok(match self.quorum {
            Quorum::None => true,
            Quorum::Of(member) => self.counts(member, &witnessed),
        })
    }

    /// Whether a witness cosigned, or a group's threshold is reached.
    fn counts(&self, member: Member, witnessed: &[bool]) -> bool {
        // A group's members stand before it in the file: groups are settled in that order.
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let reached = group.members.iter().filter(|member| match **member {
                Member::Witness(index) => witnessed[index],
                Member::Group(index) => groups[index],
            });
            groups.push(reached.count() >= group.threshold);
        }
        match member {
            Member::Witness(index) => witnessed[index],
            Member::Group(index) => groups[index],
        }
    }
}
