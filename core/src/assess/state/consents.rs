//! Consents of a person: the notice shown before, strength, scope, form, withdrawal, renewal.
//!
//! A consent is named by its record id within a person's timeline, whose references are all linked. Only
//! what was given or renewed, in a form that counts, and hasn't ended since, is in force: from its moment
//! on, that moment included. A withdrawal, a refusal of what was given, or the end of its time puts it out
//! of force; a deed at the very moment of a withdrawal isn't after it. Once withdrawn, revoked or held
//! invalid, it is given again only after a notice that is newer than that.

use std::collections::BTreeMap;

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::policy_book::PolicyBook;
use crate::assess::timeline::Timeline;
use crate::schema::v1::event::Body;
use crate::schema::v1::{
    ConsentExpired, ConsentForm, ConsentGranted, ConsentInvalidated, ConsentStatus,
    ConsentStrength, ConsentWithdrawn,
};

/// How many times a consent may have been replaced by another that was replaced in turn; beyond it
/// nothing is known of what holds in its place.
const MOST_SUCCESSIONS: usize = 64;

/// The consents of one person, by record id.
#[derive(Debug, Default)]
pub struct Consents<'a>(BTreeMap<&'a str, Record<'a>>);

/// What holds of a consent at a moment.
#[derive(Debug, Clone, Copy)]
pub enum Standing<'a> {
    /// The timeline has no event that says anything of it.
    Unknown,
    /// Given, and in force.
    InForce(Grant<'a>),
    /// Not in force.
    NotInForce(Lapse<'a>),
}

/// A consent as it was given.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The event that says so.
    pub given: &'a Occurrence,
    /// What was agreed to.
    pub terms: &'a ConsentGranted,
    /// The last notice that was shown for it by then; none where the timeline has none.
    pub notice: Option<&'a Occurrence>,
}

/// Why a consent isn't in force.
#[derive(Debug, Clone, Copy)]
pub struct Lapse<'a> {
    /// The reason.
    pub why: Why,
    /// The event from which it follows.
    pub by: &'a Occurrence,
    /// What was given last, where anything was.
    pub grant: Option<Grant<'a>>,
}

/// Reasons why a consent isn't in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was asked for, and no answer is known.
    NotDecided,
    /// It was given, but later.
    GivenLater,
    /// The person refused.
    Refused,
    /// The person put the decision off.
    Deferred,
    /// What was recorded as consent is none: continued use, a spot check (PIPL 14).
    FormIsNone,
    /// It was recorded with a status that allows no handling.
    StatusAllowsNone,
    /// It was given for a time that hadn't begun.
    NotYetValid,
    /// It was given again after its end, without a new notice.
    NoNewNotice,
    /// Its time was over.
    Expired,
    /// The person withdrew it.
    Withdrawn,
    /// The handler revoked it.
    Revoked,
    /// An authority held it invalid.
    Invalidated,
    /// Another stood in its place, of which nothing is known.
    Superseded,
}

#[derive(Debug, Default)]
struct Record<'a> {
    notices: Vec<&'a Occurrence>,
    spans: Vec<Span<'a>>,
    first_decision: Option<&'a Occurrence>,
    last_grant: Option<Grant<'a>>,
    /// A notice must be newer than this for the consent to be given again.
    asked_anew_after: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Span<'a> {
    from_ms: i64,
    state: State<'a>,
}

