//! Break-glass at the doors: approvals that come with a question are checked before it is answered.

use custodia_core::approval::Persons;
use serde::Serialize;

use super::Desks;
use crate::assess;
use crate::query::{Asking, Error, Glass, Why, spelt};

/// Who asks, with two people's word where it came with the question: it must be good whether or not Kafka can
/// be reached, by the register as this ledger has it now and by the true clock.
///
/// # Errors
/// [`Error::Approval`], [`Error::GlassUsed`], [`Error::RegisterUnread`].
pub fn with_glass(
    desks: &Desks,
    asking: Asking,
    why: &Why,
    door: &str,
    question: &impl Serialize,
) -> Result<Asking, Error> {
    if why.approvals.is_empty() {
        return Ok(asking);
    }
    let from = desks.desk.view().standpoint(None, None)?;
    let log = from.logs().next();
    let Some(ledger) = log.map(|log| log.log().origin().ledger.clone()) else {
        return Err(Error::RegisterUnread("no log has rows".to_owned()));
    };
    let judging = desks.findings.judging(&from);
    let judging = judging.map_err(|error| match error {
        assess::Error::Query(source) => source,
        other => Error::RegisterUnread(other.to_string()),
    })?;
    let glass = Glass::of(
        &why.approvals,
        (&ledger, &asking.principal.employee),
        &spelt(door, why, question)?,
        &Persons::of(judging.register()),
        desks.findings.clock().now_ms(),
    )?;
    desks.desk.refuse_used(&glass)?;
    Ok(Asking {
        glass: Some(glass),
        ..asking
    })
}
