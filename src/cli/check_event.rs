//! `custodia check-event`: the dry run of `publish`, without Kafka.

use clap::Args;

use super::publish::lines_of;
use super::{Error, exit};
use crate::app;
use crate::clock::SystemClock;
use crate::config::Config;

/// Reads events from standard input, one JSON object a line (protobuf's JSON mapping), and says of
/// each whether `publish` would send it. Missing ids and salts are filled in; `occurred_at` must be
/// there.
#[derive(Debug, Args)]
pub struct CheckEvent {
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

impl CheckEvent {
    /// Runs the command; exit status 5 where a line would be refused.
    ///
    /// # Errors
    /// Where standard input can't be read or standard output can't be written.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let clock = SystemClock::new();
        let input = std::io::stdin().lock();
        let tally = app::check_events(config, &clock, input, &mut lines_of(self.json))?;
        Ok(if tally.refused == 0 {
            exit::OK
        } else {
            exit::REFUSED
        })
    }
}
