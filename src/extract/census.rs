//! An audit's counts: every leaf of the cut is looked at, and no person is shown.

use std::collections::{BTreeMap, HashMap};

use custodia_core::assess::{About, Finding, Outcome};
use custodia_core::extract::{
    COUNT_TABLES, CountCell, CountTable, Int, MAX_CELLS, Query, month_of,
};
use custodia_core::report::MAX_EVENTS;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{DisclosureCase, RightsRequestKind, ShareCase, TransferCase};
use custodia_core::schema::{self, v1::Topic};
use custodia_core::verdict::{TopicRole, Verdict, event_of};

use super::Error;
use super::leaf::{Leaf, Words};
use super::line::subject_of;
use super::office::Progress;
use super::suppress::{Cell, Person, withheld};
use crate::assess::FindingsDesk;
use crate::query::{LogRows, Standpoint};

/// Leaves between two words about progress.
const STRIDE: u64 = 4096;
const EVENTS: usize = 0;
const FINDINGS: usize = 1;
const OUTFLOWS: usize = 2;
const REQUESTS: usize = 3;
const RECEIVED: &str = "RightsRequestReceived";
/// How a request ended, and the event that says so.
const OUTCOMES: [(&str, &str); 3] = [
    ("fulfilled", "RightsRequestFulfilled"),
    ("refused", "RightsRequestRefused"),
    ("withdrawn", "RightsRequestWithdrawn"),
];

/// A cell's place: the table's in [`COUNT_TABLES`], its keys, its month.
type Place = (usize, Vec<String>, String);

/// A request of a person, as far as is read.
#[derive(Default)]
struct Asked {
    kind: Option<&'static str>,
    month: Option<String>,
    person: Option<Person>,
    outcome: Option<&'static str>,
}

/// Counts.
pub(super) struct Census<'a> {
    query: &'a Query,
    k: usize,
    cells: BTreeMap<Place, Cell>,
    requests: HashMap<[u8; 16], Asked>,
}

/// Counts everything of a query at a standpoint.
pub(super) fn take(
    from: &Standpoint<'_>,
    query: &Query,
    desk: &FindingsDesk,
    progress: &dyn Fn(Progress),
) -> Result<Vec<CountTable>, Error> {
    let k = query.k.map_or(0, |k| k.0);
    let mut census = Census {
        query,
        k: usize::try_from(k).unwrap_or(usize::MAX),
        cells: BTreeMap::new(),
        requests: HashMap::new(),
    };
    let mut read = 0;
    for log in from.logs().filter(|log| log.role != TopicRole::Access) {
        for index in 0..from.size_of(log) {
            census.take_leaf(log, &Leaf::read(log, from.view().keys(), index)?)?;
            read += 1;
            if u64::is_multiple_of(read, STRIDE) {
                progress(Progress::Reading { events: read });
            }
        }
    }
    census.take_findings(from, desk)?;
    census.end_requests()?;
    Ok(census.tables())
}

