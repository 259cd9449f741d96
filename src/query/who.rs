//! Who received a person's data, and when?

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::{TopicRole, Verdict};
use serde::{Deserialize, Serialize};

use super::received::OUTFLOWS;
use super::register::Register;
use super::service::UNKNOWN_KEY;
use super::view::{Leaf, LogRows, Standpoint};
use super::{CutName, Erased, Error, Received, Restricted, Time};
use crate::keys::erased_subject;
use crate::project::{Page, SubjectLeaf, VerdictKind};

/// Number of `SubjectLinked`.
pub(super) const LINKED: u32 = 344;
/// References of one person that a question follows.
const MOST_LINKED: usize = 64;
/// Rows of a person looked through at once for links.
const LINK_PAGE: usize = 4096;
/// Rows of one answer.
pub(super) const MOST_ROWS: usize = 100_000;

/// The answer: every outflow of one person's data below the cut, by record time, log and index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// Nothing later than this, by the events, is in it.
    pub at: Option<Time>,
    /// The reference asked about.
    pub subject: String,
    /// Further references of the same person, sorted.
    pub linked: Vec<String>,
    /// Whether any log but that of the looks names the person.
    pub known: bool,
    /// What says that the person was erased.
    pub erasures: Vec<Erased>,
    /// What says that the account was cancelled, by the newest state: since then only legal roles are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Restricted>,
    /// What was accepted.
    pub rows: Vec<Received>,
    /// What names the person and was not accepted, whatever kind of event it is. None of it counts.
    pub quarantined: Vec<Received>,
    /// What the register doesn't know.
    pub unknowns: Vec<Unknown>,
}

/// Something that an answer can't say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unknown {
    /// `recipient`, `producer` or `producer key`.
    pub what: String,
    /// Its id.
    pub id: String,
}

/// A leaf that names a reference of the person.
struct Named<'a> {
    log: &'a LogRows,
    subject: &'a str,
    row: SubjectLeaf,
}

impl Standpoint<'_> {
    pub(super) fn who(&self, subject: &str) -> Result<WhoAnswer, Error> {
        let references = self.linked(subject)?;
        let mut answer = WhoAnswer {
            cut: CutName::from(&self.cut),
            at: self.at,
            subject: subject.to_owned(),
            linked: references
                .iter()
                .filter(|other| *other != subject)
                .cloned()
                .collect(),
            known: false,
            erasures: self.erasures(&references)?,
            restricted: self.view.restricted(&references)?,
            rows: Vec::new(),
            quarantined: Vec::new(),
            unknowns: Vec::new(),
        };
        let mut register = Register::new(self);
        for reference in &references {
            for named in self.naming(reference)? {
                answer.known |= named.log.role != TopicRole::Access;
                self.put(&named, &mut answer, &mut register)?;
            }
        }
        answer.known |= !answer.erasures.is_empty();
        answer.settle();
        Ok(answer)
    }

    fn put(
        &self,
        named: &Named<'_>,
        answer: &mut WhoAnswer,
        register: &mut Register<'_>,
    ) -> Result<(), Error> {
        let quarantined = named.row.verdict == VerdictKind::Quarantined;
        let outflow = named
            .row
            .body_number
            .is_some_and(|number| OUTFLOWS.contains(&number));
        if !(quarantined || outflow) || !self.had_happened(named.row.occurred_at_ms.map(Time)) {
            return Ok(());
        }
        let leaf = self.leaf(named.log, named.row.index)?;
        if let Some(Verdict::Duplicate { of }) = leaf.verdict {
            let repeated = |row: &&mut Received| row.log == leaf.log && row.index == of;
            if let Some(row) = answer.rows.iter_mut().find(repeated) {
                row.repeated_at.push(leaf.index);
                return Ok(());
            }
        }
        let mut row = Received::of(&leaf, named.subject, named.row.body_number, register)?;
        row.time = row.time.or(named.row.occurred_at_ms.map(Time));
        let rows = if quarantined {
            &mut answer.quarantined
        } else {
            &mut answer.rows
        };
        rows.push(row);
        if rows.len() > MOST_ROWS {
            return Err(Error::TooMany {
                what: "rows",
                limit: MOST_ROWS,
            });
        }
        Ok(())
    }

    /// The leaves of all logs that name a reference, by log and index.
    fn naming<'a>(&'a self, subject: &'a str) -> Result<Vec<Named<'a>>, Error> {
        let mut all = Vec::new();
        for log in self.logs() {
            let page = Page::all_below(self.size_of(log));
            let rows = log.rows.leaves_of_subject(subject.as_bytes(), &page)?;
            all.extend(rows.into_iter().map(|row| Named { log, subject, row }));
        }
        Ok(all)
    }

    /// The reference and all that are linked to it, directly or not, sorted.
    ///
    /// # Errors
    /// [`Error::TooMany`], and what keeps rows or leaves from being read.
    pub fn linked(&self, subject: &str) -> Result<BTreeSet<String>, Error> {
        let mut found = BTreeSet::from([subject.to_owned()]);
        let mut open = vec![subject.to_owned()];
        while let Some(reference) = open.pop() {
            for other in self.links_of(&reference)? {
                if found.insert(other.clone()) {
                    open.push(other);
                }
                if found.len() > MOST_LINKED {
                    return Err(Error::TooMany {
                        what: "linked references",
                        limit: MOST_LINKED,
                    });
                }
            }
        }
        Ok(found)
    }

    fn links_of(&self, reference: &str) -> Result<Vec<String>, Error> {
        let mut others = Vec::new();
        for log in self.logs() {
            for index in self.link_leaves(log, reference)? {
                let Some(event) = self.leaf(log, index)?.event else {
                    continue;
                };
                if let Some(Body::SubjectLinked(linked)) = event.body {
                    others.extend([event.subject_ref, linked.other_ref]);
                }
            }
        }
        Ok(others)
    }

    /// The leaves of a log that link a reference, page by page: one person may have a million rows.
    fn link_leaves(&self, log: &LogRows, reference: &str) -> Result<Vec<u64>, Error> {
        let mut links = Vec::new();
        let mut page = Page {
            most: LINK_PAGE,
            ..Page::all_below(self.size_of(log))
        };
        loop {
            let rows = log.rows.leaves_of_subject(reference.as_bytes(), &page)?;
            let last = rows.last().map(|row| row.index);
            let link = |row: &&SubjectLeaf| {
                row.body_number == Some(LINKED)
                    && row.verdict == VerdictKind::Accepted
                    && self.had_happened(row.occurred_at_ms.map(Time))
            };
            links.extend(rows.iter().filter(link).map(|row| row.index));
            match last {
                Some(last) if rows.len() == LINK_PAGE => page.from = last + 1,
                _ => return Ok(links),
            }
        }
    }

    /// What the registry says of an erasure of any of these references.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn erasures(&self, references: &BTreeSet<String>) -> Result<Vec<Erased>, Error> {
        let mut erasures = Vec::new();
        for reference in references {
            let digest = erased_subject(reference);
            for log in self.registries() {
                let page = Page::all_below(self.size_of(log));
                for row in log.rows.leaves_of_subject(&digest, &page)? {
                    let leaf = self.leaf(log, row.index)?;
                    erasures.extend(erased(&leaf).filter(|_| leaf.is_accepted()));
                }
            }
        }
        Ok(erasures)
    }
}

