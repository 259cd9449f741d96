//! Days in China, and which of them are holidays.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::finding::Due;
use crate::moment::{Date, Moment};

/// A day at UTC+8, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// The day of a moment in ms since 1970; a moment outside the years 1 to 9999 is at their ends.
    pub fn of(ms: i64) -> Self {
        let clamped = ms.clamp(-62_135_625_600_000, 253_402_271_999_999);
        Self(Moment(clamped).day().unwrap_or(0))
    }

    /// Its first moment, in ms since 1970.
    pub const fn start_ms(self) -> i64 {
        Moment::of_day(self.0).0
    }

    /// The first moment of the next day (its 24:00), in ms since 1970.
    pub const fn end_ms(self) -> i64 {
        Moment::of_day(self.0 + 1).0
    }

    /// The same day some months later; where that month hasn't it, its last.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Self {
        Self(Date::of_day(self.0).plus_months(months).to_day())
    }

    /// Whether it is a Saturday or a Sunday.
    pub const fn is_weekend(self) -> bool {
        // 1970-01-01 was a Thursday.
        matches!((self.0 + 3).rem_euclid(7), 5 | 6)
    }

    /// Its year.
    pub fn year(self) -> i64 {
        Date::of_day(self.0).year
    }
}

/// Shown as `2026-11-25`.
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Date::of_day(self.0).fmt(f)
    }
}

/// Why a calendar of holidays was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not the form of a calendar.
    #[error("the calendar of holidays can't be read: {0}")]
    Form(String),
    /// A date that doesn't exist, or is of another year.
    #[error("the calendar of holidays for {year} has {date:?}, which is no date of that year")]
    Date {
        /// The year under which it stands.
        year: String,
        /// What stands there.
        date: String,
    },
}

/// Public holidays of the years that are known: days off by the State Council's notices, and the days of
/// weekends that are worked instead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holidays(BTreeMap<i64, Year>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Year {
    off: Vec<Day>,
    worked: Vec<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The notice that says so.
    #[serde(rename = "source")]
    _source: String,
    off: Vec<String>,
    worked: Vec<String>,
}

/// The calendar that this program is built with, as [`Holidays::parse`] reads it.
pub const BUILT_IN_HOLIDAYS: &str = include_str!("../../../ops/policy/holidays.toml");

impl Holidays {
    /// The calendar that this program is built with.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN_HOLIDAYS).expect("the built-in calendar is read by a test")
    }

    /// Reads a calendar: for each year (`["2025"]`) its `source`, the days `off` and the days of weekends
    /// `worked`, as `2025-10-01`.
    ///
    /// # Errors
    /// [`Error`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let years: BTreeMap<String, Written> =
            toml::from_str(text).map_err(|error| Error::Form(error.to_string()))?;
        let mut known = BTreeMap::new();
        for (year, written) in years {
            let days = |dates: &[String]| -> Result<Vec<Day>, Error> {
                let day = |date: &String| {
                    day_of(date)
                        .filter(|day| day.year().to_string() == year)
                        .ok_or_else(|| Error::Date {
                            year: year.clone(),
                            date: date.clone(),
                        })
                };
                dates.iter().map(day).collect()
            };
            let number = year
                .parse()
                .map_err(|_| Error::Form(format!("{year:?} is no year")))?;
            let (off, worked) = (days(&written.off)?, days(&written.worked)?);
            known.insert(number, Year { off, worked });
        }
        Ok(Self(known))
    }

    /// Whether a day is a day off: a holiday, or a weekend that isn't worked. None where nothing is known of
    /// its year.
    pub fn is_off(&self, day: Day) -> Option<bool> {
        let year = self.0.get(&day.year())?;
        let weekend = day.is_weekend() && !year.worked.contains(&day);
        Some(weekend || year.off.contains(&day))
    }

    /// The end of a time limit whose last day is `last` (Civil Code 201, 203): 24:00 of that day, and where
    /// it is a day off, of the first day after that isn't.
    pub fn due(&self, last: Day) -> Due {
        let mut lawful = last;
        let lawful_ms = loop {
            match self.is_off(lawful) {
                None => break None,
                Some(false) => break Some(lawful.end_ms()),
                Some(true) => lawful = Day(lawful.0 + 1),
            }
        };
        Due {
            strict_ms: last.end_ms(),
            lawful_ms,
        }
    }

    /// The last of some working days after `from`, which is not counted; none where a year on the way is
    /// unknown.
    pub fn plus_working_days(&self, from: Day, count: u32) -> Option<Day> {
        let (mut day, mut left) = (from, count);
        while left > 0 {
            day = Day(day.0 + 1);
            if !self.is_off(day)? {
                left -= 1;
            }
        }
        Some(day)
    }
}

fn day_of(text: &str) -> Option<Day> {
    let mut parts = text.split('-').map(str::parse);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Date::of(year, month, day).map(|date| Day(date.to_day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALENDAR: &str = r#"
        ["2025"]
        source = "made up for this test"
        off = ["2025-10-01", "2025-10-02", "2025-10-03"]
        worked = ["2025-10-04"]
    "#;

    fn day(text: &str) -> Day {
        day_of(text).unwrap()
    }

    #[test]
    fn a_limit_that_ends_on_a_day_off_ends_on_the_next_working_day() {
        let holidays = Holidays::parse(CALENDAR).unwrap();
        let due = holidays.due(day("2025-10-02"));
        assert_eq!(due.strict_ms, day("2025-10-03").start_ms());
        // The Saturday after is worked.
        assert_eq!(due.lawful_ms, Some(day("2025-10-04").end_ms()));
        let due = holidays.due(day("2025-10-11"));
        assert_eq!(due.lawful_ms, Some(day("2025-10-13").end_ms()));
        assert_eq!(holidays.due(day("2024-10-11")).lawful_ms, None);
        assert_eq!(
            holidays.plus_working_days(day("2025-09-30"), 1),
            Some(day("2025-10-04"))
        );
    }

    #[test]
    fn what_is_no_date_of_its_year_is_refused_by_name() {
        for wrong in ["2025-02-29", "2026-01-01", "2025-1", "Friday"] {
            let text = CALENDAR.replace("2025-10-04", wrong);
            let error = Holidays::parse(&text).unwrap_err();
            assert_eq!(
                error,
                Error::Date {
                    year: "2025".into(),
                    date: wrong.into()
                }
            );
        }
        assert!(matches!(Holidays::parse("[2025"), Err(Error::Form(_))));
    }

    #[test]
    fn days_are_chinas() {
        assert_eq!(Day::of(1_740_758_399_999), day("2025-02-28"));
        assert_eq!(Day::of(1_740_758_400_000), day("2025-03-01"));
        assert_eq!(day("2024-02-29").plus_months(60), day("2029-02-28"));
        assert!(day("2026-11-28").is_weekend() && !day("2026-11-27").is_weekend());
    }
}
