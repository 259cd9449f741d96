//! Whether two people approved what is to be opened.

use std::sync::Arc;

use custodia_core::approval::{Approval, Deed, Persons, Request, about, check, may_approve};
use custodia_core::origin::Origin;
use custodia_core::verdict::{TopicRole, Verdict, event_of};
use prometheus_client::registry::Registry;

use super::open::Plan;
use super::operator;
use crate::app::parts::role_of;
use crate::app::{Error, Opened};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::project::{Page, Projector};
use crate::query::{self, time_of};

/// Leaves of the registry read at once.
const PAGE: u64 = 4096;
/// Hex digits of the digest that name a request.
const ID_DIGITS: usize = 32;

/// The request for approvals of what is to be opened.
///
/// # Errors
/// [`query::Error::UnmappedUid`] where nobody is known behind whoever runs this.
pub(super) fn wanted(
    config: &Config,
    opened: &Opened,
    plans: &[Plan],
    until_ms: i64,
) -> Result<Request, Error> {
    let uid = rustix::process::getuid().as_raw();
    let asker = operator(config).ok_or(query::Error::UnmappedUid(uid))?;
    let logs = plans.iter();
    let logs: Vec<(&Origin, u64)> = logs
        .map(|plan| (&plan.origin, plan.generation.start_offset))
        .collect();
    let about = about::generations(&logs);
    Ok(Request {
        ledger: opened.folder.ledger().clone(),
        deed: Deed::Generation,
        about,
        // A generation is opened once: nothing else can have this id.
        id: format!("generation-{}", &hex::encode(about)[..ID_DIGITS]),
        asker: asker.to_owned(),
        until_ms,
    })
}

/// The people who approved it, by reference; empty where none are needed: in a ledger whose register never had
/// anybody who may, since then its logs could not be read on.
///
/// # Errors
/// [`custodia_core::approval::Refused`]; what keeps the folder's registry from being read.
pub(super) fn approved(
    config: &Config,
    opened: &Opened,
    plans: &[Plan],
    approvals: &[Approval],
    now_ms: i64,
) -> Result<Vec<String>, Error> {
    let persons = persons(config, opened)?;
    if approvals.is_empty() && !anybody_may(&persons) {
        return Ok(Vec::new());
    }
    let wanted = wanted(config, opened, plans, now_ms)?;
    let approvers = check(approvals, &wanted, &persons, now_ms);
    let approvers = approvers.map_err(crate::app::ApprovingError::from)?;
    let references = approvers.into_iter().map(|approver| approver.reference);
    Ok(references.collect())
}

/// Whether anybody was ever registered in a role that may approve this.
fn anybody_may(persons: &Persons) -> bool {
    let roles = may_approve(Deed::Generation);
    let mut all = persons.all().flat_map(|(_, all)| all);
    all.any(|one| roles.contains(&one.role))
}

/// Who is registered, by all the leaves of the folder's registry.
fn persons(config: &Config, opened: &Opened) -> Result<Persons, Error> {
    let metrics = Metrics::register(&mut Registry::default());
    let mut said = Vec::new();
    for log in &opened.logs {
        if role_of(config, log) != TopicRole::Registry {
            continue;
        }
        let keys = Arc::clone(&opened.keys);
        let mut projector = Projector::new(Arc::clone(log), keys, TopicRole::Registry, &metrics)?;
        let below = loop {
            let done = projector.step()?;
            if done.from == done.to {
                break done.to;
            }
        };
        let rows = projector.reader();
        let mut from = 0;
        while from < below {
            let page = Page {
                from,
                ..Page::all_below(below.min(from.saturating_add(PAGE)))
            };
            for (index, row) in rows.verdicts(&page)? {
                if !row.verdict.as_ref().is_some_and(Verdict::is_accepted) {
                    continue;
                }
                let record = log.record(&opened.keys, index)?;
                let event = record.as_ref().and_then(event_of);
                let event = event.and_then(|event| Some((event.body?, event.occurred_at?)));
                said.extend(event.map(|(body, at)| (body, time_of(&at).0)));
            }
            from = page.below;
        }
    }
    Ok(Persons::fold(said.iter().map(|(body, at)| (body, *at))))
}
