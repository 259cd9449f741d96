//! What an operator names on the command line: a log, a partition, or a whole topic.

use std::sync::Arc;

use custodia_core::origin::Origin;

use super::Error;
use crate::log::Log;

/// A word of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// An origin: one generation.
    Log(Origin),
    /// `topic/partition`: its newest generation.
    Partition(String, u32),
    /// A topic: all of its partitions.
    Topic(String),
}

impl Named {
    pub(super) fn parse(word: &str) -> Self {
        if let Ok(origin) = word.parse() {
            return Self::Log(origin);
        }
        let partition = word.split_once('/');
        let partition = partition.and_then(|(topic, n)| Some((topic, n.parse().ok()?)));
        match partition {
            Some((topic, partition)) => Self::Partition(topic.to_owned(), partition),
            None => Self::Topic(word.to_owned()),
        }
    }
}

/// All generations of a partition, the oldest first.
pub(in crate::app) fn generations_of<'a>(
    logs: &'a [Arc<Log>],
    topic: &str,
    partition: u32,
) -> Vec<&'a Arc<Log>> {
    let of_place = |log: &&Arc<Log>| {
        let origin = log.origin();
        origin.topic == topic && origin.partition == partition
    };
    let mut found: Vec<_> = logs.iter().filter(of_place).collect();
    found.sort_by_key(|log| log.origin().generation);
    found
}

/// The open log of a partition.
pub(in crate::app) fn open_log<'a>(
    logs: &'a [Arc<Log>],
    topic: &str,
    partition: u32,
) -> Option<&'a Arc<Log>> {
    let newest = generations_of(logs, topic, partition).pop();
    newest.filter(|log| log.closing().is_none())
}

/// The logs that are to be closed, each once. A topic stands for its open logs.
pub(super) fn to_close(logs: &[Arc<Log>], words: &[String]) -> Result<Vec<Arc<Log>>, Error> {
    let mut chosen: Vec<Arc<Log>> = Vec::new();
    for word in words {
        let named = match Named::parse(word) {
            Named::Log(origin) => logs.iter().filter(|log| *log.origin() == origin).collect(),
            Named::Partition(topic, partition) => {
                let newest = generations_of(logs, &topic, partition).pop();
                newest.into_iter().collect()
            }
            Named::Topic(topic) => open_or_last(logs, &topic),
        };
        if named.is_empty() {
            return Err(Error::NoSuchLog(word.clone()));
        }
        for log in named {
            if !chosen.iter().any(|one| Arc::ptr_eq(one, log)) {
                chosen.push(Arc::clone(log));
            }
        }
    }
    Ok(chosen)
}

/// A topic's open logs; where none is open, the last, which then says that it is closed.
fn open_or_last<'a>(logs: &'a [Arc<Log>], topic: &str) -> Vec<&'a Arc<Log>> {
    let of_topic = logs.iter().filter(|log| log.origin().topic == topic);
    let (open, closed): (Vec<_>, Vec<_>) = of_topic.partition(|log| log.closing().is_none());
    if open.is_empty() {
        closed.into_iter().next_back().into_iter().collect()
    } else {
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_an_origin_a_partition_or_a_topic() {
        let origin: Origin = "ledger.example/events/3/1".parse().unwrap();
        assert_eq!(Named::parse(&origin.to_string()), Named::Log(origin));
        assert_eq!(
            Named::parse("events/3"),
            Named::Partition("events".into(), 3)
        );
        assert_eq!(Named::parse("events"), Named::Topic("events".into()));
        assert_eq!(Named::parse("events/x"), Named::Topic("events/x".into()));
    }
}
