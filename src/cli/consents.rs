//! `custodia consents`: what a person agreed to.

use clap::Args;

use super::who::{Reason, When};
use super::{Error, shown};
use crate::account::{ConsentCard, ConsentsAnswer, ConsentsQuestion};
use crate::app::Counter;
use crate::config::Config;

/// What did this person agree to, in which wording, and is it still valid? The look is put on record first.
#[derive(Debug, Args)]
pub struct Consents {
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

impl Consents {
    /// Runs the command; exit status 4 where the ledger doesn't know the person.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = ConsentsQuestion {
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

fn print(answer: &ConsentsAnswer) {
    shown::whom(&answer.whom);
    let mut table = shown::table(&[
        "consent",
        "status",
        "purposes",
        "categories",
        "recipients",
        "form",
        "strength",
        "wording",
        "history",
    ]);
    for card in &answer.consents {
        table.add_row(cells(card));
    }
    if !answer.consents.is_empty() {
        println!("{table}");
    }
    shown::foot(&answer.whom.unknowns, &answer.whom.cut);
}

fn cells(card: &ConsentCard) -> [String; 9] {
    let mut status = card.status.shown().to_owned();
    if card.in_force {
        status.push_str(", in force");
    }
    for (before, why) in [("", &card.why_not), ("replaced by ", &card.replaced_by)] {
        if let Some(why) = why {
            status.extend(["\n", before, why]);
        }
    }
    let wording = card.wording.as_ref().map_or_else(shown::dash, |wording| {
        format!(
            "{} {}\npolicy {} {}",
            wording.language,
            shown::short(Some(&wording.notice_sha256)),
            shown::text(wording.policy_version.as_deref()),
            shown::short(wording.policy_text_sha256.as_deref()),
        )
    });
    let history = card.history.iter().map(|step| {
        let seen = &step.seen;
        format!(
            "{} {} {}",
            seen.time,
            seen.event,
            shown::leaf_at(&seen.leaf)
        )
    });
    let recipients = if card.recipients.is_empty() {
        shown::dash()
    } else {
        card.recipients.join(", ")
    };
    [
        card.id.clone(),
        status,
        shown::words(&card.purposes),
        shown::words(&card.categories),
        recipients,
        shown::word(card.form.as_ref()),
        shown::word(card.strength.as_ref()),
        wording,
        history.collect::<Vec<_>>().join("\n"),
    ]
}
