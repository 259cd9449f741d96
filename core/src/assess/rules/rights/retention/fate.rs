//! What becomes of data when its time ends.

use super::super::clock::due_after;
use crate::assess::calendar::Holidays;
use crate::assess::finding::{Due, Sentence};
use crate::assess::occurrence::Occurrence;
use crate::assess::state::retention::{Cover, CoverKind, Covers, Holding};
use crate::privacy_policy::Period;

/// A clock at whose end data must be gone.
pub(super) struct Clock<'a> {
    /// What started it.
    pub(super) starts: &'a Occurrence,
    /// Data that was erased before this moment, in ms since 1970, is none of its business.
    pub(super) from_ms: i64,
    /// Nor is data taken after this one.
    pub(super) taken_by_ms: Option<i64>,
    /// Its end.
    pub(super) due: Due,
    /// When it stopped because an order was opened, in ms since 1970.
    pub(super) stops_ms: Option<i64>,
    /// Why data that is still there at its end is wrong.
    pub(super) cause: &'static str,
    /// What the policy says.
    pub(super) quoted: Sentence,
    /// How long it runs, where it runs anew for what is taken after its end.
    pub(super) period: Option<Period>,
}

/// What becomes of data.
#[derive(Debug)]
pub(super) enum Fate<'a> {
    /// It was erased while it might stay.
    Gone(&'a Occurrence),
    /// It stays for good, by a hold without an end.
    Kept(&'a Occurrence),
    /// It stays by a restriction of which no end is known.
    Endless(&'a Occurrence),
    /// An order was opened before its time ended.
    Restarted,
    /// It was still there when its time ended.
    Lapsed {
        /// When that was, in ms since 1970.
        at_ms: i64,
        /// What had run out.
        cause: &'static str,
        /// What else that rests on.
        by: Vec<&'a Occurrence>,
        /// When it was mended: erased, covered anew, or an order opened; in ms since 1970.
        mended_ms: Option<i64>,
    },
}

impl Clock<'_> {
    /// Whether what is held must be gone at its end.
    pub(super) fn concerns(&self, holding: &Holding<'_>) -> bool {
        let gone = holding
            .erased
            .is_some_and(|one| one.occurred_at_ms < self.from_ms);
        let stopped = self.stops_ms.is_some_and(|ms| holding.since_ms >= ms);
        let later = self.taken_by_ms.is_some_and(|ms| holding.since_ms > ms);
        !gone && !stopped && !later
    }

    /// Its end for what is held; what is taken after the end has the same length of its own.
    fn end_ms(&self, holidays: &Holidays, holding: &Holding<'_>) -> i64 {
        let anew = self
            .period
            .filter(|_| holding.since_ms >= self.due.strict_ms);
        let anew = anew.and_then(|period| due_after(holidays, period, holding.since_ms));
        anew.unwrap_or(self.due).strict_ms
    }
}

/// The fate of what is held under a clock. Erased before a moment is in time for it; a cover must have
/// begun before the time ends, or where another ends it.
pub(super) fn fate<'a>(
    holidays: &Holidays,
    clock: &Clock<'a>,
    holding: &Holding<'a>,
    covers: &Covers<'a>,
) -> Fate<'a> {
    let mut end_ms = clock.end_ms(holidays, holding);
    let mut last: Option<&Cover<'a>> = None;
    let mut next = None;
    let gone = |ms: i64| holding.erased.filter(|one| one.occurred_at_ms < ms);
    for cover in covers.of_holding(holding.store, holding.category) {
        let begins_in_time = match last {
            None => cover.from_ms < end_ms,
            Some(_) => cover.from_ms <= end_ms,
        };
        if !begins_in_time {
            next = Some(cover.from_ms);
            break;
        }
        match (cover.until_ms, gone(i64::MAX)) {
            (None, Some(erased)) => return Fate::Gone(erased),
            (None, None) if cover.kind == CoverKind::Restricted => return Fate::Endless(cover.on),
            (None, None) => return Fate::Kept(cover.on),
            (Some(until), _) if until > end_ms => {
                end_ms = until;
                last = Some(cover);
            }
            _ => {}
        }
    }
    if let Some(erased) = gone(end_ms) {
        return Fate::Gone(erased);
    }
    if clock.stops_ms.is_some_and(|stops| stops < end_ms) {
        return Fate::Restarted;
    }
    let erased_ms = holding.erased.map(|one| one.occurred_at_ms);
    let mended = erased_ms.into_iter().chain(next).chain(clock.stops_ms);
    let by = [last.map(|cover| cover.on), holding.masked, holding.erased];
    Fate::Lapsed {
        at_ms: end_ms,
        cause: cause(clock, holding, last, end_ms),
        by: by.into_iter().flatten().collect(),
        mended_ms: mended.min(),
    }
}

fn cause(
    clock: &Clock<'_>,
    holding: &Holding<'_>,
    last: Option<&Cover<'_>>,
    end_ms: i64,
) -> &'static str {
    let masked = holding.masked;
    match last.map(|cover| cover.kind) {
        Some(CoverKind::Reauthorised) => "reauthorisation_expired",
        Some(CoverKind::Held | CoverKind::Restricted) => "hold_ended",
        None if masked.is_some_and(|one| one.occurred_at_ms < end_ms) => "masked_only",
        None => clock.cause,
    }
}
