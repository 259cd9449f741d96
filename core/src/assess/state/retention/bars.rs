//! What keeps a person's records from being erased, and until when (domain §6).

use std::collections::{BTreeMap, BTreeSet};

use super::{Cancellation, CoverKind, Covers, Orders};
use crate::assess::calendar::Day;
use crate::assess::state::requests::Requests;
use crate::assess::{Occurrence, PolicyBook, Timeline, ms_of};
use crate::privacy_policy::{DeadlineId, Period};
use crate::schema::v1::RetentionRule;
use crate::schema::v1::event::Body;

/// Three years, as the law has them (NDSR 12; E-Commerce Law 31).
const MONTHS_BY_LAW: i64 = 36;

/// What kind of thing keeps records from being erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BarKind {
    /// A legal hold, or a gag about the person, under which the person is held (design §3.5). A hold that cites neither
    /// statute nor case bars too: what can't be undone waits until somebody released it.
    Hold,
    /// An order or loan that is open.
    OpenOrder,
    /// A request of the person that was neither fulfilled nor refused.
    OpenRequest,
    /// A duty to keep records, by law.
    Duty,
    /// A restriction to storage, by a statute that is cited (PIPL 47, NDSR 24).
    Restricted,
    /// The person authorised keeping the data anew (L322).
    Reauthorised,
    /// The account was not cancelled, and its time of retention has not ended (L126, L322).
    Account,
}

impl BarKind {
    /// The kind as answers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "legal hold",
            Self::OpenOrder => "open order",
            Self::OpenRequest => "open request",
            Self::Duty => "duty to keep",
            Self::Restricted => "kept by statute",
            Self::Reauthorised => "authorised anew",
            Self::Account => "account",
        }
    }
}

/// Something that keeps a person's records from being erased.
#[derive(Debug, Clone)]
pub struct Bar<'a> {
    /// What kind of thing.
    pub kind: BarKind,
    /// The event that it follows from; none where it follows from what is not there.
    pub on: Option<&'a Occurrence>,
    /// The first moment at which it bars no more, in ms since 1970; none where no end is known.
    pub until_ms: Option<i64>,
    /// What is cited: a statute, a line of the policy, an order's or a request's id. A hold's case is not: it
    /// may be under a gag.
    pub cites: String,
}

/// The longest duty to keep that has ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ended {
    /// When, in ms since 1970.
    pub ms: i64,
    /// What it was, as cited.
    pub cites: &'static str,
}

/// Whether a person may be erased at a moment.
#[derive(Debug, Clone, Default)]
pub struct Erasable<'a> {
    /// What bars it, by kind, then by when it ends.
    pub bars: Vec<Bar<'a>>,
    /// The duty that ended last; none where none ever ran.
    pub ended: Option<Ended>,
}

