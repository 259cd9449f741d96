//! Rights requests and complaints, with their clocks.
//!
//! A request's legal order: received, identity verified, then fulfilled, refused, answered or taken
//! back. Each step is found by the request's id; which came first follows from when it happened, never
//! from when it arrived.

use std::collections::BTreeMap;

use crate::assess::{Occurrence, Timeline, ms_of};
use crate::schema::v1::RightsRequestKind;
use crate::schema::v1::event::Body;

/// A person's requests and complaints, by id.
#[derive(Debug, Default)]
pub struct Requests<'a>(BTreeMap<&'a str, Request<'a>>);

/// What the log knows of one request or complaint. Each list is in order.
#[derive(Debug, Default)]
pub struct Request<'a> {
    received: Vec<&'a Occurrence>,
    verified: Vec<&'a Occurrence>,
    ends: Vec<&'a Occurrence>,
}

/// The receipt of a request or complaint.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'a> {
    /// The event that says so.
    pub on: &'a Occurrence,
    /// What was asked for; a complaint is [`RightsRequestKind::RrComplaint`].
    pub kind: RightsRequestKind,
    /// When it arrived, in ms since 1970.
    pub received_ms: i64,
    /// When it is due by the producer's word, in ms since 1970.
    pub due_at_ms: Option<i64>,
}

/// How a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was fulfilled.
    Fulfilled,
    /// It was refused.
    Refused,
    /// The person took it back.
    Withdrawn,
    /// A complaint was answered.
    Answered,
}

impl<'a> Requests<'a> {
    /// The requests and complaints of a timeline.
    pub fn of(timeline: &'a Timeline) -> Self {
        let mut all: BTreeMap<&str, Request<'_>> = BTreeMap::new();
        for one in timeline {
            let Some((id, step)) = step_of(one) else {
                continue;
            };
            let request = all.entry(id).or_default();
            match step {
                Step::Received => request.received.push(one),
                Step::Verified => request.verified.push(one),
                Step::Ended => request.ends.push(one),
            }
        }
        for request in all.values_mut() {
            for steps in [
                &mut request.received,
                &mut request.verified,
                &mut request.ends,
            ] {
                // What happened at one moment is told apart by what it is, not by when it arrived.
                steps.sort_by_key(|one| (one.occurred_at_ms, &one.event.event_id));
            }
        }
        Self(all)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Request<'a>> {
        self.0.values()
    }

    /// All of them with their ids, ascending.
    pub fn by_id(&self) -> impl Iterator<Item = (&'a str, &Request<'a>)> {
        self.0.iter().map(|(id, request)| (*id, request))
    }

    /// The request with an id.
    pub fn get(&self, id: &str) -> Option<&Request<'a>> {
        self.0.get(id)
    }
}

