//! `custodia erase`: what keeps a person's records, the order that two people approved, and its certificate.

mod error;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use custodia_core::approval::{Approval, Deed, Refused, Request, about};
use custodia_core::origin::LedgerName;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ErasureOrdered, Event};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::approving::{self, asking, beside, write_question, write_request};
use super::incident::{line, must_have_read_all};
use super::publish::publish;
use super::{Counter, Error, LineReport, Options, Outcome, Refusal};
use crate::account::{
    BarShown, Certificate, CertificateQuestion, EndedDuty, ErasableAnswer, ErasableQuestion,
    ErasableThing, GivenApproval, IssuedExtract, ThingAnswer, ThingQuestion,
};
use crate::clock::Clock;
use crate::config::Config;
use crate::query::{Time, Why};

pub use error::ErasureError;

/// How often the ledger is asked whether it was carried out.
const POLL: Duration = Duration::from_millis(50);

/// What is to be erased, and why.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// Whom or what.
    pub of: Erased,
    /// On what basis, e.g. `PIPL 47(1)`.
    pub basis: String,
    /// The person's request that it follows from.
    pub request_id: Option<String>,
}

/// Whom or what an erasure is of.
#[derive(Debug, Clone)]
pub enum Erased {
    /// A person, with all references that are linked, by one of them.
    Person(String),
    /// A case's key, or one record that doesn't split.
    Thing(ErasableThing),
}

/// What is known before anything is ordered.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Of a person.
    Person(Box<ErasableAnswer>),
    /// Of a case or a record, and which.
    Thing(ErasableThing, ThingAnswer),
}

/// What one order says: the deed, the digest that approvals are about, and who approved.
struct Ordered {
    deed: Deed,
    digest: [u8; 32],
    approvers: Vec<String>,
}

impl Standing {
    /// What keeps the records.
    pub fn bars(&self) -> &[BarShown] {
        match self {
            Self::Person(answer) => &answer.bars,
            Self::Thing(_, answer) => &answer.bars,
        }
    }

    fn ended(&self) -> Option<&EndedDuty> {
        match self {
            Self::Person(answer) => answer.ended.as_ref(),
            Self::Thing(..) => None,
        }
    }

    fn extracts(&self) -> &[IssuedExtract] {
        match self {
            Self::Person(answer) => &answer.extracts,
            Self::Thing(..) => &[],
        }
    }

    /// What is approved, and under which digest it is ordered, with who approved where approvals were given.
    fn ordered(&self) -> Result<Vec<Ordered>, Error> {
        Ok(match self {
            Self::Person(answer) => answer
                .references()
                .map(|one| Ordered {
                    deed: Deed::Erasure,
                    digest: about::person(one),
                    approvers: answer.approved.get(one).cloned().unwrap_or_default(),
                })
                .collect(),
            Self::Thing(of, answer) => {
                let (deed, digest) = of.deed()?;
                let approvers = answer.approvers.clone();
                vec![Ordered {
                    deed,
                    digest,
                    approvers,
                }]
            }
        })
    }

    /// Whom or what the requests are about, as their question has it.
    fn question_about(&self) -> QuestionAbout {
        match self {
            Self::Person(answer) => {
                QuestionAbout::Person(answer.references().map(str::to_owned).collect())
            }
            Self::Thing(of, _) => QuestionAbout::Thing(of.clone()),
        }
    }
}

/// How a person, case or record stands to being erased; asked of the running ledger, which has first read all that
/// Kafka had for it: a hold that was placed a moment ago counts.
///
/// # Errors
/// [`Error::NothingRuns`]; as [`Counter::ask`].
pub fn erasable(
    config: &Config,
    clock: &dyn Clock,
    why: &Why,
    erasure: &Erasure,
) -> Result<Standing, Error> {
    standing(config, clock, why, erasure, None, &[])
}

fn standing(
    config: &Config,
    clock: &dyn Clock,
    why: &Why,
    erasure: &Erasure,
    order_id: Option<String>,
    approvals: &[GivenApproval],
) -> Result<Standing, Error> {
    let counter = Counter::find(config)?;
    if !counter.is_running() {
        return Err(Error::NothingRuns(config.ledger.folder.clone()));
    }
    must_have_read_all(config, clock, &counter)?;
    match &erasure.of {
        Erased::Person(subject) => {
            let question = ErasableQuestion {
                subject: subject.clone(),
                request_id: erasure.request_id.clone(),
                order_id,
                approvals: approvals.to_vec(),
            };
            Ok(Standing::Person(Box::new(counter.ask(why, &question)?)))
        }
        Erased::Thing(of) => {
            let question = ThingQuestion {
                of: of.clone(),
                order_id,
                approvals: approvals.to_vec(),
            };
            Ok(Standing::Thing(of.clone(), counter.ask(why, &question)?))
        }
    }
}

