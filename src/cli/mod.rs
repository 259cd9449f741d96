//! The command line, one file a command.
//!
//! Answers go to stdout, as text for people or with `--json` for programs; logs and progress go
//! to stderr. Exit status: see [`exit`].

mod approve;
mod backup;
mod breaches;
mod check_event;
mod consents;
mod demo;
mod diff;
mod disclosures;
mod dump_config;
mod erase;
mod error;
mod exemptions;
pub mod exit;
mod exposure;
mod extract;
mod findings;
mod fsck;
mod gaps;
mod generate;
mod glass;
mod incident;
mod init;
mod key;
mod log;
mod person;
mod policy;
mod provisions;
mod publish;
mod rebuild;
mod receipt;
mod recipient;
mod reconcile;
mod reconsents;
mod remains;
mod replay;
mod requests;
mod retention;
mod sdks;
mod serve;
mod shown;
mod timeline;
mod verdicts;
mod verify;
mod who;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config, Overrides};
use crate::telemetry::{self, LogFormat};
pub use error::Error;

/// The chain of custody of personal data: who received this person's data, and when?
#[derive(Debug, Parser)]
#[command(name = "custodia", version, arg_required_else_help = true)]
struct Arguments {
    /// The configuration file (TOML).
    #[arg(long, global = true, env = "CUSTODIA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// One value of the configuration, e.g. --set ledger.folder=/var/lib/custodia.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    overrides: Vec<(String, String)>,
    /// How logs are written to stderr.
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// Print every value of the configuration and where it came from, and stop.
    #[arg(long)]
    dump_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a made-up town through a ledger, ask, and verify; needs nothing.
    Demo(demo::Demo),
    /// Make a ledger: topics, keys, an empty log for each partition.
    Init(init::Init),
    /// Append what Kafka holds, sign checkpoints, and answer.
    Serve(serve::Serve),
    /// Print the proof that a leaf is in its log.
    Receipt(receipt::Receipt),
    /// Send events from standard input.
    Publish(publish::Publish),
    /// Say of events from standard input whether they would be accepted.
    CheckEvent(check_event::CheckEvent),
    /// Compute everything again, and name what differs.
    Fsck(fsck::Fsck),
    /// Fill the topics with a made-up town.
    Generate(generate::Generate),
    /// Take a consistent copy of the ledger.
    Backup(backup::Backup),
    /// Make a ledger of a backup.
    Restore(backup::Restore),
    /// The ledger's keys: show, rotate, retire; recover a signer that lost its state.
    Key(key::Key),
    /// Show, close and open logs.
    Log(log::Log),
    /// People who approve: their keys, and the register of them.
    Person(person::Person),
    /// Sign a request for something that needs two people.
    Approve(approve::Approve),
    /// Check, compare and publish the privacy policy as data.
    Policy(policy::Policy),
    /// Drop rows and make them again.
    Rebuild(rebuild::Rebuild),
    /// Who received a person's data, and when?
    Who(who::Who),
    /// Issue a signed file that anyone can check.
    Extract(extract::Extract),
    /// Erase a person; say what keeps one; print a certificate.
    Erase(erase::Erase),
    /// Check an extract: offline, without a ledger.
    Verify(verify::Verify),
    /// Whom did something that leaked reach?
    Exposure(exposure::Exposure),
    /// How an incident stands; say its events; its list of people.
    Incident(incident::Incident),
    /// Where the evidence has gaps.
    Gaps(gaps::Gaps),
    /// What happened, in order.
    Timeline(timeline::Timeline),
    /// Play a timeline, at a speed or step by step.
    Replay(replay::Replay),
    /// What changed between two moments or cuts.
    Diff(diff::Diff),
    /// What the rules say.
    Findings(findings::Findings),
    /// What was said of records.
    Verdicts(verdicts::Verdicts),
    /// What a person agreed to, and whether it is still valid.
    Consents(consents::Consents),
    /// What a person asked for; what is overdue or due soon.
    Requests(requests::Requests),
    /// Whether a person's data was in an incident.
    Breaches(breaches::Breaches),
    /// What is still held of a person, why, and until when.
    Remains(remains::Remains),
    /// Who has not consented anew to a changed policy.
    Reconsents(reconsents::Reconsents),
    /// Whose data has outlived its time.
    Retention(retention::Retention),
    /// Declared and observed SDKs.
    Sdks(sdks::Sdks),
    /// Which exemptions are claimed, and how often.
    Exemptions(exemptions::Exemptions),
    /// The dossier of a recipient.
    Recipient(recipient::Recipient),
    /// The register of provision, entrustment and processing.
    Provisions(provisions::Provisions),
    /// On what document data was disclosed to an authority.
    Disclosures(disclosures::Disclosures),
    /// What was sent to a partner, against the partner's list.
    Reconcile(reconcile::Reconcile),
}

