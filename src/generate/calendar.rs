//! When things happen in a town: how long a life may last, and the days of breach, merger and
//! subpoena.

use std::ops::Range;

use super::{POLICY_EFFECTIVE_MS, Town};

const DAY_MS: i64 = 86_400_000;
/// In how many parts of the month gateways report their counts.
pub(super) const QUARTERS: usize = 4;
/// How long the registry's first events take.
const SETUP_MS: i64 = 7 * DAY_MS;
/// Everyone is told of a breach within this time: the policy's is three days.
const LONGEST_NOTICE_MS: i64 = 36 * 3_600_000;
/// How long a life lasts where there is room for it.
pub(super) const NATURAL_LIFE_MS: i64 = 12 * DAY_MS;

/// Lives that may be open at once because they take their course.
const LIVES_AT_ONCE: u32 = 2048;
/// Arrivals within the breach's window at most.
const BREACH_ARRIVALS: u32 = 500;
/// Customers that the merger takes at most.
const MERGED_AT_MOST: u32 = 200;
/// No stream of a town holds more lives at once: those that take their course, those that the
/// breach keeps open until they are notified, those that wait for the merger, and one for the
/// subpoena.
pub const MOST_OPEN_LIVES: usize =
    (2 * LIVES_AT_ONCE + BREACH_ARRIVALS + MERGED_AT_MOST + 8) as usize;

/// The town's fixed days, in milliseconds since the epoch.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pub(super) start: i64,
    pub(super) end: i64,
    arrivals: Range<i64>,
    customers: u64,
    /// How long a life lasts.
    pub(super) life: i64,
    /// The registry's first events: before the policy was in force, for it asks for what they say.
    pub(super) setup: Range<i64>,
    /// While a credential was in the wrong hands.
    pub(super) breach: Range<i64>,
    /// When those affected are told.
    pub(super) breach_notices: Range<i64>,
    pub(super) breach_detected: i64,
    pub(super) subpoena_received: i64,
    pub(super) disclosure: i64,
    pub(super) merger_announced: i64,
    pub(super) transfers: Range<i64>,
}

impl Calendar {
    pub(super) fn of(town: &Town) -> Self {
        let whole = i64::from(town.days.max(1)) * DAY_MS;
        let start = town.start_ms;
        let customers = i64::try_from(town.customers.max(1)).unwrap_or(i64::MAX);
        let life = (whole / 2 / customers)
            .saturating_mul(i64::from(LIVES_AT_ONCE))
            .min(NATURAL_LIFE_MS)
            .min(whole * 2 / 5)
            .max(1);
        let percent = |share: i64| start + whole / 100 * share;
        let founded = start.min(POLICY_EFFECTIVE_MS) - SETUP_MS;
        let arrivals = percent(1)..(percent(95) - life).max(percent(1) + 1);
        let spacing = (arrivals.end - arrivals.start) / customers;
        let breach_end = percent(50)
            + spacing
                .saturating_mul(i64::from(BREACH_ARRIVALS))
                .clamp(1, whole / 10);
        let breach_detected = breach_end + whole / 200;
        let notice = (whole / 25).min(LONGEST_NOTICE_MS);
        Self {
            start,
            end: start + whole,
            arrivals,
            customers: town.customers,
            life,
            setup: founded..founded + SETUP_MS,
            breach: percent(50)..breach_end,
            breach_detected,
            breach_notices: breach_detected + notice / 2..breach_detected + notice,
            subpoena_received: percent(70),
            disclosure: percent(72),
            merger_announced: percent(60),
            transfers: percent(74)..percent(76),
        }
    }

    /// From when until when a gateway counts in one of the month's [`QUARTERS`]; the last ends after the
    /// last life.
    pub(super) fn quarter(&self, quarter: usize) -> (i64, i64) {
        let whole = self.end - self.start;
        let bound = |place: usize| self.start + whole / 100 * [0, 25, 50, 75, 99][place];
        (bound(quarter), bound(quarter + 1))
    }

    /// How far apart customers arrive.
    pub(super) fn spacing(&self) -> i64 {
        let customers = i64::try_from(self.customers.max(1)).unwrap_or(i64::MAX);
        ((self.arrivals.end - self.arrivals.start) / customers).max(1)
    }

    /// The earliest time at which customer `n` may arrive; it rises with `n`.
    pub(super) fn arrival(&self, n: u64) -> i64 {
        let width = i128::from(self.arrivals.end - self.arrivals.start);
        let share = width * i128::from(n) / i128::from(self.customers.max(1));
        self.arrivals.start + i64::try_from(share).unwrap_or(i64::MAX)
    }

    /// `natural` milliseconds of a natural life, in a life of this town.
    pub(super) fn scaled(&self, natural: i64) -> i64 {
        let scaled = i128::from(natural) * i128::from(self.life) / i128::from(NATURAL_LIFE_MS);
        i64::try_from(scaled).unwrap_or(i64::MAX)
    }

    /// The customers whom the merger takes along.
    pub(super) fn merged(&self) -> Range<u64> {
        let first = self.customers / 4;
        let count = (self.customers / 20 + 1).min(u64::from(MERGED_AT_MOST));
        first..(first + count).min(self.customers)
    }

    /// The customer whom the subpoena names.
    pub(super) fn subpoenaed(&self) -> Option<u64> {
        (self.customers > 0).then_some(self.customers / 2)
    }

    /// The customers whose lives may touch the breach's window.
    pub(super) fn exposed(&self) -> Range<u64> {
        let reach = self.life + self.spacing();
        let first = self.first_arriving_from(self.breach.start - reach);
        first..self.first_arriving_from(self.breach.end)
    }

    /// The first customer whose earliest arrival is not before `time`.
    fn first_arriving_from(&self, time: i64) -> u64 {
        let (mut low, mut high) = (0, self.customers);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.arrival(middle) < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(customers: u64, days: u32) -> Calendar {
        Calendar::of(&Town {
            seed: 1,
            customers,
            start_ms: 1_000,
            days,
            partitions: 4,
        })
    }

    #[test]
    fn a_natural_life_is_lived_in_a_small_town_and_a_shorter_one_in_a_city() {
        assert_eq!(calendar(50, 30).life, NATURAL_LIFE_MS);
        assert_eq!(
            calendar(10_000, 30).life,
            (15 * DAY_MS / 10_000) * i64::from(LIVES_AT_ONCE)
        );
        assert!(calendar(1_000_000, 30).life < DAY_MS);
    }

    #[test]
    fn everything_falls_within_the_town_s_days() {
        for (customers, days) in [(0, 1), (1, 1), (50, 30), (1_000_000, 30), (3, 365)] {
            let c = calendar(customers, days);
            let last = c.arrival(customers.saturating_sub(1)) + c.spacing() + c.life;
            assert!(last <= c.end && c.transfers.end < c.end && c.breach_notices.end < c.end);
            assert!(c.breach.end < c.breach_detected && c.setup.end <= c.arrival(0));
            assert!(c.merger_announced < c.transfers.start && c.subpoena_received < c.disclosure);
        }
    }

    #[test]
    fn the_exposed_are_those_whose_lives_may_touch_the_window() {
        let c = calendar(1000, 30);
        let exposed = c.exposed();
        for n in 0..1000 {
            let life = c.arrival(n)..c.arrival(n) + c.spacing() + c.life;
            let touches = life.start < c.breach.end && life.end > c.breach.start;
            assert!(!touches || exposed.contains(&n), "{n}");
        }
        assert!(exposed.start > 0);
    }
}