impl<'a> Erasable<'a> {
    /// How a person stands at `now_ms`. The request `request_id` bars nothing: the erasure answers it.
    pub fn of(
        timeline: &'a Timeline,
        policies: &PolicyBook,
        request_id: &str,
        now_ms: i64,
    ) -> Self {
        let mut erasable = Self::default();
        erasable.holds(timeline, now_ms);
        erasable.gags(timeline, now_ms);
        erasable.open_orders(timeline, now_ms);
        erasable.open_requests(timeline, request_id);
        erasable.provision_records(timeline, policies, now_ms);
        erasable.trade_records(timeline, now_ms);
        erasable.restrictions(timeline, now_ms);
        erasable.account(timeline, policies, now_ms);
        let key = |bar: &Bar<'_>| {
            (
                bar.kind,
                bar.until_ms.unwrap_or(i64::MAX),
                bar.cites.clone(),
            )
        };
        erasable.bars.sort_by_key(key);
        erasable
    }

    fn bar(&mut self, kind: BarKind, on: &'a Occurrence, until_ms: Option<i64>, cites: &str) {
        self.bars.push(Bar {
            kind,
            on: Some(on),
            until_ms,
            cites: cites.to_owned(),
        });
    }

    /// A duty that runs bars; one that has ended may be the longest.
    fn duty(&mut self, on: &'a Occurrence, end_ms: i64, cites: &'static str, now_ms: i64) {
        if end_ms > now_ms {
            self.bar(BarKind::Duty, on, Some(end_ms), cites);
        } else {
            self.ended(end_ms, cites);
        }
    }

    fn ended(&mut self, ms: i64, cites: &'static str) {
        self.ended = self.ended.take().max(Some(Ended { ms, cites }));
    }

    fn holds(&mut self, timeline: &'a Timeline, now_ms: i64) {
        let mut released: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for one in timeline {
            if let Body::LegalHoldReleased(said) = one.body() {
                let moments = released.entry(&said.hold_id).or_default();
                moments.push(one.occurred_at_ms);
            }
        }
        for one in timeline {
            let Body::LegalHoldPlaced(said) = one.body() else {
                continue;
            };
            let placed_ms = one.occurred_at_ms;
            let releases = released.get(said.hold_id.as_str());
            let is_released = releases
                .into_iter()
                .flatten()
                .any(|ms| (placed_ms..=now_ms).contains(ms));
            let until_ms = said.until.as_ref().map(ms_of);
            if !is_released && until_ms.is_none_or(|until| until > now_ms) {
                self.bar(BarKind::Hold, one, until_ms, &said.statute);
            }
        }
    }

    /// Gags that run: by their own end, or, where the registry has what names the person in its body alone, until
    /// it was told again under the person.
    fn gags(&mut self, timeline: &'a Timeline, now_ms: i64) {
        let told: BTreeSet<&[u8]> = timeline
            .iter()
            .filter(|one| one.subject().is_some())
            .map(|one| &one.event.causation_id[..])
            .collect();
        for one in timeline {
            let (until, named) = match one.body() {
                Body::DataDisclosed(said) => (&said.gag_until, &said.named_subject_ref),
                Body::DisclosureRefused(said) => (&said.gag_until, &said.named_subject_ref),
                _ => continue,
            };
            let hidden = one.subject().is_none()
                && !named.is_empty()
                && !told.contains(&one.event.event_id[..]);
            let until_ms = until.as_ref().map(ms_of);
            if hidden || until_ms.is_some_and(|until| until > now_ms) {
                self.bar(BarKind::Hold, one, until_ms.filter(|_| !hidden), "");
            }
        }
    }

    fn open_orders(&mut self, timeline: &'a Timeline, now_ms: i64) {
        if let Some(opened) = Orders::of(timeline).open_at(now_ms) {
            let order = match opened.body() {
                Body::OrderOpened(said) => said.order_ref.as_str(),
                _ => "",
            };
            self.bar(BarKind::OpenOrder, opened, None, order);
        }
    }

    fn open_requests(&mut self, timeline: &'a Timeline, request_id: &str) {
        for (id, request) in Requests::of(timeline).by_id() {
            if let (Some(receipt), None) = (request.receipt(), request.end())
                && id != request_id
            {
                self.bar(BarKind::OpenRequest, receipt.on, None, id);
            }
        }
    }

    /// Records of provision.
    fn provision_records(&mut self, timeline: &'a Timeline, policies: &PolicyBook, now_ms: i64) {
        let provisions = timeline.iter().filter(|one| {
            matches!(
                one.body(),
                Body::DataShared(_) | Body::DataTransferred(_) | Body::DataDisclosed(_)
            )
        });
        let ends = provisions.map(|one| {
            let months = provision_kept_months(policies, one.occurred_at_ms);
            (
                Day::of(one.occurred_at_ms).plus_months(months).end_ms(),
                one,
            )
        });
        if let Some((end_ms, one)) = ends.max_by_key(|(end_ms, _)| *end_ms) {
            self.duty(one, end_ms, "NDSR 12", now_ms);
        }
    }

    /// Records of trade: three years after an order was completed.
    fn trade_records(&mut self, timeline: &'a Timeline, now_ms: i64) {
        let completed = timeline
            .iter()
            .filter(|one| matches!(one.body(), Body::OrderCompleted(_)));
        if let Some(last) = completed.max_by_key(|one| one.occurred_at_ms) {
            let end = Day::of(last.occurred_at_ms).plus_months(MONTHS_BY_LAW);
            self.duty(last, end.end_ms(), "E-Commerce Law 31", now_ms);
        }
    }

    /// Restrictions by statute. Of several for one statute, store and category the latest counts.
    fn restrictions(&mut self, timeline: &'a Timeline, now_ms: i64) {
        let mut latest: BTreeMap<(&str, &str, i32), &Occurrence> = BTreeMap::new();
        for one in timeline {
            let Body::ProcessingRestricted(said) = one.body() else {
                continue;
            };
            for category in &said.categories {
                let place = (said.statute.as_str(), said.store_id.as_str(), *category);
                let known = latest.entry(place).or_insert(one);
                if by_content(one) > by_content(known) {
                    *known = one;
                }
            }
        }
        let mut bars: BTreeMap<(i64, &[u8]), &'a Occurrence> = BTreeMap::new();
        bars.extend(latest.into_values().map(|one| (by_content(one), one)));
        for one in bars.into_values() {
            if let Body::ProcessingRestricted(said) = one.body() {
                let until_ms = said.until.as_ref().map(ms_of);
                if until_ms.is_none_or(|until| until > now_ms) {
                    self.bar(BarKind::Restricted, one, until_ms, &said.statute);
                }
            }
        }
    }

    /// The account itself: cancelled, or its time of retention over.
    fn account(&mut self, timeline: &'a Timeline, policies: &PolicyBook, now_ms: i64) {
        let requests = Requests::of(timeline);
        if let Some(cancelled) = Cancellation::standing(&requests, timeline) {
            self.ended(cancelled.fulfilled.occurred_at_ms, "L282");
            return;
        }
        self.reauthorised(timeline, now_ms);
        let quiet = Orders::of(timeline).quiet().pop();
        let Some(since) = quiet.filter(|quiet| quiet.until_ms.is_none()) else {
            // An open order bars by itself.
            if !self.bars.iter().any(|bar| bar.kind == BarKind::OpenOrder) {
                self.bars.push(Bar {
                    kind: BarKind::Account,
                    on: None,
                    until_ms: None,
                    cites: "L126".to_owned(),
                });
            }
            return;
        };
        let since = since.since;
        let policy = policies.policy(since.occurred_at_ms);
        let rule = policy
            .and_then(|policy| policy.retention_rule(RetentionRule::RtFiveYearsAfterLastOrder));
        let end_ms = rule.and_then(|rule| match rule.period? {
            Period::Years(years) => Some(12 * i64::from(years)),
            Period::Months(months) => Some(i64::from(months)),
            _ => None,
        });
        let end_ms =
            end_ms.map(|months| Day::of(since.occurred_at_ms).plus_months(months).end_ms());
        match end_ms {
            Some(end_ms) if end_ms <= now_ms => self.ended(end_ms, "L322"),
            _ => self.bar(BarKind::Account, since, end_ms, "L126, L322"),
        }
    }

    fn reauthorised(&mut self, timeline: &'a Timeline, now_ms: i64) {
        let covers = Covers::of(timeline);
        let mut seen = BTreeSet::new();
        for (_, cover) in covers.all() {
            let runs = cover.until_ms.is_none_or(|until| until > now_ms);
            if cover.kind == CoverKind::Reauthorised && runs && seen.insert(by_content(cover.on)) {
                self.bar(BarKind::Reauthorised, cover.on, cover.until_ms, "L322");
            }
        }
    }
}

/// How many months records of a provision at `ms` are kept: three years (NDSR 12), or what the policy in force
/// then says where that is longer.
pub(in crate::assess) fn provision_kept_months(policies: &PolicyBook, ms: i64) -> i64 {
    let policy = policies.policy(ms);
    let deadline = policy.and_then(|policy| policy.deadline(DeadlineId::ProvisionRecordsKept));
    match deadline.map(|deadline| deadline.period) {
        Some(Period::Years(years)) => MONTHS_BY_LAW.max(i64::from(years) * 12),
        Some(Period::Months(months)) => MONTHS_BY_LAW.max(i64::from(months)),
        _ => MONTHS_BY_LAW,
    }
}

fn by_content(one: &Occurrence) -> (i64, &[u8]) {
    (one.occurred_at_ms, &one.event.event_id)
}

#[cfg(test)]
mod tests;
