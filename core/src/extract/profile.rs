//! Which slots an extract opens (`proto/FORMAT.md` 13.7; domain §6).

use serde::{Deserialize, Serialize};

use super::SaidVerdict;
use crate::slot::SlotId;

/// Who an extract is for, and so what it opens. Slot by slot: whole blocks, never parts of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Profile {
    /// One person, for an authority.
    #[serde(rename = "R-SUBJECT")]
    RSubject,
    /// One recipient, for an authority: people are pseudonyms.
    #[serde(rename = "R-RECIPIENT")]
    RRecipient,
    /// The person's own copy.
    #[serde(rename = "S-SELF")]
    SSelf,
}

const OF_A_PERSON: [SlotId; 8] = [
    SlotId(0x00),
    SlotId(0x01),
    SlotId(0x02),
    SlotId(0x03),
    SlotId::BODY_TYPE,
    SlotId(0x41),
    SlotId(0x42),
    SlotId::KEY,
];
/// Neither whom nor with what: a correlation would join people, and extracts.
const OF_A_RECIPIENT: [SlotId; 5] = [
    SlotId(0x00),
    SlotId(0x03),
    SlotId::BODY_TYPE,
    SlotId(0x41),
    SlotId(0x42),
];

impl Profile {
    /// Its name, as the manifest has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RSubject => "R-SUBJECT",
            Self::RRecipient => "R-RECIPIENT",
            Self::SSelf => "S-SELF",
        }
    }

    /// Whether it opens a slot of a leaf with this verdict. Who sends what isn't an event may have
    /// put anything into any field, so nothing is opened of it but its type.
    #[must_use]
    pub fn opens(self, slot: SlotId, verdict: SaidVerdict) -> bool {
        if !matches!(verdict, SaidVerdict::Accepted | SaidVerdict::Duplicate) {
            return slot == SlotId::BODY_TYPE;
        }
        match self {
            Self::RSubject | Self::SSelf => OF_A_PERSON.contains(&slot),
            Self::RRecipient => OF_A_RECIPIENT.contains(&slot),
        }
    }

    /// As [`Self::opens`], of a leaf that is under another person than the one asked about: what
    /// says whom is withheld.
    #[must_use]
    pub fn opens_of_another(self, slot: SlotId, verdict: SaidVerdict) -> bool {
        let says_whom = slot == SlotId(0x01) || slot == SlotId::KEY;
        !says_whom && self.opens(slot, verdict)
    }
}
