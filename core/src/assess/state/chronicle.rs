//! A register and a timeline told in a few lines, for tests of folds.

use crate::assess::{LeafAt, Occurrence, Register, ms_of};
use crate::schema::v1::Event;
use crate::schema::v1::event::Body;

/// What the registry says, in the order of arrival.
#[derive(Debug, Default)]
pub(in crate::assess) struct Chronicle(Vec<Event>);

impl Chronicle {
    /// The same, and then this, said by the registry of a moment at UTC+8.
    pub(in crate::assess) fn registry(mut self, moment: &str, body: Body) -> Self {
        self.0.push(Event {
            occurred_at: Some(stamp(moment)),
            producer: "registry".into(),
            body: Some(body),
            ..Event::default()
        });
        self
    }

    /// The register of all this.
    pub(in crate::assess) fn register(&self) -> Register {
        let occurrences = self.0.iter().zip(0..).map(|(event, index)| {
            let leaf = LeafAt {
                log: "ledger/custodia.registry/0/0".into(),
                index,
            };
            Occurrence::of(leaf, None, event.clone()).unwrap()
        });
        Register::new(occurrences)
    }
}

/// `2026-03-01 10:00` at UTC+8 in ms since 1970.
pub(in crate::assess) fn at(moment: &str) -> i64 {
    ms_of(&stamp(moment))
}

/// The same as the schema writes it.
pub(in crate::assess) fn stamp(moment: &str) -> prost_types::Timestamp {
    format!("{}:00+08:00", moment.replace(' ', "T"))
        .parse()
        .unwrap()
}
