//! `custodia replay`: a timeline, played.

use std::io::{self, BufRead as _, Write as _};
use std::thread;
use std::time::Duration;

use clap::Args;

use super::timeline::{Asked, status};
use super::{Error, shown};
use crate::config::Config;
use crate::query::Happened;

/// The longest wait between two events, whatever the speed.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Plays a timeline, at a speed or step by step.
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    asked: Asked,
    /// How many times faster than it happened; no two events are more than 5 s apart.
    #[arg(long, default_value_t = 3600.0, value_parser = speed, conflicts_with = "step")]
    speed: f64,
    /// Wait for a line on standard input before each event.
    #[arg(long)]
    step: bool,
    /// Print JSON, one line an event.
    #[arg(long)]
    json: bool,
}

fn speed(word: &str) -> Result<f64, String> {
    let speed: f64 = word.parse().map_err(|_| "expected a number")?;
    if speed.is_finite() && speed > 0.0 {
        Ok(speed)
    } else {
        Err("expected more than 0".into())
    }
}

impl Replay {
    /// Runs the command; exit status as of `timeline`.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let timeline = self.asked.ask(config)?;
        let mut last = None;
        for event in &timeline.events {
            let now = event.record_time.map(|time| time.0);
            if !self.wait(
                last.zip(now)
                    .map_or(0, |(last, now): (i64, i64)| now - last),
            ) {
                break;
            }
            last = now.or(last);
            self.print(event);
        }
        Ok(status(&timeline))
    }

    /// Waits for the next event; whether to go on.
    fn wait(&self, apart_ms: i64) -> bool {
        if self.step {
            let mut line = String::new();
            return io::stdin()
                .lock()
                .read_line(&mut line)
                .is_ok_and(|read| read > 0);
        }
        thread::sleep(self.pause(apart_ms));
        true
    }

    fn pause(&self, apart_ms: i64) -> Duration {
        let apart = Duration::from_millis(u64::try_from(apart_ms).unwrap_or(0));
        Duration::try_from_secs_f64(apart.as_secs_f64() / self.speed)
            .map_or(LONGEST_WAIT, |pause| pause.min(LONGEST_WAIT))
    }

    fn print(&self, event: &Happened) {
        if self.json {
            println!("{}", serde_json::json!(event));
        } else {
            println!(
                "{}",
                shown::happened(event)
                    .map(|cell| cell.replace('\n', " "))
                    .join("  ")
            );
        }
        // Who watches sees each event as it comes.
        let _ = io::stdout().flush();
    }
}
