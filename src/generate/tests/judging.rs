//! A town judged by all rules: its events grouped as a ledger groups them, and what is found.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::{
    About, Finding, Grounds, Holidays, LeafAt, Occurrence, Outcome, PolicyBook, Register, Scope,
    SequenceGap, Tallies, Timeline, Totals, assess,
};
use custodia_core::placement::partition_of;
use custodia_core::schema;
use custodia_core::schema::v1::{Event, event::Body};
use prost::Message as _;

use super::super::{Outgoing, TopicRole};

/// From so many people in a store on face data is filed (rule R36).
const FACE_FILING_PEOPLE: u64 = 100_000;

/// What is found, by the event and not by where it landed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) rule: u8,
    pub(super) result: String,
    pub(super) cause: String,
    pub(super) about: About,
    /// The judged event's id.
    pub(super) event: Option<Vec<u8>>,
    pub(super) since_ms: i64,
    pub(super) until_ms: Option<i64>,
}

/// A ledger of a town's events, in the order in which they arrived.
pub(super) struct Ledger {
    all: Vec<Occurrence>,
    registry: BTreeSet<LeafAt>,
    named: BTreeMap<LeafAt, BTreeMap<&'static str, String>>,
}

impl Ledger {
    pub(super) fn of(outs: &[Outgoing], partitions: u32) -> Self {
        let mut ledger = Self {
            all: Vec::new(),
            registry: BTreeSet::new(),
            named: BTreeMap::new(),
        };
        let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
        for out in outs {
            let log = match out.topic {
                TopicRole::Registry => "registry".to_owned(),
                TopicRole::Events => {
                    format!("events-{}", partition_of(&out.key, partitions).unwrap())
                }
            };
            let size = sizes.entry(log.clone()).or_default();
            let leaf = LeafAt { log, index: *size };
            *size += 1;
            if out.topic == TopicRole::Registry {
                ledger.registry.insert(leaf.clone());
            }
            ledger.named.insert(leaf.clone(), named(&out.value));
            let event = Event::decode(&out.value[..]).unwrap();
            let one = Occurrence::of(leaf, Some(out.record_time_ms), event);
            ledger.all.push(one.unwrap());
        }
        ledger
    }

    /// All findings but PASS, of every scope.
    pub(super) fn findings(&self) -> Vec<Found> {
        let (mut all, ids) = (Vec::new(), self.ids());
        self.each(&mut |finding| {
            if finding.result != Outcome::Pass {
                all.push(found(&ids, &finding));
            }
        });
        all.sort();
        all
    }

    /// How often each rule said PASS.
    pub(super) fn passes(&self) -> BTreeMap<u8, usize> {
        let mut passes = BTreeMap::new();
        self.each(&mut |finding| {
            if finding.result == Outcome::Pass {
                *passes.entry(finding.rule).or_default() += 1;
            }
        });
        passes
    }

    fn each(&self, say: &mut dyn FnMut(Finding)) {
        let register = Register::new(self.of_registry().cloned());
        let policies = PolicyBook::of(&register);
        let holidays = Holidays::built_in();
        let people = self.people();
        let totals = Totals {
            people: people.len() as u64,
            large_face_store: self.large_face_store(),
        };
        let mut judge = |scope, about: About, events: Vec<&Occurrence>, tallies: Tallies| {
            let timeline = Timeline::new(events.into_iter().cloned()).unwrap();
            let grounds = Grounds {
                about: &about,
                timeline: &timeline,
                register: &register,
                policies: &policies,
                holidays: &holidays,
                tallies: &tallies,
                totals: &totals,
            };
            assess(scope, &grounds)
                .findings
                .into_iter()
                .for_each(&mut *say);
        };
        for (subject, events) in people {
            let about = About::Subject(subject);
            judge(Scope::Subject, about, events, Tallies::default());
        }
        for (id, events) in self.naming("recipient_id") {
            let tallies = Tallies {
                outflows_ms: outflows(&events),
                gaps: Vec::new(),
            };
            judge(Scope::Recipient, About::Recipient(id), events, tallies);
        }
        for (id, events) in self.naming("incident_id") {
            judge(
                Scope::Incident,
                About::Incident(id),
                events,
                Tallies::default(),
            );
        }
        for (name, events) in self.producers() {
            let tallies = Tallies {
                outflows_ms: Vec::new(),
                gaps: gaps(&events),
            };
            judge(Scope::Producer, About::Producer(name), events, tallies);
        }
        judge(
            Scope::Operator,
            About::Operator,
            Vec::new(),
            Tallies::default(),
        );
    }

    fn of_registry(&self) -> impl Iterator<Item = &Occurrence> {
        self.all
            .iter()
            .filter(|one| self.registry.contains(&one.leaf))
    }

    fn ids(&self) -> BTreeMap<&LeafAt, &[u8]> {
        let ids = self.all.iter();
        ids.map(|one| (&one.leaf, &one.event.event_id[..]))
            .collect()
    }

