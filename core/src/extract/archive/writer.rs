//! The pieces of an archive between its members' bytes.
//!
//! Whoever writes one streams, for each member, [`local_header`] and the bytes, then each
//! [`central_header`], then [`end`].

use super::{Error, MAX_ARCHIVE_BYTES, MAX_MEMBERS, name};

pub(super) const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
pub(super) const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
/// Bytes of a local header without its name.
pub(super) const LOCAL_BYTES: usize = 30;
/// Bytes of the end.
const END_BYTES: usize = 22;

/// The version of the format that reading needs: 2.0.
const VERSION: u16 = 20;
/// Made on Unix: where an archive says MS-DOS, Info-ZIP takes its names for that system's, whatever the
/// flag says of UTF-8.
const MADE_BY: u16 = 3 << 8 | VERSION;
/// A regular file that its owner may write and all may read, as Unix has it in the upper half.
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;
/// 1 January 1980, the first day that ZIP has.
const DATE: u16 = 0x0021;

/// The CRC-32 (IEEE 802.3) of bytes that come in pieces.
#[derive(Debug, Clone, Default)]
pub struct Crc32(crc32fast::Hasher);

impl Crc32 {
    /// Of no bytes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of all bytes so far.
    #[must_use]
    pub fn value(&self) -> u32 {
        self.0.clone().finalize()
    }
}

/// What the headers of a member say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberHeader<'a> {
    /// Its name.
    pub name: &'a str,
    /// CRC-32 (IEEE 802.3) of its bytes.
    pub crc32: u32,
    /// How many bytes it has.
    pub length: u32,
}

impl<'a> MemberHeader<'a> {
    /// The header of a member whose bytes are at hand.
    ///
    /// # Errors
    /// [`Error::Name`], or [`Error::TooLong`].
    pub fn of(name: &'a str, bytes: &[u8]) -> Result<Self, Error> {
        Self::new(name, crc32fast::hash(bytes), bytes.len() as u64)
    }

    /// The header of a member that was written elsewhere.
    ///
    /// # Errors
    /// [`Error::Name`] where no member may have that name, [`Error::TooLong`] where no archive has
    /// room for it.
    pub fn new(name: &'a str, crc32: u32, length: u64) -> Result<Self, Error> {
        name::check(name.as_bytes())?;
        let fits = u32::try_from(length).ok();
        let length = fits
            .filter(|length| u64::from(*length) <= MAX_ARCHIVE_BYTES)
            .ok_or(Error::TooLong(length))?;
        Ok(Self {
            name,
            crc32,
            length,
        })
    }

    /// The 26 bytes that local and central header share.
    fn shared(&self) -> Vec<u8> {
        // Checked when it was made: 200 bytes at most.
        let name_length = u16::try_from(self.name.len()).unwrap_or(u16::MAX);
        [
            &VERSION.to_le_bytes()[..],
            &FLAGS.to_le_bytes(),
            &[0; 4], // stored, midnight
            &DATE.to_le_bytes(),
            &self.crc32.to_le_bytes(),
            &self.length.to_le_bytes(),
            &self.length.to_le_bytes(),
            &name_length.to_le_bytes(),
            &[0; 2], // no extra field
        ]
        .concat()
    }
}

/// What stands before a member's bytes.
#[must_use]
pub fn local_header(member: &MemberHeader<'_>) -> Vec<u8> {
    [
        &LOCAL_SIGNATURE[..],
        &member.shared(),
        member.name.as_bytes(),
    ]
    .concat()
}

/// What stands for a member after all members; `local_at` is where its local header begins.
#[must_use]
pub fn central_header(member: &MemberHeader<'_>, local_at: u32) -> Vec<u8> {
    [
        &CENTRAL_SIGNATURE[..],
        &MADE_BY.to_le_bytes(),
        &member.shared(),
        &[0; 6], // no comment, first disk, no internal attributes
        &ATTRIBUTES.to_le_bytes(),
        &local_at.to_le_bytes(),
        member.name.as_bytes(),
    ]
    .concat()
}

/// What stands last, for `count` members whose central headers have `central_length` bytes and
/// begin at `central_at`.
///
/// # Errors
/// [`Error::TooManyMembers`], or [`Error::TooLong`] where the whole archive has too many bytes.
pub fn end(count: usize, central_length: u64, central_at: u64) -> Result<Vec<u8>, Error> {
    let members = u16::try_from(count)
        .ok()
        .filter(|_| count <= MAX_MEMBERS)
        .ok_or(Error::TooManyMembers)?;
    let whole = central_at
        .saturating_add(central_length)
        .saturating_add(END_BYTES as u64);
    if whole > MAX_ARCHIVE_BYTES {
        return Err(Error::TooLong(whole));
    }
    let [length, at] =
        [central_length, central_at].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    Ok([
        &END_SIGNATURE[..],
        &[0; 4], // first disk
        &members.to_le_bytes(),
        &members.to_le_bytes(),
        &length.to_le_bytes(),
        &at.to_le_bytes(),
        &[0; 2], // no comment
    ]
    .concat())
}
