//! The state at a moment.

use std::collections::BTreeMap;
use std::collections::btree_map;

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::evidence::Evidence;
use super::item::Item;
use super::judged::standing_at;
use super::part::Part;
use super::standing::Standing;

/// What holds, by item. As JSON it is a list of objects with the item's fields and the standing's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct State(BTreeMap<Item, Standing>);

/// An item with its standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    item: Item,
    #[serde(flatten)]
    standing: Standing,
}

impl State {
    /// The state at a moment, in ms since 1970: what had happened by then, itself included, folded and judged
    /// anew.
    pub fn at(evidence: &Evidence<'_>, ms: i64) -> Self {
        let view = evidence.view(ms, evidence.book(ms));
        let mut state = Self::default();
        for part in Part::of(evidence.of()) {
            part.fold(&view, &mut state);
        }
        for finding in view.judge() {
            state.extend(standing_at(&finding, ms));
        }
        state
    }

    /// How an item stands; none where there is nothing to say of it.
    pub fn get(&self, item: &Item) -> Option<&Standing> {
        self.0.get(item)
    }

    /// All items with their standings, in order.
    pub fn iter(&self) -> btree_map::Iter<'_, Item, Standing> {
        self.0.iter()
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes a change.
    pub fn apply(&mut self, change: &Change) {
        self.set(&change.item, change.after.as_ref());
    }

    /// Takes a change back.
    pub fn undo(&mut self, change: &Change) {
        self.set(&change.item, change.before.as_ref());
    }

    pub(super) fn put(&mut self, item: Item, standing: Standing) {
        self.0.insert(item, standing);
    }

    pub(super) fn extend(&mut self, entries: impl IntoIterator<Item = (Item, Standing)>) {
        self.0.extend(entries);
    }

    fn set(&mut self, item: &Item, standing: Option<&Standing>) {
        match standing {
            Some(standing) => self.0.insert(item.clone(), standing.clone()),
            None => self.0.remove(item),
        };
    }
}

impl<'a> IntoIterator for &'a State {
    type Item = (&'a Item, &'a Standing);
    type IntoIter = btree_map::Iter<'a, Item, Standing>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Vec<Entry>> for State {
    fn from(entries: Vec<Entry>) -> Self {
        let pairs = entries.into_iter();
        Self(pairs.map(|entry| (entry.item, entry.standing)).collect())
    }
}

impl From<State> for Vec<Entry> {
    fn from(state: State) -> Self {
        let pairs = state.0.into_iter();
        pairs
            .map(|(item, standing)| Entry { item, standing })
            .collect()
    }
}
