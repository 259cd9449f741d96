//! Recipients and what leaves: R08, R10 to R14, R18, R24, R33, R38, R39.

mod assessment_kept;
mod authority_disclosure;
mod change_told;
mod change_told_to_person;
mod cross_border;
mod deletion_passed_on;
mod entrusted_unassessed;
mod entrustment;
mod erased_early;
mod flow;
mod impact_assessment;
mod publication;
mod recipient_standing;
mod record_kept;
mod sdk_observed;
mod sdk_share;
mod sdk_words;
mod separate_consent;
mod stored_abroad;
mod transfer;

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[
    &recipient_standing::RULE,
    &impact_assessment::RULE,
    &entrusted_unassessed::RULE,
    &assessment_kept::RULE,
    &cross_border::RULE,
    &stored_abroad::RULE,
    &authority_disclosure::RULE,
    &transfer::RULE,
    &sdk_share::RULE,
    &sdk_observed::RULE,
    &change_told_to_person::RULE,
    &change_told::RULE,
    &deletion_passed_on::RULE,
    &record_kept::RULE,
    &erased_early::RULE,
    &entrustment::RULE,
    &publication::RULE,
];
