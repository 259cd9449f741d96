//! `custodia fsck`: the oracle over a whole folder, and over the topics where asked.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use custodia_core::note::VerifierKey;
use custodia_core::origin::Origin;
use custodia_core::record::Record;

use super::init::{logged_topics, timeout};
use super::{Error, kafka_settings, parts};
use crate::config::Config;
use crate::fsck::{LedgerParts, Produced, RecordSource, Report, SourceError, check_ledger};
use crate::kafka::{self, Settings, TopicFacts, read_range, topic_facts, watermarks};
use crate::log::{Folder, Generation};
use crate::project;
use crate::sign::Signer;

/// Records on their way from the reading thread to the check.
const AHEAD_RECORDS: usize = 4096;

/// Checks the folder against itself, and against the topics where asked.
///
/// # Errors
/// Where the folder can't be opened or Kafka can't be read. What is wrong with the logs is in the
/// report.
pub fn fsck(config: &Config, against_topic: bool) -> Result<Report, Error> {
    let folder = Folder::open(&config.ledger.folder)?;
    let shared = parts::shared(config, folder.origins()?.len());
    let keys = parts::open_keys(config, &folder, &shared)?;
    let signer = config
        .signer
        .enabled
        .then(|| Signer::open(&config.signer.folder))
        .transpose()?;
    let verifiers = |origin: &Origin| -> Vec<VerifierKey> {
        let ring = signer.as_ref().map(Signer::ring);
        let keys = ring.and_then(|ring| ring.vkeys(&origin.to_string()).ok());
        keys.unwrap_or_default()
    };
    let parts = LedgerParts {
        folder: &folder,
        shared: &shared,
        keys: &keys,
        verifiers: &verifiers,
        cursors: &project::cursors,
    };
    let mut topics = against_topic.then(|| Topics::ask(config)).transpose()?;
    let source = topics
        .as_mut()
        .map(|topics| topics as &mut dyn RecordSource);
    Ok(check_ledger(&parts, source, &mut |_| {})?)
}

/// The ledger's topics, read again.
struct Topics {
    settings: Settings,
    patience: Duration,
    facts: Vec<TopicFacts>,
}

impl Topics {
    fn ask(config: &Config) -> Result<Self, Error> {
        let (settings, patience) = (kafka_settings(config), timeout(config));
        let found = topic_facts(&settings, &logged_topics(config), patience)?;
        Ok(Self {
            settings,
            patience,
            facts: found.into_iter().flatten().collect(),
        })
    }

    /// Whether the topic of this name is the one that the generation read.
    fn is_there(&self, topic: &str, generation: &Generation) -> bool {
        let facts = self.facts.iter().find(|facts| facts.topic == topic);
        facts.is_some_and(|facts| {
            facts.cluster_id == generation.cluster_id && facts.topic_id == generation.topic_id
        })
    }
}

impl RecordSource for Topics {
    fn records(
        &mut self,
        origin: &Origin,
        generation: &Generation,
        from: u64,
        to: u64,
    ) -> Result<Option<Produced<'_>>, SourceError> {
        if !self.is_there(&origin.topic, generation) {
            return Ok(None);
        }
        let (topic, partition, patience) = (origin.topic.clone(), origin.partition, self.patience);
        let (low, _) = watermarks(&self.settings, &topic, partition, patience).map_err(unread)?;
        let first_offset = low.max(from);
        if first_offset >= to {
            let records = Box::new(std::iter::empty());
            return Ok(Some(Produced {
                first_offset,
                records,
            }));
        }
        let (sender, receiver) = sync_channel(AHEAD_RECORDS);
        let settings = self.settings.clone();
        // The thread ends with the topic, or with the first record that nobody takes any more.
        thread::spawn(move || {
            read(
                &settings,
                &topic,
                partition,
                first_offset,
                patience,
                &sender,
            );
        });
        let below = move |record: &Result<Record, SourceError>| {
            record.as_ref().map_or(true, |record| record.offset < to)
        };
        let records = Box::new(receiver.into_iter().take_while(below));
        Ok(Some(Produced {
            first_offset,
            records,
        }))
    }
}

type Sent = SyncSender<Result<Record, SourceError>>;

/// Why reading ended before the topic did.
enum Ended {
    Kafka(kafka::Error),
    NobodyListens,
}

impl From<kafka::Error> for Ended {
    fn from(error: kafka::Error) -> Self {
        Self::Kafka(error)
    }
}

fn read(
    settings: &Settings,
    topic: &str,
    partition: u32,
    from: u64,
    patience: Duration,
    sent: &Sent,
) {
    let each = |fetched: kafka::Fetched| {
        sent.send(Ok(fetched.record))
            .map_err(|_| Ended::NobodyListens)
    };
    if let Err(Ended::Kafka(error)) = read_range(settings, topic, partition, from, patience, each) {
        // Where nobody listens, nobody needs to know.
        drop(sent.send(Err(unread(error))));
    }
}

#[allow(clippy::needless_pass_by_value)]
fn unread(error: kafka::Error) -> SourceError {
    SourceError {
        reason: error.to_string(),
    }
}
