//! `custodia serve`: the running ledger.

use std::sync::Arc;

use clap::Args;

use super::{Error, exit};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;

/// Appends what Kafka holds, signs checkpoints, and answers, until SIGTERM or SIGINT.
#[derive(Debug, Args)]
pub struct Serve {}

impl Serve {
    /// Runs the command.
    ///
    /// # Errors
    /// What keeps the ledger from running, or what stopped it.
    pub fn run(config: &Config) -> Result<u8, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        app::serve(config, &clock)?;
        Ok(exit::OK)
    }
}
