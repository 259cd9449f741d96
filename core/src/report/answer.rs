//! What an extract says, gathered leaf by leaf.
//!
//! Owns the leaves in a compact form (the opened bytes, decoded again when a document needs them)
//! and all counts over them. Memory: some 250 bytes a leaf beside what its opened slots hold.

use std::collections::{BTreeMap, BTreeSet};

use super::judged::{self, Judged};
use super::row::Row;
use super::word::Word;
use crate::entry::Entry;
use crate::extract::{EventLine, Manifest, Said, SaidVerdict, SlotLine};
use crate::slot::SlotId;

/// Most leaves of one extract.
pub const MAX_EVENTS: usize = 1_000_000;

/// More leaves than [`MAX_EVENTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an extract has at most {MAX_EVENTS} events")]
pub struct TooManyEvents;

/// What an extract says: make one, push each line of `events.jsonl` in order, finish.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) manifest: Manifest,
    /// After [`finish`](Self::finish) by record time, log and index.
    pub(super) leaves: Vec<Leaf>,
    pub(super) totals: Totals,
    pub(super) recipients: BTreeMap<String, Received>,
    pub(super) register: BTreeMap<String, Registered>,
    /// Where each consent was given.
    pub(super) consents: BTreeMap<String, Place>,
    pub(super) words: BTreeMap<Word, u64>,
    /// What the rules say, after [`finish`](Self::finish).
    pub(super) judged: Judged,
    /// The sets of slots withheld, each once.
    pub(super) withheld: Vec<Vec<u8>>,
    /// How many leaves withhold each slot.
    pub(super) withheld_counts: BTreeMap<u8, u64>,
    withheld_places: BTreeMap<Vec<u8>, usize>,
    places: BTreeMap<String, u32>,
}

/// A leaf of a log of the cut, by the log's place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) log: u32,
    pub(super) index: u64,
}

/// One leaf, as compact as its documents allow.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) place: Place,
    pub(super) record_ms: i64,
    pub(super) broker_time: bool,
    /// The body's number, where it is shown.
    pub(super) kind: Option<u32>,
    pub(super) class: Class,
    /// Whether nothing is left of its payload.
    pub(super) gone: bool,
    pub(super) said: Box<Said>,
    /// Whether it is under another person than the one asked about.
    pub(super) of_another: bool,
    /// Its place in [`Answer::withheld`].
    pub(super) withheld: usize,
    /// The opened blocks of the envelope, one after the other.
    pub(super) envelope: Box<[u8]>,
    /// The opened blocks of the body, one after the other.
    pub(super) body: Box<[u8]>,
}

/// What a leaf is to the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Data left for a recipient.
    Outflow,
    /// Another event.
    Other,
    /// A registration or order that other rows rest on.
    Source,
    /// Quarantined, not judged, or not to be read by this edition.
    Unread,
    /// Its payload is erased.
    Erased,
}

/// Counts over all leaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) shared: u64,
    pub(super) transferred: u64,
    pub(super) disclosed: u64,
    pub(super) repeated: u64,
    pub(super) others: u64,
    pub(super) sources: u64,
    pub(super) unread: u64,
    pub(super) erased: u64,
    pub(super) producer_times: u64,
    pub(super) categories: BTreeSet<Word>,
    pub(super) people: BTreeSet<String>,
}

/// What one recipient received.
#[derive(Debug, Clone, Default)]
pub(super) struct Received {
    pub(super) shared: u64,
    pub(super) transferred: u64,
    pub(super) disclosed: u64,
    pub(super) repeated: u64,
    pub(super) others: u64,
    /// First and last outflow by the events' own time, else by the record's.
    pub(super) between: Option<(i64, i64)>,
    pub(super) categories: BTreeSet<Word>,
    pub(super) purposes: BTreeSet<Word>,
    pub(super) bases: BTreeSet<Word>,
    pub(super) people: BTreeSet<String>,
}

/// What the latest registration of a recipient in this extract says.
#[derive(Debug, Clone)]
pub(super) struct Registered {
    pub(super) name: String,
    pub(super) kind: Option<Word>,
    pub(super) role: Option<Word>,
    pub(super) contact: String,
    pub(super) from: Place,
    pub(super) order: (i64, Place),
    pub(super) terminated: Option<Place>,
}

impl Totals {
    pub(super) const fn outflows(&self) -> u64 {
        self.shared + self.transferred + self.disclosed
    }
}

impl Received {
    pub(super) const fn outflows(&self) -> u64 {
        self.shared + self.transferred + self.disclosed
    }
}

/// Registrations, the policy, orders of erasure: what rows rest on.
const SOURCES: [u32; 9] = [100, 120, 121, 122, 303, 304, 340, 341, 342];
/// Shared, transferred, disclosed.
const OUTFLOWS: [u32; 3] = [200, 206, 209];
const CONSENT_GRANTED: u32 = 141;

