//! `custodia retention due`: whose data has outlived its time.

use clap::{Args, Subcommand};

use super::findings::span_ms;
use super::who::Reason;
use super::{Error, exit, shown};
use crate::account::{RetentionAnswer, RetentionQuestion};
use crate::app::Counter;
use crate::config::Config;
use crate::query::Time;

/// Times of retention.
#[derive(Debug, Args)]
pub struct Retention {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List whose data has outlived its time, and in which stores; erases nothing.
    Due(Due),
}

/// Whose data has outlived its time, or soon will, and in which stores? A look at each person shown is put on
/// record first.
#[derive(Debug, Args)]
struct Due {
    /// Those too whose time ends within this time where nothing is done: 30d, 12h, 30m or 90s.
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    within: Option<u64>,
    /// What was known: a cut's name, or a time (RFC 3339); everything is judged again then.
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// The moment at which times of retention are held against the clock (RFC 3339).
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// How many people are shown, at most 10000; all are counted.
    #[arg(long, value_name = "N")]
    most: Option<usize>,
    #[command(flatten)]
    why: Reason,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Retention {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let What::Due(due) = &self.what;
        let question = RetentionQuestion {
            within_ms: due.within,
            as_of: due.as_of.clone(),
            at: due.at,
            most: due.most,
        };
        let answer = Counter::find(config)?.ask(&due.why.why(), &question)?;
        if due.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(exit::OK)
    }
}

fn print(answer: &RetentionAnswer) {
    let mut table = shown::table(&["subject", "time ends", "why", "last order", "still held in"]);
    for person in &answer.people {
        let stores = person.stores.iter().map(|(store, categories)| {
            let store = if store.is_empty() { "?" } else { store };
            format!("{store}: {}", shown::words(categories))
        });
        table.add_row([
            person.subject.clone(),
            person.ends.to_string(),
            person.cause.clone(),
            shown::time(person.last_order),
            stores.collect::<Vec<_>>().join("\n"),
        ]);
    }
    if answer.people.is_empty() {
        println!("Nobody's data has outlived its time.");
    } else {
        println!("{table}");
    }
    for (store, people) in &answer.stores {
        println!("{store}: {people} people shown");
    }
    for (cause, count) in &answer.counts {
        println!("{cause}: {count}");
    }
    if answer.undecided > 0 {
        println!("can't be decided: {}", answer.undecided);
    }
    if answer.more {
        println!("There are more people; raise --most.");
    }
    shown::foot(&[], &answer.cut);
}
