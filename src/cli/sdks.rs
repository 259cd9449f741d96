//! `custodia sdks`: declared and observed SDKs.

use clap::Args;

use super::{Error, shown};
use crate::account::{SdksAnswer, SdksQuestion};
use crate::app::Counter;
use crate::config::Config;

/// Declared and observed SDKs, by build of the app. Names nobody.
#[derive(Debug, Args)]
pub struct Sdks {
    /// Of this build alone.
    #[arg(long)]
    build: Option<String>,
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Sdks {
    /// Runs the command; exit status 4 where nothing was seen of the build, or of any.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = SdksQuestion {
            build: self.build.clone(),
            as_of: self.as_of.clone(),
        };
        let answer = Counter::find(config)?.ask_openly(&question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(shown::status(answer.known))
    }
}

fn print(answer: &SdksAnswer) {
    let mut table = shown::table(&[
        "build",
        "sdk",
        "package",
        "difference",
        "undeclared",
        "before consent",
        "review",
        "seen",
        "first",
        "last",
        "leaves",
    ]);
    for row in &answer.rows {
        let samples = row.samples.iter().map(shown::leaf_at);
        table.add_row([
            row.build.clone(),
            shown::text(row.sdk.as_deref()),
            shown::text(row.package.as_deref()),
            row.difference.clone(),
            shown::words(&row.undeclared),
            row.before_consent.to_string(),
            shown::word(row.review.as_ref()),
            row.count.to_string(),
            shown::time(row.first),
            shown::time(row.last),
            samples.collect::<Vec<_>>().join("\n"),
        ]);
    }
    if answer.known {
        println!("{table}");
    } else {
        println!("No SDK was seen.");
    }
    shown::foot(&answer.unknowns, &answer.cut);
}
