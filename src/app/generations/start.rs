//! Where a generation begins.

use std::sync::Arc;
use std::time::Duration;

use custodia_core::entry::Entry;
use custodia_core::record::Record;

use super::Error;
use crate::app;
use crate::kafka::{self, Settings, TopicFacts, read_range};
use crate::log::Log;

/// Where an operator says that a generation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartFrom {
    /// At offset 0.
    Beginning,
    /// Where the generation before ended; at offset 0 where there was none.
    Previous,
    /// At this offset.
    Offset(u64),
}

/// The partition that a generation is opened for, as Kafka and the folder have it.
pub(super) struct Place<'a> {
    /// `topic/partition`.
    pub(super) name: String,
    pub(super) partition: u32,
    pub(super) facts: &'a TopicFacts,
    /// Kafka's first offset and its end.
    pub(super) marks: (u64, u64),
    /// The generations that there were, the oldest first.
    pub(super) earlier: Vec<&'a Arc<Log>>,
}

impl Place<'_> {
    /// The first offset of the next generation.
    ///
    /// # Errors
    /// [`Error::OffsetGone`], [`Error::OffsetPastEnd`], [`Error::OtherOffsets`].
    pub(super) fn first_offset(&self, from: StartFrom) -> Result<u64, Error> {
        let offset = match (from, self.earlier.last()) {
            (StartFrom::Offset(offset), _) => offset,
            (StartFrom::Previous, Some(log)) if self.is_same_topic(log) => log.tail().next_offset,
            (StartFrom::Previous, Some(log)) => {
                return Err(Error::OtherOffsets {
                    place: self.name.clone(),
                    log: log.name().to_owned(),
                });
            }
            (StartFrom::Beginning | StartFrom::Previous, _) => 0,
        };
        let (place, (low, high)) = (self.name.clone(), self.marks);
        if offset < low {
            return Err(Error::OffsetGone { place, offset, low });
        }
        if offset > high {
            return Err(Error::OffsetPastEnd {
                place,
                offset,
                high,
            });
        }
        Ok(offset)
    }

    /// The offsets between the generation before and this one, which no log will hold.
    pub(super) fn skipped(&self, start: u64) -> Option<(u64, u64)> {
        let before = self.earlier.last().filter(|log| self.is_same_topic(log));
        let from = before.map_or(0, |log| log.tail().next_offset);
        (from < start).then_some((from, start))
    }

    fn is_same_topic(&self, log: &Log) -> bool {
        let was = log.generation();
        was.cluster_id == self.facts.cluster_id && was.topic_id == self.facts.topic_id
    }

    /// Refuses a start at a record that is a leaf of an earlier generation. One record decides:
    /// where Kafka lost records and gave their offsets to others, none of those is a leaf.
    pub(super) fn refuse_leaf(
        &self,
        start: u64,
        settings: &Settings,
        patience: Duration,
    ) -> Result<(), app::Error> {
        let reaching = |log: &&&Arc<Log>| log.tail().next_offset > start;
        let earlier: Vec<_> = self.earlier.iter().filter(reaching).collect();
        if earlier.is_empty() {
            return Ok(());
        }
        let topic = &self.facts.topic;
        let Some(record) = first_record(settings, topic, self.partition, start, patience)? else {
            return Ok(());
        };
        for log in earlier {
            if let Some(index) = leaf_of(log, &record)? {
                let twice = Error::LeafTwice {
                    place: self.name.clone(),
                    offset: record.offset,
                    log: log.name().to_owned(),
                    index,
                };
                return Err(twice.into());
            }
        }
        Ok(())
    }
}

fn leaf_of(log: &Log, record: &Record) -> Result<Option<u64>, app::Error> {
    let Some(index) = log.index_of_offset(record.offset)? else {
        return Ok(None);
    };
    Ok((log.entry(index)? == Entry::of(record)).then_some(index))
}

/// Why reading ended.
enum Ended {
    Kafka(kafka::Error),
    Found(Box<Record>),
}

impl From<kafka::Error> for Ended {
    fn from(error: kafka::Error) -> Self {
        Self::Kafka(error)
    }
}

/// The first record at `from` or later; none where the partition has none now.
fn first_record(
    settings: &Settings,
    topic: &str,
    partition: u32,
    from: u64,
    patience: Duration,
) -> Result<Option<Record>, kafka::Error> {
    let take = |fetched: kafka::Fetched| Err(Ended::Found(Box::new(fetched.record)));
    match read_range(settings, topic, partition, from, patience, take) {
        Ok(_) => Ok(None),
        Err(Ended::Found(record)) => Ok(Some(*record)),
        Err(Ended::Kafka(error)) => Err(error),
    }
}
