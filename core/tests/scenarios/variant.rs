//! A policy that differs from another in few items.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

/// A file of `tests/scenarios/policy`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    /// The policy that it differs from: `ops/policy/<name>.toml`.
    based_on: String,
    /// What its head says otherwise, e.g. `id` and `effective`.
    policy: Table,
    /// Of a kind of item (`safeguard`) only these.
    #[serde(default)]
    keep: BTreeMap<String, Vec<String>>,
    /// Items that it has besides, or in place of those with the same id.
    #[serde(default)]
    put: BTreeMap<String, Vec<Table>>,
}

/// The policy that a variant describes; `named` gives the one that it is based on.
pub fn policy(
    text: &str,
    named: impl Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, String> {
    let variant: Variant = toml::from_str(text).map_err(|error| error.to_string())?;
    let base = String::from_utf8(named(&variant.based_on)?).map_err(|error| error.to_string())?;
    let mut policy: Table = toml::from_str(&base).map_err(|error| error.to_string())?;
    match policy.get_mut("policy") {
        Some(Value::Table(head)) => head.extend(variant.policy),
        _ => return Err("the policy has no head".into()),
    }
    for (kind, ids) in &variant.keep {
        let items = items(&mut policy, kind)?;
        for id in ids {
            if !items.iter().any(|item| id_of(item) == Some(id)) {
                return Err(format!("no {kind} {id} to keep"));
            }
        }
        items.retain(|item| id_of(item).is_some_and(|id| ids.iter().any(|kept| kept == id)));
    }
    for (kind, put) in variant.put {
        let items = items(&mut policy, &kind)?;
        for item in put.into_iter().map(Value::Table) {
            items.retain(|known| id_of(known) != id_of(&item));
            items.push(item);
        }
    }
    toml::to_string(&policy)
        .map(String::into_bytes)
        .map_err(|error| error.to_string())
}

fn items<'a>(policy: &'a mut Table, kind: &str) -> Result<&'a mut Vec<Value>, String> {
    match policy.get_mut(kind) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(format!("the policy has no items of the kind {kind}")),
    }
}

fn id_of(item: &Value) -> Option<&str> {
    item.get("id")?.as_str()
}

#[test]
fn a_variant_differs_in_what_it_names() {
    let base = "[policy]\nid = 'a'\n[[safeguard]]\nid = 'X'\nen = 'x'\n[[safeguard]]\nid = 'Y'\n";
    let named = |name: &str| {
        (name == "base")
            .then(|| base.into())
            .ok_or("none".to_owned())
    };
    let made = policy(
        "based_on = 'base'\n[policy]\nid = 'b'\n[keep]\nsafeguard = ['X']\n[[put.safeguard]]\nid = 'X'\nen = 'z'",
        named,
    );
    let made = String::from_utf8(made.unwrap()).unwrap();
    let table: Table = toml::from_str(&made).unwrap();
    assert_eq!(table["policy"]["id"].as_str(), Some("b"));
    assert_eq!(table["safeguard"].as_array().map(Vec::len), Some(1));
    assert_eq!(table["safeguard"][0]["en"].as_str(), Some("z"));
    let wrong = policy(
        "based_on = 'base'\n[policy]\n[keep]\nsafeguard = ['Z']",
        named,
    );
    assert_eq!(wrong, Err("no safeguard Z to keep".into()));
    assert!(
        policy(
            "based_on = 'base'\n[policy]\nwhat = 1\nelse = 2\n[other]",
            named
        )
        .is_err()
    );
}
