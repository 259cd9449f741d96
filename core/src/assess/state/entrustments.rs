//! Entrustments: begun, ended, and what shows that data came back or is gone (PIPL 21).

use std::collections::BTreeMap;

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::register::Register;
use crate::schema::v1::event::Body;
use crate::schema::v1::{EntrustmentEnded, EntrustmentStarted};

/// `EntrustmentStarted`, in the envelope.
const STARTED: u32 = 201;
/// `EntrustmentEnded`.
const ENDED: u32 = 202;
/// `RecipientDeletionConfirmed`.
const CONFIRMED: u32 = 204;

/// What the registry says of one entrustment.
#[derive(Debug, Clone, Default)]
pub struct Entrustment<'a> {
    /// That it began; none where the registry doesn't say.
    pub started: Option<(&'a EntrustmentStarted, &'a Occurrence)>,
    /// That it ended: the first word on it.
    pub ended: Option<(&'a EntrustmentEnded, &'a Occurrence)>,
    /// A certificate of deletion for it, the first.
    pub confirmed: Option<&'a Occurrence>,
}

impl Entrustment<'_> {
    /// When it ended, in ms since 1970: when the registry says so, or else when its time ran out; none
    /// where neither is known.
    pub fn ended_ms(&self) -> Option<i64> {
        let said = self.ended.and_then(|(said, on)| {
            let at = said.ended_at.as_ref().map(ms_of);
            at.or(Some(on.occurred_at_ms))
        });
        let ran_out = self.started.and_then(|(said, _)| said.valid_until.as_ref());
        match (said, ran_out.map(ms_of)) {
            (Some(said), Some(ran_out)) => Some(said.min(ran_out)),
            (said, ran_out) => said.or(ran_out),
        }
    }

    /// Whether it holds at a moment: begun then or before, and not ended by then.
    pub fn holds_at(&self, ms: i64) -> bool {
        let begun = self.started.is_some_and(|(_, on)| on.occurred_at_ms <= ms);
        begun && self.ended_ms().is_none_or(|ended| ms < ended)
    }
}

/// A recipient's entrustments, by id. A beginning that is told again (a renewal) counts as the last one
/// told; an end as the first.
pub fn entrustments_of<'a>(
    register: &'a Register,
    recipient_id: &str,
) -> BTreeMap<&'a str, Entrustment<'a>> {
    let mut all: BTreeMap<&str, Entrustment<'_>> = BTreeMap::new();
    for kind in [STARTED, ENDED, CONFIRMED] {
        for on in register.under(kind, recipient_id) {
            match on.body() {
                Body::EntrustmentStarted(said) => {
                    all.entry(&said.entrustment_id).or_default().started = Some((said, on));
                }
                Body::EntrustmentEnded(said) => {
                    let one = all.entry(&said.entrustment_id).or_default();
                    one.ended.get_or_insert((said, on));
                }
                Body::RecipientDeletionConfirmed(said) if !said.entrustment_id.is_empty() => {
                    let one = all.entry(&said.entrustment_id).or_default();
                    one.confirmed.get_or_insert(on);
                }
                _ => {}
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
