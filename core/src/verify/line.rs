//! One line of `events.jsonl`, by itself (`proto/FORMAT.md` 13.7 and 7).

use crate::commitment::{self, Opened};
use crate::entry::{self, Entry};
use crate::extract::{CanonicalError, EventLine, Said, SaidVerdict, SlotLine};
use crate::origin::Origin;
use crate::slot::SlotId;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not such a line, or not in its one spelling.
    #[error("it can't be read: {0}")]
    Json(#[from] CanonicalError),
    /// No entry.
    #[error(transparent)]
    Entry(#[from] entry::Error),
    /// The log's name is none.
    #[error("{0:?} is not an origin")]
    Origin(String),
    /// The leaf is of a log that the cut lacks.
    #[error("it is of {0:?}, which is no log of the cut")]
    NoLog(String),
    /// The leaf is beyond the cut.
    #[error("leaf {index} is not in the cut, where the log has {size}")]
    Index {
        /// The leaf.
        index: u64,
        /// The log's size in the cut.
        size: u64,
    },
    /// Lines out of order, or a leaf twice.
    #[error("it doesn't stand after the line before, by log and index")]
    Order,
    /// What is shown of the record is not what its leaf commits to.
    #[error("it isn't what the leaf commits to: {0}")]
    Opening(#[from] commitment::Error),
    /// A slot is opened or withheld against the profile.
    #[error("slot {0} is opened or withheld against the profile")]
    Profile(SlotId),
    /// A leaf that is of somebody, where no leaf may be.
    #[error("it may be of a person, and this profile has no leaf of anybody")]
    OfSomebody,
    /// What the operator says doesn't fit together.
    #[error("said: {0}")]
    Said(&'static str),
}

/// The envelope's block that says whom an event is about.
const WHOM: SlotId = SlotId(0x01);

/// Reads a line without its end and checks what it says by itself.
pub(super) fn read(line: &[u8]) -> Result<EventLine, Fault> {
    let line = EventLine::from_json(line)?;
    check_origin(&line.log)?;
    check_said(&line.said, line.slots.is_none())?;
    Ok(line)
}

fn check_origin(text: &str) -> Result<(), Fault> {
    match text.parse::<Origin>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Fault::Origin(text.to_owned())),
    }
}

fn check_said(said: &Said, is_erased: bool) -> Result<(), Fault> {
    if said.duplicate_of.is_some() != (said.verdict == SaidVerdict::Duplicate) {
        return Err(Fault::Said(
            "duplicate_of stands with duplicate, and only there",
        ));
    }
    if said.reason.is_some() != (said.verdict == SaidVerdict::Quarantined) {
        return Err(Fault::Said(
            "reason stands with quarantined, and only there",
        ));
    }
    if !said.people.is_sorted_by(|one, next| one < next) {
        return Err(Fault::Said("people don't ascend, or stand twice"));
    }
    match &said.erased {
        Some(_) if !is_erased => Err(Fault::Said("erased, but slots are shown")),
        Some(erased) => check_origin(&erased.log),
        None => Ok(()),
    }
}

/// Checks the slots of a line against its entry, and those opened against what may be: by the first
/// rule of `openings` that the line keeps, or not by any.
pub(super) fn check_slots(
    entry: &Entry,
    slots: &[SlotLine],
    openings: &[&dyn Fn(SlotId) -> bool],
) -> Result<(), Fault> {
    let shown = slots.iter().map(SlotLine::shown).collect();
    Opened::verify(entry, shown)?;
    let breaks = |opens: &&dyn Fn(SlotId) -> bool| {
        slots.iter().find_map(|slot| {
            let (id, is_opened) = match slot {
                SlotLine::Opened(slot) => (SlotId(slot.id), true),
                SlotLine::Withheld(slot) => (SlotId(slot.id), false),
            };
            (opens(id) != is_opened).then_some(id)
        })
    };
    let mut first = None;
    for opens in openings {
        match breaks(opens) {
            None => return Ok(()),
            Some(id) => first = first.or(Some(id)),
        }
    }
    first.map_or(Ok(()), |id| Err(Fault::Profile(id)))
}

/// Checks that a line shows an event that names nobody: no block *whom* stands, opened or withheld, and its
/// kind is one that the profile shows.
pub(super) fn check_of_nobody(
    slots: Option<&[SlotLine]>,
    shows: impl Fn(u32) -> bool,
) -> Result<(), Fault> {
    let slots = slots.ok_or(Fault::OfSomebody)?;
    let names_somebody = slots.iter().any(|slot| slot.shown().id() == WHOM);
    let kind = slots.iter().find_map(|slot| match slot {
        SlotLine::Opened(slot) if SlotId(slot.id) == SlotId::BODY_TYPE => slot
            .bytes
            .as_slice()
            .try_into()
            .ok()
            .map(u32::from_be_bytes),
        _ => None,
    });
    if names_somebody || !kind.is_some_and(shows) {
        return Err(Fault::OfSomebody);
    }
    Ok(())
}

/// The entry of a line.
pub(super) fn entry_of(line: &EventLine) -> Result<Entry, Fault> {
    Ok(Entry::from_bytes(&line.entry)?)
}
