//! Which requests are overdue, or due soon? (question 7)

use std::collections::BTreeSet;

use custodia_core::assess::state::requests::Requests;
use custodia_core::assess::{About, Finding, Outcome};
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::When;
use super::reached::{MOST_PEOPLE, Shown, record};
use super::requests::{CLOCKS, RequestShown, shown};
use crate::assess::{FindingsDesk, FindingsQuestion, Person};
use crate::query::{Asking, CutName, Time};

/// Which requests and complaints, of anybody, are overdue or due soon?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DueQuestion {
    /// Those that fall due within so many milliseconds where nothing is done.
    pub within_ms: Option<u64>,
    /// Those that are overdue and open.
    pub overdue: bool,
    /// What was known: a cut's name or a time; everything is judged again then.
    pub as_of: Option<String>,
    /// The moment; none for now.
    pub at: Option<Time>,
}

/// Requests by when they are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The moment that it is of.
    pub moment: Time,
    /// The requests, by the strict date.
    pub requests: Vec<DueRequest>,
}

/// A request, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueRequest {
    /// The reference that it is under.
    pub subject: String,
    /// The request.
    #[serde(flatten)]
    pub request: RequestShown,
}

impl DueQuestion {
    /// The answer, a look at each person on record.
    ///
    /// # Errors
    /// [`Error::BadQuestion`] where neither is asked for; [`Error::TooLarge`] beyond 10,000 people; else as
    /// [`FindingsDesk::findings`] of the whole ledger.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<DueAnswer, Error> {
        if !self.overdue && self.within_ms.is_none() {
            return Err(Error::BadQuestion(
                "name a person, or what is due: --due-within 3d, --overdue".to_owned(),
            ));
        }
        let now_ms = desk.clock().now_ms();
        let moment = self.at.unwrap_or(Time(now_ms));
        // What is kept up says what is due now. Of another moment everybody is judged again.
        let kept = self.at.is_none() && self.as_of.is_none();
        let receipts = if kept {
            Some(self.receipts(desk)?)
        } else {
            None
        };
        let when = match &receipts {
            Some((cut, _)) => When {
                as_of: Some(&cut.digest),
                at: None,
            },
            None => self.when(),
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let mut found = Found::default();
        match &receipts {
            Some((_, people)) => {
                let mut judged = BTreeSet::new();
                for subject in people {
                    let (person, findings) = judging.person(subject)?;
                    if judged.insert(person.references.first().cloned()) {
                        self.take(&person, &findings, moment, &mut found)?;
                    }
                }
            }
            None => {
                for subject in desk.people(&from)? {
                    let subject = subject?;
                    let (person, findings) = judging.person(&subject)?;
                    // Who has several references is judged once.
                    if person.references.first() == Some(&subject) {
                        self.take(&person, &findings, moment, &mut found)?;
                    }
                }
            }
        }
        let Found {
            mut requests,
            people,
        } = found;
        requests.sort_by(|a, b| {
            let key = |one: &DueRequest| (one.request.due, one.subject.clone());
            (key(a), &a.request.id).cmp(&(key(b), &b.request.id))
        });
        let given = [
            ("within_ms", self.within_ms.map(|ms| ms.to_string())),
            ("overdue", self.overdue.then(|| "yes".to_owned())),
        ];
        record(
            desk,
            asking,
            "requests due",
            &self.when(),
            &given,
            &from,
            people,
        )?;
        Ok(DueAnswer {
            cut: CutName::from(from.cut()),
            moment,
            requests,
        })
    }

    fn when(&self) -> When<'_> {
        When {
            as_of: self.as_of.as_deref(),
            at: self.at,
        }
    }

    /// Takes in what is overdue or falls due of a person.
    fn take(
        &self,
        person: &Person,
        findings: &[Finding],
        moment: Time,
        found: &mut Found,
    ) -> Result<(), Error> {
        let Ok(timeline) = &person.timeline else {
            return Ok(());
        };
        for (id, request) in Requests::of(timeline).by_id() {
            let request_shown = shown(id, request, findings, moment.0);
            let Some(receipt) = request
                .receipt()
                .filter(|_| self.wants(&request_shown, moment))
            else {
                continue;
            };
            let Some(subject) = receipt.on.subject() else {
                continue;
            };
            found.people.add(subject)?;
            found.requests.push(DueRequest {
                subject: subject.to_owned(),
                request: request_shown,
            });
        }
        Ok(())
    }

    /// Whether a request is open, and overdue or due soon enough.
    fn wants(&self, request: &RequestShown, moment: Time) -> bool {
        let (Some(due), Some(_)) = (request.due, request.days_left) else {
            return false;
        };
        let overdue = due.strict <= moment;
        let by = |within| moment.0.saturating_add_unsigned(within);
        let soon = self
            .within_ms
            .is_some_and(|within| due.strict.0 <= by(within));
        if overdue { self.overdue } else { soon }
    }

    /// Of whom findings are kept that say that something is overdue or falls due, and the cut.
    fn receipts(&self, desk: &FindingsDesk) -> Result<(CutName, BTreeSet<String>), Error> {
        let mut people = BTreeSet::new();
        let (mut cut, mut too_many) = (None, false);
        let wanted = [self.overdue.then_some(None), self.within_ms.map(Some)];
        let wanted = wanted.into_iter().flatten();
        for (due_within_ms, rule) in wanted.flat_map(|within| CLOCKS.map(|rule| (within, rule))) {
            let question = FindingsQuestion {
                rule: Some(rule),
                result: Some(Outcome::Overdue),
                due_within_ms,
                ..FindingsQuestion::default()
            };
            // Whoever is found at an earlier cut is looked at again at the last one.
            let on = desk.each(&question, &mut |finding| {
                if let About::Subject(subject) = finding.about {
                    too_many |= people.len() > MOST_PEOPLE;
                    if !too_many {
                        people.insert(subject);
                    }
                }
            })?;
            cut = Some(on);
        }
        match cut {
            Some(cut) if !too_many => Ok((cut, people)),
            _ => Err(Error::TooLarge {
                what: "people",
                limit: MOST_PEOPLE,
            }),
        }
    }
}

/// What was found, and of whom.
#[derive(Default)]
struct Found {
    requests: Vec<DueRequest>,
    people: Shown,
}
