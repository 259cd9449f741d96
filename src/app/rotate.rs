//! `custodia key rotate`, `list` and `retire`: the ledger's signing key gives way to a new one.
//!
//! It takes the folder, so that nothing is appended or signed meanwhile: Kafka keeps what comes. What was
//! cut short is gone on with by running it again; until then nothing is signed (law 5).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::handover::Handover;
use prometheus_client::registry::Registry;
use serde::Serialize;
use tracing::info;

use super::checkpointing::settled;
use super::init::timeout;
use super::kafka_registry::KafkaRegistry;
use super::{Error, KafkaOutbox, Opened, kafka_settings, open, parts, policy};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::Settings;
use crate::keys::{self, FileKek, KeyEncryption as _};
use crate::log::{Folder, Log, Outbox, notices};
use crate::metrics::Metrics;
use crate::sign::{self, Former, Rotation, Signer, key_id};

/// A key of the ledger, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedKey {
    /// Its id, by which it is named.
    pub id: String,
    /// The public key in base64.
    pub public: String,
    /// Since when it signs, in milliseconds since 1970; none for the first.
    pub since_ms: Option<i64>,
    /// Until when it signed; none for the present one.
    pub until_ms: Option<i64>,
    /// Whether the signer's folder here keeps its secret.
    pub is_kept: bool,
}

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// The id of the key that signed until now.
    pub old: String,
    /// The id of the key that signs from now on.
    pub new: String,
    /// Whether it went on with one that was cut short.
    pub is_resumed: bool,
    /// What verifiers are handed from now on.
    pub policy: String,
}

/// Hands the ledger's signing key over to a new one: signs what grew with the old key, has both keys sign
/// the hand-over, puts the new key's signature beside the old one's under each log's last checkpoint,
/// tells the registry and the checkpoints topic, and lets the new key take its place.
///
/// # Errors
/// Where the folder is in use, Kafka can't be reached, or a law keeps a log from being signed. After any
/// error it can be run again.
pub fn rotate(config: &Config, clock: &Arc<dyn Clock>) -> Result<Rotated, Error> {
    if !config.signer.enabled {
        return Err(Error::NotASigner(config.ledger.folder.clone()));
    }
    let opened = open(config)?;
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    let outbox = Arc::new(KafkaOutbox::new(&settings, timeout(config))?);
    let resumed = Rotation::resume(&config.signer.folder)?;
    let is_resumed = resumed.is_some();
    let rotation = match resumed {
        Some(rotation) => rotation,
        None => begin(config, &settings, &opened, &outbox, clock)?,
    };
    let said = rotation.said();
    if said.ledger != *opened.folder.ledger() {
        return Err(Error::OtherLedger {
            folder: config.signer.folder.display().to_string(),
            found: said.ledger.to_string(),
            wanted: opened.folder.ledger().to_string(),
        });
    }
    let (old, new) = (key_id(&said.old), key_id(&said.new));
    tell(config, &settings, &opened, &outbox, &rotation)?;
    rotation.switch()?;
    policy::keep(&opened, rotation.ring())?;
    rotation.close()?;
    let policy = policy::policy(config)?;
    Ok(Rotated {
        old,
        new,
        is_resumed,
        policy,
    })
}

/// Signs what grew with the old key and begins the hand-over.
fn begin(
    config: &Config,
    settings: &Settings,
    opened: &Opened,
    outbox: &Arc<KafkaOutbox>,
    clock: &Arc<dyn Clock>,
) -> Result<Rotation, Error> {
    let signer = Signer::open(&config.signer.folder)?;
    let metrics = Metrics::register(&mut Registry::default());
    let outbox = Arc::clone(outbox) as Arc<dyn Outbox>;
    let mut checkpointer = settled(config, settings, opened, outbox, clock, &metrics, signer)?;
    checkpointer.round()?;
    let about = |said: &Handover, signed: &str| -> Result<Vec<u8>, Error> {
        Ok(notices::key_handed_over(said, signed, clock.as_ref())?)
    };
    let (ledger, now) = (opened.folder.ledger(), clock.now_ms());
    checkpointer
        .into_signer()
        .begin_rotation(ledger, now, about)
}