#[derive(Debug, Clone, Copy)]
enum State<'a> {
    Open(Grant<'a>),
    Closed(Lapse<'a>),
    Replaced { by: &'a Occurrence, id: &'a str },
}

impl<'a> Consents<'a> {
    /// The consents that a timeline tells of. Whether a form counts as consent is for the policy in force
    /// at that moment to say; continued use and a spot check never do.
    pub fn of(timeline: &'a Timeline, policies: &PolicyBook) -> Self {
        let mut consents = Self::default();
        for one in timeline {
            if let Body::NoticePresented(notice) = one.body() {
                consents.record(&notice.consent_id).notices.push(one);
            }
        }
        for one in timeline {
            consents.follow(one, policies);
        }
        consents
    }

    /// What holds of a consent at a moment. Where another consent stands in its place then (it was
    /// superseded or renewed), what holds of that one.
    pub fn standing(&self, id: &str, ms: i64) -> Standing<'a> {
        let (mut id, mut replaced) = (id, None);
        for _ in 0..MOST_SUCCESSIONS {
            let standing = match self.0.get(id) {
                None => Standing::Unknown,
                Some(record) => match record.state(ms) {
                    Some(State::Replaced { by, id: next }) => {
                        (id, replaced) = (next, Some((by, record.last_grant)));
                        continue;
                    }
                    Some(State::Open(grant)) => Standing::InForce(grant),
                    Some(State::Closed(lapse)) => Standing::NotInForce(lapse),
                    None => record.before_any(ms),
                },
            };
            return match (standing, replaced) {
                (Standing::Unknown, Some((by, grant))) => Standing::NotInForce(Lapse {
                    why: Why::Superseded,
                    by,
                    grant,
                }),
                _ => standing,
            };
        }
        Standing::Unknown
    }

    /// The ids of all consents that the timeline tells of, ascending.
    pub fn ids(&self) -> impl Iterator<Item = &'a str> {
        self.0.keys().copied()
    }

    /// The first notice of a consent that was shown after a moment.
    pub fn notice_after(&self, id: &str, ms: i64) -> Option<&'a Occurrence> {
        let notices = &self.0.get(id)?.notices;
        let after = notices.partition_point(|one| one.occurred_at_ms <= ms);
        notices.get(after).copied()
    }

    /// When which consents that allow a purpose and a category were in force, at least this strong: from
    /// a moment, itself included, up to another; in order of the beginning.
    pub fn in_force_for(
        &self,
        purpose: i32,
        category: i32,
        strength: ConsentStrength,
    ) -> Vec<(i64, i64, Grant<'a>)> {
        let mut spans = Vec::new();
        for record in self.0.values() {
            for (place, span) in record.spans.iter().enumerate() {
                let State::Open(grant) = span.state else {
                    continue;
                };
                let next = record.spans.get(place + 1);
                if grant.is_at_least(strength) && grant.covers(purpose, &[category]) {
                    let until = next.map_or(i64::MAX, |next| next.from_ms);
                    spans.push((span.from_ms, until, grant));
                }
            }
        }
        spans.sort_by_key(|(from, until, grant)| (*from, *until, grant.given.leaf.clone()));
        spans
    }

    fn record(&mut self, id: &'a str) -> &mut Record<'a> {
        self.0.entry(id).or_default()
    }

    fn follow(&mut self, one: &'a Occurrence, policies: &PolicyBook) {
        match one.body() {
            Body::ConsentGranted(terms) => self.grant(one, terms, policies),
            Body::ConsentRefused(refused) => {
                let deferred = refused.status() == ConsentStatus::StDeferred;
                self.record(&refused.consent_id).refuse(one, deferred);
            }
            Body::ConsentWithdrawn(said) => self.record(&said.consent_id).withdraw(one, said),
            Body::ConsentExpired(said) => self.record(&said.consent_id).expire(one, said),
            Body::ConsentInvalidated(said) => self.record(&said.consent_id).invalidate(one, said),
            Body::ConsentSuperseded(said) => {
                let record = self.record(&said.consent_id);
                record.replace(one.occurred_at_ms, one, &said.superseded_by_consent_id);
            }
            _ => {}
        }
    }

    fn grant(&mut self, one: &'a Occurrence, terms: &'a ConsentGranted, policies: &PolicyBook) {
        let none = no_consent(one, terms, policies);
        let Some(from) = self.record(&terms.consent_id).grant(one, terms, none) else {
            return;
        };
        let renewed = &terms.renews_consent_id;
        if !renewed.is_empty() && *renewed != terms.consent_id {
            self.record(renewed).replace(from, one, &terms.consent_id);
        }
    }
}

/// Why what was recorded as consent is none.
fn no_consent(one: &Occurrence, terms: &ConsentGranted, policies: &PolicyBook) -> Option<Why> {
    let never = [ConsentForm::CmContinuedUse, ConsentForm::CmSpotCheck];
    let form = terms.form();
    let counts = policies
        .policy(one.occurred_at_ms)
        .is_none_or(|policy| policy.counts_as_consent(form));
    let given = [ConsentStatus::StGiven, ConsentStatus::StRenewed];
    if never.contains(&form) || !counts {
        Some(Why::FormIsNone)
    } else if given.contains(&terms.status()) {
        None
    } else {
        Some(Why::StatusAllowsNone)
    }
}

