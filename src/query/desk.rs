//! Where questions are asked: the look goes on record, then the answer leaves.

use std::sync::{Mutex, PoisonError};

use custodia_core::schema::is_reference;
use custodia_core::verdict::TopicRole;
use serde::{Deserialize, Serialize};

use super::glass::{Glass, ids_of};
use super::landed::{Landed, LandedQuestion};
use super::looks::{Look, Looks};
use super::people::{Gathered, OfOne, PeopleQuestion};
use super::policies::{Policies, PoliciesQuestion};
use super::timeline::{Timeline, Topic};
use super::verdicts::{Verdicts, Wanted};
use super::view::Standpoint;
use super::{AsOf, Asking, Error, Receipt, ReceiptQuestion, Time, UsedRequests, View, WhoAnswer};

/// Who received this person's data, and when?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhoQuestion {
    /// The reference.
    pub subject: String,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// What had happened by then.
    pub at: Option<Time>,
}

/// What happened?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuestion {
    /// Of what.
    pub of: Topic,
    /// The first moment, by the events.
    #[serde(default)]
    pub from: Option<Time>,
    /// The last moment, by the events.
    #[serde(default)]
    pub to: Option<Time>,
    /// What was known.
    #[serde(default)]
    pub as_of: Option<String>,
    /// What had happened by then.
    #[serde(default)]
    pub at: Option<Time>,
}

/// What was said of records?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VerdictsQuestion {
    /// Of this producer's alone.
    pub producer: Option<String>,
    /// With this code alone, e.g. `missing_field`.
    pub code: Option<String>,
    /// From the first record on that Kafka took then or later.
    pub since: Option<Time>,
    /// What was known.
    pub as_of: Option<String>,
}

/// Answers questions, and puts the look at each person on record first.
pub struct Desk {
    view: View,
    looks: Looks,
    /// Requests for break-glass that were used, by the access logs.
    used: Mutex<UsedRequests>,
}

impl Desk {
    /// A desk before this view.
    pub fn new(view: View, looks: Looks) -> Self {
        Self {
            view,
            looks,
            used: Mutex::new(UsedRequests::new(TopicRole::Access, ids_of)),
        }
    }

    /// Who received a person's data?
    ///
    /// # Errors
    /// [`Error::NotAReference`]; [`Error::LookNotRecorded`] and everything that keeps rows or
    /// leaves from being read: then nothing has left.
    pub fn who(&self, asking: &Asking, question: &WhoQuestion) -> Result<WhoAnswer, Error> {
        must_be_reference(&question.subject)?;
        let from = self.standpoint(question.as_of.as_deref(), question.at)?;
        let answer = from.who(&question.subject)?;
        self.record(&Look {
            asking,
            query: &who_query(question.as_of.as_ref(), question.at),
            cut: &from.cut,
            people: answer.shown(),
            extract: None,
        })?;
        Ok(answer)
    }

    /// Who received several people's data? Every look is acknowledged before any answer is given.
    ///
    /// # Errors
    /// As [`Self::who`], except for what is wrong with one of the references alone: that stands in
    /// its place among the answers.
    pub fn who_of_people(
        &self,
        asking: &Asking,
        question: &PeopleQuestion,
    ) -> Result<Vec<OfOne>, Error> {
        let from = self.standpoint(question.as_of.as_deref(), question.at)?;
        let mut gathered = Gathered::default();
        for subject in &question.subjects {
            gathered.take(must_be_reference(subject).and_then(|()| from.who(subject)))?;
        }
        self.record(&Look {
            asking,
            query: &who_query(question.as_of.as_ref(), question.at),
            cut: &from.cut,
            people: gathered.people,
            extract: None,
        })?;
        Ok(gathered.answers)
    }

