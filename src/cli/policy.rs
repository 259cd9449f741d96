//! `custodia policy`: the privacy policy as data, checked, compared and published.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use custodia_core::privacy_policy::{
    Difference, Document, Fate, FieldChange, PolicyText, PrivacyPolicy, Remark, Severity, check,
    diff, has_errors,
};
use custodia_core::schema::v1::{ChangedDimension, Purpose};

use super::publish::lines_of;
use super::{Error, exit, shown};
use crate::app::{self, Options, Vouching, Wait};
use crate::clock::SystemClock;
use crate::config::Config;

/// The machine-readable privacy policy: what is wrong with it, what a version changes, and its way
/// into the registry.
#[derive(Debug, Args)]
pub struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what is missing in a policy, wrong with it, or contradictory in its text.
    Check(Check),
    /// Say what one policy changes in another, and which purposes need consent anew.
    Diff(Diff),
    /// Send a policy and its text to the registry, unless `check` finds an error in it or it
    /// overlaps a version published before.
    Publish(Publish),
}

#[derive(Debug, Args)]
struct Check {
    /// The policy (TOML).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its text; default: `text_file` of the policy, beside it.
    #[arg(long, value_name = "TEXTFILE")]
    text: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Diff {
    /// The policy that was.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The policy that follows it.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Publish {
    /// The policy (TOML).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its text; default: `text_file` of the policy, beside it.
    #[arg(long, value_name = "TEXTFILE")]
    text: Option<PathBuf>,
    /// The service that publishes it, as the register has it.
    #[arg(long, value_name = "NAME", default_value = "policy-console")]
    producer: String,
    /// Sign the event with the producer's Ed25519 key in this file (PEM).
    #[arg(long, value_name = "FILE")]
    producer_key: Option<PathBuf>,
    /// That key's id in the register.
    #[arg(long, value_name = "ID", default_value = "", requires = "producer_key")]
    producer_key_id: String,
    /// Wait until the event is a leaf under a signed checkpoint of the ledger that runs here, and
    /// write its receipt into this folder.
    #[arg(long, value_name = "DIR")]
    receipt: Option<PathBuf>,
    /// How long to wait for the receipt, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        requires = "receipt"
    )]
    timeout: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Policy {
    /// Runs the command; exit status 5 where `check` finds an error, or `publish` sent nothing.
    ///
    /// # Errors
    /// Where a file can't be read, is no policy, or its event can't be sent.
    pub fn run(self, config: &Config) -> Result<u8, Error> {
        match self.command {
            Command::Check(check) => check.run(),
            Command::Diff(diff) => diff.run(),
            Command::Publish(publish) => publish.run(config),
        }
    }
}

impl Check {
    fn run(&self) -> Result<u8, Error> {
        let policy = read(&self.file)?;
        let text = read_text(&self.file, &policy, self.text.as_deref())?;
        let remarks = check(&policy, Some(&PolicyText::of(&text)));
        show(&remarks, self.json);
        Ok(status(&remarks))
    }
}

impl Diff {
    fn run(&self) -> Result<u8, Error> {
        let difference = diff(&read(&self.old)?, &read(&self.new)?);
        if self.json {
            println!("{}", serde_json::json!(difference));
        } else {
            print!("{}", differences(&difference));
        }
        Ok(exit::OK)
    }
}