/// Tells replicas (through the checkpoints topic, in the order in which they need it) and the registry;
/// keeps each log's last checkpoint with both signatures.
fn tell(
    config: &Config,
    settings: &Settings,
    opened: &Opened,
    outbox: &Arc<KafkaOutbox>,
    rotation: &Rotation,
) -> Result<(), Error> {
    let said = rotation.said();
    let topic = &config.topics.checkpoints;
    let name = said.ledger.handover_key_name();
    outbox.deliver(topic, name.as_bytes(), rotation.signed().as_bytes())?;
    for log in &opened.logs {
        let Some((size, kept)) = log.latest_checkpoint()? else {
            continue;
        };
        let both = rotation.countersign(&kept)?;
        log.keep_checkpoint(size, &both)?;
        outbox.deliver(topic, log.name().as_bytes(), both.as_bytes())?;
    }
    let registry = KafkaRegistry {
        outbox: Arc::clone(outbox),
        settings: settings.clone(),
        topic: config.topics.registry.clone(),
        patience: timeout(config),
    };
    let of_registry = |log: &&Arc<Log>| log.origin().topic == config.topics.registry;
    if let Some(log) = opened.logs.iter().rfind(of_registry) {
        // An earlier hand-over, if it is still on its way, goes first.
        log.announce(&registry)?;
        log.tell(rotation.told())?;
        for what in log.announce(&registry)? {
            info!(log = log.name(), "{what}: the registry has it");
        }
    }
    Ok(())
}

/// What wrapping the keys anew did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rewrapped {
    /// How many keys were wrapped anew by this run.
    pub keys: u64,
    /// Whether it went on with one that was cut short.
    pub is_resumed: bool,
    /// The file of the key-encryption key from now on: name it in `keys.kek_file`.
    pub kek_file: PathBuf,
}

/// Wraps every key of the ledger under the key-encryption key in the file `new`, which is made where it
/// is missing. Takes the folder; it needs no Kafka.
///
/// # Errors
/// Where the folder is in use, or a key file is not the right one. After any error it can be run again
/// with the same two files.
pub fn rotate_kek(config: &Config, new: &Path) -> Result<Rewrapped, Error> {
    let folder = Folder::open(&config.ledger.folder)?;
    let from = FileKek::open(&config.keys.kek_file)?;
    let to = if new.exists() {
        FileKek::open(new)?
    } else {
        FileKek::create(new)?
    };
    if from.id() == to.id() {
        let path = new.to_owned();
        return Err(keys::Error::SameKeyEncryptionKey { path }.into());
    }
    let shared = parts::shared(config, 0);
    let done = keys::rewrap(&folder.keys_path(), &shared, &from, &to)?;
    Ok(Rewrapped {
        keys: done.keys,
        is_resumed: done.is_resumed,
        kek_file: new.to_owned(),
    })
}

/// The keys that sign, or signed, for the ledger; it needn't be stopped.
///
/// # Errors
/// Where the folder is no ledger, has no key, or its list of hand-overs is damaged.
pub fn list_keys(config: &Config) -> Result<Vec<ListedKey>, Error> {
    let ring = policy::ring(config)?;
    let handovers: Vec<&Handover> = ring.handovers().rev().collect();
    let kept = Former::kept(&config.signer.folder);
    let listed = ring.publics().enumerate().map(|(place, public)| {
        let id = key_id(&public);
        let is_kept = place == 0 || kept.iter().any(|former| former.id == id);
        ListedKey {
            public: STANDARD.encode(public),
            since_ms: handovers.get(place).map(|said| said.at_ms),
            until_ms: place.checked_sub(1).map(|after| handovers[after].at_ms),
            is_kept,
            id,
        }
    });
    Ok(listed.collect())
}

/// Deletes the secrets of former keys: of the one with this id, or of all. The ids.
///
/// # Errors
/// Where the ledger doesn't sign, the folder is in use, or no former key has the id.
pub fn retire_keys(config: &Config, id: Option<&str>) -> Result<Vec<String>, Error> {
    if !config.signer.enabled {
        return Err(Error::NotASigner(config.ledger.folder.clone()));
    }
    Ok(sign::retire(&config.signer.folder, id)?)
}
