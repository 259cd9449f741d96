//! The policy that verifiers are handed: a `log` line for each log that this ledger signs.

use std::path::Path;

use custodia_core::origin::Origin;

use super::Error;
use crate::config::Config;
use crate::log::Folder;
use crate::sign::Signer;

/// The file beside the logs that holds the policy's text. It is public, and nothing rests on it:
/// each line follows from the signing key and an origin.
const FILE: &str = "policy";

/// The policy's text (C2SP tlog-policy) for these logs.
pub(super) fn text(signer: &Signer, origins: &[Origin]) -> Result<String, Error> {
    let mut text = String::new();
    for origin in origins {
        let vkey = signer.vkey(&origin.to_string())?;
        text.extend(["log ", &vkey.to_string(), "\n"]);
    }
    text.push_str("quorum none\n");
    Ok(text)
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
