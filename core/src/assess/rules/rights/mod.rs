//! What people may ask, and how they are treated: R19 to R23, R29 to R32, R34, R44.

mod after_erasure;
mod audience;
mod automated_decisions;
mod cancellation;
mod clock;
mod complaint_overdue;
mod ended;
mod internal_access;
mod marketing;
mod other_people;
mod quoted;
mod refusal_reasons;
mod retention;
mod rights_overdue;

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[
    &rights_overdue::RULE,
    &complaint_overdue::RULE,
    &refusal_reasons::RULE,
    &cancellation::RULE,
    &retention::RULE,
    &audience::RULE,
    &automated_decisions::RULE,
    &marketing::RULE,
    &other_people::RULE,
    &internal_access::RULE,
    &after_erasure::RULE,
];
