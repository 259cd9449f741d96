//! Which rules judge, with which holidays, and the digest of both.

use std::fs;
use std::path::Path;

use custodia_core::assess::{
    Assessed, BUILT_IN_HOLIDAYS, Grounds, Holidays, Scope, assess, bundle_digest,
};
use sha2::{Digest as _, Sha256};

use super::Error;

const BUILT_IN_NAME: &str = "ops/policy/holidays.toml";

/// How a scope is judged.
pub type Judge = fn(Scope, &Grounds<'_>) -> Assessed;

/// The rules that judge and the public holidays that they count by. Findings made with another one are
/// made again.
#[derive(Debug, Clone)]
pub struct Rulebook {
    pub(super) judge: Judge,
    pub(super) holidays: Holidays,
    rules: [u8; 32],
    digest: [u8; 32],
}

impl Rulebook {
    /// The rules of this program, with the public holidays of a file (TOML, as
    /// [`Holidays::parse`] reads it); without one with those that this program was built with.
    ///
    /// # Errors
    /// [`Error::HolidaysUnread`], [`Error::HolidaysRefused`].
    pub fn with_holidays_of(file: Option<&Path>) -> Result<Self, Error> {
        let path = file.unwrap_or(Path::new(BUILT_IN_NAME));
        let text = match file {
            None => BUILT_IN_HOLIDAYS.to_owned(),
            Some(path) => fs::read_to_string(path).map_err(|source| Error::HolidaysUnread {
                path: path.to_owned(),
                source,
            })?,
        };
        let holidays = Holidays::parse(&text).map_err(|source| Error::HolidaysRefused {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::new(assess, bundle_digest(), holidays, &text))
    }

    /// Any rules, under the digest that names them.
    pub(super) fn new(judge: Judge, rules: [u8; 32], holidays: Holidays, calendar: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(rules);
        digest.update(calendar);
        Self {
            judge,
            holidays,
            rules,
            digest: digest.finalize().into(),
        }
    }

    /// What names the rules: [`bundle_digest`].
    pub const fn rules(&self) -> &[u8; 32] {
        &self.rules
    }

    /// What names rules and holidays together.
    pub(super) const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_come_from_the_program_or_from_a_file_that_can_be_read() {
        let built_in = Rulebook::with_holidays_of(None).unwrap();
        assert_ne!(built_in.holidays, Holidays::default());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("holidays.toml");
        let missing = Rulebook::with_holidays_of(Some(&path)).unwrap_err();
        assert_eq!(missing.code(), "CU-0852");
        fs::write(
            &path,
            "[\"2026\"]\nsource = \"x\"\noff = [\"2025-01-01\"]\nworked = []\n",
        )
        .unwrap();
        let refused = Rulebook::with_holidays_of(Some(&path)).unwrap_err();
        assert_eq!(refused.code(), "CU-0853");
        assert!(refused.to_string().contains("2025-01-01"), "{refused}");
        fs::write(&path, "").unwrap();
        let other = Rulebook::with_holidays_of(Some(&path)).unwrap();
        assert_eq!(other.rules(), built_in.rules());
        assert_ne!(other.digest(), built_in.digest());
    }
}
