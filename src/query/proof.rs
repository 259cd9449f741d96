//! A leaf's receipt: that it is in its log, under a signed checkpoint.

use custodia_core::receipt;
use serde::{Deserialize, Serialize};

use super::{Error, View};

/// Which leaf's receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptQuestion {
    /// The log's origin.
    pub log: String,
    /// The leaf.
    pub index: u64,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
    /// The leaf's entry, hex: what the proof is of.
    pub entry: String,
    /// The `.tlog-proof` file (C2SP tlog-proof).
    pub tlog_proof: String,
}

impl View {
    /// The receipt of a leaf under the earliest signed checkpoint that covers it. Names nobody.
    ///
    /// # Errors
    /// [`Error::NoSuchLeaf`], [`Error::NotSigned`], [`Error::Checkpoint`], [`Error::Log`].
    pub fn receipt(&self, question: &ReceiptQuestion) -> Result<Receipt, Error> {
        let ReceiptQuestion { log: name, index } = question.clone();
        let missing = || Error::NoSuchLeaf {
            log: name.clone(),
            index,
        };
        let rows = self.log_named(&name).ok_or_else(missing)?;
        let log = rows.log();
        if index >= log.tail().size {
            return Err(missing());
        }
        let (_, entry) = log.entry_and_bytes(index)?;
        let covering = log.checkpoint_covering(index.saturating_add(1))?;
        let (size, signed) = covering.ok_or_else(|| Error::NotSigned {
            log: name.clone(),
            index,
        })?;
        let proof = log.inclusion_proof(index, size)?;
        let receipt =
            receipt::Receipt::new(index, proof, &signed).map_err(|source| Error::Checkpoint {
                log: name.clone(),
                source,
            })?;
        Ok(Receipt {
            log: name,
            index,
            entry: hex::encode(entry),
            tlog_proof: receipt.to_string(),
        })
    }
}
