//! `custodia exposure`: whom did something reach?

use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use comfy_table::Table;

use super::glass::Glass;
use super::who::Reason;
use super::{Error, exit, shown};
use crate::app::{Counter, request_break_glass_piecemeal};
use crate::config::Config;
use crate::query::{Time, Word};
use crate::respond::{
    AffectedPerson, Agreement, Exposure as Answer, ExposureQuestion, HeldBy, Leaked, Piece,
    Sensitivity,
};

/// The list's heading.
const HEADING: &str = "subject_ref,categories,recipients,events,first,last";

/// Whom did something reach in a window, with which data, and who may still hold it? It needs no incident.
/// With --affected the people are listed, and a look at each is put on record first.
#[derive(Debug, Args)]
pub struct Exposure {
    #[command(flatten)]
    of: Of,
    /// The first moment, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// The first moment after (RFC 3339).
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// What was known: a cut's name, or a time (RFC 3339).
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Write the people's references into this new file, ascending, for the vault to resolve.
    #[arg(long, value_name = "FILE.csv")]
    affected: Option<PathBuf>,
    /// Write the whole answer as JSON into this file, too: `custodia incident open --exposure` reads it.
    #[arg(long, value_name = "FILE.json")]
    save: Option<PathBuf>,
    #[command(flatten)]
    why: Reason,
    #[command(flatten)]
    glass: Glass,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// What moved under a credential, by its fingerprint in hex.
    #[arg(long, value_name = "FINGERPRINT")]
    credential: Option<String>,
    /// What moved through an endpoint.
    #[arg(long)]
    endpoint: Option<String>,
    /// What a recipient received.
    #[arg(long)]
    recipient: Option<String>,
    /// What came or left through an SDK.
    #[arg(long)]
    sdk: Option<String>,
    /// What a service sent events of.
    #[arg(long)]
    producer: Option<String>,
    /// What an employee looked at, by reference.
    #[arg(long, value_name = "REF")]
    employee: Option<String>,
}

impl Of {
    fn leaked(&self) -> Leaked {
        let id = |id: &Option<String>| id.clone();
        let found = id(&self.credential)
            .map(Leaked::Credential)
            .or_else(|| id(&self.endpoint).map(Leaked::Endpoint))
            .or_else(|| id(&self.recipient).map(Leaked::Recipient))
            .or_else(|| id(&self.sdk).map(Leaked::Sdk))
            .or_else(|| id(&self.producer).map(Leaked::Producer))
            .or_else(|| id(&self.employee).map(Leaked::Employee));
        found.expect("the command line asks for exactly one of them")
    }
}

impl Exposure {
    /// Runs the command; exit status 4 where it reached nobody.
    ///
    /// # Errors
    /// Where the question isn't answered, or the list can't be written; then no list is there.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = ExposureQuestion {
            of: self.of.leaked(),
            from: self.from,
            until: self.to,
            as_of: self.as_of.clone(),
            list: self.affected.is_some(),
        };
        let why = self.glass.why(&self.why)?;
        let write = |until, file: &Path| {
            request_break_glass_piecemeal(config, &why, &question, until, file)
        };
        if let Some(status) = self.glass.request(write)? {
            return Ok(status);
        }
        let mut list = self.affected.as_deref().map(List::create).transpose()?;
        let (mut answer, mut failed) = (None, None);
        Counter::find(config)?.ask_piecemeal(&why, &question, &mut |piece| {
            let written = match piece {
                Piece::Exposure(whole) => {
                    answer = Some(*whole);
                    Ok(())
                }
                Piece::Person(person) => list.as_mut().map_or(Ok(()), |list| list.put(&person)),
            };
            failed = written.err();
            failed.is_none()
        })?;
        if let Some(failed) = failed {
            return Err(failed);
        }
        if let Some(list) = list {
            list.finish()?;
        }
        let Some(answer) = answer else {
            return Ok(exit::UNKNOWN);
        };
        if let Some(path) = &self.save {
            let text = serde_json::json!(answer).to_string();
            std::fs::write(path, text).map_err(|source| file_error(path, source))?;
        }
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
            if let Some(path) = &self.affected {
                println!("{} people: {}", answer.people, path.display());
            }
        }
        Ok(if answer.people == 0 {
            exit::UNKNOWN
        } else {
            exit::OK
        })
    }
}

/// A list as it is written; where it isn't finished, the file goes.
struct List {
    path: PathBuf,
    file: BufWriter<std::fs::File>,
    finished: bool,
}

