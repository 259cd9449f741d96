//! What stores hold of a person, and when it went.

use std::collections::BTreeMap;

use crate::assess::{Occurrence, PolicyBook, Timeline};
use crate::schema::v1::ErasureMethod;
use crate::schema::v1::event::Body;

/// Data of one category in one store, from when it was taken until it went.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    /// The store; empty where the collection didn't name one. Erasure of the category in any store ends
    /// it then.
    pub store: &'a str,
    /// The category's number.
    pub category: i32,
    /// When it was first taken, in ms since 1970.
    pub since_ms: i64,
    /// What erased or anonymised it; none while it is held.
    pub erased: Option<&'a Occurrence>,
    /// What masked it first. Masking ends no duty (PIPL 73; domain §1.8, 5).
    pub masked: Option<&'a Occurrence>,
}

/// All holdings, and each erasure by store.
#[derive(Debug, Default)]
pub struct Holdings<'a> {
    all: Vec<Holding<'a>>,
    open: BTreeMap<(&'a str, i32), usize>,
    erasures: BTreeMap<&'a str, Vec<&'a Occurrence>>,
}

/// What one event does to what stores hold.
struct Step<'a> {
    on: &'a Occurrence,
    store: &'a str,
    categories: &'a [i32],
    does: Does,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Does {
    Take,
    Mask,
    Erase,
}

impl<'a> Holdings<'a> {
    /// The holdings of a timeline. Which methods of erasing end the duty says the policy in force then;
    /// without one all do but masking. What is taken and erased at one moment is gone.
    pub fn of(timeline: &'a Timeline, policies: &PolicyBook) -> Self {
        let mut steps: Vec<_> = timeline
            .iter()
            .filter_map(|one| step_of(one, policies))
            .collect();
        steps.sort_by_key(|step| (step.on.occurred_at_ms, step.does, &step.on.event.event_id));
        let mut holdings = Self::default();
        for step in steps {
            match step.does {
                Does::Take => holdings.take(&step),
                Does::Mask => holdings.mask(&step),
                Does::Erase => holdings.erase(&step),
            }
        }
        holdings
    }

    /// All of them, by when they were taken.
    pub fn all(&self) -> &[Holding<'a>] {
        &self.all
    }

    /// Whether the log knows nothing that was taken.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What erased or anonymised in a store, whatever it was, in order.
    pub fn erasures_in(&self, store: &str) -> &[&'a Occurrence] {
        self.erasures.get(store).map_or(&[], Vec::as_slice)
    }

    fn take(&mut self, step: &Step<'a>) {
        for category in step.categories {
            self.open.entry((step.store, *category)).or_insert_with(|| {
                self.all.push(Holding {
                    store: step.store,
                    category: *category,
                    since_ms: step.on.occurred_at_ms,
                    erased: None,
                    masked: None,
                });
                self.all.len() - 1
            });
        }
    }

    fn mask(&mut self, step: &Step<'a>) {
        for category in step.categories {
            for store in [step.store, ""] {
                if let Some(place) = self.open.get(&(store, *category)) {
                    self.all[*place].masked.get_or_insert(step.on);
                }
            }
        }
    }

    fn erase(&mut self, step: &Step<'a>) {
        self.erasures.entry(step.store).or_default().push(step.on);
        for category in step.categories {
            for store in [step.store, ""] {
                if let Some(place) = self.open.remove(&(store, *category)) {
                    self.all[place].erased = Some(step.on);
                }
            }
        }
    }
}

fn step_of<'a>(one: &'a Occurrence, policies: &PolicyBook) -> Option<Step<'a>> {
    let (store, categories, does) = match one.body() {
        Body::DataCollected(said) => (&said.store_id, &said.categories, Does::Take),
        Body::DataReceivedFromThirdParty(said) => (&said.store_id, &said.categories, Does::Take),
        Body::DataErased(said) => {
            let does = erases(said.method(), one, policies);
            (&said.store_id, &said.categories, does)
        }
        Body::DataAnonymised(said) => {
            let does = erases(said.method(), one, policies);
            (&said.store_id, &said.categories, does)
        }
        _ => return None,
    };
    Some(Step {
        on: one,
        store,
        categories,
        does,
    })
}

