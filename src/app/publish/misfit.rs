//! Why a line's JSON is no event: which field, and never what stands there.
//!
//! The decoder's own messages quote values, and a value in the wrong place may be a person's.

use custodia_core::schema;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde::Serialize;
use serde_json::Value;

use super::lines::MAX_LINE_BYTES;

const TIMESTAMP: &str = "google.protobuf.Timestamp";
/// What is shown of a name that is no identifier, and might be anything.
const UNSHOWN: &str = "(not a field's name)";

/// Why a line can't be read as an event. As JSON: `{"reason":"unknown_field","path":"phone"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Misfit {
    /// More bytes than an event may have.
    #[error("the line is longer than {MAX_LINE_BYTES} bytes")]
    LineTooLong,
    /// The bytes are no text.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// The text is no JSON.
    #[error("not JSON, at column {column}")]
    NotJson {
        /// Where, from 1.
        column: usize,
    },
    /// JSON, and no object.
    #[error("not a JSON object")]
    NotAnObject,
    /// The schema has no such field.
    #[error("{path}: the schema has no such field")]
    UnknownField {
        /// The field.
        path: String,
    },
    /// A word that the vocabulary doesn't have.
    #[error("{path}: the vocabulary has no such value")]
    UnknownEnumValue {
        /// The field, e.g. `data_shared.categories[2]`.
        path: String,
    },
    /// What stands there can't be read as the field's type.
    #[error("{path}: expected {expected}")]
    WrongType {
        /// The field.
        path: String,
        /// What protobuf's JSON mapping asks for there.
        expected: &'static str,
    },
    /// Every field can be read by itself, and together they can't.
    #[error("a field stands twice, or there are two bodies")]
    FieldTwice,
}

/// Reads a line as an event.
///
/// # Errors
/// Every field that doesn't fit, or the one thing that is wrong with the whole.
pub(super) fn read(text: &str) -> Result<DynamicMessage, Vec<Misfit>> {
    let bytes = schema::event_from_json(text).map_err(|_| why(text))?;
    schema::decode(&bytes).map_err(|_| why(text))
}

fn why(text: &str) -> Vec<Misfit> {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            return vec![Misfit::NotJson {
                column: error.column(),
            }];
        }
    };
    if !value.is_object() {
        return vec![Misfit::NotAnObject];
    }
    let mut misfits = Vec::new();
    in_message(&value, schema::event_descriptor(), "", &mut misfits);
    if misfits.is_empty() {
        misfits.push(Misfit::FieldTwice);
    }
    misfits
}

fn in_message(value: &Value, message: &MessageDescriptor, path: &str, found: &mut Vec<Misfit>) {
    let Some(object) = value.as_object() else {
        found.push(Misfit::WrongType {
            path: path.to_owned(),
            expected: "an object",
        });
        return;
    };
    for (name, value) in object {
        match field_named(message, name) {
            Some(field) => in_field(value, &field, &join(path, field.name()), found),
            None => found.push(Misfit::UnknownField {
                path: join(path, shown(name)),
            }),
        }
    }
}

fn in_field(value: &Value, field: &FieldDescriptor, path: &str, found: &mut Vec<Misfit>) {
    match value {
        // Null stands for a field that isn't there.
        Value::Null => {}
        Value::Array(values) if field.is_list() => {
            for (at, value) in values.iter().enumerate() {
                in_value(value, field, &format!("{path}[{at}]"), found);
            }
        }
        _ if field.is_list() => {
            found.push(Misfit::WrongType {
                path: path.to_owned(),
                expected: "a list",
            });
        }
        _ => in_value(value, field, path, found),
    }
}

fn in_value(value: &Value, field: &FieldDescriptor, path: &str, found: &mut Vec<Misfit>) {
    match field.kind() {
        Kind::Message(message) if message.full_name() != TIMESTAMP => {
            in_message(value, &message, path, found);
        }
        _ if fits(value, field) => {}
        Kind::Enum(_) => found.push(Misfit::UnknownEnumValue {
            path: path.to_owned(),
        }),
        kind => {
            found.push(Misfit::WrongType {
                path: path.to_owned(),
                expected: expected(&kind),
            });
        }
    }
}

/// Whether the decoder takes this value, as the only one of its message.
fn fits(value: &Value, field: &FieldDescriptor) -> bool {
    let alone = if field.is_list() {
        Value::from(vec![value.clone()])
    } else {
        value.clone()
    };
    let message = Value::from_iter([(field.json_name(), alone)]);
    DynamicMessage::deserialize(field.parent_message().clone(), message).is_ok()
}

fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bytes => "bytes as base64",
        Kind::String => "a text",
        Kind::Bool => "true or false",
        Kind::Message(_) => "a time, as 2026-11-01T08:00:00Z",
        Kind::Float | Kind::Double => "a number",
        _ => "a whole number in the field's range",
    }
}

/// By the schema's name or in camel case.
fn field_named(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message
        .get_field_by_name(name)
        .or_else(|| message.get_field_by_json_name(name))
}

/// A name as far as it can be one of a field.
fn shown(name: &str) -> &str {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if begins && goes_on && name.len() <= 64 {
        name
    } else {
        UNSHOWN
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misfits(text: &str) -> Vec<String> {
        read(text)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn what_is_no_json_is_named_by_its_column() {
        assert_eq!(
            misfits("{\"producer\": 13800138000x}"),
            ["not JSON, at column 25"]
        );
        assert_eq!(misfits("[1]"), ["not a JSON object"]);
        assert_eq!(misfits("{} {}"), ["not JSON, at column 4"]);
    }

    #[test]
    fn every_field_that_does_not_fit_is_named_without_its_value() {
        let line = r#"{"occurredAt": "13800138000", "salt": "*13800138000*", "producer": 13800138000,
            "producer_seq": "13800138000x", "subject_role": "13800138000", "evidence": {},
            "data_shared": {"categories": ["DC_REAL_NAME", "13800138000"], "basis": "13800138000",
                "phone": "13800138000"}}"#;
        let found = misfits(line);
        assert_eq!(
            found,
            [
                "data_shared.basis: expected an object",
                "data_shared.categories[1]: the vocabulary has no such value",
                "data_shared.phone: the schema has no such field",
                "evidence: expected a list",
                "occurred_at: expected a time, as 2026-11-01T08:00:00Z",
                "producer: expected a text",
                "producer_seq: expected a whole number in the field's range",
                "salt: expected bytes as base64",
                "subject_role: the vocabulary has no such value",
            ]
        );
    }

    #[test]
    fn a_name_that_may_be_a_value_is_not_shown() {
        let found = misfits(r#"{"13800138000": 1, "a b": 1}"#);
        let unshown = "(not a field's name): the schema has no such field";
        assert_eq!(found, [unshown, unshown]);
    }

    #[test]
    fn two_bodies_are_refused() {
        let two = r#"{"order_opened": {}, "order_completed": {}}"#;
        assert_eq!(
            misfits(two),
            ["a field stands twice, or there are two bodies"]
        );
    }
}
