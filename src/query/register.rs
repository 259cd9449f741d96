//! What the register says, at an answer's cut, of recipients and producers.

use std::collections::BTreeMap;

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{RecipientRegistered, RecipientUpdated};

use super::received::{ProducerOf, Recipient};
use super::service::{FORGED, REGISTERED, Service, UNKNOWN};
use super::view::{Leaf, Standpoint, time_of};
use super::{Error, Word};
use crate::log::notices::PRODUCER;
use crate::project::{Kind, Page};

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

    /// How the producer of an event stands, as the register has it at the cut.
    pub(super) fn producer(
        &mut self,
        leaf: &Leaf,
        body: Option<u32>,
    ) -> Result<Option<ProducerOf>, Error> {
        let Some(event) = &leaf.event else {
            return Ok(None);
        };
        let name = &event.producer;
        if !self.producers.contains_key(name) {
            let mut service = Service::default();
            for leaf in self.entries(Kind::Producer, name)? {
                service.learn(&leaf);
            }
            self.producers.insert(name.clone(), service);
        }
        let mut producer = self.producers[name].producer_of(name, leaf, body);
        if name == PRODUCER && producer.standing != FORGED {
            "the ledger".clone_into(&mut producer.standing);
        }
        Ok(Some(producer))
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