impl Answer {
    /// An answer without events yet. The manifest's members don't matter to it.
    #[must_use]
    pub fn new(manifest: &Manifest) -> Self {
        let manifest = Manifest {
            members: None,
            ..manifest.clone()
        };
        let logs = manifest.cut.logs.iter().map(|log| log.origin.clone());
        let places = logs.zip(0..).collect();
        let mut answer = Self {
            manifest,
            leaves: Vec::new(),
            totals: Totals::default(),
            recipients: BTreeMap::new(),
            register: BTreeMap::new(),
            consents: BTreeMap::new(),
            words: BTreeMap::new(),
            judged: Judged::default(),
            withheld: vec![Vec::new()],
            withheld_places: BTreeMap::from([(Vec::new(), 0)]),
            withheld_counts: BTreeMap::new(),
            places,
        };
        answer.count_words_of_manifest();
        answer
    }

    fn count_words_of_manifest(&mut self) {
        let request = &self.manifest.request;
        let profile = format!("RP_{}", self.manifest.profile.name().replace('-', "_"));
        let words = [
            Word::named("RequesterKind", &request.requester),
            Word::named("LegalBasisOfReading", &request.legal_basis),
            Word::named("RedactionProfile", &profile),
        ];
        for word in words.into_iter().flatten() {
            *self.words.entry(word).or_default() += 1;
        }
    }

    /// Takes the next leaf, in the order of `events.jsonl`.
    ///
    /// # Errors
    /// [`TooManyEvents`].
    pub fn push(&mut self, line: &EventLine) -> Result<(), TooManyEvents> {
        if self.leaves.len() == MAX_EVENTS {
            return Err(TooManyEvents);
        }
        let leaf = self.leaf(line);
        let row = Row::of(&leaf);
        self.count(&leaf, &row);
        self.leaves.push(Leaf {
            class: row.class,
            ..leaf
        });
        Ok(())
    }

    /// Brings the leaves into the order of record time, log and index, and judges them.
    pub fn finish(&mut self) {
        self.leaves.sort_by_key(|leaf| (leaf.record_ms, leaf.place));
        self.leaves.shrink_to_fit();
        self.judged = Judged::of(&self.manifest, &self.leaves);
    }

    fn leaf(&mut self, line: &EventLine) -> Leaf {
        let entry = Entry::from_bytes(&line.entry).ok();
        let mut opened = Opened::default();
        let mut withheld = Vec::new();
        for slot in line.slots.iter().flatten() {
            match slot {
                SlotLine::Opened(slot) => opened.take(SlotId(slot.id), &slot.bytes),
                SlotLine::Withheld(slot) => withheld.push(slot.id),
            }
        }
        Leaf {
            place: self.place(&line.log, line.index.0),
            record_ms: entry.map_or(-1, |entry| entry.timestamp_ms),
            broker_time: entry.is_some_and(|entry| entry.log_append_time),
            kind: opened.kind,
            class: Class::Other,
            gone: line.slots.is_none(),
            said: Box::new(line.said.clone()),
            of_another: judged::is_of_another(self.manifest.profile, &withheld),
            withheld: self.withheld_set(withheld),
            envelope: opened.envelope.into(),
            body: opened.body.into(),
        }
    }

    /// A log that isn't the cut's, which no verified extract has, goes after them.
    pub(super) fn place(&self, log: &str, index: u64) -> Place {
        let log = self.places.get(log).copied().unwrap_or(u32::MAX);
        Place { log, index }
    }

    fn withheld_set(&mut self, slots: Vec<u8>) -> usize {
        for slot in &slots {
            *self.withheld_counts.entry(*slot).or_default() += 1;
        }
        if let Some(known) = self.withheld_places.get(&slots) {
            return *known;
        }
        let place = self.withheld.len();
        self.withheld.push(slots.clone());
        self.withheld_places.insert(slots, place);
        place
    }

    fn count(&mut self, leaf: &Leaf, row: &Row) {
        for word in &row.words {
            *self.words.entry(*word).or_default() += 1;
        }
        self.totals.producer_times += u64::from(!leaf.broker_time);
        match row.class {
            Class::Source => self.totals.sources += 1,
            Class::Unread => self.totals.unread += 1,
            Class::Erased => self.totals.erased += 1,
            Class::Other => self.totals.others += 1,
            Class::Outflow => self.count_outflow(leaf, row),
        }
        if row.class == Class::Source {
            self.register(leaf, row);
        }
        self.count_of_recipient(leaf, row);
        if leaf.kind == Some(CONSENT_GRANTED)
            && row.class == Class::Other
            && let Some(consent) = row.text("consent_id")
        {
            self.consents.entry(consent).or_insert(leaf.place);
        }
        self.totals.people.extend(leaf.said.subject.clone());
    }

