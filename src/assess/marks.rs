//! A first reading of new leaves: whose findings they may change, and what is counted.

use std::collections::BTreeSet;

use custodia_core::assess::{Reach, Register, Scope, names, reach};
use custodia_core::entry::ENTRY_BYTES;
use custodia_core::record::Record;
use custodia_core::schema::is_reference;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{DataCategory, DataCollected, Event};
use custodia_core::verdict::{Facts, Place, TopicRole, Verdict, judge};
use prost::Message as _;

use super::Error;
use super::rows::{
    CASE, FACES, LINK, NAMED, NAMES, NOBODY, OUTFLOW, Owner, PERSON, PersonRow, Tag, UNNUMBERED,
    erased_tag, key, log_tag, name_tag, person_tag, sortable,
};
use super::sequences::LogSequences;
use super::store::{FAMILY, FindingsStore, Head};
use crate::keys::{Label, seal_row};
use crate::log::StoredLeaf;
use crate::project::{LeafRow, Page};
use crate::query::LogRows;
use crate::store::Batch;

/// Leaves read at once.
const MOST_LEAVES: usize = 1024;
/// Bytes of payloads after which no further leaf is read.
const MOST_BYTES: usize = 4 << 20;
/// People remembered one by one; beyond, everybody is judged again.
const MOST_MARKED: usize = 100_000;
/// Everything but people.
pub(super) const ALL_THINGS: [Scope; 4] = [
    Scope::Recipient,
    Scope::Incident,
    Scope::Producer,
    Scope::Operator,
];
/// Numbers of the bodies with which data leaves: shared, transferred, disclosed.
const OUTFLOWS: [u32; 3] = [200, 206, 209];
/// Numbers of `ErasureOrdered` and `SubjectKeyShredded`.
const ERASURES: [u32; 2] = [303, 304];
/// From how many people on a store of face data is to be filed (人脸识别技术应用安全管理办法 15).
const LARGE_FACE_STORE: u64 = 100_000;

/// Whose findings are to be made again.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// People one by one; none while everybody is marked.
    pub(super) people: BTreeSet<Tag>,
    /// Recipients, incidents and producers one by one.
    pub(super) things: BTreeSet<Owner>,
    /// Scopes in which all are.
    whole: BTreeSet<Scope>,
    /// Whether something may be gone that could be read before.
    pub(super) erased: bool,
}

impl Marks {
    pub(super) fn person(&mut self, tag: Tag) {
        if !self.is_whole(Scope::Subject) {
            self.people.insert(tag);
            if self.people.len() > MOST_MARKED {
                self.mark_whole(&[Scope::Subject]);
            }
        }
    }

    /// Marks all of these scopes.
    pub(super) fn mark_whole(&mut self, scopes: &[Scope]) {
        self.whole.extend(scopes);
        if self.is_whole(Scope::Subject) {
            self.people.clear();
        }
    }

    /// Marks everybody and everything.
    pub(super) fn mark_all(&mut self) {
        self.mark_whole(&[Scope::Subject]);
        self.mark_whole(&ALL_THINGS);
    }

    pub(super) fn is_whole(&self, scope: Scope) -> bool {
        self.whole.contains(&scope)
    }

    /// All of a scope were judged, or listed one by one.
    pub(super) fn unmark_whole(&mut self, scope: Scope) {
        self.whole.remove(&scope);
    }
}

/// Reads the leaves of one log.
pub(super) struct Marking<'a> {
    store: &'a FindingsStore,
    log: &'a LogRows,
    marks: &'a mut Marks,
    head: &'a mut Head,
    batch: &'a mut Batch,
    /// The log's tag.
    tag: Tag,
    /// People of this stretch that have a row, or get one with the batch.
    noted: BTreeSet<Tag>,
    /// The same of recipients, incidents and producers.
    noted_things: BTreeSet<Owner>,
    /// The same of producers that sent an event without a number.
    noted_unnumbered: BTreeSet<Tag>,
}

