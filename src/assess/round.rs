//! How far a round of judging is.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::Marks;
use super::rows::Tag;
use crate::query::Cut;

/// One round.
pub(super) struct Round {
    pub(super) target: Cut,
    /// Up to where each log was marked.
    pub(super) marked: BTreeMap<String, u64>,
    pub(super) marks: Marks,
    /// Whether what is marked as a whole was listed.
    pub(super) listed: bool,
    /// Up to whom everybody was judged; none before the first.
    pub(super) swept: Option<Tag>,
    /// Those behind it that were judged already, with who is linked to them.
    pub(super) done: BTreeSet<Tag>,
    /// Those whose rows were dropped.
    pub(super) dropped: BTreeSet<Tag>,
}
