//! What the registry says of those whom the leaves shown name, whenever it said so.

use std::collections::BTreeSet;

use custodia_core::origin::Origin;
use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::{TopicRole, Verdict, event_of};

use super::Error;
use super::leaf::{Leaf, Words};
use crate::query::{LogRows, Standpoint};

/// Whom leaves name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) recipients: BTreeSet<String>,
    pub(super) producers: BTreeSet<String>,
    pub(super) policies: BTreeSet<String>,
}

impl Named {
    /// Takes in whom a leaf names.
    pub(super) fn take(&mut self, words: &Words<'_>) {
        put(&mut self.recipients, words.facts.recipient_id);
        put(&mut self.producers, words.facts.producer);
        put(&mut self.policies, words.policy_version());
    }
}

/// Takes in a name; most were there before.
fn put(names: &mut BTreeSet<String>, name: Option<&str>) {
    if let Some(name) = name.filter(|name| !names.contains(*name)) {
        names.insert(name.to_owned());
    }
}

/// An accepted event of the registry about a name.
struct Entry {
    log: usize,
    index: u64,
    about: About,
    names: Named,
}

/// What an event of the registry is about.
enum About {
    Recipient(String),
    Producer(String),
    Policy(String),
}

/// Whether `origin` is a log of the ledger that `log` belongs to: several ledgers may follow one
/// registry, each with its own logs.
fn is_of_one_ledger(origin: &str, log: &LogRows) -> bool {
    let ledger = &log.log().origin().ledger;
    origin
        .parse::<Origin>()
        .is_ok_and(|origin| origin.ledger == *ledger)
}

/// What the registry holds at a cut: entries about names, and which logs are open.
pub(super) struct Registry {
    entries: Vec<Entry>,
    open: BTreeSet<String>,
}

impl Registry {
    /// Reads the registry up to the cut.
    pub(super) fn read(from: &Standpoint<'_>) -> Result<Self, Error> {
        let mut registry = Self {
            entries: Vec::new(),
            open: BTreeSet::new(),
        };
        for (place, log) in from.logs().enumerate() {
            if log.role != TopicRole::Registry {
                continue;
            }
            for index in 0..from.size_of(log) {
                let leaf = Leaf::read(log, from.view().keys(), index)?;
                if leaf.verdict.as_ref().is_some_and(Verdict::is_accepted) {
                    registry.take(place, log, index, &leaf);
                }
            }
        }
        Ok(registry)
    }

    fn take(&mut self, place: usize, log: &LogRows, index: u64, leaf: &Leaf) {
        let body = leaf
            .record
            .as_ref()
            .and_then(event_of)
            .and_then(|event| event.body);
        let about = match body {
            Some(Body::RecipientRegistered(said)) => About::Recipient(said.recipient_id),
            Some(Body::RecipientUpdated(said)) => About::Recipient(said.recipient_id),
            Some(Body::RecipientTerminated(said)) => About::Recipient(said.recipient_id),
            Some(Body::ProducerRegistered(said)) => About::Producer(said.producer_name),
            Some(Body::ProducerUpdated(said)) => About::Producer(said.producer_name),
            Some(Body::ProducerRetired(said)) => About::Producer(said.producer_name),
            Some(Body::PolicyVersionPublished(said)) => About::Policy(said.policy_version_id),
            Some(Body::LogOpened(said)) => {
                if is_of_one_ledger(&said.origin, log) {
                    self.open.insert(said.origin);
                }
                return;
            }
            Some(Body::LogClosed(said)) => {
                self.open.remove(&said.origin);
                return;
            }
            _ => return,
        };
        let mut names = Named::default();
        if let Some(words) = leaf.said(log) {
            names.take(&words);
        }
        self.entries.push(Entry {
            log: place,
            index,
            about,
            names,
        });
    }

    /// The logs of this ledger that are open and not in the cut.
    pub(super) fn open_elsewhere(&self, from: &Standpoint<'_>) -> Vec<String> {
        let cut = from.cut().sizes();
        let elsewhere = self.open.iter().filter(|origin| !cut.contains_key(*origin));
        elsewhere.cloned().collect()
    }

    /// The leaves about those whom `named` names, and about those whom these name: place of the log
    /// among all, and index.
    pub(super) fn about(&self, mut named: Named) -> BTreeSet<(usize, u64)> {
        let mut found = BTreeSet::new();
        loop {
            let before = found.len();
            for entry in &self.entries {
                let is_named = match &entry.about {
                    About::Recipient(id) => named.recipients.contains(id),
                    About::Producer(name) => named.producers.contains(name),
                    About::Policy(version) => named.policies.contains(version),
                };
                if is_named && found.insert((entry.log, entry.index)) {
                    named
                        .producers
                        .extend(entry.names.producers.iter().cloned());
                    named.policies.extend(entry.names.policies.iter().cloned());
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}
