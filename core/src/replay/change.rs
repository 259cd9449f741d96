//! What changed.

use serde::{Deserialize, Serialize};

use super::item::Item;
use super::standing::Standing;
use super::state::State;

/// How an item stood before and stands after; none where there was or is nothing to say of it. The two differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The item.
    pub item: Item,
    /// How it stood.
    pub before: Option<Standing>,
    /// How it stands.
    pub after: Option<Standing>,
}

impl Change {
    /// A change of an item; none where both are the same.
    pub(super) fn of(
        item: &Item,
        before: Option<&Standing>,
        after: Option<&Standing>,
    ) -> Option<Self> {
        (before != after).then(|| Self {
            item: item.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
    }

    /// The change that takes this one back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            item: self.item,
            before: self.after,
            after: self.before,
        }
    }
}

/// What makes `to` of `from`: a change for each item that differs, in the order of items.
pub fn diff(from: &State, to: &State) -> Vec<Change> {
    let gone = from.iter().filter(|(item, _)| to.get(item).is_none());
    let gone = gone.map(|(item, before)| (item, Some(before), None));
    let there = to
        .iter()
        .map(|(item, after)| (item, from.get(item), Some(after)));
    let mut changes: Vec<Change> = gone
        .chain(there)
        .filter_map(|(item, before, after)| Change::of(item, before, after))
        .collect();
    changes.sort_by(|a, b| a.item.cmp(&b.item));
    changes
}
