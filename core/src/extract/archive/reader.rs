//! Reading an archive: each header is made again from what it says, and compared.

use std::collections::BTreeSet;

use super::name::{self, Names};
use super::writer::{
    END_SIGNATURE, LOCAL_BYTES, LOCAL_SIGNATURE, MemberHeader, central_header, end, local_header,
};
use super::{Error, MAX_ARCHIVE_BYTES, Part};

/// Where the CRC-32 stands in a local header.
const LOCAL_CRC_AT: usize = 14;
/// Where the CRC-32 stands in a central header.
const CENTRAL_CRC_AT: usize = 16;

/// The fields of a local header: where each ends, and what it says.
const LOCAL_FIELDS: [(usize, &str); 10] = [
    (4, "signature"),
    (6, "version"),
    (8, "flags"),
    (10, "compression method"),
    (14, "date"),
    (18, "CRC-32"),
    (26, "length"),
    (28, "length of the name"),
    (30, "length of extra fields"),
    (usize::MAX, "name"),
];
/// The fields of a central header.
const CENTRAL_FIELDS: [(usize, &str); 13] = [
    (4, "signature"),
    (8, "version"),
    (10, "flags"),
    (12, "compression method"),
    (16, "date"),
    (20, "CRC-32"),
    (28, "length"),
    (30, "length of the name"),
    (34, "length of extra fields or comment"),
    (36, "disk"),
    (42, "attributes"),
    (46, "offset of the local header"),
    (usize::MAX, "name"),
];
/// The fields of the end.
const END_FIELDS: [(usize, &str); 6] = [
    (4, "signature"),
    (8, "disk"),
    (12, "count of members"),
    (16, "length of the central headers"),
    (20, "offset of the central headers"),
    (usize::MAX, "length of the comment"),
];

/// An extract's members: names and bytes, of an archive or unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members<'a> {
    list: Vec<(&'a str, &'a [u8])>,
    is_archive: bool,
    wrong_checksums: Vec<WrongChecksum>,
}

/// A CRC-32 that both headers of a member have, and that is not its bytes'. It doesn't keep the
/// archive from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongChecksum {
    /// The member.
    pub member: String,
    /// Where in the archive the checksum stands first.
    pub at: u64,
}

impl<'a> Members<'a> {
    /// Reads an archive. A CRC-32 that is not that of its member's bytes is kept for
    /// [`Members::wrong_checksums`]; everything else must be in the one form.
    ///
    /// # Errors
    /// The first place, from front to back, where the bytes are not those of the one form.
    pub fn parse(archive: &'a [u8]) -> Result<Self, Error> {
        let length = archive.len() as u64;
        if length > MAX_ARCHIVE_BYTES {
            return Err(Error::TooLong(length));
        }
        Reader {
            archive,
            at: 0,
            wrong_checksums: Vec::new(),
        }
        .read()
    }

    /// Takes the members of an unpacked extract, in any order.
    ///
    /// # Errors
    /// [`Error::TooManyMembers`], [`Error::TooLong`], or what is wrong with a name.
    pub fn unpacked(members: Vec<(&'a str, &'a [u8])>) -> Result<Self, Error> {
        let mut names = Names::default();
        let mut length = 0;
        for (name, bytes) in &members {
            names.take(name::check(name.as_bytes())?)?;
            length += bytes.len() as u64;
            if length > MAX_ARCHIVE_BYTES {
                return Err(Error::TooLong(length));
            }
        }
        Ok(Self {
            list: members,
            is_archive: false,
            wrong_checksums: Vec::new(),
        })
    }

    /// The bytes of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.iter()
            .find(|member| member.0 == name)
            .map(|member| member.1)
    }

    /// The names.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&'a str> {
        self.iter().map(|(name, _)| name).collect()
    }

    /// Names and bytes: in the archive's order, or in that in which they were handed over.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + '_ {
        self.list.iter().copied()
    }

    /// Whether they come from an archive, so that their order means something.
    #[must_use]
    pub fn is_archive(&self) -> bool {
        self.is_archive
    }

    /// The CRC-32s that are not their members'.
    #[must_use]
    pub fn wrong_checksums(&self) -> &[WrongChecksum] {
        &self.wrong_checksums
    }
}

struct Reader<'a> {
    archive: &'a [u8],
    at: usize,
    wrong_checksums: Vec<WrongChecksum>,
}

/// A member as its local header has it.
struct Local<'a> {
    header: MemberHeader<'a>,
    bytes: &'a [u8],
    at: usize,
}