impl<'a> Record<'a> {
    fn state(&self, ms: i64) -> Option<State<'a>> {
        let after = self.spans.partition_point(|span| span.from_ms <= ms);
        Some(self.spans[after.checked_sub(1)?].state)
    }

    fn is_open(&self, ms: i64) -> bool {
        matches!(
            self.state(ms),
            Some(State::Open(_) | State::Replaced { .. })
        )
    }

    /// From a moment on this holds, whatever was to hold from there on.
    fn set(&mut self, from_ms: i64, state: State<'a>) {
        let before = self.spans.partition_point(|span| span.from_ms < from_ms);
        self.spans.truncate(before);
        self.spans.push(Span { from_ms, state });
    }

    fn close(&mut self, from_ms: i64, why: Why, by: &'a Occurrence) {
        let grant = self.last_grant;
        self.set(from_ms, State::Closed(Lapse { why, by, grant }));
    }

    /// What is known before the first decision took hold.
    fn before_any(&self, ms: i64) -> Standing<'a> {
        let asked = self
            .notices
            .partition_point(|one| one.occurred_at_ms <= ms)
            .checked_sub(1)
            .map(|place| self.notices[place]);
        let later = self.first_decision.or(self.notices.first().copied());
        let why = match self.first_decision.map(Occurrence::body) {
            Some(Body::ConsentGranted(_)) => Why::GivenLater,
            _ => Why::NotDecided,
        };
        let grant = None;
        match (why, asked, later) {
            (Why::NotDecided, Some(by), _) | (_, _, Some(by)) => {
                Standing::NotInForce(Lapse { why, by, grant })
            }
            (_, _, None) => Standing::Unknown,
        }
    }

    /// The moment from which a consent is in force; none where it is none.
    fn grant(
        &mut self,
        one: &'a Occurrence,
        terms: &'a ConsentGranted,
        none: Option<Why>,
    ) -> Option<i64> {
        let ms = one.occurred_at_ms;
        self.first_decision.get_or_insert(one);
        if let Some(why) = none {
            if !self.is_open(ms) {
                self.close(ms, why, one);
            }
            return None;
        }
        let shown = self.notices.partition_point(|one| one.occurred_at_ms <= ms);
        let notice = shown.checked_sub(1).map(|place| self.notices[place]);
        let is_new = |after: i64| notice.is_some_and(|notice| notice.occurred_at_ms > after);
        if self.asked_anew_after.is_some_and(|after| !is_new(after)) {
            self.close(ms, Why::NoNewNotice, one);
            return None;
        }
        self.asked_anew_after = None;
        let from = terms.valid_from.as_ref().map_or(ms, ms_of).max(ms);
        if from > ms && !self.is_open(ms) {
            self.close(ms, Why::NotYetValid, one);
        }
        let given = one;
        let grant = Grant {
            given,
            terms,
            notice,
        };
        self.last_grant = Some(grant);
        self.set(from, State::Open(grant));
        if let Some(until) = &terms.valid_until {
            self.close(ms_of(until).max(from), Why::Expired, one);
        }
        Some(from)
    }

    /// A decision that is put off takes nothing away.
    fn refuse(&mut self, one: &'a Occurrence, deferred: bool) {
        let ms = one.occurred_at_ms;
        self.first_decision.get_or_insert(one);
        match (deferred, self.is_open(ms)) {
            (true, true) => {}
            (true, false) => self.close(ms, Why::Deferred, one),
            (false, _) => self.close(ms, Why::Refused, one),
        }
    }

    /// A withdrawal holds once it has arrived.
    fn withdraw(&mut self, one: &'a Occurrence, said: &ConsentWithdrawn) {
        let ms = said.received_at.as_ref().map_or(one.occurred_at_ms, ms_of);
        if !self.was_given_after(ms) {
            self.asked_anew_after = Some(ms);
            self.close(ms.saturating_add(1), Why::Withdrawn, one);
        }
    }

    fn expire(&mut self, one: &'a Occurrence, said: &ConsentExpired) {
        let ms = said.expired_at.as_ref().map_or(one.occurred_at_ms, ms_of);
        let open = self.is_open(ms) || self.state(ms).is_none();
        if open && !self.was_given_after(ms) {
            self.close(ms, Why::Expired, one);
        }
    }

    /// What is invalid from the beginning never was in force.
    fn invalidate(&mut self, one: &'a Occurrence, said: &ConsentInvalidated) {
        let why = match said.status() {
            ConsentStatus::StRevoked => Why::Revoked,
            _ => Why::Invalidated,
        };
        let from = said.invalid_from.as_ref().map_or(i64::MIN, ms_of);
        let ended = match self.state(from) {
            Some(State::Closed(lapse)) => lapse.why != Why::Expired,
            _ => false,
        };
        if !ended {
            self.asked_anew_after = Some(one.occurred_at_ms);
            self.close(from, why, one);
        }
    }

    /// Another consent stands in this one's place; what was withdrawn, refused or held invalid stays so.
    fn replace(&mut self, from: i64, by: &'a Occurrence, id: &'a str) {
        let ended = match self.state(from) {
            Some(State::Closed(lapse)) => lapse.why != Why::Expired,
            _ => false,
        };
        if !ended {
            self.set(from, State::Replaced { by, id });
        }
    }

    fn was_given_after(&self, ms: i64) -> bool {
        let given = self.last_grant.map(|grant| grant.given.occurred_at_ms);
        given.is_some_and(|given| given > ms)
    }
}

