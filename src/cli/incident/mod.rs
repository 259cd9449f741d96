//! `custodia incident`: how an incident stands, what is said of it, and its list of people.

mod list;
mod notify;
mod say;
mod show;
mod words;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::publish::lines_of;
use super::{Error, exit};
use crate::app::{self, Options, Saying, Vouching, Wait};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::query::{Time, Why};
use crate::respond::{IncidentAnswer, IncidentQuestion};
use custodia_core::schema::v1::event::Body;

/// How an incident stands; and the events that are said of it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Incident {
    #[command(flatten)]
    show: show::Show,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A breach was seen (`IncidentDetected`).
    Open(say::Open),
    /// It was graded, or graded again (`IncidentGraded`).
    Grade(say::Grade),
    /// A step was taken against it (`ContainmentTaken`).
    Contain(say::Contain),
    /// The people are known: puts the root of their list on record (`AffectedSubjectsIdentified`).
    Affected(list::Affected),
    /// Draft a notice with a section for all that it must say.
    Notice(notify::Draft),
    /// People, or the public, were told (`SubjectNotified`, `PublicNoticePosted`).
    Notified(notify::Notified),
    /// A regulator or the police were told, or the closing report was filed.
    Report(notify::Report),
    /// It is over (`IncidentClosed`).
    Close(say::Close),
    /// Prove that someone is, or isn't, on its list.
    Prove(list::Prove),
    /// Check such a proof: offline, without a ledger.
    Check(list::Check),
}

/// Who says it, when, and how it is sent.
#[derive(Debug, Args)]
pub(super) struct Sender {
    /// The incident's id.
    #[arg(value_name = "INCIDENT")]
    incident: String,
    /// The service that says it, as the register has it.
    #[arg(long, value_name = "NAME", default_value = "security-centre")]
    producer: String,
    /// When it was done (RFC 3339); default: now.
    #[arg(long = "at", value_name = "TIME")]
    at: Option<Time>,
    /// Who did it, by employee reference.
    #[arg(long = "by", value_name = "REF", default_value = "")]
    by: String,
    /// Say it though it is on record already.
    #[arg(long)]
    again: bool,
    /// Sign each event with the producer's Ed25519 key in this file (PEM).
    #[arg(long, value_name = "FILE")]
    producer_key: Option<PathBuf>,
    /// That key's id in the register.
    #[arg(long, value_name = "ID", default_value = "", requires = "producer_key")]
    producer_key_id: String,
    /// Wait until each event is a leaf under a signed checkpoint of the ledger that runs here, and write its
    /// receipt into this folder.
    #[arg(long, value_name = "DIR")]
    receipt: Option<PathBuf>,
    /// How long to wait for receipts, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        requires = "receipt"
    )]
    timeout: u64,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

impl Incident {
    /// Runs the command; exit status 4 where the ledger doesn't know the incident, 5 where an event was
    /// refused.
    ///
    /// # Errors
    /// Where the question isn't answered, an event doesn't fit how the incident stands, or a file can't be
    /// read or used.
    pub fn run(self, config: &Config) -> Result<u8, Error> {
        match self.command {
            None => self.show.run(config),
            Some(Command::Open(open)) => open.run(config),
            Some(Command::Grade(grade)) => grade.run(config),
            Some(Command::Contain(contain)) => contain.run(config),
            Some(Command::Affected(affected)) => affected.run(config),
            Some(Command::Notice(draft)) => draft.run(config),
            Some(Command::Notified(notified)) => notified.run(config),
            Some(Command::Report(report)) => report.run(config),
            Some(Command::Close(close)) => close.run(config),
            Some(Command::Prove(prove)) => prove.run(config),
            Some(Command::Check(check)) => check.run(),
        }
    }
}

impl Sender {
    /// How the incident stands now.
    fn stands(&self, config: &Config) -> Result<IncidentAnswer, Error> {
        let question = IncidentQuestion {
            incident: self.incident.clone(),
            ..IncidentQuestion::default()
        };
        Ok(app::incident(config, &SystemClock::new(), &why(&self.incident), &question)?.0)
    }

    /// Says one event, and tells what is to be told of it.
    fn say(&self, config: &Config, body: Body) -> Result<u8, Error> {
        self.say_all(config, vec![body])
    }

    /// Says events, the first of which may make the incident known.
    fn say_all(&self, config: &Config, bodies: Vec<Body>) -> Result<u8, Error> {
        let mut stands = self.stands(config)?;
        let options = self.options()?;
        let clock = SystemClock::new();
        let mut worst = exit::OK;
        for body in bodies {
            let saying = self.saying(&stands);
            let mut report = lines_of(self.json);
            let (remarks, sent) = app::say(config, &clock, &saying, body, &options, &mut report)?;
            for remark in remarks {
                eprintln!("note: {remark}");
            }
            worst = worst.max(status(sent.refused));
            if worst != exit::OK {
                break;
            }
            stands.known = true;
        }
        Ok(worst)
    }

    const fn saying<'a>(&'a self, stands: &'a IncidentAnswer) -> Saying<'a> {
        Saying {
            producer: self.producer.as_str(),
            at: self.at,
            again: self.again,
            stands,
        }
    }

    fn options(&self) -> Result<Options, Error> {
        let key = self.producer_key.as_ref();
        let vouching = key.map(|path| Vouching::open(path, &self.producer_key_id));
        Ok(Options {
            vouching: vouching.transpose()?,
            wait: self.receipt.as_ref().map(|receipts| Wait {
                receipts: receipts.clone(),
                timeout: Duration::from_secs(self.timeout),
            }),
        })
    }
}

const fn status(refused: u64) -> u8 {
    if refused == 0 {
        exit::OK
    } else {
        exit::REFUSED
    }
}

/// What looks at people of an incident are for.
fn why(incident: &str) -> Why {
    Why {
        reason: "incident_response".to_owned(),
        ticket: incident.to_owned(),
        ..Why::default()
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}

fn sha256(text: &str) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).to_vec()
}
