//! Items that say nothing more than that the policy names a value of the vocabulary.

use serde::{Deserialize, Serialize};

use super::vocabulary::{Keyed, Vocabulary, one};
use super::{Citation, Cited};

/// A value that the policy names, e.g. a surface or a safeguard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, bound = "E: Vocabulary")]
pub struct Named<E> {
    /// The value.
    #[serde(with = "one")]
    pub id: E,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

impl<E: Vocabulary> Keyed for Named<E> {
    type Key = E;

    fn key(&self) -> E {
        self.id
    }
}

impl<E: Vocabulary> Cited for Named<E> {
    fn id(&self) -> String {
        self.id.name().to_owned()
    }

    fn cites(&self) -> &[Citation] {
        &self.cites
    }

    fn en(&self) -> &str {
        &self.en
    }
}

/// An item whose key is the field `id`.
macro_rules! item {
    ($type:ident, $key:ty) => {
        impl $crate::privacy_policy::vocabulary::Keyed for $type {
            type Key = $key;

            fn key(&self) -> $key {
                self.id.clone()
            }
        }

        impl $crate::privacy_policy::Cited for $type {
            fn id(&self) -> String {
                $crate::privacy_policy::item::Name::name_of(&self.id)
            }

            fn cites(&self) -> &[$crate::privacy_policy::Citation] {
                &self.cites
            }

            fn en(&self) -> &str {
                &self.en
            }
        }
    };
}

pub(super) use item;

/// A key as the file writes it.
pub(super) trait Name {
    fn name_of(&self) -> String;
}

impl<E: Vocabulary> Name for E {
    fn name_of(&self) -> String {
        self.name().to_owned()
    }
}

impl Name for String {
    fn name_of(&self) -> String {
        self.clone()
    }
}

/// `ClockAhead` as `CLOCK_AHEAD`.
pub(super) fn screaming(words: &str) -> String {
    let mut name = String::new();
    for (at, letter) in words.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
