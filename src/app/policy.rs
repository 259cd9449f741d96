//! The policy that verifiers are handed: one `log` line, which confirms the ledger's key.

use std::path::Path;

use custodia_core::note::VerifierKey;

use super::Error;
use crate::config::Config;
use crate::log::Folder;

/// The file beside the logs that holds the policy's text. It is public, and nothing rests on it:
/// each line follows from the signing key and an origin.
const FILE: &str = "policy";

/// The policy's text (C2SP tlog-policy), of the key under any of the logs. One key signs all logs, and a `log` line of any of them
/// confirms it for all (design §3.4): a second line would repeat the key, which is refused.
pub(super) fn text(vkey: &VerifierKey) -> String {
    format!("log {vkey}\nquorum none\n")
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
