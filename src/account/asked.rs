//! What the questions about one person have in common: whom, at which moment, and the look.

use std::collections::BTreeMap;

use custodia_core::assess::{Finding, LeafAt, Occurrence, Timeline};
use custodia_core::schema::{self, is_reference};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::assess::{FindingsDesk, Judging};
use crate::query::{
    self, AsOf, Asking, CutName, Erased, Look, Restricted, Standpoint, Time, Unknown,
};

/// Whom an answer is about, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whom {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The moment that it is of.
    pub moment: Time,
    /// The reference asked about.
    pub subject: String,
    /// Further references of the same person, sorted.
    pub linked: Vec<String>,
    /// Whether the ledger knows the person.
    pub known: bool,
    /// What says that the person was erased.
    pub erasures: Vec<Erased>,
    /// What says that the account was cancelled, by the newest state: since then only legal roles are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Restricted>,
    /// What the answer can't say.
    pub unknowns: Vec<Unknown>,
}

/// An event that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The kind of event.
    pub event: String,
    /// When, by the event.
    pub time: Time,
    /// The leaf.
    pub leaf: LeafAt,
}

impl Seen {
    pub(super) fn of(one: &Occurrence) -> Self {
        let kind = schema::body_of(one.kind);
        Self {
            event: kind.map_or_else(|| one.kind.to_string(), |kind| kind.name.clone()),
            time: Time(one.occurred_at_ms),
            leaf: one.leaf.clone(),
        }
    }
}

/// Which moment is asked about: what was known, and what had happened by then.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct When<'a> {
    pub(super) as_of: Option<&'a str>,
    pub(super) at: Option<Time>,
}

impl When<'_> {
    pub(super) fn standpoint(self, desk: &FindingsDesk) -> Result<Standpoint<'_>, Error> {
        let as_of: Option<AsOf> = self.as_of.map(str::parse).transpose()?;
        Ok(desk.desk().view().standpoint(as_of.as_ref(), self.at)?)
    }

    pub(super) fn moment(self, desk: &FindingsDesk) -> Time {
        self.at.unwrap_or_else(|| Time(desk.clock().now_ms()))
    }
}

/// A person as the ledger knows them, to be answered about.
pub(super) struct Asked<'a> {
    pub(super) judging: &'a Judging<'a>,
    pub(super) timeline: &'a Timeline,
    pub(super) findings: &'a [Finding],
    pub(super) moment_ms: i64,
    pub(super) asks: &'a Asking,
    /// The true moment, by which is judged what may be seen.
    pub(super) now_ms: i64,
}

/// What is answered about a person, how many rows of it there are, and what can't be said.
pub(super) struct Said<T> {
    pub(super) what: T,
    pub(super) rows: usize,
    pub(super) unknowns: Vec<Unknown>,
}

/// One question about one person: its name, the reference and the moment.
pub(super) struct Question<'a> {
    pub(super) name: &'a str,
    pub(super) subject: &'a str,
    pub(super) when: When<'a>,
}

/// Answers about one person, the look on record.
pub(super) fn of_person<T>(
    desk: &FindingsDesk,
    asking: &Asking,
    question: &Question<'_>,
    say: impl FnOnce(&Asked<'_>) -> Result<Said<T>, Error>,
) -> Result<(Whom, T), Error> {
    let Question {
        name,
        subject,
        when,
    } = *question;
    if !is_reference(subject) {
        return Err(query::Error::NotAReference.into());
    }
    let from = when.standpoint(desk)?;
    let judging = desk.judging(&from)?;
    let (person, findings) = judging.person(subject)?;
    let erasures = from.erasures(&person.references)?;
    let empty = Timeline::default();
    let moment = when.moment(desk);
    let asked = Asked {
        judging: &judging,
        timeline: person.timeline.as_ref().unwrap_or(&empty),
        findings: &findings,
        moment_ms: moment.0,
        asks: asking,
        now_ms: desk.clock().now_ms(),
    };
    let Said {
        what,
        rows,
        mut unknowns,
    } = say(&asked)?;
    if person.timeline.is_err() {
        unknowns.push(unknown("person", "too much is on record to be read"));
    }
    let mut people: BTreeMap<String, u64> =
        person.references.iter().map(|r| (r.clone(), 0)).collect();
    people.insert(subject.to_owned(), rows as u64);
    desk.desk().record(&Look {
        asking,
        query: &normal(name, when, &[]),
        cut: from.cut(),
        people,
        extract: None,
    })?;
    let restricted = desk.desk().view().restricted(&person.references)?;
    let whom = Whom {
        cut: CutName::from(from.cut()),
        moment,
        subject: subject.to_owned(),
        linked: person
            .references
            .into_iter()
            .filter(|other| other != subject)
            .collect(),
        known: person.known || !erasures.is_empty(),
        restricted,
        erasures,
        unknowns,
    };
    Ok((whom, what))
}

/// A query in one spelling.
pub(super) fn normal(name: &str, when: When<'_>, given: &[(&str, Option<String>)]) -> String {
    let mut text = name.to_owned();
    let at = when.at.map(|at| at.to_string());
    let when = [("at", at), ("as_of", when.as_of.map(str::to_owned))];
    for (name, value) in given.iter().chain(&when) {
        if let Some(value) = value {
            text.extend([" ", name, "=", value]);
        }
    }
    text
}

pub(super) fn unknown(what: &str, id: &str) -> Unknown {
    Unknown {
        what: what.to_owned(),
        id: id.to_owned(),
    }
}

/// A text that is there.
pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Bytes that are there, in hex.
pub(super) fn some_hex(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| hex::encode(bytes))
}
