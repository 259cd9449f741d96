//! Where offsets and times stand in a log.

use super::edge::TILE_WIDTH;
use super::layout::{CLOCKS, GAPS, number};
use super::reader::store_error;
use super::{Error, Log};
use crate::store::{Direction, KeyRange};

impl Log {
    /// The leaf that stands for a Kafka offset.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn index_of_offset(&self, offset: u64) -> Result<Option<u64>, Error> {
        let (mut low, mut high) = (0, self.tail().size);
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.entry(middle)?.offset;
            match at.cmp(&offset) {
                std::cmp::Ordering::Equal => return Ok(Some(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// The largest n ≤ `limit` such that none of the first n leaves has a timestamp later than
    /// `time_ms`; leaves without a timestamp count as not later (design §2, two times).
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn size_at(&self, time_ms: i64, limit: u64) -> Result<u64, Error> {
        let limit = limit.min(self.tail().size);
        let (mut low, mut high) = (0, limit / TILE_WIDTH);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.latest_through_tile(middle)? <= time_ms {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut size = low * TILE_WIDTH;
        let width = usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX);
        for entry in self.entries(size, width)? {
            let later = self.decode_entry(size, &entry)?.0.timestamp_ms > time_ms;
            if later || size == limit {
                break;
            }
            size += 1;
        }
        Ok(size)
    }

    /// The latest timestamp of the first `size` leaves, in ms since 1970; none where none has one.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn latest_time(&self, size: u64) -> Result<Option<i64>, Error> {
        let tiles = size / TILE_WIDTH;
        let mut latest = match tiles.checked_sub(1) {
            Some(last) => self.latest_through_tile(last)?,
            None => i64::MIN,
        };
        let width = usize::try_from(size % TILE_WIDTH).unwrap_or(usize::MAX);
        for entry in self.entries(tiles * TILE_WIDTH, width)? {
            latest = latest.max(self.decode_entry(size, &entry)?.0.timestamp_ms);
        }
        Ok(Some(latest).filter(|latest| *latest >= 0))
    }

    /// The gaps in the partition's offsets, as `(first missing, first after)`.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn gaps(&self) -> Result<Vec<(u64, u64)>, Error> {
        let mut out = Vec::new();
        for row in self.rows(GAPS, &KeyRange::all(), Direction::Ascending)? {
            let (key, value) = row.map_err(|e| store_error(&self.name, e))?;
            let gap = number(&key).zip(number(&value));
            out.push(gap.ok_or_else(|| self.corrupt("a gap is not two numbers".into()))?);
        }
        Ok(out)
    }

    fn latest_through_tile(&self, tile: u64) -> Result<i64, Error> {
        let bytes = self.get(CLOCKS, &tile.to_be_bytes())?;
        let bytes: Option<[u8; 8]> = bytes.and_then(|b| b.try_into().ok());
        let missing = || self.corrupt(format!("the latest timestamp of tile {tile} is missing"));
        bytes.map(i64::from_be_bytes).ok_or_else(missing)
    }
}
