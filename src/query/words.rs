//! Values of the vocabulary, with their names for people.

use custodia_core::schema;
use serde::{Deserialize, Serialize};

/// A value of the schema's vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Word {
    /// Its name in the schema, e.g. `DC_ID_NUMBER`; the number where the schema has no such value.
    pub value: String,
    /// Its name in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zh: Option<String>,
    /// Its name in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Word {
    /// The word for a number of an enum of `custodia.v1`; none for 0.
    pub fn of(vocabulary: &str, number: i32) -> Option<Self> {
        if number == 0 {
            return None;
        }
        let label = schema::label(&format!("custodia.v1.{vocabulary}"), number);
        Some(match label {
            Some(label) => Self {
                value: label.value.clone(),
                zh: Some(label.name_zh().to_owned()),
                en: Some(label.en.clone()),
            },
            None => Self {
                value: number.to_string(),
                zh: None,
                en: None,
            },
        })
    }

    /// The words for many numbers, in their order.
    pub fn all(vocabulary: &str, numbers: &[i32]) -> Vec<Self> {
        numbers
            .iter()
            .filter_map(|number| Self::of(vocabulary, *number))
            .collect()
    }

    /// The name to show: English, or the value where there is none.
    pub fn shown(&self) -> &str {
        self.en.as_deref().unwrap_or(&self.value)
    }
}
