//! `custodia who`: who received a person's data, and when?

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::{Time, WhoAnswer, WhoQuestion, Why};

/// Who received a person's data, and when? The look is put on record before the answer is shown.
#[derive(Debug, Args)]
pub struct Who {
    /// The person's reference.
    #[arg(required_unless_present = "refs")]
    subject: Option<String>,
    /// A file of references, one a line, in place of one.
    #[arg(long, value_name = "FILE", conflicts_with = "subject")]
    refs: Option<PathBuf>,
    #[command(flatten)]
    why: Reason,
    #[command(flatten)]
    when: When,
    /// Print JSON, one line a reference.
    #[arg(long)]
    json: bool,
}

/// What a look is for.
#[derive(Debug, Args)]
pub(super) struct Reason {
    /// What the look is for, e.g. `rights_request`; it is put on record.
    #[arg(long)]
    reason: String,
    /// The case or ticket that it belongs to.
    #[arg(long, default_value = "")]
    ticket: String,
}

impl Reason {
    pub(super) fn why(&self) -> Why {
        Why {
            reason: self.reason.clone(),
            ticket: self.ticket.clone(),
        }
    }
}

/// Which moment is asked about.
#[derive(Debug, Args)]
pub(super) struct When {
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    pub(super) as_of: Option<String>,
    /// What had happened by then, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Time>,
}

impl Who {
    /// Runs the command; exit status 4 where the ledger knows nobody of whom was asked about.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let subjects = self.subjects()?;
        let counter = Counter::find(config)?;
        let mut status = exit::OK;
        for subject in subjects {
            let question = WhoQuestion {
                subject,
                as_of: self.when.as_of.clone(),
                at: self.when.at,
            };
            let answer = counter.who(&self.why.why(), &question)?;
            if !answer.known {
                status = exit::UNKNOWN;
            }
            if self.json {
                println!("{}", serde_json::json!(answer));
            } else {
                print(&answer);
            }
        }
        Ok(status)
    }

    fn subjects(&self) -> Result<Vec<String>, Error> {
        let Some(path) = &self.refs else {
            return Ok(self.subject.iter().cloned().collect());
        };
        let text = fs::read_to_string(path).map_err(|source| Error::File {
            path: path.clone(),
            source,
        })?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.map(str::to_owned).collect())
    }
}

pub(super) fn print(answer: &WhoAnswer) {
    println!("{}", answer.subject);
    for linked in &answer.linked {
        println!("also known as {linked}");
    }
    for erased in &answer.erasures {
        let leaf = shown::leaf(&erased.log, erased.index);
        println!("erased: {} {} ({leaf})", erased.event, erased.order_id);
    }
    if !answer.known {
        println!("The ledger knows nothing of this reference.");
    } else if answer.rows.is_empty() {
        println!("Nobody received anything.");
    } else {
        println!("{}", shown::received(&answer.rows));
    }
    if !answer.quarantined.is_empty() {
        println!(
            "Quarantined; none of it counts:\n{}",
            shown::quarantined(&answer.quarantined)
        );
    }
    for unknown in &answer.unknowns {
        println!("not in the register: {} {}", unknown.what, unknown.id);
    }
    println!("cut {}", answer.cut.digest);
}
