//! The loop of one partition: fill a batch, append it, again.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{Span, info_span};

use super::{DiskFloor, Error};
use crate::clock::Clock;
use crate::kafka::{Fetched, PartitionReader};
use crate::log::{Appended, Incoming, Writer};
use crate::metrics::{LogLabel, Metrics};

/// How long an idle loop waits for a record before it looks whether it should stop.
const IDLE_POLL: Duration = Duration::from_millis(100);
/// Most records taken from the queue at once: bounds how far a batch overshoots its bytes.
const CHUNK_RECORDS: usize = 512;
/// What a record weighs besides its key, value and headers.
const RECORD_OVERHEAD_BYTES: usize = 64;

/// When a batch is closed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most records.
    pub records: usize,
    /// Bytes of keys, values and headers after which no more are taken.
    pub bytes: usize,
    /// How long the first record may wait for more.
    pub age: Duration,
}

/// One partition on its way to its log.
pub struct Partition {
    reader: PartitionReader,
    writer: Writer,
    limits: Limits,
    floor: DiskFloor,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    label: LogLabel,
}

impl Partition {
    /// Joins a partition's queue to its log's writer.
    pub fn new(
        reader: PartitionReader,
        writer: Writer,
        limits: Limits,
        floor: DiskFloor,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Self {
        let label = LogLabel::from(writer.log().origin());
        Self {
            reader,
            writer,
            limits,
            floor,
            clock,
            metrics,
            label,
        }
    }

    /// Appends until `stop` is cancelled; a batch that was begun is finished.
    ///
    /// # Errors
    /// The first thing that contradicts the log or keeps it from being written.
    pub fn run(mut self, stop: &CancellationToken) -> Result<(), Error> {
        let mut fetched = Vec::with_capacity(self.limits.records);
        let mut batch = Vec::with_capacity(self.limits.records);
        while !stop.is_cancelled() {
            if !self.floor.has_room(&self.metrics) {
                std::thread::sleep(IDLE_POLL);
                continue;
            }
            self.fill(&mut fetched)?;
            batch.extend(fetched.drain(..).map(incoming));
            if !batch.is_empty() {
                self.append(&batch)?;
                batch.clear();
            }
        }
        Ok(())
    }

    fn fill(&mut self, fetched: &mut Vec<Fetched>) -> Result<(), Error> {
        self.poll(IDLE_POLL, fetched)?;
        if fetched.is_empty() {
            return Ok(());
        }
        let deadline = self.clock.monotonic() + self.limits.age;
        let mut weighed = 0;
        let mut bytes = 0;
        loop {
            bytes += fetched.iter().skip(weighed).map(weight).sum::<usize>();
            weighed = fetched.len();
            let left = deadline.saturating_sub(self.clock.monotonic());
            if weighed >= self.limits.records || bytes >= self.limits.bytes || left.is_zero() {
                return Ok(());
            }
            self.poll(left, fetched)?;
        }
    }

    fn poll(&mut self, timeout: Duration, fetched: &mut Vec<Fetched>) -> Result<(), Error> {
        let most = (self.limits.records - fetched.len()).min(CHUNK_RECORDS);
        let polled = self.reader.poll_batch(most, timeout, fetched);
        polled.map(drop).map_err(|source| Error::Kafka {
            origin: self.writer.log().name().to_owned(),
            source,
        })
    }

    fn append(&mut self, batch: &[Incoming]) -> Result<(), Error> {
        let started = self.clock.monotonic();
        let span = self.span(batch);
        let appended = span.in_scope(|| self.writer.append(batch))?;
        self.count(
            batch.len(),
            &appended,
            self.clock.monotonic().saturating_sub(started),
        );
        Ok(())
    }

    fn span(&self, batch: &[Incoming]) -> Span {
        let first = batch.first().map(|i| i.record.offset);
        info_span!(
            "append",
            log = self.writer.log().name(),
            records = batch.len(),
            first
        )
    }

    #[allow(clippy::cast_precision_loss)]
    fn count(&self, records: usize, appended: &Appended, took: Duration) {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let metrics = &self.metrics;
        metrics
            .appended
            .get_or_create(&self.label)
            .inc_by(appended.leaves);
        metrics
            .compared
            .get_or_create(&self.label)
            .inc_by(appended.seen_again);
        metrics
            .batch_records
            .get_or_create(&self.label)
            .observe(records as f64);
        metrics
            .append_seconds
            .get_or_create(&self.label)
            .observe(took.as_secs_f64());
        metrics
            .tree_size
            .get_or_create(&self.label)
            .set(signed(appended.tail.size));
        metrics
            .next_offset
            .get_or_create(&self.label)
            .set(signed(appended.tail.next_offset));
    }
}

fn incoming(fetched: Fetched) -> Incoming {
    Incoming {
        record: fetched.record,
        leader_epoch: fetched.leader_epoch,
    }
}

fn weight(fetched: &Fetched) -> usize {
    let record = &fetched.record;
    let len = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let headers: usize = record
        .headers
        .iter()
        .map(|h| h.name.len() + len(&h.value))
        .sum();
    RECORD_OVERHEAD_BYTES + len(&record.key) + len(&record.value) + headers
}
