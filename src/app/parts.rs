//! Opening a ledger that is there.

use std::sync::Arc;

use custodia_core::verdict::TopicRole;

use crate::config::Config;
use crate::kafka::Settings;
use crate::keys::{FileKek, KeyStore};
use crate::log::{Folder, Log};
use crate::query::PendingLooks;
use crate::store::{Budget, Shared};

use super::{Error, open_files};

/// A ledger's parts, open; its folder is owned until they are dropped.
pub struct Opened {
    /// The logs, by topic, partition and generation.
    pub logs: Vec<Arc<Log>>,
    /// The key store.
    pub keys: Arc<KeyStore>,
    /// Looks that wait for Kafka.
    pub pending: Arc<PendingLooks>,
    /// What all stores share.
    pub shared: Shared,
    /// The data folder.
    pub folder: Folder,
}

/// The logs of a ledger, open, without its keys; its folder is owned until they are dropped.
pub(super) struct OpenLogs {
    pub(super) logs: Vec<Arc<Log>>,
    pub(super) shared: Shared,
    pub(super) folder: Folder,
}

/// Opens the ledger that the configuration names. Never creates.
///
/// # Errors
/// Where the folder is no ledger, is in use, or its keys or logs can't be opened.
pub fn open(config: &Config) -> Result<Opened, Error> {
    let OpenLogs {
        logs,
        shared,
        folder,
    } = open_logs(config)?;
    let keys = Arc::new(open_keys(config, &folder, &shared)?);
    Ok(Opened {
        logs,
        pending: Arc::new(PendingLooks::new(Arc::clone(&keys))),
        keys,
        shared,
        folder,
    })
}

/// As [`open`], for what needs no keys.
pub(super) fn open_logs(config: &Config) -> Result<OpenLogs, Error> {
    let folder = Folder::open(&config.ledger.folder)?;
    let (found, wanted) = (folder.ledger().to_string(), config.ledger.name.clone());
    if !wanted.is_empty() && wanted != found {
        let folder = folder.path().display().to_string();
        return Err(Error::OtherLedger {
            folder,
            found,
            wanted,
        });
    }
    let origins = folder.origins()?;
    open_files::raise(origins.len())?;
    let shared = shared(config, origins.len());
    let mut logs = Vec::new();
    for origin in origins {
        let path = folder.log_path(&origin);
        logs.push(Log::open(&path, origin, &shared)?);
    }
    Ok(OpenLogs {
        logs,
        shared,
        folder,
    })
}

/// What the topic of a log is for.
pub(super) fn role_of(config: &Config, log: &Log) -> TopicRole {
    match &log.origin().topic {
        topic if *topic == config.topics.registry => TopicRole::Registry,
        topic if *topic == config.topics.access => TopicRole::Access,
        _ => TopicRole::Events,
    }
}

pub(super) fn open_keys(
    config: &Config,
    folder: &Folder,
    shared: &Shared,
) -> Result<KeyStore, Error> {
    let kek = Arc::new(FileKek::open(&config.keys.kek_file)?);
    Ok(KeyStore::open(&folder.keys_path(), shared, kek)?)
}

pub(super) fn shared(config: &Config, logs: usize) -> Shared {
    let limit = config.store.write_bytes_per_s;
    Shared::new(&Budget {
        memory_bytes: config.store.memory_bytes,
        // The stores of the keys and the findings are two more.
        stores: logs + 2,
        write_bytes_per_s: (limit > 0).then_some(limit),
    })
}

/// How to reach Kafka, as configured.
pub fn kafka_settings(config: &Config) -> Settings {
    let bootstrap = config.kafka.bootstrap.clone();
    Settings {
        properties: config.kafka.properties.clone(),
        ..Settings::at(&bootstrap)
    }
}
