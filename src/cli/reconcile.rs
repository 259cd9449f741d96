//! `custodia reconcile`: what was sent to a partner, against what the partner says it got.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::{Error, exit, shown};
use crate::account::{ReconcileQuestion, Reconciliation, read_digests};
use crate::app::{self, Counter};
use crate::config::Config;
use crate::query::Time;

/// What does the ledger say it sent to a recipient, by day, and does the recipient's own list agree? Names no
/// person.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// The recipient's id in the register.
    recipient: String,
    /// The recipient's list: a line `day,digest` for each transfer, the day at UTC+8 and the digest in hex; or
    /// a line `day,count` for each day. Without it what was sent is shown.
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
    /// From then on, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Up to then, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    /// Runs the command; exit status 4 where the ledger doesn't know the recipient, 3 where the two sides
    /// differ.
    ///
    /// # Errors
    /// Where the list can't be read, or the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let given = self.digests.as_ref().map(|path| {
            let text = fs::read_to_string(path).map_err(|source| Error::File {
                path: path.clone(),
                source,
            })?;
            read_digests(&text).map_err(|error| Error::App(app::Error::Account(error)))
        });
        let question = ReconcileQuestion {
            recipient: self.recipient.clone(),
            given: given.transpose()?,
            from: self.from,
            to: self.to,
            as_of: self.as_of.clone(),
        };
        let answer = Counter::find(config)?.ask_openly(&question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(match (answer.known, answer.agrees) {
            (false, _) => exit::UNKNOWN,
            (true, false) => exit::NOT_CLEAN,
            (true, true) => exit::OK,
        })
    }
}

fn print(answer: &Reconciliation) {
    if !answer.known {
        println!("The ledger doesn't know {}.", answer.recipient);
    }
    let mut table = shown::table(&[
        "day",
        "sent",
        "acknowledged",
        "digests",
        "listed",
        "matched",
        "not received",
        "not sent",
    ]);
    for day in &answer.days {
        let listed = |count: u64| {
            let said = answer.compared.then(|| count.to_string());
            said.unwrap_or_else(shown::dash)
        };
        table.add_row([
            day.day.clone(),
            day.sent.to_string(),
            day.acknowledged.to_string(),
            shown::short(day.digests_sha256.as_deref()),
            day.given
                .map_or_else(shown::dash, |count| count.to_string()),
            listed(day.matched),
            listed(day.not_received),
            listed(day.not_sent),
        ]);
    }
    if !answer.days.is_empty() {
        println!("{table}");
    }
    for one in &answer.not_received {
        println!(
            "sent, not in the list: {} {} ({})",
            one.day,
            one.digest,
            shown::leaf_at(&one.leaf)
        );
    }
    for one in &answer.not_sent {
        println!("in the list, never sent: {} {}", one.day, one.digest);
    }
    for one in &answer.other_day {
        println!("in the list under another day: {} {}", one.day, one.digest);
    }
    for one in &answer.acknowledged_unknown {
        println!(
            "acknowledged, never sent: {} ({})",
            one.digest,
            shown::leaf_at(&one.leaf)
        );
    }
    if answer.compared {
        println!(
            "{}",
            if answer.agrees {
                "Both sides agree."
            } else {
                "The two sides differ."
            }
        );
    }
    shown::foot(&[], &answer.cut);
}
