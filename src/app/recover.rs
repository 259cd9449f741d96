//! `custodia key recover`: a signer whose state was lost learns again what was signed.

use super::published::published_checkpoints;
use super::{Error, kafka_settings, parts, policy};
use crate::config::Config;
use crate::log;
use crate::sign::{self, Signer};

pub use crate::log::Recovered;

/// Takes every log of the folder that the signer's state doesn't know back into it, once it is
/// shown to extend all checkpoints that the checkpoints topic and the logs themselves hold.
/// Signs nothing.
///
/// # Errors
/// What [`log::recover`] says; where the folder is in use, the key is not there, or the topic
/// can't be read: without it nobody knows what was signed.
pub fn recover(config: &Config) -> Result<Recovered, Error> {
    if !config.signer.enabled {
        return Err(Error::NotASigner(config.ledger.folder.clone()));
    }
    let opened = parts::open_logs(config)?;
    let mut signer = signer(config)?;
    let settings = kafka_settings(config);
    settings.validate()?;
    let published = published_checkpoints(config, &settings)?;
    Ok(log::recover(&mut signer, &opened.logs, &published)?)
}

/// A state that is there may lack logs: those of a recovery that was cut short, or that came from
/// another folder.
fn signer(config: &Config) -> Result<Signer, sign::Error> {
    match Signer::open(&config.signer.folder) {
        Err(sign::Error::StateMissing { .. }) => {
            let kept = policy::handovers(&config.ledger.folder);
            Signer::recover(&config.signer.folder, &kept)
        }
        opened => opened,
    }
}
