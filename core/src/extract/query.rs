//! What an extract was asked for (`proto/FORMAT.md` 13.4).

use serde::{Deserialize, Serialize};

use super::canonical::Int;
use super::counts::{LEAST_PEOPLE, is_month};
use crate::assess::{About, Evidence};

/// What was asked, normalised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Names of events, ascending, e.g. `DataShared`; of a class alone.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub events: Vec<String>,
    /// The first moment, by the events, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Int<i64>>,
    /// The subject's reference, or the id of the recipient or incident; empty where none is asked about.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub id: String,
    /// How many people a count is about at least; of an audit alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub k: Option<Int<u64>>,
    /// Which of them.
    pub kind: QueryKind,
    /// The first moment after.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Int<i64>>,
}

/// Whom or what an extract is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryKind {
    /// One person.
    Subject,
    /// One recipient.
    Recipient,
    /// One incident.
    Incident,
    /// Events of some kinds, whomever they are about.
    Class,
    /// Counts, and what names nobody.
    Audit,
}

impl QueryKind {
    /// Its name, as the manifest has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Recipient => "recipient",
            Self::Incident => "incident",
            Self::Class => "class",
            Self::Audit => "audit",
        }
    }

    /// What it asks about, for people.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Subject => "person",
            Self::Class => "class of events",
            Self::Recipient | Self::Incident | Self::Audit => self.name(),
        }
    }
}

impl Query {
    /// What will be judged of whom or what was asked about, nothing of it taken yet; none where no rule
    /// judges what was asked.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        let id = self.id.clone();
        match self.kind {
            QueryKind::Subject => Some(Evidence::of_person(id)),
            QueryKind::Recipient => Some(Evidence::of_recipient(id)),
            QueryKind::Incident => Some(Evidence::of_incident(id)),
            QueryKind::Class | QueryKind::Audit => None,
        }
    }

    /// Whether it has what its kind asks for, and nothing else.
    #[must_use]
    pub fn fits(&self) -> bool {
        let of_one = matches!(
            self.kind,
            QueryKind::Subject | QueryKind::Recipient | QueryKind::Incident
        );
        let of_class = self.kind == QueryKind::Class;
        let of_audit = self.kind == QueryKind::Audit;
        self.id.is_empty() != of_one
            && self.events.is_empty() != of_class
            && self.k.is_some() == of_audit
            && self.k.is_none_or(|k| k.0 >= LEAST_PEOPLE)
            && (!of_audit || self.is_of_months())
    }

    /// Whether a finding about this is about what was asked. A person has several references.
    #[must_use]
    pub fn is_about(&self, about: &About) -> bool {
        match (self.kind, about) {
            (QueryKind::Subject, About::Subject(_)) => true,
            (QueryKind::Recipient, About::Recipient(id))
            | (QueryKind::Incident, About::Incident(id)) => *id == self.id,
            _ => false,
        }
    }

    /// Whether its period begins and ends with months at UTC+8, so that no two differ by a day.
    #[must_use]
    pub fn is_of_months(&self) -> bool {
        let mut bounds = [self.from, self.until].into_iter().flatten();
        bounds.all(|bound| is_month(bound.0))
    }

    /// Whether it asks about all times.
    #[must_use]
    pub const fn is_of_all_times(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Whether a moment, in milliseconds since 1970, is within the period asked about.
    #[must_use]
    pub fn is_within(&self, ms: i64) -> bool {
        self.from.is_none_or(|from| from.0 <= ms) && self.until.is_none_or(|until| ms < until.0)
    }
}