impl<'a> Request<'a> {
    /// Its receipt: the first event that tells of it.
    pub fn receipt(&self) -> Option<Receipt<'a>> {
        self.received.first().and_then(|one| receipt_of(one))
    }

    /// Receipts told again under its id, with another day of receipt or another due date. Neither may
    /// change.
    pub fn changed_receipts(&self) -> impl Iterator<Item = &'a Occurrence> {
        let first = self
            .receipt()
            .map(|first| (first.received_ms, first.due_at_ms));
        self.received.iter().skip(1).copied().filter(move |one| {
            receipt_of(one).map(|again| (again.received_ms, again.due_at_ms)) != first
        })
    }

    /// The first event that says that the person was recognised; a check that failed is none.
    pub fn verified(&self) -> Option<&'a Occurrence> {
        self.verified.first().copied()
    }

    /// What ended it: the first step of an end that is not before its receipt.
    pub fn end(&self) -> Option<&'a Occurrence> {
        let received_ms = self.receipt()?.received_ms;
        let mut ends = self.ends.iter().copied();
        ends.find(|one| one.occurred_at_ms >= received_ms)
    }

    /// Its ends, also those that the legal order doesn't allow.
    pub fn ends(&self) -> &[&'a Occurrence] {
        &self.ends
    }

    /// Ends before the receipt.
    pub fn too_early(&self) -> impl Iterator<Item = &'a Occurrence> {
        let received_ms = self.receipt().map(|receipt| receipt.received_ms);
        let early =
            move |one: &&Occurrence| received_ms.is_some_and(|from| one.occurred_at_ms < from);
        self.ends.iter().copied().filter(early)
    }

    /// Ends after the first one, save that what was refused may be fulfilled after all.
    pub fn too_late(&self) -> impl Iterator<Item = &'a Occurrence> {
        let first = self.end();
        self.ends.iter().copied().filter(move |one| {
            let Some(first) = first.filter(|first| one.occurred_at_ms > first.occurred_at_ms)
            else {
                return false;
            };
            (end_of(first), end_of(one)) != (Some(End::Refused), Some(End::Fulfilled))
        })
    }

    /// Where it was fulfilled, not before its receipt: the first event that says so.
    pub fn fulfilled(&self) -> Option<&'a Occurrence> {
        let received_ms = self.receipt()?.received_ms;
        let mut ends = self.ends.iter().copied();
        ends.find(|one| one.occurred_at_ms >= received_ms && end_of(one) == Some(End::Fulfilled))
    }
}

enum Step {
    Received,
    Verified,
    Ended,
}

/// The id of the request, and which step of it an event tells of.
fn step_of(one: &Occurrence) -> Option<(&str, Step)> {
    let (id, step) = match one.body() {
        Body::RightsRequestReceived(said) => (&said.request_id, Step::Received),
        Body::ComplaintReceived(said) => (&said.request_id, Step::Received),
        Body::IdentityVerified(said) if said.verified != Some(false) => {
            (&said.request_id, Step::Verified)
        }
        Body::RightsRequestFulfilled(said) => (&said.request_id, Step::Ended),
        Body::RightsRequestRefused(said) => (&said.request_id, Step::Ended),
        Body::RightsRequestWithdrawn(said) => (&said.request_id, Step::Ended),
        Body::ComplaintAnswered(said) => (&said.request_id, Step::Ended),
        _ => return None,
    };
    Some((id, step))
}

/// Which end an event tells of; none where it tells of another step.
pub fn end_of(one: &Occurrence) -> Option<End> {
    match one.body() {
        Body::RightsRequestFulfilled(_) => Some(End::Fulfilled),
        Body::RightsRequestRefused(_) => Some(End::Refused),
        Body::RightsRequestWithdrawn(_) => Some(End::Withdrawn),
        Body::ComplaintAnswered(_) => Some(End::Answered),
        _ => None,
    }
}

