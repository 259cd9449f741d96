//! `custodia publish`: events from standard input to Kafka.

use std::io::Write as _;

use clap::Args;

use super::{Error, exit};
use crate::app::{self, LineReport};
use crate::clock::SystemClock;
use crate::config::Config;

/// Reads events from standard input, one JSON object a line (protobuf's JSON mapping), fills in
/// missing ids and salts, and sends what the ledger would accept; `occurred_at` must be there. Of a
/// refused line nothing is sent; the others are.
#[derive(Debug, Args)]
pub struct Publish {
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

impl Publish {
    /// Runs the command; exit status 5 where a line was refused.
    ///
    /// # Errors
    /// Where Kafka can't be reached or doesn't acknowledge a record, standard input can't be read
    /// or standard output can't be written.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let clock = SystemClock::new();
        let input = std::io::stdin().lock();
        let tally = app::publish(config, &clock, input, &mut lines_of(self.json))?;
        Ok(if tally.refused == 0 {
            exit::OK
        } else {
            exit::REFUSED
        })
    }
}

/// Writes each report to standard output as it comes.
pub(super) fn lines_of(json: bool) -> impl FnMut(&LineReport) -> std::io::Result<()> {
    move |report| {
        let mut out = std::io::stdout().lock();
        if json {
            writeln!(out, "{}", serde_json::json!(report))
        } else {
            writeln!(out, "{report}")
        }
    }
}
