//! Every accepted event of a ledger, one after the other: a page of rows and one payload are held at a time.

use std::collections::BTreeSet;

use custodia_core::assess::{Occurrence, Register};
use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::{TopicRole, Verdict};

use super::Error;
use crate::assess;
use crate::project::{Kind, Page};
use crate::query::{self, LogRows, Standpoint, Time};

/// Leaves read at once.
const PAGE: u64 = 4096;
/// Number of `DataDisclosed`.
pub(super) const DISCLOSED: u32 = 209;

/// A period by the events' own times, both ends included.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Period {
    pub(super) from: Option<Time>,
    pub(super) to: Option<Time>,
}

impl Period {
    /// # Errors
    /// [`Error::BadQuestion`] where it ends before it begins.
    pub(super) fn check(self) -> Result<(), Error> {
        if self.from.zip(self.to).is_some_and(|(from, to)| from > to) {
            return Err(Error::BadQuestion(
                "the period ends before it begins".to_owned(),
            ));
        }
        Ok(())
    }

    pub(super) fn has(self, ms: i64) -> bool {
        self.from.is_none_or(|from| from.0 <= ms) && self.to.is_none_or(|to| ms <= to.0)
    }
}

/// Visits what was accepted in a period, log by log in order, without looks. Of a disclosure that was told
/// again under the person's key after its gag (design §3.5) only the first telling is visited.
pub(super) fn accepted(
    from: &Standpoint<'_>,
    register: &Register,
    period: Period,
    visit: &mut dyn FnMut(&Occurrence) -> Result<(), Error>,
) -> Result<(), Error> {
    let told = Told::of(register);
    for log in from.logs().filter(|log| log.role != TopicRole::Access) {
        let (mut begin, below) = (0, from.size_of(log));
        while begin < below {
            let page = Page {
                from: begin,
                ..Page::all_below(below.min(begin.saturating_add(PAGE)))
            };
            for (index, row) in log.rows.verdicts(&page).map_err(query::Error::from)? {
                if row.verdict.as_ref().is_some_and(Verdict::is_accepted)
                    && let Some(one) = occurrence(from, log, index)?
                    && period.has(one.occurred_at_ms)
                    && !told.is_again(log.role, &one)
                {
                    visit(&one)?;
                }
            }
            begin = page.below;
        }
    }
    Ok(())
}

/// Visits what was accepted of one recipient in a period, log by log in order, as [`accepted`].
pub(super) fn accepted_of(
    from: &Standpoint<'_>,
    register: &Register,
    recipient: &str,
    period: Period,
    visit: &mut dyn FnMut(&Occurrence) -> Result<(), Error>,
) -> Result<(), Error> {
    let told = Told::of(register);
    for log in from.logs().filter(|log| log.role != TopicRole::Access) {
        let mut page = Page {
            most: usize::try_from(PAGE).unwrap_or(usize::MAX),
            ..Page::all_below(from.size_of(log))
        };
        loop {
            let rows = log
                .rows
                .leaves_of(Kind::Recipient, recipient.as_bytes(), &page);
            let rows = rows.map_err(query::Error::from)?;
            for index in &rows {
                let row = log.rows.verdict_of(*index).map_err(query::Error::from)?;
                if row.verdict.as_ref().is_some_and(Verdict::is_accepted)
                    && let Some(one) = occurrence(from, log, *index)?
                    && period.has(one.occurred_at_ms)
                    && !told.is_again(log.role, &one)
                {
                    visit(&one)?;
                }
            }
            match rows.last() {
                Some(last) if rows.len() == page.most => page.from = last + 1,
                _ => break,
            }
        }
    }
    Ok(())
}

/// The accepted event of a leaf, where it can still be read and had happened.
pub(super) fn occurrence(
    from: &Standpoint<'_>,
    log: &LogRows,
    index: u64,
) -> Result<Option<Occurrence>, Error> {
    let record = log.log().record(from.view().keys(), index);
    let record = record.map_err(query::Error::from)?;
    let one = record.and_then(|record| assess::occurrence(log, index, &record));
    Ok(one.filter(|one| from.had_happened(Some(Time(one.occurred_at_ms)))))
}

/// The disclosures that the registry told of while their gag ran.
struct Told(BTreeSet<Vec<u8>>);

impl Told {
    fn of(register: &Register) -> Self {
        let disclosed = register.of(DISCLOSED).map(|one| one.event.event_id.clone());
        Self(disclosed.collect())
    }

    fn is_again(&self, role: TopicRole, one: &Occurrence) -> bool {
        role == TopicRole::Events
            && matches!(one.body(), Body::DataDisclosed(_))
            && self.0.contains(&one.event.causation_id)
    }
}
