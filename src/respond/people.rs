//! Whom a leak touches, kept small: a million people must fit.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use custodia_core::assess::LeafAt;
use custodia_core::incident::AffectedList;
use custodia_core::schema::v1::DataCategory;
use serde::{Deserialize, Serialize};

use super::Error;
use super::movement::Movement;
use crate::query::Time;

/// Most people that one answer holds.
pub(super) const MOST_PEOPLE: usize = 2_000_000;
/// Most categories that are counted apart, and most recipients.
const MOST_KINDS: usize = 128 * WORDS;
/// Words of 64 bits of a set, for each of which two are kept.
const WORDS: usize = 2;
/// Bytes of a reference.
const REFERENCE: usize = 26;

/// A person whom a leak touches, as the list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedPerson {
    /// The reference; the vault knows who that is.
    pub subject_ref: String,
    /// The categories that moved, by name, ascending.
    pub categories: Vec<String>,
    /// Who received them, by id, ascending.
    pub recipients: Vec<String>,
    /// How many events.
    pub events: u64,
    /// When the first happened.
    pub first: Time,
    /// When the last happened.
    pub last: Time,
}

/// People, and what of each was touched.
#[derive(Default)]
pub(super) struct People {
    all: HashMap<[u8; REFERENCE], Touched>,
    pub(super) categories: Numbered<i32>,
    pub(super) recipients: Numbered<String>,
}

/// What of one person was touched.
#[derive(Debug, Clone, Copy)]
struct Touched {
    events: u32,
    first_ms: i64,
    last_ms: i64,
    categories: Set,
    recipients: Set,
}

/// A set of small numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Set([u64; 2 * WORDS]);

/// Values by a number each, in the order in which they came.
pub(super) struct Numbered<T> {
    numbers: HashMap<T, usize>,
    values: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            values: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    /// The number of a value.
    pub(super) fn number(&mut self, value: T, what: &'static str) -> Result<usize, Error> {
        let next = self.values.len();
        match self.numbers.entry(value) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(_) if next == MOST_KINDS => Err(Error::TooManyKinds(MOST_KINDS, what)),
            Entry::Vacant(new) => {
                self.values.push(new.key().clone());
                new.insert(next);
                Ok(next)
            }
        }
    }

    /// The values, by number.
    pub(super) fn values(&self) -> &[T] {
        &self.values
    }
}

