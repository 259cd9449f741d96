//! From rows to timelines at a standpoint.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::{MOST_OCCURRENCES, Occurrence, Timeline};
use custodia_core::verdict::{Named, TopicRole, Verdict};

use super::Error;
use super::ground::occurrence;
use super::unjudged::Unjudged;
use crate::project::{Kind, Page, SubjectLeaf, VerdictKind};
use crate::query::{self, LogRows, Standpoint, Time};

/// Rows read at once.
const PAGE: usize = 4096;
/// Number of `AuthorityRequestReceived`.
const DEMAND: u32 = 207;

/// What there is to judge of somebody or something; or why it isn't judged.
pub type Judgeable = Result<Timeline, Unjudged>;

/// A person with everything that is judged of them.
pub struct Person {
    /// All references of the person, sorted; the first names the person as a whole.
    pub references: BTreeSet<String>,
    /// The first log by order in which an accepted event names a reference.
    pub homes: BTreeMap<String, String>,
    /// Whether any log but that of the looks names the person.
    pub known: bool,
    /// What is judged of the person.
    pub timeline: Judgeable,
}

/// What a log has of a reference.
#[derive(Default)]
struct Found {
    any: bool,
    accepted: bool,
}

/// Leaves that are in a timeline, each log's ascending.
struct Leaves<'a>(Vec<(&'a LogRows, BTreeSet<u64>)>);

/// The person of a reference, with all that are linked to it.
///
/// In the timeline stands what is under one of the references as key or in the envelope, and what the
/// registry has that names one in its body: a disclosure under a gag. What another person's event names in
/// its body is that person's; and an authority's demand names a person, but is no event of theirs.
pub(super) fn person(from: &Standpoint<'_>, subject: &str) -> Result<Person, Error> {
    let linked = match from.linked(subject) {
        Ok(references) => Ok(references),
        Err(query::Error::TooMany { .. }) => Err(Unjudged::TooManyReferences),
        Err(error) => return Err(error.into()),
    };
    let alone = || BTreeSet::from([subject.to_owned()]);
    let mut person = Person {
        references: linked.clone().unwrap_or_else(|_| alone()),
        homes: BTreeMap::new(),
        known: false,
        timeline: Ok(Timeline::default()),
    };
    let mut leaves = Leaves(Vec::new());
    for log in logs(from) {
        let mut indexes = BTreeSet::new();
        for reference in &person.references {
            let found = leaves_of_person(from, log, reference, &mut indexes)?;
            person.known |= found.any;
            if found.accepted && !person.homes.contains_key(reference) {
                let home = log.log().name().to_owned();
                person.homes.insert(reference.clone(), home);
            }
        }
        leaves.0.push((log, indexes));
    }
    person.timeline = match linked {
        Ok(_) => leaves.read(from, |one| one.kind != DEMAND)?,
        Err(unjudged) => Err(unjudged),
    };
    Ok(person)
}

/// What the registry says of a recipient or producer, and every event of an incident; and these leaves,
/// which are accepted.
pub(super) fn thing<'a>(
    from: &'a Standpoint<'_>,
    kind: Kind,
    id: &str,
    further: Vec<(&'a LogRows, u64)>,
) -> Result<Judgeable, Error> {
    let mut leaves = Leaves(Vec::new());
    for log in logs(from) {
        if kind == Kind::Incident || log.role == TopicRole::Registry {
            leaves.0.push((log, leaves_of_thing(from, log, kind, id)?));
        }
    }
    let further = further.into_iter();
    let further = further.map(|(log, index)| (log, BTreeSet::from([index])));
    leaves.0.extend(further);
    leaves.read(from, |_| true)
}

/// All logs but those of the looks, which no rule looks at.
pub(super) fn logs<'a>(from: &'a Standpoint<'_>) -> impl Iterator<Item = &'a LogRows> {
    from.logs().filter(|log| log.role != TopicRole::Access)
}

