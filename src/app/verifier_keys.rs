//! The verifier keys of a ledger's logs, for the policy that verifiers are handed.

use super::Error;
use crate::config::Config;
use crate::log::Folder;
use crate::sign::Signer;

/// The vkey of each log, by topic, partition and generation.
///
/// # Errors
/// Where the folder is no ledger, or the signer can't be opened.
pub fn verifier_keys(config: &Config) -> Result<Vec<String>, Error> {
    let folder = Folder::open(&config.ledger.folder)?;
    let signer = Signer::open(&config.signer.folder)?;
    let vkey = |origin: custodia_core::origin::Origin| -> Result<String, Error> {
        Ok(signer.vkey(&origin.to_string())?.to_string())
    };
    folder.origins()?.into_iter().map(vkey).collect()
}
