//! What lets data stay beyond its time: a new authorisation, a hold, a statute.

use std::collections::BTreeMap;

use crate::assess::{Occurrence, Timeline, ms_of};
use crate::schema::v1::event::Body;

/// Why data may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverKind {
    /// The person authorised it anew (L322).
    Reauthorised,
    /// A legal hold by a statute or a case.
    Held,
    /// Restricted to storage and protection, by a statute (PIPL 47, NDSR 24).
    Restricted,
}

/// Something that lets data stay for a time.
#[derive(Debug, Clone, Copy)]
pub struct Cover<'a> {
    /// The event that says so.
    pub on: &'a Occurrence,
    /// Why.
    pub kind: CoverKind,
    /// In which store; none where in all.
    pub store: Option<&'a str>,
    /// From when, in ms since 1970.
    pub from_ms: i64,
    /// The first moment that it covers no more; none where no end is known.
    pub until_ms: Option<i64>,
}

/// A person's covers by category, each in order; and holds that cite neither statute nor case.
#[derive(Debug, Default)]
pub struct Covers<'a> {
    by_category: BTreeMap<i32, Vec<Cover<'a>>>,
    groundless: Vec<&'a Occurrence>,
}

impl<'a> Covers<'a> {
    /// The covers of a timeline. A hold ends with its release or its own end, whichever is first.
    pub fn of(timeline: &'a Timeline) -> Self {
        let mut released: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for one in timeline {
            if let Body::LegalHoldReleased(said) = one.body() {
                let moments = released.entry(&said.hold_id).or_default();
                moments.push(one.occurred_at_ms);
            }
        }
        let mut covers = Self::default();
        for one in timeline {
            covers.add(one, &released);
        }
        for of_category in covers.by_category.values_mut() {
            of_category.sort_by_key(|cover| (cover.from_ms, &cover.on.event.event_id));
        }
        covers
    }

    /// Holds that cite neither a statute nor a case; they cover nothing.
    pub fn groundless(&self) -> &[&'a Occurrence] {
        &self.groundless
    }

    /// All covers with the category's number, by category and when they begin.
    pub fn all(&self) -> impl Iterator<Item = (i32, &Cover<'a>)> {
        let categories = self.by_category.iter();
        categories.flat_map(|(category, covers)| covers.iter().map(|cover| (*category, cover)))
    }

    /// The covers of a category in a store, by when they begin. Where the data's store is not known, a
    /// cover of any store counts.
    pub fn of_holding(&self, store: &str, category: i32) -> impl Iterator<Item = &Cover<'a>> {
        let covers = self.by_category.get(&category);
        let covers = covers.map_or(&[][..], Vec::as_slice).iter();
        covers.filter(move |cover| store.is_empty() || cover.store.is_none_or(|of| of == store))
    }

    /// Restrictions that name a store, or all, of whatever category, in order.
    pub fn restrictions_in(&self, store: &str) -> impl Iterator<Item = &Cover<'a>> {
        self.by_category.values().flatten().filter(move |cover| {
            cover.kind == CoverKind::Restricted && cover.store.is_none_or(|of| of == store)
        })
    }

    fn add(&mut self, one: &'a Occurrence, released: &BTreeMap<&str, Vec<i64>>) {
        let (kind, categories, store, until) = match one.body() {
            Body::RetentionReauthorised(said) => (
                CoverKind::Reauthorised,
                &said.categories,
                "",
                said.until.as_ref().map(ms_of),
            ),
            Body::LegalHoldPlaced(said) if said.statute.is_empty() && said.case_ref.is_empty() => {
                self.groundless.push(one);
                return;
            }
            Body::LegalHoldPlaced(said) => {
                let moments = released.get(said.hold_id.as_str());
                let moments = moments.map_or(&[][..], Vec::as_slice).iter().copied();
                let release = moments.filter(|ms| *ms >= one.occurred_at_ms).min();
                let until = said.until.as_ref().map(ms_of);
                let until = until.into_iter().chain(release).min();
                (CoverKind::Held, &said.categories, "", until)
            }
            Body::ProcessingRestricted(said) => (
                CoverKind::Restricted,
                &said.categories,
                said.store_id.as_str(),
                said.until.as_ref().map(ms_of),
            ),
            _ => return,
        };
        for category in categories {
            self.by_category.entry(*category).or_default().push(Cover {
                on: one,
                kind,
                store: Some(store).filter(|store| !store.is_empty()),
                from_ms: one.occurred_at_ms,
                until_ms: until,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::{Told, at, stamp};
    use crate::schema::v1::{
        DataCategory, LegalHoldPlaced, LegalHoldReleased, ProcessingRestricted,
    };

    const NAME: i32 = DataCategory::DcRealName as i32;

    fn hold(id: &str, statute: &str, until: Option<&str>) -> Body {
        Body::LegalHoldPlaced(LegalHoldPlaced {
            hold_id: id.into(),
            categories: vec![NAME],
            statute: statute.into(),
            until: until.map(stamp),
            ..LegalHoldPlaced::default()
        })
    }

    fn released(id: &str) -> Body {
        Body::LegalHoldReleased(LegalHoldReleased {
            hold_id: id.into(),
            ..LegalHoldReleased::default()
        })
    }

    fn ends(told: &Told, store: &str) -> Vec<Option<i64>> {
        let timeline = told.timeline();
        let covers = Covers::of(&timeline);
        covers
            .of_holding(store, NAME)
            .map(|cover| cover.until_ms)
            .collect()
    }

    #[test]
    fn a_hold_ends_with_its_release_or_its_own_end() {
        let told = Told::default()
            .then(
                "2026-01-01 10:00",
                hold("a", "NDSR 12", Some("2029-01-01 00:00")),
            )
            .then("2026-01-02 10:00", hold("b", "NDSR 12", None))
            .then("2026-01-03 10:00", hold("c", "NDSR 12", None))
            .then("2026-02-01 10:00", released("b"))
            .then("2029-02-01 10:00", released("a"));
        assert_eq!(
            ends(&told, "main"),
            [
                Some(at("2029-01-01 00:00")),
                Some(at("2026-02-01 10:00")),
                None
            ]
        );
    }

    #[test]
    fn a_hold_without_statute_or_case_covers_nothing() {
        let told = Told::default().then("2026-01-01 10:00", hold("a", "", None));
        assert!(ends(&told, "main").is_empty());
        let timeline = told.timeline();
        assert_eq!(Covers::of(&timeline).groundless().len(), 1);
    }

    #[test]
    fn a_restriction_of_one_store_covers_no_other() {
        let restricted = ProcessingRestricted {
            categories: vec![NAME],
            statute: "NDSR 12".into(),
            store_id: "main".into(),
            ..ProcessingRestricted::default()
        };
        let told = Told::default().then("2026-01-01 10:00", Body::ProcessingRestricted(restricted));
        assert_eq!(ends(&told, "main").len(), 1);
        assert_eq!(ends(&told, "other").len(), 0);
        assert_eq!(ends(&told, "").len(), 1);
    }
}
