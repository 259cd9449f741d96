//! `LIMITS.md`: what an extract doesn't prove.

/// The whole member.
pub(super) const TEXT: &str = include_str!("limits.md");
