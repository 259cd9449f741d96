//! May this person be erased; and if not, what keeps them, and until when? (domain §6)

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::approval::{Deed, about};
use custodia_core::assess::state::retention::{Bar, BarKind, Erasable};
use custodia_core::assess::{Occurrence, Register, ms_of};
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Asked, Question, Said, Seen, When, Whom, of_person};
use super::gagged::{may_see, runs};
use super::issued::{IssuedExtract, extracts, ids_of_person};
use super::order_approved::{GivenApproval, Wanted};
use crate::assess::FindingsDesk;
use crate::query::{Asking, Time};

/// `AuthorityRequestReceived`, in the envelope.
const DEMAND: u32 = 207;

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

/// What keeps a person's records, and the duty that ended last.
type Barred = (Vec<BarShown>, Option<EndedDuty>);

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
        // All of the answer stands on the cut that it names.
        let when = When {
            as_of: Some(&whom.cut.digest),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let mut references = BTreeSet::from([whom.subject.clone()]);
        references.extend(whom.linked.iter().cloned());
        let (mut bars, ended) = said;
        let judging = desk.judging(&from)?;
        let now_ms = desk.clock().now_ms();
        bars.extend(demands(judging.register(), &references, asking, now_ms));
        let approved = match &self.order_id {
            Some(order_id) => {
                let ledger = from.logs().next().map(|log| &log.log().origin().ledger);
                let ledger = ledger.ok_or_else(|| Error::BadQuestion("no log is here".into()))?;
                let wanted = Wanted {
                    ledger,
                    order_id,
                    asker: &asking.principal.employee,
                    now_ms,
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
    fn said(&self, asked: &Asked<'_>) -> Result<Said<Barred>, Error> {
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

/// Demands of authorities that name the person, under a gag that runs: the person is held (design §3.5).
fn demands(
    register: &Register,
    references: &BTreeSet<String>,
    asking: &Asking,
    now_ms: i64,
) -> Vec<BarShown> {
    let names = |one: &&Occurrence| match one.body() {
        Body::AuthorityRequestReceived(said) => references.contains(&said.named_subject_ref),
        _ => false,
    };
    let demands = register.of(DEMAND).filter(names);
    let running = demands.filter(|one| runs(one, now_ms));
    let shown = |one: &Occurrence| {
        let until = match one.body() {
            Body::AuthorityRequestReceived(said) => said.gag_until.as_ref().map(ms_of),
            _ => None,
        };
        hold_shown(
            BarKind::Hold.name(),
            may_see(asking).then_some((one, until)),
        )
    };
    running.map(shown).collect()
}

fn hold_shown(kind: &str, seen: Option<(&Occurrence, Option<i64>)>) -> BarShown {
    BarShown {
        kind: kind.to_owned(),
        cites: String::new(),
        until: seen.and_then(|(_, until)| until).map(Time),
        on: seen.map(|(one, _)| Seen::of(one)),
    }
}

/// A gag is for those who may see it: others hear of a hold, and of no more.
fn bar_shown(asked: &Asked<'_>, bar: &Bar<'_>) -> BarShown {
    let kind = bar.kind.name().to_owned();
    if bar.on.is_some_and(|one| runs(one, asked.now_ms)) && !may_see(asked.asks) {
        return hold_shown(&kind, None);
    }
    BarShown {
        kind,
        cites: bar.cites.clone(),
        until: bar.until_ms.map(Time),
        on: bar.on.map(Seen::of),
    }
}
