//! Values of the vocabularies, with what the schema says of them.

use super::Language;
use super::names::{self, Name};
use crate::schema::{self, Label};

/// A value of a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word {
    /// The enum's name, e.g. `DataCategory`.
    pub(super) vocabulary: &'static str,
    /// The value's number.
    pub(super) number: i32,
}

impl Word {
    /// The word for a number; none for 0, which says nothing.
    pub(super) fn of(vocabulary: &str, number: i32) -> Option<Self> {
        let (vocabulary, _) = names::vocabulary(vocabulary)?;
        (number != 0).then_some(Self { vocabulary, number })
    }

    /// The word for a value's name, e.g. `RQ_SUBJECT`; none where the vocabulary hasn't it.
    pub(super) fn named(vocabulary: &str, value: &str) -> Option<Self> {
        let labels = schema::labels(&format!("custodia.v1.{vocabulary}"))?;
        let (number, _) = labels.iter().find(|(_, label)| label.value == value)?;
        Self::of(vocabulary, *number)
    }

    /// What the schema says of it; none for a number that it doesn't have.
    pub(super) fn label(self) -> Option<&'static Label> {
        schema::label(&format!("custodia.v1.{}", self.vocabulary), self.number)
    }

    /// Its name in the schema; the number where it has none.
    pub(super) fn value(self) -> String {
        let label = self.label();
        label.map_or_else(|| self.number.to_string(), |label| label.value.clone())
    }

    /// Its name for people.
    pub(super) fn name(self, language: Language) -> String {
        match (self.label(), language) {
            (Some(label), Language::Zh) => label.name_zh().to_owned(),
            (Some(label), Language::En) => label.en.clone(),
            (None, Language::Zh) => format!("未知值{}", self.number),
            (None, Language::En) => format!("unknown value {}", self.number),
        }
    }

    /// Whether it is a sensitive category (PIPL 28).
    pub(super) fn is_sensitive(self) -> bool {
        self.label().is_some_and(|label| label.sensitive)
    }

    /// The name of its vocabulary.
    pub(super) fn vocabulary_name(self) -> Name {
        let name = names::vocabulary(self.vocabulary).map(|(_, name)| name);
        name.unwrap_or(Name::new("", ""))
    }
}

/// The names of words, joined as the language joins them.
pub(super) fn names_of(words: &[Word], language: Language) -> String {
    let names: Vec<String> = words.iter().map(|word| word.name(language)).collect();
    names.join(language.pick("、", ", "))
}

/// The values of words, joined for programs.
pub(super) fn values_of(words: &[Word]) -> String {
    let values: Vec<String> = words.iter().map(|word| word.value()).collect();
    values.join(" ")
}
