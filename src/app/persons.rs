//! People who may approve, on their way into the registry.

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Event, PersonRegistered, PersonRetired, PersonRole};

use super::approving;
use super::incident::{line, must_have_read};
use super::publish::{Report, publish};
use super::{Counter, Error, Options, Tally};
use crate::account::{PersonsAnswer, PersonsQuestion};
use crate::clock::Clock;
use crate::config::Config;
use crate::query::Time;

/// Who is registered, with all that the registry has now where a ledger runs.
///
/// # Errors
/// As [`Counter::ask_openly`]; [`crate::respond::Error::Behind`] where the ledger that runs does not come
/// up to what the registry has now.
pub fn persons(
    config: &Config,
    clock: &dyn Clock,
    question: &PersonsQuestion,
) -> Result<PersonsAnswer, Error> {
    let counter = Counter::find(config)?;
    must_have_read(config, clock, &counter)?;
    counter.ask_openly(question)
}

/// Publishes that a person has a key, in a role, until a moment where one is named.
///
/// # Errors
/// As [`publish`].
pub fn register_person(
    config: &Config,
    clock: &dyn Clock,
    producer: &str,
    person: &PersonRegistered,
    options: &Options,
    report: Report<'_>,
) -> Result<Tally, Error> {
    let body = Body::PersonRegistered(person.clone());
    say(config, clock, producer, body, options, report)
}

/// Publishes that a person approves no more: in a role, or in none where none is named.
///
/// # Errors
/// [`approving::Error::NotRegistered`] where they aren't registered so: then nothing was sent; as
/// [`persons`] and [`publish`].
pub fn retire_person(
    config: &Config,
    clock: &dyn Clock,
    producer: &str,
    (person, role): (&str, Option<PersonRole>),
    options: &Options,
    report: Report<'_>,
) -> Result<Tally, Error> {
    let registered = persons(config, clock, &PersonsQuestion::default())?;
    let name = role.map(|role| role.as_str_name());
    let mut rows = registered.rows.iter();
    let is_registered = rows.any(|row| {
        let of_role = row.role.as_ref().map(|word| word.value.as_str());
        row.holds && row.person == person && name.is_none_or(|name| of_role == Some(name))
    });
    if !is_registered {
        let person = person.to_owned();
        let role = name.map_or_else(String::new, |name| format!(" as {name}"));
        return Err(approving::Error::NotRegistered { person, role }.into());
    }
    let body = Body::PersonRetired(PersonRetired {
        role: role.unwrap_or_default().into(),
        retired_at: Some(Time(clock.now_ms()).timestamp()),
        person_ref: person.to_owned(),
    });
    say(config, clock, producer, body, options, report)
}

fn say(
    config: &Config,
    clock: &dyn Clock,
    producer: &str,
    body: Body,
    options: &Options,
    report: Report<'_>,
) -> Result<Tally, Error> {
    let event = Event {
        occurred_at: Some(Time(clock.now_ms()).timestamp()),
        producer: producer.to_owned(),
        body: Some(body),
        ..Event::default()
    };
    publish(config, clock, line(&event).as_bytes(), options, report)
}