/// An accepted event, read.
struct Read<'a> {
    index: u64,
    facts: &'a Facts<'a>,
    body: &'a Body,
    people: Vec<Tag>,
}

impl<'a> Marking<'a> {
    pub(super) fn new(
        store: &'a FindingsStore,
        log: &'a LogRows,
        marks: &'a mut Marks,
        head: &'a mut Head,
        batch: &'a mut Batch,
    ) -> Self {
        let tag = log_tag(&store.keys, log.log().name());
        Self {
            store,
            log,
            marks,
            head,
            batch,
            tag,
            noted: BTreeSet::new(),
            noted_things: BTreeSet::new(),
            noted_unnumbered: BTreeSet::new(),
        }
    }

    /// Reads from `from` on, below `below`; where it ended.
    pub(super) fn stretch(&mut self, from: u64, below: u64) -> Result<u64, Error> {
        let most = usize::try_from(below - from)
            .unwrap_or(usize::MAX)
            .min(MOST_LEAVES);
        let leaves = self.log.log().stretch(from, most, MOST_BYTES)?;
        let end = from + leaves.len() as u64;
        let page = Page {
            from,
            ..Page::all_below(end)
        };
        let rows = self.log.rows.verdicts(&page)?;
        self.number(&rows)?;
        for (leaf, (_, row)) in leaves.iter().zip(&rows) {
            if row.verdict.as_ref().is_some_and(Verdict::is_accepted) {
                self.leaf(leaf)?;
            }
        }
        Ok(end)
    }

    /// Takes in the producers' sequence numbers.
    fn number(&mut self, rows: &[(u64, LeafRow)]) -> Result<(), Error> {
        let mut sequences = LogSequences::new(self.store, self.tag);
        for (index, row) in rows {
            let Some(producer) = &row.producer else {
                continue;
            };
            let owner = Owner {
                scope: Scope::Producer,
                tag: name_tag(&self.store.keys, producer),
            };
            let mut changed = self.thing(owner, producer)?;
            match row.producer_seq {
                Some(seq) => {
                    let epoch = row.producer_epoch.unwrap_or(0);
                    changed |= sequences.see(&owner.tag, epoch, seq, *index)?;
                }
                None if row.verdict.as_ref().is_some_and(Verdict::is_accepted) => {
                    changed |= self.unnumbered(owner.tag, *index)?;
                }
                None => {}
            }
            if changed {
                self.marks.things.insert(owner);
            }
        }
        sequences.put(self.batch, self.log.log().name());
        Ok(())
    }

    /// Puts the first event of a producer in this log that has no number; whether it is the first.
    fn unnumbered(&mut self, producer: Tag, index: u64) -> Result<bool, Error> {
        if !self.noted_unnumbered.insert(producer) {
            return Ok(false);
        }
        let key = key(UNNUMBERED, &[&producer, &self.tag]);
        let first = self.store.get(&key)?.is_none();
        if first {
            let origin = self.log.log().name().as_bytes();
            let value = [&index.to_be_bytes()[..], origin].concat();
            self.batch.put(FAMILY, &key, &value);
        }
        Ok(first)
    }

    fn leaf(&mut self, leaf: &StoredLeaf) -> Result<(), Error> {
        let Some(record) = self.open(leaf.index, &leaf.entry, leaf.payload.as_deref())? else {
            return Ok(());
        };
        let place = Place {
            role: self.log.role,
            partition: self.log.log().origin().partition,
            partitions: self.log.log().generation().partitions,
        };
        let Some(facts) = judge(&record, &place).facts else {
            return Ok(());
        };
        let Some(body) = Event::decode(facts.event).ok().and_then(|event| event.body) else {
            return Ok(());
        };
        let people = self.people(&facts, record.key.as_deref())?;
        let read = Read {
            index: leaf.index,
            facts: &facts,
            body: &body,
            people,
        };
        self.link(&read);
        self.name(&read);
        self.things(&read)?;
        self.count(&read);
        if self.log.role == TopicRole::Registry {
            self.reach(&read)?;
        }
        Ok(())
    }

