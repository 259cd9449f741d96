//! `custodia gaps`: where the evidence has gaps.

use clap::Args;

use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::Time;
use crate::respond::{GapsAnswer, GapsQuestion};

/// Where the evidence has gaps: numbers missing in producers' sequences, late events, clocks ahead, counts that
/// differ (R35), what was quarantined, and offsets without a record. It names nobody.
#[derive(Debug, Args)]
pub struct Gaps {
    /// Of this producer's events alone.
    #[arg(long)]
    producer: Option<String>,
    /// That began then or later (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// That began then or before (RFC 3339).
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Gaps {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(self, config: &Config) -> Result<u8, Error> {
        let question = GapsQuestion {
            producer: self.producer,
            from: self.from,
            until: self.until,
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

fn print(answer: &GapsAnswer) {
    let mut table = shown::table(&[
        "producer",
        "result",
        "cause",
        "count",
        "the first says",
        "leaves",
    ]);
    for gap in &answer.producers {
        let leaves: Vec<String> = gap
            .leaves
            .iter()
            .map(|leaf| shown::leaf(&leaf.log, leaf.index))
            .collect();
        table.add_row([
            gap.producer.clone(),
            gap.result.clone(),
            gap.cause.clone(),
            gap.count.to_string(),
            gap.says.clone(),
            leaves.join("\n"),
        ]);
    }
    if answer.producers.is_empty() {
        println!("No sequence has a gap, and nothing came late.");
    } else {
        println!("{table}");
    }
    for (code, count) in &answer.quarantined {
        println!("quarantined: {code} {count}");
    }
    for gap in &answer.offsets {
        println!(
            "no record: {} offsets {} to {}",
            gap.log, gap.from, gap.until
        );
    }
    if answer.more {
        println!("there are more findings than were looked through; ask by producer or period");
    }
    println!("cut {}", answer.cut.digest);
}
