//! The town's events in order of time, merged from lives that are opened when their customer
//! comes and forgotten after their last step.

use std::collections::BTreeMap;
use std::vec;

use custodia_core::placement::partition_of;
use custodia_core::schema::v1::{Event, event::Body};
use prost::Message as _;

use super::calendar::Calendar;
use super::dice::Dice;
use super::envelope::{event_of, producer_of};
use super::faults::{self, Tale};
use super::life::Life;
use super::register::{
    PRODUCER_COUNT, Producer, RECIPIENT_COUNT, RECIPIENTS, RecipientNo, Register,
};
use super::town_days::{Affected, Fact, TownPen, facts};
use super::{Outgoing, TopicRole, Town};

/// Every producer started once.
const EPOCH: u64 = 1;

/// How long it takes a producer to hand an event to Kafka.
const HANDED_OVER_MS: i64 = 250;

struct OpenLife {
    life: Life,
    next: usize,
}

/// The events of a town, ordered by the time they occurred; at one time the town's own come
/// first, then customers by number.
pub struct Events {
    town: Town,
    calendar: Calendar,
    dice: Dice,
    register: Register,
    affected: Affected,
    facts: std::iter::Enumerate<vec::IntoIter<(i64, Fact)>>,
    next_fact: Option<(usize, (i64, Fact))>,
    arrived: u64,
    open: BTreeMap<(i64, u64), OpenLife>,
    sequences: Sequences,
    /// How often data left for each recipient since its gateway's last report.
    outflows: [u64; RECIPIENT_COUNT],
    faults: bool,
    tales: std::iter::Peekable<vec::IntoIter<Tale>>,
}

impl Events {
    pub(super) fn of(town: &Town, faults: bool) -> Self {
        let dice = Dice::new(town.seed);
        let calendar = Calendar::of(town);
        let tales = if faults {
            faults::stories(town).0
        } else {
            Vec::new()
        };
        let mut facts = facts(&calendar, town.days, faults).into_iter().enumerate();
        Self {
            affected: Affected::of(&dice, &calendar),
            register: Register::of(&dice),
            next_fact: facts.next(),
            facts,
            arrived: 0,
            open: BTreeMap::new(),
            outflows: [0; RECIPIENT_COUNT],
            faults,
            tales: tales.into_iter().peekable(),
            sequences: Sequences::new(town.partitions),
            town: town.clone(),
            calendar,
            dice,
        }
    }

    /// How many lives are held now: never more than [`super::MOST_OPEN_LIVES`].
    pub fn open_lives(&self) -> usize {
        self.open.len()
    }

    /// Opens every life that may have a step before the next known one.
    fn welcome(&mut self) {
        while self.arrived < self.town.customers {
            let fact = self.next_fact.as_ref().map(|(_, (at, _))| *at);
            let step = self.open.first_key_value().map(|((at, _), _)| *at);
            let next = fact.into_iter().chain(step).min();
            if next.is_some_and(|next| next < self.calendar.arrival(self.arrived)) {
                return;
            }
            let life = Life::of(&self.dice, &self.calendar, self.arrived);
            self.put_back(OpenLife { life, next: 0 });
            self.arrived += 1;
        }
    }

    fn put_back(&mut self, open: OpenLife) {
        if let Some(step) = open.life.steps.get(open.next) {
            self.open.insert((step.at, open.life.n), open);
        }
    }

    fn town_event(&mut self, index: usize, at: i64, fact: Fact) -> Outgoing {
        let pen = TownPen {
            town: &self.town,
            calendar: &self.calendar,
            register: &self.register,
            dice: &self.dice,
            affected: self.affected,
            outflows: &self.outflows,
            faults: self.faults,
        };
        let (producer, key, event) = pen.event(index, at, fact);
        if let Fact::Egress(recipient, _) = fact {
            self.outflows[recipient] = 0;
        }
        self.sequences
            .send(TopicRole::Registry, producer, key.into_bytes(), event, at)
    }

    fn tale_event(&mut self, tale: Tale) -> Outgoing {
        if let Some(recipient) = recipient_of(&tale.event) {
            self.outflows[recipient] += 1;
        }
        let mut out = match tale.producer {
            Some(producer) => self
                .sequences
                .send(tale.topic, producer, tale.key, tale.event, tale.at),
            None => sent(tale.topic, tale.key, &tale.event, tale.at),
        };
        if let Some(at) = tale.handed_over {
            out.record_time_ms = at;
        }
        out
    }

    fn customer_event(&mut self, mut open: OpenLife) -> Outgoing {
        let step = open.life.steps[open.next];
        let event = event_of(&self.dice, &self.register, &open.life, &step);
        let key = open.life.reference(step.who).as_bytes().to_vec();
        if let Some(recipient) = step.what.recipient() {
            self.outflows[recipient] += 1;
        }
        open.next += 1;
        self.put_back(open);
        self.sequences
            .send(TopicRole::Events, producer_of(&step), key, event, step.at)
    }
}

impl Iterator for Events {
    type Item = Outgoing;

    fn next(&mut self) -> Option<Outgoing> {
        self.welcome();
        let step = self.open.first_key_value().map(|((at, _), _)| *at);
        let tale = self.tales.peek().map(|tale| tale.at);
        let first = step.into_iter().chain(tale).min();
        match (self.next_fact, first) {
            (Some((index, (at, fact))), first) if first.is_none_or(|first| at <= first) => {
                self.next_fact = self.facts.next();
                Some(self.town_event(index, at, fact))
            }
            (_, first) if tale.is_some() && first == tale => {
                let tale = self.tales.next()?;
                Some(self.tale_event(tale))
            }
            _ => {
                let (_, open) = self.open.pop_first()?;
                Some(self.customer_event(open))
            }
        }
    }
}

/// Each producer's sequence in each partition: without gaps, from 0 (design §3.2).
struct Sequences {
    partitions: u32,
    events: Vec<u64>,
    registry: [u64; PRODUCER_COUNT],
}

impl Sequences {
    fn new(partitions: u32) -> Self {
        let partitions = partitions.max(1);
        let events = vec![0; PRODUCER_COUNT * partitions as usize];
        Self {
            partitions,
            events,
            registry: [0; PRODUCER_COUNT],
        }
    }

    fn send(
        &mut self,
        topic: TopicRole,
        producer: Producer,
        key: Vec<u8>,
        mut event: Event,
        occurred_at_ms: i64,
    ) -> Outgoing {
        let next = match topic {
            TopicRole::Registry => &mut self.registry[producer as usize],
            TopicRole::Events => {
                let partition = partition_of(&key, self.partitions).unwrap_or(0) as usize;
                &mut self.events[producer as usize * self.partitions as usize + partition]
            }
        };
        event.producer_epoch = Some(EPOCH);
        event.producer_seq = Some(*next);
        *next += 1;
        sent(topic, key, &event, occurred_at_ms)
    }
}

fn sent(topic: TopicRole, key: Vec<u8>, event: &Event, occurred_at_ms: i64) -> Outgoing {
    Outgoing {
        topic,
        key,
        value: event.encode_to_vec(),
        occurred_at_ms,
        record_time_ms: occurred_at_ms + HANDED_OVER_MS,
    }
}

/// For whom of the town's recipients data left.
fn recipient_of(event: &Event) -> Option<RecipientNo> {
    let id = match event.body.as_ref()? {
        Body::DataShared(body) => &body.recipient_id,
        Body::DataTransferred(body) => &body.recipient_id,
        Body::DataDisclosed(body) => &body.recipient_id,
        _ => return None,
    };
    RECIPIENTS.iter().position(|recipient| recipient.id == id)
}
