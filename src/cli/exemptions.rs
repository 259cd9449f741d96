//! `custodia exemptions`: which exemptions are claimed.

use clap::Args;

use super::{Error, exit, shown};
use crate::account::{ExemptionsAnswer, ExemptionsQuestion};
use crate::app::Counter;
use crate::config::Config;
use crate::query::Time;

/// Which exemptions from consent are used, how often, and with which citation? Reads through the whole
/// ledger; names nobody.
#[derive(Debug, Args)]
pub struct Exemptions {
    /// From then on, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Up to then, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Exemptions {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = ExemptionsQuestion {
            from: self.from,
            to: self.to,
            as_of: self.as_of.clone(),
        };
        let answer = Counter::find(config)?.ask_openly(&question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(exit::OK)
    }
}

fn print(answer: &ExemptionsAnswer) {
    let mut table = shown::table(&["exemption", "event", "citation", "count", "leaves"]);
    for one in &answer.uses {
        let samples = one.samples.iter().map(shown::leaf_at);
        table.add_row([
            format!("{}\n{}", one.exemption.value, one.exemption.shown()),
            one.event.clone(),
            shown::text(one.citation.as_deref()),
            one.count.to_string(),
            samples.collect::<Vec<_>>().join("\n"),
        ]);
    }
    if answer.uses.is_empty() {
        println!("No exemption was claimed.");
    } else {
        println!("{table}");
    }
    shown::foot(&[], &answer.cut);
}