impl<'a> Grant<'a> {
    /// Whether it allows these categories for this purpose.
    pub fn covers(&self, purpose: i32, categories: &[i32]) -> bool {
        self.terms.purposes.contains(&purpose) && self.lacking(categories).is_empty()
    }

    /// Which of these categories it doesn't allow.
    pub fn lacking(&self, categories: &[i32]) -> Vec<i32> {
        let allowed = &self.terms.categories;
        let lacking = categories.iter().filter(|one| !allowed.contains(one));
        lacking.copied().collect()
    }

    /// Whether it names a recipient.
    pub fn names(&self, recipient_id: &str) -> bool {
        self.terms.recipient_ids.iter().any(|id| id == recipient_id)
    }

    /// Whether it is as strong as this or stronger.
    pub fn is_at_least(&self, strength: ConsentStrength) -> bool {
        self.terms.strength >= strength as i32
    }

    /// The events it rests on: the notice and the decision.
    pub fn events(&self) -> impl Iterator<Item = &'a Occurrence> {
        self.notice.into_iter().chain([self.given])
    }
}

impl Why {
    /// Its stable word, as causes of findings write it.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::NotDecided => "consent_not_decided",
            Self::GivenLater => "consent_given_later",
            Self::Refused => "consent_refused",
            Self::Deferred => "consent_deferred",
            Self::FormIsNone => "form_is_no_consent",
            Self::StatusAllowsNone => "status_is_not_given",
            Self::NotYetValid => "consent_not_yet_valid",
            Self::NoNewNotice => "given_again_without_notice",
            Self::Expired => "consent_expired",
            Self::Withdrawn => "consent_withdrawn",
            Self::Revoked => "consent_revoked",
            Self::Invalidated => "consent_invalidated",
            Self::Superseded => "consent_superseded",
        }
    }
}

impl Lapse<'_> {
    /// Whether it had been given before, and ended.
    pub fn is_end(&self) -> bool {
        match self.why {
            Why::NoNewNotice
            | Why::Expired
            | Why::Withdrawn
            | Why::Revoked
            | Why::Invalidated
            | Why::Superseded => true,
            Why::Refused => self.grant.is_some(),
            Why::NotDecided
            | Why::GivenLater
            | Why::Deferred
            | Why::FormIsNone
            | Why::StatusAllowsNone
            | Why::NotYetValid => false,
        }
    }

    /// From when on a deed at `ms` is known to have had no consent: at once, but for a consent that was
    /// taken away afterwards for the time before too.
    pub fn known_from_ms(&self, ms: i64) -> i64 {
        match self.why {
            Why::Revoked | Why::Invalidated => self.by.occurred_at_ms.max(ms),
            _ => ms,
        }
    }
}

#[cfg(test)]
mod tests;
