//! `custodia init`: the explicit act that makes a ledger.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use custodia_core::origin::{LedgerName, Origin};

use super::replica::ReplicaFile;
use super::{Error, kafka_settings, parts, policy};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::{Settings, TopicFacts, TopicSpec, create_topics, topic_facts};
use crate::keys::{FileKek, KeyStore};
use crate::log::{Folder, Generation, Log, notices};
use crate::sign::{ExtractSigner, Signer};
use crate::store::Shared;

/// The generation that `init` opens.
pub(super) const FIRST_GENERATION: u32 = 1;

/// Offsets named on purpose, by topic and partition; everything else starts at 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartAt(BTreeMap<(String, u32), u64>);

impl StartAt {
    /// Reads `topic/partition=offset`, once a word.
    ///
    /// # Errors
    /// [`Error::BadStart`] names the word.
    pub fn parse(words: &[String]) -> Result<Self, Error> {
        let mut starts = BTreeMap::new();
        for word in words {
            let start = parse_start(word).ok_or_else(|| Error::BadStart(word.clone()))?;
            starts.insert((start.0, start.1), start.2);
        }
        Ok(Self(starts))
    }

    fn of(&self, topic: &str, partition: u32) -> u64 {
        self.0
            .get(&(topic.to_owned(), partition))
            .copied()
            .unwrap_or(0)
    }

    fn check(&self, facts: &[TopicFacts]) -> Result<(), Error> {
        for (topic, partition) in self.0.keys() {
            let known = facts
                .iter()
                .any(|f| f.topic == *topic && *partition < f.partitions);
            if !known {
                return Err(Error::BadStart(format!("{topic}/{partition}")));
            }
        }
        Ok(())
    }
}

fn parse_start(word: &str) -> Option<(String, u32, u64)> {
    let (place, offset) = word.split_once('=')?;
    let (topic, partition) = place.rsplit_once('/')?;
    Some((
        topic.to_owned(),
        partition.parse().ok()?,
        offset.parse().ok()?,
    ))
}

/// What `init` made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Made {
    /// The data folder.
    pub folder: PathBuf,
    /// The file of the key-encryption key.
    pub kek_file: PathBuf,
    /// The logs' origins.
    pub logs: Vec<String>,
    /// The topics that were missing and were made.
    pub topics_made: Vec<String>,
    /// What verifiers are handed (C2SP tlog-policy); none where the ledger's key isn't here.
    pub policy: Option<String>,
}

/// Makes a ledger: missing topics, key-encryption key, signing key, key store, a log for each
/// partition. The file that makes the folder a ledger is written last.
///
/// # Errors
/// Where Kafka can't be reached, a topic's settings break a law, or something is already there; with
/// `replica_of`, a file of [`super::export_replica`], where that doesn't fit.
pub fn init(
    config: &Config,
    starts: &StartAt,
    replica_of: Option<&Path>,
    clock: &dyn Clock,
) -> Result<Made, Error> {
    let ledger: LedgerName = config.ledger.name.parse().map_err(|_| Error::Unnamed)?;
    let replica = replica_of.map(|path| replica(config, path)).transpose()?;
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    let (facts, topics_made) = topics(config, &settings)?;
    starts.check(&facts)?;
    let folder = Folder::create(&config.ledger.folder, &ledger)?;
    let generations = generations(&ledger, &facts, starts)?;
    let shared = parts::shared(config, generations.len());
    let kek = Arc::new(FileKek::create(&config.keys.kek_file)?);
    match replica.as_ref().and_then(ReplicaFile::ledger_secret) {
        Some(secret) => drop(KeyStore::create_replica(
            &folder.keys_path(),
            &shared,
            kek,
            secret,
        )?),
        None => drop(KeyStore::create(&folder.keys_path(), &shared, kek)?),
    }
    make_logs(&folder, &generations, &shared, clock)?;
    let policy = match replica.as_ref().and_then(ReplicaFile::signing_seed) {
        Some(seed) => {
            let handovers = replica.as_ref().map(ReplicaFile::handovers);
            copy_key(
                config,
                &folder,
                &generations,
                &seed,
                &handovers.unwrap_or_default(),
            )?
        }
        None => make_signer(config, &generations)?,
    };
    if let Some(text) = &policy {
        policy::write(folder.path(), text)?;
    }
    folder.seal_creation()?;
    Ok(Made {
        folder: folder.path().to_owned(),
        kek_file: config.keys.kek_file.clone(),
        logs: generations
            .iter()
            .map(|(origin, _)| origin.to_string())
            .collect(),
        topics_made,
        policy,
    })
}

pub(super) fn timeout(config: &Config) -> Duration {
    Duration::from_millis(config.kafka.timeout_ms)
}

/// The topics that are logs of the ledger.
pub(super) fn logged_topics(config: &Config) -> [&str; 3] {
    [
        &config.topics.events,
        &config.topics.registry,
        &config.topics.access,
    ]
}

fn specs(config: &Config) -> Vec<TopicSpec> {
    let topics = &config.topics;
    let counts = [
        (&topics.events, topics.events_partitions),
        (&topics.registry, 1),
        (&topics.access, topics.access_partitions),
        (&topics.checkpoints, 1),
    ];
    let spec = |(name, partitions): (&String, u32)| TopicSpec {
        name: name.clone(),
        partitions,
        replication: Some(config.kafka.replication),
        config: BTreeMap::new(),
    };
    counts.into_iter().map(spec).collect()
}

