//! From bytes to a policy.

use std::collections::BTreeSet;

use super::PrivacyPolicy;
use crate::schema::v1::DataCategory;

/// The largest policy that is read, in bytes: it must fit in an event beside its text.
const MAX_BYTES: usize = 512 * 1024;

/// Why bytes are no machine-readable policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is too long to be published.
    #[error("the policy has {0} bytes; at most {MAX_BYTES} are read")]
    TooLong(usize),
    /// It is no UTF-8.
    #[error("the policy is no UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// It isn't TOML, has a field that isn't known, lacks one, or names a value that the schema
    /// doesn't have.
    #[error("line {line} of the policy{}: {message}", within(item))]
    Line {
        /// Counted from 1.
        line: usize,
        /// The item in which it stands, e.g. `[[purpose]] PU_DELIVERY`; empty at the file's top.
        item: String,
        /// What is wrong there.
        message: String,
    },
}

fn within(item: &str) -> String {
    if item.is_empty() {
        String::new()
    } else {
        format!(", in {item}")
    }
}

impl PrivacyPolicy {
    /// Reads a policy: TOML, every name of a value resolved against the schema, every set of
    /// categories expanded.
    ///
    /// # Errors
    /// [`Error::Line`] with line and item for the first thing that can't be read, or an item that stands
    /// twice; [`Error::TooLong`], [`Error::NotUtf8`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::TooLong(bytes.len()));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|wrong| Error::NotUtf8(wrong.valid_up_to()))?;
        let mut policy: Self = toml::from_str(text).map_err(|wrong| line_of(text, &wrong))?;
        policy.expand();
        Ok(policy)
    }

    /// A purpose that may use everything has all that the others name.
    fn expand(&mut self) {
        let named = self
            .purposes
            .values()
            .flat_map(|purpose| &purpose.categories);
        let every: BTreeSet<DataCategory> = named.copied().collect();
        for purpose in self.purposes.values_mut() {
            if purpose.every_category {
                purpose.categories.clone_from(&every);
            }
        }
    }
}

fn line_of(text: &str, wrong: &toml::de::Error) -> Error {
    let at = wrong.span().map_or(0, |span| span.start.min(text.len()));
    // A span starts between characters; should it not, the file's beginning is named.
    let before = text.get(..at).unwrap_or_default();
    Error::Line {
        line: before.matches('\n').count() + 1,
        item: item_at(text, before.len()),
        message: wrong.message().to_owned(),
    }
}

/// The header of the item in which a place stands, and the item's `id`. A table within an item, such
/// as `[purpose.refusal]`, belongs to it.
fn item_at(text: &str, at: usize) -> String {
    let starts_item = |line: &str| line.starts_with('[') && !line.contains('.');
    let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let lines: Vec<&str> = text.lines().collect();
    let last = text[..line_end].lines().count();
    let Some(header) = lines[..last].iter().rposition(|line| starts_item(line)) else {
        return String::new();
    };
    let mut body = lines[header + 1..]
        .iter()
        .take_while(|line| !starts_item(line));
    let id = body.find_map(|line| line.strip_prefix("id = "));
    let id = id.unwrap_or_default().trim().trim_matches('"');
    format!("{} {id}", lines[header].trim())
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests;
