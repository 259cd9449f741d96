//! Reading assigned partitions from positions of ours, a queue for each.
//!
//! Owns the consumer; a [`PartitionReader`] goes to the thread that writes its log. Memory is
//! bounded by `queued.max.messages.kbytes` for all partitions together: a reader that doesn't poll
//! holds its partition's fetching back, and needs no pausing. Never joins a group, never stores an
//! offset it would resume from.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use custodia_core::record::Record;
use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;

use super::error::Error;
use super::facts;
use super::raw::{self, Item, Queue};
use super::settings::{PREFETCH_KIBIBYTES, Settings};
use super::watch::{Probe, Watch};

/// Least prefetch of a partition: below, large records would be fetched one by one.
const MIN_PREFETCH_KIBIBYTES: u64 = 1024;
/// How long a question about a failed partition may take.
const ASKING: Duration = Duration::from_secs(5);

/// Where reading a partition goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The first offset that isn't a leaf yet.
    pub next_offset: u64,
    /// The leader epoch of the last record read, where the broker told one: by it the broker says
    /// whether its log was truncated below `next_offset`.
    pub leader_epoch: Option<i32>,
}

/// A partition to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The topic's name.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// Where to start.
    pub position: Position,
}

/// A record as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The record.
    pub record: Record,
    /// The epoch of the leader that appended it; `None` from brokers before 2.1.
    pub leader_epoch: Option<i32>,
}

/// The connection behind the readers; closes on a thread of its own, because closing can hang
/// where brokers are down.
struct Connection {
    consumer: Option<BaseConsumer<Watch>>,
    closed: Sender<()>,
}

impl Connection {
    fn consumer(&self) -> &BaseConsumer<Watch> {
        self.consumer.as_ref().expect("taken only by drop")
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (consumer, closed) = (self.consumer.take(), self.closed.clone());
        let close = move || {
            drop(consumer);
            // Nobody waits where the consumer wasn't closed but dropped.
            let _ = closed.send(());
        };
        // Where no thread can be had, the closure and the consumer in it are dropped right here.
        let _ = thread::Builder::new()
            .name("kafka-close".into())
            .spawn(close);
    }
}

/// A consumer of assigned partitions. Its [`Consumer::serve`] must be called all the time; the
/// records come from its [`PartitionReader`]s.
pub struct Consumer {
    connection: Arc<Connection>,
    closed: Receiver<()>,
}

impl Consumer {
    /// Connects and starts reading: one reader for each assignment, in their order.
    ///
    /// # Errors
    /// What [`Settings::probe`] says where no broker answers within `timeout`;
    /// [`Error::UnknownPartition`]; whatever the client refuses.
    pub fn assign(
        settings: &Settings,
        assignments: &[Assignment],
        timeout: Duration,
    ) -> Result<(Self, Vec<PartitionReader>), Error> {
        Self::assign_with(settings.consumer(), settings, assignments, timeout)
    }

    pub(super) fn assign_with(
        mut config: ClientConfig,
        settings: &Settings,
        assignments: &[Assignment],
        timeout: Duration,
    ) -> Result<(Self, Vec<PartitionReader>), Error> {
        Probe::of(settings)?.cluster_id(timeout)?;
        share_prefetch(&mut config, assignments.len());
        let consumer = BaseConsumer::from_config_and_context(&config, Watch::of(settings))
            .map_err(|error| Error::of("connecting", &error))?;
        check_partitions(&consumer, assignments, timeout)?;
        let (closing, closed) = channel();
        let connection = Arc::new(Connection {
            consumer: Some(consumer),
            closed: closing,
        });
        let readers = readers(&connection, assignments)?;
        let native: Vec<_> = readers
            .iter()
            .map(|reader| (reader.topic_c.clone(), reader.native, reader.position))
            .collect();
        raw::assign(connection.consumer().client(), &native, timeout)
            .map_err(|code| Error::of_code("assigning partitions", code))?;
        Ok((Self { connection, closed }, readers))
    }

    fn consumer(&self) -> &BaseConsumer<Watch> {
        self.connection.consumer()
    }

