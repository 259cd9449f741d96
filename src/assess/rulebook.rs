//! Which rules judge, with which holidays, and the digest of both.

use std::fs;
use std::path::Path;

use custodia_core::assess::{Assessed, Grounds, Holidays, Scope, assess, bundle_digest};
use sha2::{Digest as _, Sha256};

use super::Error;

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
    /// [`Holidays::parse`] reads it); without one no year's holidays are known, and no lawful day is
    /// said where a deadline meets one.
    ///
    /// # Errors
    /// [`Error::HolidaysUnread`], [`Error::HolidaysRefused`].
    pub fn with_holidays_of(file: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = file else {
            return Ok(Self::new(assess, bundle_digest(), Holidays::default(), ""));
        };
        let text = fs::read_to_string(path).map_err(|source| Error::HolidaysUnread {
            path: path.to_owned(),
            source,
        })?;
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
