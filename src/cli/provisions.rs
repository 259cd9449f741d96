//! `custodia provisions`: the register of provision, entrustment and processing activities.

mod table;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Error, exit, shown};
use crate::account::{ProvisionsAnswer, ProvisionsQuestion};
use crate::app::Counter;
use crate::config::Config;
use crate::query::Time;

/// What was provided and entrusted to whom (NDSR 12), and which processing there is (GDPR 30)? Reads through
/// the whole ledger; holds aggregates and names nobody.
#[derive(Debug, Args)]
pub struct Provisions {
    /// From then on, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Up to then, by the events (RFC 3339); recipients are shown as they stood then.
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Write the register as a table for spreadsheets to this file, which isn't there yet.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Provisions {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the question isn't answered, or the file can't be written.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = ProvisionsQuestion {
            from: self.from,
            to: self.to,
            as_of: self.as_of.clone(),
        };
        let answer = Counter::find(config)?.ask_openly(&question)?;
        if let Some(path) = &self.csv {
            write(path, &table::text(&answer))?;
        }
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(exit::OK)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = fs::File::create_new(path);
    let written = file
        .as_mut()
        .map_err(|error| std::io::Error::new(error.kind(), error.to_string()))
        .and_then(|file| std::io::Write::write_all(file, text.as_bytes()));
    written.map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}

fn print(answer: &ProvisionsAnswer) {
    print_provisions(answer);
    print_entrustments(answer);
    print_activities(answer);
    println!("safeguards attested: {}", shown::words(&answer.safeguards));
    shown::foot(&answer.unknowns, &answer.cut);
}

fn print_provisions(answer: &ProvisionsAnswer) {
    let mut table = shown::table(&[
        "recipient",
        "purpose",
        "categories",
        "case",
        "basis",
        "events",
        "first",
        "last",
        "kept in",
        "agreement",
    ]);
    for row in &answer.provisions {
        table.add_row([
            row.recipient
                .clone()
                .unwrap_or_else(|| row.recipient_id.clone()),
            shown::word(row.purpose.as_ref()),
            shown::words(&row.categories),
            shown::word(row.case.as_ref()),
            shown::word(row.basis.as_ref()),
            row.events.to_string(),
            row.first.to_string(),
            row.last.to_string(),
            row.storage_countries.join(", "),
            shown::short(row.agreement_sha256.as_deref()),
        ]);
    }
    println!("Provided:\n{table}");
}

fn print_entrustments(answer: &ProvisionsAnswer) {
    let mut table = shown::table(&[
        "entrustment",
        "to",
        "purposes",
        "categories",
        "began",
        "ends",
        "agreement",
        "certificate",
    ]);
    for row in &answer.entrustments {
        table.add_row([
            row.entrustment_id.clone(),
            row.recipient
                .clone()
                .unwrap_or_else(|| row.recipient_id.clone()),
            shown::words(&row.purposes),
            shown::words(&row.categories),
            shown::time(row.started),
            shown::time(row.ends),
            shown::short(row.agreement_sha256.as_deref()),
            shown::short(row.certificate_sha256.as_deref()),
        ]);
    }
    if !answer.entrustments.is_empty() {
        println!("Entrusted:\n{table}");
    }
}

fn print_activities(answer: &ProvisionsAnswer) {
    let mut table = shown::table(&[
        "activity",
        "purpose",
        "categories",
        "of",
        "from",
        "basis",
        "stores",
        "recipients",
        "events",
    ]);
    for row in &answer.activities {
        table.add_row([
            row.event.clone(),
            shown::word(row.purpose.as_ref()),
            shown::words(&row.categories),
            shown::words(&row.people),
            shown::text(row.source.as_deref()),
            shown::word(row.basis.as_ref()),
            row.stores.join(", "),
            row.recipients.join(", "),
            row.events.to_string(),
        ]);
    }
    println!("Collected:\n{table}");
}
