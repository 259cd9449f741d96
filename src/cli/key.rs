//! `custodia key`: what others need to verify this ledger.

use clap::Args;

use super::{Error, exit};
use crate::app;
use crate::config::Config;

/// Prints the tlog-policy that verifiers are handed: it confirms the ledger's key for all its logs.
#[derive(Debug, Args)]
pub struct Key {}

impl Key {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the folder is no ledger, or its ledger doesn't sign.
    pub fn run(config: &Config) -> Result<u8, Error> {
        print!("{}", app::policy(config)?);
        Ok(exit::OK)
    }
}
