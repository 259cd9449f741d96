//! The findings' store: a `RocksDB` of its own in the data folder, which can be dropped at any time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use custodia_core::assess::{Finding, Outcome};
use serde::{Deserialize, Serialize};

use super::Error;
use super::rows::{
    Header, LINK, NAMED, NAMES, OUTFLOW, Owner, PERSON, PersonRow, THING, Tag, finding_key,
    findings_of, key, scope_byte, since_key, tag_at,
};
use crate::keys::{KeyStore, Label, SubjectKey, open_row, seal_row};
use crate::project;
use crate::query::CutName;
use crate::store::{
    Batch, Content, Direction, Durability, Family, KeyRange, Layout, Pair, Read, Shared, Store,
    Versions,
};

/// The version of the rows' layout. A change of it takes the next number.
const VERSION: u32 = 1;
const META: Family = Family::new("meta", Content::Clear);
const ROWS: Versions = Versions::new("findings", Content::Hashed);
const LAYOUT: Layout = Layout {
    fixed: &[META],
    versions: &[ROWS],
};
/// The rows' family.
pub(super) const FAMILY: Family = ROWS.at(VERSION);
const HEAD: &[u8] = b"head";
/// Where the key stands that seals what is of no person.
const KEY_PLACE: &str = "findings";

/// What the rows are of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Digest of the rules and holidays, hex.
    pub(super) digest: String,
    /// The version of the rows that findings are made from.
    pub(super) rows_version: u32,
    /// The cut that all findings are of; none where there are none yet.
    pub(super) covered: Option<CutName>,
    /// The cut that some findings are of already.
    pub(super) under_way: Option<CutName>,
    /// Whether everybody is judged again for it.
    pub(super) everybody: bool,
    /// Up to which tag everybody was, hex.
    pub(super) swept: Option<String>,
    /// How many people the ledger knows.
    pub(super) people: u64,
}

/// A person's reference and the key that seals what is kept about the person.
pub(super) struct KnownPerson {
    pub(super) reference: String,
    pub(super) key: SubjectKey,
}

/// The findings of a ledger, on disk.
pub struct FindingsStore {
    store: Store,
    path: PathBuf,
    pub(super) keys: Arc<KeyStore>,
    key: SubjectKey,
}

impl FindingsStore {
    /// Opens the store in the folder `path`, or makes it: all that is in it can be made again.
    ///
    /// # Errors
    /// Where it can't be opened or made.
    pub fn open(path: &Path, shared: &Shared, keys: Arc<KeyStore>) -> Result<Self, Error> {
        let store = if path.exists() {
            Store::open(path, LAYOUT, shared)?
        } else {
            Store::create(path, LAYOUT, shared)?
        };
        store.create_family(FAMILY)?;
        let key = keys.keys_for(KEY_PLACE, &[Label::Key(b"ledger")])?.pop();
        let path = path.to_owned();
        let corrupt = || Error::Corrupt {
            path: path.clone(),
            what: "there is no key for one label".into(),
        };
        Ok(Self {
            key: key.ok_or_else(corrupt)?,
            store,
            path,
            keys,
        })
    }

