//! The rows of some leaves in a row.

use std::collections::{BTreeMap, HashMap};

use custodia_core::entry::Entry;
use custodia_core::record::Record;
use custodia_core::verdict::{Facts, Judged, Named, Place, Reason, Verdict, judge};

use super::Error;
use super::remains::Remains;
use super::rows::{
    EVENT_ID, IdRow, Kind, LeafRow, SUBJECT, SubjectRow, Tag, VerdictKind, day_key, day_of, id_key,
    kind_key, late_key, leaf_key, subject_key,
};
use crate::keys::{KeyStore, Label, SubjectKey, row_tag, seal_row};
use crate::log::{Log, StoredLeaf};
use crate::store::{Batch, Family, Read as _};

/// What rows are made from and where they go.
pub(super) struct Source<'a> {
    pub(super) log: &'a Log,
    pub(super) keys: &'a KeyStore,
    pub(super) place: &'a Place,
    pub(super) family: Family,
}

/// A leaf whose payload was opened, where it is still held.
struct Opened {
    index: u64,
    record: Option<(Record, SubjectKey)>,
    splits: bool,
    timestamp_ms: i64,
    /// What is kept of it, where it is erased.
    remains: Option<Remains>,
}

/// A leaf by itself.
struct Read<'a> {
    opened: &'a Opened,
    judged: Option<Judged<'a>>,
    id_hash: Option<Tag>,
}

/// How many leaves got which verdict, by its code.
pub(super) type Counts = BTreeMap<&'static str, u64>;

