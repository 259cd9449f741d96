//! Writing records: idempotent, acknowledged by all replicas, placed as Java's clients place them.

use std::ffi::CString;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use custodia_core::record::Header;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::oneshot;

use super::error::{Error, is_passing};
use super::raw;
use super::reader::c_string;
use super::settings::Settings;
use super::wait::wait_for;
use super::watch::Watch;

/// How long to wait before a full queue is tried again.
const BACK_OFF: Duration = Duration::from_millis(10);

/// A record to be written.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// Decides the partition, as Java's clients do; without one it is any.
    pub key: Option<&'a [u8]>,
    /// `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// In this order.
    pub headers: &'a [Header],
}

impl Outgoing<'_> {
    fn bytes(&self) -> usize {
        let value = |header: &Header| header.value.as_ref().map_or(0, Vec::len);
        let headers = self.headers.iter();
        let headers: usize = headers
            .map(|header| header.name.len() + value(header))
            .sum();
        self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len) + headers
    }
}

/// Where a record landed. Its time comes from its leaf, never from here (design 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
}

type Outcome = Result<Delivery, Error>;

struct Deliveries(Watch);

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.0.log(level, fac, message);
    }

    fn stats_raw(&self, statistics: &[u8]) {
        self.0.stats_raw(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<oneshot::Sender<Outcome>>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Self::DeliveryOpaque) {
        let outcome = match result {
            Ok(message) => landed(message.partition(), message.offset()),
            Err((error, message)) => Err(Error::NotDelivered {
                topic: message.topic().to_owned(),
                reason: self.reason(error),
                passing: error.rdkafka_error_code().is_some_and(is_passing),
            }),
        };
        // Whoever enqueued it may have stopped waiting.
        let _ = waiting.send(outcome);
    }
}

impl Deliveries {
    /// A record that ran out of time is explained by the trouble with the brokers.
    fn reason(&self, error: &KafkaError) -> String {
        match self.0.take() {
            Some(trouble) => format!("{error}: {trouble}"),
            None => error.to_string(),
        }
    }
}

fn landed(partition: i32, offset: i64) -> Outcome {
    match (u32::try_from(partition), u64::try_from(offset)) {
        (Ok(partition), Ok(offset)) => Ok(Delivery { partition, offset }),
        _ => Err(Error::Client {
            doing: "reading a delivery report",
            reason: format!("partition {partition}, offset {offset}"),
        }),
    }
}

/// Resolves once the brokers acknowledged the record, or didn't.
#[derive(Debug)]
pub struct Pending {
    topic: String,
    outcome: oneshot::Receiver<Outcome>,
}

impl Future for Pending {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.outcome).poll(context).map(|outcome| {
            outcome.unwrap_or_else(|_| {
                Err(Error::NotDelivered {
                    topic: self.topic.clone(),
                    reason: "the writer was dropped".into(),
                    passing: false,
                })
            })
        })
    }
}

impl Pending {
    /// Waits on this thread; never call it from async code.
    ///
    /// # Errors
    /// [`Error::NotDelivered`], or [`Error::Deadline`]: then the record may still land.
    pub fn wait(self, deadline: Duration) -> Result<Delivery, Error> {
        wait_for(self, deadline).unwrap_or(Err(Error::Deadline {
            doing: "waiting for a record to be acknowledged",
            waited: deadline,
        }))
    }
}

/// A producer. Dropping it gives up what isn't acknowledged yet: [`Writer::flush`] first.
#[derive(Clone)]
pub struct Writer {
    producer: ThreadedProducer<Deliveries>,
}

impl Writer {
    /// A writer to `settings`' cluster; connects in the background.
    ///
    /// # Errors
    /// What [`Settings::validate`] refuses, and settings that don't fit together.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        settings.validate()?;
        let context = Deliveries(Watch::of(settings));
        let producer = ThreadedProducer::from_config_and_context(&settings.producer(), context)
            .map_err(|error| Error::of("connecting a producer", &error))?;
        Ok(Self { producer })
    }

    /// Puts a record in the queue, in the order of the calls, and returns at once. The future
    /// need not be awaited for the record to be sent.
    ///
    /// # Errors
    /// [`Error::QueueFull`], [`Error::TooLarge`]: nothing was sent.
    pub fn enqueue(&self, record: &Outgoing<'_>) -> Result<Pending, Error> {
        let topic: CString = c_string(record.topic)?;
        let (sender, outcome) = oneshot::channel();
        let parts = (record.key, record.value, record.headers);
        raw::produce(self.producer.client(), &topic, parts, Box::new(sender))
            .map_err(|code| refused(record, code))?;
        Ok(Pending {
            topic: record.topic.to_owned(),
            outcome,
        })
    }

    /// Sends a record and waits for it; where the queue is full, for room in it too. Nothing is
    /// sent before the first poll.
    ///
    /// # Errors
    /// [`Error::NotDelivered`] (after `message.timeout.ms`), [`Error::TooLarge`].
    pub async fn send(&self, record: Outgoing<'_>) -> Result<Delivery, Error> {
        loop {
            match self.enqueue(&record) {
                Err(Error::QueueFull) => tokio::time::sleep(BACK_OFF).await,
                Err(error) => return Err(error),
                Ok(pending) => return pending.await,
            }
        }
    }

    /// The same on a thread that may block, with a deadline for room and one for the answer.
    ///
    /// # Errors
    /// As [`Writer::send`], and [`Error::QueueFull`] or [`Error::Deadline`] after `deadline`.
    pub fn send_blocking(
        &self,
        record: &Outgoing<'_>,
        deadline: Duration,
    ) -> Result<Delivery, Error> {
        let mut waited = Duration::ZERO;
        loop {
            match self.enqueue(record) {
                Err(Error::QueueFull) if waited < deadline => thread::sleep(BACK_OFF),
                Err(error) => return Err(error),
                Ok(pending) => return pending.wait(deadline),
            }
            waited += BACK_OFF;
        }
    }

    /// The worst trouble with the brokers since the last call.
    pub fn trouble(&self) -> Option<Error> {
        self.producer.client().context().0.take()
    }

    /// Waits until all records were acknowledged or given up.
    ///
    /// # Errors
    /// [`Error::Deadline`] where some are still under way.
    pub fn flush(&self, deadline: Duration) -> Result<(), Error> {
        self.producer
            .flush(deadline)
            .map_err(|error| match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::OperationTimedOut) => Error::Deadline {
                    doing: "flushing the producer",
                    waited: deadline,
                },
                _ => Error::of("flushing the producer", &error),
            })
    }
}

fn refused(record: &Outgoing<'_>, code: RDKafkaErrorCode) -> Error {
    match code {
        RDKafkaErrorCode::QueueFull => Error::QueueFull,
        RDKafkaErrorCode::MessageSizeTooLarge => Error::TooLarge {
            topic: record.topic.to_owned(),
            bytes: record.bytes(),
            reason: code.to_string(),
        },
        _ => Error::NotDelivered {
            topic: record.topic.to_owned(),
            reason: code.to_string(),
            passing: is_passing(code),
        },
    }
}
