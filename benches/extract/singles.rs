//! What it would weigh to prove each leaf shown by itself.

use std::collections::BTreeMap;

use custodia_core::extract::archive::Members;
use custodia_core::extract::{EventLine, Manifest, layout};
use custodia_core::receipt::Receipt;
use custodia_core::tree::HASH_BYTES;
use serde::{Deserialize, Serialize};

use super::Outcome;

/// As many single proofs as an extract shows leaves.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Singles {
    /// Leaves of the cut's logs, shown or not.
    pub leaves: u64,
    /// Bytes of the hashes of all inclusion proofs.
    pub hash_bytes: u64,
    /// Bytes of all receipts: C2SP tlog-proof files, each with its proof and the signed checkpoint.
    pub receipt_bytes: u64,
}

/// A log of the cut.
struct Log<'a> {
    size: u64,
    checkpoint: &'a str,
}

impl Singles {
    /// Of what an archive shows.
    pub fn of(archive: &[u8]) -> Outcome<Self> {
        let members = Members::parse(archive).map_err(|error| error.to_string())?;
        let member = |name: &str| members.get(name).ok_or_else(|| format!("no {name}"));
        let manifest = Manifest::from_json(member(layout::MANIFEST)?);
        let manifest = manifest.map_err(|error| error.to_string())?;
        let mut logs = BTreeMap::new();
        for log in manifest.cut.logs.iter().filter(|log| log.size.0 > 0) {
            let checkpoint = member(&layout::checkpoint_name(&log.origin.parse()?))?;
            let log_at = Log {
                size: log.size.0,
                checkpoint: str::from_utf8(checkpoint)?,
            };
            logs.insert(log.origin.as_str(), log_at);
        }
        let mut singles = Self {
            leaves: logs.values().map(|log| log.size).sum(),
            ..Self::default()
        };
        for line in member(layout::EVENTS)?.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                continue;
            }
            let line = EventLine::from_json(line).map_err(|error| error.to_string())?;
            let log = logs.get(line.log.as_str());
            singles.add(line.index.0, log.ok_or("a leaf of a log outside the cut")?)?;
        }
        Ok(singles)
    }

    /// Adds the proof of a leaf. It is weighed, not checked: its hashes are zeros.
    fn add(&mut self, index: u64, log: &Log<'_>) -> Outcome<()> {
        let path = vec![[0; HASH_BYTES]; path_length(index, log.size)];
        self.hash_bytes += (path.len() * HASH_BYTES) as u64;
        let receipt = Receipt::new(index, path, log.checkpoint)?;
        self.receipt_bytes += receipt.to_string().len() as u64;
        Ok(())
    }
}

/// The hashes of one leaf's inclusion proof (RFC 6962 §2.1.1).
fn path_length(mut index: u64, mut size: u64) -> usize {
    let mut length = 0;
    while size > 1 {
        let left = size.next_power_of_two() / 2;
        if index < left {
            size = left;
        } else {
            (index, size) = (index - left, size - left);
        }
        length += 1;
    }
    length
}
