//! The verifying side: slots that an extract opens or withholds, against an entry
//! (design 3.3, `proto/FORMAT.md` 7).

use super::{SlotDigest, SlotKey, commitment, slot_digest, slot_keys};
use crate::entry::Entry;
use crate::slot::{Malformed, SEED_BYTES, SlotId};

const SPLIT_MUST_HAVE: [SlotId; 4] = [
    SlotId::FIRST_BLOCK,
    SlotId::BODY_TYPE,
    SlotId::KEY,
    SlotId::TRANSPORT,
];
const UNSPLIT_HAS: [SlotId; 3] = [SlotId::KEY, SlotId::TRANSPORT, SlotId::VALUE];

/// Why what is shown of a record doesn't stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no slot of this id.
    #[error("there is no slot {0}")]
    UnknownSlot(SlotId),
    /// A slot stands twice or before one of a lower id.
    #[error("slot {id} stands after slot {previous}: ids must ascend")]
    NotAscending {
        /// The id before.
        previous: SlotId,
        /// The id that should be higher.
        id: SlotId,
    },
    /// A slot that a record of this kind can't have.
    #[error("slot {id} can't stand in a record that {}", if *.splits { "splits" } else { "doesn't split" })]
    Impossible {
        /// The slot.
        id: SlotId,
        /// What the entry says of the record.
        splits: bool,
    },
    /// A slot that every record of this kind has is neither opened nor withheld.
    #[error("slot {0} is neither opened nor withheld")]
    Missing(SlotId),
    /// The record doesn't split, and a slot's key isn't the one under zeros.
    #[error("slot {0} of a record that doesn't split has a key of its own")]
    NotTheZerosKey(SlotId),
    /// Opened bytes that no record puts into this slot.
    #[error("slot {id}: {reason}")]
    Malformed {
        /// The slot.
        id: SlotId,
        /// What is wrong with its bytes.
        reason: Malformed,
    },
    /// The slots are well-formed and aren't what the entry commits to.
    #[error("what is shown is not what the entry commits to")]
    Commitment,
}

/// One slot as an extract shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown<'a> {
    /// With its bytes, and the key that lets anyone check them.
    Opened {
        /// Its id.
        id: SlotId,
        /// Its key.
        key: SlotKey,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// With its digest alone.
    Withheld {
        /// Its id.
        id: SlotId,
        /// Its digest.
        digest: SlotDigest,
    },
}

impl Shown<'_> {
    /// The slot's id.
    #[must_use]
    pub const fn id(&self) -> SlotId {
        match self {
            Self::Opened { id, .. } | Self::Withheld { id, .. } => *id,
        }
    }

    /// The slot's digest: computed where it is opened, taken as given where it is withheld.
    #[must_use]
    pub fn digest(&self) -> SlotDigest {
        match self {
            Self::Opened { key, bytes, .. } => slot_digest(key, bytes),
            Self::Withheld { digest, .. } => *digest,
        }
    }
}

/// What is shown of a record, proven to be what its entry commits to. Nothing makes one but
/// [`Opened::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened<'a> {
    splits: bool,
    slots: Vec<Shown<'a>>,
}

impl<'a> Opened<'a> {
    /// Checks every slot of a record, opened or withheld, against its entry.
    ///
    /// # Errors
    /// The first reason why they can't be the slots of that entry's record: ids first, then opened
    /// slots in order, the commitment last.
    pub fn verify(entry: &Entry, slots: Vec<Shown<'a>>) -> Result<Self, Error> {
        check_ids(&slots, entry.splits)?;
        check_opened(&slots, entry.splits)?;
        if commitment(slots.iter().map(|slot| (slot.id(), slot.digest()))) != entry.commitment {
            return Err(Error::Commitment);
        }
        Ok(Self {
            splits: entry.splits,
            slots,
        })
    }

    /// Whether the record's value splits.
    #[must_use]
    pub fn splits(&self) -> bool {
        self.splits
    }

    /// All slots, ascending by id.
    #[must_use]
    pub fn slots(&self) -> &[Shown<'a>] {
        &self.slots
    }

    /// The bytes of a slot that is opened; `None` where it is withheld or absent.
    #[must_use]
    pub fn bytes(&self, id: SlotId) -> Option<&'a [u8]> {
        match self.find(id)? {
            Shown::Opened { bytes, .. } => Some(bytes),
            Shown::Withheld { .. } => None,
        }
    }

    /// Whether a slot is withheld. An absent slot is not: the record has none.
    #[must_use]
    pub fn is_withheld(&self, id: SlotId) -> bool {
        matches!(self.find(id), Some(Shown::Withheld { .. }))
    }

    fn find(&self, id: SlotId) -> Option<&Shown<'a>> {
        let at = self.slots.binary_search_by_key(&id, Shown::id).ok()?;
        self.slots.get(at)
    }
}

fn check_ids(slots: &[Shown<'_>], splits: bool) -> Result<(), Error> {
    let mut previous = None;
    for id in slots.iter().map(Shown::id) {
        if id.kind().is_none() {
            return Err(Error::UnknownSlot(id));
        }
        if let Some(previous) = previous.filter(|previous| *previous >= id) {
            return Err(Error::NotAscending { previous, id });
        }
        let possible = if splits {
            id != SlotId::VALUE
        } else {
            id >= SlotId::KEY
        };
        if !possible {
            return Err(Error::Impossible { id, splits });
        }
        previous = Some(id);
    }
    check_mandatory(
        slots,
        if splits {
            &SPLIT_MUST_HAVE
        } else {
            &UNSPLIT_HAS
        },
    )
}

fn check_mandatory(slots: &[Shown<'_>], mandatory: &[SlotId]) -> Result<(), Error> {
    let stands = |id: &SlotId| slots.binary_search_by_key(id, Shown::id).is_ok();
    mandatory
        .iter()
        .find(|id| !stands(id))
        .map_or(Ok(()), |id| Err(Error::Missing(*id)))
}

fn check_opened(slots: &[Shown<'_>], splits: bool) -> Result<(), Error> {
    let zeros = if splits {
        vec![]
    } else {
        slot_keys(&[0; SEED_BYTES], slots.len())
    };
    for (position, slot) in slots.iter().enumerate() {
        let Shown::Opened { id, key, bytes } = *slot else {
            continue;
        };
        if zeros
            .get(position)
            .is_some_and(|zeros_key| *zeros_key != key)
        {
            return Err(Error::NotTheZerosKey(id));
        }
        let malformed = |reason| Error::Malformed { id, reason };
        id.check_form(bytes, splits).map_err(malformed)?;
    }
    Ok(())
}