    fn count_outflow(&mut self, leaf: &Leaf, row: &Row) {
        if leaf.said.verdict == SaidVerdict::Duplicate {
            self.totals.repeated += 1;
            return;
        }
        *self.totals.of(leaf.kind) += 1;
        self.totals.categories.extend(&row.categories);
    }

    fn count_of_recipient(&mut self, leaf: &Leaf, row: &Row) {
        let Some(id) = row.recipient.as_ref() else {
            return;
        };
        let rows = matches!(row.class, Class::Outflow | Class::Other);
        if !rows {
            return;
        }
        let received = self.recipients.entry(id.clone()).or_default();
        if row.class == Class::Other {
            received.others += 1;
            return;
        }
        if leaf.said.verdict == SaidVerdict::Duplicate {
            received.repeated += 1;
            return;
        }
        *received.of(leaf.kind) += 1;
        let moment = row.occurred_ms.unwrap_or(leaf.record_ms);
        let (first, last) = received.between.unwrap_or((moment, moment));
        received.between = Some((first.min(moment), last.max(moment)));
        received.categories.extend(&row.categories);
        received.purposes.extend(&row.purposes);
        received.bases.extend(&row.bases);
        received.people.extend(leaf.said.subject.clone());
    }

    fn register(&mut self, leaf: &Leaf, row: &Row) {
        let Some(id) = row.recipient.clone() else {
            return;
        };
        if leaf.kind == Some(122) {
            if let Some(known) = self.register.get_mut(&id) {
                known.terminated = Some(leaf.place);
            }
            return;
        }
        let (Some(120 | 121), Some(name)) = (leaf.kind, row.text("name")) else {
            return;
        };
        let order = (leaf.record_ms, leaf.place);
        if self
            .register
            .get(&id)
            .is_some_and(|known| known.order > order)
        {
            return;
        }
        let registered = Registered {
            name,
            kind: row.word("kind"),
            role: row.word("legal_role"),
            contact: row.text("contact").unwrap_or_default(),
            from: leaf.place,
            order,
            terminated: None,
        };
        self.register.insert(id, registered);
    }

    /// The slots of a leaf that are withheld.
    pub(super) fn withheld_of(&self, leaf: &Leaf) -> &[u8] {
        self.withheld.get(leaf.withheld).map_or(&[], Vec::as_slice)
    }

    /// The leaves of a class, in order.
    pub(super) fn of(&self, class: Class) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().filter(move |leaf| leaf.class == class)
    }

    /// Origin of a log by its place in the cut.
    pub(super) fn origin(&self, place: Place) -> &str {
        let logs = &self.manifest.cut.logs;
        let log = usize::try_from(place.log).ok().and_then(|at| logs.get(at));
        log.map_or("?", |log| &log.origin)
    }
}

impl Totals {
    fn of(&mut self, kind: Option<u32>) -> &mut u64 {
        match kind {
            Some(206) => &mut self.transferred,
            Some(209) => &mut self.disclosed,
            _ => &mut self.shared,
        }
    }
}

impl Received {
    fn of(&mut self, kind: Option<u32>) -> &mut u64 {
        match kind {
            Some(206) => &mut self.transferred,
            Some(209) => &mut self.disclosed,
            _ => &mut self.shared,
        }
    }
}

impl Class {
    /// What a leaf is, whose opened slots do or don't decode.
    pub(super) fn of(leaf: &Leaf, decodes: bool) -> Self {
        use SaidVerdict::{Accepted, Duplicate};
        let judged = matches!(leaf.said.verdict, Accepted | Duplicate);
        match leaf.kind {
            _ if leaf.gone => Self::Erased,
            Some(kind) if judged && decodes => match kind {
                kind if OUTFLOWS.contains(&kind) => Self::Outflow,
                kind if SOURCES.contains(&kind) => Self::Source,
                _ => Self::Other,
            },
            _ => Self::Unread,
        }
    }
}

/// The opened slots of a leaf, put together again.
#[derive(Default)]
struct Opened {
    kind: Option<u32>,
    envelope: Vec<u8>,
    body: Vec<u8>,
}

impl Opened {
    fn take(&mut self, id: SlotId, bytes: &[u8]) {
        use crate::slot::SlotKind::{BodyBlock, BodyType, EnvelopeBlock};
        match id.kind() {
            Some(EnvelopeBlock(_)) => self.envelope.extend_from_slice(bytes),
            Some(BodyBlock(_)) => self.body.extend_from_slice(bytes),
            Some(BodyType) => self.kind = bytes.try_into().ok().map(u32::from_be_bytes),
            _ => {}
        }
    }
}
