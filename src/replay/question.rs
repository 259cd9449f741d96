//! The questions of this room.

use custodia_core::schema::is_reference;
use serde::{Deserialize, Serialize};

use super::{Error, FindingName};
use crate::query::{self, AsOf, Time, Topic};

/// What happened, step by step, with what held?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayQuestion {
    /// Of what. Of a matter, a credential or an endpoint there are steps and no state.
    pub of: Topic,
    /// The first moment, by the events; none to begin with the first event.
    #[serde(default)]
    pub from: Option<Time>,
    /// The last moment, by the events, which may lie after now; none for now.
    #[serde(default)]
    pub to: Option<Time>,
    /// What was known.
    #[serde(default)]
    pub as_of: Option<String>,
    /// What had happened by then.
    #[serde(default)]
    pub at: Option<Time>,
    /// From where this finding begins.
    #[serde(default)]
    pub finding: Option<FindingName>,
}

/// What changed between two moments, or two cuts?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffQuestion {
    /// Of what.
    pub of: Whose,
    /// The one: a time (RFC 3339) or a cut's name.
    pub from: String,
    /// The other, of the same kind.
    pub to: String,
    /// Of two times: what was known of them.
    #[serde(default)]
    pub as_of: Option<String>,
    /// Of two cuts: the moment at which both states are; none for now.
    #[serde(default)]
    pub at: Option<Time>,
}

/// Of what a difference is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// A person, by reference.
    Subject(String),
    /// A recipient.
    Recipient(String),
    /// An incident.
    Incident(String),
    /// The whole ledger.
    Ledger,
}

/// One of the two points that a difference is between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// What was known: a cut.
    Known(String),
    /// What had happened: a time.
    Happened(Time),
}

impl ReplayQuestion {
    /// Whether the findings that are kept up are needed: a recipient's outflows are counted there.
    pub const fn needs_findings(&self) -> bool {
        matches!(self.of, Topic::Recipient(_))
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if let Topic::Subject(subject) = &self.of {
            must_be_reference(subject)?;
        }
        let (from, to) = (self.from, self.to.or(self.at));
        if let Some((from, to)) = from.zip(to).filter(|(from, to)| from > to) {
            let what = format!("the period begins at {from} and ends at {to}, which is before");
            return Err(Error::BadQuestion(what));
        }
        let has_state = matches!(
            self.of,
            Topic::Subject(_) | Topic::Recipient(_) | Topic::Incident(_)
        );
        if self.finding.is_some() && !has_state {
            let what = "findings are of a person, a recipient or an incident; name one of these";
            return Err(Error::BadQuestion(what.into()));
        }
        Ok(())
    }

    /// The question in one spelling, without the person.
    pub(super) fn normal(&self) -> String {
        let (kind, id) = match &self.of {
            Topic::Subject(_) => ("subject", None),
            Topic::Recipient(id) => ("recipient", Some(id.clone())),
            Topic::Incident(id) => ("incident", Some(id.clone())),
            Topic::Correlation(id) => ("correlation", Some(id.clone())),
            Topic::Credential(hex) => ("credential", Some(hex.to_lowercase())),
            Topic::Endpoint(id) => ("endpoint", Some(id.clone())),
        };
        let text = |time: Option<Time>| time.map(|time| time.to_string());
        let finding = self.finding.as_ref().map(FindingName::to_string);
        normal(
            &format!("replay {kind}"),
            [
                ("id", id),
                ("from", text(self.from)),
                ("to", text(self.to)),
                ("as_of", self.as_of.clone()),
                ("at", text(self.at)),
                ("finding", finding),
            ],
        )
    }
}

impl DiffQuestion {
    /// Whether the findings that are kept up are needed: for everybody's, and a recipient's outflows.
    pub const fn needs_findings(&self) -> bool {
        matches!(self.of, Whose::Ledger | Whose::Recipient(_))
    }

    /// The two points, which are of one kind.
    pub(super) fn points(&self) -> Result<(Point, Point), Error> {
        if let Whose::Subject(subject) = &self.of {
            must_be_reference(subject)?;
        }
        let (from, to) = (point(&self.from)?, point(&self.to)?);
        match (&from, &to) {
            (Point::Known(_), Point::Known(_)) if self.as_of.is_some() => Err(Error::BadQuestion(
                "--as-of is for two times; two cuts say themselves what was known".into(),
            )),
            (Point::Happened(_), Point::Happened(_)) if self.at.is_some() => {
                Err(Error::BadQuestion(
                    "--at is for two cuts; two times say themselves what had happened".into(),
                ))
            }
            (Point::Known(cut), Point::Happened(_)) => {
                Err(Error::Mixed(self.to.clone(), cut.clone()))
            }
            (Point::Happened(_), Point::Known(cut)) => {
                Err(Error::Mixed(self.from.clone(), cut.clone()))
            }
            _ => Ok((from, to)),
        }
    }

    /// The question in one spelling, without the person.
    pub(super) fn normal(&self) -> String {
        let (kind, id) = match &self.of {
            Whose::Subject(_) => ("subject", None),
            Whose::Recipient(id) => ("recipient", Some(id.clone())),
            Whose::Incident(id) => ("incident", Some(id.clone())),
            Whose::Ledger => ("ledger", None),
        };
        normal(
            &format!("diff {kind}"),
            [
                ("id", id),
                ("from", Some(spelled(&self.from))),
                ("to", Some(spelled(&self.to))),
                ("as_of", self.as_of.clone()),
                ("at", self.at.map(|time| time.to_string())),
            ],
        )
    }
}

fn point(word: &str) -> Result<Point, Error> {
    Ok(match word.parse::<AsOf>()? {
        AsOf::Cut(cut) => Point::Known(cut),
        AsOf::Time(time) => Point::Happened(time),
    })
}

/// A time in the spelling of answers; a cut's name as it is.
fn spelled(word: &str) -> String {
    let time: Result<Time, _> = word.parse();
    time.map_or_else(|_| word.to_owned(), |time| time.to_string())
}

fn must_be_reference(subject: &str) -> Result<(), Error> {
    if is_reference(subject) {
        Ok(())
    } else {
        Err(query::Error::NotAReference.into())
    }
}

fn normal<const N: usize>(what: &str, given: [(&str, Option<String>); N]) -> String {
    let mut text = what.to_owned();
    for (name, value) in given {
        if let Some(value) = value {
            text.extend([" ", name, "=", &value]);
        }
    }
    text
}
