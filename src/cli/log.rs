//! `custodia log`: the generations of the ledger's logs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use custodia_core::schema::v1::LogEnd;

use super::extract::USUAL_MS;
use super::{Error, exit, shown};
use crate::app::{self, LogStanding, OpenedLog, Opening, StartFrom};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::query::Time;

/// Shows the ledger's logs, closes them, and opens their next generations. Takes the folder: stop
/// `serve` first.
#[derive(Debug, Args)]
pub struct Log {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show where each log stands.
    List(List),
    /// Close logs as they stand, for good: nothing is appended to them any more.
    Close(Close),
    /// Open the next generation of partitions that have no open log.
    Open(Open),
}

#[derive(Debug, Args)]
struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A closed log is served, proven and checked like any other. The registry hears of it once `serve`
/// runs.
#[derive(Debug, Args)]
struct Close {
    /// An origin, topic/partition for its newest log, or a topic for all of its open logs.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<String>,
    /// Why the log ends.
    #[arg(long, value_enum)]
    reason: Reason,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Where the generation begins is named on purpose.
#[derive(Debug, Args)]
struct Open {
    /// As topic/partition, or a topic for all of its partitions that have no open log.
    #[arg(required = true, value_name = "PARTITION")]
    partitions: Vec<String>,
    /// The generation's number; default: the next one.
    #[arg(long, value_name = "NUMBER")]
    generation: Option<u32>,
    #[command(flatten)]
    start: Start,
    /// Write the request for two people's approvals into this new file, and open nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "approval")]
    request_approval: Option<PathBuf>,
    /// Until when approvals count (RFC 3339); default: seven days from now.
    #[arg(long, value_name = "TIME", requires = "request_approval")]
    approval_until: Option<Time>,
    /// An approval that `custodia approve` wrote; one for each person.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Start {
    /// Begin where the generation before ended; at offset 0 where there was none.
    #[arg(long = "continue")]
    previous: bool,
    /// Begin at offset 0.
    #[arg(long)]
    from_beginning: bool,
    /// Begin at this offset.
    #[arg(long, value_name = "OFFSET")]
    from_offset: Option<u64>,
}

/// Why a generation ends (`LogEnd` of the schema).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Reason {
    /// The topic lies on another cluster now.
    ClusterChanged,
    /// The topic was deleted and made anew.
    TopicRecreated,
    /// The topic has more partitions now.
    PartitionsChanged,
    /// Records are to be read at another isolation level.
    IsolationChanged,
    /// Leaves are to be made of another version of entries.
    EntryVersionChanged,
    /// Kafka deleted records before they were read.
    RetentionOvertook,
    /// The cluster lost acknowledged records.
    RecordsLost,
    /// Anything else that a person decided.
    Ordered,
}

impl From<Reason> for LogEnd {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::ClusterChanged => Self::LeClusterChanged,
            Reason::TopicRecreated => Self::LeTopicRecreated,
            Reason::PartitionsChanged => Self::LePartitionsChanged,
            Reason::IsolationChanged => Self::LeIsolationChanged,
            Reason::EntryVersionChanged => Self::LeEntryVersionChanged,
            Reason::RetentionOvertook => Self::LeRetentionOvertook,
            Reason::RecordsLost => Self::LeRecordsLost,
            Reason::Ordered => Self::LeOrdered,
        }
    }
}

impl From<Start> for StartFrom {
    fn from(start: Start) -> Self {
        match start.from_offset {
            Some(offset) => Self::Offset(offset),
            None if start.previous => Self::Previous,
            None => Self::Beginning,
        }
    }
}

impl Log {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the folder is in use, or what is named can't be closed or opened so.
    pub fn run(self, config: &Config) -> Result<u8, Error> {
        let clock = SystemClock::new();
        match self.command {
            Command::List(List { json }) => print_logs(&app::list_logs(config)?, json),
            Command::Close(close) => {
                let closed = app::close_logs(config, &close.logs, close.reason.into(), &clock)?;
                print_logs(&closed, close.json);
                next(close.json, "custodia log open, or custodia serve");
            }
            Command::Open(open) => open.run(config, &clock)?,
        }
        Ok(exit::OK)
    }
}

impl Open {
    fn run(self, config: &Config, clock: &SystemClock) -> Result<(), Error> {
        let opening = Opening {
            named: self.partitions,
            generation: self.generation,
            from: self.start.into(),
        };
        if let Some(file) = self.request_approval {
            let week = Time(clock.now_ms().saturating_add(USUAL_MS));
            let until = self.approval_until.unwrap_or(week);
            for log in app::request_open(config, &opening, until, &file)? {
                println!("{log}");
            }
            let file = file.display();
            println!(
                "{file}: for two people to approve by {until}\n\
                 each: custodia approve {file} --key KEY --as REF -o APPROVAL"
            );
            return Ok(());
        }
        let read = |path: &PathBuf| app::read_approval(path);
        let approvals: Result<Vec<_>, _> = self.approval.iter().map(read).collect();
        let approvals = approvals.map_err(app::Error::from)?;
        let opened = app::open_logs(config, &opening, &approvals, clock)?;
        print_opened(&opened, self.json);
        if opened.iter().any(|log| log.approved_by.is_empty()) {
            eprintln!("note: approved by nobody: the register never had anybody who may");
        }
        next(self.json, "custodia serve");
        Ok(())
    }
}

fn next(json: bool, command: &str) {
    if !json {
        println!("\nNext: {command}");
    }
}

fn print_logs(logs: &[LogStanding], json: bool) {
    if json {
        println!("{}", serde_json::json!(logs));
        return;
    }
    let mut table = shown::table(&["log", "state", "leaves", "root", "offsets", "partitions"]);
    for log in logs {
        let closed = log.closed.as_ref().map(|why| format!("closed: {why}"));
        table.add_row([
            log.log.clone(),
            closed.unwrap_or_else(|| "open".to_owned()),
            log.size.to_string(),
            log.root.chars().take(16).collect(),
            format!("{} to {}", log.start_offset, log.next_offset),
            log.partitions.to_string(),
        ]);
    }
    println!("{table}");
}

fn print_opened(opened: &[OpenedLog], json: bool) {
    if json {
        println!("{}", serde_json::json!(opened));
        return;
    }
    for log in opened {
        let after = log.previous.as_ref();
        let after = after.map_or_else(String::new, |log| format!(", after {log}"));
        println!("{} from offset {}{after}", log.log, log.start_offset);
        if !log.approved_by.is_empty() {
            println!("  approved by {}", log.approved_by.join(", "));
        }
        if let Some((first, end)) = log.skipped {
            println!("  offsets {first} to {} are in no log", end - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_the_schema_can_be_given() {
        let given: Vec<LogEnd> = Reason::value_variants()
            .iter()
            .map(|r| (*r).into())
            .collect();
        let known = (1..).map_while(|number| LogEnd::try_from(number).ok());
        for end in known {
            assert!(given.contains(&end), "{}", end.as_str_name());
        }
        for reason in Reason::value_variants() {
            let word = reason.to_possible_value().unwrap().get_name().to_owned();
            let name = LogEnd::from(*reason).as_str_name();
            assert_eq!(
                format!("LE_{}", word.to_uppercase().replace('-', "_")),
                name
            );
        }
    }
}
