//! What the registry says of those whom the leaves shown name, whenever it said so.

use std::collections::BTreeSet;

use custodia_core::assess::{Evidence, LeafAt, Occurrence, is_evidence, names};
use custodia_core::extract::Profile;
use custodia_core::origin::Origin;
use custodia_core::schema::v1::Event;
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
    /// Whatever the rules on whom was asked about look up in the registry: recipients, cases, mergers, SDKs.
    pub(super) matters: BTreeSet<String>,
}

impl Named {
    /// Takes in what rules look up in the registry.
    pub(super) fn take_matters(&mut self, leaf: &Leaf, words: &Words<'_>) {
        let body = leaf.record.as_ref().and_then(event_of);
        let Some(body) = body.and_then(|event| event.body) else {
            return;
        };
        for name in names(&words.facts, &body) {
            put(&mut self.matters, Some(name));
        }
    }

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

/// An accepted event of the registry that leaves shown may rest on.
struct Entry {
    log: usize,
    index: u64,
    about: Option<About>,
    names: Named,
    /// What rules look it up by; none where they don't, or the profile doesn't show it.
    looked_up: Option<LookedUp>,
}

/// What an event of the registry is about.
enum About {
    Recipient(String),
    Producer(String),
    Policy(String),
}

/// By what rules look up an event of the registry.
enum LookedUp {
    /// Whatever is judged.
    Always,
    /// One of these names.
    By(BTreeSet<String>),
}

/// How rules look up events of a kind, where an extract of this profile shows them. The person's own copy has
/// what was published or is about recipients, not the operator's own papers.
fn looked_up(profile: Profile, kind: u32, names: BTreeSet<String>) -> Option<LookedUp> {
    let is_shown = match profile {
        Profile::SSelf => matches!(kind, 100 | 101 | 120..=122 | 130),
        _ => profile
            .judged()
            .is_some_and(|scope| is_evidence(scope, kind)),
    };
    let always = match kind {
        100 | 101 | 130 | 132 => true,
        280 => profile == Profile::RSubject,
        _ => false,
    };
    match (is_shown, always) {
        (false, _) => None,
        (true, true) => Some(LookedUp::Always),
        (true, false) => Some(LookedUp::By(names)),
    }
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

/// Reads the registry for one extract.
pub(super) struct Reading<'a> {
    pub(super) profile: Profile,
    /// Whether a leaf may be told of, and be judged by.
    pub(super) may_tell: &'a dyn Fn(&Leaf) -> bool,
    /// Takes what is judged, if anything is.
    pub(super) evidence: Option<&'a mut Evidence>,
}

impl Reading<'_> {
    /// Reads the registry up to the cut.
    pub(super) fn read(mut self, from: &Standpoint<'_>) -> Result<Registry, Error> {
        let mut registry = Registry {
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
                    self.take(&mut registry, (place, index), log, &leaf);
                }
            }
        }
        Ok(registry)
    }

    fn take(&mut self, into: &mut Registry, at: (usize, u64), log: &LogRows, leaf: &Leaf) {
        let Some(event) = leaf.record.as_ref().and_then(event_of) else {
            return;
        };
        let about = match &event.body {
            Some(Body::LogOpened(said)) => {
                if is_of_one_ledger(&said.origin, log) {
                    into.open.insert(said.origin.clone());
                }
                return;
            }
            Some(Body::LogClosed(said)) => {
                into.open.remove(&said.origin);
                return;
            }
            // The ledger's own notices, of which there are most.
            Some(
                Body::CheckpointPublished(_)
                | Body::ExtractIssued(_)
                | Body::SigningKeyHandedOver(_),
            ) => return,
            body => body.as_ref().and_then(about),
        };
        let Some(words) = leaf.said(log) else { return };
        let may_tell = (self.may_tell)(leaf);
        let kind = words.split.body_number;
        let named = event.body.as_ref().map(|body| names(&words.facts, body));
        let named = named.into_iter().flatten().map(str::to_owned).collect();
        let looked_up = looked_up(self.profile, kind, named).filter(|_| may_tell);
        if about.is_some() || looked_up.is_some() {
            let mut names = Named::default();
            names.take(&words);
            into.entries.push(Entry {
                log: at.0,
                index: at.1,
                about,
                names,
                looked_up,
            });
        }
        let one = Some(event).filter(|_| may_tell);
        let one = one.and_then(|event| occurrence(log, at.1, leaf, event));
        if let Some((evidence, one)) = self.evidence.as_mut().zip(one) {
            evidence.take_registered(one);
        }
    }
}

/// Whom or what a registration is about.
fn about(body: &Body) -> Option<About> {
    match body {
        Body::RecipientRegistered(said) => Some(About::Recipient(said.recipient_id.clone())),
        Body::RecipientUpdated(said) => Some(About::Recipient(said.recipient_id.clone())),
        Body::RecipientTerminated(said) => Some(About::Recipient(said.recipient_id.clone())),
        Body::ProducerRegistered(said) => Some(About::Producer(said.producer_name.clone())),
        Body::ProducerUpdated(said) => Some(About::Producer(said.producer_name.clone())),
        Body::ProducerRetired(said) => Some(About::Producer(said.producer_name.clone())),
        Body::PolicyVersionPublished(said) => Some(About::Policy(said.policy_version_id.clone())),
        _ => None,
    }
}

/// An accepted leaf as rules see it.
pub(super) fn occurrence(
    log: &LogRows,
    index: u64,
    leaf: &Leaf,
    event: Event,
) -> Option<Occurrence> {
    let at = LeafAt {
        log: log.log().name().to_owned(),
        index,
    };
    Occurrence::of(at, leaf.timestamp_ms, event)
}

impl Registry {
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
                    Some(About::Recipient(id)) => named.recipients.contains(id),
                    Some(About::Producer(name)) => named.producers.contains(name),
                    Some(About::Policy(version)) => named.policies.contains(version),
                    None => false,
                } || match &entry.looked_up {
                    Some(LookedUp::Always) => true,
                    Some(LookedUp::By(names)) => !names.is_disjoint(&named.matters),
                    None => false,
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
