//! The leaves shown: all lines of `events.jsonl` (`proto/FORMAT.md` 13.7).

use super::documents;
use super::fault::{Failure, Fault, line_of};
use super::line::{self, Fault as LineFault};
use super::manifest::Checked;
use super::members;
use crate::extract::archive::Members;
use crate::extract::layout::EVENTS;
use crate::extract::{EventLine, People, Profile, SaidVerdict};
use crate::report::{Answer, MAX_EVENTS};
use crate::slot::SlotId;
use crate::tree::{Hash, leaf_hash};

/// The leaves of an extract, and what its documents are made from.
pub(super) struct Shown {
    /// Index and leaf hash, ascending, by the log's place in the cut.
    leaves: Vec<Vec<(u64, Hash)>>,
    /// None where edition or rules aren't known.
    pub(super) answer: Option<Answer>,
}

impl Shown {
    /// The leaves of the log at a place in the cut.
    pub(super) fn of(&self, place: usize) -> &[(u64, Hash)] {
        self.leaves.get(place).map_or(&[], Vec::as_slice)
    }

    /// How many leaves are shown.
    pub(super) fn count(&self) -> u64 {
        self.leaves.iter().map(|leaves| leaves.len() as u64).sum()
    }
}

/// Checks each line.
pub(super) fn check(members: &Members<'_>, checked: &Checked) -> Result<Shown, Failure> {
    let bytes = members::need(members, EVENTS)?;
    let lines = check_ends(bytes)?;
    let is_known = documents::are_known(&checked.manifest);
    let mut shown = Shown {
        leaves: vec![Vec::new(); checked.logs().len()],
        answer: is_known.then(|| Answer::new(&checked.manifest)),
    };
    let mut last = None;
    for (number, bytes) in lines.enumerate() {
        let at = |fault: LineFault| Failure::at(line_of(EVENTS, number + 1), fault);
        let place = take(bytes, checked, last, &mut shown).map_err(at)?;
        last = Some(place);
    }
    Ok(shown)
}

/// The lines without their ends.
fn check_ends(bytes: &[u8]) -> Result<impl Iterator<Item = &[u8]>, Failure> {
    let count = bytes.split_inclusive(|byte| *byte == b'\n').count();
    if count > MAX_EVENTS {
        return Err(Failure::at(EVENTS, Fault::TooManyLines(MAX_EVENTS)));
    }
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        return Err(Failure::at(line_of(EVENTS, count), Fault::Unterminated));
    }
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    Ok(lines.map(|line| &line[..line.len() - 1]))
}

/// Takes the next line, and gives its place in the order of lines.
fn take(
    bytes: &[u8],
    checked: &Checked,
    last: Option<(usize, u64)>,
    shown: &mut Shown,
) -> Result<(usize, u64), LineFault> {
    let line = line::read(bytes)?;
    let log = checked
        .place(&line.log)
        .ok_or_else(|| LineFault::NoLog(line.log.clone()))?;
    let (index, size) = (line.index.0, checked.logs()[log].size.0);
    if index >= size {
        return Err(LineFault::Index { index, size });
    }
    check_line(&line, checked.manifest.profile)?;
    let place = (log, index);
    if last.is_some_and(|last| last >= place) {
        return Err(LineFault::Order);
    }
    shown.leaves[log].push((index, leaf_hash(&line.entry)));
    if let Some(answer) = &mut shown.answer {
        // There are no more lines than an answer takes.
        let _ = answer.push(&line);
    }
    Ok(place)
}

/// Checks a line against the profile.
fn check_line(line: &EventLine, profile: Profile) -> Result<(), LineFault> {
    let entry = line::entry_of(line)?;
    if line.said.subject.is_some() && !profile.has_pseudonyms() {
        return Err(LineFault::Said(
            "a subject stands where people are pseudonyms alone",
        ));
    }
    if profile.people() == People::Nobody {
        let shows = |kind| profile.shows(kind) && line.said.verdict != SaidVerdict::Quarantined;
        line::check_of_nobody(line.slots.as_deref(), shows)?;
    }
    let Some(slots) = &line.slots else {
        return Ok(());
    };
    let verdict = line.said.verdict;
    let opens = |slot: SlotId| profile.opens(slot, verdict);
    let opens_of_another = |slot: SlotId| profile.opens_of_another(slot, verdict);
    // With R-SUBJECT a leaf may be under another person than the one asked about.
    let openings: &[&dyn Fn(SlotId) -> bool] = match profile {
        Profile::RSubject => &[&opens, &opens_of_another],
        _ => &[&opens],
    };
    line::check_slots(&entry, slots, openings)
}
