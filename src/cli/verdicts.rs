//! `custodia verdicts`: what was said of records.

use clap::Args;

use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::{self, Time, VerdictsQuestion};

/// What was said of records: counts, and each that was not accepted. Names nobody.
#[derive(Debug, Args)]
pub struct Verdicts {
    /// Of this producer's records alone.
    #[arg(long)]
    producer: Option<String>,
    /// With this verdict or reason alone, e.g. `missing_field`.
    #[arg(long, value_name = "CODE")]
    reason_code: Option<String>,
    /// From the first record on that Kafka took then or later (RFC 3339).
    #[arg(long, value_name = "TIME")]
    since: Option<Time>,
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Verdicts {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let verdicts = Counter::find(config)?.ask_openly(&VerdictsQuestion {
            producer: self.producer.clone(),
            code: self.reason_code.clone(),
            since: self.since,
            as_of: self.as_of.clone(),
        })?;
        if self.json {
            println!("{}", serde_json::json!(verdicts));
        } else {
            print(&verdicts);
        }
        Ok(exit::OK)
    }
}

fn print(verdicts: &query::Verdicts) {
    for (code, count) in &verdicts.counts {
        println!("{count:>12}  {code}");
    }
    let mut table = shown::table(&["record time", "producer", "verdict", "leaf"]);
    for row in &verdicts.rows {
        table.add_row([
            shown::time(row.record_time),
            row.producer.clone().unwrap_or_else(shown::dash),
            row.verdict.words.clone(),
            shown::leaf(&row.log, row.index),
        ]);
    }
    if !verdicts.rows.is_empty() {
        println!("{table}");
    }
    if verdicts.more {
        println!("There are more of them; narrow the question.");
    }
    println!("cut {}", verdicts.cut.digest);
}