/// Refuses where something keeps the records, or nobody is known.
fn must_be_free(standing: &Standing) -> Result<(), ErasureError> {
    if let Standing::Person(answer) = standing
        && !answer.whom.known
    {
        return Err(ErasureError::Unknown);
    }
    if standing.bars().is_empty() {
        return Ok(());
    }
    Err(ErasureError::Barred(standing.bars().to_vec()))
}

/// Writes the requests for approvals into new files, one for each reference of the person: `path`, and where there
/// are several `path.2` and so on; and beside them, in `<path>.question.json`, what they are about. Gives back the
/// files to approve.
///
/// # Errors
/// [`ErasureError::Barred`] and [`ErasureError::Unknown`] before anything is written; as [`erasable`].
pub fn request_erasure(
    config: &Config,
    clock: &dyn Clock,
    why: &Why,
    erasure: &Erasure,
    until: Time,
    path: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let standing = erasable(config, clock, why, erasure)?;
    must_be_free(&standing)?;
    let (ledger, asker) = asking(config)?;
    let id = format!("erasure-{}", Uuid::now_v7().simple());
    let mut files = Vec::new();
    for (number, one) in (1..).zip(standing.ordered()?) {
        let file = match number {
            1 => path.to_owned(),
            _ => beside(path, &format!(".{number}")),
        };
        let request = Request {
            ledger: ledger.clone(),
            deed: one.deed,
            about: one.digest,
            id: id.clone(),
            asker: asker.clone(),
            until_ms: until.0,
        };
        write_request(&file, &request)?;
        files.push(file);
    }
    let question = serde_json::json!({
        "order_id": id,
        "basis": erasure.basis,
        "request_id": erasure.request_id,
        "duty_ended": standing.ended(),
        "extracts": standing.extracts(),
        "about": standing.question_about(),
    });
    write_question(path, &question.to_string())?;
    Ok(files)
}

/// Whom or what a request is about, as its question has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum QuestionAbout {
    Person(Vec<String>),
    Thing(ErasableThing),
}

/// The part of a question that is read again.
#[derive(Debug, Deserialize)]
struct AboutOfQuestion {
    about: QuestionAbout,
}

/// The digests that the requests beside a question of an erasure may be about.
///
/// # Errors
/// [`Refused::Malformed`] where it is no such question.
pub fn erasure_question(path: &Path, text: &str) -> Result<Vec<[u8; 32]>, approving::Error> {
    let malformed = |reason: String| Refused::Malformed {
        file: path.display().to_string(),
        reason,
    };
    let question: AboutOfQuestion =
        serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    Ok(match question.about {
        QuestionAbout::Person(references) => {
            references.iter().map(|one| about::person(one)).collect()
        }
        QuestionAbout::Thing(of) => {
            let (_, digest) = of.deed().map_err(|error| malformed(error.to_string()))?;
            vec![digest]
        }
    })
}

/// Orders an erasure that two people approved, and waits until the running ledger attests it.
///
/// # Errors
/// [`ErasureError`], [`crate::account::Error::Approval`]: then nothing was ordered, but where it says so; as
/// [`erasable`] and [`publish`].
pub fn erase(
    config: &Config,
    clock: &dyn Clock,
    why: &Why,
    erasure: &Erasure,
    (producer, timeout): (&str, Duration),
    approvals: &[GivenApproval],
) -> Result<Certificate, Error> {
    let first = approvals.first();
    let first = first.map(|one| Approval::parse(&one.name, one.note.as_bytes()));
    let order_id = first.transpose().map_err(crate::account::Error::from)?;
    let order_id = order_id.map(|one| one.request().id.clone());
    // Without an approval there is no order: the check says how many are needed.
    let order_id = order_id.unwrap_or_else(|| "erasure".to_owned());
    let standing = standing(
        config,
        clock,
        why,
        erasure,
        Some(order_id.clone()),
        approvals,
    )?;
    must_be_free(&standing)?;
    let order = Order {
        erasure,
        standing: &standing,
        id: &order_id,
        asker: &asking(config)?.1,
        producer,
        now: Time(clock.now_ms()),
    };
    let ordered = standing.ordered()?;
    let mut lines = String::new();
    for one in &ordered {
        lines.push_str(&line(&order.event(one, approvals)?));
        lines.push('\n');
    }
    let mut refused = Vec::new();
    let mut report = |report: &LineReport| -> io::Result<()> {
        if let Outcome::Refused { reasons } = &report.outcome {
            refused.extend(reasons.iter().map(Refusal::to_string));
        }
        Ok(())
    };
    publish(
        config,
        clock,
        lines.as_bytes(),
        &Options::default(),
        &mut report,
    )?;
    if !refused.is_empty() {
        return Err(ErasureError::Refused(refused.join("; ")).into());
    }
    attested(config, clock, &order_id, ordered.len(), timeout)
}

