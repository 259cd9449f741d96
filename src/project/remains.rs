//! What is kept of an erased leaf: what stands in clear of any leaf (design §4), so that its verdict and those
//! of the leaves after it come out the same when rows are made again.

use super::rows::LeafRow;

const VERSION: u8 = 0x01;
const NO_VALUE: u8 = 0x00;
const HAS_VALUE: u8 = 0x01;
const HASH: usize = 32;

/// What is kept of an erased leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remains {
    /// Its row.
    pub(super) row: LeafRow,
    /// BLAKE3 of its value, where it was accepted under an event id. The value has a salt of 32 random bytes, so
    /// nobody can guess it.
    pub(super) value_hash: Option<[u8; HASH]>,
}

impl Remains {
    /// `version 0x01 ‖ 0x00`, or `version 0x01 ‖ 0x01 ‖ hash 32`, then the leaf's row.
    pub(super) fn encode(&self) -> Vec<u8> {
        let flag = if self.value_hash.is_some() {
            HAS_VALUE
        } else {
            NO_VALUE
        };
        let mut out = vec![VERSION, flag];
        out.extend(self.value_hash.iter().flatten());
        out.extend(self.row.encode());
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[version, flag], rest) = bytes.split_first_chunk()?;
        let (value_hash, rest) = match flag {
            NO_VALUE => (None, rest),
            HAS_VALUE => {
                let (hash, rest) = rest.split_first_chunk::<HASH>()?;
                (Some(*hash), rest)
            }
            _ => return None,
        };
        let row = LeafRow::decode(rest)?;
        (version == VERSION).then_some(Self { row, value_hash })
    }
}

#[cfg(test)]
mod tests {
    use custodia_core::verdict::Verdict;

    use super::*;

    #[test]
    fn remains_come_back_from_their_bytes_and_from_no_others() {
        let row = LeafRow {
            verdict: Some(Verdict::Accepted),
            event_id_hash: Some([7; 16]),
            producer: Some("loan-gateway".into()),
            producer_epoch: None,
            producer_seq: Some(9),
        };
        for value_hash in [None, Some([3; 32])] {
            let remains = Remains {
                row: row.clone(),
                value_hash,
            };
            let bytes = remains.encode();
            assert_eq!(Remains::decode(&bytes), Some(remains));
            assert_eq!(Remains::decode(&[&bytes[..], &[0]].concat()), None);
        }
        assert_eq!(Remains::decode(&[2, 0, 1, 0]), None);
        assert_eq!(Remains::decode(&[1, 2, 1, 0]), None);
    }
}
