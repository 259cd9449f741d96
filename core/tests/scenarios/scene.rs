//! What a scenario's rule judges on, and what all rules of its scope find.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use custodia_core::assess::{
    About, Finding, Grounds, Holidays, LeafAt, Occurrence, PolicyBook, Register, Scope,
    SequenceGap, Tallies, Timeline, Totals, assess,
};
use custodia_core::privacy_policy::PrivacyPolicy;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ChangeClass, Event, PolicyVersionPublished, Topic};
use custodia_core::schema::{self};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::facts::{self, Fact, Recorded, event_id, reference};
use crate::moment;
use crate::shelf::{self, Shelf, Shelved};
use crate::written;

/// A scenario, ready to be judged.
#[derive(Debug)]
pub struct Scene {
    about: About,
    scope: Scope,
    facts: Vec<Fact>,
    holidays: Holidays,
    outflows_ms: Vec<i64>,
    gaps: Vec<(SequenceGap, String)>,
    people: u64,
    large_face_store: Option<(i64, String)>,
    /// Read once: a policy has 3000 lines, and its leaf is the same whatever arrives first.
    policies: OnceCell<PolicyBook>,
}

/// In which order events come in.
#[derive(Debug)]
pub enum Arrival {
    /// As the scenario tells them.
    AsWritten,
    /// In another order; with `spread`, each has a place and record time by that order too.
    Shuffled {
        /// Which order.
        seed: u8,
        /// Whether place and record time follow it.
        spread: bool,
    },
}

impl Scene {
    /// A scenario's scene.
    pub fn of(shelf: &Shelf, shelved: &Shelved) -> Result<Self, String> {
        let written = &shelved.written;
        let (mut facts, versions) = published(&written.policies)?;
        let in_force = |ms: i64| {
            let version = versions.iter().rev().find(|(from, _)| *from <= ms);
            version.map(|(_, id)| id.clone())
        };
        for base in &written.base {
            let events = shelf.bases.get(base);
            let events = events.ok_or_else(|| format!("  no base has the name {base}"))?;
            facts.extend(told(events, in_force)?);
        }
        facts.extend(told(&written.events, in_force)?);
        let named = facts::unique(&facts)?;
        let at = |name: &String| {
            let fact = named.get(name.as_str());
            fact.map(|fact| fact.at_ms)
                .ok_or_else(|| format!("  no event is called {name:?}"))
        };
        let gaps = written
            .tallies
            .gaps
            .iter()
            .map(|gap| Ok((gap_of(gap, at(&gap.after)?), gap.after.clone())));
        let gaps = gaps.collect::<Result<_, String>>()?;
        let large_face_store = match &written.totals.large_face_store {
            Some(name) => Some((at(name)?, name.clone())),
            None => None,
        };
        let (scope, about) = whom(written, &facts)?;
        Ok(Self {
            outflows_ms: outflows(written, &about, &facts)?,
            holidays: written
                .holidays
                .as_deref()
                .map_or(Ok(Holidays::default()), shelf::holidays)?,
            people: written.totals.people,
            about,
            scope,
            gaps,
            large_face_store,
            facts,
            policies: OnceCell::new(),
        })
    }

    /// What all rules of the scope find; leaves are named as the scenario names its events.
    pub fn findings(&self, arrival: &Arrival) -> Result<Vec<Finding>, String> {
        let order = self.order(arrival);
        let mut leaf_of: BTreeMap<&str, LeafAt> = BTreeMap::new();
        let mut arrived = Vec::new();
        for (place, fact) in order.iter().enumerate() {
            let occurrence = self.occurrence(arrival, place, fact)?;
            leaf_of.insert(&fact.name, occurrence.leaf.clone());
            arrived.push(occurrence);
        }
        let refs = self.references();
        let ours = |one: &&Occurrence| names(&self.about, &refs, &one.event);
        let timeline = Timeline::new(arrived.iter().filter(ours).cloned());
        let timeline = timeline.map_err(|error| error.to_string())?;
        let register = Register::new(
            arrived
                .iter()
                .filter(|one| is_of_registry(&one.event))
                .cloned(),
        );
        let policies = self.policies.get_or_init(|| PolicyBook::of(&register));
        let (tallies, totals) = self.counts(&leaf_of);
        let grounds = Grounds {
            about: &self.about,
            timeline: &timeline,
            register: &register,
            policies,
            holidays: &self.holidays,
            tallies: &tallies,
            totals: &totals,
        };
        let named: BTreeMap<&LeafAt, &str> =
            leaf_of.iter().map(|(name, leaf)| (leaf, *name)).collect();
        let mut findings = assess(self.scope, &grounds).findings;
        for finding in &mut findings {
            name_leaves(finding, &named);
        }
        findings.sort();
        Ok(findings)
    }

