//! The records that a log should have leaves of, as the caller reads them again.

use custodia_core::origin::Origin;
use custodia_core::record::Record;

use super::findings::Found;
use super::naive::{self, ENTRY_BYTES, Facts, Hash};
use super::{Error, Place};
use crate::log::Generation;

/// Why records can't be read again.
#[derive(Debug, thiserror::Error)]
#[error("the topic's records can't be read: {reason}")]
pub struct SourceError {
    /// What the client said.
    pub reason: String,
}

/// Records of one partition, ascending by offset.
pub struct Produced<'a> {
    /// The first offset that the source still has: leaves below it are compared with nothing.
    pub first_offset: u64,
    /// Each of these must be a leaf.
    pub records: Box<dyn Iterator<Item = Result<Record, SourceError>> + 'a>,
}

/// Reads topics again.
pub trait RecordSource {
    /// The records of the origin's partition that a `read_committed` reader sees from offset
    /// `from` up to, and without, `to`, which is where the log stands, or where the generation
    /// after it begins. Whoever knows all that was produced gives that instead: what the log has
    /// not read is then a finding. None where there is no such topic any more: what stands under
    /// its name now is not what this generation read.
    ///
    /// # Errors
    /// [`SourceError`].
    fn records(
        &mut self,
        origin: &Origin,
        generation: &Generation,
        from: u64,
        to: u64,
    ) -> Result<Option<Produced<'_>>, SourceError>;
}

/// The record that comes next in the topic.
struct Next {
    offset: u64,
    entry: [u8; ENTRY_BYTES],
}

/// Walks a topic's records beside the leaves.
pub(super) struct Topic<'a> {
    origin: String,
    /// Leaves at this offset or later are compared with nothing: the generation after this one
    /// begins there.
    below: u64,
    produced: Option<Produced<'a>>,
    next: Option<Next>,
    /// Leaves passed whose offset is not known.
    unknown: u64,
    pub(super) compared: u64,
}

impl<'a> Topic<'a> {
    pub(super) fn new(
        origin: &str,
        below: u64,
        produced: Option<Produced<'a>>,
    ) -> Result<Self, Error> {
        let origin = origin.to_owned();
        let mut topic = Self {
            origin,
            below,
            produced,
            next: None,
            unknown: 0,
            compared: 0,
        };
        topic.advance()?;
        Ok(topic)
    }

    fn advance(&mut self) -> Result<(), Error> {
        let Some(produced) = &mut self.produced else {
            return Ok(());
        };
        let record = produced.records.next().transpose();
        let record = record.map_err(|source| Error::Source {
            origin: self.origin.clone(),
            source,
        })?;
        self.next = record.map(|record| {
            let entry = naive::entry(&record);
            Next {
                offset: record.offset,
                entry,
            }
        });
        Ok(())
    }

    /// The entry of the next record, where that is what the leaf `hash` is made of.
    pub(super) fn entry_of(&self, hash: &Hash) -> Option<[u8; ENTRY_BYTES]> {
        let next = self.next.as_ref()?;
        (naive::leaf_hash(&next.entry) == *hash).then_some(next.entry)
    }

    /// Passes a leaf; `entry` is `None` where it isn't known.
    pub(super) fn pass(
        &mut self,
        index: u64,
        entry: Option<&[u8; ENTRY_BYTES]>,
        found: &mut Found<'_>,
    ) -> Result<(), Error> {
        let Some(produced) = &self.produced else {
            return Ok(());
        };
        let first_offset = produced.first_offset;
        let known = entry.and_then(|entry| Some((entry, Facts::of(entry)?.offset)));
        let Some((entry, offset)) = known else {
            self.unknown += 1;
            return Ok(());
        };
        if offset < first_offset || offset >= self.below {
            return Ok(());
        }
        self.pass_records_below(offset, found)?;
        match &self.next {
            Some(next) if next.offset == offset => {
                if next.entry != *entry {
                    let what = format!("leaf {index} stands for another record than this");
                    found.add(Place::Topic(offset), what);
                }
                self.compared += 1;
                self.advance()
            }
            _ => {
                let what = format!("leaf {index} stands for a record that isn't there");
                found.add(Place::Topic(offset), what);
                Ok(())
            }
        }
    }

    /// Passes the records that no leaf stands for.
    fn pass_records_below(&mut self, end: u64, found: &mut Found<'_>) -> Result<(), Error> {
        while let Some(offset) = self.next.as_ref().map(|next| next.offset)
            && offset < end
        {
            if self.unknown == 0 {
                found.add(Place::Topic(offset), "no leaf stands for this record");
            }
            self.unknown = self.unknown.saturating_sub(1);
            self.advance()?;
        }
        self.unknown = 0;
        Ok(())
    }

    /// Passes what is left once all leaves are.
    pub(super) fn end(&mut self, found: &mut Found<'_>) -> Result<(), Error> {
        self.pass_records_below(u64::MAX, found)
    }
}