/// Puts the accepted leaves of a reference in a log, up to one more than are judged.
fn leaves_of_person(
    from: &Standpoint<'_>,
    log: &LogRows,
    reference: &str,
    into: &mut BTreeSet<u64>,
) -> Result<Found, Error> {
    let registry = log.role == TopicRole::Registry;
    // In the registry a key may be an employee's reference, who is nobody that rules judge.
    let by = if registry { Named::Body } else { Named::Key };
    let named = |row: &SubjectLeaf| row.is_named(by) || row.is_named(Named::Envelope);
    let is_of = |row: &SubjectLeaf| {
        row.verdict == VerdictKind::Accepted
            && named(row)
            && from.had_happened(row.occurred_at_ms.map(Time))
    };
    let mut found = Found::default();
    let mut page = Page {
        most: PAGE,
        ..Page::all_below(from.size_of(log))
    };
    loop {
        let rows = log.rows.leaves_of_subject(reference.as_bytes(), &page)?;
        found.any |= !rows.is_empty();
        found.accepted |= rows.iter().any(|row| row.verdict == VerdictKind::Accepted);
        into.extend(rows.iter().filter(|row| is_of(row)).map(|row| row.index));
        match rows.last() {
            Some(last) if rows.len() == PAGE && into.len() <= MOST_OCCURRENCES => {
                page.from = last.index + 1;
            }
            _ => return Ok(found),
        }
    }
}

fn leaves_of_thing(
    from: &Standpoint<'_>,
    log: &LogRows,
    kind: Kind,
    id: &str,
) -> Result<BTreeSet<u64>, Error> {
    let mut indexes = BTreeSet::new();
    let mut page = Page {
        most: PAGE,
        ..Page::all_below(from.size_of(log))
    };
    loop {
        let found = log.rows.leaves_of(kind, id.as_bytes(), &page)?;
        for index in &found {
            let verdict = log.rows.verdict_of(*index)?.verdict;
            if verdict.as_ref().is_some_and(Verdict::is_accepted) {
                indexes.insert(*index);
            }
        }
        match found.last() {
            Some(last) if found.len() == PAGE && indexes.len() <= MOST_OCCURRENCES => {
                page.from = last + 1;
            }
            _ => return Ok(indexes),
        }
    }
}

impl Leaves<'_> {
    /// Reads those of them that are wanted, unless they are too many: then none.
    fn read(
        self,
        from: &Standpoint<'_>,
        wanted: impl Fn(&Occurrence) -> bool,
    ) -> Result<Judgeable, Error> {
        let count: usize = self.0.iter().map(|(_, indexes)| indexes.len()).sum();
        if count > MOST_OCCURRENCES {
            return Ok(Err(Unjudged::TimelineTooLong));
        }
        let mut all: Vec<Occurrence> = Vec::with_capacity(count);
        for (log, indexes) in self.0 {
            for index in indexes {
                let record = log.log().record(from.view().keys(), index)?;
                let one = record.and_then(|record| occurrence(log, index, &record));
                let had_happened =
                    |one: &Occurrence| from.had_happened(Some(Time(one.occurred_at_ms)));
                all.extend(one.filter(|one| wanted(one) && had_happened(one)));
            }
        }
        Ok(Timeline::new(all).map_err(|_| Unjudged::TimelineTooLong))
    }
}

/// Whether an accepted event at a standpoint names a reference.
pub(super) fn is_known(from: &Standpoint<'_>, reference: &str) -> Result<bool, Error> {
    for log in logs(from) {
        let mut page = Page {
            most: PAGE,
            ..Page::all_below(from.size_of(log))
        };
        loop {
            let rows = log.rows.leaves_of_subject(reference.as_bytes(), &page)?;
            if rows.iter().any(|row| row.verdict == VerdictKind::Accepted) {
                return Ok(true);
            }
            match rows.last() {
                Some(last) if rows.len() == PAGE => page.from = last.index + 1,
                _ => break,
            }
        }
    }
    Ok(false)
}

/// Whether an accepted event that can still be read names a recipient or an incident.
pub(super) fn is_named(from: &Standpoint<'_>, kind: Kind, id: &str) -> Result<bool, Error> {
    for log in logs(from) {
        let mut page = Page {
            most: PAGE,
            ..Page::all_below(from.size_of(log))
        };
        loop {
            let found = log.rows.leaves_of(kind, id.as_bytes(), &page)?;
            for index in &found {
                let verdict = log.rows.verdict_of(*index)?.verdict;
                let accepted = verdict.as_ref().is_some_and(Verdict::is_accepted);
                if accepted && log.log().record(from.view().keys(), *index)?.is_some() {
                    return Ok(true);
                }
            }
            match found.last() {
                Some(last) if found.len() == PAGE => page.from = last + 1,
                _ => break,
            }
        }
    }
    Ok(false)
}
