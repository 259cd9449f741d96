//! Recipients and what leaves: R08, R10 to R14, R18, R24, R33, R38, R39.

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[];
