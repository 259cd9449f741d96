//! Changes that reach the disk together or not at all.

use std::ops::Range;

use super::family::Family;

/// Puts and deletes over any families, applied in order and as one by
/// [`Store::write`](super::Store::write). Collected in one buffer, so that a batch costs no
/// allocation for each change, and can be cleared and filled again.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    changes: Vec<Stored>,
}

/// One change as it is applied.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change<'a> {
    Put(&'a [u8], &'a [u8]),
    Delete(&'a [u8]),
    DeleteRange(&'a [u8], &'a [u8]),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Put,
    Delete,
    DeleteRange,
}

/// One change, with its operands as places in [`Batch::bytes`].
#[derive(Debug)]
struct Stored {
    family: Family,
    kind: Kind,
    first: Range<usize>,
    second: Range<usize>,
}

impl Batch {
    /// A batch that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A batch with room for about so many changes and bytes.
    pub fn with_capacity(changes: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            changes: Vec::with_capacity(changes),
        }
    }

    /// Sets `key` to `value`.
    pub fn put(&mut self, family: Family, key: &[u8], value: &[u8]) {
        self.add(family, Kind::Put, key, value);
    }

    /// Removes `key`; nothing happens where it isn't there.
    pub fn delete(&mut self, family: Family, key: &[u8]) {
        self.add(family, Kind::Delete, key, &[]);
    }

    /// Removes all keys from `start` up to, and without, `end`.
    pub fn delete_range(&mut self, family: Family, start: &[u8], end: &[u8]) {
        self.add(family, Kind::DeleteRange, start, end);
    }

    /// How many changes it holds.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Bytes of all keys and values it holds.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets all changes and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.changes.clear();
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = (Family, Change<'_>)> {
        self.changes.iter().map(|stored| {
            let first = &self.bytes[stored.first.clone()];
            let second = &self.bytes[stored.second.clone()];
            let change = match stored.kind {
                Kind::Put => Change::Put(first, second),
                Kind::Delete => Change::Delete(first),
                Kind::DeleteRange => Change::DeleteRange(first, second),
            };
            (stored.family, change)
        })
    }

    fn add(&mut self, family: Family, kind: Kind, first: &[u8], second: &[u8]) {
        let first = self.append(first);
        let second = self.append(second);
        self.changes.push(Stored {
            family,
            kind,
            first,
            second,
        });
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::family::Content;
    use super::*;

    const FAMILY: Family = Family::new("entries", Content::Ascending);

    #[test]
    fn changes_come_back_in_order_with_their_bytes() {
        let mut batch = Batch::new();
        batch.put(FAMILY, b"a", b"one");
        batch.delete(FAMILY, b"b");
        batch.delete_range(FAMILY, b"c", b"d");
        batch.put(FAMILY, b"", b"");
        let changes: Vec<_> = batch.changes().map(|(_, change)| change).collect();
        let wanted = [
            Change::Put(b"a", b"one"),
            Change::Delete(b"b"),
            Change::DeleteRange(b"c", b"d"),
            Change::Put(b"", b""),
        ];
        assert_eq!(changes, wanted);
        assert_eq!((batch.len(), batch.size_bytes()), (4, 7));
    }

    #[test]
    fn a_cleared_batch_changes_nothing() {
        let mut batch = Batch::with_capacity(1, 8);
        batch.put(FAMILY, b"a", b"one");
        batch.clear();
        assert!(batch.is_empty());
        assert_eq!(batch.changes().count(), 0);
    }
}