impl Set {
    const fn put(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    const fn holds(&self, number: usize) -> bool {
        self.0[number / 64] & 1 << (number % 64) != 0
    }
}

impl People {
    /// Takes in what one event moved of a person.
    pub(super) fn touch(
        &mut self,
        subject: &str,
        ms: i64,
        moved: &Movement<'_>,
    ) -> Result<(), Error> {
        // What is accepted has a reference in the envelope.
        let Ok(reference) = subject.as_bytes().try_into() else {
            return Ok(());
        };
        let room = self.all.len() < MOST_PEOPLE;
        let touched = match self.all.entry(reference) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) if room => new.insert(Touched {
                events: 0,
                first_ms: ms,
                last_ms: ms,
                categories: Set::default(),
                recipients: Set::default(),
            }),
            Entry::Vacant(_) => return Err(Error::TooManyPeople(MOST_PEOPLE)),
        };
        touched.events = touched.events.saturating_add(1);
        touched.first_ms = touched.first_ms.min(ms);
        touched.last_ms = touched.last_ms.max(ms);
        for category in moved.categories {
            let number = self.categories.number(*category, "categories")?;
            touched.categories.put(number);
        }
        if let Some(recipient) = moved.recipient {
            let number = self.recipients.number(recipient.to_owned(), "recipients")?;
            touched.recipients.put(number);
        }
        Ok(())
    }

    /// How many people.
    pub(super) fn count(&self) -> u64 {
        self.all.len() as u64
    }

    /// For each category's number, of how many people it moved.
    pub(super) fn by_category(&self) -> Vec<u64> {
        self.by(self.categories.values().len(), |one| one.categories)
    }

    /// For each recipient's number, of how many people it received something.
    pub(super) fn by_recipient(&self) -> Vec<u64> {
        self.by(self.recipients.values().len(), |one| one.recipients)
    }

    fn by(&self, kinds: usize, set: impl Fn(&Touched) -> Set) -> Vec<u64> {
        let mut counts = vec![0; kinds];
        for touched in self.all.values() {
            let set = set(touched);
            for (number, count) in counts.iter_mut().enumerate() {
                *count += u64::from(set.holds(number));
            }
        }
        counts
    }

    /// The list whose root goes on record.
    pub(super) fn list(&self) -> AffectedList {
        AffectedList::new(self.all.keys().map(reference_of))
    }

    /// The person of a reference that is one of them.
    pub(super) fn person(&self, subject: &str) -> Option<AffectedPerson> {
        let touched = self.all.get(subject.as_bytes())?;
        let numbers = |set: Set, kinds: usize| (0..kinds).filter(move |number| set.holds(*number));
        let category = |number: usize| category_name(self.categories.values()[number]);
        let mut categories: Vec<String> =
            numbers(touched.categories, self.categories.values().len())
                .map(category)
                .collect();
        let mut recipients: Vec<String> =
            numbers(touched.recipients, self.recipients.values().len())
                .map(|number| self.recipients.values()[number].clone())
                .collect();
        categories.sort();
        recipients.sort();
        Some(AffectedPerson {
            subject_ref: subject.to_owned(),
            categories,
            recipients,
            events: u64::from(touched.events),
            first: Time(touched.first_ms),
            last: Time(touched.last_ms),
        })
    }
}

fn reference_of(bytes: &[u8; REFERENCE]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A category's name in the schema; its number where the schema has none of it.
pub(super) fn category_name(number: i32) -> String {
    let known = DataCategory::try_from(number);
    known.map_or_else(
        |_| number.to_string(),
        |category| category.as_str_name().to_owned(),
    )
}

/// A leaf's place, for those who look further.
pub(super) fn leaf_at(log: &str, index: u64) -> LeafAt {
    LeafAt {
        log: log.to_owned(),
        index,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved<'a>(categories: &'a [i32], recipient: Option<&'a str>) -> Movement<'a> {
        Movement {
            categories,
            recipient,
            case: "SH_03_GOODS_DELIVERY",
            basis: None,
        }
    }

    #[test]
    fn people_are_counted_once_by_category_and_recipient() {
        let (a, b) = ("a".repeat(26), "b".repeat(26));
        let mut people = People::default();
        people.touch(&b, 5, &moved(&[3, 1], Some("x"))).unwrap();
        people.touch(&b, 2, &moved(&[3], Some("y"))).unwrap();
        people.touch(&a, 9, &moved(&[2], None)).unwrap();
        people.touch("", 9, &moved(&[9], None)).unwrap();
        assert_eq!(people.count(), 2);
        assert_eq!(people.categories.values(), [3, 1, 2]);
        assert_eq!(people.by_category(), [1, 1, 1]);
        assert_eq!(people.by_recipient(), [1, 1]);
        assert_eq!(people.list().references(), [a, b.clone()]);
        let person = people.person(&b).unwrap();
        assert_eq!(
            (person.events, person.first, person.last),
            (2, Time(2), Time(5))
        );
        assert_eq!(person.recipients, ["x", "y"]);
        assert_eq!(person.categories.len(), 2);
    }

    #[test]
    fn more_kinds_than_fit_are_refused_with_what_to_do() {
        let mut people = People::default();
        let all: Vec<i32> = (0..300).collect();
        let refused = people.touch(&"a".repeat(26), 1, &moved(&all, None));
        assert_eq!(refused.unwrap_err().code(), "CU-0903");
    }
}
