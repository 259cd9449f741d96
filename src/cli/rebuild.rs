//! `custodia rebuild`: drops rows and makes them again.

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Error, exit, shown};
use crate::app::{self, Rebuilt};
use crate::config::Config;

/// Drops the rows that answers are made of, and makes them again from leaves and payloads: they
/// come out as they were. Findings are dropped with them, and made again by `serve`. Takes the folder: stop `serve` first.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// This log's rows alone, by its origin.
    #[arg(long)]
    log: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Rebuild {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the folder is in use, has no such log, or can't be read or written.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let bar = bar();
        let rebuilt = app::rebuild(config, self.log.as_deref(), &mut |log, done, size| {
            bar.set_length(size);
            bar.set_position(done);
            bar.set_message(log.to_owned());
        })?;
        bar.finish_and_clear();
        if self.json {
            println!("{}", serde_json::json!(rebuilt));
        } else {
            print(&rebuilt);
        }
        Ok(exit::OK)
    }
}

/// On stderr, and only where that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn print(rebuilt: &[Rebuilt]) {
    let mut table = shown::table(&["log", "leaves with rows again", "rows' version"]);
    for log in rebuilt {
        let (leaves, version) = (log.leaves.to_string(), log.version.to_string());
        table.add_row([log.log.clone(), leaves, version]);
    }
    println!("{table}");
}
