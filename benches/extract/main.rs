//! How fast a large extract is cut and checked, in how much memory, and what its proofs weigh:
//! `ops/bench` calls it with a broker and the settings of a ledger that isn't there yet.
//!
//! A town is streamed into the ledger's topics, whole, until a tenth of the events wanted name one
//! recipient, then until all do; each time the ledger catches up and stops, a process of its own
//! cuts the extract about that recipient, and another one checks it. So neither filling nor the
//! other extract is in the memory of either, and two sizes stand side by side.
//!
//! Cutting is timed from the choice of the cut to the moment before anything goes on record, so that
//! neither Kafka nor the wait for a checkpoint is in it. Checking is timed beside one SHA-256 over the
//! archive's bytes, which anyone who compares a digest pays.

#[path = "../topic/catching_up.rs"]
mod catching_up;
#[path = "../figures/mod.rs"]
mod figures;
#[path = "../topic/mod.rs"]
mod topic;

mod checking;
mod cutting;
mod filling;
mod memory;
mod singles;
mod table;

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use custodia::app::{self, StartAt};
use custodia::clock::{Clock, SystemClock};
use custodia::config::{self, Config};
use serde::Serialize;
use serde::de::DeserializeOwned;

use catching_up::catch_up;
use checking::Checked;
use cutting::Cut;
use filling::Filling;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures extracts about one recipient.
#[derive(Debug, Parser)]
struct Arguments {
    /// A value of the ledger's configuration; without any nothing is measured.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The recipient.
    #[arg(long, default_value = "courier-lishan")]
    recipient: String,
    /// How many events name the recipient when the larger extract is cut.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(10..=900_000))]
    events: u64,
    /// Where the archives go.
    #[arg(long, default_value = ".dev/bench/extract")]
    folder: PathBuf,
    /// How often each archive is checked; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds after which a ledger that hasn't caught up has failed.
    #[arg(long, default_value_t = 3600)]
    patience: u64,
    /// What a process of its own does with the ledger or archive that is there.
    #[arg(long, hide = true)]
    step: Option<Step>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured in a process of its own.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Step {
    Cut,
    Check,
}

/// What was measured of one extract.
struct Measured {
    cut: Cut,
    checked: Checked,
}

impl Arguments {
    fn config(&self) -> Outcome<Config> {
        let pairs = self.settings.iter().map(|pair| {
            let (key, value) = pair.split_once('=').ok_or("--set takes KEY=VALUE")?;
            Ok((key.to_owned(), value.to_owned()))
        });
        let overrides: Vec<(String, String)> = pairs.collect::<Outcome<_>>()?;
        Ok(config::load(None, &overrides)?.0)
    }

    fn archive(&self, events: u64) -> PathBuf {
        self.folder.join(format!("extract-{events}.zip"))
    }

    /// Measures `step` on the extract of `events` events in a process of its own, which prints JSON.
    fn apart<T: DeserializeOwned>(&self, step: Step, events: u64) -> Outcome<T> {
        let mut command = Command::new(env::current_exe()?);
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        let name = match step {
            Step::Cut => "cut",
            Step::Check => "check",
        };
        command.args(["--step", name, "--recipient", &self.recipient]);
        command.args(["--events", &events.to_string()]);
        command.args(["--rounds", &self.rounds.to_string()]);
        command.arg("--folder").arg(&self.folder);
        let output = command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("{name} of {events} events: {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// Fills, catches up, cuts and checks: once with a tenth of the events, once with all.
fn measure(arguments: &Arguments, config: &Config) -> Outcome<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    fs::create_dir_all(&arguments.folder)?;
    app::init(config, &StartAt::default(), None, clock.as_ref())?;
    let mut filling = Filling::of(config, &arguments.recipient, arguments.events)?;
    let patience = Duration::from_secs(arguments.patience);
    let mut all = Vec::new();
    for events in [arguments.events / 10, arguments.events] {
        let (sent, filled) = timed(clock.as_ref(), || filling.fill(config, events));
        let sent = sent?;
        let (caught_up, catching_up) = timed(clock.as_ref(), || catch_up(config, &clock, patience));
        caught_up?;
        println!(
            "{} more events and {} of the registry, until {events} name {}: sent in {:.0} s, caught up in {:.0} s",
            sent.events,
            sent.registry,
            arguments.recipient,
            filled.as_secs_f64(),
            catching_up.as_secs_f64(),
        );
        all.push(Measured {
            cut: arguments.apart(Step::Cut, events)?,
            checked: arguments.apart(Step::Check, events)?,
        });
    }
    table::print(&arguments.recipient, &all);
    Ok(())
}

fn timed<T>(clock: &dyn Clock, what: impl FnOnce() -> T) -> (T, Duration) {
    let begun = clock.monotonic();
    let value = what();
    (value, clock.monotonic().saturating_sub(begun))
}

fn say(measured: &impl Serialize) -> Outcome<()> {
    println!("{}", serde_json::to_string(measured)?);
    Ok(())
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if arguments.settings.is_empty() {
        println!("extract: not measured, it needs a broker: run ops/bench");
        return Ok(());
    }
    let config = arguments.config()?;
    let archive = arguments.archive(arguments.events);
    match arguments.step {
        None => measure(&arguments, &config),
        Some(Step::Cut) => say(&cutting::cut(
            &config,
            &arguments.recipient,
            arguments.events,
            &archive,
        )?),
        Some(Step::Check) => say(&checking::check(&config, &archive, arguments.rounds)?),
    }
}
