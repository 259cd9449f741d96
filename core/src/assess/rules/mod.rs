//! The rules, each in a file named for what it judges.

use super::rule::Rule;

/// All rules, by number, then scope.
pub const RULES: &[&Rule] = &[];