    fn order(&self, arrival: &Arrival) -> Vec<&Fact> {
        let mut order: Vec<&Fact> = self.facts.iter().collect();
        if let Arrival::Shuffled { seed, .. } = arrival {
            order.sort_by_key(|fact| Sha256::digest(format!("{seed} {}", fact.name)).to_vec());
        }
        order
    }

    fn occurrence(
        &self,
        arrival: &Arrival,
        place: usize,
        fact: &Fact,
    ) -> Result<Occurrence, String> {
        let written = self
            .facts
            .iter()
            .position(|one| one.name == fact.name)
            .unwrap_or(place);
        let is_policy = matches!(fact.event.body, Some(Body::PolicyVersionPublished(_)));
        let (log, place, later) = match arrival {
            _ if is_policy => ("ledger/custodia.registry/0/0", written, 0),
            Arrival::Shuffled { spread: true, .. } => ("ledger/custodia.events/0/0", place, place),
            _ => ("ledger/custodia.events/0/0", written, 0),
        };
        let count = |number: usize| i64::try_from(number).map_err(|error| error.to_string());
        let recorded = match fact.recorded {
            Recorded::AtOnce => Some(fact.at_ms + count(later)?),
            Recorded::At(ms) => Some(ms),
            Recorded::Never => None,
        };
        let leaf = LeafAt {
            log: log.into(),
            index: u64::try_from(place).map_err(|error| error.to_string())?,
        };
        Occurrence::of(leaf, recorded, fact.event.clone())
            .ok_or_else(|| format!("  {}: no body", fact.name))
    }

    fn counts(&self, leaf_of: &BTreeMap<&str, LeafAt>) -> (Tallies, Totals) {
        let leaf = |name: &String| leaf_of[name.as_str()].clone();
        let gaps = self.gaps.iter().map(|(gap, after)| SequenceGap {
            after: leaf(after),
            ..gap.clone()
        });
        let store = self.large_face_store.as_ref();
        let tallies = Tallies {
            outflows_ms: self.outflows_ms.clone(),
            gaps: gaps.collect(),
        };
        let totals = Totals {
            people: self.people,
            large_face_store: store.map(|(ms, name)| (*ms, leaf(name))),
        };
        (tallies, totals)
    }

    /// All references of the person, linked ones too.
    fn references(&self) -> BTreeSet<String> {
        let About::Subject(subject) = &self.about else {
            return BTreeSet::new();
        };
        let links: Vec<(&str, &str)> = self
            .facts
            .iter()
            .filter_map(|fact| link(&fact.event))
            .collect();
        let mut refs = BTreeSet::from([subject.clone()]);
        loop {
            let before = refs.len();
            for (a, b) in &links {
                if refs.contains(*a) || refs.contains(*b) {
                    refs.extend([(*a).to_owned(), (*b).to_owned()]);
                }
            }
            if refs.len() == before {
                return refs;
            }
        }
    }
}

/// Findings, a line each.
pub fn shown(findings: &[Finding]) -> Vec<String> {
    let line = |one: &Finding| serde_json::to_string(one).unwrap_or_else(|error| error.to_string());
    findings.iter().map(line).collect()
}

fn link(event: &Event) -> Option<(&str, &str)> {
    match &event.body {
        Some(Body::SubjectLinked(link)) => Some((&event.subject_ref, &link.other_ref)),
        _ => None,
    }
}

fn told(
    events: &[written::Told],
    in_force: impl Fn(i64) -> Option<String> + Copy,
) -> Result<Vec<Fact>, String> {
    events
        .iter()
        .map(|event| Fact::of(event, in_force))
        .collect()
}

/// The policies as the registry has them, and their ids by time of effect.
type Published = (Vec<Fact>, Vec<(i64, String)>);

fn published(names: &[String]) -> Result<Published, String> {
    let (mut facts, mut versions) = (Vec::new(), Vec::new());
    for name in names {
        let (effective_ms, fact) = publication(name)?;
        if let Some(Body::PolicyVersionPublished(said)) = &fact.event.body {
            versions.push((effective_ms, said.policy_version_id.clone()));
        }
        facts.push(fact);
    }
    versions.sort();
    Ok((facts, versions))
}