fn receipt_of(one: &Occurrence) -> Option<Receipt<'_>> {
    let (kind, received_at, due_at) = match one.body() {
        Body::RightsRequestReceived(said) => (said.kind(), &said.received_at, &said.due_at),
        Body::ComplaintReceived(said) => (
            RightsRequestKind::RrComplaint,
            &said.received_at,
            &said.due_at,
        ),
        _ => return None,
    };
    Some(Receipt {
        on: one,
        kind,
        received_ms: received_at.as_ref().map_or(one.occurred_at_ms, ms_of),
        due_at_ms: due_at.as_ref().map(ms_of),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::{Told, at, stamp};
    use crate::schema::v1::{
        IdentityVerified, RightsRequestFulfilled, RightsRequestReceived, RightsRequestRefused,
        RightsRequestWithdrawn,
    };

    fn received(due: &str) -> RightsRequestReceived {
        RightsRequestReceived {
            request_id: "r-1".into(),
            kind: RightsRequestKind::RrDelete.into(),
            received_at: Some(stamp("2026-03-01 10:00")),
            due_at: Some(stamp(due)),
            ..RightsRequestReceived::default()
        }
    }

    fn refused() -> Body {
        Body::RightsRequestRefused(RightsRequestRefused {
            request_id: "r-1".into(),
            ..RightsRequestRefused::default()
        })
    }

    fn fulfilled() -> Body {
        Body::RightsRequestFulfilled(RightsRequestFulfilled {
            request_id: "r-1".into(),
            ..RightsRequestFulfilled::default()
        })
    }

    fn withdrawn() -> Body {
        Body::RightsRequestWithdrawn(RightsRequestWithdrawn {
            request_id: "r-1".into(),
            ..RightsRequestWithdrawn::default()
        })
    }

    #[test]
    fn the_first_step_counts_also_where_it_arrived_last() {
        let told = Told::default()
            .then("2026-03-05 10:00", fulfilled())
            .then(
                "2026-03-02 10:00",
                Body::RightsRequestReceived(received("2026-03-18 00:00")),
            )
            .then(
                "2026-03-01 10:00",
                Body::RightsRequestReceived(received("2026-03-17 00:00")),
            );
        let timeline = told.timeline();
        let requests = Requests::of(&timeline);
        let request = requests.get("r-1").unwrap();
        let receipt = request.receipt().unwrap();
        assert_eq!(receipt.due_at_ms, Some(at("2026-03-17 00:00")));
        assert_eq!(receipt.kind, RightsRequestKind::RrDelete);
        assert_eq!(request.changed_receipts().count(), 1);
        let end = request.end().unwrap();
        assert_eq!(end.occurred_at_ms, at("2026-03-05 10:00"));
    }

    #[test]
    fn a_receipt_told_again_in_the_same_words_changes_nothing() {
        let told = Told::default()
            .then(
                "2026-03-01 10:00",
                Body::RightsRequestReceived(received("2026-03-17 00:00")),
            )
            .then(
                "2026-03-02 10:00",
                Body::RightsRequestReceived(received("2026-03-17 00:00")),
            );
        let timeline = told.timeline();
        let requests = Requests::of(&timeline);
        assert_eq!(
            requests.iter().next().unwrap().changed_receipts().count(),
            0
        );
    }

    #[test]
    fn an_end_before_the_receipt_ends_nothing() {
        let told = Told::default()
            .then(
                "2026-03-01 10:00",
                Body::RightsRequestReceived(received("2026-03-17 00:00")),
            )
            .then("2026-03-01 09:59", fulfilled());
        let timeline = told.timeline();
        let requests = Requests::of(&timeline);
        let request = requests.iter().next().unwrap();
        assert!(request.end().is_none() && request.fulfilled().is_none());
        assert_eq!(request.too_early().count(), 1);
    }

    #[test]
    fn what_was_refused_may_be_fulfilled_and_nothing_else_follows_an_end() {
        let told = Told::default()
            .then(
                "2026-03-01 10:00",
                Body::RightsRequestReceived(received("2026-03-17 00:00")),
            )
            .then("2026-03-02 10:00", refused())
            .then("2026-03-03 10:00", fulfilled())
            .then("2026-03-04 10:00", withdrawn());
        let timeline = told.timeline();
        let requests = Requests::of(&timeline);
        let request = requests.iter().next().unwrap();
        let late: Vec<_> = request.too_late().map(end_of).collect();
        assert_eq!(late, [Some(End::Withdrawn)]);
        assert_eq!(end_of(request.end().unwrap()), Some(End::Refused));
        assert!(request.fulfilled().is_some());
    }

    #[test]
    fn a_check_of_identity_that_failed_verifies_nothing() {
        let failed = IdentityVerified {
            request_id: "r-1".into(),
            verified: Some(false),
            ..IdentityVerified::default()
        };
        let told = Told::default().then("2026-03-02 10:00", Body::IdentityVerified(failed));
        let timeline = told.timeline();
        let requests = Requests::of(&timeline);
        assert!(requests.iter().all(|request| request.verified().is_none()));
    }
}
