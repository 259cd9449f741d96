//! `custodia incident ID`: how it stands.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::list::Listed;
use super::why;
use crate::app;
use crate::cli::{Error, exit, shown};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::query::{Time, Word};
use crate::respond::{Clock, IncidentAnswer, IncidentQuestion, Told};

/// How an incident stands.
#[derive(Debug, Args)]
pub struct Show {
    /// The incident's id.
    #[arg(value_name = "INCIDENT", required = true)]
    incident: Option<String>,
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// At which moment (RFC 3339); default: now.
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// The list whose root is on record: says who of it was not told. A look at each person told is put on
    /// record first.
    #[arg(long = "list", value_name = "FILE.csv")]
    lists: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(&self, config: &Config) -> Result<u8, Error> {
        let incident = self.incident.clone().unwrap_or_default();
        let listed = match self.lists.as_slice() {
            [] => None,
            lists => Some(Listed::read(lists)?),
        };
        let question = IncidentQuestion {
            incident: incident.clone(),
            as_of: self.as_of.clone(),
            at: self.at,
            people: listed.is_some(),
        };
        let (stands, told) =
            app::incident(config, &SystemClock::new(), &why(&incident), &question)?;
        let untold = match &listed {
            None => None,
            Some(listed) => {
                listed.must_be(&stands)?;
                let told: BTreeSet<&str> = told.keys().map(String::as_str).collect();
                Some(listed.list.without(&told))
            }
        };
        if self.json {
            println!(
                "{}",
                serde_json::json!({ "incident": stands, "untold": untold })
            );
        } else {
            print(&stands, untold.as_deref());
        }
        Ok(if stands.known {
            exit::OK
        } else {
            exit::UNKNOWN
        })
    }
}

fn print(stands: &IncidentAnswer, untold: Option<&[&str]>) {
    let IncidentAnswer {
        incident,
        stage,
        moment,
        ..
    } = stands;
    if !stands.known {
        println!("The ledger knows no incident {incident}.");
        println!("cut {}", stands.cut.digest);
        return;
    }
    println!("{incident}: {stage} at {moment}");
    let grade = stands.grade.as_ref().map_or("none", Word::shown);
    let people = stands
        .people
        .map_or_else(shown::dash, |people| people.to_string());
    println!(
        "known {}, grade {grade}, people {people}",
        shown::time(stands.known_at)
    );
    let mut steps = shown::table(&["time", "event", "what", "leaf"]);
    for step in &stands.steps {
        steps.add_row([
            step.time.to_string(),
            step.event.clone(),
            step.says.clone(),
            shown::leaf(&step.leaf.log, step.leaf.index),
        ]);
    }
    println!("{steps}");
    if !stands.clocks.is_empty() {
        let mut clocks = shown::table(&["rule", "state", "due", "left", "what"]);
        for clock in &stands.clocks {
            clocks.add_row([
                clock.rule.clone(),
                clock.state.clone(),
                shown::time(clock.due),
                left(clock),
                clock.en.clone(),
            ]);
        }
        println!("{clocks}");
    }
    for fault in &stands.faults {
        println!("{} {}: {}", fault.rule, fault.state, fault.en);
    }
    print_told(&stands.told, untold);
    let running = |clock: &&Clock| clock.state == "running" || clock.state == "missed";
    if let Some(next) = stands.clocks.iter().find(running) {
        println!(
            "next: {} by {}: {}",
            next.rule,
            shown::time(next.due),
            next.en
        );
    }
    for unknown in &stands.unknowns {
        println!("not told: {unknown}");
    }
    println!("cut {}", stands.cut.digest);
}

fn print_told(told: &Told, untold: Option<&[&str]>) {
    let channels = told.channels.iter();
    let channels: Vec<String> = channels
        .map(|(channel, n)| format!("{channel} {n}"))
        .collect();
    println!("told one by one: {} ({})", told.people, channels.join(", "));
    if let Some(untold) = told.untold {
        println!("of the list not told: {untold}");
    }
    if let Some(at) = told.public_notice {
        println!("public notice posted {at}");
    } else if told.public_notice_must_stand_in {
        println!("a public notice must stand in for those who can't be told one by one (L262)");
    }
    for reference in untold.into_iter().flatten() {
        println!("not told: {reference}");
    }
}

/// What is left of a clock, in days, hours and minutes.
fn left(clock: &Clock) -> String {
    let Some(ms) = clock
        .left_ms
        .filter(|_| matches!(clock.state.as_str(), "running" | "missed"))
    else {
        return shown::dash();
    };
    let minutes = ms.unsigned_abs() / 60_000;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let sign = if ms < 0 { "over by " } else { "" };
    match days {
        0 => format!("{sign}{hours} h {minutes} min"),
        _ => format!("{sign}{days} d {hours} h"),
    }
}
