//! The documents of an edition, made again and compared (`proto/FORMAT.md` 13.9).

use std::fmt;

use super::events::Shown;
use super::fault::{Failure, Fault, byte_of};
use super::manifest::Checked;
use super::members;
use super::report::Report;
use crate::assess::built_in_digest;
use crate::extract::Manifest;
use crate::extract::archive::Members;
use crate::extract::layout::MANIFEST;
use crate::report as made;

/// The documents of an extract, in order; none where its edition isn't known.
pub(super) fn listed(manifest: &Manifest) -> Option<Vec<String>> {
    match manifest.edition {
        1 => Some(made::members(manifest)),
        _ => None,
    }
}

/// Whether the documents can be made here: the edition is known, and so are the rules that judge.
pub(super) fn are_known(manifest: &Manifest) -> bool {
    manifest.edition == 1 && manifest.rules == built_in_digest()
}

/// Makes each document again and compares. Says whether edition and rules are known; where they are, tells
/// the report of findings.
pub(super) fn check(
    members: &Members<'_>,
    checked: &Checked,
    shown: Shown,
    report: &mut Report,
) -> Result<bool, Failure> {
    let edition = checked.manifest.edition;
    let (Some(names), Some(mut answer)) = (listed(&checked.manifest), shown.answer) else {
        return Ok(false);
    };
    answer.finish();
    answer
        .check()
        .map_err(|contradiction| Failure::at(MANIFEST, Fault::Contradiction(contradiction)))?;
    for name in &names {
        let bytes = members::need(members, name)?;
        let mut compared = Compared::with(bytes);
        // Writing stops at the first byte that differs; nothing else makes it fail.
        let written = made::write(name, &answer, &mut compared);
        if written.is_err() || !compared.is_whole() {
            let place = byte_of(name, compared.at);
            return Err(Failure::at(place, Fault::Document { edition }));
        }
    }
    report.findings = Some(answer.judged().to_vec());
    Ok(true)
}

/// Takes what is written, as long as it is what stands.
struct Compared<'a> {
    standing: &'a [u8],
    /// How many bytes were the same.
    at: usize,
}

impl<'a> Compared<'a> {
    const fn with(standing: &'a [u8]) -> Self {
        Self { standing, at: 0 }
    }

    const fn is_whole(&self) -> bool {
        self.at == self.standing.len()
    }
}

impl fmt::Write for Compared<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let rest = &self.standing[self.at..];
        if rest.starts_with(text.as_bytes()) {
            self.at += text.len();
            return Ok(());
        }
        let same = rest.iter().zip(text.as_bytes());
        self.at += same.take_while(|(theirs, ours)| theirs == ours).count();
        Err(fmt::Error)
    }
}