fn erased(leaf: &Leaf) -> Option<Erased> {
    let (event, order_id) = match leaf.event.as_ref()?.body.as_ref()? {
        Body::ErasureOrdered(said) => ("ErasureOrdered", &said.order_id),
        Body::SubjectKeyShredded(said) => ("SubjectKeyShredded", &said.order_id),
        _ => return None,
    };
    Some(Erased {
        event: event.to_owned(),
        order_id: order_id.clone(),
        time: leaf.time(),
        log: leaf.log.clone(),
        index: leaf.index,
    })
}

impl WhoAnswer {
    /// How many rows show something of each reference.
    pub(super) fn shown(&self) -> BTreeMap<String, u64> {
        let references = self.linked.iter().chain([&self.subject]);
        let mut shown: BTreeMap<String, u64> =
            references.map(|subject| (subject.clone(), 0)).collect();
        for row in self.rows.iter().chain(&self.quarantined) {
            *shown.entry(row.subject.clone()).or_default() += 1;
        }
        shown
    }

    fn settle(&mut self) {
        for rows in [&mut self.rows, &mut self.quarantined] {
            rows.sort_by(|a, b| {
                (a.record_time, &a.log, a.index).cmp(&(b.record_time, &b.log, b.index))
            });
            // A leaf that names two references of the person is one row.
            rows.dedup_by(|a, b| (&a.log, a.index) == (&b.log, b.index));
        }
        let unknowns = self
            .rows
            .iter()
            .flat_map(unknowns_of)
            .collect::<BTreeSet<_>>();
        self.unknowns = unknowns.into_iter().collect();
    }
}

fn unknowns_of(row: &Received) -> impl Iterator<Item = Unknown> {
    let unknown = |what: &str, id: &String, standing: &str| {
        (standing == "unknown").then(|| Unknown {
            what: what.to_owned(),
            id: id.clone(),
        })
    };
    let recipient = row
        .recipient
        .as_ref()
        .and_then(|r| unknown("recipient", &r.id, &r.standing));
    let producer = row
        .producer
        .as_ref()
        .and_then(|p| unknown("producer", &p.name, &p.standing));
    let key = row.producer.as_ref().and_then(|p| {
        (p.signature == UNKNOWN_KEY).then(|| Unknown {
            what: "producer key".to_owned(),
            id: format!("{} {}", p.name, p.key_id.as_deref().unwrap_or("")),
        })
    });
    recipient.into_iter().chain(producer).chain(key)
}