impl Local<'_> {
    fn is_checksum_right(&self) -> bool {
        crc32fast::hash(self.bytes) == self.header.crc32
    }
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Members<'a>, Error> {
        let (mut locals, mut names) = (Vec::new(), Names::default());
        while self.rest().starts_with(&LOCAL_SIGNATURE) || self.is_not_begun() {
            let local = self.local()?;
            names.take(local.header.name)?;
            locals.push(local);
        }
        if self.rest().len() < LOCAL_SIGNATURE.len() {
            return Err(self.cut_short(Part::LocalHeader(String::new())));
        }
        let central_at = self.at;
        for local in &locals {
            self.central(local)?;
        }
        let end = end(
            locals.len(),
            (self.at - central_at) as u64,
            central_at as u64,
        )?;
        self.same(&end, &Part::End, &END_FIELDS, None)?;
        if !self.rest().is_empty() {
            return Err(Error::Trailing {
                at: self.at as u64,
                count: self.rest().len() as u64,
            });
        }
        Ok(Members {
            list: locals
                .iter()
                .map(|local| (local.header.name, local.bytes))
                .collect(),
            is_archive: true,
            wrong_checksums: self.wrong_checksums,
        })
    }

    /// Whether nothing was read yet of what isn't an archive without members.
    fn is_not_begun(&self) -> bool {
        self.at == 0 && !self.archive.starts_with(&END_SIGNATURE)
    }

    fn rest(&self) -> &'a [u8] {
        &self.archive[self.at..]
    }

    /// Reads a member from its local header to its last byte.
    fn local(&mut self) -> Result<Local<'a>, Error> {
        let at = self.at;
        let unnamed = || Part::LocalHeader(String::new());
        let head = self.rest().get(..LOCAL_BYTES).ok_or_else(|| {
            // What doesn't even begin like an archive isn't one that was cut short.
            self.differs_or_cut(&LOCAL_SIGNATURE, unnamed())
        })?;
        if !head.starts_with(&LOCAL_SIGNATURE) {
            return Err(self.differs_or_cut(&LOCAL_SIGNATURE, unnamed()));
        }
        let length = u32::from_le_bytes([head[18], head[19], head[20], head[21]]);
        let name_length = usize::from(u16::from_le_bytes([head[26], head[27]]));
        let name = self.rest().get(LOCAL_BYTES..LOCAL_BYTES + name_length);
        let name = name.ok_or_else(|| self.cut_short(unnamed()))?;
        let name = name::check(name)?;
        let mut header = MemberHeader {
            name,
            crc32: 0,
            length,
        };
        let part = Part::LocalHeader(name.to_owned());
        self.same(
            &local_header(&header),
            &part,
            &LOCAL_FIELDS,
            Some(LOCAL_CRC_AT),
        )?;
        let bytes = usize::try_from(length)
            .ok()
            .and_then(|n| self.rest().get(..n));
        let bytes = bytes.ok_or_else(|| self.cut_short(Part::Bytes(name.to_owned())))?;
        header.crc32 = u32::from_le_bytes([head[14], head[15], head[16], head[17]]);
        self.at += bytes.len();
        Ok(Local { header, bytes, at })
    }

    fn central(&mut self, local: &Local<'a>) -> Result<(), Error> {
        let checksum_at = self.at + CENTRAL_CRC_AT;
        let local_at = u32::try_from(local.at).unwrap_or(u32::MAX);
        let expected = central_header(&local.header, local_at);
        let part = Part::CentralHeader(local.header.name.to_owned());
        self.same(&expected, &part, &CENTRAL_FIELDS, Some(CENTRAL_CRC_AT))?;
        self.checksum(local, checksum_at)
    }

    /// Compares the CRC-32 of the central header, at `central_at`, with that of the local one; where
    /// they are the same and wrong, notes it. Where they differ, names the one that is wrong.
    fn checksum(&mut self, local: &Local<'a>, central_at: usize) -> Result<(), Error> {
        let name = local.header.name.to_owned();
        let (local_at, is_right) = (local.at + LOCAL_CRC_AT, local.is_checksum_right());
        let stored = local.header.crc32.to_le_bytes();
        if self.archive[central_at..].starts_with(&stored) {
            if !is_right {
                let (member, at) = (name, local_at as u64);
                self.wrong_checksums.push(WrongChecksum { member, at });
            }
            return Ok(());
        }
        let (at, what) = if is_right {
            (central_at, Part::CentralHeader(name))
        } else {
            (local_at, Part::LocalHeader(name))
        };
        Err(Error::Differs {
            at: at as u64,
            what,
            field: "CRC-32",
        })
    }

    /// Goes past `expected`, where it stands here; the four bytes at `crc_at` aren't compared.
    fn same(
        &mut self,
        expected: &[u8],
        part: &Part,
        fields: &[(usize, &'static str)],
        crc_at: Option<usize>,
    ) -> Result<(), Error> {
        let differs = |(n, (ours, theirs)): (usize, (&u8, &u8))| {
            let is_crc = crc_at.is_some_and(|crc_at| (crc_at..crc_at + 4).contains(&n));
            (ours != theirs && !is_crc).then_some(n)
        };
        let pairs = expected.iter().zip(self.rest()).enumerate();
        if let Some(n) = pairs.map(differs).find_map(|differing| differing) {
            let field = fields.iter().find(|(ends, _)| n < *ends);
            return Err(Error::Differs {
                at: (self.at + n) as u64,
                what: part.clone(),
                field: field.map_or("name", |(_, field)| field),
            });
        }
        if self.rest().len() < expected.len() {
            return Err(self.cut_short(part.clone()));
        }
        self.at += expected.len();
        Ok(())
    }

    fn cut_short(&self, what: Part) -> Error {
        Error::CutShort {
            at: self.at as u64,
            what,
        }
    }

    /// The error where `signature` doesn't stand here whole.
    fn differs_or_cut(&self, signature: &[u8], what: Part) -> Error {
        let same = self.rest().iter().zip(signature);
        let same = same.take_while(|(theirs, ours)| theirs == ours).count();
        if same == signature.len() || same == self.rest().len() {
            return self.cut_short(what);
        }
        Error::Differs {
            at: (self.at + same) as u64,
            what,
            field: "signature",
        }
    }
}
