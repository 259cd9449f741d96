//! Consent and purpose: R01 to R07, R09, R15 to R17, R40 to R42.

mod after_withdrawal;
mod consent_words;
mod deed;
mod exemption;
mod inbound;
mod legal_role;
mod notice_first;
mod permission;
mod purpose_lock;
mod recipient_named;
mod reconsent;
mod refusal;
mod reuse;
mod scope;
mod sensitive_consent;
mod separate_consent;
mod share_basis;

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[
    &share_basis::RULE,
    &separate_consent::RULE,
    &sensitive_consent::RULE,
    &after_withdrawal::RULE,
    &scope::RULE,
    &notice_first::RULE,
    &notice_first::SDK_RULE,
    &exemption::RULE,
    &recipient_named::RULE,
    &permission::RULE,
    &refusal::RULE,
    &reconsent::RULE,
    &inbound::RULE,
    &purpose_lock::RULE,
    &reuse::RULE,
];
