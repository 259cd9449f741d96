//! Orders and loans: which are open, and since when none is.

use std::collections::BTreeMap;

use crate::assess::{Occurrence, Timeline};
use crate::schema::v1::event::Body;

/// A person's orders and loans, by reference.
#[derive(Debug, Default)]
pub struct Orders<'a> {
    all: BTreeMap<&'a str, Order<'a>>,
    authorised: Option<&'a Occurrence>,
    /// By when they were opened.
    spans: Vec<Span<'a>>,
    /// Up to each of the spans, the one that is open longest.
    longest: Vec<usize>,
}

/// From when on an order was open, and until when.
#[derive(Debug, Clone, Copy)]
struct Span<'a> {
    from: &'a Occurrence,
    /// What completed it; none while it is open.
    done: Option<&'a Occurrence>,
}

#[derive(Debug, Default)]
struct Order<'a> {
    opened: Vec<&'a Occurrence>,
    completed: Vec<&'a Occurrence>,
}

/// A time in which no order is open.
#[derive(Debug, Clone, Copy)]
pub struct Quiet<'a> {
    /// What began it: the last order was completed, or, where none was opened before, the person
    /// authorised the handling (domain §1.8, 21).
    pub since: &'a Occurrence,
    /// When the next order was opened, in ms since 1970; none where none was.
    pub until_ms: Option<i64>,
}

impl<'a> Orders<'a> {
    /// The orders of a timeline, and the person's first consent.
    pub fn of(timeline: &'a Timeline) -> Self {
        let mut orders = Self::default();
        for one in timeline {
            match one.body() {
                Body::OrderOpened(said) => {
                    let order = orders.all.entry(&said.order_ref).or_default();
                    order.opened.push(one);
                }
                Body::OrderCompleted(said) => {
                    let order = orders.all.entry(&said.order_ref).or_default();
                    order.completed.push(one);
                }
                Body::ConsentGranted(_) => {
                    let first = orders.authorised.get_or_insert(one);
                    if by_content(one) < by_content(first) {
                        *first = one;
                    }
                }
                _ => {}
            }
        }
        for order in orders.all.values_mut() {
            order.opened.sort_by_key(|one| by_content(one));
            order.completed.sort_by_key(|one| by_content(one));
        }
        orders.lay_out();
        orders
    }

    fn lay_out(&mut self) {
        self.spans = self.all.values().filter_map(Order::span).collect();
        self.spans
            .sort_by_key(|span| (by_content(span.from), span.done.map(by_content)));
        let mut longest = 0;
        for (place, span) in self.spans.iter().enumerate() {
            if span.until_ms() > self.spans[longest].until_ms() {
                longest = place;
            }
            self.longest.push(longest);
        }
    }

    /// Whether the log knows any order at all.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What opened an order that is open at a moment: opened then or before, and not completed by then.
    /// Of several the one that stays open longest. An order that is completed at that very moment is open
    /// no more.
    pub fn open_at(&self, ms: i64) -> Option<&'a Occurrence> {
        let after = self
            .spans
            .partition_point(|span| span.from.occurred_at_ms <= ms);
        let span = self.spans[self.longest[after.checked_sub(1)?]];
        (span.until_ms() > ms).then_some(span.from)
    }

    /// Completions that are said to be earlier than the opening of their order. They complete nothing.
    pub fn completed_too_early(&self) -> impl Iterator<Item = &'a Occurrence> {
        self.all.values().flat_map(|order| {
            let opened_ms = order.opened.first().map(|one| one.occurred_at_ms);
            let early =
                move |one: &&Occurrence| opened_ms.is_some_and(|from| one.occurred_at_ms < from);
            order.completed.iter().copied().filter(early)
        })
    }

    /// The times in which no order is open, in order. Before the first order there is one only where the
    /// person had consented by then.
    pub fn quiet(&self) -> Vec<Quiet<'a>> {
        let mut quiet = Vec::new();
        // What began the time without open orders that is being looked at; none while one is open for good.
        let mut since = self.authorised;
        let mut latest: Option<i64> = None;
        for Span { from, done } in &self.spans {
            let from_ms = from.occurred_at_ms;
            let busy = latest.is_some_and(|until| from_ms <= until);
            if let Some(since) = since.filter(|one| !busy && one.occurred_at_ms < from_ms) {
                quiet.push(Quiet {
                    since,
                    until_ms: Some(from_ms),
                });
            }
            let Some(done) = done else {
                return quiet;
            };
            if latest.is_none_or(|until| done.occurred_at_ms > until) {
                latest = Some(done.occurred_at_ms);
                since = Some(done);
            }
        }
        quiet.extend(since.map(|since| Quiet {
            since,
            until_ms: None,
        }));
        quiet
    }
}

