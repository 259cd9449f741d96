//! How far the ledger is with a record that Kafka has: unread, a leaf, a leaf under a signature.

use serde::{Deserialize, Serialize};

use super::view::LogRows;
use super::{Error, Receipt, ReceiptQuestion, View};

/// Records that one question may ask about.
pub const MOST_PLACES: usize = 128;

/// Where records stand in Kafka.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandedQuestion {
    /// The places, at most [`MOST_PLACES`].
    pub places: Vec<RecordPlace>,
}

/// Where one record stands in Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordPlace {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
}

/// How far the ledger is with one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Landed {
    /// The log has not come to that offset yet.
    Unread,
    /// It is a leaf, and no signed checkpoint covers it yet.
    Unsigned {
        /// The log.
        log: String,
        /// The leaf.
        index: u64,
    },
    /// It is a leaf, proven to be in its signed log.
    Signed(Receipt),
    /// No leaf will come of that place: the ledger has no log of the partition, or its log went
    /// past the offset.
    Nowhere,
}

impl View {
    /// How far the ledger is with each record, in the order asked. A partition's log is that of
    /// its newest generation. Names nobody.
    ///
    /// # Errors
    /// [`Error::TooMany`]; [`Error::Checkpoint`] and [`Error::Log`] where a log can't be read.
    pub fn landed(&self, question: &LandedQuestion) -> Result<Vec<Landed>, Error> {
        if question.places.len() > MOST_PLACES {
            return Err(Error::TooMany {
                what: "places",
                limit: MOST_PLACES,
            });
        }
        let places = question.places.iter();
        places.map(|place| self.landed_at(place)).collect()
    }

    fn landed_at(&self, place: &RecordPlace) -> Result<Landed, Error> {
        let of_place = |rows: &&LogRows| {
            let origin = rows.log().origin();
            (&origin.topic, origin.partition) == (&place.topic, place.partition)
        };
        let newest = self.logs().filter(of_place);
        let newest = newest.max_by_key(|rows| rows.log().origin().generation);
        let Some(log) = newest.map(LogRows::log) else {
            return Ok(Landed::Nowhere);
        };
        // Read before the leaf is looked for: what comes in between is a leaf, not lost.
        let passed = log.tail().next_offset > place.offset;
        let Some(index) = log.index_of_offset(place.offset)? else {
            return Ok(if passed {
                Landed::Nowhere
            } else {
                Landed::Unread
            });
        };
        let question = ReceiptQuestion {
            log: log.name().to_owned(),
            index,
        };
        match self.receipt(&question) {
            Ok(receipt) => Ok(Landed::Signed(receipt)),
            Err(Error::NotSigned { log, index }) => Ok(Landed::Unsigned { log, index }),
            Err(error) => Err(error),
        }
    }
}
