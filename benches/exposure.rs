//! Whom did something that leaked reach? `ops/bench` calls it with a broker and the settings of a ledger whose
//! topics hold a generated town.
//!
//! The ledger catches up and stops; then its folder is asked, as the command line asks where nothing runs, by
//! credential, by recipient and by endpoint, over a window and over everything. Beside them stands what reads
//! every leaf's row: the question by producer, which has no rows by day. What a question costs should follow
//! the events in its answer, not those in the ledger.

#[path = "topic/catching_up.rs"]
mod catching_up;
#[path = "figures/mod.rs"]
mod figures;
#[path = "topic/mod.rs"]
mod topic;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use custodia::app::{self, Counter, Extent};
use custodia::clock::{Clock, SystemClock};
use custodia::config::{self, Config};
use custodia::query::{Time, Why};
use custodia::respond::{Exposure, ExposureQuestion, Leaked, Piece};

use catching_up::catch_up;
use figures::median;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The seed and the beginning of the town that `custodia generate` makes when it is told neither.
const SEED: u64 = 1;
const START_MS: i64 = 1_788_192_000_000;
const DAY_MS: i64 = 86_400_000;

/// Measures exposure.
#[derive(Debug, Parser)]
struct Arguments {
    /// A value of the ledger's configuration; without any nothing is measured.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// About how many events were sent: the town's size.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// How often each question is asked; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds after which a ledger that hasn't caught up has failed.
    #[arg(long, default_value_t = 3600)]
    patience: u64,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
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
}

/// A question with its name in the table.
struct Asked {
    name: &'static str,
    question: ExposureQuestion,
}

/// The questions, each from so many days on for so many days; none for all days.
fn questions(config: &Config, events: u64) -> Outcome<Vec<Asked>> {
    let breach = app::town(config, SEED, Extent::Events(events), START_MS)?.breach();
    let credential = || Leaked::Credential(hex::encode(&breach.credential));
    let recipient = || Leaked::Recipient(breach.recipient_id.to_owned());
    let ask = |name, of, window: Option<(i64, i64)>| Asked {
        name,
        question: ExposureQuestion {
            of,
            from: window.map(|(from, _)| Time(from)),
            until: window.map(|(_, until)| Time(until)),
            as_of: None,
            list: false,
        },
    };
    let days = |first: i64, count: i64| {
        let from = START_MS + first * DAY_MS;
        Some((from, from + count * DAY_MS))
    };
    let breach_window = Some((breach.window_ms.start, breach.window_ms.end));
    Ok(vec![
        ask("credential, the breach", credential(), breach_window),
        ask("credential, one day", credential(), days(10, 1)),
        ask("recipient, one day", recipient(), days(10, 1)),
        ask("recipient, ten days", recipient(), days(10, 10)),
        ask("recipient, everything", recipient(), None),
        ask(
            "endpoint, one day",
            Leaked::Endpoint(breach.endpoint.clone()),
            days(10, 1),
        ),
        ask("nobody, everything", Leaked::Sdk("no-such".into()), None),
        ask(
            "producer, one day (reads every row)",
            Leaked::Producer("mall-gateway".into()),
            days(10, 1),
        ),
    ])
}

fn ask(counter: &Counter, question: &ExposureQuestion) -> Outcome<Exposure> {
    let why = Why {
        reason: "incident_response".into(),
        ticket: "bench".into(),
        ..Why::default()
    };
    let mut answer = None;
    counter.ask_piecemeal(&why, question, &mut |piece| {
        if let Piece::Exposure(whole) = piece {
            answer = Some(*whole);
        }
        true
    })?;
    answer.ok_or_else(|| "no answer".into())
}

fn measure(arguments: &Arguments, config: &Config) -> Outcome<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    catch_up(config, &clock, Duration::from_secs(arguments.patience))?;
    let counter = Counter::find(config)?;
    let asked = questions(config, arguments.events)?;
    let leaves: u64 = ask(&counter, &asked[0].question)?.cut.sizes.values().sum();
    println!("{leaves} leaves; median of {} rounds", arguments.rounds);
    println!(
        "{:<38} {:>9} {:>9} {:>10} {:>12}",
        "question", "events", "people", "ms", "us an event"
    );
    let mut times = vec![Vec::new(); asked.len()];
    let mut answers = vec![None; asked.len()];
    for _ in 0..arguments.rounds {
        for (at, one) in asked.iter().enumerate() {
            let begun = clock.monotonic();
            answers[at] = Some(ask(&counter, &one.question)?);
            let took = clock.monotonic().saturating_sub(begun);
            times[at].push(took.as_secs_f64() * 1000.0);
        }
    }
    for ((one, times), answer) in asked.iter().zip(&mut times).zip(&answers) {
        let Some(answer) = answer else { continue };
        let ms = median(times);
        let each = match u32::try_from(answer.events) {
            Ok(0) | Err(_) => "-".to_owned(),
            Ok(events) => format!("{:.1}", ms * 1000.0 / f64::from(events)),
        };
        println!(
            "{:<38} {:>9} {:>9} {ms:>10.1} {each:>12}",
            one.name, answer.events, answer.people
        );
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if arguments.settings.is_empty() {
        println!("exposure: not measured, it needs a broker: run ops/bench");
        return Ok(());
    }
    measure(&arguments, &arguments.config()?)
}
