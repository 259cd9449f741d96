//! How fast a large extract is cut and checked, and what its proofs weigh: `ops/bench` calls it with a
//! ledger that has caught up with a generated town on a broker.
//!
//! Cutting is timed from the choice of the cut to the moment before anything goes on record, so that
//! neither Kafka nor the wait for a checkpoint is in it.
//! Checking is timed beside one SHA-256 over the archive's bytes, which anyone who compares a digest
//! pays. The proofs are counted beside one inclusion proof for each leaf shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use custodia::app;
use custodia::clock::{Clock, SystemClock};
use custodia::config;
use custodia::extract::{Progress, Question, Summary};
use custodia::query::Why;
use custodia_core::extract::archive::Members;
use custodia_core::extract::{EventLine, Manifest};
use custodia_core::policy::Policy;
use custodia_core::verify::{Beside, Extract, verify};
use sha2::{Digest as _, Sha256};

/// Bytes of a tree's hash.
const HASH_BYTES: u64 = 32;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures an extract about one recipient.
#[derive(Debug, Parser)]
struct Arguments {
    /// A value of the ledger's configuration; without any nothing is measured.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The recipient.
    #[arg(long, default_value = "courier-lishan")]
    recipient: String,
    /// Where the archive goes.
    #[arg(long, default_value = ".dev/bench/extract.zip")]
    output: PathBuf,
    /// How often the archive is checked.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Cuts the extract; with how long the cutting took.
fn cut(arguments: &Arguments, config: &config::Config) -> Outcome<(Summary, Duration)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let question = Question {
        recipient: Some(arguments.recipient.clone()),
        requester: "RQ_REGULATOR".into(),
        requester_name: "Example office".into(),
        legal_basis: "LB_PIPL_63_INSPECTION".into(),
        ..Question::default()
    };
    let why = Why {
        reason: "regulator_request".into(),
        ticket: String::new(),
    };
    let (begun, ended) = (RefCell::new(None), RefCell::new(None));
    let progress = |progress: Progress| match progress {
        Progress::Cut { .. } => *begun.borrow_mut() = Some(clock.monotonic()),
        Progress::Recording => *ended.borrow_mut() = Some(clock.monotonic()),
        _ => {}
    };
    let summary = app::extract(
        config,
        &clock,
        &why,
        &question,
        &arguments.output,
        &progress,
    )?;
    let took = ended.take().zip(begun.take());
    let (ended, begun) = took.ok_or("the extract told of no progress")?;
    Ok((summary, ended.saturating_sub(begun)))
}

/// The hashes of one leaf's inclusion proof (RFC 6962 §2.1.1).
fn path_length(mut index: u64, mut size: u64) -> u64 {
    let mut length = 0;
    while size > 1 {
        let left = size.next_power_of_two() / 2;
        if index < left {
            size = left;
        } else {
            (index, size) = (index - left, size - left);
        }
        length += 1;
    }
    length
}

/// Bytes of one inclusion proof for each leaf shown.
fn single_proofs(archive: &[u8]) -> Outcome<u64> {
    let members = Members::parse(archive).map_err(|error| error.to_string())?;
    let member = |name| members.get(name).ok_or_else(|| format!("no {name}"));
    let manifest = Manifest::from_json(member("manifest.json")?).map_err(|e| e.to_string())?;
    let logs = manifest.cut.logs.iter();
    let sizes: BTreeMap<&str, u64> = logs.map(|log| (log.origin.as_str(), log.size.0)).collect();
    let mut hashes = 0;
    for line in member("events.jsonl")?.split(|byte| *byte == b'\n') {
        if line.is_empty() {
            continue;
        }
        let line = EventLine::from_json(line).map_err(|error| error.to_string())?;
        let size = sizes
            .get(line.log.as_str())
            .ok_or("a log outside the cut")?;
        hashes += path_length(line.index.0, *size);
    }
    Ok(hashes * HASH_BYTES)
}

fn timed<T>(clock: &dyn Clock, what: impl FnOnce() -> T) -> (T, Duration) {
    let begun = clock.monotonic();
    let value = what();
    (value, clock.monotonic().saturating_sub(begun))
}

#[allow(clippy::cast_precision_loss)]
fn a_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn check(arguments: &Arguments, config: &config::Config, events: u64) -> Outcome<()> {
    let clock = SystemClock::new();
    let archive = fs::read(&arguments.output)?;
    let policy = app::policy(config)?;
    let policy = Policy::parse(policy.as_bytes())?;
    let beside = Beside {
        policy: Some(&policy),
        ..Beside::default()
    };
    for round in 1..=arguments.rounds {
        let (_, hashing) = timed(&clock, || Sha256::digest(&archive));
        let extract = Extract::Archive(&archive);
        let (report, checking) = timed(&clock, || verify(&extract, &beside));
        if report.outcome.name() != "proven" {
            let (outcome, failure) = (report.outcome.name(), report.failure);
            return Err(format!("the extract is {outcome}: {failure:?}").into());
        }
        println!(
            "round {round}  checked {:>10.0} events/s, {:.2} s; one SHA-256 over it {:.3} s, 1/{:.1}",
            a_second(events, checking),
            checking.as_secs_f64(),
            hashing.as_secs_f64(),
            checking.as_secs_f64() / hashing.as_secs_f64()
        );
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if arguments.settings.is_empty() {
        println!("extract: not measured, it needs a ledger on a broker: run ops/bench");
        return Ok(());
    }
    let pairs = arguments.settings.iter().map(|pair| {
        let (key, value) = pair.split_once('=').ok_or("--set takes KEY=VALUE")?;
        Ok((key.to_owned(), value.to_owned()))
    });
    let overrides: Vec<(String, String)> = pairs.collect::<Outcome<_>>()?;
    let (config, _) = config::load(None, &overrides)?;
    let (summary, cutting) = cut(&arguments, &config)?;
    let Summary { events, bytes, .. } = summary;
    println!(
        "an extract about {}: {events} events in {bytes} bytes",
        arguments.recipient
    );
    println!(
        "cut      {:>10.0} events/s, {:.2} s",
        a_second(events, cutting),
        cutting.as_secs_f64()
    );
    check(&arguments, &config, events)?;
    let singles = single_proofs(&fs::read(&arguments.output)?)?;
    #[allow(clippy::cast_precision_loss)]
    let share = summary.proof_bytes as f64 / singles as f64;
    println!(
        "proofs   {} bytes beside {singles} for as many single ones: {share:.3}",
        summary.proof_bytes
    );
    Ok(())
}
