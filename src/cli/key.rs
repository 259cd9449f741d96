//! `custodia key`: what others need to verify this ledger.

use clap::Args;

use super::{Error, exit};
use crate::app;
use crate::config::Config;

/// Prints a tlog-policy whose `log` lines are the ledger's logs.
#[derive(Debug, Args)]
pub struct Key {}

impl Key {
    /// Runs the command. It needs the signer's folder, which a running ledger holds.
    ///
    /// # Errors
    /// Where the signer can't be opened or the folder is no ledger.
    pub fn run(config: &Config) -> Result<u8, Error> {
        for vkey in app::verifier_keys(config)? {
            println!("log {vkey}");
        }
        println!("quorum none");
        Ok(exit::OK)
    }
}