impl List {
    fn create(path: &Path) -> Result<Self, Error> {
        // References are for those who respond, and the vault.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let opened = options.open(path);
        let file = opened.map_err(|source| file_error(path, source))?;
        let mut list = Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            finished: false,
        };
        list.line(HEADING)?;
        Ok(list)
    }

    fn put(&mut self, person: &AffectedPerson) -> Result<(), Error> {
        let AffectedPerson {
            subject_ref,
            categories,
            recipients,
            events,
            first,
            last,
        } = person;
        // Names of the vocabulary, ids and times: no comma, no quote.
        let line = format!(
            "{subject_ref},{},{},{events},{first},{last}",
            categories.join(" "),
            recipients.join(" ")
        );
        self.line(&line)
    }

    fn line(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.file, "{line}").map_err(|source| file_error(&self.path, source))
    }

    fn finish(mut self) -> Result<(), Error> {
        let written = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all());
        written.map_err(|source| file_error(&self.path, source))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if !self.finished {
            // It is this command's own, and says too little; that it can't go changes nothing.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        source,
    }
}

fn print(answer: &Answer) {
    let Answer {
        of,
        events,
        people,
        grade,
        ..
    } = answer;
    println!("{of}: {events} events about {people} people");
    if let (Some(first), Some(last)) = (answer.first, answer.last) {
        println!("first {first}, last {last}");
    }
    if let Some(root) = &answer.subject_set_root_sha256 {
        println!("root of the people's list {root}");
    }
    if let Some(grade) = grade {
        println!("suggested grade {} ({})", grade.grade, grade.criterion);
    }
    if !answer.categories.is_empty() {
        println!("{}", categories(answer));
    }
    if !answer.recipients.is_empty() {
        println!("{}", held(&answer.recipients, answer.moment));
    }
    for gap in &answer.gaps {
        let leaves: Vec<String> = gap
            .leaves
            .iter()
            .map(|leaf| shown::leaf(&leaf.log, leaf.index))
            .collect();
        let leaves = if leaves.is_empty() {
            String::new()
        } else {
            format!(" ({})", leaves.join(", "))
        };
        println!("gap: {} ×{}: {}{leaves}", gap.what, gap.count, gap.says);
    }
    for unknown in &answer.unknowns {
        println!("not told: {unknown}");
    }
    println!("cut {}", answer.cut.digest);
}

fn categories(answer: &Answer) -> Table {
    let mut table = shown::table(&["category", "sensitive", "people", "events"]);
    for touched in &answer.categories {
        let sensitive = match touched.sensitivity {
            Sensitivity::Sensitive => "yes",
            Sensitivity::Ordinary => "no",
            Sensitivity::Unknown => "unknown",
        };
        table.add_row([
            touched.category.shown().to_owned(),
            sensitive.to_owned(),
            touched.people.to_string(),
            touched.events.to_string(),
        ]);
    }
    table
}

fn held(recipients: &[HeldBy], moment: Time) -> Table {
    let heading = format!("may hold it at {moment}");
    let mut table = shown::table(&[
        "held by",
        "role",
        "agreement",
        "people",
        "case and basis",
        &heading,
        "deletion confirmed",
    ]);
    for held in recipients {
        let agreement = match (held.terminated_at, held.agreement) {
            (Some(at), _) => format!("terminated {at}"),
            (None, Agreement::InForce) => "in force".to_owned(),
            (None, Agreement::Ended) => "over".to_owned(),
            (None, Agreement::NotBegun) => "not begun".to_owned(),
            (None, Agreement::None) => "none".to_owned(),
            (None, Agreement::Unknown) => "unknown".to_owned(),
        };
        let counts = held.cases.iter().chain(&held.bases);
        let counts: Vec<String> = counts
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let (may, confirmed) = match &held.still_allowed {
            Some(allowed) => (
                format!(
                    "yes {}, no {}, unknown {}",
                    allowed.allowed, allowed.not_allowed, allowed.unknown
                ),
                allowed.deletion_confirmed.to_string(),
            ),
            None => (shown::dash(), shown::dash()),
        };
        table.add_row([
            held.name.clone().unwrap_or_else(|| held.id.clone()),
            held.legal_role
                .as_ref()
                .map_or_else(shown::dash, |role| Word::shown(role).to_owned()),
            agreement,
            held.people.to_string(),
            counts.join("\n"),
            may,
            confirmed,
        ]);
    }
    table
}
