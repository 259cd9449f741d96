//! From folds of state to items, a file for what the state is of.

pub(super) mod incident;
pub(super) mod person;
pub(super) mod recipient;
pub(super) mod register;

use crate::schema;

/// The names in the schema of values of a vocabulary (`DataCategory`), in their order; a number that it doesn't
/// have stands as itself.
fn names(vocabulary: &str, numbers: &[i32]) -> Vec<String> {
    let vocabulary = format!("custodia.v1.{vocabulary}");
    let name = |number: &i32| {
        let label = schema::label(&vocabulary, *number);
        label.map_or_else(|| number.to_string(), |label| label.value.clone())
    };
    numbers.iter().map(name).collect()
}

/// The name of one value.
fn name(vocabulary: &str, number: i32) -> String {
    names(vocabulary, &[number]).pop().unwrap_or_default()
}
