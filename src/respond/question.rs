//! What can be asked, and the looks that go on record first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::exposure::{Exposure, Folding};
use super::leaked::Window;
use super::people::AffectedPerson;
use super::{Error, Leaked};
use crate::assess::FindingsDesk;
use crate::query::{AsOf, Asking, Look, Standpoint, Time};

/// Looks put on record together.
const LOOKS: usize = 10_000;

/// Whom did something reach in a window? It needs no incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExposureQuestion {
    /// What leaked.
    pub of: Leaked,
    /// The first moment, by the events.
    #[serde(default)]
    pub from: Option<Time>,
    /// The first moment after.
    #[serde(default)]
    pub until: Option<Time>,
    /// What was known: a cut's name or a time.
    #[serde(default)]
    pub as_of: Option<String>,
    /// Whether the people are listed; a look at each goes on record.
    #[serde(default)]
    pub list: bool,
}

/// How does an incident stand?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IncidentQuestion {
    /// The incident.
    pub incident: String,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// At which moment; none for now.
    pub at: Option<Time>,
    /// Whether the people told are named; a look at each goes on record.
    pub people: bool,
}

/// A piece of an exposure's answer: first what there is to say in all, then each person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// What there is to say in all.
    Exposure(Box<Exposure>),
    /// A person whom it touches, ascending by reference.
    Person(AffectedPerson),
}

/// Whom did something reach? `each` takes the pieces; where it says false, the rest is left out.
///
/// # Errors
/// [`Error::EmptyWindow`], [`Error::NotLeaked`], [`Error::TooManyPeople`], [`Error::TooManyKinds`], what
/// keeps rows or leaves from being read, and, where people are listed, what keeps a look from going on record:
/// then nothing has left.
pub fn exposure(
    desk: &FindingsDesk,
    asking: &Asking,
    question: &ExposureQuestion,
    each: &mut dyn FnMut(Piece) -> bool,
) -> Result<(), Error> {
    let window = Window::new(question.from, question.until)?;
    let as_of: Option<AsOf> = question.as_of.as_deref().map(str::parse).transpose()?;
    let from = desk.desk().view().standpoint(as_of.as_ref(), None)?;
    let mut folding = Folding::default();
    question.of.each_leaf(&from, window, &mut |log, index| {
        folding.take(&from, log, index, window)
    })?;
    let list = folding.people.list();
    let exposure = folding.finish(desk, &from, question, &list)?;
    if question.list {
        for some in list.references().chunks(LOOKS) {
            record(desk, asking, question, &from, some)?;
        }
    }
    if !each(Piece::Exposure(Box::new(exposure))) || !question.list {
        return Ok(());
    }
    for subject in list.references() {
        let person = folding.people.person(subject);
        if !person.is_none_or(|person| each(Piece::Person(person))) {
            break;
        }
    }
    Ok(())
}

fn record(
    desk: &FindingsDesk,
    asking: &Asking,
    question: &ExposureQuestion,
    from: &Standpoint<'_>,
    people: &[String],
) -> Result<(), Error> {
    let shown: BTreeMap<String, u64> = people.iter().map(|one| (one.clone(), 1)).collect();
    let time = |time: Option<Time>| time.map_or_else(String::new, |time| time.to_string());
    let query = format!(
        "exposure {} from={} until={}",
        question.of.normal(),
        time(question.from),
        time(question.until)
    );
    desk.desk().record(&Look {
        asking,
        query: &query,
        cut: from.cut(),
        people: shown,
        extract: None,
    })?;
    Ok(())
}
