//! Why a record is quarantined.

use serde::{Serialize, Serializer};

use crate::schema::Fault;
use crate::split::NotAnEnvelope;

/// Why a record is quarantined. Names places and rules, never what stands there: that may be a
/// phone number, and verdicts are kept in clear.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// Key, value and headers together are larger than [`MAX_EVENT_BYTES`](super::MAX_EVENT_BYTES).
    #[error("too large: {bytes} bytes")]
    TooLarge {
        /// How many bytes they are.
        bytes: u64,
    },
    /// The value doesn't split (design §3.3).
    #[error("not an envelope: {rule}")]
    NotAnEnvelope {
        /// The rule that it breaks.
        #[serde(serialize_with = "as_rule")]
        rule: NotAnEnvelope,
    },
    /// The schema has no body of this number.
    #[error("unknown body {number}")]
    UnknownBody {
        /// The body's field number.
        number: u32,
    },
    /// It splits but isn't protobuf of this schema: a known field has another wire type, a text is
    /// no UTF-8, or messages are nested too deep.
    #[error("malformed: the bytes don't decode as an event")]
    Malformed,
    /// What stands in a reference's place is not 26 characters of `[a-z2-7]` (law 7).
    #[error("{path}: not a reference (26 characters of a-z and 2-7)")]
    NotASubjectReference {
        /// The field, e.g. `subject_ref`.
        path: String,
    },
    /// The envelope names a person though this kind of body names none.
    #[error("subject_ref must be empty for this kind of event")]
    SubjectOutOfPlace,
    /// A field that must be there isn't, or is empty.
    #[error("{path} is missing")]
    MissingField {
        /// The field, e.g. `data_shared.basis.kind`.
        path: String,
    },
    /// A value that the vocabulary doesn't have.
    #[error("{path}: the vocabulary has no such value")]
    UnknownEnumValue {
        /// The field, e.g. `data_shared.categories[2]`.
        path: String,
    },
    /// A field's bytes don't look as its format says.
    #[error("{path}: not in the form that the schema asks for")]
    MalformedField {
        /// The field.
        path: String,
    },
    /// This kind of body stands in another topic.
    #[error("this kind of event belongs in another topic")]
    WrongTopic,
    /// The event is about a person, and the record's key is not that person's reference.
    #[error("the record's key is not its subject")]
    KeyIsNotSubject,
    /// The event is about nobody, and the record's key is not its body's key field.
    #[error("the record's key is not the one that this kind of event asks for")]
    WrongKey,
    /// The key belongs in another partition (murmur2).
    #[error("misplaced: the key belongs in another partition")]
    Misplaced,
    /// It says it happened later than its record's timestamp, by more than
    /// [`FUTURE_SKEW_MS`](super::FUTURE_SKEW_MS).
    #[error("occurred_at is later than the record's timestamp")]
    FromTheFuture,
    /// Another event with this id was accepted before, and its value bytes differ.
    #[error("the event id is that of leaf {of}, which holds other bytes")]
    IdReused {
        /// That leaf's index.
        of: u64,
    },
}

impl Reason {
    /// The reason's stable word, as verdicts are counted and filtered.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotAnEnvelope { .. } => "not_an_envelope",
            Self::UnknownBody { .. } => "unknown_body",
            Self::Malformed => "malformed",
            Self::NotASubjectReference { .. } => "not_a_subject_reference",
            Self::SubjectOutOfPlace => "subject_out_of_place",
            Self::MissingField { .. } => "missing_field",
            Self::UnknownEnumValue { .. } => "unknown_enum_value",
            Self::MalformedField { .. } => "malformed_field",
            Self::WrongTopic => "wrong_topic",
            Self::KeyIsNotSubject => "key_is_not_subject",
            Self::WrongKey => "wrong_key",
            Self::Misplaced => "misplaced",
            Self::FromTheFuture => "from_the_future",
            Self::IdReused { .. } => "id_reused",
        }
    }

    /// The field that it names, where it names one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::NotASubjectReference { path }
            | Self::MissingField { path }
            | Self::UnknownEnumValue { path }
            | Self::MalformedField { path } => Some(path),
            _ => None,
        }
    }

    /// Where it stands among the reasons that follow from the schema; lower goes first.
    const fn rank(&self) -> u8 {
        match self {
            Self::UnknownBody { .. } => 0,
            Self::Malformed => 1,
            Self::NotASubjectReference { .. } => 2,
            Self::SubjectOutOfPlace => 3,
            Self::MissingField { .. } => 4,
            Self::UnknownEnumValue { .. } => 5,
            _ => 6,
        }
    }

    /// The one reason that many faults of the schema give, by the documented order.
    pub(super) fn of_faults(faults: Vec<Fault>) -> Option<Self> {
        // Of equal ranks the first stays, and faults come by field number.
        faults.into_iter().map(Self::from).min_by_key(Self::rank)
    }
}

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Undecodable => Self::Malformed,
            Fault::UnknownBody { number } => Self::UnknownBody { number },
            Fault::MissingField { path } => Self::MissingField { path },
            Fault::UnknownEnumValue { path, .. } => Self::UnknownEnumValue { path },
            Fault::NotASubjectReference { path } => Self::NotASubjectReference { path },
            Fault::SubjectOutOfPlace => Self::SubjectOutOfPlace,
            Fault::MalformedField { path } => Self::MalformedField { path },
        }
    }
}

fn as_rule<S: Serializer>(rule: &NotAnEnvelope, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.rule())
}
