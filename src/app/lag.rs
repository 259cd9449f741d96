//! How far logs are behind their partitions, for metrics and dashboards.

use std::sync::Arc;
use std::time::Duration;

use crate::kafka::Consumer;
use crate::log::Log;
use crate::metrics::{LogLabel, Metrics};

/// How long the consumer is waited for at a time: librdkafka wakes for its own events, and can't be
/// told of a stop.
pub(super) const CONSUMER_POLL: Duration = Duration::from_millis(100);

/// Measures how far each log is behind its partition.
pub(super) fn measure_lag(consumer: &Consumer, logs: &[Arc<Log>], metrics: &Metrics) {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    for log in logs {
        let (topic, partition) = (&log.origin().topic, log.origin().partition);
        let marks = consumer.watermarks(topic, partition, CONSUMER_POLL);
        let Ok((_, high)) = marks else { continue };
        let label = LogLabel::from(log.origin());
        let lag = high.saturating_sub(log.tail().next_offset);
        metrics
            .high_watermark
            .get_or_create(&label)
            .set(signed(high));
        metrics.lag.get_or_create(&label).set(signed(lag));
    }
}

/// Tells Kafka where the logs are.
pub(super) fn commit_for_display(consumer: &Consumer, logs: &[Arc<Log>]) {
    let place = |log: &Arc<Log>| {
        let origin = log.origin();
        (
            origin.topic.clone(),
            origin.partition,
            log.tail().next_offset,
        )
    };
    let positions: Vec<_> = logs.iter().map(place).collect();
    // Only dashboards read these (law 4).
    consumer.commit_for_display(&positions);
}
