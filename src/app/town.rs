//! `custodia generate`: a made-up town's events, sent to the ledger's topics.

use std::collections::VecDeque;
use std::time::Duration;

use super::init::{facts_of, timeout};
use super::{Error, kafka_settings};
use crate::config::Config;
use crate::generate::{Outgoing as Event, TopicRole, Town};
use crate::kafka::{self, Outgoing, Pending, Writer};

/// Most records that may wait for their acknowledgement.
const IN_FLIGHT: usize = 10_000;
/// How long to wait where the producer's queue is full.
const QUEUE_FULL_WAIT: Duration = Duration::from_millis(5);

/// How a town is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many customers.
    Customers(u64),
    /// About so many events.
    Events(u64),
}

/// What was sent and acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// Events of persons.
    pub events: u64,
    /// Events of the registry.
    pub registry: u64,
}

/// The town that a seed gives over the partitions that the events topic has.
///
/// # Errors
/// Where Kafka can't be asked.
pub fn town(config: &Config, seed: u64, extent: Extent, start_ms: i64) -> Result<Town, Error> {
    let settings = kafka_settings(config);
    let facts = facts_of(&settings, &[&config.topics.events], timeout(config))?;
    let partitions = facts.first().map_or(1, |facts| facts.partitions);
    Ok(match extent {
        Extent::Customers(customers) => Town {
            seed,
            customers,
            start_ms,
            days: 30,
            partitions,
        },
        Extent::Events(target) => Town::with_events(target, seed, start_ms, partitions),
    })
}

/// Sends events, in order, and waits for every acknowledgement. `before_each` is called with the count
/// sent so far, and may hold the sending back.
///
/// # Errors
/// The first record that was not acknowledged.
pub fn send_events(
    config: &Config,
    events: impl IntoIterator<Item = Event>,
    before_each: &mut dyn FnMut(u64),
) -> Result<Sent, Error> {
    let writer = Writer::new(&kafka_settings(config))?;
    let patience = Duration::from_millis(config.kafka.timeout_ms).max(Duration::from_secs(60));
    let mut in_flight = VecDeque::new();
    let mut sent = Sent::default();
    for event in events {
        before_each(sent.events + sent.registry);
        in_flight.push_back(enqueue(config, &writer, &event)?);
        match event.topic {
            TopicRole::Events => sent.events += 1,
            TopicRole::Registry => sent.registry += 1,
        }
        if in_flight.len() > IN_FLIGHT {
            acknowledge(&mut in_flight, IN_FLIGHT / 2, patience)?;
        }
    }
    acknowledge(&mut in_flight, 0, patience)?;
    Ok(sent)
}

fn enqueue(config: &Config, writer: &Writer, event: &Event) -> Result<Pending, Error> {
    let topic = match event.topic {
        TopicRole::Events => &config.topics.events,
        TopicRole::Registry => &config.topics.registry,
    };
    let outgoing = Outgoing {
        topic,
        key: Some(&event.key),
        value: Some(&event.value),
        headers: &[],
    };
    loop {
        match writer.enqueue(&outgoing) {
            Err(kafka::Error::QueueFull) => std::thread::sleep(QUEUE_FULL_WAIT),
            enqueued => return Ok(enqueued?),
        }
    }
}

fn acknowledge(
    in_flight: &mut VecDeque<Pending>,
    left: usize,
    patience: Duration,
) -> Result<(), Error> {
    while in_flight.len() > left {
        if let Some(pending) = in_flight.pop_front() {
            pending.wait(patience)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod findings;
