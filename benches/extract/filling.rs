//! A town into a ledger's topics, until enough of it is about one recipient.

use std::iter;

use custodia::app::{self, Extent, Sent};
use custodia::config::Config;
use custodia::generate::{Events, Outgoing, Town};
use custodia_core::split::split;
use custodia_core::wire::Fields;

use super::Outcome;

const SEED: u64 = 1;
/// 2026-09-01 in Shanghai.
const START_MS: i64 = 1_788_192_000_000;
/// Customers in whose lives it is counted how many events name the recipient: with 2,000 of them the
/// count of a courier's is 2 % off at one standard deviation.
const SAMPLE: u64 = 2_000;
/// A body's field with the recipient (design §3.2).
const RECIPIENT_ID: u32 = 1;

/// A town that is being sent.
pub struct Filling {
    events: Events,
    recipient: String,
    /// How many events that were taken name the recipient.
    naming: u64,
}

impl Filling {
    /// A town in which somewhat more than `wanted` events name the recipient.
    pub fn of(config: &Config, recipient: &str, wanted: u64) -> Outcome<Self> {
        let sample = app::town(config, SEED, Extent::Customers(SAMPLE), START_MS)?;
        let naming = sample.events().filter(|event| names(event, recipient));
        let naming = naming.count() as u64;
        if naming == 0 {
            return Err(format!("no event of a town of {SAMPLE} names {recipient}").into());
        }
        let town = Town {
            customers: SAMPLE + wanted * SAMPLE / naming * 11 / 10,
            ..sample
        };
        Ok(Self {
            events: town.events(),
            recipient: recipient.to_owned(),
            naming: 0,
        })
    }

    /// Sends all that happens until `wanted` events, with those sent before, name the recipient.
    pub fn fill(&mut self, config: &Config, wanted: u64) -> Outcome<Sent> {
        let next = iter::from_fn(|| {
            if self.naming >= wanted {
                return None;
            }
            let event = self.events.next()?;
            self.naming += u64::from(names(&event, &self.recipient));
            Some(event)
        });
        let sent = app::send_events(config, next, &mut |_| {})?;
        if self.naming < wanted {
            let (naming, recipient) = (self.naming, &self.recipient);
            return Err(format!("the town ends, and {naming} events name {recipient}").into());
        }
        Ok(sent)
    }
}

/// Whether an event is about the recipient, as the ledger's rows have it.
fn names(event: &Outgoing, recipient: &str) -> bool {
    let Ok(split) = split(&event.value) else {
        return false;
    };
    let mut fields = Fields::of(split.body).map_while(Result::ok);
    fields.any(|field| {
        field.number == RECIPIENT_ID && field.value.bytes() == Some(recipient.as_bytes())
    })
}