    /// What happened?
    ///
    /// # Errors
    /// As [`Self::who`].
    pub fn timeline(
        &self,
        asking: &Asking,
        question: &TimelineQuestion,
    ) -> Result<Timeline, Error> {
        let (kind, id) = match &question.of {
            Topic::Subject(subject) => {
                must_be_reference(subject)?;
                ("subject", None)
            }
            Topic::Recipient(id) => ("recipient", Some(id.clone())),
            Topic::Incident(id) => ("incident", Some(id.clone())),
            Topic::Correlation(id) => ("correlation", Some(id.clone())),
            Topic::Credential(hex) => ("credential", Some(hex.to_lowercase())),
            Topic::Endpoint(id) => ("endpoint", Some(id.clone())),
        };
        let from = self.standpoint(question.as_of.as_deref(), question.at)?;
        let answer = from.timeline(&question.of, question.from, question.to)?;
        let query = normal(
            &format!("timeline {kind}"),
            &[
                ("id", &id),
                ("from", &shown(question.from)),
                ("to", &shown(question.to)),
                ("as_of", &question.as_of),
                ("at", &shown(question.at)),
            ],
        );
        self.record(&Look {
            asking,
            query: &query,
            cut: &from.cut,
            people: answer.shown(&question.of),
            extract: None,
        })?;
        Ok(answer)
    }

    /// What was said of records? Names nobody, so no look is recorded.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn verdicts(&self, question: &VerdictsQuestion) -> Result<Verdicts, Error> {
        let from = self.standpoint(question.as_of.as_deref(), None)?;
        from.verdicts(&Wanted {
            producer: question.producer.as_deref(),
            code: question.code.as_deref(),
            since: question.since,
        })
    }

    /// Which versions of the policy were published? Names nobody, so no look is recorded.
    ///
    /// # Errors
    /// As [`Self::verdicts`].
    pub fn policies(&self, question: &PoliciesQuestion) -> Result<Policies, Error> {
        self.standpoint(question.as_of.as_deref(), None)?.policies()
    }

    /// A leaf's receipt. Names nobody, so no look is recorded.
    ///
    /// # Errors
    /// As [`View::receipt`].
    pub fn receipt(&self, question: &ReceiptQuestion) -> Result<Receipt, Error> {
        self.view.receipt(question)
    }

    /// How far the ledger is with records that Kafka has, each in its place. Names nobody, so no look
    /// is recorded.
    ///
    /// # Errors
    /// As [`View::landed`], and [`Error::TooMany`].
    pub fn landed(&self, question: &LandedQuestion) -> Result<Vec<Landed>, Error> {
        self.view.landed(question)
    }

    /// What the desk reads.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Puts a look at each person that an answer shows on record, before it leaves.
    ///
    /// # Errors
    /// [`Error::Restricted`] where whoever asks may not see somebody whose account was cancelled;
    /// [`Error::LookNotRecorded`], [`Error::LookNotKept`], [`Error::GlassUsed`], [`Error::TooMany`]; then the answer must not leave.
    pub fn record(&self, shown: &Look<'_>) -> Result<(), Error> {
        self.view.refuse_restricted(shown)?;
        self.looks.record(self.view.keys(), shown)
    }

    /// Refuses two people's word that an answer was given on already: by the access logs as far as they have
    /// rows, and by what is kept here.
    ///
    /// # Errors
    /// [`Error::GlassUsed`]; what keeps rows or leaves from being read.
    pub fn refuse_used(&self, glass: &Glass) -> Result<(), Error> {
        // It is added to, an id at a time.
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if self.looks.has_used(&glass.id)? || used.has(&self.view, &glass.id)? {
            return Err(Error::GlassUsed(glass.id.clone()));
        }
        Ok(())
    }

    fn standpoint(&self, as_of: Option<&str>, at: Option<Time>) -> Result<Standpoint<'_>, Error> {
        let as_of: Option<AsOf> = as_of.map(str::parse).transpose()?;
        self.view.standpoint(as_of.as_ref(), at)
    }
}

fn must_be_reference(subject: &str) -> Result<(), Error> {
    if is_reference(subject) {
        Ok(())
    } else {
        Err(Error::NotAReference)
    }
}

fn shown(time: Option<Time>) -> Option<String> {
    time.map(|time| time.to_string())
}

/// The same for one person and for several: each look is at one.
fn who_query(as_of: Option<&String>, at: Option<Time>) -> String {
    normal("who", &[("as_of", &as_of.cloned()), ("at", &shown(at))])
}

/// A query in one spelling: what is asked, then what was given, in a fixed order.
fn normal(what: &str, given: &[(&str, &Option<String>)]) -> String {
    let mut text = what.to_owned();
    for (name, value) in given {
        if let Some(value) = value {
            text.extend([" ", name, "=", value]);
        }
    }
    text
}