fn key_value(word: &str) -> Result<(String, String), String> {
    let (key, value) = word.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Reads the command line, runs the command, and says how it went.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::start(
        arguments.log_format,
        default_filter(arguments.command.as_ref()),
    );
    match run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("custodia: {}: {error}", error.code());
            ExitCode::from(error.status())
        }
    }
}

/// Commands that end by themselves speak through stdout, and say in one line why they failed: what
/// librdkafka says of each attempt to connect is in it. `serve` speaks through its logs.
fn default_filter(command: Option<&Command>) -> &'static str {
    match command {
        Some(Command::Serve(_)) => "info",
        _ => "warn,kafka=off",
    }
}

fn run(arguments: Arguments) -> Result<u8, Error> {
    let overrides: Overrides = arguments.overrides;
    let (config, settings) = config::load(arguments.config.as_deref(), &overrides)?;
    if arguments.dump_config {
        return Ok(dump_config::run(&settings));
    }
    arguments
        .command
        .map_or(Ok(exit::OK), |command| dispatch(command, &config))
}

fn dispatch(command: Command, config: &Config) -> Result<u8, Error> {
    match command {
        Command::Demo(demo) => demo.run(),
        Command::Init(init) => init.run(config),
        Command::Serve(_) => serve::Serve::run(config),
        Command::Receipt(receipt) => receipt.run(config),
        Command::Publish(publish) => publish.run(config),
        Command::CheckEvent(check_event) => check_event.run(config),
        Command::Fsck(fsck) => fsck.run(config),
        Command::Generate(generate) => generate.run(config),
        Command::Backup(backup) => backup.run(config),
        Command::Restore(restore) => restore.run(config),
        Command::Key(key) => key.run(config),
        Command::Log(log) => log.run(config),
        Command::Person(person) => person.run(config),
        Command::Approve(approve) => approve.run(),
        Command::Policy(policy) => policy.run(config),
        Command::Rebuild(rebuild) => rebuild.run(config),
        Command::Who(who) => who.run(config),
        Command::Extract(extract) => extract.run(config),
        Command::Erase(erase) => erase.run(config),
        Command::Verify(verify) => verify.run(),
        Command::Exposure(exposure) => exposure.run(config),
        Command::Incident(incident) => incident.run(config),
        Command::Gaps(gaps) => gaps.run(config),
        Command::Timeline(timeline) => timeline.run(config),
        Command::Replay(replay) => replay.run(config),
        Command::Diff(diff) => diff.run(config),
        Command::Findings(findings) => findings.run(config),
        Command::Verdicts(verdicts) => verdicts.run(config),
        Command::Consents(consents) => consents.run(config),
        Command::Requests(requests) => requests.run(config),
        Command::Breaches(breaches) => breaches.run(config),
        Command::Remains(remains) => remains.run(config),
        Command::Reconsents(reconsents) => reconsents.run(config),
        Command::Retention(retention) => retention.run(config),
        Command::Sdks(sdks) => sdks.run(config),
        Command::Exemptions(exemptions) => exemptions.run(config),
        Command::Recipient(recipient) => recipient.run(config),
        Command::Provisions(provisions) => provisions.run(config),
        Command::Disclosures(disclosures) => disclosures.run(config),
        Command::Reconcile(reconcile) => reconcile.run(config),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_value_is_set_by_key_and_value() {
        let parsed =
            Arguments::parse_from(["custodia", "--set", "ledger.name=a=b", "--dump-config"]);
        assert_eq!(
            parsed.overrides,
            [("ledger.name".to_owned(), "a=b".to_owned())]
        );
        assert!(Arguments::try_parse_from(["custodia", "--set", "novalue"]).is_err());
    }

    #[test]
    fn what_is_for_receipts_or_keys_alone_needs_them() {
        let parses = |words: &[&str]| {
            let words = ["custodia", "publish"].iter().chain(words);
            Arguments::try_parse_from(words).is_ok()
        };
        assert!(parses(&[]) && parses(&["--wait"]));
        assert!(parses(&["--wait", "--receipts", "r", "--timeout", "5"]));
        assert!(!parses(&["--receipts", "r"]) && !parses(&["--timeout", "5"]));
        assert!(parses(&["--producer-key", "k"]) && !parses(&["--producer-key-id", "i"]));
    }
}
