//! `custodia receipt`: the proof that a leaf is in its log.

use clap::Args;

use super::{Error, exit};
use crate::app::Counter;
use crate::config::Config;
use crate::query::ReceiptQuestion;

/// Prints a leaf's receipt (C2SP tlog-proof): its inclusion proof with a signed checkpoint. It
/// names nobody. Verifiers check it against the policy that `custodia key` prints.
#[derive(Debug, Args)]
pub struct Receipt {
    /// The log's origin, as answers name it.
    log: String,
    /// The leaf.
    index: u64,
    /// Print JSON, with the leaf's entry.
    #[arg(long)]
    json: bool,
}

impl Receipt {
    /// Runs the command.
    ///
    /// # Errors
    /// Where there is no such leaf, or no signed checkpoint covers it yet.
    pub fn run(self, config: &Config) -> Result<u8, Error> {
        let question = ReceiptQuestion {
            log: self.log,
            index: self.index,
        };
        let receipt = Counter::find(config)?.ask_openly(&question)?;
        if self.json {
            println!("{}", serde_json::json!(receipt));
        } else {
            print!("{}", receipt.tlog_proof);
        }
        Ok(exit::OK)
    }
}
