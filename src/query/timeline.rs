//! What happened, in order: of a person, a recipient, an incident, a matter, a credential or an
//! endpoint.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::schema;
use custodia_core::split::split;
use custodia_core::verdict::{Facts, Place, TopicRole, judge};
use serde::{Deserialize, Serialize};

use super::received::recipient_of;
use super::register::Register;
use super::view::{Leaf, LogRows, Standpoint};
use super::who::MOST_ROWS;
use super::{CutName, Erased, Error, ProducerOf, Recipient, Restricted, Said, Time};
use crate::project::{Kind, Page};

/// What a timeline is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A person's reference, and those linked to it.
    Subject(String),
    /// A recipient.
    Recipient(String),
    /// An incident.
    Incident(String),
    /// Events of one matter.
    Correlation(String),
    /// What moved under a credential: its fingerprint's bytes, hex.
    Credential(String),
    /// What moved through an endpoint.
    Endpoint(String),
}

/// Events in the order of record time, log and index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The cut that it stands on.
    pub cut: CutName,
    /// Nothing later than this, by the events, is in it.
    pub at: Option<Time>,
    /// Whether any log but that of the looks has something of it, in the period or not.
    pub known: bool,
    /// What says that the person was erased.
    pub erasures: Vec<Erased>,
    /// What says that the account was cancelled, by the newest state: since then only legal roles are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Restricted>,
    /// The events.
    pub events: Vec<Happened>,
}

/// One event of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// When, by the event.
    pub time: Option<Time>,
    /// When Kafka took the record.
    pub record_time: Option<Time>,
    /// The people that it names, sorted.
    pub subjects: Vec<String>,
    /// The kind of event; none where it can't be read.
    pub event: Option<String>,
    /// The recipient.
    pub recipient: Option<Recipient>,
    /// Who says so.
    pub producer: Option<ProducerOf>,
    /// The verdict.
    pub verdict: Said,
    /// Whether its payload is erased.
    pub erased: bool,
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
    /// The event in protobuf's JSON mapping; none where it can't be read.
    pub content: Option<serde_json::Value>,
}

/// Leaves that a topic has, and what says that its person was erased.
type Places<'a> = (Vec<(&'a LogRows, u64)>, Vec<Erased>);

impl Timeline {
    /// How many events show something of each reference, for the look at them.
    pub fn shown(&self, topic: &Topic) -> BTreeMap<String, u64> {
        let asked = match topic {
            Topic::Subject(subject) => Some((subject.clone(), 0)),
            _ => None,
        };
        let mut shown: BTreeMap<String, u64> = asked.into_iter().collect();
        for subject in self.events.iter().flat_map(|event| &event.subjects) {
            *shown.entry(subject.clone()).or_default() += 1;
        }
        shown
    }
}

