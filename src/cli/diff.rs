//! `custodia diff`: what changed between two moments, or two cuts.

use clap::Args;
use custodia_core::replay::Change;

use super::who::Reason;
use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::Time;
use crate::replay::{self, Counts, DiffQuestion, Differs, What, Whose};

/// What changed between two moments (what had happened) or two cuts (what was known). A look at each person
/// shown is put on record first.
#[derive(Debug, Args)]
pub struct Diff {
    /// A time (RFC 3339), or a cut's name.
    #[arg(value_name = "TIME|CUT")]
    first: String,
    /// Another of the same kind.
    #[arg(value_name = "TIME|CUT")]
    second: String,
    #[command(flatten)]
    of: Of,
    /// Of two times: what was known of them, a cut's name or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Of two cuts: the moment at which both are looked at; now, where it isn't given (RFC 3339).
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    #[command(flatten)]
    why: Reason,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// Of a person's reference, and those linked to it.
    #[arg(long)]
    subject: Option<String>,
    /// Of a recipient.
    #[arg(long)]
    recipient: Option<String>,
    /// Of an incident.
    #[arg(long)]
    incident: Option<String>,
    /// Of the whole ledger: the register, and how much there is of everything. Everybody is judged twice,
    /// which takes its time.
    #[arg(long)]
    ledger: bool,
}

impl Of {
    fn whose(&self) -> Whose {
        let subject = self.subject.clone().map(Whose::Subject);
        subject
            .or_else(|| self.recipient.clone().map(Whose::Recipient))
            .or_else(|| self.incident.clone().map(Whose::Incident))
            .unwrap_or(Whose::Ledger)
    }
}

impl Diff {
    /// Runs the command; exit status 4 where the ledger knows nothing of it.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = DiffQuestion {
            of: self.of.whose(),
            from: self.first.clone(),
            to: self.second.clone(),
            as_of: self.as_of.clone(),
            at: self.at,
        };
        let answer = Counter::find(config)?.ask(&self.why.why(), &question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(if answer.known || answer.counts.is_some() {
            exit::OK
        } else {
            exit::UNKNOWN
        })
    }
}

fn print(answer: &Differs) {
    if !answer.known {
        println!("The ledger knows nothing of it.");
    }
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
    let (from, to) = (&answer.from, &answer.to);
    match answer.what {
        What::Happened => {
            println!("what had happened by {} and by {}", from.moment, to.moment);
            if from.moment == to.moment {
                println!("Both are the same moment.");
            } else if from.moment > to.moment {
                println!(
                    "The first is later than the second: what follows takes back what happened."
                );
            }
        }
        What::Known => {
            println!("what was known at two cuts, looked at from {}", to.moment);
            if from.cut.digest == to.cut.digest {
                println!("Both are the same cut.");
            }
        }
    }
    shown::print_times(answer.began, answer.now, [from.moment, to.moment]);
    let mut table = shown::table(&["", "what", "before", "after"]);
    for change in &answer.changes {
        table.add_row(cells(change));
    }
    if answer.changes.is_empty() {
        println!("Nothing differs in the state.");
    } else {
        println!("{table}");
    }
    if let Some(counts) = &answer.counts {
        print_counts(counts);
    }
    println!("cut {}", from.cut.digest);
    if from.cut.digest != to.cut.digest {
        println!("cut {}", to.cut.digest);
    }
}

fn cells(change: &Change) -> [String; 4] {
    let sign = match (&change.before, &change.after) {
        (None, _) => "+",
        (_, None) => "-",
        _ => "~",
    };
    let words = |standing: &Option<_>| standing.as_ref().map_or_else(shown::dash, replay::standing);
    [
        sign.to_owned(),
        replay::item(&change.item),
        words(&change.before),
        words(&change.after),
    ]
}

fn print_counts(counts: &Counts) {
    let mut table = shown::table(&["how many", "before", "after"]);
    let mut row = |what: String, [before, after]: [u64; 2]| {
        table.add_row([what, before.to_string(), after.to_string()]);
    };
    row("people".to_owned(), counts.people);
    row("events about people".to_owned(), counts.events);
    row("events of the registry".to_owned(), counts.registry);
    let leaves = counts.leaves.iter().map(|(log, sizes)| {
        let log = log.split_once('/').map_or(log.as_str(), |(_, rest)| rest);
        (format!("leaves of {log}"), *sizes)
    });
    let findings = counts.findings.iter().flat_map(|(rule, results)| {
        let row = move |(result, both): (&String, &[u64; 2])| (format!("{rule} {result}"), *both);
        results.iter().map(row)
    });
    let all: Vec<_> = leaves.chain(findings).collect();
    let differing: Vec<_> = all
        .iter()
        .filter(|(_, [before, after])| before != after)
        .collect();
    for (what, both) in &differing {
        row(what.clone(), *both);
    }
    println!("{table}");
    let same = all.len() - differing.len();
    if same > 0 {
        println!(
            "{same} further counts, of leaves and of findings by rule, are the same; --json has them."
        );
    }
}