impl Publish {
    fn run(self, config: &Config) -> Result<u8, Error> {
        let bytes = bytes_of(&self.file)?;
        let policy = parsed(&self.file, &bytes)?;
        let text = read_text(&self.file, &policy, self.text.as_deref())?;
        let document = Document {
            policy,
            machine_readable: bytes,
            text,
        };
        let vouching = self.producer_key.as_ref();
        let vouching = vouching.map(|path| Vouching::open(path, &self.producer_key_id));
        let options = Options {
            vouching: vouching.transpose()?,
            wait: self.receipt.map(|receipts| Wait {
                receipts,
                timeout: Duration::from_secs(self.timeout),
            }),
        };
        let clock = SystemClock::new();
        let mut report = lines_of(self.json);
        let done = app::publish_policy(
            config,
            &clock,
            &document,
            &self.producer,
            &options,
            &mut report,
        )?;
        match done.sent {
            Some(sent) if sent.refused == 0 => Ok(exit::OK),
            Some(_) => Ok(exit::REFUSED),
            None => {
                let errors = |of: &Remark| of.severity == Severity::Error;
                let errors: Vec<Remark> = done.remarks.into_iter().filter(errors).collect();
                show(&errors, self.json);
                Ok(exit::REFUSED)
            }
        }
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}

fn parsed(path: &Path, bytes: &[u8]) -> Result<PrivacyPolicy, Error> {
    PrivacyPolicy::parse(bytes).map_err(|source| Error::PrivacyPolicy {
        path: path.to_owned(),
        source,
    })
}

fn read(path: &Path) -> Result<PrivacyPolicy, Error> {
    parsed(path, &bytes_of(path)?)
}

/// The text of the policy in `path`: the file named, or the one that the policy names beside it.
fn read_text(path: &Path, policy: &PrivacyPolicy, named: Option<&Path>) -> Result<String, Error> {
    let beside = path.with_file_name(&policy.policy.text_file);
    let path = named.unwrap_or(&beside);
    String::from_utf8(bytes_of(path)?).map_err(|wrong| Error::File {
        path: path.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, wrong.utf8_error()),
    })
}

fn status(remarks: &[Remark]) -> u8 {
    if has_errors(remarks) {
        exit::REFUSED
    } else {
        exit::OK
    }
}

fn show(remarks: &[Remark], json: bool) {
    if json {
        for remark in remarks {
            println!("{}", serde_json::json!(remark));
        }
        return;
    }
    let mut table = shown::table(&["", "item", "remark", "lines"]);
    for remark in remarks {
        let severity = match remark.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let lines: Vec<String> = remark
            .lines()
            .iter()
            .map(|line| format!("L{line}"))
            .collect();
        let lines = lines.join(" ");
        table.add_row([
            severity,
            remark.item.as_str(),
            remark.message.as_str(),
            &lines,
        ]);
    }
    if !remarks.is_empty() {
        println!("{table}");
    }
    let errors = remarks
        .iter()
        .filter(|of| of.severity == Severity::Error)
        .count();
    println!("{errors} errors, {} warnings", remarks.len() - errors);
}

fn differences(difference: &Difference) -> String {
    let mut table = shown::table(&["part", "item", "", "changes"]);
    for change in &difference.changes {
        let fate = match change.fate {
            Fate::Added => "added",
            Fate::Removed => "removed",
            Fate::Changed => "changed",
            Fate::Reworded => "reworded",
        };
        let fields: Vec<String> = change.fields.iter().map(field).collect();
        let fields = fields.join("\n");
        table.add_row([change.part.as_str(), change.id.as_str(), fate, &fields]);
    }
    let mut text = String::new();
    if difference.changes.is_empty() {
        text.push_str("Nothing changes.\n");
        return text;
    }
    let _ = writeln!(text, "{table}");
    if difference.reconsent.is_empty() {
        text.push_str("No consent ends.\n");
        return text;
    }
    text.push_str("Consent is needed anew, by whoever consented to:\n");
    for (purpose, dimensions) in &difference.reconsent {
        let names: Vec<_> = dimensions
            .iter()
            .map(ChangedDimension::as_str_name)
            .collect();
        let _ = writeln!(
            text,
            "  {} ({})",
            Purpose::as_str_name(purpose),
            names.join(", ")
        );
    }
    text
}

fn field(change: &FieldChange) -> String {
    let mut text = format!("{}:", change.field);
    for gone in &change.removed {
        let _ = write!(text, " -{gone}");
    }
    for come in &change.added {
        let _ = write!(text, " +{come}");
    }
    text
}
