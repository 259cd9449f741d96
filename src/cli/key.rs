//! `custodia key`: what others need to verify this ledger, its keys' lives, and a signer that lost its state.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{Error, exit, shown};
use crate::app::{self, ListedKey, Recovered};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::query::Time;

/// Prints the tlog-policy that verifiers are handed: it confirms the ledger's key for all its logs, and
/// those that it took over from.
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
    /// List the keys that sign, or signed, for the ledger.
    List(List),
    /// Hand the ledger's signing key over to a new one.
    Rotate(Rotate),
    /// Delete the secrets of keys that were handed over.
    Retire(Retire),
    /// Give a replica the key that its ledger was handed over to.
    Take(Take),
}

/// Lists the signing keys, the present one first. It needs no lock: `serve` may run.
#[derive(Debug, Args)]
struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Makes a new signing key. Old and new key sign the hand-over, which names each log's last size and
/// root; the registry and the checkpoints topic have it. From then on the new key signs. What was signed
/// still verifies under the policy that is printed: hand it to all who verify. Takes the folder: stop
/// `serve` first, Kafka keeps what comes meanwhile. Where it is cut short nothing is signed until it is
/// run again.
#[derive(Debug, Args)]
struct Rotate {
    /// Rotate the key-encryption key instead: wrap every key of the ledger under the one in FILE, which
    /// is made where it is missing. Then name FILE in `keys.kek_file` and destroy the old file.
    #[arg(long, value_name = "FILE")]
    kek: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Deletes the secret of a key that was handed over; its public half stays listed and in the policy.
/// Stop `serve` first. It can't be undone, and what the key signed still verifies.
#[derive(Debug, Args)]
struct Retire {
    /// The key's id, as `custodia key list` prints it; all that were handed over where it is missing.
    id: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Reads a file that `custodia key replica` wrote on the ledger after it handed its key over, so that this
/// replica cuts extracts under the new key. Stop the replica's `serve` first.
#[derive(Debug, Args)]
struct Take {
    /// The file.
    file: PathBuf,
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
            Some(Command::List(list)) => show(&app::list_keys(config)?, list.json),
            Some(Command::Rotate(rotate)) => rotate.run(config)?,
            Some(Command::Retire(retire)) => {
                let retired = app::retire_keys(config, retire.id.as_deref())?;
                if retire.json {
                    println!("{}", serde_json::json!({ "retired": retired }));
                } else {
                    for id in retired {
                        println!("{id} retired");
                    }
                }
            }
            Some(Command::Take(take)) => {
                app::take_key(config, &take.file)?;
                print!("{}", app::policy(config)?);
            }
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

impl Rotate {
    fn run(&self, config: &Config) -> Result<(), Error> {
        if let Some(kek) = &self.kek {
            let done = app::rotate_kek(config, kek)?;
            if self.json {
                println!("{}", serde_json::json!(done));
            } else {
                let file = done.kek_file.display();
                println!(
                    "{} keys wrapped anew; set keys.kek_file to {file}",
                    done.keys
                );
            }
            return Ok(());
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let rotated = app::rotate(config, &clock)?;
        if self.json {
            println!("{}", serde_json::json!(rotated));
        } else {
            println!("{} handed over to {}", rotated.old, rotated.new);
            print!("{}", rotated.policy);
        }
        Ok(())
    }
}

fn show(keys: &[ListedKey], json: bool) {
    if json {
        println!("{}", serde_json::json!(keys));
        return;
    }
    let time = |ms| Time(ms).to_string();
    let mut table = shown::table(&["key", "public", "since", "until", "secret"]);
    for key in keys {
        let since = key
            .since_ms
            .map_or_else(|| "the beginning".to_owned(), time);
        let until = key.until_ms.map_or_else(String::new, time);
        let secret = if key.is_kept { "kept here" } else { "not here" };
        table.add_row([&key.id, &key.public, &since, &until, secret]);
    }
    println!("{table}");
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