    fn open(
        &self,
        index: u64,
        entry: &[u8; ENTRY_BYTES],
        payload: Option<&[u8]>,
    ) -> Result<Option<Record>, Error> {
        let Some(payload) = payload else {
            return Ok(None);
        };
        let opened = self
            .log
            .log()
            .open_with_key(&self.store.keys, index, entry, payload)?;
        Ok(opened.map(|(record, _)| record))
    }

    /// Marks each person that an event names, also by the digest of one who is erased.
    fn people(&mut self, facts: &Facts<'_>, key: Option<&[u8]>) -> Result<Vec<Tag>, Error> {
        let mut tags = Vec::with_capacity(1);
        for (_, bytes) in Facts::subjects_of(Some(facts), key) {
            let reference = std::str::from_utf8(bytes).ok();
            let tag = match reference.filter(|text| is_reference(text)) {
                Some(reference) => {
                    let tag = person_tag(&self.store.keys, reference);
                    self.note(tag, reference)?;
                    tag
                }
                None => erased_tag(&self.store.keys, bytes),
            };
            self.marks.person(tag);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Ok(tags)
    }

    /// Puts a row of a person who has none, or one that doesn't open any more.
    fn note(&mut self, tag: Tag, reference: &str) -> Result<(), Error> {
        if !self.noted.insert(tag) {
            return Ok(());
        }
        let row = self.store.person_row(&tag)?;
        if let Some(row) = &row {
            if self.store.open_person(&tag, row)?.is_some() {
                return Ok(());
            }
            // Somebody who was erased comes again: what was kept before is not theirs.
            for linked in self.store.drop_person(self.batch, &tag)? {
                self.marks.person(linked);
            }
        }
        if put_person(
            self.store,
            self.batch,
            &tag,
            reference,
            self.log.log().name(),
        )? && row.is_none()
        {
            self.head.people += 1;
            self.marks.mark_whole(&[Scope::Operator]);
        }
        Ok(())
    }

    fn link(&mut self, read: &Read<'_>) {
        let Body::SubjectLinked(linked) = read.body else {
            return;
        };
        let other = person_tag(&self.store.keys, &linked.other_ref);
        for tag in read.people.iter().filter(|tag| **tag != other) {
            self.batch.put(FAMILY, &key(LINK, &[tag, &other]), &[]);
            self.batch.put(FAMILY, &key(LINK, &[&other, tag]), &[]);
        }
    }

    /// Remembers what the people's event names.
    fn name(&mut self, read: &Read<'_>) {
        if read.people.is_empty() {
            return;
        }
        for name in names(read.facts, read.body) {
            let name = name_tag(&self.store.keys, name);
            for person in &read.people {
                self.batch.put(FAMILY, &key(NAMED, &[&name, person]), &[]);
                self.batch.put(FAMILY, &key(NAMES, &[person, &name]), &[]);
            }
        }
    }

    /// Marks the recipient, the incident and the producer that an event is about.
    fn things(&mut self, read: &Read<'_>) -> Result<(), Error> {
        let about = [
            (Scope::Recipient, read.facts.recipient_id),
            (Scope::Incident, read.facts.incident_id),
            (Scope::Producer, read.facts.registered_producer),
        ];
        for (scope, id) in about {
            let Some(id) = id else { continue };
            let owner = Owner {
                scope,
                tag: name_tag(&self.store.keys, id),
            };
            self.thing(owner, id)?;
            self.marks.things.insert(owner);
        }
        Ok(())
    }

    /// Puts a row of what has none; whether it had none.
    fn thing(&mut self, owner: Owner, id: &str) -> Result<bool, Error> {
        if !self.noted_things.insert(owner) {
            return Ok(false);
        }
        let first = self.store.thing(owner)?.is_none();
        if first {
            self.store.put_thing(self.batch, owner, id);
        }
        Ok(first)
    }

    /// Counts what left, and what went into a large store of faces.
    fn count(&mut self, read: &Read<'_>) {
        let whose = read.people.first().copied().unwrap_or(NOBODY);
        let Some(ms) = read.facts.occurred_at_ms else {
            return;
        };
        let place = [
            &sortable(ms)[..],
            &self.tag[..],
            &read.index.to_be_bytes()[..],
        ]
        .concat();
        let recipient = read.facts.recipient_id;
        if let Some(recipient) = recipient.filter(|_| OUTFLOWS.contains(&read.facts.body_number)) {
            let recipient = name_tag(&self.store.keys, recipient);
            let key = key(OUTFLOW, &[&recipient, &place]);
            self.batch.put(FAMILY, &key, &whose);
        }
        if let Body::DataCollected(said) = read.body
            && fills_a_large_face_store(said)
        {
            self.batch.put(FAMILY, &key(FACES, &[&place]), &whose);
            self.marks.mark_whole(&[Scope::Operator]);
        }
    }

    /// Marks whoever an event of the registry may concern.
    fn reach(&mut self, read: &Read<'_>) -> Result<(), Error> {
        let kind = read.facts.body_number;
        if !Register::keeps(kind) {
            return Ok(());
        }
        let registered = [Scope::Recipient, Scope::Producer, Scope::Operator];
        self.marks.mark_whole(&registered);
        if ERASURES.contains(&kind) {
            // What the person's events were part of is no longer there.
            self.marks.mark_whole(&[Scope::Incident]);
            self.marks.erased = true;
        }
        if self.is_of_case(read.body)? {
            // Whom the case named can't be told any more.
            self.marks.mark_all();
        }
        match reach(kind) {
            Reach::Nobody => {}
            Reach::Everybody => self.marks.mark_all(),
            Reach::Named => {
                for name in names(read.facts, read.body) {
                    self.reach_named(&name_tag(&self.store.keys, name))?;
                }
            }
        }
        Ok(())
    }

    /// Whether an erasure is of the key of an authority's case. The order says so, and is remembered.
    fn is_of_case(&mut self, body: &Body) -> Result<bool, Error> {
        let row = |digest| key(CASE, &[&erased_tag(&self.store.keys, digest)]);
        match body {
            Body::ErasureOrdered(said) if said.case_key == Some(true) => {
                let row = row(&said.erased_subject_blake3);
                self.batch.put(FAMILY, &row, &[]);
                Ok(true)
            }
            Body::SubjectKeyShredded(said) => {
                let row = row(&said.erased_subject_blake3);
                Ok(self.store.get(&row)?.is_some())
            }
            _ => Ok(false),
        }
    }

    /// People of leaves that are read only now are marked by these.
    fn reach_named(&mut self, name: &Tag) -> Result<(), Error> {
        for row in self.store.scan(&key(NAMED, &[name]), None)? {
            let (row, _) = row?;
            let tag = super::rows::tag_at(&row, 1 + name.len());
            let cut = || self.store.corrupt("a row's key is cut short");
            self.marks.person(tag.ok_or_else(cut)?);
            if self.marks.is_whole(Scope::Subject) {
                break;
            }
        }
        Ok(())
    }
}

/// Puts a person's row with the key that a log has of the person; whether it has one.
pub(super) fn put_person(
    store: &FindingsStore,
    batch: &mut Batch,
    tag: &Tag,
    reference: &str,
    origin: &str,
) -> Result<bool, Error> {
    let label = Label::Key(reference.as_bytes());
    let Some(person_key) = store.keys.find(origin, &label)? else {
        return Ok(false);
    };
    let key = key(PERSON, &[tag]);
    let row = PersonRow {
        origin: origin.to_owned(),
        locator: store.keys.locator(origin, &label),
        sealed: seal_row(&person_key, &key, reference.as_bytes()),
    };
    batch.put(FAMILY, &key, &row.encode());
    Ok(true)
}

fn fills_a_large_face_store(said: &DataCollected) -> bool {
    said.categories.contains(&DataCategory::DcFaceImage.into())
        && said
            .person_count_in_store
            .is_some_and(|people| people >= LARGE_FACE_STORE)
}
