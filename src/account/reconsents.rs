//! Who has not consented anew to a version of the policy that asks for it, and is still processed?
//! (question 8)

use std::collections::BTreeMap;

use custodia_core::assess::{About, LeafAt, Outcome};
use custodia_core::schema::v1::ChangeClass;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::When;
use super::reached::{MOST_PEOPLE, Shown, record};
use super::stream::occurrence;
use crate::assess::{FindingsDesk, FindingsQuestion};
use crate::query::{Asking, CutName, Standpoint, Time, Word};

/// `reconsent_on_change`.
const RULE: u8 = 17;
/// What the rule calls a deed on a consent that is older than the change.
const CAUSE: &str = "not_given_anew";
/// Events that are named of each person; all are counted.
const MOST_EVENTS: usize = 20;

/// Who has not consented anew?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReconsentsQuestion {
    /// The version of the policy.
    pub version: String,
    /// What was known: a cut's name or a time; everything is judged again then.
    pub as_of: Option<String>,
}

/// Whom data was taken or shared of on a consent that is older than the version, after it took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconsentsAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The version.
    pub version: String,
    /// Whether the registry knows it.
    pub known: bool,
    /// Whether it asks for consent anew.
    pub asks_anew: bool,
    /// What it changes.
    pub changes: Vec<Word>,
    /// From when on it is in force.
    pub effective: Option<Time>,
    /// How many events there are in all.
    pub events: u64,
    /// The people.
    pub people: Vec<NotAnew>,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAnew {
    /// The reference.
    pub subject: String,
    /// How many events.
    pub events: u64,
    /// The first of them, at most 20.
    pub named: Vec<Deed>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Its id, hex; none where it can't be read any more.
    pub event_id: Option<String>,
    /// When it happened.
    pub time: Time,
    /// The leaf.
    pub leaf: LeafAt,
}

impl ReconsentsQuestion {
    /// The answer, a look at each person on record.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond 10,000 people; else as [`FindingsDesk::findings`] of the whole ledger.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<ReconsentsAnswer, Error> {
        let when = When {
            as_of: self.as_of.as_deref(),
            at: None,
        };
        let version = self.version_at(desk, when)?;
        let (cut, mut people) = self.people(desk, version.leaf.as_ref())?;
        let when = When {
            as_of: Some(&cut.digest),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let mut shown = Shown::default();
        for person in people.values_mut() {
            shown.add(&person.subject)?;
            for deed in &mut person.named {
                deed.event_id = event_id(&from, &deed.leaf)?;
            }
        }
        let given = [("version", Some(self.version.clone()))];
        record(desk, asking, "reconsents", &when, &given, &from, shown)?;
        Ok(ReconsentsAnswer {
            cut,
            version: self.version.clone(),
            known: version.known,
            asks_anew: version.asks_anew,
            changes: version.changes,
            effective: version.effective,
            events: people.values().map(|person| person.events).sum(),
            people: people.into_values().collect(),
        })
    }

    /// Whom the rule finds on this version, and the cut.
    fn people(
        &self,
        desk: &FindingsDesk,
        version: Option<&LeafAt>,
    ) -> Result<(CutName, BTreeMap<String, NotAnew>), Error> {
        let (mut people, mut too_many) = (BTreeMap::<String, NotAnew>::new(), false);
        let question = FindingsQuestion {
            rule: Some(RULE),
            result: Some(Outcome::Violation),
            as_of: self.as_of.clone(),
            ..FindingsQuestion::default()
        };
        let cut = desk.each(&question, &mut |finding| {
            let ours =
                finding.cause == CAUSE && version.is_some_and(|leaf| finding.leaves.contains(leaf));
            let (About::Subject(subject), Some(leaf)) = (finding.about, finding.judged) else {
                return;
            };
            too_many |= people.len() > MOST_PEOPLE;
            if ours && !too_many {
                let person = people.entry(subject.clone()).or_insert_with(|| NotAnew {
                    subject,
                    events: 0,
                    named: Vec::new(),
                });
                person.events += 1;
                if person.named.len() < MOST_EVENTS {
                    person.named.push(Deed {
                        event_id: None,
                        time: Time(finding.since_ms),
                        leaf,
                    });
                }
            }
        })?;
        Ok((cut, people))
    }

    fn version_at(&self, desk: &FindingsDesk, when: When<'_>) -> Result<Version, Error> {
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let mut versions = judging.policies().versions().iter();
        let found = versions.find(|one| one.published.policy_version_id == self.version);
        let Some(version) = found else {
            return Ok(Version::default());
        };
        let said = &version.published;
        let changes = !said.changed_dimensions.is_empty();
        let first = said.change_class() == ChangeClass::PvChangeFirst;
        Ok(Version {
            leaf: Some(version.leaf.clone()),
            known: true,
            asks_anew: !first && (changes || said.requires_reconsent == Some(true)),
            changes: Word::all("ChangedDimension", &said.changed_dimensions),
            effective: Some(Time(version.effective_ms)),
        })
    }
}

#[derive(Default)]
struct Version {
    leaf: Option<LeafAt>,
    known: bool,
    asks_anew: bool,
    changes: Vec<Word>,
    effective: Option<Time>,
}

fn event_id(from: &Standpoint<'_>, leaf: &LeafAt) -> Result<Option<String>, Error> {
    let Some(log) = from.view().log_named(&leaf.log) else {
        return Ok(None);
    };
    let one = occurrence(from, log, leaf.index)?;
    Ok(one.map(|one| hex::encode(&one.event.event_id)))
}
