//! Which logs this process appends to, and from where.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracing::warn;

use super::Error;
use super::generations::{Error as Refused, generations_of, open_log};
use super::init::{facts_of, timeout};
use crate::config::{Assignment, Config};
use crate::ingest::{self, start_of};
use crate::kafka::{self, Consumer, PartitionReader, Position, Settings, TopicFacts, watermarks};
use crate::log::Log;

/// The open logs that the configuration assigns.
///
/// # Errors
/// [`Error::NoSuchLog`]; [`Refused::AssignedClosed`] for a partition whose newest log is closed.
pub(super) fn assigned(logs: &[Arc<Log>], assignment: &Assignment) -> Result<Vec<Arc<Log>>, Error> {
    let Assignment::Only(places) = assignment else {
        let open = logs.iter().filter(|log| log.closing().is_none());
        return Ok(open.cloned().collect());
    };
    places.iter().map(|place| of_place(logs, place)).collect()
}

fn of_place(logs: &[Arc<Log>], place: &str) -> Result<Arc<Log>, Error> {
    let no_such = || Error::NoSuchLog(place.to_owned());
    let parts = place.rsplit_once('/');
    let (topic, partition) = parts.ok_or_else(no_such)?;
    let partition = partition.parse().map_err(|_| no_such())?;
    if generations_of(logs, topic, partition).is_empty() {
        return Err(no_such());
    }
    let open = open_log(logs, topic, partition).cloned();
    open.ok_or_else(|| Refused::AssignedClosed(place.to_owned()).into())
}

/// The topics that these logs read.
pub(super) fn topics_of(logs: &[Arc<Log>]) -> Vec<&str> {
    let topics = logs.iter().map(|log| log.origin().topic.as_str());
    topics.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Refuses a partition of these topics that no log was ever opened for, where all are assigned.
/// One whose log was closed is left alone, as was ordered.
///
/// # Errors
/// [`Refused::Unlogged`].
pub(super) fn refuse_uncovered(
    logs: &[Arc<Log>],
    facts: &[TopicFacts],
    assignment: &Assignment,
) -> Result<(), Error> {
    if *assignment != Assignment::All {
        return Ok(());
    }
    for facts in facts {
        for partition in 0..facts.partitions {
            let place = format!("{}/{partition}", facts.topic);
            if generations_of(logs, &facts.topic, partition).is_empty() {
                return Err(Refused::Unlogged(place).into());
            }
            if open_log(logs, &facts.topic, partition).is_none() {
                warn!(place, "its log is closed: what comes there is not read");
            }
        }
    }
    Ok(())
}

/// Checks every assigned log against its topic, and assigns its partition from where it goes on.
pub(super) fn assign(
    config: &Config,
    settings: &Settings,
    all: &[Arc<Log>],
    logs: &[Arc<Log>],
) -> Result<(Consumer, Vec<PartitionReader>), Error> {
    let facts = facts_of(settings, &topics_of(logs), timeout(config))?;
    facts.iter().try_for_each(TopicFacts::check)?;
    let mut positions = Vec::new();
    for log in logs {
        let origin = log.origin();
        let no_topic = || ingest::Error::NoTopic {
            topic: origin.topic.clone(),
        };
        let fact = facts
            .iter()
            .find(|f| f.topic == origin.topic)
            .ok_or_else(no_topic)?;
        let marks = watermarks(settings, &origin.topic, origin.partition, timeout(config))?;
        let start = start_of(log.name(), log.generation(), &log.state()?, fact, marks)?;
        let position = Position {
            next_offset: start.offset,
            leader_epoch: start.leader_epoch,
        };
        positions.push(kafka::Assignment {
            topic: origin.topic.clone(),
            partition: origin.partition,
            position,
        });
    }
    refuse_uncovered(all, &facts, &config.ingest.assign)?;
    Ok(Consumer::assign(settings, &positions, timeout(config))?)
}

/// Checks that the topics are still those of the logs' generations.
pub(super) fn check_facts(facts: &[TopicFacts], logs: &[Arc<Log>]) -> Result<(), Error> {
    facts.iter().try_for_each(TopicFacts::check)?;
    for log in logs {
        let of_topic = facts.iter().filter(|f| f.topic == log.origin().topic);
        for fact in of_topic {
            let topic = fact.topic_id.as_deref();
            log.generation()
                .check(log.name(), &fact.cluster_id, topic, fact.partitions)?;
        }
    }
    Ok(())
}
