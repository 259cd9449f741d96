//! `custodia breaches`: whether a person's data was in an incident, and what to do.

use clap::Args;

use super::who::{Reason, When};
use super::{Error, shown};
use crate::account::{Breach, BreachesAnswer, BreachesQuestion};
use crate::app::Counter;
use crate::config::Config;

/// Was this person's data in a breach, and what should they do? The look is put on record first.
#[derive(Debug, Args)]
pub struct Breaches {
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

impl Breaches {
    /// Runs the command; exit status 4 where the ledger doesn't know the person.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = BreachesQuestion {
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

fn print(answer: &BreachesAnswer) {
    shown::whom(&answer.whom);
    let mut table = shown::table(&[
        "incident",
        "known",
        "the person",
        "categories",
        "measures",
        "told, and what it says",
    ]);
    for breach in &answer.breaches {
        table.add_row(cells(breach));
    }
    if !answer.breaches.is_empty() {
        println!("{table}");
    } else if answer.whom.known {
        println!("No incident concerns this person, as far as the ledger can say.");
    }
    if answer
        .breaches
        .iter()
        .any(|one| one.standing == "public notice")
    {
        println!(
            "public notice: whether the person is on an incident's list can be asked with the list's proof."
        );
    }
    shown::foot(&answer.whom.unknowns, &answer.whom.cut);
}

fn cells(breach: &Breach) -> [String; 6] {
    let kinds = shown::words(&breach.kinds);
    let grade = shown::word(breach.grade.as_ref());
    let mut standing = breach.standing.clone();
    for seen in &breach.in_window {
        standing.extend(["\n", &seen.event, " ", &shown::leaf_at(&seen.leaf)]);
    }
    if let Some(root) = &breach.list_root_sha256 {
        standing.extend(["\nlist ", &shown::short(Some(root))]);
    }
    let measures = breach
        .measures
        .iter()
        .map(|measure| shown::word(measure.step.as_ref()));
    let notices = breach.notices.iter().map(|notice| {
        let to = if notice.public {
            "to the public"
        } else {
            "to the person"
        };
        format!(
            "{to} by {} at {}: {} ({})",
            shown::word(notice.channel.as_ref()),
            notice.seen.time,
            shown::words(&notice.contents),
            shown::leaf_at(&notice.seen.leaf)
        )
    });
    [
        format!("{}\n{kinds}\ngrade: {grade}", breach.incident_id),
        shown::time(breach.known_at),
        standing,
        shown::words(&breach.categories),
        measures.collect::<Vec<_>>().join("\n"),
        notices.collect::<Vec<_>>().join("\n"),
    ]
}
