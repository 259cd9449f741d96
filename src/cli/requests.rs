//! `custodia requests`: what a person asked for, or what is due of anybody.

use clap::Args;

use super::findings::span_ms;
use super::who::{Reason, When};
use super::{Error, shown};
use crate::account::{DueAnswer, DueQuestion, RequestShown, RequestsAnswer, RequestsQuestion};
use crate::app::Counter;
use crate::config::Config;
use comfy_table::Table;

/// Where are a person's requests, and when are they due? Without a person: which are overdue, or due soon?
/// A look at each person shown is put on record first.
#[derive(Debug, Args)]
pub struct Requests {
    /// The person's reference.
    #[arg(required_unless_present_any = ["due_within", "overdue"])]
    subject: Option<String>,
    /// Those of anybody that fall due within this time where nothing is done: 3d, 12h, 30m or 90s.
    #[arg(long, value_name = "SPAN", value_parser = span_ms, conflicts_with = "subject")]
    due_within: Option<u64>,
    /// Those of anybody that are overdue and open.
    #[arg(long, conflicts_with = "subject")]
    overdue: bool,
    #[command(flatten)]
    why: Reason,
    #[command(flatten)]
    when: When,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Requests {
    /// Runs the command; exit status 4 where the ledger doesn't know the person.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let Some(subject) = &self.subject else {
            return self.due(config);
        };
        let question = RequestsQuestion {
            subject: subject.clone(),
            as_of: self.when.as_of.clone(),
            at: self.when.at,
        };
        let answer = Counter::find(config)?.ask(&self.why.why(), &question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print_of_person(&answer);
        }
        Ok(shown::status(answer.whom.known))
    }

    fn due(&self, config: &Config) -> Result<u8, Error> {
        let question = DueQuestion {
            within_ms: self.due_within,
            overdue: self.overdue,
            as_of: self.when.as_of.clone(),
            at: self.when.at,
        };
        let answer = Counter::find(config)?.ask(&self.why.why(), &question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print_due(&answer);
        }
        Ok(super::exit::OK)
    }
}

const COLUMNS: [&str; 8] = [
    "request",
    "asked for",
    "state",
    "received",
    "due, strict",
    "due, lawful",
    "days left",
    "steps",
];

fn print_of_person(answer: &RequestsAnswer) {
    shown::whom(&answer.whom);
    let mut table = shown::table(&COLUMNS);
    for request in &answer.requests {
        table.add_row(cells(request));
    }
    show(&table, answer.requests.is_empty(), answer.whom.known);
    shown::foot(&answer.whom.unknowns, &answer.whom.cut);
}

fn print_due(answer: &DueAnswer) {
    let columns: Vec<&str> = ["subject"].into_iter().chain(COLUMNS).collect();
    let mut table = shown::table(&columns);
    for one in &answer.requests {
        let cells = cells(&one.request).into_iter();
        table.add_row([one.subject.clone()].into_iter().chain(cells));
    }
    show(&table, answer.requests.is_empty(), true);
    shown::foot(&[], &answer.cut);
}

fn show(table: &Table, empty: bool, known: bool) {
    if !empty {
        println!("{table}");
    } else if known {
        println!("No requests.");
    }
}

fn cells(request: &RequestShown) -> [String; 8] {
    let mut state = request.state.clone();
    if request.overdue {
        state.push_str(", overdue");
    }
    if let Some(refusal) = &request.refusal {
        let ground = refusal.ground.as_ref();
        let conditions = shown::words(&refusal.open_conditions);
        let ground = ground.map_or(conditions.as_str(), |ground| ground.shown());
        let reason = shown::short(refusal.reason_sha256.as_deref());
        state.extend(["\n", ground, "; reasons ", &reason]);
    }
    let steps = request.steps.iter().map(|step| {
        let seen = &step.seen;
        format!(
            "{} {} {}",
            seen.time,
            step.state,
            shown::leaf_at(&seen.leaf)
        )
    });
    [
        request.id.clone(),
        shown::word(request.kind.as_ref()),
        state,
        shown::time(request.received),
        shown::time(request.due.map(|due| due.strict)),
        shown::time(request.due.and_then(|due| due.lawful)),
        request
            .days_left
            .map_or_else(shown::dash, |days| days.to_string()),
        steps.collect::<Vec<_>>().join("\n"),
    ]
}
