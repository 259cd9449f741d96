//! `custodia reconsents`: who has not consented anew.

use clap::Args;

use super::who::Reason;
use super::{Error, shown};
use crate::account::{ReconsentsAnswer, ReconsentsQuestion};
use crate::app::Counter;
use crate::config::Config;

/// Who has not consented anew to a version of the policy that asks for it, and is still processed? A look at
/// each person shown is put on record first.
#[derive(Debug, Args)]
pub struct Reconsents {
    /// The version of the policy.
    #[arg(long, value_name = "ID")]
    version: String,
    /// What was known: a cut's name, or a time (RFC 3339); everything is judged again then.
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    #[command(flatten)]
    why: Reason,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Reconsents {
    /// Runs the command; exit status 4 where the registry doesn't know the version.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = ReconsentsQuestion {
            version: self.version.clone(),
            as_of: self.as_of.clone(),
        };
        let answer = Counter::find(config)?.ask(&self.why.why(), &question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(shown::status(answer.known))
    }
}

fn print(answer: &ReconsentsAnswer) {
    if answer.known {
        println!(
            "{} in force since {}; changes: {}; asks for consent anew: {}",
            answer.version,
            shown::time(answer.effective),
            shown::words(&answer.changes),
            if answer.asks_anew { "yes" } else { "no" }
        );
    } else {
        println!("The registry doesn't know the version {}.", answer.version);
    }
    let mut table = shown::table(&["subject", "events", "event ids", "leaves"]);
    for person in &answer.people {
        let named = || person.named.iter();
        let ids = named().map(|deed| shown::text(deed.event_id.as_deref()));
        let leaves = named().map(|deed| shown::leaf_at(&deed.leaf));
        table.add_row([
            person.subject.clone(),
            person.events.to_string(),
            ids.collect::<Vec<_>>().join("\n"),
            leaves.collect::<Vec<_>>().join("\n"),
        ]);
    }
    if !answer.people.is_empty() {
        println!("{table}");
    }
    println!("{} people, {} events", answer.people.len(), answer.events);
    shown::foot(&[], &answer.cut);
}