impl Source<'_> {
    /// Puts the rows of `leaves` into `batch`. Counts the verdicts of those from `counted_from` on.
    pub(super) fn put_rows(
        &self,
        leaves: &[StoredLeaf],
        batch: &mut Batch,
        counted_from: u64,
    ) -> Result<Counts, Error> {
        let opened: Vec<_> = leaves
            .iter()
            .map(|leaf| self.open(leaf))
            .collect::<Result<_, _>>()?;
        let read: Vec<_> = opened.iter().map(|leaf| self.read(leaf)).collect();
        let mut ids = self.known_ids(&read)?;
        let verdicts: Vec<_> = read.iter().map(|leaf| verdict_of(leaf, &mut ids)).collect();
        let mut counts = Counts::new();
        for (leaf, verdict) in read.iter().zip(&verdicts) {
            self.put_clear(batch, leaf, verdict.clone());
            if let Some(verdict) = verdict
                .as_ref()
                .filter(|_| leaf.opened.index >= counted_from)
            {
                *counts.entry(verdict.code()).or_default() += 1;
            }
        }
        for (hash, row) in ids.iter().filter(|(_, known)| known.changed) {
            batch.put(self.family, &id_key(hash), &row.row.encode());
        }
        self.put_subjects(batch, &read, &verdicts)?;
        Ok(counts)
    }

    fn open(&self, leaf: &StoredLeaf) -> Result<Opened, Error> {
        let record = match &leaf.payload {
            Some(payload) => self
                .log
                .open_with_key(self.keys, leaf.index, &leaf.entry, payload)?,
            None => None,
        };
        // The log has read these bytes as an entry already.
        let entry = Entry::from_bytes(&leaf.entry).ok();
        let remains = leaf.remains.as_deref().map(|bytes| {
            Remains::decode(bytes).ok_or_else(|| Error::Corrupt {
                origin: self.log.name().to_owned(),
                what: format!("what remains of leaf {} can't be read", leaf.index),
            })
        });
        Ok(Opened {
            index: leaf.index,
            record,
            splits: entry.is_some_and(|entry| entry.splits),
            timestamp_ms: entry.map_or(-1, |entry| entry.timestamp_ms),
            remains: remains.transpose()?,
        })
    }

    fn read<'a>(&self, opened: &'a Opened) -> Read<'a> {
        let judged = opened
            .record
            .as_ref()
            .map(|(record, _)| judge(record, self.place));
        let facts = judged.as_ref().and_then(|judged| judged.facts.as_ref());
        let id_hash = facts.map(|facts| self.keys.ledger_tag(EVENT_ID, facts.event_id));
        let kept = opened.remains.as_ref().map(|remains| &remains.row);
        let id_hash = id_hash.or_else(|| kept?.event_id_hash);
        Read {
            opened,
            judged,
            id_hash,
        }
    }

    /// What earlier batches have of the ids in this one.
    fn known_ids(&self, leaves: &[Read<'_>]) -> Result<BTreeMap<Tag, KnownId>, Error> {
        let mut hashes: Vec<Tag> = leaves.iter().filter_map(|leaf| leaf.id_hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let keys: Vec<_> = hashes.iter().map(id_key).collect();
        let keys: Vec<&[u8]> = keys.iter().map(<[u8; 17]>::as_slice).collect();
        let rows = self.log.store().multi_get(self.family, &keys);
        let rows = rows.map_err(|source| self.store_error(source))?;
        let mut ids = BTreeMap::new();
        for (hash, row) in hashes.into_iter().zip(rows) {
            let Some(row) = row else { continue };
            let row = IdRow::decode(&row).ok_or_else(|| Error::Corrupt {
                origin: self.log.name().to_owned(),
                what: "the row of an event id can't be read".into(),
            })?;
            ids.insert(
                hash,
                KnownId {
                    row,
                    changed: false,
                },
            );
        }
        Ok(ids)
    }

    fn put_clear(&self, batch: &mut Batch, leaf: &Read<'_>, verdict: Option<Verdict>) {
        let facts = leaf.facts();
        let row = match (&leaf.opened.remains, verdict) {
            (Some(remains), _) => remains.row.clone(),
            (None, Some(verdict)) => LeafRow::of(verdict, leaf.id_hash, facts),
            (None, None) => LeafRow::default(),
        };
        batch.put(self.family, &leaf_key(leaf.opened.index), &row.encode());
        let Some(facts) = facts else { return };
        for key in keys_beside_people(self.keys, facts, leaf.opened.index) {
            batch.put(self.family, &key, &[]);
        }
    }

    fn put_subjects(
        &self,
        batch: &mut Batch,
        leaves: &[Read<'_>],
        verdicts: &[Option<Verdict>],
    ) -> Result<(), Error> {
        let mut naming: Vec<Naming<'_>> = leaves.iter().zip(verdicts).flat_map(namings).collect();
        naming.retain(|naming| {
            let erased = self.keys.remembered(naming.subject);
            let is_late = erased.is_some_and(|erased| naming.timestamp_ms <= erased.until_ms);
            if is_late && !naming.is_anothers {
                batch.put(self.family, &late_key(naming.index), &[]);
            }
            !(is_late && naming.is_anothers)
        });
        let absent: Vec<&[u8]> = naming
            .iter()
            .filter(|n| n.own_key.is_none())
            .map(|n| n.subject)
            .collect();
        let labels: Vec<_> = absent.iter().copied().map(Label::Key).collect();
        let found = self.keys.keys_for(self.log.name(), &labels)?;
        let found: HashMap<&[u8], &SubjectKey> = absent.into_iter().zip(&found).collect();
        for naming in &naming {
            let Some(key) = naming
                .own_key
                .or_else(|| found.get(naming.subject).copied())
            else {
                continue;
            };
            let row_key = subject_key(&row_tag(key, SUBJECT), naming.index);
            batch.put(
                self.family,
                &row_key,
                &seal_row(key, &row_key, &naming.row.encode()),
            );
        }
        Ok(())
    }

    fn store_error(&self, source: crate::store::Error) -> Error {
        Error::Store {
            origin: self.log.name().to_owned(),
            source,
        }
    }
}

impl<'a> Read<'a> {
    fn facts(&self) -> Option<&Facts<'a>> {
        self.judged.as_ref()?.facts.as_ref()
    }
}

/// The leaves with one event id, as far as this batch has come.
struct KnownId {
    row: IdRow,
    changed: bool,
}

/// The verdict of a leaf after those before it; none where its payload is not held any more, and nothing
/// remains of it.
fn verdict_of(leaf: &Read<'_>, ids: &mut BTreeMap<Tag, KnownId>) -> Option<Verdict> {
    let index = leaf.opened.index;
    let id = leaf.id_hash.map(|hash| {
        let unknown = IdRow {
            first: index,
            accepted: None,
        };
        ids.entry(hash).or_insert(KnownId {
            row: unknown,
            changed: true,
        })
    });
    if let Some(remains) = &leaf.opened.remains {
        if let (Some(id), Some(hash)) = (id, remains.value_hash)
            && id.row.accepted.is_none()
        {
            id.row.accepted = Some((index, hash));
            id.changed = true;
        }
        return remains.row.verdict.clone();
    }
    let judged = leaf.judged.as_ref()?;
    if let Some(reason) = &judged.reason {
        return Some(Verdict::Quarantined {
            reason: reason.clone(),
        });
    }
    let record = leaf.opened.record.as_ref().map(|(record, _)| record);
    let value = record
        .and_then(|record| record.value.as_deref())
        .unwrap_or_default();
    let hash = *blake3::hash(value).as_bytes();
    let Some(id) = id else {
        return Some(Verdict::Accepted);
    };
    Some(match id.row.accepted {
        Some((of, known)) if known == hash => Verdict::Duplicate { of },
        Some((of, _)) => Verdict::Quarantined {
            reason: Reason::IdReused { of },
        },
        None => {
            id.row.accepted = Some((index, hash));
            id.changed = true;
            Verdict::Accepted
        }
    })
}

/// A leaf that names a person.
pub(super) struct Naming<'a> {
    index: u64,
    timestamp_ms: i64,
    pub(super) subject: &'a [u8],
    /// Whether the record is another person's, and names this one in its body alone.
    pub(super) is_anothers: bool,
    /// The person's key, where the record itself is sealed under it.
    own_key: Option<&'a SubjectKey>,
    row: SubjectRow,
}

