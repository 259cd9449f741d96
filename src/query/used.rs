//! Requests that were carried out already, by the ledger's own notices: approvals count once.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::{TopicRole, Verdict, event_of};

use super::{Error, LogRows, View};
use crate::log::notices::PRODUCER;
use crate::project::Page;

/// Leaves read at once.
const PAGE: u64 = 4096;

/// The ids of requests that were carried out, as far as the logs of one role were read.
#[derive(Debug)]
pub struct UsedRequests {
    role: TopicRole,
    /// The requests that a notice says were carried out.
    ids_of: fn(Body) -> Vec<String>,
    sizes: BTreeMap<String, u64>,
    ids: BTreeSet<String>,
}

impl UsedRequests {
    /// Of which nothing was read; `ids_of` takes the ids from a notice in logs of `role`.
    pub const fn new(role: TopicRole, ids_of: fn(Body) -> Vec<String>) -> Self {
        Self {
            role,
            ids_of,
            sizes: BTreeMap::new(),
            ids: BTreeSet::new(),
        }
    }

    /// Reads on to what the logs have rows for now, and says whether a request was carried out.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn has(&mut self, view: &View, id: &str) -> Result<bool, Error> {
        let role = self.role;
        for log in view.logs().filter(|log| log.role == role) {
            let name = log.log().name().to_owned();
            let from = self.sizes.get(&name).copied().unwrap_or(0);
            let below = log.rows.progress().projected();
            self.read(view, log, from, below)?;
            self.sizes.insert(name, below);
        }
        Ok(self.ids.contains(id))
    }

    fn read(&mut self, view: &View, log: &LogRows, mut from: u64, below: u64) -> Result<(), Error> {
        while from < below {
            let page = Page {
                from,
                ..Page::all_below(below.min(from.saturating_add(PAGE)))
            };
            for (index, row) in log.rows.verdicts(&page)? {
                let accepted = row.verdict.as_ref().is_some_and(Verdict::is_accepted);
                if !accepted || row.producer.as_deref() != Some(PRODUCER) {
                    continue;
                }
                let record = log.log().record(view.keys(), index)?;
                let event = record.as_ref().and_then(event_of);
                let body = event.and_then(|event| event.body);
                self.ids.extend(body.into_iter().flat_map(self.ids_of));
            }
            from = page.below;
        }
        Ok(())
    }
}
