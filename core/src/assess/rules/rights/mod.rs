//! What people may ask, and how they are treated: R19 to R23, R29 to R32, R34, R44.

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[];
