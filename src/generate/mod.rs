//! A town of made-up customers whose numbers are known by construction.
//!
//! A [`Town`] is a seed and a size. Its events ([`Town::events`]) come in the order in which they
//! occurred over its days, from lives that are pure functions of the seed and the customer's
//! number; so what an answer must say of a customer ([`Town::who_received`]) is known without
//! the events. [`noise`] makes the records that a ledger must keep and not believe. Nothing here
//! knows Kafka, a clock or a disk.
//!
//! A life lasts up to twelve days; in a town with so many customers that more than a few thousand
//! would live at once, lives are shorter, so that memory is bounded by a constant
//! ([`MOST_OPEN_LIVES`]) and not by the town's size.

mod accounts;
mod bodies;
mod calendar;
mod consent_bodies;
mod crisis_bodies;
mod dice;
mod envelope;
mod episodes;
mod faults;
mod flow;
mod known;
mod life;
pub mod noise;
mod outflow_bodies;
mod published;
mod register;
mod registry_bodies;
mod stream;
mod terms;
#[cfg(test)]
mod tests;
mod totals;
mod town_days;

pub use accounts::{KnownConsent, KnownFate, KnownRemains, KnownRequest};
pub use calendar::MOST_OPEN_LIVES;
pub use faults::Injected;
pub use known::{Breach, Customer, Expected, Facts, OutflowCase};
pub use stream::Events;
pub use totals::{KnownActivity, KnownExemption, KnownProvision, KnownTotals};

/// The policy that the town's services act under: its date and the first bytes of its digest.
pub const POLICY_VERSION: &str = "2024-07-15-34b0c98b57f7eb15";

/// 2024-07-15 00:00 in Hangzhou (L328, L330).
const POLICY_EFFECTIVE_MS: i64 = 1_720_972_800_000;

/// That policy as data, and its text: both leave with the event that publishes it.
const POLICY_FILE: &[u8] = include_bytes!("../../ops/policy/2024-07-15.toml");
const POLICY_TEXT: &str = include_str!("../../ops/policy/privacy-policy.zh.txt");

/// Events of a customer on average, and customers on whom the average is taken.
const SAMPLE: u64 = 500;

/// A town: everything about it follows from these numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Town {
    /// Where all its chances come from.
    pub seed: u64,
    /// How many customers.
    pub customers: u64,
    /// When its first event occurs, in milliseconds since the epoch.
    pub start_ms: i64,
    /// Over how many days its events occur, at least one.
    pub days: u32,
    /// How many partitions the topic of events has: sequences are counted in each.
    pub partitions: u32,
}

/// Which topic a record belongs in (design §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TopicRole {
    /// What concerns one person.
    Events,
    /// What concerns no single person.
    Registry,
}

/// A record to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Which topic it belongs in.
    pub topic: TopicRole,
    /// The record's key.
    pub key: Vec<u8>,
    /// The record's value: an encoded event.
    pub value: Vec<u8>,
    /// When the event occurred, in milliseconds since the epoch.
    pub occurred_at_ms: i64,
    /// When its producer hands it to Kafka, in milliseconds since the epoch: what a topic takes for the
    /// record's time where it keeps the producer's.
    pub record_time_ms: i64,
}

impl Town {
    /// A town of about `target` events over 30 days from `start_ms`.
    pub fn with_events(target: u64, seed: u64, start_ms: i64, partitions: u32) -> Self {
        let town = |customers| Self {
            seed,
            customers,
            start_ms,
            days: 30,
            partitions,
        };
        let own = town(0).expected_count();
        let sampled = town(SAMPLE).expected_count().saturating_sub(own).max(1);
        let wanted = u128::from(target.saturating_sub(own)) * u128::from(SAMPLE);
        let customers = (wanted + u128::from(sampled) / 2) / u128::from(sampled);
        town(u64::try_from(customers).unwrap_or(u64::MAX))
    }

    /// The town's events, in the order in which they occurred.
    pub fn events(&self) -> Events {
        Events::of(self, false)
    }

    /// The same with faults: stories that break the rules among them ([`Town::faults`]).
    pub fn events_with_faults(&self) -> Events {
        Events::of(self, true)
    }
}
