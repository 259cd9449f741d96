//! How fast a ledger catches up with a topic that is full: `ops/bench` calls it with a broker.
//!
//! Owns the measuring of four ways through the same topic of events, in turn: reading and
//! dropping it, appending it, appending it with rows kept up, and that while findings are judged. Each clock starts when the
//! first records have come through, so that neither connecting nor opening is in it. Never
//! fills a topic.

#[path = "figures/mod.rs"]
mod figures;
#[path = "topic/mod.rs"]
mod topic;

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use clap::Parser;
use custodia::app::{self, Running, StartAt, kafka_settings};
use custodia::clock::{Clock, SystemClock};
use custodia::config::{Assignment, Config};
use custodia::kafka::{self, Consumer, PartitionReader, Position};
use figures::median;
use topic::{ASKING, FullTopic};

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// Records taken from a partition's queue at once, as the ledger does by default.
const TAKEN: usize = 4096;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures catching up over the topic of events that a broker holds.
#[derive(Debug, Parser)]
struct Arguments {
    /// The broker; without one nothing is measured.
    #[arg(long)]
    bootstrap: Option<String>,
    /// Where the ledgers of the rounds are made, and removed again.
    #[arg(long, default_value = ".dev/bench/ledgers")]
    folder: PathBuf,
    /// How often each way is gone.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds after which a way that hasn't ended has failed.
    #[arg(long, default_value_t = 600)]
    patience: u64,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A way through the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ReadAndDrop,
    Append,
    AppendWithRows,
    AppendWithRules,
}

const WAYS: [Way; 4] = [
    Way::ReadAndDrop,
    Way::Append,
    Way::AppendWithRows,
    Way::AppendWithRules,
];

impl Way {
    const fn makes_rows(self) -> bool {
        matches!(self, Self::AppendWithRows | Self::AppendWithRules)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ReadAndDrop => "consume and drop",
            Self::Append => "append alone",
            Self::AppendWithRows => "append with rows kept up",
            Self::AppendWithRules => "the same, rules judging",
        })
    }
}

/// What there is to go through, and where.
struct Course {
    bootstrap: String,
    folder: PathBuf,
    patience: Duration,
    topic: FullTopic,
}

/// Records a second, from the first records seen to the last.
struct Pace {
    clock: SystemClock,
    first: Option<(Duration, u64)>,
    patience: Duration,
}

impl Pace {
    fn new(patience: Duration) -> Self {
        let clock = SystemClock::new();
        Self {
            clock,
            first: None,
            patience,
        }
    }

    /// Takes note of how many records are through; the rate once `wanted` are. `begun` starts the
    /// clock.
    fn note(&mut self, begun: u64, done: u64, wanted: u64) -> Outcome<Option<f64>> {
        let now = self.clock.monotonic();
        if now > self.patience {
            return Err(format!("{done} of {wanted} records after {now:?}").into());
        }
        if begun > 0 && self.first.is_none() {
            self.first = Some((now, begun));
        }
        let Some((since, before)) = self.first.filter(|_| done >= wanted) else {
            return Ok(None);
        };
        if before >= wanted || now <= since {
            return Err("too few records to measure: fill the topic with more".into());
        }
        #[allow(clippy::cast_precision_loss)]
        let records = (wanted - before) as f64;
        Ok(Some(records / now.saturating_sub(since).as_secs_f64()))
    }
}

impl Course {
    fn of(arguments: &Arguments, bootstrap: &str) -> Outcome<Self> {
        let mut config = Config::default();
        bootstrap.clone_into(&mut config.kafka.bootstrap);
        Ok(Self {
            bootstrap: bootstrap.to_owned(),
            folder: arguments.folder.clone(),
            patience: Duration::from_secs(arguments.patience),
            topic: FullTopic::of(&config, &config.topics.events)?,
        })
    }

    fn places(&self) -> Vec<String> {
        let place = |partition| format!("{}/{partition}", self.topic.name);
        (0..self.topic.ends.len()).map(place).collect()
    }

    /// A ledger of its own for each round: its name keeps its checkpoints apart from the others'.
    fn config(&self, folder: &Path, number: u32, way: Way) -> Config {
        let mut config = Config::default();
        config.ledger.name = format!("round-{number}.bench.example");
        config.ledger.folder = folder.join("ledger");
        config.keys.kek_file = folder.join("kek");
        config.signer.folder = folder.join("signer");
        config.kafka.bootstrap.clone_from(&self.bootstrap);
        config.kafka.replication = 1;
        config.ingest.assign = Assignment::Only(self.places());
        config.project.enabled = way.makes_rows();
        config.findings.enabled = way == Way::AppendWithRules;
        config
    }

    fn go(&self, way: Way, number: u32) -> Outcome<f64> {
        match way {
            Way::ReadAndDrop => self.read_and_drop(),
            Way::Append | Way::AppendWithRows | Way::AppendWithRules => self.catch_up(number, way),
        }
    }

