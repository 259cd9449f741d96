//! `custodia key`: what others need to verify this ledger, and a signer that lost its state.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Error, exit, shown};
use crate::app::{self, Recovered};
use crate::config::Config;

/// Prints the tlog-policy that verifiers are handed: it confirms the ledger's key for all its logs.
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find out what was signed, where the signer's state was lost.
    Recover(Recover),
    /// Write what makes a replica that cuts the same extracts.
    Replica(Replica),
}

/// Writes a new file for `custodia init --replica-of`. It holds the ledger's signing key and its
/// secret: move it over a safe way, and delete it once the replica is made. Stop `serve` first.
#[derive(Debug, Args)]
struct Replica {
    /// The file.
    file: PathBuf,
}

/// Reads every checkpoint that the checkpoints topic and the logs hold. Where the logs extend all
/// of them, the signer's state knows them again; else nothing is written. Signs nothing. Takes the
/// folder: stop `serve` first, and whatever else has the key.
#[derive(Debug, Args)]
struct Recover {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Key {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the folder is no ledger, or its ledger doesn't sign; where a log doesn't extend what
    /// was signed of it.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        match &self.command {
            None => print!("{}", app::policy(config)?),
            Some(Command::Replica(replica)) => app::export_replica(config, &replica.file)?,
            Some(Command::Recover(recover)) => {
                let recovered = app::recover(config)?;
                if recover.json {
                    println!("{}", serde_json::json!(recovered));
                } else {
                    print(&recovered);
                }
            }
        }
        Ok(exit::OK)
    }
}

fn print(recovered: &Recovered) {
    let mut table = shown::table(&["log", "leaves", "extends"]);
    for log in &recovered.logs {
        let signed = log
            .signed
            .map(|size| format!("the checkpoint of size {size}"));
        let signed = signed.unwrap_or_else(|| "nothing: it has no leaves".to_owned());
        table.add_row([log.log.clone(), log.size.to_string(), signed]);
    }
    if recovered.logs.is_empty() {
        println!("The signer's state knows all logs of the folder.");
    } else {
        println!("{table}");
    }
    for log in &recovered.absent {
        println!("not here  {log}: it was signed, and the folder doesn't have it");
    }
}
