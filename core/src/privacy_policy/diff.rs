//! What a version changes, and which consents it ends.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::ser::Serializer;
use serde_json::{Map, Value};

use super::vocabulary::Vocabulary as _;
use super::{Cited as _, PrivacyPolicy};
use crate::schema::v1::{Actor, ChangedDimension, Purpose};

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It says the same in other words, or in another line.
    Reworded,
}

/// A field of an item that changed: for a list what went and what came, else the old and the new
/// value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, e.g. `categories`.
    pub field: String,
    /// What went.
    pub removed: Vec<String>,
    /// What came.
    pub added: Vec<String>,
}

/// One item that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The part of the file, e.g. `purpose`.
    pub part: String,
    /// The item, e.g. `PU_DELIVERY`.
    pub id: String,
    /// What became of it.
    pub fate: Fate,
    /// The fields, where it changed or was reworded.
    pub fields: Vec<FieldChange>,
}

/// What one version of a policy changes in another (PIPL 14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The items, by part and name.
    pub changes: Vec<Change>,
    /// The purposes that need consent anew, with what changed of each. Whoever consented to one of
    /// them under the old version hasn't consented to it under the new one.
    #[serde(serialize_with = "by_name")]
    pub reconsent: BTreeMap<Purpose, BTreeSet<ChangedDimension>>,
}

fn by_name<S: Serializer>(
    purposes: &BTreeMap<Purpose, BTreeSet<ChangedDimension>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let named = purposes.iter().map(|(purpose, dimensions)| {
        let names: Vec<_> = dimensions
            .iter()
            .map(ChangedDimension::as_str_name)
            .collect();
        (purpose.name(), names)
    });
    serializer.collect_map(named)
}

impl Difference {
    /// What changed of all purposes together: the event's `changed_dimensions`.
    pub fn dimensions(&self) -> BTreeSet<ChangedDimension> {
        self.reconsent.values().flatten().copied().collect()
    }
}

/// What `new` changes in `old`. A purpose needs consent anew where it is new or its words changed
/// ([`PvDimPurpose`](ChangedDimension::PvDimPurpose)), where it may use categories that it might not
/// ([`PvDimCategory`](ChangedDimension::PvDimCategory)), and where data is collected in a way, comes
/// from a source or goes to a kind of recipient that it did not
/// ([`PvDimMethod`](ChangedDimension::PvDimMethod)). Less of any of them needs none.
pub fn diff(old: &PrivacyPolicy, new: &PrivacyPolicy) -> Difference {
    let mut changes = Vec::new();
    let (old_parts, new_parts) = (parts_of(old), parts_of(new));
    for (part, new_items) in &new_parts {
        let none = BTreeMap::new();
        let old_items = old_parts.get(part).unwrap_or(&none);
        compare(part, old_items, new_items, &mut changes);
    }
    let mut reconsent = BTreeMap::new();
    for purpose in new.purposes.keys().filter(|of| !new.purposes[of].unstated) {
        let dimensions = dimensions_of(*purpose, old, new);
        if !dimensions.is_empty() {
            reconsent.insert(*purpose, dimensions);
        }
    }
    Difference { changes, reconsent }
}

fn dimensions_of(
    purpose: Purpose,
    old: &PrivacyPolicy,
    new: &PrivacyPolicy,
) -> BTreeSet<ChangedDimension> {
    use ChangedDimension::{PvDimCategory, PvDimMethod, PvDimPurpose};
    let (Some(before), Some(now)) = (old.purpose(purpose), new.purpose(purpose)) else {
        return BTreeSet::from([PvDimPurpose]);
    };
    let words = |item: &super::PurposeItem| item.citation().and_then(|of| of.phrase.clone());
    let recipients = recipients_of(purpose, old);
    let found = [
        (PvDimPurpose, words(before) != words(now)),
        (PvDimCategory, !now.categories.is_subset(&before.categories)),
        (
            PvDimMethod,
            !now.ways.is_subset(&before.ways)
                || !now.sources.is_subset(&before.sources)
                || !recipients_of(purpose, new).is_subset(&recipients),
        ),
    ];
    let changed = found.into_iter().filter(|(_, changed)| *changed);
    changed.map(|(dimension, _)| dimension).collect()
}

/// The kinds of recipients that may get data for a purpose.
fn recipients_of(purpose: Purpose, policy: &PrivacyPolicy) -> BTreeSet<Actor> {
    let grants = policy.sharing.values().flat_map(|case| &case.grants);
    grants
        .filter(|grant| grant.purposes.contains(&purpose))
        .flat_map(|grant| grant.recipients.iter().copied())
        .collect()
}

type Items = BTreeMap<String, Map<String, Value>>;

/// The policy as its file would be, part by part and item by item, sets expanded.
fn parts_of(policy: &PrivacyPolicy) -> BTreeMap<String, Items> {
    let whole = serde_json::to_value(policy).expect("its maps are keyed by strings");
    let Value::Object(parts) = whole else {
        return BTreeMap::new();
    };
    parts
        .into_iter()
        .map(|(part, of)| (part, items_of(of)))
        .collect()
}

fn items_of(part: Value) -> Items {
    match part {
        Value::Array(items) => items.into_iter().filter_map(keyed).collect(),
        Value::Object(only) => BTreeMap::from([(String::new(), only)]),
        _ => BTreeMap::new(),
    }
}

fn keyed(item: Value) -> Option<(String, Map<String, Value>)> {
    let Value::Object(fields) = item else {
        return None;
    };
    let id = fields.get("id")?.as_str()?.to_owned();
    Some((id, fields))
}

fn compare(part: &str, old: &Items, new: &Items, changes: &mut Vec<Change>) {
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for id in ids {
        let (fate, fields) = match (old.get(id), new.get(id)) {
            (None, _) => (Fate::Added, Vec::new()),
            (_, None) => (Fate::Removed, Vec::new()),
            (Some(before), Some(now)) => {
                let fields = fields_changed(before, now);
                let words = fields
                    .iter()
                    .all(|of| ["cites", "en"].contains(&of.field.as_str()));
                let fate = if words { Fate::Reworded } else { Fate::Changed };
                if fields.is_empty() {
                    continue;
                }
                (fate, fields)
            }
        };
        changes.push(Change {
            part: part.to_owned(),
            id: id.clone(),
            fate,
            fields,
        });
    }
}

fn fields_changed(before: &Map<String, Value>, now: &Map<String, Value>) -> Vec<FieldChange> {
    let fields: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let changed = fields.into_iter().filter_map(|field| {
        let (before, now) = (words_of(before.get(field)), words_of(now.get(field)));
        let without = |these: &[String], those: &[String]| -> Vec<String> {
            these
                .iter()
                .filter(|of| !those.contains(of))
                .cloned()
                .collect()
        };
        let (removed, added) = (without(&before, &now), without(&now, &before));
        (removed != added).then(|| FieldChange {
            field: field.clone(),
            removed,
            added,
        })
    });
    changed.collect()
}

fn words_of(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(word_of).collect(),
        Some(value) => vec![word_of(value)],
    }
}

fn word_of(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
