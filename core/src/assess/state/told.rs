//! A life told in a few lines, for tests of folds and rules.

use sha2::{Digest as _, Sha256};

use crate::assess::{LeafAt, Occurrence, Register, Timeline};
use crate::moment::Moment;
use crate::schema::v1::Event;
use crate::schema::v1::event::Body;

/// Whom lives are of, where nothing else is said.
pub(in crate::assess) const LIN: &str = "abcdefghijklmnopqrstuvwxyz";

/// What happened, in the order of arrival.
#[derive(Debug, Default)]
pub(in crate::assess) struct Told(Vec<Event>);

impl Told {
    /// The same, and then this at a moment at UTC+8.
    pub(in crate::assess) fn then(self, moment: &str, body: Body) -> Self {
        self.then_as(moment, body, |event| event.subject_ref = LIN.into())
    }

    /// The same, and then this, said by the registry, which names nobody.
    pub(in crate::assess) fn registry(self, moment: &str, body: Body) -> Self {
        self.then_as(moment, body, |event| event.producer = "registry".into())
    }

    /// The same, and then this, with an envelope of one's own.
    pub(in crate::assess) fn then_as(
        mut self,
        moment: &str,
        body: Body,
        envelope: impl FnOnce(&mut Event),
    ) -> Self {
        let number = self.0.len();
        let mut event = Event {
            event_id: Sha256::digest(number.to_be_bytes())[..16].to_vec(),
            occurred_at: Some(stamp(moment)),
            producer: "shop".into(),
            body: Some(body),
            ..Event::default()
        };
        envelope(&mut event);
        self.0.push(event);
        self
    }

    /// Of a person: what names one.
    pub(in crate::assess) fn timeline(&self) -> Timeline {
        let ours = self.occurrences().filter(|one| one.subject().is_some());
        Timeline::new(ours).unwrap()
    }

    /// Of the registry: what names nobody.
    pub(in crate::assess) fn register(&self) -> Register {
        Register::new(self.occurrences().filter(|one| one.subject().is_none()))
    }

    fn occurrences(&self) -> impl Iterator<Item = Occurrence> {
        self.0.iter().zip(0..).map(|(event, index)| {
            let leaf = LeafAt {
                log: "ledger/custodia.events/0/0".into(),
                index,
            };
            Occurrence::of(leaf, None, event.clone()).unwrap()
        })
    }
}

/// `2026-03-01 10:00` at UTC+8 in ms since 1970.
pub(in crate::assess) fn at(moment: &str) -> i64 {
    let (date, time) = moment.split_once(' ').unwrap();
    let date: Vec<i64> = date.split('-').map(|part| part.parse().unwrap()).collect();
    let time: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    let day = crate::moment::Date::of(date[0], date[1], date[2]).unwrap();
    let seconds = time.get(2).copied().unwrap_or(0);
    Moment::of_day(day.to_day()).0 + ((time[0] * 60 + time[1]) * 60 + seconds) * 1000
}

/// The same as the schema writes it.
pub(in crate::assess) fn stamp(moment: &str) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at(moment) / 1000,
        nanos: 0,
    }
}
