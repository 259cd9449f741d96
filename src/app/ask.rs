//! Questions of the command line: to the running ledger, or to the folder where none runs.

use std::sync::Arc;

use super::assessing::{self, Assessing};
use super::erasing::{Erasing, carry_out_in_folder};
use super::glass::publish_pending;
use super::init::timeout;
use super::parts::role_of;
use super::{Error, KafkaOutbox, Opened, kafka_settings, open};
use crate::assess::{FindingsDesk, Keeping, KeptFindings, Rulebook};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::log::{Delivered, Folder, Outbox, OutboxError};
use crate::metrics::Metrics;
use crate::project::Projector;
use crate::query::{CutFiles, Desk, LogRows, Looks, Principal, Principals, View, Why};
use crate::serve::{Client, Desks, OpenQuestion, PiecemealQuestion, Question, with_glass};
use prometheus_client::registry::Registry;

/// The folder's place for the cuts that answers named.
pub(super) const CUTS: &str = "cuts";
/// What looks name this door.
pub(super) const PEER: &str = "command line";

/// Where the command line asks.
pub struct Counter(At);

enum At {
    Socket(Client),
    Folder(Box<OpenFolder>),
}

/// Takes no look, so that nobody is answered about: where Kafka couldn't be asked for orders of erasure,
/// whoever is asked about may have been erased, and it may be back by the time of the look.
struct Withheld;

impl Outbox for Withheld {
    fn deliver(&self, topic: &str, _: &[u8], _: &[u8]) -> Result<Delivered, OutboxError> {
        Err(OutboxError {
            topic: topic.to_owned(),
            reason: "orders of erasure could not be looked for in Kafka; try again".to_owned(),
            // Nobody's word helps: who was erased isn't known here.
            refused: true,
        })
    }
}

/// A folder that this process owns while it asks.
struct OpenFolder {
    desk: Arc<Desk>,
    principals: Principals,
    uid: u32,
    config: Config,
    opened: Opened,
}

impl Counter {
    /// The running ledger where one answers at its socket; or else the folder, opened, its rows
    /// caught up.
    ///
    /// # Errors
    /// Where neither can be had.
    pub fn find(config: &Config) -> Result<Self, Error> {
        if let Some(client) = Client::at(&Folder::socket_path(&config.ledger.folder))? {
            return Ok(Self(At::Socket(client)));
        }
        let principals = principals(config)?;
        let opened = open(config)?;
        let settings = kafka_settings(config);
        settings.validate()?;
        let outbox = Arc::new(KafkaOutbox::new(&settings, timeout(config))?);
        let rows = caught_up(config, &opened)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let is_known = carry_out_in_folder(&Erasing {
            config,
            opened: &opened,
            rows: &rows,
            book: &assessing::rulebook(config)?,
            findings: &Keeping::Off,
            outbox: &outbox,
            clock: &clock,
            metrics: &Metrics::register(&mut Registry::default()),
        })?;
        publish_pending(config, &opened.pending, outbox.as_ref())?;
        let outbox: Arc<dyn Outbox> = if is_known { outbox } else { Arc::new(Withheld) };
        let desk = desk(config, &opened, rows, outbox, clock);
        let uid = rustix::process::getuid().as_raw();
        Ok(Self(At::Folder(Box::new(OpenFolder {
            desk: Arc::new(desk),
            principals,
            uid,
            config: config.clone(),
            opened,
        }))))
    }

    /// Whether a ledger runs that goes on reading.
    pub(super) const fn is_running(&self) -> bool {
        matches!(self.0, At::Socket(_))
    }

    /// Asks; looks at people go on record before the answer leaves.
    ///
    /// # Errors
    /// As the question has it, or where the running ledger refuses.
    pub fn ask<Q: Question>(&self, why: &Why, question: &Q) -> Result<Q::Answer, Error>
    where
        Error: From<Q::Error>,
    {
        match &self.0 {
            At::Socket(client) => Ok(client.ask(why, question)?),
            At::Folder(folder) => {
                let asking = folder.principals.asking(folder.uid, PEER, why)?;
                let desks = folder.desks(question.needs_findings())?;
                let asking = with_glass(&desks, asking, why, Q::DOOR, question)?;
                Ok(question.answer(&desks, &asking)?)
            }
        }
    }

