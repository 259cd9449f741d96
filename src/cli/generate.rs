//! `custodia generate`: fills the topics with a made-up town.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Error, exit};
use crate::app::{self, Extent};
use crate::config::Config;

/// Sends the life of a town of made-up customers: the same seed gives the same events.
#[derive(Debug, Args)]
#[group(skip)]
pub struct Generate {
    /// Where all chances come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many customers.
    #[arg(long, default_value_t = 100, conflicts_with = "events")]
    customers: u64,
    /// About how many events, in place of a count of customers.
    #[arg(long)]
    events: Option<u64>,
    /// When the town's month begins, in ms since 1970; default 2026-09-01 in Shanghai.
    #[arg(long, default_value_t = 1_788_192_000_000)]
    start_ms: i64,
    /// Put stories among the lives that break every rule, and write to this file what must be found of them,
    /// a JSON object a line. The list takes each event to reach Kafka when it happened.
    #[arg(long, value_name = "LIST.jsonl")]
    faults: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Generate {
    /// Runs the command.
    ///
    /// # Errors
    /// Where Kafka can't be reached or doesn't acknowledge a record.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let extent = self
            .events
            .map_or(Extent::Customers(self.customers), Extent::Events);
        let town = app::town(config, self.seed, extent, self.start_ms)?;
        let sent = match &self.faults {
            None => app::send_events(config, town.events(), &mut |_| {})?,
            Some(list) => {
                write_list(list, &town.faults())?;
                app::send_events(config, town.events_with_faults(), &mut |_| {})?
            }
        };
        if self.json {
            println!(
                "{}",
                serde_json::json!({ "sent": sent, "customers": town.customers })
            );
        } else {
            let (events, registry) = (sent.events, sent.registry);
            println!(
                "{} customers: {events} events, {registry} in the registry",
                town.customers
            );
        }
        Ok(exit::OK)
    }
}

/// Writes what must be found of a town with faults, a JSON object a line.
fn write_list(path: &Path, list: &[impl Serialize]) -> Result<(), Error> {
    let failed = |source| Error::File {
        path: path.to_owned(),
        source,
    };
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    for one in list {
        let line = serde_json::to_string(one).map_err(|error| failed(error.into()))?;
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)
}
