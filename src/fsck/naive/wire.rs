//! Protobuf's wire format under the rules of design §3.3.

/// Bytes being read from the front. Each reader gives `None` where a rule is broken.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub &'a [u8]);

/// One field as it stands on the wire.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub number: u32,
    /// Tag and value.
    pub whole: &'a [u8],
    /// What follows the length, where the field is length-delimited.
    pub content: Option<&'a [u8]>,
}

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    /// The bytes of a varint: up to and with the first that has no high bit.
    fn varint_bytes(&mut self, most: usize) -> Option<&'a [u8]> {
        let last = self.0.iter().position(|byte| byte & 0x80 == 0)?;
        if last < most {
            self.take(last + 1)
        } else {
            None
        }
    }

    /// A varint of at most ten bytes and below 2^64; needless bytes are allowed.
    fn varint(&mut self) -> Option<u64> {
        let value = value_of(self.varint_bytes(10)?);
        u64::try_from(value).ok()
    }

    /// A minimal varint of at most five bytes: a tag, a length or a number of the frame.
    pub(super) fn short_varint(&mut self) -> Option<u64> {
        let bytes = self.varint_bytes(5)?;
        let minimal = bytes.len() == 1 || bytes.last() != Some(&0);
        if minimal {
            u64::try_from(value_of(bytes)).ok()
        } else {
            None
        }
    }

    fn field(&mut self) -> Option<Field<'a>> {
        let start = self.0;
        let tag = self.short_varint()?;
        let mut content = None;
        match tag % 8 {
            0 => drop(self.varint()?),
            1 => drop(self.take(8)?),
            2 => {
                let length = self.short_varint()?;
                content = Some(self.take(usize::try_from(length).ok()?)?);
            }
            5 => drop(self.take(4)?),
            _ => return None,
        }
        let number = u32::try_from(tag / 8).ok().filter(|number| *number > 0)?;
        let whole = start.get(..start.len() - self.0.len())?;
        Some(Field {
            number,
            whole,
            content,
        })
    }

    /// All fields to the end, whose numbers never fall.
    pub(super) fn fields(mut self) -> Option<Vec<Field<'a>>> {
        let mut fields: Vec<Field<'a>> = Vec::new();
        while !self.0.is_empty() {
            let field = self.field()?;
            if fields
                .last()
                .is_some_and(|before| before.number > field.number)
            {
                return None;
            }
            fields.push(field);
        }
        Some(fields)
    }
}

/// Ten bytes hold 70 bits, so nothing is lost here.
fn value_of(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 7 | u128::from(byte & 0x7f))
}
