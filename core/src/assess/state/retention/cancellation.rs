//! Cancelled accounts, and what became of each store's data.

use std::collections::{BTreeMap, BTreeSet};

use super::{CoverKind, Covers, Holding, Holdings};
use crate::assess::state::requests::{Receipt, Requests};
use crate::assess::{Occurrence, Timeline};
use crate::schema::v1::RightsRequestKind;
use crate::schema::v1::event::Body;

/// An account that was cancelled at the person's request.
#[derive(Debug, Clone, Copy)]
pub struct Cancellation<'a> {
    /// The receipt of the request.
    pub receipt: Receipt<'a>,
    /// What says that it was fulfilled.
    pub fulfilled: &'a Occurrence,
}

/// What became of one store's data after a cancellation.
#[derive(Debug, Default)]
pub struct Wiping<'a> {
    /// Categories that were neither erased, anonymised nor restricted.
    pub left: BTreeSet<i32>,
    /// Whether the request named the store, the log knows nothing that was taken into it, and nothing was
    /// done there.
    pub untouched: bool,
    /// Whether something in it was masked, which doesn't count.
    pub masked: bool,
    /// When the last of it was erased, anonymised or restricted, in ms since 1970; none where nothing was
    /// to be done.
    pub done_ms: Option<i64>,
    /// Whether all of it was erased or anonymised, not merely restricted.
    pub erased: bool,
    /// When the last of it was erased or anonymised, in ms since 1970.
    pub erased_ms: Option<i64>,
    /// The events that did it.
    pub by: Vec<&'a Occurrence>,
}

impl<'a> Cancellation<'a> {
    /// The cancellations among a person's requests.
    pub fn all(requests: &Requests<'a>) -> Vec<Self> {
        let cancelled = |receipt: &Receipt<'_>| receipt.kind == RightsRequestKind::RrCancelAccount;
        requests
            .iter()
            .filter_map(|request| {
                Some(Self {
                    receipt: request.receipt().filter(cancelled)?,
                    fulfilled: request.fulfilled()?,
                })
            })
            .collect()
    }

    /// The cancellation that stands: the last one, unless the person consented to something after it, and is a
    /// customer again.
    pub fn standing(requests: &Requests<'a>, timeline: &Timeline) -> Option<Self> {
        let all = Self::all(requests).into_iter();
        let last = all.max_by_key(|one| one.fulfilled.occurred_at_ms)?;
        let since_ms = last.fulfilled.occurred_at_ms;
        let is_back = timeline.iter().any(|one| {
            matches!(one.body(), Body::ConsentGranted(_)) && one.occurred_at_ms > since_ms
        });
        (!is_back).then_some(last)
    }

    /// Whether what is held was the cancelled account's: taken before it was cancelled or at that moment,
    /// and not erased before the request.
    pub fn concerns(&self, holding: &Holding<'_>) -> bool {
        let gone = holding
            .erased
            .is_some_and(|one| one.occurred_at_ms < self.receipt.received_ms);
        holding.since_ms <= self.fulfilled.occurred_at_ms && !gone
    }

    /// What became of the data in each store that held some, or that the request names.
    pub fn wiping(
        &self,
        holdings: &Holdings<'a>,
        covers: &Covers<'a>,
    ) -> BTreeMap<&'a str, Wiping<'a>> {
        let mut stores: BTreeMap<&str, Wiping<'_>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for holding in holdings.all() {
            known.insert(holding.store);
            if self.concerns(holding) {
                let store = stores.entry(holding.store).or_insert_with(Wiping::clean);
                self.follow(store, holding, covers);
            }
        }
        for store in self.systems() {
            if !known.contains(store) {
                stores.insert(store, self.unknown(store, holdings, covers));
            }
        }
        stores
    }

    /// When everything that the account had was erased, in ms since 1970: the last erasure, or the
    /// cancellation where that is later. None where something stays, restricted or not.
    pub fn erased_ms(&self, stores: &BTreeMap<&'a str, Wiping<'a>>) -> Option<i64> {
        let all = !stores.is_empty() && stores.values().all(|store| store.erased);
        let last = stores.values().filter_map(|store| store.erased_ms).max()?;
        all.then_some(last.max(self.fulfilled.occurred_at_ms))
    }

    fn follow(&self, store: &mut Wiping<'a>, holding: &Holding<'a>, covers: &Covers<'a>) {
        store.masked |= holding.masked.is_some();
        let erased = holding.erased;
        let restricted = covers
            .of_holding(holding.store, holding.category)
            .filter(|cover| cover.kind == CoverKind::Restricted)
            .find(|cover| {
                cover
                    .until_ms
                    .is_none_or(|until| until > self.receipt.received_ms)
            });
        match erased {
            Some(one) => store.erased_ms = store.erased_ms.max(Some(one.occurred_at_ms)),
            None => store.erased = false,
        }
        let done = erased
            .into_iter()
            .chain(restricted.map(|cover| cover.on))
            .min_by_key(|one| (one.occurred_at_ms, &one.event.event_id));
        match done {
            Some(one) => {
                store.done_ms = store.done_ms.max(Some(one.occurred_at_ms));
                store.by.push(one);
            }
            None => {
                store.left.insert(holding.category);
            }
        }
    }

    /// A store of which the log knows only that the request touched it: one act there is enough.
    fn unknown(&self, store: &'a str, holdings: &Holdings<'a>, covers: &Covers<'a>) -> Wiping<'a> {
        let since = |one: &&Occurrence| one.occurred_at_ms >= self.receipt.received_ms;
        let erased = holdings
            .erasures_in(store)
            .iter()
            .copied()
            .find(|one| since(one));
        let restricted = covers.restrictions_in(store).map(|cover| cover.on);
        let done = erased
            .into_iter()
            .chain(restricted.filter(since))
            .min_by_key(|one| (one.occurred_at_ms, &one.event.event_id));
        Wiping {
            untouched: done.is_none(),
            done_ms: done.map(|one| one.occurred_at_ms),
            erased: erased.is_some(),
            erased_ms: erased.map(|one| one.occurred_at_ms),
            by: done.into_iter().collect(),
            ..Wiping::default()
        }
    }

    fn systems(&self) -> impl Iterator<Item = &'a str> {
        let systems = match self.fulfilled.body() {
            Body::RightsRequestFulfilled(said) => said.systems_touched.as_slice(),
            _ => &[],
        };
        systems.iter().map(String::as_str)
    }
}

