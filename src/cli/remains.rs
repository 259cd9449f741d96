//! `custodia remains`: what is still held of a person.

use clap::Args;

use super::who::{Reason, When};
use super::{Error, shown};
use crate::account::{RemainsAnswer, RemainsQuestion};
use crate::app::Counter;
use crate::config::Config;

/// What remains of this person's data, where, why, and until when? The look is put on record first.
#[derive(Debug, Args)]
pub struct Remains {
    /// The person's reference.
    subject: String,
    #[command(flatten)]
    why: Reason,
    #[command(flatten)]
    when: When,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Remains {
    /// Runs the command; exit status 4 where the ledger doesn't know the person.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = RemainsQuestion {
            subject: self.subject.clone(),
            as_of: self.when.as_of.clone(),
            at: self.when.at,
        };
        let answer = Counter::find(config)?.ask(&self.why.why(), &question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(shown::status(answer.whom.known))
    }
}

fn print(answer: &RemainsAnswer) {
    shown::whom(&answer.whom);
    match &answer.cancelled {
        Some(of) => println!(
            "account cancelled: asked {}, done {} ({}); kept under: {}",
            of.asked,
            of.seen.time,
            shown::leaf_at(&of.seen.leaf),
            if of.statutes.is_empty() {
                shown::dash()
            } else {
                of.statutes.join("; ")
            }
        ),
        None if answer.whom.known => println!("The account was not cancelled."),
        None => {}
    }
    let mut table = shown::table(&[
        "store",
        "category",
        "state",
        "since",
        "until",
        "statute",
        "how",
        "certificate",
    ]);
    for one in &answer.data {
        let mut state = one.state.clone();
        if one.masked {
            state.push_str(", masked");
        }
        let by = one.by.as_ref();
        table.add_row([
            one.store.clone(),
            shown::word(one.category.as_ref()),
            state,
            one.since.to_string(),
            shown::time(one.until),
            shown::text(one.statute.as_deref()),
            shown::word(one.method.as_ref()),
            by.map_or_else(shown::dash, |by| shown::leaf_at(&by.leaf)),
        ]);
    }
    if !answer.data.is_empty() {
        println!("{table}");
    }
    print_recipients(answer);
    for end in &answer.ends {
        println!(
            "what is still there must go before {} ({})",
            end.at, end.cause
        );
    }
    shown::foot(&answer.whom.unknowns, &answer.whom.cut);
}

fn print_recipients(answer: &RemainsAnswer) {
    let mut table = shown::table(&["recipient", "told", "certificate of deletion", "leaf"]);
    for one in &answer.recipients {
        let confirmed = one.confirmed.as_ref();
        table.add_row([
            one.recipient_id.clone(),
            if one.told { "yes" } else { "no" }.to_owned(),
            shown::short(one.certificate_sha256.as_deref()),
            confirmed.map_or_else(shown::dash, |seen| shown::leaf_at(&seen.leaf)),
        ]);
    }
    if !answer.recipients.is_empty() {
        println!("{table}");
    }
}