/// The facts of the logged topics, and the names of topics that had to be made.
fn topics(config: &Config, settings: &Settings) -> Result<(Vec<TopicFacts>, Vec<String>), Error> {
    let specs = specs(config);
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let found = topic_facts(settings, &names, timeout(config))?;
    let missing: Vec<TopicSpec> = specs
        .iter()
        .zip(&found)
        .filter(|(_, f)| f.is_none())
        .map(|(s, _)| s.clone())
        .collect();
    if !missing.is_empty() {
        create_topics(settings, &missing, timeout(config))?;
    }
    let logged = logged_topics(config);
    let facts = facts_of(settings, &logged, timeout(config))?;
    facts.iter().try_for_each(TopicFacts::check)?;
    check_registry(config, &facts)?;
    Ok((facts, missing.into_iter().map(|spec| spec.name).collect()))
}

/// The registry has one partition, where it is among these topics.
pub(super) fn check_registry(config: &Config, facts: &[TopicFacts]) -> Result<(), Error> {
    let registry = facts.iter().find(|f| f.topic == config.topics.registry);
    match registry.filter(|fact| fact.partitions != 1) {
        None => Ok(()),
        Some(fact) => Err(Error::Partitions {
            topic: fact.topic.clone(),
            found: fact.partitions,
            wanted: 1,
        }),
    }
}

/// The facts of topics that must be there.
pub(super) fn facts_of(
    settings: &Settings,
    topics: &[&str],
    timeout: Duration,
) -> Result<Vec<TopicFacts>, Error> {
    let found = topic_facts(settings, topics, timeout)?;
    let found = topics.iter().zip(found).map(|(topic, facts)| {
        facts.ok_or_else(|| crate::ingest::Error::NoTopic {
            topic: (*topic).to_owned(),
        })
    });
    Ok(found.collect::<Result<_, _>>()?)
}

fn generations(
    ledger: &LedgerName,
    facts: &[TopicFacts],
    starts: &StartAt,
) -> Result<Vec<(Origin, Generation)>, Error> {
    let mut out = Vec::new();
    for fact in facts {
        for partition in 0..fact.partitions {
            let origin = Origin::new(ledger.clone(), &fact.topic, partition, FIRST_GENERATION);
            let origin = origin.map_err(|_| Error::BadTopicName(fact.topic.clone()))?;
            let generation = Generation::new(
                fact.cluster_id.clone(),
                fact.topic_id.clone(),
                fact.partitions,
                starts.of(&fact.topic, partition),
            );
            out.push((origin, generation));
        }
    }
    Ok(out)
}

fn make_logs(
    folder: &Folder,
    generations: &[(Origin, Generation)],
    shared: &Shared,
    clock: &dyn Clock,
) -> Result<(), Error> {
    for (origin, generation) in generations {
        let opened = notices::log_opened(origin, generation, None, None, &[], clock)?;
        Log::create(
            &folder.log_path(origin),
            origin,
            generation,
            &opened,
            shared,
        )?;
    }
    Ok(())
}

/// What a replica has of its ledger. It must not sign trees: two who do fork the ledger (law 5).
fn replica(config: &Config, path: &Path) -> Result<ReplicaFile, Error> {
    let refused = |what: &str| Error::ReplicaFile {
        path: path.to_owned(),
        what: what.to_owned(),
    };
    if config.signer.enabled {
        return Err(refused(
            "a replica signs no trees; set signer.enabled = false",
        ));
    }
    let file = ReplicaFile::read(path)?;
    if file.ledger != config.ledger.name {
        return Err(refused("it is of another ledger than ledger.name says"));
    }
    Ok(file)
}

/// Puts the ledger's key into a replica's folder; the policy that verifiers are handed.
fn copy_key(
    config: &Config,
    folder: &Folder,
    generations: &[(Origin, Generation)],
    seed: &[u8; 32],
    handovers: &[u8],
) -> Result<Option<String>, Error> {
    let signer = ExtractSigner::create_replica(&config.signer.folder, seed, handovers)?;
    policy::write_handovers(folder.path(), signer.ring())?;
    let log = generations.first().map(|(origin, _)| origin.to_string());
    log.map(|log| policy::text(signer.ring(), &log)).transpose()
}

/// Makes the signer and begins each log with it; the policy that verifiers are handed.
fn make_signer(
    config: &Config,
    generations: &[(Origin, Generation)],
) -> Result<Option<String>, Error> {
    if !config.signer.enabled {
        return Ok(None);
    }
    let mut signer = Signer::create(&config.signer.folder)?;
    let origins: Vec<Origin> = generations
        .iter()
        .map(|(origin, _)| origin.clone())
        .collect();
    for origin in &origins {
        // The logs were made a moment ago by this command: nothing can have been signed of them.
        signer.begin(&origin.to_string(), &[])?;
    }
    origins
        .first()
        .map(|log| policy::text(signer.ring(), &log.to_string()))
        .transpose()
}
