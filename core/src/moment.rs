//! Moments as people in China read them: civil time at UTC+8, by integer arithmetic.

use std::fmt;

const OFFSET_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// The first and last millisecond shown as a date: years 1 to 9999, at UTC+8.
const SHOWN_MS: std::ops::RangeInclusive<i64> = -62_135_625_600_000..=253_402_271_999_999;

/// Milliseconds since 1970, shown as `2026-11-24 12:30:45.678` at UTC+8, which is what clocks in
/// China have shown since 1991; a moment outside the years 1 to 9999 as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

/// A date of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

impl Moment {
    /// Days since 1970-01-01 at UTC+8; none outside the years shown.
    pub(crate) fn day(self) -> Option<i64> {
        SHOWN_MS
            .contains(&self.0)
            .then(|| (self.0 + OFFSET_MS).div_euclid(DAY_MS))
    }

    /// The first moment of a day at UTC+8.
    pub(crate) const fn of_day(day: i64) -> Self {
        Self(day * DAY_MS - OFFSET_MS)
    }

    /// The date at UTC+8; none outside the years shown.
    pub(crate) fn date(self) -> Option<Date> {
        self.day().map(Date::of_day)
    }
}

impl Date {
    /// The date of a count of days since 1970-01-01. Years are counted from March, so that a leap
    /// day is a year's last; 400 years are 146,097 days.
    pub(crate) const fn of_day(day: i64) -> Self {
        let shifted = day + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + if month <= 2 { 1 } else { 0 },
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
        }
    }

    /// The date of this year, month and day; none where the month hasn't that day.
    pub(crate) fn of(year: i64, month: i64, day: i64) -> Option<Self> {
        let date = Self { year, month, day };
        ((1..=12).contains(&month)
            && day >= 1
            && date.to_day() < Self::first_of_month(year * 12 + month))
        .then_some(date)
    }

    /// Days since 1970-01-01.
    pub(crate) const fn to_day(self) -> i64 {
        Self::first_of_month(self.year * 12 + self.month - 1) + self.day - 1
    }

    /// The same day some months later; where that month hasn't it, its last (Civil Code 202).
    pub(crate) fn plus_months(self, months: i64) -> Self {
        let month = self.year * 12 + self.month - 1 + months;
        let last = Self::first_of_month(month + 1) - Self::first_of_month(month);
        Self {
            year: month.div_euclid(12),
            month: month.rem_euclid(12) + 1,
            day: self.day.min(last),
        }
    }

    /// Days since 1970-01-01 of the first of a month, counted from month 0 of year 0.
    pub(crate) const fn first_of_month(months: i64) -> i64 {
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let from_march = if month > 2 { month - 3 } else { month + 9 };
        let year = if month > 2 { year } else { year - 1 };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * from_march + 2) / 5;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(date) = self.date() else {
            return write!(f, "{} ms", self.0);
        };
        let of_day = (self.0 + OFFSET_MS).rem_euclid(DAY_MS);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, ms) = (of_day / 1000 % 60, of_day % 1000);
        write!(f, "{date} {hour:02}:{minute:02}:{second:02}.{ms:03}")
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_at_utc_plus_8() {
        for (ms, text) in [
            (0, "1970-01-01 08:00:00.000"),
            (-1, "1970-01-01 07:59:59.999"),
            (951_753_599_999, "2000-02-28 23:59:59.999"),
            (951_753_600_000, "2000-02-29 00:00:00.000"),
            (1_795_522_096_789, "2026-11-24 20:08:16.789"),
            (-62_135_625_600_000, "0001-01-01 00:00:00.000"),
            (253_402_271_999_999, "9999-12-31 23:59:59.999"),
            (253_402_272_000_000, "253402272000000 ms"),
            (i64::MIN, "-9223372036854775808 ms"),
        ] {
            assert_eq!(Moment(ms).to_string(), text);
        }
    }

    #[test]
    fn dates_are_days_and_months_later_end_where_the_month_does() {
        for day in -800_000..800_000 {
            assert_eq!(Date::of_day(day).to_day(), day);
        }
        let later = |y, m, d, months| Date::of(y, m, d).unwrap().plus_months(months).to_string();
        assert_eq!(later(2024, 2, 29, 60), "2029-02-28");
        assert_eq!(later(2024, 2, 29, 48), "2028-02-29");
        assert_eq!(later(2025, 11, 30, 3), "2026-02-28");
        assert_eq!(Date::of(2025, 2, 29), None);
        assert_eq!(Date::of(2025, 13, 1), None);
        assert_eq!(Date::of(2025, 12, 32), None);
    }

    #[test]
    fn days_follow_one_another_and_months_begin_where_days_say() {
        let mut last = Date::of_day(-800_000);
        for day in -799_999..800_000 {
            let date = Date::of_day(day);
            let next_day =
                (date.year, date.month, date.day) == (last.year, last.month, last.day + 1);
            let next_month = date.day == 1 && last.day >= 28;
            assert!(next_day || next_month, "{last} then {date}");
            if date.day == 1 {
                let months = date.year * 12 + date.month - 1;
                assert_eq!(Date::first_of_month(months), day, "{date}");
            }
            last = date;
        }
    }
}
