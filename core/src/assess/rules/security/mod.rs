//! Incidents, safeguards, and whether the log is whole: R25 to R28, R35 to R37, R43.

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[];
