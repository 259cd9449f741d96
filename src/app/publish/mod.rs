//! `custodia publish` and its dry run `custodia check-event`: JSON lines become records.
//!
//! Owns filling in ids and salts, signing for the producer, refusing what would be quarantined,
//! sending the rest, and waiting for receipts. The verdict is the ledger's own
//! ([`custodia_core::verdict::judge`]). Reports name lines and fields, never a value.

mod draft;
mod landing;
mod lines;
mod misfit;
mod receipts;
mod report;
mod sending;
mod vouching;

use std::io::Read;

use super::init::{facts_of, logged_topics, timeout};
use super::{Counter, Error, kafka_settings};
use crate::assess::{TrialAnswer, TrialQuestion};
use crate::clock::Clock;
use crate::config::{Config, Topics};
use crate::kafka::Settings;
use crate::query::Why;
use draft::{Draft, Fresh, Partitions, draft};
use landing::Landing;
use lines::Lines;
use sending::Sending;

use custodia_core::verdict::TopicRole;

pub use draft::Refusal;
pub use landing::{NoReceipt, Wait};
pub use misfit::Misfit;
pub use report::{LineReport, Outcome, Tally};
pub use vouching::{KeyFault, Vouching};

/// Takes each line's report, in the order of the lines.
pub type Report<'a> = &'a mut dyn FnMut(&LineReport) -> std::io::Result<()>;

/// What sending may come with.
#[derive(Debug, Default)]
pub struct Options {
    /// Signs each event that isn't signed.
    pub vouching: Option<Vouching>,
    /// Waits for each record's receipt.
    pub wait: Option<Wait>,
}

/// Says of each line of `input` whether `publish` would send it. The partitions are those that the
/// configuration names. With `why` the ledger is asked what the rules would say; else nobody is.
///
/// # Errors
/// Where the input can't be read, a report can't be written, or there are no random bytes; as
/// [`Counter::ask`].
pub fn check_events(
    config: &Config,
    clock: &dyn Clock,
    input: impl Read,
    why: Option<&Why>,
    report: Report<'_>,
) -> Result<Tally, Error> {
    let counter = why.map(|_| Counter::find(config)).transpose()?;
    let partitions = configured(&config.topics);
    let mut lines = Lines::of(input);
    let mut tally = Tally::default();
    while let Some((line, text)) = lines.next().map_err(unreadable)? {
        let outcome = match draft_of(text, partitions, clock, None)? {
            Ok(draft) => {
                let topic = topic_of(&config.topics, draft.role).to_owned();
                let asked = counter.as_ref().zip(why);
                let trips = asked.map(|(counter, why)| trips(counter, why, &draft));
                Outcome::Accepted {
                    topic,
                    trips: trips.transpose()?,
                }
            }
            Err(reasons) => Outcome::Refused { reasons },
        };
        tally.hand_on(&LineReport { line, outcome }, report)?;
    }
    Ok(tally)
}

/// What the rules would say of an event.
fn trips(counter: &Counter, why: &Why, draft: &Draft) -> Result<TrialAnswer, Error> {
    let event = hex::encode(&draft.value);
    counter.ask(why, &TrialQuestion { event })
}

/// Sends each line of `input` that would be accepted, and waits for every acknowledgement and, where
/// asked, every receipt.
///
/// # Errors
/// As [`check_events`], where Kafka can't be reached, and for the first line that was not
/// acknowledged: what was sent before it is reported first, and nothing after it is read.
/// [`Error::NothingRuns`] before anything is sent, and [`Error::NoReceipt`] once everything read is,
/// where receipts are asked for.
pub fn publish(
    config: &Config,
    clock: &dyn Clock,
    input: impl Read,
    options: &Options,
    report: Report<'_>,
) -> Result<Tally, Error> {
    let wait = options.wait.as_ref();
    let landing = wait
        .map(|wait| Landing::at(config, clock, wait))
        .transpose()?;
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    let partitions = asked(config, &settings)?;
    let mut sending = Sending::to(config, &settings, landing, report)?;
    let mut lines = Lines::of(input);
    loop {
        // Whoever types, or sends through a slow pipe, hears of a line before writing the next.
        if sending.is_full() || !lines.is_ready() {
            sending.settle()?;
        }
        let Some((line, text)) = lines.next().map_err(unreadable)? else {
            break;
        };
        match draft_of(text, partitions, clock, options.vouching.as_ref())? {
            Ok(draft) => sending.send(line, &draft)?,
            Err(reasons) => sending.refuse(line, reasons),
        }
    }
    sending.settle()?;
    sending.land()?;
    Ok(sending.tally())
}

fn draft_of(
    text: Result<String, Misfit>,
    partitions: Partitions,
    clock: &dyn Clock,
    vouching: Option<&Vouching>,
) -> Result<Result<Draft, Vec<Refusal>>, Error> {
    let now_ms = clock.now_ms();
    let fresh = Fresh::at(now_ms)?;
    Ok(match text {
        Ok(text) => draft(&text, partitions, now_ms, &fresh, vouching),
        Err(misfit) => Err(vec![misfit.into()]),
    })
}

fn configured(topics: &Topics) -> Partitions {
    Partitions {
        events: topics.events_partitions,
        registry: 1,
        access: topics.access_partitions,
    }
}

fn asked(config: &Config, settings: &Settings) -> Result<Partitions, Error> {
    let facts = facts_of(settings, &logged_topics(config), timeout(config))?;
    let count = |topic: &str| {
        facts
            .iter()
            .find(|f| f.topic == topic)
            .map_or(0, |f| f.partitions)
    };
    let topics = &config.topics;
    Ok(Partitions {
        events: count(&topics.events),
        registry: count(&topics.registry),
        access: count(&topics.access),
    })
}

fn topic_of(topics: &Topics, role: TopicRole) -> &str {
    match role {
        TopicRole::Events => &topics.events,
        TopicRole::Registry => &topics.registry,
        TopicRole::Access => &topics.access,
    }
}

fn unreadable(source: std::io::Error) -> Error {
    Error::System {
        what: "reading the events".into(),
        source,
    }
}

#[cfg(test)]
mod tests;
