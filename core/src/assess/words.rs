//! Words of the vocabularies in the sentences of findings.

use crate::schema;

/// The names of values of a vocabulary (`DataCategory`) in Chinese, joined as Chinese joins them.
pub(super) fn zh(vocabulary: &str, numbers: &[i32]) -> String {
    names(
        vocabulary,
        numbers,
        |label| label.name_zh().to_owned(),
        "、",
    )
}

/// The names of values of a vocabulary in English.
pub(super) fn en(vocabulary: &str, numbers: &[i32]) -> String {
    names(vocabulary, numbers, |label| label.en.clone(), ", ")
}

/// The words of the policy from which a value comes, and their line; none for values of laws.
pub(super) fn phrase(vocabulary: &str, number: i32) -> Option<(&'static str, u32)> {
    let label = schema::label(&format!("custodia.v1.{vocabulary}"), number)?;
    Some((label.zh.as_deref()?, label.line?))
}

fn names(
    vocabulary: &str,
    numbers: &[i32],
    name: fn(&schema::Label) -> String,
    between: &str,
) -> String {
    let vocabulary = format!("custodia.v1.{vocabulary}");
    let one = |number: &i32| {
        let label = schema::label(&vocabulary, *number);
        label.map_or_else(|| number.to_string(), name)
    };
    numbers.iter().map(one).collect::<Vec<_>>().join(between)
}
