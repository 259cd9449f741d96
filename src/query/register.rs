//! What the register says, at an answer's cut, of recipients and producers.

use std::collections::BTreeMap;

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{RecipientRegistered, RecipientUpdated};

use super::received::{ProducerOf, Recipient};
use super::view::{Leaf, Standpoint, time_of};
use super::{Error, Time, Word};
use crate::log::notices::PRODUCER;
use crate::project::{Kind, Page};

/// Standings, as answers say them.
const REGISTERED: &str = "registered";
const UNKNOWN: &str = "unknown";

/// What the register says of a producer.
#[derive(Debug, Clone, Default)]
struct Service {
    registered: bool,
    event_types: Vec<u32>,
    retired_at: Option<Time>,
}

/// The register as one answer needs it: each name is looked up once.
pub(super) struct Register<'a> {
    from: &'a Standpoint<'a>,
    recipients: BTreeMap<String, Recipient>,
    producers: BTreeMap<String, Service>,
}

impl<'a> Register<'a> {
    pub(super) fn new(from: &'a Standpoint<'a>) -> Self {
        Self {
            from,
            recipients: BTreeMap::new(),
            producers: BTreeMap::new(),
        }
    }

    /// The recipient of this id, as the register has it at the cut.
    pub(super) fn recipient(&mut self, id: &str) -> Result<Recipient, Error> {
        if let Some(known) = self.recipients.get(id) {
            return Ok(known.clone());
        }
        let mut recipient = Recipient {
            id: id.to_owned(),
            standing: UNKNOWN.to_owned(),
            ..Recipient::default()
        };
        for leaf in self.entries(Kind::Recipient, id)? {
            match leaf.event.and_then(|event| event.body) {
                Some(Body::RecipientRegistered(said)) => set(&mut recipient, said),
                Some(Body::RecipientUpdated(said)) => set(&mut recipient, registered(said)),
                Some(Body::RecipientTerminated(said)) => {
                    "terminated".clone_into(&mut recipient.standing);
                    recipient.terminated_at = said.effective_at.as_ref().map(time_of);
                }
                _ => {}
            }
        }
        self.recipients.insert(id.to_owned(), recipient.clone());
        Ok(recipient)
    }

    /// How the producer of an event stands: registered for this kind of body and not retired when
    /// the record was written.
    pub(super) fn producer(
        &mut self,
        name: &str,
        body: Option<u32>,
        record_time: Option<Time>,
    ) -> Result<ProducerOf, Error> {
        let standing = if name == PRODUCER {
            "the ledger"
        } else {
            self.standing(name, body, record_time)?
        };
        Ok(ProducerOf {
            name: name.to_owned(),
            standing: standing.to_owned(),
        })
    }

    fn standing(
        &mut self,
        name: &str,
        body: Option<u32>,
        record_time: Option<Time>,
    ) -> Result<&'static str, Error> {
        if !self.producers.contains_key(name) {
            let service = self.service(name)?;
            self.producers.insert(name.to_owned(), service);
        }
        let Some(service) = self
            .producers
            .get(name)
            .filter(|service| service.registered)
        else {
            return Ok(UNKNOWN);
        };
        let retired = service
            .retired_at
            .is_some_and(|at| record_time.is_none_or(|time| time >= at));
        let foreign = body.is_some_and(|body| !service.event_types.contains(&body));
        Ok(match (retired, foreign) {
            (true, _) => "retired",
            (false, true) => "not registered for this kind of event",
            (false, false) => REGISTERED,
        })
    }

    fn service(&self, name: &str) -> Result<Service, Error> {
        let mut service = Service::default();
        for leaf in self.entries(Kind::Producer, name)? {
            let event_types = match leaf.event.and_then(|event| event.body) {
                Some(Body::ProducerRegistered(said)) => said.event_types,
                Some(Body::ProducerUpdated(said)) => said.event_types,
                Some(Body::ProducerRetired(said)) => {
                    service.retired_at = said.retired_at.as_ref().map(time_of);
                    continue;
                }
                _ => continue,
            };
            service = Service {
                registered: true,
                event_types,
                retired_at: None,
            };
        }
        Ok(service)
    }

    /// The accepted events of the registry under this id, in order.
    fn entries(&self, kind: Kind, id: &str) -> Result<Vec<Leaf>, Error> {
        let mut leaves = Vec::new();
        for log in self.from.registries() {
            let page = Page::all_below(self.from.size_of(log));
            for index in log.rows.leaves_of(kind, id.as_bytes(), &page)? {
                let leaf = self.from.leaf(log, index)?;
                if leaf.is_accepted() && self.from.had_happened(leaf.time()) {
                    leaves.push(leaf);
                }
            }
        }
        Ok(leaves)
    }
}

fn set(recipient: &mut Recipient, said: RecipientRegistered) {
    *recipient = Recipient {
        id: std::mem::take(&mut recipient.id),
        name: Some(said.name),
        contact: Some(said.contact),
        kind: Word::of("Actor", said.kind),
        standing: REGISTERED.to_owned(),
        terminated_at: None,
    };
}

/// The two events say the same; only what is shown is carried over.
fn registered(said: RecipientUpdated) -> RecipientRegistered {
    RecipientRegistered {
        name: said.name,
        contact: said.contact,
        kind: said.kind,
        ..RecipientRegistered::default()
    }
}
