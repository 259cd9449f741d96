//! Reading a partition again, from an offset to where it ends now.

use std::time::Duration;

use super::error::Error;
use super::reader::{Assignment, Consumer, Fetched, PartitionReader, Position};
use super::settings::Settings;

const BATCH: usize = 1024;
const CLOSING: Duration = Duration::from_secs(5);

/// Hands every record of a partition from offset `from` to its end at the time of the call to
/// `each`, in order, and returns that end. What a `read_committed` reader sees, and no more.
/// `patience` bounds each wait, not the whole.
///
/// # Errors
/// [`Error::Overtaken`] where `from` was deleted, [`Error::Truncated`] where it lies behind the
/// end, [`Error::Deadline`] where nothing comes for `patience`, what [`Consumer::assign`] says, and
/// what `each` returns.
pub fn read_range<E: From<Error>>(
    settings: &Settings,
    topic: &str,
    partition: u32,
    from: u64,
    patience: Duration,
    mut each: impl FnMut(Fetched) -> Result<(), E>,
) -> Result<u64, E> {
    let mut config = settings.consumer();
    // Behind the last record only control records may stand: then the client says where it ends.
    config.set("enable.partition.eof", "true");
    let assignment = Assignment {
        topic: topic.to_owned(),
        partition,
        position: Position {
            next_offset: from,
            leader_epoch: None,
        },
    };
    let (consumer, readers) = Consumer::assign_with(config, settings, &[assignment], patience)?;
    let end = bounds(&consumer, topic, partition, from, patience)?;
    for mut reader in readers {
        drain(&consumer, &mut reader, end, patience, &mut each)?;
    }
    // Whatever closing takes, all records were read.
    let _ = consumer.close(CLOSING);
    Ok(end)
}

/// The end, where `from` lies within what the broker holds.
fn bounds(
    consumer: &Consumer,
    topic: &str,
    partition: u32,
    from: u64,
    patience: Duration,
) -> Result<u64, Error> {
    let (low, end) = consumer.watermarks(topic, partition, patience)?;
    let topic = topic.to_owned();
    if from < low {
        return Err(Error::Overtaken {
            topic,
            partition,
            position: from,
            low,
        });
    }
    if from > end {
        return Err(Error::Truncated {
            topic,
            partition,
            position: from,
            reason: format!("the log ends at {end}"),
        });
    }
    Ok(end)
}

fn drain<E: From<Error>>(
    consumer: &Consumer,
    reader: &mut PartitionReader,
    end: u64,
    patience: Duration,
    each: &mut impl FnMut(Fetched) -> Result<(), E>,
) -> Result<(), E> {
    let mut batch = Vec::with_capacity(BATCH);
    let reached = |reader: &PartitionReader| {
        reader.position().next_offset >= end || reader.end().is_some_and(|at| at >= end)
    };
    while !reached(reader) {
        let taken = reader.poll_batch(BATCH, patience, &mut batch)?;
        if taken == 0 && !reached(reader) {
            return Err(stalled(consumer, patience).into());
        }
        for fetched in batch.drain(..).filter(|one| one.record.offset < end) {
            each(fetched)?;
        }
    }
    Ok(())
}

fn stalled(consumer: &Consumer, patience: Duration) -> Error {
    consumer.serve(Duration::ZERO).unwrap_or(Error::Deadline {
        doing: "reading a partition",
        waited: patience,
    })
}
