//! `VERIFY.md`: how to check an extract.

use std::fmt;

use super::answer::Answer;
use super::shown::Visible;
use super::words::fingerprint;

const TEXT: &str = include_str!("verify.md");

/// Writes the member.
pub(super) fn write(answer: &Answer, to: &mut dyn fmt::Write) -> fmt::Result {
    let manifest = &answer.manifest;
    let fingerprint = fingerprint(&manifest.key).unwrap_or_else(|| "?".to_owned());
    let text = TEXT
        .replace("{id}", &hex::encode(manifest.id()))
        .replace("{fingerprint}", &fingerprint)
        .replace("{ledger}", &Visible(&manifest.ledger).to_string());
    to.write_str(&text)
}
