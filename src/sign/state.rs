//! What was signed: the bytes of the state file, and nothing about when they may change.

use super::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::tree::Hash;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// The state file's name in the signer's folder.
pub(super) const STATE: &str = "state";
/// What every state file begins with; the version follows.
const FAMILY: &str = "custodia-signer-state/";
/// The state file's first line.
const FORMAT: &str = "custodia-signer-state/v1";

/// The size and root of a tree that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) size: u64,
    pub(super) root: Hash,
}

/// What is known of one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// The last that this signer signed, or that was taken over as such.
    pub(super) signed: Head,
    /// The largest that was seen signed beyond it, until consistency is shown. At the size of
    /// `signed`, with another root, it stands for a fork and never goes away.
    pub(super) held: Option<Head>,
}

/// The whole state of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// The public key that the state belongs to.
    pub(super) public: [u8; 32],
    /// How often the state was written: of two copies the higher is the newer.
    pub(super) written: u64,
    /// By origin.
    pub(super) origins: BTreeMap<String, Known>,
}

impl State {
    /// The state of a key that has signed nothing.
    pub(super) fn new(public: [u8; 32]) -> Self {
        Self {
            public,
            written: 0,
            origins: BTreeMap::new(),
        }
    }

    /// The file's bytes: lines of words, the last one the SHA-256 of all before it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{FORMAT}\nkey {}\n", STANDARD.encode(self.public));
        let head = |head: Head| format!("{} {}", head.size, STANDARD.encode(head.root));
        let mut line = |word: &str, rest: &str| text.extend([word, " ", rest, "\n"]);
        line("written", &self.written.to_string());
        for (origin, known) in &self.origins {
            line("log", origin);
            line("signed", &head(known.signed));
            if let Some(held) = known.held {
                line("held", &head(held));
            }
        }
        let checksum = STANDARD.encode(Sha256::digest(text.as_bytes()));
        text.extend(["sha256 ", &checksum, "\n"]);
        text.into_bytes()
    }

    /// Reads the file's bytes; `path` is for the error alone.
    pub(super) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let damaged = |reason| Error::StateDamaged {
            path: path.to_owned(),
            reason,
        };
        let text = str::from_utf8(bytes).map_err(|_| damaged("not UTF-8"))?;
        let format = text.lines().next().unwrap_or_default();
        if format.starts_with(FAMILY) && format != FORMAT {
            return Err(Error::UnknownFormat {
                path: path.to_owned(),
                found: format.to_owned(),
            });
        }
        let end = text
            .rfind("sha256 ")
            .ok_or_else(|| damaged("no checksum"))?;
        let (body, last) = text.split_at(end);
        let checksum = STANDARD.encode(Sha256::digest(body.as_bytes()));
        if last != format!("sha256 {checksum}\n") {
            return Err(damaged("the checksum differs"));
        }
        let state = parse(body).ok_or_else(|| damaged("a line can't be read"))?;
        // One spelling: what doesn't print back was not written by us.
        if state.to_bytes() == bytes {
            Ok(state)
        } else {
            Err(damaged("another spelling"))
        }
    }
}

fn parse(body: &str) -> Option<State> {
    let mut lines = body.lines().peekable();
    lines.next().filter(|line| *line == FORMAT)?;
    let public = hash(lines.next()?.strip_prefix("key ")?)?;
    let written = lines.next()?.strip_prefix("written ")?.parse().ok()?;
    let mut origins = BTreeMap::new();
    while let Some(line) = lines.next() {
        let origin = line.strip_prefix("log ")?.to_owned();
        let signed = head(lines.next()?.strip_prefix("signed ")?)?;
        let held = lines.next_if(|line| line.starts_with("held "));
        let held = match held {
            Some(line) => Some(head(line.strip_prefix("held ")?)?),
            None => None,
        };
        origins.insert(origin, Known { signed, held });
    }
    Some(State {
        public,
        written,
        origins,
    })
}

fn head(words: &str) -> Option<Head> {
    let (size, root) = words.split_once(' ')?;
    Some(Head {
        size: size.parse().ok()?,
        root: hash(root)?,
    })
}

fn hash(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}
