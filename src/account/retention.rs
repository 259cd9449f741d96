//! Whose data has outlived its time, or soon will, and in which stores? (question 9)

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::state::retention::{Holdings, Orders};
use custodia_core::assess::{About, Outcome, Timeline};
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, When};
use super::reached::{MOST_PEOPLE, Shown, record};
use crate::assess::{FindingsDesk, FindingsQuestion};
use crate::query::{Asking, CutName, Time, Word};

/// `retention_expired`.
const RULE: u8 = 23;
/// People of one answer, where the question names no number.
const USUALLY: usize = 1000;

/// Whose time of retention is over, or ends soon?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionQuestion {
    /// Those too whose time ends within so many milliseconds where nothing is done.
    pub within_ms: Option<u64>,
    /// What was known: a cut's name or a time; everything is judged again then.
    pub as_of: Option<String>,
    /// The moment at which times of retention are held against the clock; none for now.
    pub at: Option<Time>,
    /// How many people are shown, at most 10,000; none for 1000. All are counted.
    pub most: Option<usize>,
}

/// People by when their time ends. It lists and erases nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The moment that it is of.
    pub moment: Time,
    /// How many findings there are in all, by cause.
    pub counts: BTreeMap<String, u64>,
    /// How many that can't be decided: what was taken, or until when it may stay, isn't on record.
    pub undecided: u64,
    /// The people.
    pub people: Vec<PastTime>,
    /// How many of the people shown each store still holds data of.
    pub stores: BTreeMap<String, u64>,
    /// Whether there are more people than these.
    pub more: bool,
}

/// One person whose data has outlived its time, or will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastTime {
    /// The reference.
    pub subject: String,
    /// The first moment that is too late.
    pub ends: Time,
    /// Why, in the rule's word.
    pub cause: String,
    /// When the last order was completed; none where the person never ordered, or one is open.
    pub last_order: Option<Time>,
    /// What started the clock.
    pub since: Option<Seen>,
    /// What stores still hold, by store.
    pub stores: BTreeMap<String, Vec<Word>>,
}

impl RetentionQuestion {
    /// The answer, a look at each person on record.
    ///
    /// # Errors
    /// [`Error::BadQuestion`] where more than 10,000 people are asked for; else as
    /// [`FindingsDesk::findings`] of the whole ledger.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<RetentionAnswer, Error> {
        let most = self.most.unwrap_or(USUALLY);
        if most > MOST_PEOPLE {
            return Err(Error::BadQuestion(
                "an answer shows 10000 people at most; ask for fewer with --most".to_owned(),
            ));
        }
        let moment = self.at.unwrap_or_else(|| Time(desk.clock().now_ms()));
        let Over {
            cut,
            ends,
            counts,
            undecided,
            more,
        } = self.over(desk, most)?;
        let when = When {
            as_of: Some(&cut.digest),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let (mut people, mut stores) = (Vec::new(), BTreeMap::<String, u64>::new());
        let mut shown = Shown::default();
        for (at, cause, subject) in ends {
            let (person, _) = judging.person(&subject)?;
            let empty = Timeline::default();
            let timeline = person.timeline.as_ref().unwrap_or(&empty);
            let mut one = past(timeline, &Holdings::of(timeline, judging.policies()));
            (one.ends, one.cause) = (at, cause);
            shown.add(&subject)?;
            one.subject = subject;
            for store in one.stores.keys() {
                *stores.entry(store.clone()).or_default() += 1;
            }
            people.push(one);
        }
        let at = self.at.map(|at| at.to_string());
        let within = self.within_ms.map(|ms| ms.to_string());
        let given = [("moment", at), ("within_ms", within)];
        record(desk, asking, "retention due", &when, &given, &from, shown)?;
        Ok(RetentionAnswer {
            cut,
            moment,
            counts,
            undecided,
            people,
            stores,
            more,
        })
    }

    /// What kept findings say.
    fn over(&self, desk: &FindingsDesk, most: usize) -> Result<Over, Error> {
        let (mut ends, mut counts) = (BTreeSet::new(), BTreeMap::new());
        let (mut undecided, mut more, mut cut) = (0, false, None);
        let spans = [None].into_iter().chain(self.within_ms.map(Some));
        for due_within_ms in spans {
            let question = FindingsQuestion {
                rule: Some(RULE),
                due_within_ms,
                as_of: self.as_of.clone(),
                at: self.at,
                ..FindingsQuestion::default()
            };
            let on = desk.each(&question, &mut |finding| match finding.result {
                Outcome::Violation => {
                    *counts.entry(finding.cause.clone()).or_default() += 1;
                    if let About::Subject(subject) = finding.about {
                        ends.insert((Time(finding.since_ms), finding.cause, subject));
                        if ends.len() > most {
                            ends.pop_last();
                            more = true;
                        }
                    }
                }
                Outcome::Unknown => undecided += 1,
                _ => {}
            })?;
            cut = Some(on);
        }
        Ok(Over {
            cut: cut.expect("at least one was asked"),
            ends,
            counts,
            undecided,
            more,
        })
    }
}

/// Whose time is over, and when it ended.
struct Over {
    cut: CutName,
    ends: BTreeSet<(Time, String, String)>,
    counts: BTreeMap<String, u64>,
    undecided: u64,
    more: bool,
}

fn past(timeline: &Timeline, holdings: &Holdings<'_>) -> PastTime {
    let orders = Orders::of(timeline);
    let since = orders
        .quiet()
        .pop()
        .filter(|quiet| quiet.until_ms.is_none());
    let since = since.map(|quiet| quiet.since);
    let mut stores: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    for holding in holdings.all().iter().filter(|one| one.erased.is_none()) {
        let store = stores.entry(holding.store.to_owned()).or_default();
        store.insert(holding.category);
    }
    let words = |categories: BTreeSet<i32>| {
        Word::all("DataCategory", &categories.into_iter().collect::<Vec<_>>())
    };
    PastTime {
        subject: String::new(),
        ends: Time(0),
        cause: String::new(),
        last_order: since
            .filter(|one| matches!(one.body(), Body::OrderCompleted(_)))
            .map(|one| Time(one.occurred_at_ms)),
        since: since.map(Seen::of),
        stores: stores
            .into_iter()
            .map(|(store, of)| (store, words(of)))
            .collect(),
    }
}
