//! `custodia extract`: the signed file that leaves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgGroup, Args};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};

use super::{Error, exit, who};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::extract::{GivenApproval, Progress, Question, Summary};
use crate::query::Time;

/// The name under which the person concerned asks, where none is given.
const OWN_NAME: &str = "本人";
/// How long approvals count where nothing else is said.
pub(super) const USUAL_MS: i64 = 7 * 86_400_000;

/// Issues an extract: a signed archive that anyone can check without the ledger, with the receipt of
/// its own record beside it. Looks and issue are on record before the file appears.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("of").required(true).args(["subject", "recipient", "incident", "class", "audit"]))]
pub struct Extract {
    /// The person's reference.
    #[arg(long, value_name = "REF")]
    subject: Option<String>,
    /// The recipient's id.
    #[arg(long, value_name = "ID")]
    recipient: Option<String>,
    /// The incident's id.
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// Every event of these kinds (`DataShared`) or families (`sharing`), people as pseudonyms.
    #[arg(long, value_name = "KIND", num_args = 1..)]
    class: Vec<String>,
    /// Counts by month and no person's leaf, for a compliance audit (PIPL 54, 64); a period is of whole months.
    #[arg(long)]
    audit: bool,
    /// How many people a count of an audit is about at least. Default: 10.
    #[arg(long, value_name = "N", requires = "audit")]
    k: Option<u64>,
    /// The first moment, by the events (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// The first moment after (RFC 3339).
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,
    /// What was known: a cut's name, or a time. Default: what is signed now.
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// What is opened: R-SUBJECT or S-SELF of a person, R-RECIPIENT, R-INCIDENT, R-CLASS, R-AUDIT. Default: by what is asked, and
    /// who asks.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Who asks, e.g. `RQ_REGULATOR` or `RQ_SUBJECT`.
    #[arg(long, value_name = "RQ_…")]
    requester: String,
    /// The authority or office, never a person's name; 本人 for the person concerned.
    #[arg(long, value_name = "NAME")]
    requester_name: Option<String>,
    /// Why the law lets them, e.g. `LB_PIPL_63_INSPECTION` or `LB_PIPL_45_ACCESS`.
    #[arg(long, value_name = "LB_…")]
    basis: String,
    /// The authority's document; its SHA-256 stands in the extract.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// What the requester gave, so that no older extract passes for this one.
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    /// Signed checkpoints that the requester holds; the extract proves that it goes on from them.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    held: Vec<PathBuf>,
    /// The request; by default the same question has the same.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// An age recipient (`age1…`): the archive is encrypted to it and written to `OUT.zip.age`; may be repeated.
    #[arg(long, value_name = "AGE_RECIPIENT")]
    encrypt_to: Vec<String>,
    /// Write the request for two people's approvals into this new file, and the question beside it in
    /// FILE.question.json; cut nothing. An authority's extract needs them.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["approval", "output"])]
    request_approval: Option<PathBuf>,
    /// Until when approvals count (RFC 3339); default: seven days from now.
    #[arg(long, value_name = "TIME", requires = "request_approval")]
    approval_until: Option<Time>,
    /// An approval that `custodia approve` wrote; one for each person.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    #[command(flatten)]
    why: who::Reason,
    /// The archive to write; nothing is overwritten.
    #[arg(
        short,
        long,
        value_name = "OUT.zip",
        required_unless_present = "request_approval"
    )]
    output: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Extract {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever keeps the extract from being issued; then no file is there.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = self.question()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let output = match (&self.output, &self.request_approval) {
            (Some(output), _) => output,
            (None, Some(request)) => {
                return self.request(config, clock.as_ref(), &question, request);
            }
            // clap asks for one of the two.
            (None, None) => return Ok(exit::REFUSED),
        };
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let show = |progress: Progress| bar.set_message(words(&progress));
        let summary = app::extract(config, &clock, &self.why.why(), &question, output, &show);
        bar.finish_and_clear();
        let summary = summary?;
        if self.json {
            println!("{}", serde_json::json!(summary));
        } else {
            self.print(output, &summary);
        }
        Ok(exit::OK)
    }

    fn question(&self) -> Result<Question, Error> {
        let document = self.document.as_ref().map(read).transpose()?;
        let text = |path: &PathBuf| {
            let bytes = read(path)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let own = (self.requester == "RQ_SUBJECT").then(|| OWN_NAME.to_owned());
        Ok(Question {
            subject: self.subject.clone(),
            recipient: self.recipient.clone(),
            incident: self.incident.clone(),
            class: self.class.clone(),
            audit: self.audit,
            k: self.k,
            from: self.from,
            until: self.until,
            as_of: self.as_of.clone(),
            profile: self.profile.clone(),
            requester: self.requester.clone(),
            requester_name: self.requester_name.clone().or(own).unwrap_or_default(),
            legal_basis: self.basis.clone(),
            document_sha256: document.map(|bytes| hex::encode(Sha256::digest(bytes))),
            nonce: self.nonce.clone(),
            held: self.held.iter().map(text).collect::<Result<_, Error>>()?,
            encrypt_to: self.encrypt_to.clone(),
            request_id: self.request_id.clone(),
            approvals: self
                .approval
                .iter()
                .map(|path| approval(path))
                .collect::<Result<_, _>>()?,
        })
    }

    fn request(
        &self,
        config: &Config,
        clock: &dyn Clock,
        question: &Question,
        file: &Path,
    ) -> Result<u8, Error> {
        let week = Time(clock.now_ms().saturating_add(USUAL_MS));
        let until = self.approval_until.unwrap_or(week);
        app::request_extract(config, question, until, file)?;
        let file = file.display();
        println!(
            "{file}: for two people to approve by {until}\n\
             each: custodia approve {file} --question {file}.question.json --key KEY --as REF -o APPROVAL"
        );
        Ok(exit::OK)
    }

    fn print(&self, output: &Path, summary: &Summary) {
        let Summary {
            id,
            profile,
            cut,
            cut_time,
            events,
            people,
            bytes,
            log,
            index,
            ..
        } = summary;
        let archive = app::archive_at(output, !self.encrypt_to.is_empty());
        let (archive, out) = (archive.display(), output.display());
        let time = super::shown::time(*cut_time);
        println!(
            "{archive}: {events} events about {people} people, {bytes} bytes, profile {profile}\n\
             extract {id}\n\
             what was known at {time}, cut {cut}\n\
             issued: {}, receipt {out}.tlog-proof",
            super::shown::leaf(log, *index)
        );
    }
}

pub(super) fn approval(path: &Path) -> Result<GivenApproval, Error> {
    let approval = app::read_approval(path).map_err(app::Error::from)?;
    Ok(GivenApproval {
        name: approval.file().to_owned(),
        note: approval.note(),
    })
}

fn read(path: &PathBuf) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File {
        path: path.clone(),
        source,
    })
}

/// Progress for people.
pub(super) fn words(progress: &Progress) -> String {
    match progress {
        Progress::Cut { time, .. } => match time {
            Some(time) => format!("what was known at {time}"),
            None => "nothing was known".to_owned(),
        },
        Progress::Reading { events } => format!("{events} events read"),
        Progress::Proving => "putting proofs together".to_owned(),
        Progress::Writing { member } => format!("writing {member}"),
        Progress::Recording => "putting it on record".to_owned(),
        Progress::Signing => "waiting for a signed checkpoint".to_owned(),
    }
}