/// Each person that a leaf names, once.
fn namings<'a>((leaf, verdict): (&'a Read<'a>, &Option<Verdict>)) -> Vec<Naming<'a>> {
    let (Some((record, own)), Some(verdict)) = (&leaf.opened.record, verdict) else {
        return Vec::new();
    };
    let opened = leaf.opened;
    let place = (opened.index, opened.timestamp_ms);
    let mut namings = namings_of(record, leaf.facts(), verdict, place);
    for naming in &mut namings {
        let sealed_so = opened.splits && record.key.as_deref() == Some(naming.subject);
        naming.own_key = sealed_so.then_some(own);
    }
    namings
}

/// Each person that a record names, once; `place` is its leaf and its record time.
pub(super) fn namings_in<'a>(
    record: &'a Record,
    to: &Place,
    verdict: Option<&Verdict>,
    place: (u64, i64),
) -> Vec<Naming<'a>> {
    let judged = judge(record, to);
    let verdict = verdict.unwrap_or(&Verdict::Accepted);
    namings_of(record, judged.facts.as_ref(), verdict, place)
}

fn namings_of<'a>(
    record: &'a Record,
    facts: Option<&Facts<'a>>,
    verdict: &Verdict,
    (index, timestamp_ms): (u64, i64),
) -> Vec<Naming<'a>> {
    let key = record.key.as_deref();
    let mut namings: Vec<Naming<'_>> = Vec::with_capacity(1);
    for (named, subject) in Facts::subjects_of(facts, key) {
        let bit = SubjectRow::bit(named);
        if let Some(known) = namings.iter_mut().find(|naming| naming.subject == subject) {
            known.row.named |= bit;
            continue;
        }
        namings.push(Naming {
            index,
            timestamp_ms,
            subject,
            is_anothers: false,
            own_key: None,
            row: SubjectRow {
                named: bit,
                body_number: facts.map(|facts| facts.body_number),
                occurred_at_ms: facts.and_then(|facts| facts.occurred_at_ms),
                verdict: VerdictKind::from(verdict),
            },
        });
    }
    let body_alone = SubjectRow::bit(Named::Body);
    let is_owned = namings.iter().any(|naming| naming.row.named != body_alone);
    for naming in &mut namings {
        naming.is_anothers = is_owned && naming.row.named == body_alone;
    }
    namings
}

/// The keys of the rows that a leaf has beside those of people.
pub(super) fn keys_beside_people(keys: &KeyStore, facts: &Facts<'_>, index: u64) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (kind, id) in ids_of(facts) {
        let tag = keys.ledger_tag(kind.name(), id);
        if kind.has_rows() {
            all.push(kind_key(kind, &tag, index).to_vec());
        }
        if let Some(ms) = facts.occurred_at_ms.filter(|_| kind.has_days()) {
            all.push(day_key(kind, &tag, day_of(ms), index).to_vec());
        }
    }
    all
}

/// What an event stands under beside people.
fn ids_of<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = (Kind, &'a [u8])> {
    let access = facts.access.as_ref();
    let text = |id: Option<&'a str>| id.map(str::as_bytes);
    let ids = [
        (Kind::Recipient, text(facts.recipient_id)),
        (Kind::Incident, text(facts.incident_id)),
        (Kind::Correlation, text(facts.correlation_id)),
        (
            Kind::Credential,
            access.map(|access| access.credential_fingerprint.as_slice()),
        ),
        (
            Kind::Endpoint,
            access.map(|access| access.endpoint_ref.as_bytes()),
        ),
        (Kind::Producer, text(facts.registered_producer)),
        (Kind::Sdk, text(facts.sdk_name)),
        (Kind::Employee, text(facts.employee_ref)),
    ];
    ids.into_iter()
        .filter_map(|(kind, id)| Some((kind, id.filter(|id| !id.is_empty())?)))
}