    /// Serves the client for up to `timeout`; returns the worst trouble with the brokers that came
    /// up. Where [`Error::may_pass`], the client goes on trying by itself.
    pub fn serve(&self, timeout: Duration) -> Option<Error> {
        match self.consumer().poll(timeout) {
            Some(Ok(_)) => Some(Error::Client {
                doing: "serving the consumer",
                reason: "a record came outside of its partition's queue".into(),
            }),
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                Some(Error::of("serving the consumer", &error))
            }
            _ => self.consumer().client().context().take(),
        }
    }

    /// Asks for a partition's first offset held and the end of what a `read_committed` reader
    /// sees (one past the last).
    ///
    /// # Errors
    /// Where the partition's leader doesn't answer in time.
    pub fn watermarks(
        &self,
        topic: &str,
        partition: u32,
        timeout: Duration,
    ) -> Result<(u64, u64), Error> {
        watermarks(self.consumer(), topic, partition, timeout)
    }

    /// Asks for a topic's id, to notice a topic that was created again: the client itself reads
    /// on in the new one. `None` where brokers have no topic ids,
    /// and on the mock cluster.
    ///
    /// # Errors
    /// Where the topic is gone or no broker answers in time.
    pub fn topic_id(&self, topic: &str, timeout: Duration) -> Result<Option<String>, Error> {
        let described = facts::describe(self.consumer().client(), &[topic], timeout)
            .and_then(|mut topics| topics.pop().ok_or(RDKafkaErrorCode::UnknownTopic)?);
        match described {
            Ok(described) => Ok(described.topic_id),
            Err(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                Err(gone(topic, 0, "the brokers don't know it"))
            }
            Err(code) => Err(Error::of_code("asking for a topic's id", code)),
        }
    }

    /// Tells lag dashboards where we are; returns at once, and a failure is only logged. The
    /// ledger never reads it back.
    pub fn commit_for_display(&self, positions: &[(String, u32, u64)]) {
        let mut list = TopicPartitionList::new();
        for (topic, partition, next_offset) in positions {
            let (partition, offset) = (native(*partition), native_offset(*next_offset));
            if let Err(error) = list.add_partition_offset(topic, partition, Offset::Offset(offset))
            {
                tracing::debug!(target: "kafka", %error, topic, "not committed for display");
            }
        }
        if let Err(error) = self.consumer().commit(&list, CommitMode::Async) {
            tracing::debug!(target: "kafka", %error, "offsets for dashboards not committed");
        }
    }

    /// Closes the connection once all readers are dropped, and waits up to `deadline` for it.
    ///
    /// # Errors
    /// [`Error::Deadline`]: it closes behind our back, or with the process.
    pub fn close(self, deadline: Duration) -> Result<(), Error> {
        let Self { connection, closed } = self;
        drop(connection);
        closed.recv_timeout(deadline).map_err(|_| Error::Deadline {
            doing: "closing the consumer",
            waited: deadline,
        })
    }
}

/// A partition's records, in offset order.
pub struct PartitionReader {
    // Dropped before the connection: librdkafka wants its queues back first.
    queue: Queue,
    connection: Arc<Connection>,
    topic: String,
    topic_c: CString,
    partition: u32,
    native: i32,
    position: Position,
    end: Option<u64>,
    failed: Option<Error>,
}

impl PartitionReader {
    /// The topic's name.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The partition.
    pub fn partition(&self) -> u32 {
        self.partition
    }

    /// Appends what has come, at most `max` records, to `into`, and returns how many; waits up to
    /// `timeout` where nothing has. Offsets may have gaps (control records, aborted transactions).
    ///
    /// # Errors
    /// Once all records before it were handed out: [`Error::Truncated`], [`Error::Overtaken`],
    /// [`Error::OutOfRange`], [`Error::TopicGone`], [`Error::NotAllowed`], [`Error::Damaged`].
    /// After one of these nothing more comes. What may pass is no error here.
    pub fn poll_batch(
        &mut self,
        max: usize,
        timeout: Duration,
        into: &mut Vec<Fetched>,
    ) -> Result<usize, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let before = into.len();
        let mut failure = None;
        let (position, end) = (&mut self.position, &mut self.end);
        self.queue.take(max, timeout, &mut |item| match item {
            Item::Record(fetched) if failure.is_none() => {
                position.next_offset = fetched.record.offset + 1;
                position.leader_epoch = fetched.leader_epoch.or(position.leader_epoch);
                into.push(fetched);
            }
            Item::Record(_) => {}
            Item::End(next) => *end = Some(next),
            Item::Failed {
                code,
                offset,
                reason,
            } => {
                failure.get_or_insert((code, offset, reason));
            }
        });
        if let Some((code, offset, reason)) = failure {
            self.failed = self.error_of(code, offset, reason);
        }
        match &self.failed {
            Some(error) if into.len() == before => Err(error.clone()),
            _ => Ok(into.len() - before),
        }
    }

    /// The next record, where one comes within `timeout`.
    ///
    /// # Errors
    /// As [`PartitionReader::poll_batch`].
    pub fn poll(&mut self, timeout: Duration) -> Result<Option<Fetched>, Error> {
        let mut one = Vec::with_capacity(1);
        self.poll_batch(1, timeout, &mut one)?;
        Ok(one.pop())
    }

    /// Behind the last record handed out; at first the position assigned.
    pub fn position(&self) -> Position {
        self.position
    }

    /// How many offsets lie between the position and the end that the last fetch saw, without
    /// asking; `None` before the first fetch.
    pub fn lag(&self) -> Option<u64> {
        let client = self.connection.consumer().client();
        let (_, high) = raw::seen_watermarks(client, &self.topic_c, self.native);
        let high = u64::try_from(high).ok()?;
        Some(high.saturating_sub(self.position.next_offset))
    }

    /// The end of the partition, where the client has reported reaching it; bounded reading only.
    pub(super) fn end(&self) -> Option<u64> {
        self.end
    }

    /// What a partition's failure means; `None` for what passes by itself.
    fn error_of(&self, code: RDKafkaErrorCode, offset: i64, reason: String) -> Option<Error> {
        use RDKafkaErrorCode as Code;
        match code {
            Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::LogTruncation => {
                Some(self.out_of_range(code, reason))
            }
            Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::UnknownTopicId => Some(gone(&self.topic, self.partition, &reason)),
            Code::TopicAuthorizationFailed => Some(Error::NotAllowed {
                doing: format!("reading topic {}", self.topic),
                reason,
            }),
            Code::BadMessage
            | Code::BadCompression
            | Code::InvalidMessage
            | Code::InvalidMessageSize
            | Code::MessageSizeTooLarge
            | Code::NotImplemented => Some(Error::Damaged {
                topic: self.topic.clone(),
                partition: self.partition,
                offset,
                reason,
            }),
            _ => {
                let (topic, partition) = (&self.topic, self.partition);
                tracing::warn!(target: "kafka", topic, partition, %code, reason, "fetch failed");
                None
            }
        }
    }

    /// Which side of the broker's log the position fell off.
    fn out_of_range(&self, code: RDKafkaErrorCode, reason: String) -> Error {
        let (topic, partition) = (self.topic.clone(), self.partition);
        let position = self.position.next_offset;
        let truncated = code == RDKafkaErrorCode::LogTruncation
            || reason.contains(&RDKafkaErrorCode::LogTruncation.to_string());
        let seen = watermarks(self.connection.consumer(), &topic, partition, ASKING);
        match seen {
            Ok((low, _)) if position < low => Error::Overtaken {
                topic,
                partition,
                position,
                low,
            },
            Ok((_, high)) if position > high || truncated => Error::Truncated {
                topic,
                partition,
                position,
                reason: format!("{reason}; the log ends at {high}"),
            },
            Err(_) if truncated => Error::Truncated {
                topic,
                partition,
                position,
                reason,
            },
            _ => Error::OutOfRange {
                topic,
                partition,
                position,
                reason,
            },
        }
    }
}

