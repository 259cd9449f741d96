//! `custodia fsck`: computes everything again.

use clap::Args;

use super::{Error, exit};
use crate::app;
use crate::config::Config;

/// Re-reads payload, commitment, leaf, tile and checkpoint, and names what is wrong and where.
/// It takes the folder: stop `serve` first.
#[derive(Debug, Args)]
pub struct Fsck {
    /// Compare with what the topics hold, too.
    #[arg(long)]
    against_topic: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Fsck {
    /// Runs the command; exit status 3 where something is wrong.
    ///
    /// # Errors
    /// Where the folder can't be opened or Kafka can't be read.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let report = app::fsck(config, self.against_topic)?;
        if self.json {
            println!("{}", serde_json::json!(report));
        } else {
            print!("{report}");
        }
        Ok(if report.is_clean() {
            exit::OK
        } else {
            exit::NOT_CLEAN
        })
    }
}
