//! The policy that verifiers are handed: a `log` line for each key that signs or signed for the ledger.

use std::path::Path;

use custodia_core::note::VerifierKey;

use super::{Error, Opened};
use crate::config::Config;
use crate::log::Folder;
use crate::sign::{self, KeyRing};

/// The file beside the logs that holds the policy's text. It is public, and nothing rests on it:
/// each line follows from the signing key and an origin.
const FILE: &str = "policy";

/// The file of the hand-overs, a copy of the signer's: so that keys can be listed while a ledger runs, and
/// a signer that lost it has it again. Public; each hand-over is signed by both its keys.
const HANDOVERS: &str = "handovers";

/// The policy's text (C2SP tlog-policy), of the keys under any of the logs. One key signs all logs, and a
/// `log` line of any of them confirms it for all (design §3.4): a second line would repeat the key, which
/// is refused. Keys that were handed over follow, so that what they signed still verifies.
pub(super) fn text(ring: &KeyRing, log: &str) -> Result<String, Error> {
    let keys = ring
        .vkeys(log)
        .map_err(|source| sign::Error::NotSignable { source })?;
    let lines = keys.iter().map(|key| format!("log {key}\n"));
    let all: Vec<String> = lines.chain(["quorum none\n".to_owned()]).collect();
    Ok(all.concat())
}

/// Keeps the hand-overs that led to the key beside the logs; nothing where there were none.
pub(super) fn write_handovers(folder: &Path, ring: &KeyRing) -> Result<(), Error> {
    let bytes = ring.to_bytes();
    if bytes.is_empty() {
        return Ok(());
    }
    let path = folder.join(HANDOVERS);
    let what = format!("writing {}", path.display());
    std::fs::write(path, bytes).map_err(|source| Error::System { what, source })
}

/// Keeps policy and hand-overs of a ledger's keys beside its logs.
pub(super) fn keep(opened: &Opened, ring: &KeyRing) -> Result<(), Error> {
    let folder = opened.folder.path();
    write_handovers(folder, ring)?;
    match opened.logs.first() {
        Some(log) => write(folder, &text(ring, log.name())?),
        None => Ok(()),
    }
}

/// The hand-overs that are kept beside the logs; empty where there were none.
pub(super) fn handovers(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join(HANDOVERS)).unwrap_or_default()
}

/// Writes the policy into the data folder.
pub(super) fn write(folder: &Path, text: &str) -> Result<(), Error> {
    let path = folder.join(FILE);
    let what = format!("writing {}", path.display());
    std::fs::write(path, text).map_err(|source| Error::System { what, source })
}

/// The policy of the ledger that the configuration names; a running one needs not be stopped.
///
/// # Errors
/// Where the folder is no ledger, or its ledger doesn't sign.
pub fn policy(config: &Config) -> Result<String, Error> {
    let folder = &config.ledger.folder;
    Folder::ledger_of(folder)?;
    std::fs::read_to_string(folder.join(FILE)).map_err(|_| Error::NoPolicy(folder.clone()))
}

/// The ledger's keys, from the public files beside its logs: the policy's first line is the present one.
///
/// # Errors
/// As [`policy`]; where the two files don't fit.
pub(super) fn ring(config: &Config) -> Result<KeyRing, Error> {
    ring_of(config, &policy(config)?, &handovers(&config.ledger.folder))
}

/// The keys that a policy's text and a list of hand-overs name.
///
/// # Errors
/// Where there is no key, or the two don't fit.
pub(super) fn ring_of(config: &Config, text: &str, handovers: &[u8]) -> Result<KeyRing, Error> {
    let first = text.lines().find_map(|line| line.strip_prefix("log "));
    let key: Option<VerifierKey> = first.and_then(|key| key.parse().ok());
    let key = key.ok_or_else(|| Error::NoPolicy(config.ledger.folder.clone()))?;
    KeyRing::parse(*key.public(), handovers).map_err(|reason| {
        let path = config.ledger.folder.join(HANDOVERS);
        sign::Error::HandoversDamaged { path, reason }.into()
    })
}