impl Wiping<'_> {
    fn clean() -> Self {
        Self {
            erased: true,
            ..Self::default()
        }
    }

    /// Whether something in the store is neither gone nor restricted.
    pub fn is_open(&self) -> bool {
        self.untouched || !self.left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::PolicyBook;
    use crate::assess::state::told::{Told, at, stamp};
    use crate::schema::v1::{
        DataCategory, DataCollected, DataErased, ErasureMethod, ProcessingRestricted,
        RightsRequestFulfilled, RightsRequestReceived,
    };

    const NAME: i32 = DataCategory::DcRealName as i32;
    const ORDER: i32 = DataCategory::DcOrderNo as i32;

    fn cancelled() -> Told {
        let taken = DataCollected {
            store_id: "main".into(),
            categories: vec![NAME, ORDER],
            ..DataCollected::default()
        };
        let received = RightsRequestReceived {
            request_id: "r-1".into(),
            kind: RightsRequestKind::RrCancelAccount.into(),
            received_at: Some(stamp("2026-03-01 10:00")),
            ..RightsRequestReceived::default()
        };
        let fulfilled = RightsRequestFulfilled {
            request_id: "r-1".into(),
            systems_touched: vec!["main".into(), "search".into()],
            ..RightsRequestFulfilled::default()
        };
        Told::default()
            .then("2026-01-01 10:00", Body::DataCollected(taken))
            .then("2026-03-01 10:00", Body::RightsRequestReceived(received))
            .then("2026-03-02 10:00", Body::RightsRequestFulfilled(fulfilled))
    }

    fn erased(store: &str, categories: &[i32]) -> Body {
        Body::DataErased(DataErased {
            store_id: store.into(),
            categories: categories.into(),
            method: ErasureMethod::ErDeleted.into(),
            ..DataErased::default()
        })
    }

    fn restricted(categories: &[i32]) -> Body {
        Body::ProcessingRestricted(ProcessingRestricted {
            categories: categories.into(),
            statute: "NDSR 12".into(),
            ..ProcessingRestricted::default()
        })
    }

    fn open_and_erased(told: &Told) -> (Vec<String>, Option<i64>) {
        let timeline = told.timeline();
        let holdings = Holdings::of(&timeline, &PolicyBook::default());
        let covers = Covers::of(&timeline);
        let cancellation = Cancellation::all(&Requests::of(&timeline))[0];
        let stores = cancellation.wiping(&holdings, &covers);
        let open = stores.iter().filter(|(_, store)| store.is_open());
        let open = open.map(|(name, _)| (*name).to_owned()).collect();
        (open, cancellation.erased_ms(&stores))
    }

    #[test]
    fn every_category_in_every_store_must_go_or_be_restricted() {
        let told = cancelled().then("2026-03-03 10:00", erased("main", &[NAME]));
        assert_eq!(
            open_and_erased(&told).0,
            ["main".to_owned(), "search".to_owned()]
        );
        let told = told
            .then("2026-03-03 11:00", restricted(&[ORDER]))
            .then("2026-03-04 10:00", erased("search", &[NAME]));
        assert_eq!(open_and_erased(&told), (vec![], None));
    }

    #[test]
    fn erasure_is_complete_with_the_last_store() {
        let told = cancelled()
            .then("2026-03-03 10:00", erased("main", &[NAME, ORDER]))
            .then("2026-03-04 10:00", erased("search", &[NAME]));
        assert_eq!(
            open_and_erased(&told),
            (vec![], Some(at("2026-03-04 10:00")))
        );
    }
}
