//! `RocksDB`'s write-ahead log, read as far as a simulated power cut needs it: where each batch of
//! leaves ends in the file, and how many leaves the log has after it.

use std::path::{Path, PathBuf};

const BLOCK_BYTES: usize = 32 * 1024;
/// Checksum, length, type.
const HEAD_BYTES: usize = 7;
/// Sequence number and count of changes.
const BATCH_HEAD_BYTES: usize = 12;
/// The key of the value that says where the log stands, and the length and version of the value.
const STATE: &[u8] = b"state";
const STATE_BYTES: usize = 71;

/// A batch that holds leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaves {
    /// Where the batch begins in the file.
    pub begin: u64,
    /// Where it ends.
    pub end: u64,
    /// The log's leaves after it.
    pub size: u64,
}

/// The file that a store in `folder` wrote last.
pub fn newest(folder: &Path) -> PathBuf {
    let names = std::fs::read_dir(folder).unwrap();
    let paths = names.map(|entry| entry.unwrap().path());
    let logs = paths.filter(|path| path.extension().is_some_and(|end| end == "log"));
    logs.max().expect("an open store has a write-ahead log")
}

/// Every batch of leaves of a file, in order. Rows and checkpoints stand in batches of their own.
pub fn batches_of_leaves(file: &Path) -> Vec<Leaves> {
    let bytes = std::fs::read(file).unwrap();
    let mut found = Vec::new();
    for (begin, end, batch) in batches(&bytes) {
        found.extend(size_after(&batch).map(|size| Leaves {
            begin: begin as u64,
            end: end as u64,
            size,
        }));
    }
    found
}

/// Begin, end and content of each whole record.
fn batches(bytes: &[u8]) -> Vec<(usize, usize, Vec<u8>)> {
    let (mut at, mut begin, mut parts, mut whole) = (0, 0, Vec::new(), Vec::new());
    while at + HEAD_BYTES <= bytes.len() {
        let left = BLOCK_BYTES - at % BLOCK_BYTES;
        if left < HEAD_BYTES {
            at += left;
            continue;
        }
        let length = usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
        let (kind, from) = (bytes[at + 6], at + HEAD_BYTES);
        let Some(part) = bytes.get(from..from + length) else {
            break;
        };
        if matches!(kind, 1 | 2) {
            (begin, parts) = (at, Vec::new());
        }
        parts.extend_from_slice(part);
        at = from + length;
        match kind {
            1 | 4 => whole.push((begin, at, std::mem::take(&mut parts))),
            2 | 3 => {}
            kind => panic!("a record of kind {kind} in the write-ahead log"),
        }
    }
    whole
}

/// What a batch sets the count of leaves to, where it does.
fn size_after(batch: &[u8]) -> Option<u64> {
    let mut rest = Changes(&batch[BATCH_HEAD_BYTES..]);
    let mut size = None;
    while let Some((key, value)) = rest.next() {
        if key == STATE {
            assert_eq!((value.len(), value[0]), (STATE_BYTES, 1), "another state");
            size = Some(u64::from_be_bytes(value[1..9].try_into().unwrap()));
        }
    }
    size
}

/// The changes of a batch that are still to be read.
struct Changes<'a>(&'a [u8]);

impl<'a> Changes<'a> {
    /// Key and value of the next one; of a deletion, what stands in their places.
    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let (kind, rest) = self.0.split_first()?;
        self.0 = rest;
        self.varint();
        let key = self.bytes();
        match kind {
            // A value or the end of a range, in a family.
            0x05 | 0x0e => Some((key, self.bytes())),
            0x04 => Some((key, &[])),
            kind => panic!("a change of kind {kind} in the write-ahead log"),
        }
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = self.varint();
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    fn varint(&mut self) -> usize {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = self.0.split_first().unwrap();
            self.0 = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
}
