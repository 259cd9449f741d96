//! Which names a member may have (`proto/FORMAT.md` 13.1).

use std::collections::BTreeSet;

use unicode_normalization::is_nfc;

use super::{Error, MAX_MEMBERS, MAX_NAME_BYTES};

/// What keeps a name from being a member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty, or too long.
    #[error("doesn't have 1 to {MAX_NAME_BYTES} bytes")]
    Length,
    /// Not UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// Not in normalisation form C.
    #[error("is not in Unicode's normalisation form C")]
    NotComposed,
    /// A control character, or one that some file system can't have.
    #[error("holds a character that it may not")]
    Character,
    /// A part between slashes that is empty or means another folder, or that some file system
    /// would change.
    #[error("has a part that is empty, \".\" or \"..\", or ends as no file name may")]
    Part,
}

/// Checks a name and gives it as text.
pub(super) fn check(name: &[u8]) -> Result<&str, Error> {
    let wrong = |reason| Error::Name {
        name: String::from_utf8_lossy(&name[..name.len().min(MAX_NAME_BYTES)]).into_owned(),
        reason,
    };
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(wrong(NameError::Length));
    }
    let text = str::from_utf8(name).map_err(|_| wrong(NameError::NotUtf8))?;
    if !text.chars().all(is_allowed) {
        return Err(wrong(NameError::Character));
    }
    if !text.split('/').all(is_part) {
        return Err(wrong(NameError::Part));
    }
    if !is_nfc(text) {
        return Err(wrong(NameError::NotComposed));
    }
    Ok(text)
}

fn is_allowed(c: char) -> bool {
    c >= ' ' && !matches!(c, '\u{7f}' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

/// A part of only dots ends with a dot.
fn is_part(part: &str) -> bool {
    !part.is_empty() && !part.starts_with(' ') && !part.ends_with([' ', '.'])
}

/// The names so far, as file systems tell them apart that ignore case.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes one more name.
    pub(super) fn take(&mut self, name: &str) -> Result<(), Error> {
        if self.0.len() == MAX_MEMBERS {
            return Err(Error::TooManyMembers);
        }
        if self.0.insert(name.to_ascii_lowercase()) {
            Ok(())
        } else {
            Err(Error::NameTwice(name.to_owned()))
        }
    }
}
