//! What can be asked about findings, and which of them an answer holds.

use custodia_core::assess::{Outcome, Scope};
use serde::{Deserialize, Serialize};

use super::Error;
use super::rows::{Header, Owner, Tag, name_tag};
use crate::keys::KeyStore;
use crate::query::Time;

/// Findings of one answer, where the question names no number.
const USUALLY: usize = 1000;
/// Findings of one answer, at most.
pub const MOST_FINDINGS: usize = 10_000;
/// The last rule's number.
const LAST_RULE: u8 = 44;

/// Which findings? Of a person they are judged when asked; all others are those kept up, or, with
/// `as_of`, judged again over the whole ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindingsQuestion {
    /// Of this person alone, with all linked references.
    pub subject: Option<String>,
    /// Concerning this recipient alone.
    pub recipient: Option<String>,
    /// Concerning this producer's events alone.
    pub producer: Option<String>,
    /// About this incident alone.
    pub incident: Option<String>,
    /// Of this rule alone, 1 to 44; 0 for what could not be judged.
    pub rule: Option<u8>,
    /// With this result alone.
    pub result: Option<Outcome>,
    /// That began then or later.
    pub from: Option<Time>,
    /// That began then or before.
    pub until: Option<Time>,
    /// That stand then; none for now. Of a person nothing is judged that happened later.
    pub at: Option<Time>,
    /// In the place of those that stand, those that will within so many milliseconds, where nothing is
    /// done.
    pub due_within_ms: Option<u64>,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// Those that were mended by then, too.
    pub mended: bool,
    /// Everything that was judged of a person: what passes and what was mended, too.
    pub all: bool,
    /// How many are shown, at most 10,000; none for 1000. All are counted.
    pub most: Option<usize>,
    /// Not one by one, but counted by this.
    pub by: Option<Grouping>,
}

/// What findings are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// The recipient concerned.
    Recipient,
    /// The service that sent the judged event.
    Producer,
    /// Why, in the rule's word.
    Cause,
}

impl Grouping {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Producer => "producer",
            Self::Cause => "cause",
        }
    }
}

impl FindingsQuestion {
    /// # Errors
    /// [`Error::BadQuestion`].
    pub(super) fn check(&self) -> Result<(), Error> {
        let bad = |what: &str| Err(Error::BadQuestion(what.to_owned()));
        if self.rule.is_some_and(|rule| rule > LAST_RULE) {
            return bad("there is no such rule; name one of R01 to R44");
        }
        if self.most.is_some_and(|most| most > MOST_FINDINGS) {
            return bad(
                "an answer shows 10000 findings at most; ask for fewer, e.g. by rule or period",
            );
        }
        let passes = self.all || self.result == Some(Outcome::Pass);
        if passes && self.subject.is_none() {
            return bad("what passes is shown of one person alone; name the person with --subject");
        }
        if self.due_within_ms.is_some() && (self.all || self.mended) {
            return bad(
                "what falls due was neither mended nor does it pass; leave --due-within or the others out",
            );
        }
        if self
            .from
            .zip(self.until)
            .is_some_and(|(from, until)| from > until)
        {
            return bad("the period ends before it begins");
        }
        Ok(())
    }

    pub(super) fn most(&self) -> usize {
        self.most.unwrap_or(USUALLY)
    }

    /// The question in one spelling, without the person.
    pub(super) fn normal(&self) -> String {
        let text = |time: Option<Time>| time.map(|time| time.to_string());
        let flag = |flag: bool| flag.then(|| "yes".to_owned());
        let given = [
            ("recipient", self.recipient.clone()),
            ("producer", self.producer.clone()),
            ("incident", self.incident.clone()),
            ("rule", self.rule.map(|rule| format!("R{rule:02}"))),
            ("result", self.result.map(|result| result.name().to_owned())),
            ("from", text(self.from)),
            ("until", text(self.until)),
            ("at", text(self.at)),
            ("due_within_ms", self.due_within_ms.map(|ms| ms.to_string())),
            ("as_of", self.as_of.clone()),
            ("mended", flag(self.mended)),
            ("all", flag(self.all)),
            ("by", self.by.map(|by| by.name().to_owned())),
        ];
        let mut normal = "findings".to_owned();
        for (name, value) in given {
            if let Some(value) = value {
                normal.extend([" ", name, "=", &value]);
            }
        }
        normal
    }
}

/// A question at a moment, as rows are compared with it.
pub(super) struct Wanted {
    rule: Option<u8>,
    result: Option<Outcome>,
    passes: bool,
    mended: bool,
    recipient: Option<Tag>,
    producer: Option<Tag>,
    incident: Option<Tag>,
    moment_ms: i64,
    due_within: bool,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
}

impl Wanted {
    pub(super) fn new(question: &FindingsQuestion, keys: &KeyStore, now_ms: i64) -> Self {
        let tag = |name: &Option<String>| name.as_ref().map(|name| name_tag(keys, name));
        let moment_ms = question.at.map_or(now_ms, |Time(ms)| ms);
        let (after, by) = match question.due_within_ms {
            Some(within) => {
                let by = moment_ms.saturating_add_unsigned(within);
                (moment_ms.saturating_add(1), by)
            }
            None => (i64::MIN, moment_ms),
        };
        Self {
            rule: question.rule,
            result: question.result,
            passes: question.all || question.result == Some(Outcome::Pass),
            mended: question.all || question.mended,
            recipient: tag(&question.recipient),
            producer: tag(&question.producer),
            incident: tag(&question.incident),
            moment_ms,
            due_within: question.due_within_ms.is_some(),
            first_ms: question.from.map_or(after, |Time(from)| from.max(after)),
            last_ms: question.until.map_or(by, |Time(until)| until.min(by)),
        }
    }

    /// The recipient, incident and producer asked about.
    pub(super) fn things(&self) -> impl Iterator<Item = Owner> {
        let of = |scope, tag: Option<Tag>| tag.map(|tag| Owner { scope, tag });
        [
            of(Scope::Recipient, self.recipient),
            of(Scope::Incident, self.incident),
            of(Scope::Producer, self.producer),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether a finding of an owner is asked for.
    pub(super) fn wants(&self, owner: Owner, header: &Header) -> bool {
        let is = |scope, tag| owner == Owner { scope, tag };
        let in_time = (self.first_ms..=self.last_ms).contains(&header.since_ms);
        let stands = self.due_within || self.mended || header.stands_at(self.moment_ms);
        let recipient = self
            .recipient
            .is_none_or(|tag| header.recipient == tag || is(Scope::Recipient, tag));
        let producer = self
            .producer
            .is_none_or(|tag| header.producer == tag || is(Scope::Producer, tag));
        let incident = self.incident.is_none_or(|tag| is(Scope::Incident, tag));
        in_time
            && stands
            && (self.passes || header.result != Outcome::Pass)
            && self.rule.is_none_or(|rule| rule == header.rule)
            && self.result.is_none_or(|result| result == header.result)
            && recipient
            && producer
            && incident
    }
}
