//! When a time limit of the policy ends.

use crate::assess::calendar::{Day, Holidays};
use crate::assess::finding::Due;
use crate::privacy_policy::Period;

/// When a limit that runs from a moment ends; [`Due::strict_ms`] is the first moment that is too late.
///
/// Hours and seconds run from the moment itself, and what is done exactly then is still in time (不得超过): the
/// first moment that is too late is one millisecond after. Days, months and years end at 24:00 of their last
/// day, the first one not counted (Civil Code 201, 202), which holidays put off (203). Working days are counted
/// without any holiday for the strict moment, and by the calendar for the lawful one.
pub(super) fn limit(period: Period, from_ms: i64, holidays: &Holidays) -> Due {
    let from = Day::of(from_ms);
    match period {
        Period::Seconds(seconds) => exact(from_ms, i64::from(seconds) * 1000),
        Period::Hours(hours) => exact(from_ms, i64::from(hours) * 3_600_000),
        Period::Days(days) => holidays.due(Day(from.0 + i64::from(days))),
        Period::Months(months) => holidays.due(from.plus_months(i64::from(months))),
        Period::Years(years) => holidays.due(from.plus_months(12 * i64::from(years))),
        Period::WorkingDays(days) => working(from, days, holidays),
    }
}

const fn exact(from_ms: i64, length_ms: i64) -> Due {
    let strict_ms = from_ms.saturating_add(length_ms).saturating_add(1);
    Due {
        strict_ms,
        lawful_ms: Some(strict_ms),
    }
}

fn working(from: Day, days: u32, holidays: &Holidays) -> Due {
    let (mut day, mut left) = (from, days);
    while left > 0 {
        day = Day(day.0 + 1);
        left -= u32::from(!day.is_weekend());
    }
    let lawful_ms = holidays.plus_working_days(from, days).map(Day::end_ms);
    Due {
        // Days of weekends that are worked may bring the lawful end before the strict one.
        strict_ms: lawful_ms.map_or(day.end_ms(), |lawful| lawful.min(day.end_ms())),
        lawful_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-06-01 00:00 at UTC+8, a Sunday.
    const JUNE: i64 = 1_748_707_200_000;
    const DAY: i64 = 86_400_000;

    fn june(until: i64) -> i64 {
        JUNE + (until - 1) * DAY
    }

    #[test]
    fn hours_end_with_the_moment_and_days_with_the_day() {
        let none = Holidays::default();
        let at_noon = june(3) + DAY / 2;
        let due = limit(Period::Hours(4), at_noon, &none);
        assert_eq!(due.strict_ms, at_noon + 4 * 3_600_000 + 1);
        assert_eq!(due.lawful_ms, Some(due.strict_ms));
        assert_eq!(
            limit(Period::Seconds(1), at_noon, &none).strict_ms,
            at_noon + 1001
        );
        let due = limit(Period::Days(2), at_noon, &none);
        assert_eq!((due.strict_ms, due.lawful_ms), (june(6), None));
        assert_eq!(limit(Period::Months(1), at_noon, &none).strict_ms, june(34));
        assert_eq!(limit(Period::Years(1), at_noon, &none).strict_ms, june(369));
    }

    #[test]
    fn working_days_leave_out_weekends_and_known_holidays() {
        let none = Holidays::default();
        let due = limit(Period::WorkingDays(30), june(1), &none);
        assert_eq!((due.strict_ms, due.lawful_ms), (june(42), None));
        // The Dragon Boat holiday of 2 June is one day more.
        let calendar = "['2025']\nsource = 'made up'\noff = ['2025-06-02']\nworked = []\n";
        let holidays = Holidays::parse(calendar).unwrap();
        let due = limit(Period::WorkingDays(30), june(1), &holidays);
        assert_eq!((due.strict_ms, due.lawful_ms), (june(42), Some(june(45))));
        // A worked Saturday is one day less, for both.
        let calendar = "['2025']\nsource = 'made up'\noff = []\nworked = ['2025-06-07']\n";
        let holidays = Holidays::parse(calendar).unwrap();
        let due = limit(Period::WorkingDays(30), june(1), &holidays);
        assert_eq!((due.strict_ms, due.lawful_ms), (june(41), Some(june(41))));
    }
}
