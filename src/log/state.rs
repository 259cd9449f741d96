//! The one value that says where a log stands; it changes in the same write as the leaves (law 4).

use custodia_core::tree::{self, Hash};

/// Where the log stands in its Kafka partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The first offset not yet read.
    pub next_offset: u64,
    /// The offset of the last leaf.
    pub last_offset: Option<u64>,
    /// The leader epoch that came with the last leaf's record.
    pub leader_epoch: Option<i32>,
}

/// Size, root and position of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// How many leaves the log has.
    pub size: u64,
    /// The tree's root at that size.
    pub root: Hash,
    /// Where reading goes on.
    pub position: Position,
    /// The latest timestamp of any leaf, in ms; `i64::MIN` where there is none.
    pub latest_ms: i64,
}

const VERSION: u8 = 1;
const BYTES: usize = 1 + 8 + 32 + 8 + 1 + 8 + 1 + 4 + 8;

impl State {
    /// The state of a log that starts at `start_offset` and has no leaf.
    pub fn empty(start_offset: u64) -> Self {
        Self {
            size: 0,
            root: tree::empty_root(),
            position: Position {
                next_offset: start_offset,
                last_offset: None,
                leader_epoch: None,
            },
            latest_ms: i64::MIN,
        }
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let Position {
            next_offset,
            last_offset,
            leader_epoch,
        } = self.position;
        let mut out = Vec::with_capacity(BYTES);
        out.push(VERSION);
        out.extend(self.size.to_be_bytes());
        out.extend(self.root);
        out.extend(next_offset.to_be_bytes());
        out.push(u8::from(last_offset.is_some()));
        out.extend(last_offset.unwrap_or(0).to_be_bytes());
        out.push(u8::from(leader_epoch.is_some()));
        out.extend(leader_epoch.unwrap_or(0).to_be_bytes());
        out.extend(self.latest_ms.to_be_bytes());
        out
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = Fields(bytes);
        if bytes.len() != BYTES || rest.take::<1>()? != [VERSION] {
            return None;
        }
        let size = u64::from_be_bytes(rest.take()?);
        let root = rest.take()?;
        let next_offset = u64::from_be_bytes(rest.take()?);
        let last_offset = optional(rest.take()?, u64::from_be_bytes(rest.take()?))?;
        let leader_epoch = optional(rest.take()?, i32::from_be_bytes(rest.take()?))?;
        let latest_ms = i64::from_be_bytes(rest.take()?);
        let position = Position {
            next_offset,
            last_offset,
            leader_epoch,
        };
        Some(Self {
            size,
            root,
            position,
            latest_ms,
        })
    }
}

/// A flag byte and a value: only the values that [`State::to_bytes`] writes are read.
#[allow(clippy::option_option)]
fn optional<T: Default + PartialEq>(flag: [u8; 1], value: T) -> Option<Option<T>> {
    match flag {
        [0] if value == T::default() => Some(None),
        [1] => Some(Some(value)),
        _ => None,
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back() {
        let mut state = State::empty(9);
        assert_eq!(State::from_bytes(&state.to_bytes()), Some(state));
        state.size = u64::MAX;
        state.position.last_offset = Some(0);
        state.position.leader_epoch = Some(-7);
        assert_eq!(State::from_bytes(&state.to_bytes()), Some(state));
    }

    #[test]
    fn what_was_not_written_is_not_read() {
        let bytes = State::empty(9).to_bytes();
        for (at, value) in [(0, 2), (49, 2), (57, 1), (58, 9)] {
            let mut other = bytes.clone();
            other[at] = value;
            assert_eq!(State::from_bytes(&other), None, "byte {at}");
        }
        assert_eq!(State::from_bytes(&bytes[1..]), None);
    }
}