fn erases(method: ErasureMethod, one: &Occurrence, policies: &PolicyBook) -> Does {
    let ends = match policies.policy(one.occurred_at_ms) {
        Some(policy) => policy
            .erasures
            .get(&method)
            .is_some_and(|item| item.ends_duty),
        None => !matches!(
            method,
            ErasureMethod::ErMasked | ErasureMethod::ErUnspecified
        ),
    };
    if ends { Does::Erase } else { Does::Mask }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::{Told, at};
    use crate::schema::v1::{DataCategory, DataCollected, DataErased};

    const NAME: i32 = DataCategory::DcRealName as i32;
    const AVATAR: i32 = DataCategory::DcAvatar as i32;

    fn taken(store: &str, categories: &[i32]) -> Body {
        Body::DataCollected(DataCollected {
            store_id: store.into(),
            categories: categories.into(),
            ..DataCollected::default()
        })
    }

    fn erased(store: &str, categories: &[i32], method: ErasureMethod) -> Body {
        Body::DataErased(DataErased {
            store_id: store.into(),
            categories: categories.into(),
            method: method.into(),
            ..DataErased::default()
        })
    }

    fn held(told: &Told) -> Vec<(i32, i64, Option<i64>, bool)> {
        let timeline = told.timeline();
        let holdings = Holdings::of(&timeline, &PolicyBook::default());
        let all = holdings.all().iter();
        all.map(|held| {
            let erased_ms = held.erased.map(|one| one.occurred_at_ms);
            (
                held.category,
                held.since_ms,
                erased_ms,
                held.masked.is_some(),
            )
        })
        .collect()
    }

    #[test]
    fn each_category_in_each_store_goes_by_itself() {
        let told = Told::default()
            .then("2026-01-01 10:00", taken("main", &[NAME, AVATAR]))
            .then(
                "2026-02-01 10:00",
                erased("main", &[AVATAR], ErasureMethod::ErDeleted),
            )
            .then(
                "2026-02-01 11:00",
                erased("other", &[NAME], ErasureMethod::ErDeleted),
            );
        let from = at("2026-01-01 10:00");
        assert_eq!(
            held(&told),
            [
                (NAME, from, None, false),
                (AVATAR, from, Some(at("2026-02-01 10:00")), false)
            ]
        );
    }

    #[test]
    fn masking_ends_nothing() {
        let told = Told::default()
            .then("2026-01-01 10:00", taken("main", &[NAME]))
            .then(
                "2026-02-01 10:00",
                erased("main", &[NAME], ErasureMethod::ErMasked),
            );
        assert_eq!(held(&told), [(NAME, at("2026-01-01 10:00"), None, true)]);
    }

    #[test]
    fn what_is_taken_again_after_erasure_is_another_holding() {
        let told = Told::default()
            .then("2026-01-01 10:00", taken("main", &[NAME]))
            .then("2026-03-01 10:00", taken("main", &[NAME]))
            .then(
                "2026-02-01 10:00",
                erased("main", &[NAME], ErasureMethod::ErDeleted),
            );
        let first = (
            NAME,
            at("2026-01-01 10:00"),
            Some(at("2026-02-01 10:00")),
            false,
        );
        let again = (NAME, at("2026-03-01 10:00"), None, false);
        assert_eq!(held(&told), [first, again]);
    }

    #[test]
    fn what_was_taken_without_a_store_goes_with_the_category_in_any() {
        let told = Told::default()
            .then("2026-01-01 10:00", taken("", &[NAME]))
            .then(
                "2026-01-01 10:00",
                erased("main", &[NAME], ErasureMethod::ErOverwritten),
            );
        let moment = at("2026-01-01 10:00");
        assert_eq!(held(&told), [(NAME, moment, Some(moment), false)]);
    }
}
