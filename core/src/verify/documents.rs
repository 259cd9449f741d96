//! The documents of an edition, made again and compared (`proto/FORMAT.md` 13.9).

use std::fmt;

use super::events::Shown;
use super::fault::{Failure, Fault, byte_of};
use super::manifest::Checked;
use super::members;
use crate::extract::archive::Members;
use crate::report;

/// The documents of an edition, in order; none where the edition isn't known.
pub(super) const fn of_edition(edition: u8) -> Option<&'static [&'static str]> {
    match edition {
        1 => Some(&report::MEMBERS),
        _ => None,
    }
}

/// Makes each document again and compares. Says whether the edition is known.
pub(super) fn check(
    members: &Members<'_>,
    checked: &Checked,
    shown: Shown,
) -> Result<bool, Failure> {
    let edition = checked.manifest.edition;
    let (Some(names), Some(mut answer)) = (of_edition(edition), shown.answer) else {
        return Ok(false);
    };
    answer.finish();
    for name in names {
        let bytes = members::need(members, name)?;
        let mut compared = Compared::with(bytes);
        // Writing stops at the first byte that differs; nothing else makes it fail.
        let written = report::write(name, &answer, &mut compared);
        if written.is_err() || !compared.is_whole() {
            let place = byte_of(name, compared.at);
            return Err(Failure::at(place, Fault::Document { edition }));
        }
    }
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