fn readers(
    connection: &Arc<Connection>,
    assignments: &[Assignment],
) -> Result<Vec<PartitionReader>, Error> {
    let client = connection.consumer().client();
    assignments
        .iter()
        .map(|assignment| {
            let (topic, partition) = (assignment.topic.clone(), assignment.partition);
            let (topic_c, native) = (c_string(&topic)?, native(partition));
            let queue = Queue::of_partition(client, &topic_c, native);
            Ok(PartitionReader {
                queue: queue.ok_or_else(|| unknown(&topic, partition))?,
                connection: Arc::clone(connection),
                topic,
                topic_c,
                partition,
                native,
                position: assignment.position,
                end: None,
                failed: None,
            })
        })
        .collect()
}

/// librdkafka counts a partition's own queue alone once it is split off the consumer's, so the
/// consumer's bound is shared out.
fn share_prefetch(config: &mut ClientConfig, partitions: usize) {
    let whole = config.get(PREFETCH_KIBIBYTES).map(str::parse::<u64>);
    if let Some(Ok(whole)) = whole {
        let partitions = u64::try_from(partitions).unwrap_or(u64::MAX).max(1);
        let share = (whole / partitions).max(MIN_PREFETCH_KIBIBYTES.min(whole));
        config.set(PREFETCH_KIBIBYTES, share.to_string());
    }
}

fn check_partitions(
    consumer: &BaseConsumer<Watch>,
    assignments: &[Assignment],
    timeout: Duration,
) -> Result<(), Error> {
    for Assignment {
        topic, partition, ..
    } in assignments
    {
        let metadata = consumer.fetch_metadata(Some(topic), timeout);
        let metadata = metadata.map_err(|error| Error::of("asking for a topic", &error))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let held = found.map_or(0, |found| found.partitions().len());
        if usize::try_from(*partition).is_ok_and(|partition| partition >= held) {
            return Err(unknown(topic, *partition));
        }
    }
    Ok(())
}

pub(super) fn watermarks(
    consumer: &BaseConsumer<Watch>,
    topic: &str,
    partition: u32,
    timeout: Duration,
) -> Result<(u64, u64), Error> {
    let (low, high) = consumer
        .fetch_watermarks(topic, native(partition), timeout)
        .map_err(|error| match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownPartition) => {
                unknown(topic, partition)
            }
            _ => Error::of("asking for watermarks", &error),
        })?;
    match (u64::try_from(low), u64::try_from(high)) {
        (Ok(low), Ok(high)) => Ok((low, high)),
        _ => Err(Error::Client {
            doing: "asking for watermarks",
            reason: format!("{topic}/{partition} has none ({low}, {high})"),
        }),
    }
}

pub(super) fn c_string(topic: &str) -> Result<CString, Error> {
    CString::new(topic).map_err(|_| unknown(topic, 0))
}

fn unknown(topic: &str, partition: u32) -> Error {
    Error::UnknownPartition {
        topic: topic.to_owned(),
        partition,
    }
}

fn gone(topic: &str, partition: u32, reason: &str) -> Error {
    Error::TopicGone {
        topic: topic.to_owned(),
        partition,
        reason: reason.to_owned(),
    }
}

/// librdkafka's width of a partition; no partition of Kafka's has a higher number.
fn native(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}

fn native_offset(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
