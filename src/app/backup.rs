//! `custodia backup`: asked of the running ledger, or taken from the folder where none runs.

use std::path::Path;
use std::sync::Arc;

use super::{Error, Opened, open};
use crate::backup::{Question, Source, Taken};
use crate::clock::Clock;
use crate::config::Config;
use crate::log::Folder;
use crate::serve::Client;

/// Takes a consistent copy: the logs go to `to`, the wrapped keys to `keys_to`.
///
/// # Errors
/// Where a folder can't be written to, whoever asks may not have a copy, or a store fails.
pub fn backup(
    config: &Config,
    to: &Path,
    keys_to: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<Taken, Error> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|source| Error::System {
            what: format!("finding {}", path.display()),
            source,
        })
    };
    let question = Question {
        to: absolute(to)?,
        keys_to: absolute(keys_to)?,
    };
    if let Some(client) = Client::at(&Folder::socket_path(&config.ledger.folder))? {
        return Ok(client.backup(&question)?);
    }
    let opened = open(config)?;
    Ok(source(&opened, clock)?.take(&question)?)
}

/// What backups of an open ledger are taken from.
pub(super) fn source(opened: &Opened, clock: &Arc<dyn Clock>) -> Result<Source, Error> {
    Ok(Source::new(
        (opened.folder.path(), opened.folder.ledger()),
        opened.logs.clone(),
        Arc::clone(&opened.keys),
        opened.shared.clone(),
        Arc::clone(clock),
    )?)
}
