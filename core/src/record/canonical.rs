//! Length-prefixed bytes: the one form of headers, in stored records and in the transport slot.
//!
//! Counts and lengths are u32be; what may be null begins with a presence byte.

use super::{Error, Header};

/// A count or length as it stands in every canonical form.
pub(crate) fn u32be(count: usize) -> [u8; 4] {
    u32::try_from(count)
        .expect("Kafka's lengths are signed 32-bit numbers")
        .to_be_bytes()
}

/// `length ‖ bytes`.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32be(bytes.len()));
    out.extend_from_slice(bytes);
}

/// `00` for null, or `01 ‖ length ‖ bytes`.
pub(crate) fn put_optional(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.push(u8::from(bytes.is_some()));
    if let Some(bytes) = bytes {
        put_bytes(out, bytes);
    }
}

/// `count of headers`, then for each `length ‖ name ‖ value`.
pub(crate) fn put_headers(out: &mut Vec<u8>, headers: &[Header]) {
    out.extend_from_slice(&u32be(headers.len()));
    for header in headers {
        put_bytes(out, header.seen_name());
        put_optional(out, header.value.as_deref());
    }
}

/// Reads canonical forms from the front of some bytes.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    fn count(&mut self) -> Result<usize, Error> {
        let count = u32::from_be_bytes(self.array()?);
        usize::try_from(count).map_err(|_| Error::Truncated)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.count()?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(crate) fn optional(&mut self) -> Result<Option<&'a [u8]>, Error> {
        match self.byte()? {
            0 => Ok(None),
            1 => self.bytes().map(Some),
            presence => Err(Error::Presence(presence)),
        }
    }

    pub(crate) fn headers(&mut self) -> Result<Vec<Header>, Error> {
        // Grows as headers are read, so that a count alone can't claim memory.
        let mut headers = Vec::new();
        for _ in 0..self.count()? {
            headers.push(self.header()?);
        }
        Ok(headers)
    }

    fn header(&mut self) -> Result<Header, Error> {
        let name = self.bytes()?.to_vec();
        if name.contains(&0) {
            return Err(Error::HeaderName);
        }
        let value = self.optional()?.map(<[u8]>::to_vec);
        Ok(Header { name, value })
    }

    /// Refuses bytes that nothing has read.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(Error::Trailing(left)),
        }
    }
}
