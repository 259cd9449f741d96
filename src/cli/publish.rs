//! `custodia publish`: events from standard input to Kafka.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Error, exit, shown};
use crate::app::{self, LineReport, Options, Outcome, Vouching, Wait};
use crate::clock::SystemClock;
use crate::config::Config;

/// Reads events from standard input, one JSON object a line (protobuf's JSON mapping), fills in
/// missing ids and salts, and sends what the ledger would accept; `occurred_at` must be there. Of a
/// refused line nothing is sent; the others are. With `--wait`, each event's receipt is written to
/// a file of its own, named for the event's id.
#[derive(Debug, Args)]
pub struct Publish {
    /// Wait until each event is a leaf under a signed checkpoint of the ledger that runs here, and
    /// write its receipt (C2SP tlog-proof).
    #[arg(long)]
    wait: bool,
    /// The folder for receipts; no file that is there is overwritten.
    #[arg(long, value_name = "DIR", default_value = ".", requires = "wait")]
    receipts: PathBuf,
    /// How long to wait for receipts, in seconds. What was sent stays sent.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "wait")]
    timeout: u64,
    /// Sign each event that isn't signed with the producer's Ed25519 key in this file (PEM, as
    /// `openssl genpkey -algorithm ed25519` makes it).
    #[arg(long, value_name = "FILE")]
    producer_key: Option<PathBuf>,
    /// That key's id in the register, where an event doesn't name one.
    #[arg(long, value_name = "ID", default_value = "", requires = "producer_key")]
    producer_key_id: String,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

impl Publish {
    /// Runs the command; exit status 5 where a line was refused.
    ///
    /// # Errors
    /// Where Kafka can't be reached or doesn't acknowledge a record, standard input can't be read
    /// or standard output can't be written; where an event has no receipt when the time is up, with
    /// exit status 10.
    pub fn run(self, config: &Config) -> Result<u8, Error> {
        let key = self.producer_key.as_ref();
        let vouching = key.map(|path| Vouching::open(path, &self.producer_key_id));
        let options = Options {
            vouching: vouching.transpose()?,
            wait: self.wait.then_some(Wait {
                receipts: self.receipts,
                timeout: Duration::from_secs(self.timeout),
            }),
        };
        let clock = SystemClock::new();
        let input = std::io::stdin().lock();
        let mut line = lines_of(self.json);
        let mut receipts = Vec::new();
        let mut report = |report: &LineReport| {
            if let Some(row) = (!self.json).then(|| receipt_of(report)).flatten() {
                receipts.push(row);
                return Ok(());
            }
            line(report)
        };
        let tally = app::publish(config, &clock, input, &options, &mut report);
        // Also where the time was up: those that have come are told with those that haven't.
        print(receipts)?;
        Ok(if tally?.refused == 0 {
            exit::OK
        } else {
            exit::REFUSED
        })
    }
}

/// A row of the table of receipts: line, event, log, offset, leaf, receipt or what it waits for.
fn receipt_of(report: &LineReport) -> Option<[String; 6]> {
    let line = report.line.to_string();
    match &report.outcome {
        Outcome::Landed {
            event_id,
            log,
            offset,
            index,
            receipt,
            ..
        } => Some([
            line,
            event_id.to_string(),
            log.clone(),
            offset.to_string(),
            index.to_string(),
            receipt.display().to_string(),
        ]),
        Outcome::NoReceipt {
            event_id,
            topic,
            partition,
            offset,
            log,
            index,
            ..
        } => Some([
            line,
            event_id.to_string(),
            log.clone()
                .unwrap_or_else(|| format!("{topic}/{partition}")),
            offset.to_string(),
            index.map_or_else(shown::dash, |index| index.to_string()),
            report.outcome.still().unwrap_or_default().to_owned(),
        ]),
        _ => None,
    }
}

fn print(receipts: Vec<[String; 6]>) -> Result<(), Error> {
    if receipts.is_empty() {
        return Ok(());
    }
    let mut table = shown::unbroken_table(&["line", "event", "log", "offset", "leaf", "receipt"]);
    for row in receipts {
        table.add_row(row);
    }
    let written = writeln!(std::io::stdout(), "{table}");
    written.map_err(|source| {
        let what = "writing the receipts' table".to_owned();
        app::Error::System { what, source }.into()
    })
}

/// Writes each report to standard output as it comes.
pub(super) fn lines_of(json: bool) -> impl FnMut(&LineReport) -> std::io::Result<()> {
    move |report| {
        let mut out = std::io::stdout().lock();
        if json {
            writeln!(out, "{}", serde_json::json!(report))
        } else {
            writeln!(out, "{report}")
        }
    }
}