    /// Each person's events, under all references that are linked, by the least of them.
    fn people(&self) -> BTreeMap<String, Vec<&Occurrence>> {
        let mut joined: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in &self.all {
            if let Body::SubjectLinked(link) = one.body() {
                let (a, b) = (one.event.subject_ref.as_str(), link.other_ref.as_str());
                joined.entry(a).or_default().insert(b);
                joined.entry(b).or_default().insert(a);
            }
        }
        let mut people: BTreeMap<String, Vec<&Occurrence>> = BTreeMap::new();
        for one in &self.all {
            let named = self.named[&one.leaf].get("named_subject_ref");
            let Some(subject) = one.subject().or(named.map(String::as_str)) else {
                continue;
            };
            people.entry(least(&joined, subject)).or_default().push(one);
        }
        people
    }

    fn naming(&self, field: &'static str) -> BTreeMap<String, Vec<&Occurrence>> {
        let mut all: BTreeMap<String, Vec<&Occurrence>> = BTreeMap::new();
        for one in &self.all {
            if let Some(id) = self.named[&one.leaf].get(field) {
                all.entry(id.clone()).or_default().push(one);
            }
        }
        all
    }

    fn producers(&self) -> BTreeMap<String, Vec<&Occurrence>> {
        let mut all: BTreeMap<String, Vec<&Occurrence>> = BTreeMap::new();
        for one in &self.all {
            all.entry(one.event.producer.clone()).or_default().push(one);
        }
        all
    }

    fn large_face_store(&self) -> Option<(i64, LeafAt)> {
        let many = self.all.iter().filter(|one| match one.body() {
            Body::DataCollected(said) => said.person_count_in_store >= Some(FACE_FILING_PEOPLE),
            _ => false,
        });
        let first = many.min_by_key(|one| one.occurred_at_ms)?;
        Some((first.occurred_at_ms, first.leaf.clone()))
    }
}

fn found(ids: &BTreeMap<&LeafAt, &[u8]>, finding: &Finding) -> Found {
    Found {
        rule: finding.rule,
        result: finding.result.name().to_owned(),
        cause: finding.cause.clone(),
        about: finding.about.clone(),
        event: finding.judged.as_ref().map(|leaf| ids[leaf].to_vec()),
        since_ms: finding.since_ms,
        until_ms: finding.until_ms,
    }
}

/// Texts of the body's fields that say whom or what it is about.
fn named(value: &[u8]) -> BTreeMap<&'static str, String> {
    let event = schema::decode(value).unwrap();
    let number = custodia_core::split::split(value).unwrap().body_number;
    let body = event.get_field_by_number(number).unwrap().into_owned();
    let body = body.as_message().unwrap().clone();
    let fields = [
        ("recipient_id", "recipient_id"),
        ("provider_id", "recipient_id"),
        ("incident_id", "incident_id"),
        ("named_subject_ref", "named_subject_ref"),
    ];
    let mut named = BTreeMap::new();
    for (field, what) in fields {
        let text = body.get_field_by_name(field);
        let text = text.as_ref().and_then(|text| text.as_str());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            named.insert(what, text.to_owned());
        }
    }
    // An authority's demand names a person, and is no event of theirs.
    if number != 209 && number != 210 {
        named.remove("named_subject_ref");
    }
    named
}

fn least(joined: &BTreeMap<&str, BTreeSet<&str>>, subject: &str) -> String {
    let (mut seen, mut open) = (
        BTreeSet::from([subject.to_owned()]),
        vec![subject.to_owned()],
    );
    while let Some(one) = open.pop() {
        for other in joined.get(one.as_str()).into_iter().flatten() {
            if seen.insert((*other).to_owned()) {
                open.push((*other).to_owned());
            }
        }
    }
    seen.pop_first().unwrap()
}

fn outflows(events: &[&Occurrence]) -> Vec<i64> {
    let left = events
        .iter()
        .filter(|one| matches!(one.kind, 200 | 206 | 209));
    let mut times: Vec<i64> = left.map(|one| one.occurred_at_ms).collect();
    times.sort_unstable();
    times
}

fn gaps(events: &[&Occurrence]) -> Vec<SequenceGap> {
    let mut sequences: BTreeMap<(u64, &str), BTreeMap<u64, &Occurrence>> = BTreeMap::new();
    for one in events {
        let (Some(epoch), Some(number)) = (one.event.producer_epoch, one.event.producer_seq) else {
            continue;
        };
        let sequence = sequences.entry((epoch, &one.leaf.log)).or_default();
        sequence.insert(number, one);
    }
    let mut gaps = Vec::new();
    for ((epoch, _), sequence) in sequences {
        let mut next = 0;
        for (number, one) in sequence {
            if number > next {
                gaps.push(SequenceGap {
                    epoch,
                    first: next,
                    last: number - 1,
                    after: one.leaf.clone(),
                    after_ms: one.occurred_at_ms,
                });
            }
            next = number + 1;
        }
    }
    gaps.sort();
    gaps
}