impl Census<'_> {
    fn take_leaf(&mut self, log: &LogRows, leaf: &Leaf) -> Result<(), Error> {
        if !leaf.verdict.as_ref().is_some_and(Verdict::is_accepted) {
            return Ok(());
        }
        let words = leaf.said(log);
        let (Some(subject), Some(words)) = (subject_of(leaf, words.as_ref()), &words) else {
            return Ok(());
        };
        let kind = schema::body_of(words.split.body_number);
        let Some(kind) = kind.filter(|kind| kind.topic == Topic::Events) else {
            return Ok(());
        };
        let body = leaf.record.as_ref().and_then(event_of);
        let body = body.and_then(|event| event.body);
        let person = person_of(subject);
        if let Some(body) = &body {
            self.take_request(&kind.name, body, leaf.time(Some(words)), person)?;
        }
        let Some(month) = self.month(leaf, words) else {
            return Ok(());
        };
        if let Some(keys) = body.as_ref().and_then(|body| outflow(&kind.name, body)) {
            self.count((OUTFLOWS, keys, month.clone()), person)?;
        }
        self.count((EVENTS, vec![kind.name.clone()], month), person)
    }

    /// The month of an event in the period.
    fn month(&self, leaf: &Leaf, words: &Words<'_>) -> Option<String> {
        let ms = leaf.time(Some(words))?;
        month_of(ms).filter(|_| self.query.is_within(ms))
    }

    fn count(&mut self, place: Place, person: Person) -> Result<(), Error> {
        let k = self.k;
        if self.cells.len() == MAX_CELLS && !self.cells.contains_key(&place) {
            return Err(too_many("cells of counts", MAX_CELLS));
        }
        self.cells.entry(place).or_default().count(person, k);
        Ok(())
    }

    fn take_request(
        &mut self,
        name: &str,
        body: &Body,
        ms: Option<i64>,
        person: Person,
    ) -> Result<(), Error> {
        let id = match body {
            Body::RightsRequestReceived(said) => &said.request_id,
            Body::RightsRequestFulfilled(said) => &said.request_id,
            Body::RightsRequestRefused(said) => &said.request_id,
            Body::RightsRequestWithdrawn(said) => &said.request_id,
            _ => return Ok(()),
        };
        if self.requests.len() > MAX_EVENTS {
            return Err(too_many("requests", MAX_EVENTS));
        }
        let asked = self.requests.entry(person_of(id)).or_default();
        if let Body::RightsRequestReceived(said) = body {
            asked.kind = Some(named(said.kind, RightsRequestKind::as_str_name));
            asked.person = Some(person);
            asked.month = ms.filter(|ms| self.query.is_within(*ms)).and_then(month_of);
        }
        let outcome = OUTCOMES.iter().find(|(_, event)| *event == name);
        // Of several the one that stands first in the table: that it was fulfilled counts most.
        asked.outcome = asked
            .outcome
            .into_iter()
            .chain(outcome.map(|(one, _)| *one))
            .min();
        Ok(())
    }

    /// Puts each request that was received in the period where it ended.
    fn end_requests(&mut self) -> Result<(), Error> {
        for asked in std::mem::take(&mut self.requests).into_values() {
            let (Some(kind), Some(month), Some(person)) = (asked.kind, asked.month, asked.person)
            else {
                continue;
            };
            let keys = [kind, asked.outcome.unwrap_or("open")].map(str::to_owned);
            self.count((REQUESTS, keys.to_vec(), month), person)?;
        }
        Ok(())
    }

    /// What the rules say of everybody who is known at the standpoint.
    fn take_findings(&mut self, from: &Standpoint<'_>, desk: &FindingsDesk) -> Result<(), Error> {
        let judging = desk.judging(from)?;
        for reference in desk.people(from)? {
            let reference = reference?;
            let (person, findings) = judging.person(&reference)?;
            // Who has several references is judged once.
            if !person.known || person.references.first() != Some(&reference) {
                continue;
            }
            for finding in findings {
                self.take_finding(&finding, person_of(&reference))?;
            }
        }
        Ok(())
    }

    fn take_finding(&mut self, finding: &Finding, person: Person) -> Result<(), Error> {
        let is_shown = finding.result != Outcome::Pass
            && matches!(finding.about, About::Subject(_))
            && self.query.is_within(finding.since_ms);
        let Some(month) = month_of(finding.since_ms).filter(|_| is_shown) else {
            return Ok(());
        };
        let keys = vec![
            format!("R{:02}", finding.rule),
            finding.result.name().to_owned(),
        ];
        self.count((FINDINGS, keys, month), person)
    }

    /// The tables, with what is withheld left out.
    fn tables(self) -> Vec<CountTable> {
        let places: Vec<&Place> = self.cells.keys().collect();
        let sums = sums(&places);
        let cells: Vec<Cell> = self.cells.values().cloned().collect();
        let hidden = withheld(&cells, &sums, self.k);
        let mut tables: Vec<CountTable> = COUNT_TABLES
            .iter()
            .map(|(name, _)| CountTable {
                cells: Vec::new(),
                name: (*name).to_owned(),
            })
            .collect();
        for (((table, keys, month), cell), hidden) in self.cells.into_iter().zip(hidden) {
            tables[table].cells.push(CountCell {
                count: (!hidden).then_some(Int(cell.events)),
                keys,
                month,
            });
        }
        tables
    }
}

/// Cells whose sum, or whose difference, is known to who reads the extract: all events (the logs' sizes stand in
/// the cut); the outflows of a kind and month, beside its events; the requests of a month beside those received,
/// and those that ended in one way beside the events that say so.
fn sums(places: &[&Place]) -> Vec<Vec<usize>> {
    let of = |wanted: &dyn Fn(&Place) -> bool| -> Vec<usize> {
        let all = places.iter().enumerate();
        all.filter(|(_, place)| wanted(place))
            .map(|(number, _)| number)
            .collect()
    };
    let mut sums = vec![of(&|(table, _, _)| *table == EVENTS)];
    for (table, keys, month) in places {
        if *table != EVENTS {
            continue;
        }
        let itself = |place: &Place| place.0 == EVENTS && place.1 == *keys && place.2 == *month;
        sums.push(of(&|place| {
            itself(place)
                || (place.0 == OUTFLOWS && place.1[0] == keys[0] && place.2 == *month)
                || (keys[0] == RECEIVED && place.0 == REQUESTS && place.2 == *month)
        }));
    }
    for (outcome, event) in OUTCOMES {
        sums.push(of(&|(table, keys, _)| {
            (*table == EVENTS && keys[0] == event) || (*table == REQUESTS && keys[1] == outcome)
        }));
    }
    // An event that nothing is held against gives nothing away by itself.
    sums.retain(|sum| sum.len() > 1);
    sums
}

/// Under which keys data that left is counted: kind, recipient, case.
fn outflow(name: &str, body: &Body) -> Option<Vec<String>> {
    let (recipient, case) = match body {
        Body::DataShared(said) => (&said.recipient_id, named(said.case, ShareCase::as_str_name)),
        Body::DataTransferred(said) => (
            &said.recipient_id,
            named(said.case, TransferCase::as_str_name),
        ),
        Body::DataDisclosed(said) => (
            &said.recipient_id,
            named(said.case, DisclosureCase::as_str_name),
        ),
        _ => return None,
    };
    Some(vec![name.to_owned(), recipient.clone(), case.to_owned()])
}

/// The name of a value; that of none where the schema hasn't the number.
fn named<T: TryFrom<i32> + Default>(
    number: i32,
    name: impl Fn(&T) -> &'static str,
) -> &'static str {
    name(&T::try_from(number).unwrap_or_default())
}

fn person_of(reference: &str) -> Person {
    let digest = blake3::hash(reference.as_bytes());
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}

fn too_many(what: &'static str, limit: usize) -> Error {
    crate::query::Error::TooMany { what, limit }.into()
}