/// What the events of one order have in common.
struct Order<'a> {
    erasure: &'a Erasure,
    standing: &'a Standing,
    id: &'a str,
    asker: &'a str,
    producer: &'a str,
    now: Time,
}

impl Order<'_> {
    fn event(&self, one: &Ordered, approvals: &[GivenApproval]) -> Result<Event, Error> {
        let mut ours = Vec::new();
        for given in approvals {
            let approval = Approval::parse(&given.name, given.note.as_bytes());
            let approval = approval.map_err(crate::account::Error::from)?;
            if approval.request().about == one.digest {
                ours.push(approval.note());
            }
        }
        let (cites, ended) = match self.standing.ended() {
            Some(ended) => (format!("{}; {}", self.erasure.basis, ended.cites), ended.at),
            None => (self.erasure.basis.clone(), self.now),
        };
        let mut body = ErasureOrdered {
            erased_subject_blake3: one.digest.to_vec(),
            order_id: self.id.to_owned(),
            duty_ended: cites,
            duty_ended_at: Some(ended.timestamp()),
            request_id: self.erasure.request_id.clone().unwrap_or_default(),
            approver_refs: one.approvers.clone(),
            approvals: ours,
            asked_by_ref: self.asker.to_owned(),
            extract_ids: self
                .standing
                .extracts()
                .iter()
                .map(|one| one.extract_id.clone())
                .collect(),
            ..ErasureOrdered::default()
        };
        match &self.erasure.of {
            Erased::Person(_) => {}
            Erased::Thing(ErasableThing::Case(_)) => body.case_key = Some(true),
            Erased::Thing(ErasableThing::Leaf(leaf)) => {
                body.leaf_log.clone_from(&leaf.log);
                body.leaf_index = Some(leaf.index);
            }
        }
        Ok(Event {
            occurred_at: Some(self.now.timestamp()),
            producer: self.producer.to_owned(),
            body: Some(Body::ErasureOrdered(body)),
            ..Event::default()
        })
    }
}

/// Waits until this ledger attests all that the order is about.
fn attested(
    config: &Config,
    clock: &dyn Clock,
    order_id: &str,
    count: usize,
    timeout: Duration,
) -> Result<Certificate, Error> {
    let ledger = LedgerName::new(config.ledger.name.clone()).map_err(|_| Error::Unnamed)?;
    let store = store_id(config, &ledger);
    let deadline = clock.monotonic().saturating_add(timeout);
    let counter = Counter::find(config)?;
    loop {
        let certificate = counter.ask_openly(&question(order_id))?;
        let done = certificate.erased.iter().filter(|one| {
            let mut words = one.attested.iter();
            words.any(|word| word.store_id == store)
        });
        if done.count() >= count {
            return Ok(certificate);
        }
        if clock.monotonic() > deadline {
            return Err(ErasureError::NotAttested {
                order: order_id.to_owned(),
                store,
                seconds: timeout.as_secs(),
            }
            .into());
        }
        thread::sleep(POLL);
    }
}

/// By which name a ledger attests erasures.
pub(super) fn store_id(config: &Config, ledger: &LedgerName) -> String {
    match config.erasure.store_id.as_str() {
        "" => ledger.to_string(),
        named => named.to_owned(),
    }
}

fn question(order_id: &str) -> CertificateQuestion {
    CertificateQuestion {
        order_id: order_id.to_owned(),
        as_of: None,
    }
}

/// The certificate of an order.
///
/// # Errors
/// [`ErasureError::NoSuchOrder`]; as [`Counter::ask_openly`].
pub fn certificate(config: &Config, order_id: &str) -> Result<Certificate, Error> {
    let certificate = Counter::find(config)?.ask_openly(&question(order_id))?;
    if certificate.erased.is_empty() {
        return Err(ErasureError::NoSuchOrder(order_id.to_owned()).into());
    }
    Ok(certificate)
}
