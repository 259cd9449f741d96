//! A verdict as bytes, for rows that are kept in clear.

use super::{Reason, Verdict};
use crate::split::NotAnEnvelope;

/// The version that [`Verdict::encode`] writes.
pub const VERDICT_VERSION: u8 = 1;

const ACCEPTED: u8 = 0;
const DUPLICATE: u8 = 1;
const QUARANTINED: u8 = 2;

/// Why bytes are no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The first byte names a version that this program doesn't know.
    #[error("verdict of version {0}, known is {VERDICT_VERSION}")]
    Version(u8),
    /// A kind or reason that this program doesn't know, or a detail that doesn't fit it.
    #[error("the bytes are no verdict")]
    Unknown,
}

impl Verdict {
    /// `version 0x01 ‖ kind u8`, and after kind 1 (duplicate) the other leaf's index u64be, after
    /// kind 2 (quarantined) `reason u8 ‖ detail`. The detail reaches to the end: a size or index
    /// u64be, a body's number u32be, a rule's or a field's name as text, or nothing.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERDICT_VERSION];
        match self {
            Self::Accepted => out.push(ACCEPTED),
            Self::Duplicate { of } => {
                out.push(DUPLICATE);
                out.extend_from_slice(&of.to_be_bytes());
            }
            Self::Quarantined { reason } => {
                out.extend_from_slice(&[QUARANTINED, number_of(reason)]);
                put_detail(&mut out, reason);
            }
        }
        out
    }

    /// Reads exactly what [`Verdict::encode`] wrote.
    ///
    /// # Errors
    /// [`Error`] where `bytes` is anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        match bytes {
            [VERDICT_VERSION, ACCEPTED] => Ok(Self::Accepted),
            [VERDICT_VERSION, DUPLICATE, of @ ..] => Ok(Self::Duplicate { of: index(of)? }),
            [VERDICT_VERSION, QUARANTINED, number, detail @ ..] => Ok(Self::Quarantined {
                reason: reason(*number, detail)?,
            }),
            [VERDICT_VERSION, ..] | [] => Err(Error::Unknown),
            [version, ..] => Err(Error::Version(*version)),
        }
    }
}

/// Numbers are never used again for another reason.
const fn number_of(reason: &Reason) -> u8 {
    match reason {
        Reason::TooLarge { .. } => 1,
        Reason::NotAnEnvelope { .. } => 2,
        Reason::UnknownBody { .. } => 3,
        Reason::Malformed => 4,
        Reason::NotASubjectReference { .. } => 5,
        Reason::SubjectOutOfPlace => 6,
        Reason::MissingField { .. } => 7,
        Reason::UnknownEnumValue { .. } => 8,
        Reason::MalformedField { .. } => 9,
        Reason::WrongTopic => 10,
        Reason::KeyIsNotSubject => 11,
        Reason::WrongKey => 12,
        Reason::Misplaced => 13,
        Reason::FromTheFuture => 14,
        Reason::IdReused { .. } => 15,
    }
}

fn put_detail(out: &mut Vec<u8>, reason: &Reason) {
    match reason {
        Reason::TooLarge { bytes: number } | Reason::IdReused { of: number } => {
            out.extend_from_slice(&number.to_be_bytes());
        }
        Reason::UnknownBody { number } => out.extend_from_slice(&number.to_be_bytes()),
        Reason::NotAnEnvelope { rule } => out.extend_from_slice(rule.rule().as_bytes()),
        _ => out.extend_from_slice(reason.path().unwrap_or_default().as_bytes()),
    }
}

fn reason(number: u8, detail: &[u8]) -> Result<Reason, Error> {
    let read = match number {
        1 => Reason::TooLarge {
            bytes: index(detail)?,
        },
        2 => Reason::NotAnEnvelope {
            rule: rule(detail)?,
        },
        3 => {
            let number = detail.try_into().map_err(|_| Error::Unknown)?;
            Reason::UnknownBody {
                number: u32::from_be_bytes(number),
            }
        }
        5 => Reason::NotASubjectReference {
            path: path(detail)?,
        },
        7 => Reason::MissingField {
            path: path(detail)?,
        },
        8 => Reason::UnknownEnumValue {
            path: path(detail)?,
        },
        9 => Reason::MalformedField {
            path: path(detail)?,
        },
        15 => Reason::IdReused { of: index(detail)? },
        _ if detail.is_empty() => bare(number)?,
        _ => return Err(Error::Unknown),
    };
    Ok(read)
}

/// The reasons without detail.
const fn bare(number: u8) -> Result<Reason, Error> {
    match number {
        4 => Ok(Reason::Malformed),
        6 => Ok(Reason::SubjectOutOfPlace),
        10 => Ok(Reason::WrongTopic),
        11 => Ok(Reason::KeyIsNotSubject),
        12 => Ok(Reason::WrongKey),
        13 => Ok(Reason::Misplaced),
        14 => Ok(Reason::FromTheFuture),
        _ => Err(Error::Unknown),
    }
}

fn index(bytes: &[u8]) -> Result<u64, Error> {
    bytes
        .try_into()
        .map(u64::from_be_bytes)
        .map_err(|_| Error::Unknown)
}

/// A path holds names of fields, and places in lists.
fn path(bytes: &[u8]) -> Result<String, Error> {
    let named =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.[]".contains(byte);
    let path = bytes
        .iter()
        .all(named)
        .then(|| String::from_utf8(bytes.to_vec()).ok());
    path.flatten().ok_or(Error::Unknown)
}

fn rule(name: &[u8]) -> Result<NotAnEnvelope, Error> {
    NotAnEnvelope::all()
        .find(|rule| rule.rule().as_bytes() == name)
        .ok_or(Error::Unknown)
}
