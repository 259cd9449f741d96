//! Consent and purpose: R01 to R07, R09, R15 to R17, R40 to R42.

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[];
