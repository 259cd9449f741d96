//! `custodia init`: makes a ledger.

use std::path::PathBuf;

use clap::Args;

use super::{Error, exit};
use crate::app::{self, Made, StartAt};
use crate::clock::SystemClock;
use crate::config::Config;

/// Makes topics, keys and an empty log for each partition. Nothing that is there is overwritten.
#[derive(Debug, Args)]
pub struct Init {
    /// An offset to begin at in place of 0, as topic/partition=offset.
    #[arg(long = "start", value_name = "PLACE=OFFSET")]
    starts: Vec<String>,
    /// Make a replica, which signs no trees and cuts the same extracts: the file is of
    /// `custodia key replica`.
    #[arg(long, value_name = "FILE")]
    replica_of: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Init {
    /// Runs the command.
    ///
    /// # Errors
    /// Where Kafka can't be reached, a topic breaks a law, or something is there already.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let starts = StartAt::parse(&self.starts)?;
        let made = app::init(
            config,
            &starts,
            self.replica_of.as_deref(),
            &SystemClock::new(),
        )?;
        if self.json {
            println!("{}", serde_json::json!(made));
        } else {
            print(&made);
        }
        Ok(exit::OK)
    }
}

fn print(made: &Made) {
    println!("A ledger lies in {}.", made.folder.display());
    println!(
        "Its key-encryption key is {}: keep a copy apart from it.",
        made.kek_file.display()
    );
    for topic in &made.topics_made {
        println!("topic made  {topic}");
    }
    for log in &made.logs {
        println!("log         {log}");
    }
    if let Some(policy) = &made.policy {
        println!("\nThe policy, for whoever verifies:\n{policy}");
    }
    println!("\nNext: custodia serve");
}
