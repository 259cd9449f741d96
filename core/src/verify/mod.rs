//! Whether an extract holds what it says: the rules of `proto/FORMAT.md` 13, over bytes alone.
//!
//! [`verify`] takes an [`Extract`] and what its reader has [`Beside`] it, and gives a [`Report`]: what
//! was proven, what is the operator's word, and where and what failed. [`render`] shows a report to
//! people and to programs. Nothing here opens a file, reads a clock, or believes a key: who is
//! believed stands in the policy.
//!
//! Any bytes are safe. Memory is that of the extract, some 300 bytes for each leaf shown, some kilobytes for
//! each event that rules judge (200,000 at most), and one document at a time is compared while it is made.
//! Time grows with the extract's length; a note, a line, a list and a count each have a limit.

mod checkpoints;
mod documents;
mod events;
mod fault;
mod line;
mod manifest;
mod members;
mod proofs;
mod receipt;
pub mod render;
mod report;
mod signed;
mod trust;

use crate::extract::archive::{self, Members};
use crate::policy::Policy;

pub use crate::report::Language;
pub use checkpoints::Fault as CheckpointFault;
pub use fault::{Failure, Fault};
pub use line::Fault as LineFault;
pub use manifest::Rule;
pub use receipt::Fault as ReceiptFault;
pub use report::{OPERATORS_WORD, Outcome, Proven, Report, Warning};
pub use signed::Error as SignedError;

/// An extract, in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extract<'a> {
    /// The archive's bytes.
    Archive(&'a [u8]),
    /// The files of an unpacked folder, in any order: the name of each below the folder, its parts
    /// joined by `/`, and its bytes. Who reads a folder refuses links ([`unreadable`]).
    Folder(Vec<(&'a str, &'a [u8])>),
}

/// What is handed over besides the extract, each from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Whose keys are believed. Without a policy the best outcome is [`Outcome::KeyUnconfirmed`].
    pub policy: Option<&'a Policy>,
    /// Signed checkpoints that the reader holds, as files.
    pub known: &'a [&'a [u8]],
    /// The receipt that travels beside the archive (`<archive>.tlog-proof`), as a file.
    pub receipt: Option<&'a [u8]>,
}

/// Checks an extract (`proto/FORMAT.md` 13). It stops at the first failure; the documents come last.
#[must_use]
pub fn verify(extract: &Extract<'_>, beside: &Beside<'_>) -> Report {
    match members(extract) {
        Ok(members) => check(&members, beside),
        Err(error) => unreadable(failure_of(error)),
    }
}

/// The report on an extract whose members can't be told apart, where who reads it finds that out: a
/// link in a folder, a name that is not UTF-8, more bytes than are read.
#[must_use]
pub fn unreadable(failure: Failure) -> Report {
    Report::stopped(Outcome::Unreadable, failure)
}

fn members<'a>(extract: &Extract<'a>) -> Result<Members<'a>, archive::Error> {
    match extract {
        Extract::Archive(bytes) => Members::parse(bytes),
        Extract::Folder(files) => Members::unpacked(files.clone()),
    }
}

fn failure_of(error: archive::Error) -> Failure {
    let place = match error.at() {
        Some(at) => format!("archive byte {at}"),
        None => "archive".to_owned(),
    };
    Failure::at(place, Fault::Archive(error))
}

fn check(members: &Members<'_>, beside: &Beside<'_>) -> Report {
    let mut report = Report::new();
    match check_members(members, beside, &mut report) {
        Ok(outcome) => report.outcome = outcome,
        Err(failure) => {
            report.outcome = Outcome::Failed;
            report.failure = Some(failure);
        }
    }
    report
}

/// Checks all, and tells the report how far it came.
fn check_members(
    members: &Members<'_>,
    beside: &Beside<'_>,
    report: &mut Report,
) -> Result<Outcome, Failure> {
    members::check_checksums(members)?;
    let manifest = manifest::read(members::need(members, crate::extract::layout::MANIFEST)?)?;
    report.learn(&manifest);
    manifest::check_note(
        &manifest,
        members::need(members, crate::extract::layout::NOTE)?,
    )?;
    report.proven.push(Proven::Manifest);
    members::check(members, &manifest)?;
    report.proven.push(Proven::Members);
    let checkpoints = checkpoints::open(members, &manifest)?;
    let shown = events::check(members, &manifest)?;
    report.events = Some(shown.count());
    proofs::check(members, &manifest, &checkpoints, &shown)?;
    report.proven.extend([Proven::Events, Proven::Cut]);
    let is_confirmed = trust::check(&manifest, &checkpoints, beside, report)?;
    let receipt_policy = beside.policy.filter(|_| is_confirmed);
    receipt::check_beside(&manifest, beside.receipt, receipt_policy, report)?;
    let is_checked = documents::check(members, &manifest, shown, report)?;
    if is_checked {
        report.proven.push(Proven::Reports);
    }
    Ok(Outcome::of(is_confirmed, is_checked))
}
