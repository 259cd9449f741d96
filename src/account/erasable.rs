//! May this person be erased; and if not, what keeps them, and until when? (domain §6)

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::approval::{Deed, about};
use custodia_core::assess::state::retention::{Bar, Erasable};
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Asked, Question, Said, Seen, When, Whom, of_person};
use super::gagged::{may_see, runs};
use super::issued::{IssuedExtract, extracts, ids_of_person};
use super::order_approved::{GivenApproval, Wanted};
use crate::assess::FindingsDesk;
use crate::query::{Asking, Time};

/// May this person be erased?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErasableQuestion {
    /// The reference.
    pub subject: String,
    /// The person's request that the erasure answers; it alone may be open.
    pub request_id: Option<String>,
    /// The order, where approvals are given.
    pub order_id: Option<String>,
    /// Approvals of it: two of each of the person's references.
    pub approvals: Vec<GivenApproval>,
}

/// How a person stands to being erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasableAnswer {
    /// Whom it is about, and where it stands.
    #[serde(flatten)]
    pub whom: Whom,
    /// What keeps the person's records; nothing where they may go.
    pub bars: Vec<BarShown>,
    /// The duty to keep that ended last.
    pub ended: Option<EndedDuty>,
    /// Extracts that left and show the person.
    pub extracts: Vec<IssuedExtract>,
    /// Who approved, of each reference; empty where no approvals were given.
    pub approved: BTreeMap<String, Vec<String>>,
}

/// Something that keeps a person's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarShown {
    /// `legal hold`, `open order`, `open request`, `duty to keep`, `kept by statute`, `authorised anew` or
    /// `account`.
    pub kind: String,
    /// The statute, the line of the policy, the order or the request.
    pub cites: String,
    /// The first moment at which it keeps nothing more; none where no end is known.
    pub until: Option<Time>,
    /// The event that it follows from.
    pub on: Option<Seen>,
}

/// A duty to keep that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedDuty {
    /// What it was, as cited.
    pub cites: String,
    /// When.
    pub at: Time,
}

impl ErasableAnswer {
    /// The person's references, the one asked about first.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        let linked = self.whom.linked.iter().map(String::as_str);
        std::iter::once(self.whom.subject.as_str()).chain(linked)
    }
}

impl ErasableQuestion {
    /// The answer, the look on record.
    ///
    /// # Errors
    /// [`Error::Approval`], [`Error::OrderUsed`] of approvals that don't count; as [`FindingsDesk::findings`] of
    /// a person.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<ErasableAnswer, Error> {
        let question = Question {
            name: "erasable",
            subject: &self.subject,
            when: When::default(),
        };
        let (whom, said) = of_person(desk, asking, &question, |asked| self.said(asked))?;
        let from = When::default().standpoint(desk)?;
        let mut references = BTreeSet::from([whom.subject.clone()]);
        references.extend(whom.linked.iter().cloned());
        let (bars, ended) = said;
        let judging = desk.judging(&from)?;
        let approved = match &self.order_id {
            Some(order_id) => {
                let ledger = from.logs().next().map(|log| &log.log().origin().ledger);
                let ledger = ledger.ok_or_else(|| Error::BadQuestion("no log is here".into()))?;
                let wanted = Wanted {
                    ledger,
                    order_id,
                    asker: &asking.principal.employee,
                    now_ms: desk.clock().now_ms(),
                };
                let persons = references
                    .iter()
                    .map(|one| (one.clone(), about::person(one)));
                let of = persons.map(|(name, digest)| (name, Deed::Erasure, digest, digest));
                wanted.approved(judging.register(), &of.collect::<Vec<_>>(), &self.approvals)?
            }
            None => BTreeMap::new(),
        };
        Ok(ErasableAnswer {
            whom,
            bars,
            ended,
            extracts: extracts(&from, &ids_of_person(&from, &references)?)?,
            approved,
        })
    }

    #[expect(clippy::unnecessary_wraps, reason = "as of_person asks for it")]
    fn said(&self, asked: &Asked<'_>) -> Result<Said<(Vec<BarShown>, Option<EndedDuty>)>, Error> {
        let request = self.request_id.as_deref().unwrap_or_default();
        let policies = asked.judging.policies();
        let erasable = Erasable::of(asked.timeline, policies, request, asked.now_ms);
        let bars: Vec<BarShown> = erasable
            .bars
            .iter()
            .map(|bar| bar_shown(asked, bar))
            .collect();
        let ended = erasable.ended.map(|ended| EndedDuty {
            cites: ended.cites.to_owned(),
            at: Time(ended.ms),
        });
        Ok(Said {
            rows: bars.len(),
            what: (bars, ended),
            unknowns: Vec::new(),
        })
    }
}

/// A gag is for those who may see it: others hear of a hold, and of no more.
fn bar_shown(asked: &Asked<'_>, bar: &Bar<'_>) -> BarShown {
    let kind = bar.kind.name().to_owned();
    if bar.on.is_some_and(|one| runs(one, asked.now_ms)) && !may_see(asked.asks) {
        return BarShown {
            kind,
            cites: String::new(),
            until: None,
            on: None,
        };
    }
    BarShown {
        kind,
        cites: bar.cites.clone(),
        until: bar.until_ms.map(Time),
        on: bar.on.map(Seen::of),
    }
}
