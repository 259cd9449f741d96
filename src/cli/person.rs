//! `custodia person`: who may approve, and with which key.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use custodia_core::schema::v1::{PersonRegistered, PersonRole};

use super::publish::lines_of;
use super::{Error, exit, shown};
use crate::account::{PersonsAnswer, PersonsQuestion};
use crate::app::{self, Options, Vouching, Wait};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::query::Time;

/// People who approve: their keys, and the register of them. Nobody is named: a person is an employee
/// reference.
#[derive(Debug, Args)]
pub struct Person {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a person's key in a new file that nobody else may read; prints its public key. Offline.
    Key(Key),
    /// Put a person's key and role on record (`PersonRegistered`).
    Register(Register),
    /// A person approves no more, in one role or in any (`PersonRetired`).
    Retire(Retire),
    /// Who is registered, with which key and in which role.
    List(List),
}

#[derive(Debug, Args)]
struct Key {
    /// The file; it must not exist.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Register {
    /// The person, by employee reference.
    #[arg(value_name = "REF")]
    person: String,
    /// In which role, e.g. `protection_officer` or `legal`.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: PersonRole,
    /// The public key that `custodia person key` printed.
    #[arg(long, value_name = "HEX", value_parser = public_key)]
    public_key: PublicKey,
    /// Until when it holds (RFC 3339).
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,
    #[command(flatten)]
    sender: Sender,
}

#[derive(Debug, Args)]
struct Retire {
    /// The person, by employee reference.
    #[arg(value_name = "REF")]
    person: String,
    /// The role that ends; default: all.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<PersonRole>,
    #[command(flatten)]
    sender: Sender,
}

#[derive(Debug, Args)]
struct List {
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Who says it, and how it is sent.
#[derive(Debug, Args)]
struct Sender {
    /// The service that says it, as the register has it.
    #[arg(long, value_name = "NAME", default_value = "platform")]
    producer: String,
    /// Sign the event with the producer's Ed25519 key in this file (PEM).
    #[arg(long, value_name = "FILE")]
    producer_key: Option<PathBuf>,
    /// That key's id in the register.
    #[arg(long, value_name = "ID", default_value = "", requires = "producer_key")]
    producer_key_id: String,
    /// Wait until the event is a leaf under a signed checkpoint of the ledger that runs here, and write its
    /// receipt into this folder.
    #[arg(long, value_name = "DIR")]
    receipt: Option<PathBuf>,
    /// How long to wait for the receipt, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        requires = "receipt"
    )]
    timeout: u64,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

/// 32 bytes of a public key.
#[derive(Debug, Clone)]
struct PublicKey(Vec<u8>);

fn public_key(word: &str) -> Result<PublicKey, String> {
    let bytes = hex::decode(word).ok().filter(|bytes| bytes.len() == 32);
    bytes
        .map(PublicKey)
        .ok_or_else(|| "expected 64 hex digits, as `custodia person key` printed them".to_owned())
}

/// `protection_officer`, `protection-officer` or `PR_PROTECTION_OFFICER`.
fn role(word: &str) -> Result<PersonRole, String> {
    let name = word.to_uppercase().replace('-', "_");
    let name = name.strip_prefix("PR_").unwrap_or(&name);
    let role = PersonRole::from_str_name(&format!("PR_{name}"));
    role.filter(|role| *role != PersonRole::PrUnspecified)
        .ok_or_else(|| "no role of the schema, e.g. protection_officer, legal, auditor".to_owned())
}

impl Person {
    /// Runs the command; exit status 5 where the event was refused.
    ///
    /// # Errors
    /// Where a file can't be made or used, Kafka can't be reached, or the question isn't answered.
    pub fn run(self, config: &Config) -> Result<u8, Error> {
        let clock = SystemClock::new();
        match self.command {
            Command::Key(key) => {
                let public = app::make_person_key(&key.file).map_err(app::Error::from)?;
                println!("{}", hex::encode(public));
                Ok(exit::OK)
            }
            Command::Register(Register {
                person,
                role,
                public_key,
                until,
                sender,
            }) => {
                let person = PersonRegistered {
                    role: role.into(),
                    public_key: public_key.0,
                    valid_until: until.map(Time::timestamp),
                    person_ref: person,
                };
                let (options, mut report) = (sender.options()?, lines_of(sender.json));
                let name = &sender.producer;
                let sent =
                    app::register_person(config, &clock, name, &person, &options, &mut report)?;
                Ok(status(sent.refused))
            }
            Command::Retire(Retire {
                person,
                role,
                sender,
            }) => {
                let (options, mut report) = (sender.options()?, lines_of(sender.json));
                let (name, who) = (&sender.producer, (person.as_str(), role));
                let sent = app::retire_person(config, &clock, name, who, &options, &mut report)?;
                Ok(status(sent.refused))
            }
            Command::List(list) => {
                let question = PersonsQuestion { as_of: list.as_of };
                let answer = app::persons(config, &clock, &question)?;
                if list.json {
                    println!("{}", serde_json::json!(answer));
                } else {
                    print(&answer);
                }
                Ok(exit::OK)
            }
        }
    }
}

const fn status(refused: u64) -> u8 {
    if refused == 0 {
        exit::OK
    } else {
        exit::REFUSED
    }
}

impl Sender {
    fn options(&self) -> Result<Options, Error> {
        let key = self.producer_key.as_ref();
        let vouching = key.map(|path| Vouching::open(path, &self.producer_key_id));
        Ok(Options {
            vouching: vouching.transpose()?,
            wait: self.receipt.as_ref().map(|receipts| Wait {
                receipts: receipts.clone(),
                timeout: Duration::from_secs(self.timeout),
            }),
        })
    }
}

fn print(answer: &PersonsAnswer) {
    let mut table = shown::table(&["person", "role", "public key", "since", "until", "holds"]);
    for row in &answer.rows {
        let holds = if row.holds { "yes" } else { "no" };
        table.add_row([
            row.person.clone(),
            shown::word(row.role.as_ref()),
            shown::short(Some(&row.public_key)),
            shown::time(Some(row.from)),
            shown::time(row.until),
            holds.to_owned(),
        ]);
    }
    if answer.rows.is_empty() {
        println!("Nobody is registered.");
    } else {
        println!("{table}");
    }
    shown::foot(&[], &answer.cut);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_keys_are_read_or_refused() {
        assert_eq!(role("legal"), Ok(PersonRole::PrLegal));
        assert_eq!(role("PR_LEGAL"), Ok(PersonRole::PrLegal));
        assert_eq!(
            role("protection-officer"),
            Ok(PersonRole::PrProtectionOfficer)
        );
        for word in ["", "unspecified", "boss", "zhang.san"] {
            assert!(role(word).is_err(), "{word}");
        }
        assert!(public_key(&"ab".repeat(32)).is_ok());
        for word in ["", "ab", &"ab".repeat(33), &"xy".repeat(32)] {
            assert!(public_key(word).is_err(), "{word}");
        }
    }
}
