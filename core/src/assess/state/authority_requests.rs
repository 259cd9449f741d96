//! Authority requests: document, reviewers, scope, gag.

use std::collections::BTreeSet;

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::register::Register;
use crate::schema::v1::event::Body;
use crate::schema::v1::{AuthorityRequestReceived, DisclosureReviewed};

/// `AuthorityRequestReceived`, in the envelope.
const RECEIVED: u32 = 207;
/// `DisclosureReviewed`.
const REVIEWED: u32 = 208;

/// An authority's demand, as it stood at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// What was asked: the last word on the case by then.
    pub asked: &'a AuthorityRequestReceived,
    /// The event that says so.
    pub on: &'a Occurrence,
}

/// A review of a demand.
#[derive(Debug, Clone, Copy)]
pub struct Review<'a> {
    /// What was decided.
    pub said: &'a DisclosureReviewed,
    /// The event that says so.
    pub on: &'a Occurrence,
}

impl Demand<'_> {
    /// Until when the person must not be told, in ms since 1970; none where there is no gag.
    pub fn gag_until_ms(&self) -> Option<i64> {
        self.asked.gag_until.as_ref().map(ms_of)
    }
}

impl Review<'_> {
    /// How many different people reviewed.
    pub fn reviewers(&self) -> usize {
        self.said
            .reviewer_refs
            .iter()
            .collect::<BTreeSet<_>>()
            .len()
    }
}

/// The demand of a case at a moment (`ms` since 1970, itself included): what had arrived (`received_at`,
/// else when it occurred) by then; none where nothing had.
pub fn demand_at<'a>(register: &'a Register, case_ref: &str, ms: i64) -> Option<Demand<'a>> {
    let arrived = register.under(RECEIVED, case_ref).rev().filter_map(|one| {
        let Body::AuthorityRequestReceived(asked) = one.body() else {
            return None;
        };
        let received = asked.received_at.as_ref();
        let at = received.map_or(one.occurred_at_ms, ms_of);
        (at <= ms && asked.case_ref == case_ref).then_some((asked, one))
    });
    let (asked, on) = arrived.into_iter().next()?;
    Some(Demand { asked, on })
}

/// The last review of a case at a moment, itself included.
pub fn review_at<'a>(register: &'a Register, case_ref: &str, ms: i64) -> Option<Review<'a>> {
    let reviews = register.under(REVIEWED, case_ref).rev();
    let mut by_then = reviews.filter(|one| one.occurred_at_ms <= ms);
    by_then.find_map(|on| match on.body() {
        Body::DisclosureReviewed(said) if said.case_ref == case_ref => Some(Review { said, on }),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
