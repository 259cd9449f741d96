//! What is known of a town by its construction, without its events.

use std::collections::BTreeMap;
use std::ops::Range;

use custodia_core::schema::v1::{DisclosureCase, ShareCase, TransferCase};

use super::Town;
use super::calendar::Calendar;
use super::dice::Dice;
use super::envelope::INCIDENT;
use super::life::{Life, Step, What, Who};
use super::register::{AUTHORITY, LEAKED_COURIER, RECIPIENTS, RecipientNo, Register, SUCCESSOR};
use super::town_days::{affected_references, facts};

/// The case under which data went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutflowCase {
    /// `DataShared`.
    Shared(ShareCase),
    /// `DataTransferred`.
    Transferred(TransferCase),
    /// `DataDisclosed`.
    Disclosed(DisclosureCase),
}

/// One outflow of a customer's data, as an answer to "who received it?" must show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// When it occurred, in milliseconds since the epoch.
    pub occurred_at_ms: i64,
    /// The event's id.
    pub event_id: [u8; 16],
    /// The reference the event names: the customer's, or the device's before login.
    pub subject_ref: String,
    /// Who received the data.
    pub recipient_id: &'static str,
    /// The recipient's name in the register.
    pub recipient_name: &'static str,
    /// Under which case.
    pub case: OutflowCase,
}

/// Who a customer is, and the extent of its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The customer's reference.
    pub subject_ref: String,
    /// The device's reference before login, where `SubjectLinked` joins it to the customer's.
    pub device_ref: Option<String>,
    /// The reference of the other person whom the customer ordered for.
    pub consignee_ref: Option<String>,
    /// When the first event of the life occurred, in milliseconds since the epoch.
    pub first_event_ms: i64,
    /// When the last one did.
    pub last_event_ms: i64,
    /// How many events the life has, over all its references.
    pub events: usize,
}

/// A town's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How many events.
    pub events: u64,
    /// How many by body, the body's number in the envelope first.
    pub by_body: BTreeMap<u32, u64>,
    /// The references that the breach touches, sorted.
    pub affected: Vec<String>,
    /// The customers whom the merger takes along, except those who left.
    pub merged: Range<u64>,
    /// The customer whose data is disclosed to the authority.
    pub subpoenaed: Option<u64>,
}

/// The town's breach: what leaked, when, and whom it touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The incident.
    pub incident_id: &'static str,
    /// The courier whose credential got into the wrong hands.
    pub recipient_id: &'static str,
    /// The credential's fingerprint.
    pub credential: Vec<u8>,
    /// The endpoint that it opens.
    pub endpoint: String,
    /// While it was in the wrong hands, in milliseconds since the epoch.
    pub window_ms: Range<i64>,
    /// The references that it touches, sorted.
    pub affected: Vec<String>,
}

impl Town {
    /// The town's breach.
    pub fn breach(&self) -> Breach {
        let (dice, calendar) = (Dice::new(self.seed), Calendar::of(self));
        let register = Register::of(&dice);
        let affected = affected_references(&dice, &calendar);
        Breach {
            incident_id: INCIDENT,
            recipient_id: RECIPIENTS[LEAKED_COURIER].id,
            credential: register.credential(LEAKED_COURIER),
            endpoint: register.endpoint(LEAKED_COURIER),
            window_ms: calendar.breach,
            affected: affected
                .iter()
                .map(|reference| reference.as_str().to_owned())
                .collect(),
        }
    }

    fn life(&self, n: u64) -> (Dice, Life) {
        let dice = Dice::new(self.seed);
        let life = Life::of(&dice, &Calendar::of(self), n);
        (dice, life)
    }

    /// Who customer `n` is; `n` is below the number of customers.
    pub fn customer(&self, n: u64) -> Customer {
        let (_, life) = self.life(n);
        let has = |who| life.steps.iter().any(|step| step.who == who);
        let named = |who| has(who).then(|| life.reference(who).as_str().to_owned());
        Customer {
            subject_ref: life.account.as_str().to_owned(),
            device_ref: named(Who::Device),
            consignee_ref: named(Who::Consignee),
            first_event_ms: life.steps.first().map_or(self.start_ms, |step| step.at),
            last_event_ms: life.steps.last().map_or(self.start_ms, |step| step.at),
            events: life.steps.len(),
        }
    }

    /// Everything that was shared, transferred or disclosed about customer `n`, also under the
    /// device's reference before login, in order of time.
    pub fn who_received(&self, n: u64) -> Vec<Expected> {
        let (dice, life) = self.life(n);
        let own = life.steps.iter().filter(|step| step.who != Who::Consignee);
        own.filter_map(|step| expected(&dice, &life, step))
            .collect()
    }

    /// How many events the town has.
    pub fn expected_count(&self) -> u64 {
        let (dice, calendar) = (Dice::new(self.seed), Calendar::of(self));
        let own = facts(&calendar, self.days, false).len() as u64;
        let lives = (0..self.customers).map(|n| Life::of(&dice, &calendar, n).steps.len() as u64);
        own + lives.sum::<u64>()
    }

    /// The town's numbers; takes about a microsecond a customer.
    pub fn facts(&self) -> Facts {
        let (dice, calendar) = (Dice::new(self.seed), Calendar::of(self));
        let mut by_body = BTreeMap::new();
        for (_, fact) in facts(&calendar, self.days, false) {
            *by_body.entry(fact.body()).or_default() += 1;
        }
        for n in 0..self.customers {
            for step in Life::of(&dice, &calendar, n).steps {
                *by_body.entry(step.what.body()).or_default() += 1;
            }
        }
        let affected = affected_references(&dice, &calendar);
        Facts {
            events: by_body.values().sum(),
            by_body,
            affected: affected
                .iter()
                .map(|reference| reference.as_str().to_owned())
                .collect(),
            merged: calendar.merged(),
            subpoenaed: calendar.subpoenaed(),
        }
    }
}

fn expected(dice: &Dice, life: &Life, step: &Step) -> Option<Expected> {
    let (to, case): (RecipientNo, _) = match step.what {
        What::Share(outflow) => (outflow.to, OutflowCase::Shared(outflow.flow.terms().case)),
        What::Transfer => (
            SUCCESSOR,
            OutflowCase::Transferred(TransferCase::Tr03MergerBankruptcy),
        ),
        What::Disclose => (
            AUTHORITY,
            OutflowCase::Disclosed(DisclosureCase::Di02LegalCompulsion),
        ),
        _ => return None,
    };
    Some(Expected {
        occurred_at_ms: step.at,
        event_id: dice.event(life.n, step.id, step.at).id,
        subject_ref: life.reference(step.who).as_str().to_owned(),
        recipient_id: RECIPIENTS[to].id,
        recipient_name: RECIPIENTS[to].name,
        case,
    })
}