/// A policy's time of effect, and its publication; read once for all scenarios.
fn publication(name: &str) -> Result<(i64, Fact), String> {
    static READ: LazyLock<Mutex<BTreeMap<String, (i64, Fact)>>> = LazyLock::new(Mutex::default);
    let mut read = READ.lock().map_err(|error| error.to_string())?;
    if let Some(known) = read.get(name) {
        return Ok(known.clone());
    }
    let bytes = shelf::policy(name)?;
    let policy = PrivacyPolicy::parse(&bytes).map_err(|error| format!("  {name}: {error}"))?;
    let version = &policy.policy;
    let (at_ms, effective_ms) = (version.published.0, version.effective.0);
    let body = PolicyVersionPublished {
        policy_version_id: version.id.clone(),
        content_sha256: hex::decode(&version.text_sha256).map_err(|error| error.to_string())?,
        published_at: Some(moment::timestamp(at_ms)),
        effective_at: Some(moment::timestamp(effective_ms)),
        change_class: ChangeClass::PvChangeFirst.into(),
        requires_reconsent: Some(false),
        language: version.language.clone(),
        machine_readable: bytes,
        ..PolicyVersionPublished::default()
    };
    let called = format!("policy {name}");
    let event = Event {
        event_id: event_id(&called),
        salt: Sha256::digest(&called).to_vec(),
        occurred_at: Some(moment::timestamp(at_ms)),
        producer: "policy-console".into(),
        body: Some(Body::PolicyVersionPublished(body)),
        ..Event::default()
    };
    let fact = Fact {
        name: called,
        at_ms,
        recorded: Recorded::AtOnce,
        event,
    };
    read.insert(name.to_owned(), (effective_ms, fact.clone()));
    Ok((effective_ms, fact))
}

fn gap_of(gap: &written::Gap, after_ms: i64) -> SequenceGap {
    SequenceGap {
        epoch: gap.epoch,
        first: gap.first,
        last: gap.last,
        // Filled in once events have places.
        after: LeafAt {
            log: String::new(),
            index: 0,
        },
        after_ms,
    }
}

fn whom(written: &written::Scenario, facts: &[Fact]) -> Result<(Scope, About), String> {
    use written::About as Said;
    Ok(match &written.about {
        Some(Said::Subject(name)) => (Scope::Subject, About::Subject(reference(name))),
        Some(Said::Recipient(id)) => (Scope::Recipient, About::Recipient(id.clone())),
        Some(Said::Incident(id)) => (Scope::Incident, About::Incident(id.clone())),
        Some(Said::Producer(name)) => (Scope::Producer, About::Producer(name.clone())),
        Some(Said::Operator) => (Scope::Operator, About::Operator),
        None => {
            let mut subjects = facts.iter().map(|fact| &fact.event.subject_ref);
            let first = subjects.find(|subject| !subject.is_empty());
            let first =
                first.ok_or("  no event is of a person, so `about` must say whom to judge")?;
            (Scope::Subject, About::Subject(first.clone()))
        }
    })
}

/// When data left for the recipient: what the scenario's events say, and what it counts beside them.
fn outflows(
    written: &written::Scenario,
    about: &About,
    facts: &[Fact],
) -> Result<Vec<i64>, String> {
    let outflow = |fact: &&Fact| {
        let out = matches!(
            fact.event.body,
            Some(Body::DataShared(_) | Body::DataTransferred(_) | Body::DataDisclosed(_))
        );
        out && names(about, &BTreeSet::new(), &fact.event)
    };
    let mut all: Vec<i64> = match about {
        About::Recipient(_) => facts
            .iter()
            .filter(outflow)
            .map(|fact| fact.at_ms)
            .collect(),
        _ => Vec::new(),
    };
    for text in &written.tallies.outflows {
        all.push(moment::ms_of(text)?);
    }
    all.sort_unstable();
    Ok(all)
}

/// Whether an event is of the timeline of whom or what is judged.
fn names(about: &About, refs: &BTreeSet<String>, event: &Event) -> bool {
    match about {
        About::Subject(_) => {
            let named = match &event.body {
                Some(Body::DataDisclosed(disclosed)) => disclosed.named_subject_ref.as_str(),
                _ => "",
            };
            refs.contains(&event.subject_ref) || refs.contains(named)
        }
        About::Recipient(id) => body_says(event, "recipient_id", id),
        About::Incident(id) => body_says(event, "incident_id", id),
        About::Producer(name) => event.producer == *name || body_says(event, "producer_name", name),
        About::Operator => false,
    }
}

fn body_says(event: &Event, field: &str, text: &str) -> bool {
    let Ok(decoded) = schema::decode(&event.encode_to_vec()) else {
        return false;
    };
    decoded.fields().any(|(of, value)| {
        schema::body_of(of.number()).is_some()
            && value.as_message().is_some_and(|body| {
                let value = body.get_field_by_name(field);
                value.is_some_and(|value| value.as_str() == Some(text))
            })
    })
}

fn is_of_registry(event: &Event) -> bool {
    let decoded = schema::decode(&event.encode_to_vec()).ok();
    let place = decoded.and_then(|event| schema::placement(&event));
    place.is_some_and(|place| place.topic == Topic::Registry)
}

fn name_leaves(finding: &mut Finding, names: &BTreeMap<&LeafAt, &str>) {
    let rename = |leaf: &mut LeafAt| {
        let name = names
            .get(leaf)
            .copied()
            .unwrap_or("a leaf that nothing stands at");
        *leaf = LeafAt {
            log: name.to_owned(),
            index: 0,
        };
    };
    finding.judged.iter_mut().for_each(rename);
    finding.leaves.iter_mut().for_each(rename);
    finding.leaves.sort();
}
