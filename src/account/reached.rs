//! Whom an answer about many shows, and the looks at them.

use std::collections::BTreeMap;

use super::Error;
use super::asked::{When, normal};
use crate::assess::FindingsDesk;
use crate::query::{Asking, Look, Standpoint};

/// People whom one answer may show.
pub(super) const MOST_PEOPLE: usize = 10_000;

/// The people whom an answer shows, each with how many rows.
#[derive(Default)]
pub(super) struct Shown(BTreeMap<String, u64>);

impl Shown {
    /// Takes in a row about a person.
    pub(super) fn add(&mut self, subject: &str) -> Result<(), Error> {
        if self.0.len() == MOST_PEOPLE && !self.0.contains_key(subject) {
            return Err(Error::TooLarge {
                what: "people",
                limit: MOST_PEOPLE,
            });
        }
        *self.0.entry(subject.to_owned()).or_default() += 1;
        Ok(())
    }
}

/// Puts a look at each of them on record.
pub(super) fn record(
    desk: &FindingsDesk,
    asking: &Asking,
    name: &str,
    when: &When<'_>,
    given: &[(&str, Option<String>)],
    from: &Standpoint<'_>,
    people: Shown,
) -> Result<(), Error> {
    desk.desk().record(&Look {
        asking,
        query: &normal(name, *when, given),
        cut: from.cut(),
        people: people.0,
        extract: None,
    })?;
    Ok(())
}
