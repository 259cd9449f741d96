//! Questions of the command line: to the running ledger, or to the folder where none runs.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::assessing::{self, Assessing};
use super::init::timeout;
use super::parts::role_of;
use super::{Error, KafkaOutbox, Opened, kafka_settings, open};
use crate::assess::{
    FindingsAnswer, FindingsDesk, FindingsQuestion, Keeping, KeptFindings, Rulebook,
};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::log::{Folder, Outbox};
use crate::metrics::Metrics;
use crate::project::Projector;
use crate::query::{
    CutFiles, Desk, LogRows, Looks, OfOne, PeopleQuestion, Policies, PoliciesQuestion, Principal,
    Principals, Receipt, ReceiptQuestion, Timeline, TimelineQuestion, Verdicts, VerdictsQuestion,
    View, WhoAnswer, WhoQuestion, Why,
};
use crate::serve::{Asked, Client};

/// The folder's place for the cuts that answers named.
pub(super) const CUTS: &str = "cuts";
/// What looks name this door.
pub(super) const PEER: &str = "command line";

/// Where the command line asks.
pub struct Counter(At);

enum At {
    Socket(Client),
    Folder {
        desk: Arc<Desk>,
        principals: Principals,
        uid: u32,
        config: Box<Config>,
        opened: Box<Opened>,
    },
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
        let desk = desk(config, &opened, rows, outbox, Arc::new(SystemClock::new()));
        let uid = rustix::process::getuid().as_raw();
        Ok(Self(At::Folder {
            desk: Arc::new(desk),
            principals,
            uid,
            config: Box::new(config.clone()),
            opened: Box::new(opened),
        }))
    }

    /// Who received a person's data?
    ///
    /// # Errors
    /// As [`Desk::who`], or where the running ledger refuses.
    pub fn who(&self, why: &Why, question: &WhoQuestion) -> Result<WhoAnswer, Error> {
        match &self.0 {
            At::Socket(client) => asked(client, "/v1/who", why, question),
            At::Folder {
                desk,
                principals,
                uid,
                ..
            } => Ok(desk.who(&principals.asking(*uid, PEER, why)?, question)?),
        }
    }

    /// Who received several people's data?
    ///
    /// # Errors
    /// As [`Desk::who_of_people`], or where the running ledger refuses.
    pub fn who_of_people(&self, why: &Why, question: &PeopleQuestion) -> Result<Vec<OfOne>, Error> {
        match &self.0 {
            At::Socket(client) => asked(client, "/v1/who-of-people", why, question),
            At::Folder {
                desk,
                principals,
                uid,
                ..
            } => Ok(desk.who_of_people(&principals.asking(*uid, PEER, why)?, question)?),
        }
    }

    /// What happened?
    ///
    /// # Errors
    /// As [`Desk::timeline`], or where the running ledger refuses.
    pub fn timeline(&self, why: &Why, question: &TimelineQuestion) -> Result<Timeline, Error> {
        match &self.0 {
            At::Socket(client) => asked(client, "/v1/timeline", why, question),
            At::Folder {
                desk,
                principals,
                uid,
                ..
            } => Ok(desk.timeline(&principals.asking(*uid, PEER, why)?, question)?),
        }
    }

    /// Which findings?
    ///
    /// # Errors
    /// As [`FindingsDesk::findings`], or where the running ledger refuses.
    pub fn findings(
        &self,
        why: &Why,
        question: &FindingsQuestion,
    ) -> Result<FindingsAnswer, Error> {
        match &self.0 {
            At::Socket(client) => asked(client, "/v1/findings", why, question),
            At::Folder {
                desk,
                principals,
                uid,
                config,
                opened,
            } => {
                let asking = principals.asking(*uid, PEER, why)?;
                let book = assessing::rulebook(config)?;
                // A person's findings rest on none that are kept up.
                let wanted = question.subject.is_none() && config.findings.enabled;
                let keeping = if wanted {
                    Keeping::On(caught_up_findings(config, opened, desk, &book)?)
                } else {
                    Keeping::Off
                };
                let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
                let findings = FindingsDesk::new(Arc::clone(desk), book, keeping, clock);
                Ok(findings.findings(&asking, question)?)
            }
        }
    }

    /// What was said of records?
    ///
    /// # Errors
    /// As [`Desk::verdicts`], or where the running ledger refuses.
    pub fn verdicts(&self, question: &VerdictsQuestion) -> Result<Verdicts, Error> {
        match &self.0 {
            At::Socket(client) => Ok(client.ask("/v1/verdicts", question)?),
            At::Folder {
                desk,
                principals,
                uid,
                ..
            } => {
                principals.find(*uid)?;
                Ok(desk.verdicts(question)?)
            }
        }
    }

    /// Which versions of the policy were published?
    ///
    /// # Errors
    /// As [`Desk::policies`], or where the running ledger refuses.
    pub fn policies(&self, question: &PoliciesQuestion) -> Result<Policies, Error> {
        match &self.0 {
            At::Socket(client) => Ok(client.ask("/v1/policies", question)?),
            At::Folder {
                desk,
                principals,
                uid,
                ..
            } => {
                principals.find(*uid)?;
                Ok(desk.policies(question)?)
            }
        }
    }

    /// A leaf's receipt.
    ///
    /// # Errors
    /// As [`Desk::receipt`], or where the running ledger refuses.
    pub fn receipt(&self, question: &ReceiptQuestion) -> Result<Receipt, Error> {
        match &self.0 {
            At::Socket(client) => Ok(client.ask("/v1/receipt", question)?),
            At::Folder {
                desk,
                principals,
                uid,
                ..
            } => {
                principals.find(*uid)?;
                Ok(desk.receipt(question)?)
            }
        }
    }
}

fn asked<Q: Serialize + Clone, A: DeserializeOwned>(
    client: &Client,
    door: &str,
    why: &Why,
    question: &Q,
) -> Result<A, Error> {
    Ok(client.ask(
        door,
        &Asked {
            why: why.clone(),
            question: question.clone(),
        },
    )?)
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
    Desk::new(
        view,
        Looks::new(outbox, config.topics.access.clone(), clock),
    )
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
