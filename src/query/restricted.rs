//! Whose account was cancelled: from then on only legal roles are answered (domain §6; PIPL 47, NDSR 24).
//!
//! Nothing but storage and protection goes on with the data of such a person. Whether one is restricted is
//! judged by the newest state, whatever cut an answer stands on (design §2).

use std::collections::BTreeSet;

use custodia_core::assess::state::requests::Requests;
use custodia_core::assess::state::retention::Cancellation;
use custodia_core::assess::{LeafAt, Occurrence, Timeline};
use custodia_core::schema::v1::PersonRole;
use serde::{Deserialize, Serialize};

use super::{Cut, Error, Look, Standpoint, Time, View};
use crate::project::{Page, VerdictKind};

/// `ConsentGranted`, `RightsRequestReceived`, `RightsRequestFulfilled`: what a cancellation that stands is
/// told by.
const TELLING: [u32; 3] = [141, 220, 222];
/// Rows of a person looked through at once.
const PAGE: usize = 4096;

/// What says that a person's account was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restricted {
    /// Since when, by the event.
    pub since: Time,
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
}

/// Whether a role may see people whose account was cancelled: those whom the law lets read on, for protection,
/// audit, inspection and claims.
pub(super) const fn is_legal(role: PersonRole) -> bool {
    matches!(
        role,
        PersonRole::PrProtectionOfficer
            | PersonRole::PrLegal
            | PersonRole::PrIncidentResponder
            | PersonRole::PrAuditor
            | PersonRole::PrRegulator
    )
}

impl View {
    /// What says that the account of the person with these references was cancelled, by all that has rows now.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn restricted(&self, references: &BTreeSet<String>) -> Result<Option<Restricted>, Error> {
        self.newest().restricted(references)
    }

    /// Refuses to show people whose account was cancelled to a role that isn't legal.
    pub(super) fn refuse_restricted(&self, shown: &Look<'_>) -> Result<(), Error> {
        if is_legal(shown.asking.principal.role) {
            return Ok(());
        }
        let newest = self.newest();
        let (mut restricted, mut seen) = (0, BTreeSet::new());
        for subject in shown.people.keys() {
            if seen.contains(subject) {
                continue;
            }
            let references = match newest.linked(subject) {
                Err(Error::TooMany { .. }) => BTreeSet::from([subject.clone()]),
                references => references?,
            };
            if newest.restricted(&references)?.is_some() {
                restricted += 1;
            }
            seen.extend(references);
        }
        match restricted {
            0 => Ok(()),
            people => Err(Error::Restricted { people }),
        }
    }

    fn newest(&self) -> Standpoint<'_> {
        let sizes = self
            .logs()
            .map(|log| (log.log().name().to_owned(), log.rows.progress().projected()));
        self.at_cut(Cut::new(sizes))
    }
}

impl Standpoint<'_> {
    fn restricted(&self, references: &BTreeSet<String>) -> Result<Option<Restricted>, Error> {
        let mut told = Vec::new();
        for reference in references {
            self.telling(reference, &mut told)?;
        }
        let Ok(timeline) = Timeline::new(told) else {
            // More than is judged of anybody. The one who has so many requests is no cancelled customer.
            return Ok(None);
        };
        let requests = Requests::of(&timeline);
        let cancelled = Cancellation::standing(&requests, &timeline);
        Ok(cancelled.map(|of| Restricted {
            since: Time(of.fulfilled.occurred_at_ms),
            log: of.fulfilled.leaf.log.clone(),
            index: of.fulfilled.leaf.index,
        }))
    }

    fn telling(&self, reference: &str, told: &mut Vec<Occurrence>) -> Result<(), Error> {
        for log in self.logs() {
            let mut page = Page {
                most: PAGE,
                ..Page::all_below(self.size_of(log))
            };
            loop {
                let rows = log.rows.leaves_of_subject(reference.as_bytes(), &page)?;
                for row in &rows {
                    let tells = row
                        .body_number
                        .is_some_and(|number| TELLING.contains(&number));
                    if tells && row.verdict == VerdictKind::Accepted {
                        let leaf = self.leaf(log, row.index)?;
                        let at = LeafAt {
                            log: leaf.log,
                            index: leaf.index,
                        };
                        let time = leaf.record_time.map(|time| time.0);
                        told.extend(leaf.event.and_then(|event| Occurrence::of(at, time, event)));
                    }
                }
                match rows.last() {
                    Some(last) if rows.len() == PAGE => page.from = last.index + 1,
                    _ => break,
                }
            }
        }
        Ok(())
    }
}