impl Standpoint<'_> {
    /// The timeline of `topic` from `from` up to, and with, `to`, by the events' own times. Whoever shows it
    /// puts the look on record first.
    ///
    /// # Errors
    /// [`Error::NotAFingerprint`], [`Error::TooMany`], and what keeps rows or leaves from being read.
    pub fn timeline(
        &self,
        topic: &Topic,
        from: Option<Time>,
        to: Option<Time>,
    ) -> Result<Timeline, Error> {
        let (places, erasures) = self.places(topic)?;
        let restricted = match topic {
            Topic::Subject(subject) => self.view.restricted(&self.linked(subject)?)?,
            _ => None,
        };
        let known = places.iter().any(|(log, _)| log.role != TopicRole::Access);
        let known = known || !erasures.is_empty();
        let mut register = Register::new(self);
        let mut events = Vec::new();
        for (log, index) in places {
            let leaf = self.leaf(log, index)?;
            let time = leaf.time().or(leaf.record_time);
            let outside = from.is_some_and(|from| time.is_some_and(|time| time < from))
                || to.is_some_and(|to| time.is_some_and(|time| time > to));
            if outside || !self.had_happened(leaf.time()) {
                continue;
            }
            events.push(happened(&leaf, log, &mut register)?);
            if events.len() > MOST_ROWS {
                return Err(Error::TooMany {
                    what: "events",
                    limit: MOST_ROWS,
                });
            }
        }
        events.sort_by(|a, b| {
            (a.record_time, &a.log, a.index).cmp(&(b.record_time, &b.log, b.index))
        });
        Ok(Timeline {
            cut: CutName::from(&self.cut),
            at: self.at,
            known,
            erasures,
            restricted,
            events,
        })
    }

    fn places(&self, topic: &Topic) -> Result<Places<'_>, Error> {
        let (kind, id) = match topic {
            Topic::Subject(subject) => {
                let references = self.linked(subject)?;
                return Ok((
                    self.places_of_people(&references)?,
                    self.erasures(&references)?,
                ));
            }
            Topic::Recipient(id) => (Kind::Recipient, id.clone().into_bytes()),
            Topic::Incident(id) => (Kind::Incident, id.clone().into_bytes()),
            Topic::Correlation(id) => (Kind::Correlation, id.clone().into_bytes()),
            Topic::Credential(hex) => (Kind::Credential, fingerprint(hex)?),
            Topic::Endpoint(id) => (Kind::Endpoint, id.clone().into_bytes()),
        };
        let mut places = Vec::new();
        for log in self.logs() {
            let page = Page::all_below(self.size_of(log));
            let indexes = log.rows.leaves_of(kind, &id, &page)?;
            places.extend(indexes.into_iter().map(|index| (log, index)));
        }
        Ok((places, Vec::new()))
    }

    fn places_of_people(
        &self,
        references: &BTreeSet<String>,
    ) -> Result<Vec<(&LogRows, u64)>, Error> {
        let mut places = Vec::new();
        for log in self.logs() {
            let page = Page::all_below(self.size_of(log));
            let mut indexes = BTreeSet::new();
            for reference in references {
                let rows = log.rows.leaves_of_subject(reference.as_bytes(), &page)?;
                indexes.extend(rows.iter().map(|row| row.index));
            }
            places.extend(indexes.into_iter().map(|index| (log, index)));
        }
        Ok(places)
    }
}

/// The bytes of a credential's fingerprint, as rows have them.
fn fingerprint(word: &str) -> Result<Vec<u8>, Error> {
    let bytes = hex::decode(word).ok().filter(|bytes| !bytes.is_empty());
    bytes.ok_or(Error::NotAFingerprint)
}

fn happened(leaf: &Leaf, log: &LogRows, register: &mut Register<'_>) -> Result<Happened, Error> {
    let value = leaf
        .record
        .as_ref()
        .and_then(|record| record.value.as_deref());
    let read = value.and_then(|value| Some((split(value).ok()?, value)));
    let number = read.as_ref().map(|(split, _)| split.body_number);
    let content = read.as_ref().and_then(|(split, value)| {
        let json = schema::event_to_json(&value[split.frame.len()..]).ok()?;
        serde_json::from_str(&json).ok()
    });
    let recipient = recipient_of(leaf).map(|id| register.recipient(&id));
    Ok(Happened {
        time: leaf.time(),
        record_time: leaf.record_time,
        subjects: subjects_of(leaf, log),
        event: number
            .and_then(schema::body_of)
            .map(|kind| kind.name.clone()),
        recipient: recipient.transpose()?,
        producer: register.producer(leaf, number)?,
        verdict: Said::from(leaf.verdict.as_ref()),
        erased: leaf.record.is_none(),
        log: leaf.log.clone(),
        index: leaf.index,
        content,
    })
}

/// Every reference that the record names, however it does; never the digest of one erased.
fn subjects_of(leaf: &Leaf, log: &LogRows) -> Vec<String> {
    let Some(record) = &leaf.record else {
        return Vec::new();
    };
    let place = Place {
        role: log.role,
        partition: log.log().origin().partition,
        partitions: log.log().generation().partitions,
    };
    let judged = judge(record, &place);
    let named = Facts::subjects_of(judged.facts.as_ref(), record.key.as_deref());
    let text = named
        .into_iter()
        .filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
    let all: BTreeSet<_> = text
        .filter(|text| schema::is_reference(text))
        .map(str::to_owned)
        .collect();
    all.into_iter().collect()
}
