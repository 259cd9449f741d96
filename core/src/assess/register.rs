//! What the registry says, in order, by kind of event and by key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use prost::Message as _;

use super::occurrence::Occurrence;
use crate::schema;

/// Kinds of registry events that no rule looks at, and of which a ledger may have any number: its own
/// notices (checkpoints, extracts), and heartbeats of producers.
const NOT_KEPT: [u32; 6] = [302, 310, 311, 312, 313, 343];

/// The registry's occurrences, by kind of event and by the key under which they stand
/// (`recipient_id`, `policy_version_id`, `case_ref` …). State of a recipient, an SDK or a safeguard is a
/// fold over these ([`super::state`]). A clone and a beginning of it share them.
#[derive(Debug, Clone, Default)]
pub struct Register {
    kept: Arc<Kept>,
    /// How many of them, from the first, are looked at.
    len: usize,
}

/// Occurrences in order, and where those of a kind and under a key are, ascending.
#[derive(Debug, Default)]
struct Kept {
    all: Vec<Occurrence>,
    by_kind: BTreeMap<u32, Vec<usize>>,
    by_key: BTreeMap<(u32, String), Vec<usize>>,
}

impl Register {
    /// A register of these occurrences, which may come in any order; one leaf counts once.
    pub fn new(occurrences: impl IntoIterator<Item = Occurrence>) -> Self {
        let kept = |one: &Occurrence| !NOT_KEPT.contains(&one.kind);
        let mut all: Vec<_> = occurrences.into_iter().filter(kept).collect();
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut seen = BTreeSet::new();
        all.retain(|one| seen.insert(one.leaf.clone()));
        let mut register = Kept::default();
        for (place, one) in all.iter().enumerate() {
            let kind = one.kind;
            register.by_kind.entry(kind).or_default().push(place);
            for key in keys_of(one) {
                let places = register.by_key.entry((kind, key)).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        register.all = all;
        Self {
            len: register.all.len(),
            kept: Arc::new(register),
        }
    }

    /// The same up to a moment, itself included: what it was when nothing later had happened.
    #[must_use]
    pub fn up_to(&self, ms: i64) -> Self {
        self.first(self.all().partition_point(|one| one.occurred_at_ms <= ms))
    }

    /// The first so many of them; all, where there are fewer.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        Self {
            kept: Arc::clone(&self.kept),
            len: count.min(self.len),
        }
    }

    /// Whether the registry's fold looks at events of this kind (the body's field number) at all.
    pub fn keeps(kind: u32) -> bool {
        !NOT_KEPT.contains(&kind)
    }

    /// All occurrences, in order.
    pub fn all(&self) -> &[Occurrence] {
        &self.kept.all[..self.len]
    }

    /// Those of a kind, by the body's field number in the envelope, in order.
    pub fn of(&self, kind: u32) -> impl DoubleEndedIterator<Item = &Occurrence> {
        self.at(self.kept.by_kind.get(&kind))
    }

    /// Those of a kind that stand under a key, or name it as recipient or incident, in order.
    pub fn under(&self, kind: u32, key: &str) -> impl DoubleEndedIterator<Item = &Occurrence> {
        self.at(self.kept.by_key.get(&(kind, key.to_owned())))
    }

    /// The keys under which a kind stands, ascending.
    pub fn keys(&self, kind: u32) -> impl Iterator<Item = &str> {
        let from = (kind, String::new());
        let below = (kind + 1, String::new());
        self.kept
            .by_key
            .range(from..below)
            .filter(|(_, places)| places.first().is_some_and(|first| *first < self.len))
            .map(|((_, key), _)| key.as_str())
    }

    /// Those of these places that are looked at.
    fn at(&self, places: Option<&Vec<usize>>) -> impl DoubleEndedIterator<Item = &Occurrence> {
        let places = places.map_or(&[][..], Vec::as_slice);
        let until = places.partition_point(|place| *place < self.len);
        places[..until].iter().map(|place| &self.kept.all[*place])
    }
}

/// The texts of the body's key field, and of its recipient and incident; a key of bytes is in hex.
fn keys_of(one: &Occurrence) -> BTreeSet<String> {
    let Some(kind) = schema::body_of(one.kind) else {
        return BTreeSet::new();
    };
    let Ok(event) = schema::decode(&one.event.encode_to_vec()) else {
        return BTreeSet::new();
    };
    let Some(body) = event.get_field_by_number(kind.number) else {
        return BTreeSet::new();
    };
    let Some(body) = body.as_message() else {
        return BTreeSet::new();
    };
    let named = [kind.key_field.clone()].into_iter().flatten().chain(
        ["recipient_id", "incident_id"]
            .iter()
            .filter_map(|name| kind.descriptor.get_field_by_name(name)),
    );
    named
        .filter_map(|field| {
            let value = body.get_field(&field);
            let text = value.as_str().map(str::to_owned);
            text.or_else(|| value.as_bytes().map(hex::encode))
        })
        .filter(|text| !text.is_empty())
        .collect()
}
