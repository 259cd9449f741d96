//! What is said of a record: accepted, a duplicate, or quarantined with a reason.
//!
//! Owns [`judge`], which sees one record and its place and nothing else: no clock, no earlier leaf,
//! no other log. Whether an event id stood before is for those who hold the earlier leaves
//! ([`Verdict::Duplicate`], [`Reason::IdReused`]). Never refuses a record: whatever its bytes are,
//! it is a leaf and has a verdict (design §1, law 1).
//!
//! # Order of reasons
//! Of several reasons the first in this order is named, so that a record has one verdict:
//!
//! 1. [`Reason::TooLarge`]: nothing larger is decoded
//! 2. [`Reason::NotAnEnvelope`]
//! 3. [`Reason::UnknownBody`]
//! 4. [`Reason::Malformed`]
//! 5. [`Reason::NotASubjectReference`]: what may be a person's data goes before what is untidy
//! 6. [`Reason::SubjectOutOfPlace`]
//! 7. [`Reason::MissingField`]
//! 8. [`Reason::UnknownEnumValue`]
//! 9. [`Reason::MalformedField`]
//! 10. [`Reason::WrongTopic`]
//! 11. [`Reason::KeyIsNotSubject`], [`Reason::WrongKey`]
//! 12. [`Reason::Misplaced`]
//! 13. [`Reason::FromTheFuture`]
//! 14. [`Reason::IdReused`]
//!
//! Within 5 and 7 to 9 the field with the lowest numbers is named. A frame's schema id and message
//! indexes, fields that the schema doesn't know and headers are no reason for anything.

mod facts;
mod form;
mod judge;
mod quick;
mod reason;

use std::fmt;

use serde::Serialize;

pub use facts::{Facts, Named};
pub use form::{Error, VERDICT_VERSION};
pub use judge::{FUTURE_SKEW_MS, Judged, MAX_EVENT_BYTES, Place, TopicRole, event_of, judge};
pub use reason::Reason;

/// What is said of one record. As JSON: `{"verdict":"accepted"}`, `{"verdict":"duplicate","of":7}`,
/// `{"verdict":"quarantined","reason":"missing_field","path":"data_shared.basis"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// A whole event in its place.
    Accepted,
    /// The same event once more: same log, same event id, same value bytes.
    Duplicate {
        /// The index of the leaf that it repeats, which was accepted.
        of: u64,
    },
    /// Kept and shown apart.
    Quarantined {
        /// Why.
        #[serde(flatten)]
        reason: Reason,
    },
}

impl Verdict {
    /// The stable word by which verdicts are counted: `accepted`, `duplicate`, or the reason's.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate { .. } => "duplicate",
            Self::Quarantined { reason } => reason.code(),
        }
    }

    /// The reason, where it is quarantined.
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Quarantined { reason } => Some(reason),
            Self::Accepted | Self::Duplicate { .. } => None,
        }
    }

    /// Whether it is [`Verdict::Accepted`].
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Duplicate { of } => write!(f, "duplicate of leaf {of}"),
            Self::Quarantined { reason } => write!(f, "quarantined: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests;
