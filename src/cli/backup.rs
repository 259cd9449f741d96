//! `custodia backup` and `custodia restore`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{Error, exit, shown};
use crate::app::{self, Restored, Restoring};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::query::Time;

/// Takes a consistent copy of the ledger: logs into one folder, wrapped keys into another, which can have a
/// shorter life. A ledger that runs goes on meanwhile, and writes the copy on its own host; both folders must
/// be empty or missing. Neither the signer's folder nor the key-encryption key is in it: keep copies of
/// the key file and the key-encryption key elsewhere, and never one of the signer's `state`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The folder for the logs.
    to: PathBuf,
    /// The folder for the wrapped keys.
    #[arg(long, value_name = "FOLDER")]
    keys_to: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Backup {
    /// Runs the command.
    ///
    /// # Errors
    /// Where no backup was taken.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let taken = app::backup(config, &self.to, &self.keys_to, &clock)?;
        if self.json {
            println!("{}", serde_json::json!(taken));
            return Ok(exit::OK);
        }
        let mut table = shown::table(&["log", "leaves", "root"]);
        for log in &taken.logs {
            table.add_row([&log.origin, &log.size.to_string(), &log.root]);
        }
        println!("{table}");
        println!(
            "{} files, {} bytes, backup {}",
            taken.files, taken.bytes, taken.id
        );
        Ok(exit::OK)
    }
}

/// Makes a ledger of a backup in a new folder. Its logs must go through every signed checkpoint that is
/// known: those in the checkpoints topic, in the logs, and in the files named. Reads from Kafka what
/// follows, up to the largest of them; refuses where Kafka no longer holds it. Signs and serves nothing:
/// run `custodia key recover` then, where the signer's state is lost, and `custodia serve`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup's folder of logs.
    from: PathBuf,
    /// Its folder of wrapped keys.
    #[arg(long, value_name = "FOLDER")]
    keys: PathBuf,
    /// The data folder to be made: empty or missing.
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    /// A signed checkpoint that somebody holds; once a file.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Restore {
    /// Runs the command.
    ///
    /// # Errors
    /// Where nothing was restored.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let what = Restoring {
            from: self.from.clone(),
            keys: self.keys.clone(),
            into: self.into.clone(),
            checkpoints: self.checkpoints.clone(),
        };
        let restored = app::restore(config, &what, &clock)?;
        if self.json {
            println!("{}", serde_json::json!(restored));
        } else {
            print(&restored);
        }
        Ok(exit::OK)
    }
}

fn print(restored: &Restored) {
    let mut table = shown::table(&["log", "in the backup", "seen signed", "now"]);
    for log in &restored.logs {
        let numbers = [log.backed_up, log.signed, log.size].map(|number| number.to_string());
        let [backed_up, signed, size] = numbers;
        table.add_row([log.log.clone(), backed_up, signed, size]);
    }
    println!("{table}");
    println!("backup of {}", Time(restored.taken_at_ms));
    for log in &restored.absent {
        println!("not here  {log}: it was signed, and the backup doesn't have it");
    }
}
