//! `custodia receipt`: the proof that a leaf is in its log.

use std::path::PathBuf;

use clap::Args;

use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::{Existence, ExistenceQuestion, ReceiptQuestion};

/// Prints a leaf's receipt (C2SP tlog-proof): its inclusion proof with a signed checkpoint. It
/// names nobody. Verifiers check it against the policy that `custodia key` prints. With --event it is said
/// where the event is and since when, and that no third party's timestamp says so.
#[derive(Debug, Args)]
pub struct Receipt {
    /// The log's origin, as answers name it.
    #[arg(required_unless_present = "event", requires = "index")]
    log: Option<String>,
    /// The leaf.
    index: Option<u64>,
    /// The event by its id, in place of log and leaf.
    #[arg(long, value_name = "ID", conflicts_with_all = ["log", "index"])]
    event: Option<String>,
    /// A signed checkpoint that you hold; proves that the tree goes on from it.
    #[arg(long, value_name = "FILE", requires = "event")]
    held: Option<PathBuf>,
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
        let counter = Counter::find(config)?;
        if let Some(event) = self.event {
            let held = self.held.map(read).transpose()?;
            let answer = counter.ask_openly(&ExistenceQuestion { event, held })?;
            if self.json {
                println!("{}", serde_json::json!(answer));
            } else {
                print(&answer);
            }
            return Ok(exit::OK);
        }
        let question = ReceiptQuestion {
            log: self.log.unwrap_or_default(),
            index: self.index.unwrap_or_default(),
        };
        let receipt = counter.ask_openly(&question)?;
        if self.json {
            println!("{}", serde_json::json!(receipt));
        } else {
            print!("{}", receipt.tlog_proof);
        }
        Ok(exit::OK)
    }
}

fn read(path: PathBuf) -> Result<String, Error> {
    std::fs::read_to_string(&path).map_err(|source| Error::File { path, source })
}

fn print(answer: &Existence) {
    let leaf = shown::leaf(&answer.log, answer.index);
    let whose = if answer.log_append_time {
        "by Kafka's clock"
    } else {
        "by its producer's clock"
    };
    println!("event {}: {leaf}", answer.event);
    println!("on record {} {whose}", shown::time(answer.record_time));
    println!("{}", answer.external_timestamp);
    if let Some(since) = &answer.since_held {
        let held = if since.holds_the_leaf {
            "holds the leaf"
        } else {
            "is older than the leaf"
        };
        println!(
            "the checkpoint held, of {} leaves, {held}; the tree of {} goes on from it ({} hashes)",
            since.size,
            answer.size,
            since.proof.len()
        );
    }
    print!("{}", answer.tlog_proof);
}
