//! `custodia timeline`: what happened, in order.

use clap::Args;

use super::who::{Reason, When};
use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::{self, Time, TimelineQuestion, Topic, Why};
use crate::replay::{FindingName, ReplayQuestion};

/// What happened, in order. A look at each person shown is put on record first.
#[derive(Debug, Args)]
pub struct Timeline {
    #[command(flatten)]
    asked: Asked,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Which timeline.
#[derive(Debug, Args)]
pub(super) struct Asked {
    #[command(flatten)]
    of: Of,
    /// The first moment, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// The last moment, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    #[command(flatten)]
    why: Reason,
    #[command(flatten)]
    when: When,
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
    /// Of one matter.
    #[arg(long)]
    correlation: Option<String>,
    /// Of what moved under a credential, by its fingerprint in hex.
    #[arg(long, value_name = "FINGERPRINT")]
    credential: Option<String>,
    /// Of what moved through an endpoint.
    #[arg(long)]
    endpoint: Option<String>,
}

impl Of {
    fn topic(&self) -> Topic {
        let id = |id: &Option<String>| id.clone();
        let people = id(&self.subject).map(Topic::Subject);
        let found = people
            .or_else(|| id(&self.recipient).map(Topic::Recipient))
            .or_else(|| id(&self.incident).map(Topic::Incident))
            .or_else(|| id(&self.correlation).map(Topic::Correlation))
            .or_else(|| id(&self.credential).map(Topic::Credential))
            .or_else(|| id(&self.endpoint).map(Topic::Endpoint));
        found.expect("the command line asks for exactly one of them")
    }
}

impl Asked {
    fn ask(&self, config: &Config) -> Result<query::Timeline, Error> {
        let question = TimelineQuestion {
            of: self.of.topic(),
            from: self.from,
            to: self.to,
            as_of: self.when.as_of.clone(),
            at: self.when.at,
        };
        Ok(Counter::find(config)?.ask(&self.why.why(), &question)?)
    }
}

impl Asked {
    /// The same of a replay.
    pub(super) fn replay(&self, finding: Option<FindingName>) -> ReplayQuestion {
        ReplayQuestion {
            of: self.of.topic(),
            from: self.from,
            to: self.to,
            as_of: self.when.as_of.clone(),
            at: self.when.at,
            finding,
        }
    }

    /// What the look is for.
    pub(super) fn why(&self) -> Why {
        self.why.why()
    }

    /// Whether the last moment is given.
    pub(super) const fn has_end(&self) -> bool {
        self.to.is_some()
    }
}

impl Timeline {
    /// Runs the command; exit status 4 where the ledger knows nothing of it.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let timeline = self.asked.ask(config)?;
        if self.json {
            println!("{}", serde_json::json!(timeline));
        } else {
            print(&timeline);
        }
        Ok(status(&timeline))
    }
}

const fn status(timeline: &query::Timeline) -> u8 {
    if timeline.known {
        exit::OK
    } else {
        exit::UNKNOWN
    }
}

fn print(timeline: &query::Timeline) {
    if !timeline.known {
        println!("The ledger knows nothing of it.");
    }
    let mut table = shown::table(&[
        "time",
        "event",
        "person",
        "recipient",
        "producer",
        "verdict",
        "leaf",
    ]);
    for event in &timeline.events {
        table.add_row(shown::happened(event));
    }
    if !timeline.events.is_empty() {
        println!("{table}");
    }
    for erased in &timeline.erasures {
        let leaf = shown::leaf(&erased.log, erased.index);
        println!(
            "erased under certificate {}: {} ({leaf})",
            erased.order_id, erased.event
        );
    }
    shown::restricted(timeline.restricted.as_ref());
    println!("cut {}", timeline.cut.digest);
}