    /// A thread a partition, as in the ledger.
    fn read_and_drop(&self) -> Outcome<f64> {
        let settings = kafka_settings(&self.config(Path::new("."), 0, Way::ReadAndDrop));
        let (consumer, readers) = Consumer::assign(&settings, &self.assignments(), ASKING)?;
        let (through, wanted) = (AtomicU64::new(0), self.topic.records());
        let mut pace = Pace::new(self.patience);
        thread::scope(|scope| {
            let through = &through;
            let readers: Vec<_> = readers
                .into_iter()
                .zip(&self.topic.ends)
                .map(|(reader, (_, end))| {
                    scope.spawn(move || drop_all(reader, *end, self.patience, through))
                })
                .collect();
            let rate = loop {
                let done = through.load(Ordering::Relaxed);
                if let Some(rate) = pace.note(done, done, wanted)? {
                    break rate;
                }
                consumer.serve(LOOK);
            };
            for reader in readers {
                reader.join().map_err(|_| "a reader panicked")??;
            }
            Ok(rate)
        })
    }

    fn assignments(&self) -> Vec<kafka::Assignment> {
        let assignment = |(partition, (low, _)): (u32, &(u64, u64))| kafka::Assignment {
            topic: self.topic.name.clone(),
            partition,
            position: Position {
                next_offset: *low,
                leader_epoch: None,
            },
        };
        (0u32..).zip(&self.topic.ends).map(assignment).collect()
    }

    /// A new ledger in an empty folder, until all leaves (and their rows) are on disk.
    fn catch_up(&self, number: u32, way: Way) -> Outcome<f64> {
        let folder = self.folder.join(format!("round-{number}"));
        fs::create_dir_all(&folder)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let config = self.config(&folder, number, way);
        app::init(&config, &StartAt::default(), None, clock.as_ref())?;
        announce(&config, &clock)?;
        let mut pace = Pace::new(self.patience);
        let running = app::start(&config, &clock)?;
        let rate = self.watch(&running, way.makes_rows(), &mut pace);
        running.stop()?;
        fs::remove_dir_all(&folder)?;
        rate
    }

    fn watch(&self, running: &Running, rows: bool, pace: &mut Pace) -> Outcome<f64> {
        let wanted = self.topic.records();
        loop {
            let leaves = self.topic.through(running, false);
            let done = if rows {
                self.topic.through(running, true)
            } else {
                leaves
            };
            if let Some(rate) = pace.note(leaves, done, wanted)? {
                return Ok(rate);
            }
            if let Some(error) = running.failure(LOOK) {
                return Err(error.into());
            }
        }
    }
}

/// Starts a new ledger once without the topic of events: what a first start has to tell the registry
/// takes longer than appending a small topic, which would be over before anyone looks.
fn announce(config: &Config, clock: &Arc<dyn Clock>) -> Outcome<()> {
    let mut config = config.clone();
    config.ingest.assign = Assignment::Only(vec![format!("{}/0", config.topics.registry)]);
    Ok(app::start(&config, clock)?.stop()?)
}

/// Reads a partition up to `end` and drops what it reads.
fn drop_all(
    mut reader: PartitionReader,
    end: u64,
    patience: Duration,
    through: &AtomicU64,
) -> Outcome<()> {
    let clock = SystemClock::new();
    let mut batch = Vec::with_capacity(TAKEN);
    while reader.position().next_offset < end && clock.monotonic() < patience {
        let taken = reader.poll_batch(TAKEN, Duration::from_millis(100), &mut batch)?;
        through.fetch_add(taken as u64, Ordering::Relaxed);
        batch.clear();
    }
    Ok(())
}

fn print(course: &Course, rates: &mut [(Way, Vec<f64>)]) {
    let (records, partitions) = (course.topic.records(), course.topic.ends.len());
    println!("\n{records} events in {partitions} partitions; medians of events/s:");
    let baseline = median(&mut rates[0].1);
    for (way, rates) in rates {
        let rate = median(rates);
        println!("{way:<26}{rate:>12.0}   1/{:.1}", baseline / rate);
    }
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let Some(bootstrap) = &arguments.bootstrap else {
        println!("catch_up: not measured, it needs a broker with a full topic: run ops/bench");
        return Ok(());
    };
    let course = Course::of(&arguments, bootstrap)?;
    let mut rates = WAYS.map(|way| (way, Vec::new()));
    let mut number = 0;
    for round in 1..=arguments.rounds {
        for (way, rates) in &mut rates {
            number += 1;
            let rate = course.go(*way, number)?;
            println!("round {round}  {way:<26}{rate:>12.0} events/s");
            rates.push(rate);
        }
    }
    print(&course, &mut rates);
    Ok(())
}
