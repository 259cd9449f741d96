//! The golden vectors of openings: what is shown of a record, against an entry.

use custodia_core::commitment::{Error, Opened, Shown, commitment};
use custodia_core::entry::Entry;
use custodia_core::record::Record;
use custodia_core::slot::{SlotId, Slots};
use serde::Serialize;

use crate::event::{ordinary, record};
use crate::forged;
use crate::golden::check_frozen;

/// One slot of an opening, owned so that cases can change it.
#[derive(Debug, Clone)]
pub enum Part {
    Opened {
        id: u8,
        key: [u8; 32],
        bytes: Vec<u8>,
    },
    Withheld {
        id: u8,
        digest: [u8; 32],
    },
}

impl Part {
    pub fn shown(&self) -> Shown<'_> {
        match self {
            Self::Opened { id, key, bytes } => Shown::Opened {
                id: SlotId(*id),
                key: *key,
                bytes,
            },
            Self::Withheld { id, digest } => Shown::Withheld {
                id: SlotId(*id),
                digest: *digest,
            },
        }
    }

    pub fn withhold(&self) -> Self {
        let shown = self.shown();
        Self::Withheld {
            id: shown.id().0,
            digest: shown.digest(),
        }
    }
}

/// A named opening of the golden vectors.
#[derive(Debug, Clone)]
pub struct Opening {
    pub name: &'static str,
    pub entry: Entry,
    pub parts: Vec<Part>,
}

impl Opening {
    /// Everything about a record.
    pub fn whole(name: &'static str, record: &Record) -> Self {
        let slots = Slots::of(record);
        let parts = slots.iter().zip(slots.keys());
        let parts = parts.map(|(slot, key)| Part::Opened {
            id: slot.id.0,
            key,
            bytes: slot.bytes(),
        });
        Self {
            name,
            entry: Entry::of(record),
            parts: parts.collect(),
        }
    }

    /// The same parts under an entry that commits to them, as a dishonest ledger would make it.
    pub fn forged(mut self) -> Self {
        let parts = self.parts.iter().map(Part::shown);
        self.entry.commitment = commitment(parts.map(|shown| (shown.id(), shown.digest())));
        self
    }

    pub fn verify(&self) -> Result<Opened<'_>, Error> {
        Opened::verify(&self.entry, self.parts.iter().map(Part::shown).collect())
    }
}

#[derive(Serialize)]
struct Vectors {
    about: &'static str,
    vectors: Vec<Vector>,
}

#[derive(Serialize)]
struct Vector {
    name: &'static str,
    entry: String,
    slots: Vec<SlotParts>,
    refused: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SlotParts {
    Opened {
        id: String,
        key: String,
        bytes: String,
    },
    Withheld {
        id: String,
        digest: String,
    },
}

fn vector(opening: &Opening) -> Vector {
    Vector {
        name: opening.name,
        entry: hex::encode(opening.entry.to_bytes()),
        slots: opening.parts.iter().map(slot_parts).collect(),
        refused: opening.verify().err().map(reason),
    }
}

fn slot_parts(part: &Part) -> SlotParts {
    match part {
        Part::Opened { id, key, bytes } => SlotParts::Opened {
            id: hex::encode([*id]),
            key: hex::encode(key),
            bytes: hex::encode(bytes),
        },
        Part::Withheld { id, digest } => SlotParts::Withheld {
            id: hex::encode([*id]),
            digest: hex::encode(digest),
        },
    }
}

fn reason(error: Error) -> &'static str {
    match error {
        Error::UnknownSlot(_) => "unknown_slot",
        Error::NotAscending { .. } => "not_ascending",
        Error::Impossible { .. } => "impossible_slot",
        Error::Missing(_) => "missing_slot",
        Error::NotTheZerosKey(_) => "not_the_zeros_key",
        Error::Malformed { .. } => "malformed_slot",
        Error::Commitment => "commitment",
    }
}

#[test]
fn openings_are_judged_as_frozen() {
    let computed = Vectors {
        about: "Openings and whether they stand, see proto/FORMAT.md 7. Bytes are hex.",
        vectors: forged::sound()
            .iter()
            .chain(&forged::refused())
            .map(vector)
            .collect(),
    };
    check_frozen("tests/vectors/openings.json", &computed);
}

#[test]
fn sound_openings_stand_and_the_others_do_not() {
    for opening in forged::sound() {
        assert_eq!(opening.verify().err(), None, "{}", opening.name);
    }
    for opening in forged::refused() {
        assert!(opening.verify().is_err(), "{}", opening.name);
    }
}

#[test]
fn what_is_withheld_is_told_from_what_is_absent() {
    let mut opening = Opening::whole("", &record(ordinary().0));
    opening.parts[1] = opening.parts[1].withhold();
    let opened = opening.verify().unwrap();
    assert!(opened.splits());
    assert!(opened.is_withheld(SlotId(0x01)));
    assert_eq!(opened.bytes(SlotId(0x01)), None);
    assert!(!opened.is_withheld(SlotId(0x04)));
    assert_eq!(opened.bytes(SlotId(0x04)), None);
    assert_eq!(
        opened.bytes(SlotId::BODY_TYPE),
        Some(&120_u32.to_be_bytes()[..])
    );
    assert_eq!(opened.slots().len(), opening.parts.len());
}
