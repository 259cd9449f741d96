//! How much of everything there is, at a standpoint.

use std::collections::BTreeMap;

use custodia_core::assess::{Finding, Outcome, Totals};

use super::Error;
use crate::assess::{Everybody, FindingsDesk, Judging};
use crate::query::Time;

/// What is counted; people and things are gone through one after the other, and none is held.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) people: u64,
    pub(super) events: u64,
    pub(super) registry: u64,
    pub(super) findings: BTreeMap<(u8, Outcome), u64>,
    pub(super) totals: Totals,
}

impl Counted {
    /// Counts at a standpoint what stands at a moment.
    pub(super) fn of(
        desk: &FindingsDesk,
        judging: &Judging<'_>,
        moment: Time,
    ) -> Result<Self, Error> {
        let mut counted = Self {
            registry: judging.register().up_to(moment.0).all().len() as u64,
            ..Self::default()
        };
        desk.everybody(judging, &mut |whose, findings| {
            match whose {
                Everybody::Person(person) => {
                    let events = person.timeline.as_ref();
                    let events = events.map_or(0, |all| all.until(moment.0).len());
                    counted.people += u64::from(events > 0);
                    counted.events += events as u64;
                }
                Everybody::Thing(..) => {}
                Everybody::Operator(totals) => counted.totals = totals.clone(),
            }
            counted.take(&findings, moment);
        })?;
        Ok(counted)
    }

    fn take(&mut self, findings: &[Finding], moment: Time) {
        for finding in findings {
            if finding.stands_at(moment.0) && finding.result != Outcome::Pass {
                *self
                    .findings
                    .entry((finding.rule, finding.result))
                    .or_default() += 1;
            }
        }
    }
}