impl<'a> Order<'a> {
    /// The first completion that is not before the opening.
    fn completed(&self) -> Option<&'a Occurrence> {
        let opened_ms = self.opened.first().map(|one| one.occurred_at_ms);
        let mut completed = self.completed.iter().copied();
        completed.find(|one| opened_ms.is_none_or(|from| one.occurred_at_ms >= from))
    }

    /// From when on it was open: from its completion, where nothing says when it was opened.
    fn span(&self) -> Option<Span<'a>> {
        let done = self.completed();
        let from = self.opened.first().copied().or(done)?;
        Some(Span { from, done })
    }
}

impl Span<'_> {
    /// When it was completed; the end of time while it is open.
    fn until_ms(&self) -> i64 {
        self.done.map_or(i64::MAX, |done| done.occurred_at_ms)
    }
}

/// What orders events of one moment by what they are, not by when they arrived.
fn by_content(one: &Occurrence) -> (i64, &[u8]) {
    (one.occurred_at_ms, &one.event.event_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::{Told, at};
    use crate::schema::v1::{ConsentGranted, OrderCompleted, OrderOpened};

    fn opened(order: &str) -> Body {
        Body::OrderOpened(OrderOpened {
            order_ref: order.into(),
            ..OrderOpened::default()
        })
    }

    fn completed(order: &str) -> Body {
        Body::OrderCompleted(OrderCompleted {
            order_ref: order.into(),
            ..OrderCompleted::default()
        })
    }

    fn quiet(told: &Told) -> Vec<(i64, Option<i64>)> {
        let timeline = told.timeline();
        let orders = Orders::of(&timeline);
        let quiet = orders.quiet();
        quiet
            .iter()
            .map(|quiet| (quiet.since.occurred_at_ms, quiet.until_ms))
            .collect()
    }

    #[test]
    fn the_clock_runs_from_the_last_of_orders_that_overlap() {
        let told = Told::default()
            .then(
                "2026-01-01 10:00",
                Body::ConsentGranted(ConsentGranted::default()),
            )
            .then("2026-02-01 10:00", opened("a"))
            .then("2026-02-05 10:00", opened("b"))
            .then("2026-02-20 10:00", completed("b"))
            .then("2026-02-10 10:00", completed("a"));
        let authorised = (at("2026-01-01 10:00"), Some(at("2026-02-01 10:00")));
        assert_eq!(quiet(&told), [authorised, (at("2026-02-20 10:00"), None)]);
        let told = told.then("2026-03-01 10:00", opened("c"));
        assert_eq!(
            quiet(&told),
            [
                authorised,
                (at("2026-02-20 10:00"), Some(at("2026-03-01 10:00")))
            ]
        );
    }

    #[test]
    fn who_never_ordered_has_the_clock_of_the_first_consent() {
        let told = Told::default()
            .then(
                "2026-01-02 10:00",
                Body::ConsentGranted(ConsentGranted::default()),
            )
            .then(
                "2026-01-01 10:00",
                Body::ConsentGranted(ConsentGranted::default()),
            );
        assert_eq!(quiet(&told), [(at("2026-01-01 10:00"), None)]);
        assert_eq!(quiet(&Told::default()), []);
    }

    #[test]
    fn an_order_is_open_until_the_moment_of_its_completion() {
        let told = Told::default()
            .then("2026-02-01 10:00", opened("a"))
            .then("2026-02-10 10:00", completed("a"));
        let timeline = told.timeline();
        let orders = Orders::of(&timeline);
        assert!(orders.open_at(at("2026-02-01 09:59:59")).is_none());
        assert!(orders.open_at(at("2026-02-01 10:00")).is_some());
        assert!(orders.open_at(at("2026-02-09 10:00")).is_some());
        assert!(orders.open_at(at("2026-02-10 10:00")).is_none());
    }

    #[test]
    fn a_completion_before_the_opening_completes_nothing() {
        let told = Told::default()
            .then("2026-02-01 10:00", completed("a"))
            .then("2026-02-10 10:00", opened("a"));
        let timeline = told.timeline();
        let orders = Orders::of(&timeline);
        assert_eq!(orders.completed_too_early().count(), 1);
        assert!(orders.open_at(at("2026-03-01 10:00")).is_some());
        assert!(orders.quiet().is_empty());
    }
}