    /// Rewrites the rows on disk, so that what was deleted is gone. Waits until it is done.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn purge(&self) -> Result<(), Error> {
        Ok(self.store.compact_range(FAMILY)?)
    }

    /// What the rows are of, where they are of these rules.
    pub(super) fn head(&self, digest: &str) -> Result<Option<Head>, Error> {
        let Some(bytes) = self.store.get(META, HEAD)? else {
            return Ok(None);
        };
        let head: Head = serde_json::from_slice(&bytes)
            .map_err(|e| self.corrupt(&format!("the head can't be read: {e}")))?;
        let same = head.digest == digest && head.rows_version == project::VERSION;
        Ok(same.then_some(head))
    }

    /// What the rows of a moment are of, whichever rules made them: the assessor has seen to that.
    pub(super) fn head_in(&self, rows: &impl Read) -> Result<Head, Error> {
        let Some(bytes) = rows.get(META, HEAD)? else {
            return Ok(Head::default());
        };
        serde_json::from_slice(&bytes)
            .map_err(|e| self.corrupt(&format!("the head can't be read: {e}")))
    }

    /// Drops all rows. Killed meanwhile, the store has no head, and whoever opens it drops them again.
    pub(super) fn clear(&self) -> Result<(), Error> {
        let mut batch = Batch::new();
        batch.delete(META, HEAD);
        self.store.write(&batch, Durability::Synced)?;
        self.store.drop_family(FAMILY)?;
        Ok(self.store.create_family(FAMILY)?)
    }

    /// Writes a batch together with the head. What a power cut takes is made again.
    pub(super) fn write(&self, batch: &mut Batch, head: &Head) -> Result<(), Error> {
        let head = serde_json::to_vec(head)
            .map_err(|e| self.corrupt(&format!("the head can't be written: {e}")))?;
        batch.put(META, HEAD, &head);
        self.store.write(batch, Durability::Unsynced)?;
        batch.clear();
        Ok(())
    }

    /// What a reader sees: all rows of one moment.
    pub(super) fn snapshot(&self) -> crate::store::Snapshot {
        self.store.snapshot()
    }

    /// The rows whose keys begin with `prefix`, from `after` on where it is given, without it.
    pub(super) fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
    ) -> Result<impl Iterator<Item = Result<Pair, Error>> + '_, Error> {
        let whole = KeyRange::prefix(prefix);
        let range = match (after, whole.end()) {
            // The first key after one is that key and a zero byte.
            (Some(after), Some(end)) => KeyRange::between(&[after, &[0]].concat(), end),
            _ => whole,
        };
        let rows = self.store.iterate(FAMILY, &range, Direction::Ascending)?;
        Ok(rows.map(|row| Ok(row?)))
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.store.get(FAMILY, key)?)
    }

    /// The last row of a range.
    pub(super) fn last(&self, range: &KeyRange) -> Result<Option<Pair>, Error> {
        let mut rows = self.store.iterate(FAMILY, range, Direction::Descending)?;
        Ok(rows.next().transpose()?)
    }

    /// What is kept of a person; none where nothing is.
    pub(super) fn person_row(&self, tag: &Tag) -> Result<Option<PersonRow>, Error> {
        let Some(row) = self.get(&key(PERSON, &[tag]))? else {
            return Ok(None);
        };
        let row = PersonRow::decode(&row);
        row.map(Some)
            .ok_or_else(|| self.corrupt("a person's row can't be read"))
    }

    /// The person of a row; none once the person's key is destroyed.
    pub(super) fn open_person(
        &self,
        tag: &Tag,
        row: &PersonRow,
    ) -> Result<Option<KnownPerson>, Error> {
        let Some(person_key) = self.keys.find_located(&row.origin, &row.locator)? else {
            return Ok(None);
        };
        // Under a key that was made anew after an erasure it doesn't open either.
        let clear = open_row(&person_key, &key(PERSON, &[tag]), &row.sealed).ok();
        let reference = clear.and_then(|clear| String::from_utf8(clear).ok());
        Ok(reference.map(|reference| KnownPerson {
            reference,
            key: person_key,
        }))
    }

    /// The person of a tag; none where nothing is kept, or the person's key is destroyed.
    pub(super) fn person(&self, tag: &Tag) -> Result<Option<KnownPerson>, Error> {
        match self.person_row(tag)? {
            Some(row) => self.open_person(tag, &row),
            None => Ok(None),
        }
    }

    /// Puts the row of a recipient, incident or producer.
    pub(super) fn put_thing(&self, batch: &mut Batch, owner: Owner, id: &str) {
        let key = key(THING, &[&[scope_byte(owner.scope)], &owner.tag]);
        batch.put(FAMILY, &key, &seal_row(&self.key, &key, id.as_bytes()));
    }

    /// The id of a recipient, incident or producer; none where there is none of the tag.
    pub(super) fn thing(&self, owner: Owner) -> Result<Option<String>, Error> {
        let key = key(THING, &[&[scope_byte(owner.scope)], &owner.tag]);
        let Some(sealed) = self.get(&key)? else {
            return Ok(None);
        };
        let id = open_row(&self.key, &key, &sealed).ok();
        let id = id.and_then(|id| String::from_utf8(id).ok());
        id.map(Some)
            .ok_or_else(|| self.corrupt("the id of a recipient, incident or producer doesn't open"))
    }

    /// Deletes what is kept of a recipient or incident.
    pub(super) fn drop_thing(&self, batch: &mut Batch, owner: Owner) -> Result<(), Error> {
        let key = key(THING, &[&[scope_byte(owner.scope)], &owner.tag]);
        batch.delete(FAMILY, &key);
        self.drop_findings(batch, owner)
    }

    /// Puts an owner's findings in the place of those it had; what passes is not kept. Of a person
    /// `key` is the person's.
    pub(super) fn replace<'a>(
        &self,
        batch: &mut Batch,
        owner: Owner,
        person: Option<&SubjectKey>,
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> Result<(), Error> {
        self.drop_findings(batch, owner)?;
        let sealing = person.unwrap_or(&self.key);
        let kept = findings
            .into_iter()
            .filter(|finding| finding.result != Outcome::Pass);
        for (number, finding) in (0..).zip(kept) {
            let key = finding_key(owner, number);
            let header = Header::of(&self.keys, finding).encode();
            let json = serde_json::to_vec(finding)
                .map_err(|e| self.corrupt(&format!("a finding can't be written: {e}")))?;
            let mut value = header.to_vec();
            value.extend_from_slice(&seal_row(sealing, &key, &json));
            batch.put(FAMILY, &key, &value);
            batch.put(FAMILY, &since_key(finding.since_ms, &key), &header);
        }
        Ok(())
    }

    /// Opens a finding's row; none where the person's key is destroyed.
    pub(super) fn open_finding(
        &self,
        owner: Owner,
        key: &[u8],
        value: &[u8],
    ) -> Result<Option<Finding>, Error> {
        let sealed = value.get(super::rows::HEADER_BYTES..);
        let sealed = sealed.ok_or_else(|| self.corrupt("a finding's row is cut short"))?;
        let person;
        let sealing = match owner.scope {
            custodia_core::assess::Scope::Subject => {
                person = self.person(&owner.tag)?;
                let Some(person) = &person else {
                    return Ok(None);
                };
                &person.key
            }
            _ => &self.key,
        };
        let json = open_row(sealing, key, sealed)
            .map_err(|_| self.corrupt("a finding doesn't open under its key"))?;
        let finding = serde_json::from_slice(&json);
        finding
            .map(Some)
            .map_err(|e| self.corrupt(&format!("a finding can't be read: {e}")))
    }

    /// Deletes what is kept of a person: of one who was erased nothing stays. Gives back the tags that
    /// were linked.
    pub(super) fn drop_person(&self, batch: &mut Batch, tag: &Tag) -> Result<Vec<Tag>, Error> {
        self.drop_findings(batch, Owner::person(*tag))?;
        batch.delete(FAMILY, &key(PERSON, &[tag]));
        let linked = self.tags_under(LINK, tag)?;
        for other in &linked {
            batch.delete(FAMILY, &key(LINK, &[tag, other]));
            batch.delete(FAMILY, &key(LINK, &[other, tag]));
        }
        for name in self.tags_under(NAMES, tag)? {
            batch.delete(FAMILY, &key(NAMES, &[tag, &name]));
            batch.delete(FAMILY, &key(NAMED, &[&name, tag]));
            self.drop_values(batch, &key(OUTFLOW, &[&name]), tag)?;
        }
        self.drop_values(batch, &[super::rows::FACES], tag)?;
        Ok(linked)
    }

    /// The second tags of rows whose first tag this is.
    pub(super) fn tags_under(&self, kind: u8, first: &Tag) -> Result<Vec<Tag>, Error> {
        let rows = self.scan(&key(kind, &[first]), None)?;
        let second = |row: Result<Pair, Error>| {
            let tag = tag_at(&row?.0, 1 + first.len());
            tag.ok_or_else(|| self.corrupt("a row's key is cut short"))
        };
        rows.map(second).collect()
    }

    fn drop_values(&self, batch: &mut Batch, prefix: &[u8], value: &Tag) -> Result<(), Error> {
        for row in self.scan(prefix, None)? {
            let (key, found) = row?;
            if found[..] == value[..] {
                batch.delete(FAMILY, &key);
            }
        }
        Ok(())
    }

    fn drop_findings(&self, batch: &mut Batch, owner: Owner) -> Result<(), Error> {
        for row in self.scan(&findings_of(owner), None)? {
            let (key, value) = row?;
            let header = Header::decode(&value);
            let header = header.ok_or_else(|| self.corrupt("a finding's row can't be read"))?;
            batch.delete(FAMILY, &key);
            batch.delete(FAMILY, &since_key(header.since_ms, &key));
        }
        Ok(())
    }

    /// Every row, for comparing.
    #[cfg(test)]
    pub(super) fn dump(&self) -> Vec<Pair> {
        let rows = self.scan(&[], None).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(super) fn corrupt(&self, what: &str) -> Error {
        Error::Corrupt {
            path: self.path.clone(),
            what: what.to_owned(),
        }
    }
}
