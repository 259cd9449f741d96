//! `custodia who`: who received a person's data, and when?

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::{OfOne, PeopleQuestion, Refused, Time, WhoAnswer, WhoQuestion, Why};

/// Who received a person's data, and when? The look is put on record before the answer is shown.
#[derive(Debug, Args)]
pub struct Who {
    /// The person's reference.
    #[arg(required_unless_present = "refs")]
    subject: Option<String>,
    /// A file of references, one a line, in place of one. A line that can't be answered is told in
    /// its place; the others are answered.
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
    /// Runs the command; exit status 4 where the ledger knows nobody of whom was asked about, 11
    /// where a line of the file could not be answered.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        match &self.refs {
            Some(path) => self.of_file(path, config),
            None => self.of_one(config),
        }
    }

    fn of_one(&self, config: &Config) -> Result<u8, Error> {
        let question = WhoQuestion {
            subject: self.subject.clone().unwrap_or_default(),
            as_of: self.when.as_of.clone(),
            at: self.when.at,
        };
        let answer = Counter::find(config)?.ask(&self.why.why(), &question)?;
        self.show(&answer);
        Ok(status(&answer))
    }

    /// All at once: no answer leaves before the looks at all of them are on record.
    fn of_file(&self, path: &Path, config: &Config) -> Result<u8, Error> {
        let text = fs::read_to_string(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })?;
        let lines = (1..).zip(text.lines().map(str::trim));
        let (numbers, subjects): (Vec<u64>, Vec<String>) = lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(number, line)| (number, line.to_owned()))
            .unzip();
        let question = PeopleQuestion {
            subjects,
            as_of: self.when.as_of.clone(),
            at: self.when.at,
        };
        let answers = Counter::find(config)?.ask(&self.why.why(), &question)?;
        let mut worst = exit::OK;
        for (line, answer) in numbers.into_iter().zip(&answers) {
            worst = worst.max(match answer {
                OfOne::Answer(answer) => {
                    self.show(answer);
                    status(answer)
                }
                OfOne::Refused(refused) => {
                    self.show_refused(line, refused);
                    exit::NOT_ALL
                }
            });
        }
        Ok(worst)
    }

    fn show(&self, answer: &WhoAnswer) {
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(answer);
        }
    }

    fn show_refused(&self, line: u64, refused: &Refused) {
        if self.json {
            println!(
                "{}",
                serde_json::json!({ "line": line, "refused": refused })
            );
        } else {
            println!("line {line}: {refused}");
        }
    }
}

const fn status(answer: &WhoAnswer) -> u8 {
    if answer.known {
        exit::OK
    } else {
        exit::UNKNOWN
    }
}

pub(super) fn print(answer: &WhoAnswer) {
    println!("{}", answer.subject);
    for linked in &answer.linked {
        println!("also known as {linked}");
    }
    for erased in &answer.erasures {
        let leaf = shown::leaf(&erased.log, erased.index);
        println!(
            "erased under certificate {}: {} ({leaf})",
            erased.order_id, erased.event
        );
    }
    shown::restricted(answer.restricted.as_ref());
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
