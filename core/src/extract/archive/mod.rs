//! The one form of ZIP that an extract has (`proto/FORMAT.md` 13.1), and the same members unpacked.
//!
//! Owns what an archive's bytes are and which names its members may have. Nothing is unpacked:
//! members are ranges of the archive. Never says which members an extract has.

mod name;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use name::NameError;
pub use reader::{Members, WrongChecksum};
pub use writer::{Crc32, MemberHeader, central_header, end, local_header};

/// Most bytes of an archive, or of all members of an unpacked one.
pub const MAX_ARCHIVE_BYTES: u64 = (1 << 31) - 1;
/// Most members.
pub const MAX_MEMBERS: usize = 4096;
/// Most bytes of a member's name.
pub const MAX_NAME_BYTES: usize = 200;

/// Why bytes are no archive of an extract, or members can't be those of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More than [`MAX_ARCHIVE_BYTES`].
    #[error("{0} bytes; at most {MAX_ARCHIVE_BYTES} are read")]
    TooLong(u64),
    /// More than [`MAX_MEMBERS`].
    #[error("more than {MAX_MEMBERS} members")]
    TooManyMembers,
    /// The bytes end too early: the file may have been cut short.
    #[error("the file ends inside {what}")]
    CutShort {
        /// Where the part begins that isn't whole.
        at: u64,
        /// That part.
        what: Part,
    },
    /// Other bytes than the one form has.
    #[error("{what} has another {field} than this form of archive")]
    Differs {
        /// The first byte that differs.
        at: u64,
        /// In which part.
        what: Part,
        /// Which of its fields.
        field: &'static str,
    },
    /// Bytes after the end.
    #[error("{count} bytes stand after the archive's end")]
    Trailing {
        /// Where they begin.
        at: u64,
        /// How many.
        count: u64,
    },
    /// A name that no member may have.
    #[error("the name {name:?} {reason}")]
    Name {
        /// The name, with what isn't UTF-8 replaced.
        name: String,
        /// What is wrong with it.
        reason: NameError,
    },
    /// Two members whose names differ by the case of ASCII letters at most.
    #[error("the name {0:?} stands twice")]
    NameTwice(String),
}

impl Error {
    /// The byte of the archive where it is wrong; `None` where a name says it.
    #[must_use]
    pub const fn at(&self) -> Option<u64> {
        match self {
            Self::CutShort { at, .. } | Self::Differs { at, .. } | Self::Trailing { at, .. } => {
                Some(*at)
            }
            _ => None,
        }
    }

    /// The member that it concerns.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        match self {
            Self::CutShort { what, .. } | Self::Differs { what, .. } => what.member(),
            Self::Name { name, .. } | Self::NameTwice(name) => Some(name),
            _ => None,
        }
    }
}

/// A part of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The header before a member; empty where its name isn't known yet.
    LocalHeader(String),
    /// A member's bytes.
    Bytes(String),
    /// A member's header at the archive's end.
    CentralHeader(String),
    /// What stands last.
    End,
}

impl Part {
    /// The member whose part it is.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        match self {
            Self::LocalHeader(name) | Self::Bytes(name) | Self::CentralHeader(name) => {
                Some(name.as_str()).filter(|name| !name.is_empty())
            }
            Self::End => None,
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LocalHeader(name) if name.is_empty() => f.write_str("a local header"),
            Self::LocalHeader(name) => write!(f, "the local header of {name:?}"),
            Self::Bytes(name) => write!(f, "the bytes of {name:?}"),
            Self::CentralHeader(name) => write!(f, "the central header of {name:?}"),
            Self::End => f.write_str("the end record"),
        }
    }
}
