//! `custodia check-event`: the dry run of `publish`, without Kafka.

use clap::Args;

use super::publish::lines_of;
use super::{Error, exit};
use crate::app;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::query::Why;

/// Reads events from standard input, one JSON object a line (protobuf's JSON mapping), and says of
/// each whether `publish` would send it. Missing ids and salts are filled in; `occurred_at` must be
/// there.
#[derive(Debug, Args)]
pub struct CheckEvent {
    /// Ask the ledger, too, what the rules would say if the event were on record. A look at its person is put on
    /// record first.
    #[arg(long, requires = "reason")]
    rules: bool,
    /// What the look is for, e.g. `producer_check`; it is put on record.
    #[arg(long, requires = "rules")]
    reason: Option<String>,
    /// The case or ticket that it belongs to.
    #[arg(long, default_value = "", requires = "rules")]
    ticket: String,
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
        let why = self.reason.as_ref().map(|reason| Why {
            reason: reason.clone(),
            ticket: self.ticket.clone(),
            ..Why::default()
        });
        let why = why.filter(|_| self.rules);
        let mut report = lines_of(self.json);
        let tally = app::check_events(config, &clock, input, why.as_ref(), &mut report)?;
        Ok(if tally.refused == 0 {
            exit::OK
        } else {
            exit::REFUSED
        })
    }
}