    /// Asks what is answered in pieces; where `each` says false, the rest is left out.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_piecemeal<Q: PiecemealQuestion>(
        &self,
        why: &Why,
        question: &Q,
        each: &mut dyn FnMut(Q::Piece) -> bool,
    ) -> Result<(), Error>
    where
        Error: From<Q::Error>,
    {
        match &self.0 {
            At::Socket(client) => Ok(client.ask_piecemeal(why, question, each)?),
            At::Folder(folder) => {
                let asking = folder.principals.asking(folder.uid, PEER, why)?;
                let desks = folder.desks(question.needs_findings())?;
                let asking = with_glass(&desks, asking, why, Q::DOOR, question)?;
                Ok(question.answer(&desks, &asking, each)?)
            }
        }
    }

    /// Asks what names nobody.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_openly<Q: OpenQuestion>(&self, question: &Q) -> Result<Q::Answer, Error>
    where
        Error: From<Q::Error>,
    {
        match &self.0 {
            At::Socket(client) => Ok(client.ask_openly(question)?),
            At::Folder(folder) => {
                folder.principals.find(folder.uid)?;
                let desks = folder.desks(question.needs_findings())?;
                Ok(question.answer(&desks)?)
            }
        }
    }
}

impl OpenFolder {
    /// Who answers; with the findings caught up where they are wanted and not switched off.
    fn desks(&self, findings: bool) -> Result<Desks, Error> {
        let Self {
            desk,
            config,
            opened,
            ..
        } = self;
        let book = assessing::rulebook(config)?;
        let keeping = if findings && config.findings.enabled {
            Keeping::On(caught_up_findings(config, opened, desk, &book)?)
        } else {
            Keeping::Off
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let findings = FindingsDesk::new(Arc::clone(desk), book, keeping, clock);
        Ok(Desks {
            desk: Arc::clone(desk),
            findings: Arc::new(findings),
        })
    }
}

/// The desk of an open ledger.
pub(super) fn desk(
    config: &Config,
    opened: &Opened,
    rows: Vec<LogRows>,
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
) -> Desk {
    let cuts = CutFiles::new(&opened.folder.path().join(CUTS));
    let view = View::new(rows, Arc::clone(&opened.keys), cuts);
    let looks = Looks::new(outbox, config.topics.access.clone(), clock);
    Desk::new(view, looks.waiting_in(Arc::clone(&opened.pending)))
}

/// Who may ask, as configured.
pub(super) fn principals(config: &Config) -> Result<Principals, Error> {
    let mut people = Vec::new();
    for (uid, principal) in &config.access.principals {
        // The configuration was refused where one is no number.
        let Ok(uid) = uid.parse() else { continue };
        people.push((
            uid,
            Principal::new(uid, &principal.employee, &principal.role)?,
        ));
    }
    Ok(Principals::new(people))
}

/// The findings, made up to what has rows.
fn caught_up_findings(
    config: &Config,
    opened: &Opened,
    desk: &Desk,
    book: &Arc<Rulebook>,
) -> Result<KeptFindings, Error> {
    let rows: Vec<LogRows> = desk.view().logs().cloned().collect();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let assessing = Assessing {
        config,
        opened,
        rows: &rows,
        book,
        clock: &clock,
        metrics: &Metrics::register(&mut Registry::default()),
    };
    assessing.catch_up()
}

/// The rows of all logs, made up to what is on disk.
fn caught_up(config: &Config, opened: &Opened) -> Result<Vec<LogRows>, Error> {
    let metrics = Metrics::register(&mut Registry::default());
    let mut rows = Vec::new();
    for log in &opened.logs {
        let role = role_of(config, log);
        let keys = Arc::clone(&opened.keys);
        let mut projector = Projector::new(Arc::clone(log), keys, role, &metrics)?;
        loop {
            let done = projector.step()?;
            if done.from == done.to {
                break;
            }
        }
        rows.push(LogRows {
            role,
            rows: projector.reader(),
        });
    }
    Ok(rows)
}
