//! May a case's key, or a record that doesn't split, be erased? (design §3.5, §4)

use std::collections::BTreeSet;

use custodia_core::approval::{Deed, about};
use custodia_core::assess::{LeafAt, Occurrence, ms_of};
use custodia_core::entry::Entry;
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, When};
use super::erasable::BarShown;
use super::gagged::may_see;
use super::order_approved::{GivenApproval, Wanted};
use crate::assess::{FindingsDesk, Judging};
use crate::query::{self, Asking, CutName, Time};

/// `DataDisclosed`, `DisclosureRefused`, in the envelope.
const OF_CASES: [u32; 2] = [209, 210];

/// What is not a person, and may be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasableThing {
    /// A case under a gag, by its reference: what the registry has under that key.
    Case(String),
    /// One record that doesn't split, and so has a key of its own.
    Leaf(LeafAt),
}

/// May this be erased? It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThingQuestion {
    /// What.
    pub of: ErasableThing,
    /// The order, where approvals are given.
    #[serde(default)]
    pub order_id: Option<String>,
    /// Two approvals of it.
    #[serde(default)]
    pub approvals: Vec<GivenApproval>,
}

/// How it stands to being erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The digest that an order of erasure stands under, hex.
    pub digest: String,
    /// What keeps it; nothing where it may go.
    pub bars: Vec<BarShown>,
    /// Who approved; empty where no approvals were given.
    pub approvers: Vec<String>,
}

impl ErasableThing {
    /// The deed that is approved, and the digest of what it is about, which the order stands under.
    ///
    /// # Errors
    /// [`Error::BadQuestion`] where the leaf's log is no origin.
    pub fn deed(&self) -> Result<(Deed, [u8; 32]), Error> {
        match self {
            Self::Case(case) => Ok((Deed::Erasure, about::person(case))),
            Self::Leaf(leaf) => {
                let log = leaf.log.parse();
                let log = log.map_err(|_| {
                    Error::BadQuestion(format!("{:?} is no log's origin", leaf.log))
                })?;
                Ok((Deed::LeafErasure, about::leaf(&log, leaf.index)))
            }
        }
    }
}

impl ThingQuestion {
    /// The answer.
    ///
    /// # Errors
    /// [`Error::NotErasable`], [`Error::Approval`], [`Error::OrderUsed`]; what keeps rows or leaves from being
    /// read.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<ThingAnswer, Error> {
        let (deed, digest) = self.of.deed()?;
        let from = When::default().standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let now_ms = desk.clock().now_ms();
        let bars = match &self.of {
            ErasableThing::Leaf(leaf) => {
                must_be_alone(&judging, leaf)?;
                Vec::new()
            }
            ErasableThing::Case(case) => case_bars(&judging, case, may_see(asking), now_ms)?,
        };
        let mut approvers = Vec::new();
        if let (Some(order_id), Some(log)) = (&self.order_id, from.logs().next()) {
            let wanted = Wanted {
                ledger: &log.log().origin().ledger,
                order_id,
                asker: &asking.principal.employee,
                now_ms,
            };
            let of = [(String::new(), deed, digest, digest)];
            let approved = wanted.approved(judging.register(), &of, &self.approvals)?;
            approvers = approved.into_values().flatten().collect();
        }
        Ok(ThingAnswer {
            cut: CutName::from(from.cut()),
            digest: hex::encode(digest),
            bars,
            approvers,
        })
    }
}

/// Refuses a leaf whose record has not a key of its own.
fn must_be_alone(judging: &Judging<'_>, at: &LeafAt) -> Result<(), Error> {
    let not = |why| Error::NotErasable {
        log: at.log.clone(),
        index: at.index,
        why,
    };
    let from = judging.from();
    let log = from.view().log_named(&at.log);
    let log = log.filter(|log| at.index < from.size_of(log));
    let Some(log) = log else {
        return Err(not("the ledger has no such leaf"));
    };
    let record = log.log().record(from.view().keys(), at.index);
    let Some(record) = record.map_err(query::Error::from)? else {
        return Err(not("its payload is erased already"));
    };
    if record.key.is_some() && Entry::of(&record).splits {
        return Err(not(
            "its record splits, so it goes with the person or case of its key: erase that",
        ));
    }
    Ok(())
}

/// What keeps a case's key: a gag that runs, and what was not told again under its person, which would be lost.
fn case_bars(
    judging: &Judging<'_>,
    case: &str,
    may_see: bool,
    now_ms: i64,
) -> Result<Vec<BarShown>, Error> {
    let mut bars = Vec::new();
    let register = judging.register();
    for one in OF_CASES.iter().flat_map(|kind| register.of(*kind)) {
        let (of, until, named) = match one.body() {
            Body::DataDisclosed(said) => (&said.case_ref, &said.gag_until, &said.named_subject_ref),
            Body::DisclosureRefused(said) => {
                (&said.case_ref, &said.gag_until, &said.named_subject_ref)
            }
            _ => continue,
        };
        if of != case {
            continue;
        }
        let until_ms = until.as_ref().map(ms_of);
        if until_ms.is_some_and(|until| until > now_ms) {
            bars.push(bar("gag", case, until_ms, one, may_see));
        } else if !told_again(judging, named, &one.event.event_id)? {
            bars.push(bar("not told again", case, None, one, may_see));
        }
    }
    Ok(bars)
}

fn bar(kind: &str, case: &str, until_ms: Option<i64>, on: &Occurrence, may_see: bool) -> BarShown {
    BarShown {
        kind: kind.to_owned(),
        cites: case.to_owned(),
        until: until_ms.filter(|_| may_see).map(Time),
        on: may_see.then(|| Seen::of(on)),
    }
}

/// Whether the person has an event that says again what was said under the case.
fn told_again(judging: &Judging<'_>, subject: &str, event_id: &[u8]) -> Result<bool, Error> {
    if subject.is_empty() {
        return Ok(true);
    }
    let person = judging.gathered(subject)?;
    let Ok(timeline) = person.timeline else {
        return Ok(false);
    };
    let references: BTreeSet<String> = person.references;
    Ok(timeline.iter().any(|one| {
        one.event.causation_id == event_id
            && one
                .subject()
                .is_some_and(|subject| references.contains(subject))
    }))
}
