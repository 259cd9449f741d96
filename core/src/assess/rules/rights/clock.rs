//! When a time limit of the policy ends.

use crate::assess::calendar::{Day, Holidays};
use crate::assess::finding::Due;
use crate::privacy_policy::Period;

/// The first moment after a limit that runs from a moment (Civil Code 201 to 203): days, months and years
/// don't count the first day and end at 24:00 of the last; hours and seconds run from the moment itself, and
/// their very end is still in time. None where working days pass through a year whose holidays
/// aren't known.
pub(super) fn due_after(holidays: &Holidays, period: Period, from_ms: i64) -> Option<Due> {
    let from = Day::of(from_ms);
    let exact = |ms: i64| {
        let end = from_ms.saturating_add(ms).saturating_add(1);
        Due {
            strict_ms: end,
            lawful_ms: Some(end),
        }
    };
    Some(match period {
        Period::Seconds(count) => exact(i64::from(count) * 1000),
        Period::Hours(count) => exact(i64::from(count) * 3_600_000),
        Period::Days(count) => holidays.due(Day(from.0 + i64::from(count))),
        Period::WorkingDays(count) => holidays.due(holidays.plus_working_days(from, count)?),
        Period::Months(count) => holidays.due(from.plus_months(i64::from(count))),
        Period::Years(count) => holidays.due(from.plus_months(12 * i64::from(count))),
    })
}

/// The last day of a limit that ends at 24:00.
pub(super) fn last_day(due: Due) -> Day {
    Day::of(due.strict_ms - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::at;

    const HOLIDAYS: &str = include_str!("../../../../../ops/policy/holidays.toml");

    fn due(period: Period, from: &str) -> Due {
        let holidays = Holidays::parse(HOLIDAYS).unwrap();
        due_after(&holidays, period, at(from)).unwrap()
    }

    #[test]
    fn fifteen_days_end_at_midnight_whatever_the_hour_of_receipt() {
        for from in ["2026-03-02 00:00", "2026-03-02 23:59:59"] {
            let due = due(Period::Days(15), from);
            assert_eq!(due.strict_ms, at("2026-03-18 00:00"));
            assert_eq!(due.lawful_ms, Some(due.strict_ms));
        }
    }

    #[test]
    fn a_last_day_in_a_holiday_ends_after_it() {
        // Day 15 is 3 October; the first day after the holiday is the 8th.
        let due = due(Period::Days(15), "2026-09-18 10:00");
        assert_eq!(due.strict_ms, at("2026-10-04 00:00"));
        assert_eq!(due.lawful_ms, Some(at("2026-10-09 00:00")));
        // A Saturday that is worked is no day off.
        let due = super::tests::due(Period::Days(15), "2026-02-13 10:00");
        assert_eq!(due.strict_ms, at("2026-03-01 00:00"));
        assert_eq!(due.lawful_ms, Some(due.strict_ms));
    }

    #[test]
    fn five_years_end_with_the_same_day_and_leap_days_with_the_months_last() {
        let due = due(Period::Years(5), "2024-02-29 10:00");
        assert_eq!(due.strict_ms, at("2029-03-01 00:00"));
        assert_eq!(due.lawful_ms, None);
        let due = super::tests::due(Period::Years(5), "2024-07-20 10:00");
        assert_eq!(due.strict_ms, at("2029-07-21 00:00"));
        assert_eq!(last_day(due), Day::of(at("2029-07-20 12:00")));
    }

    #[test]
    fn hours_end_at_the_moment_and_unknown_years_have_no_working_days() {
        let due = due(Period::Hours(4), "2026-03-02 10:00");
        assert_eq!(due.strict_ms, at("2026-03-02 14:00") + 1);
        let unknown = due_after(
            &Holidays::default(),
            Period::WorkingDays(1),
            at("2026-03-02 10:00"),
        );
        assert_eq!(unknown, None);
    }

    #[test]
    fn the_calendar_of_the_state_councils_notices_is_read() {
        let holidays = Holidays::parse(HOLIDAYS).unwrap();
        let off = |moment: &str| holidays.is_off(Day::of(at(moment)));
        for day in ["2024-02-10", "2025-01-28", "2026-02-23", "2026-11-28"] {
            assert_eq!(off(&format!("{day} 12:00")), Some(true), "{day}");
        }
        for day in ["2024-09-29", "2025-10-11", "2026-02-28", "2026-11-27"] {
            assert_eq!(off(&format!("{day} 12:00")), Some(false), "{day}");
        }
        assert_eq!(off("2027-01-01 12:00"), None);
    }
}
