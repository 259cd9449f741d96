//! Counts of an audit's extract (`proto/FORMAT.md` 13.4): aggregates, and no person.

use serde::{Deserialize, Serialize};

use super::canonical::Int;
use crate::moment::Moment;

/// The tables, in order, and how many keys the cells of each have.
pub const COUNT_TABLES: [(&str, usize); 4] = [
    ("events", 1),
    ("findings", 2),
    ("outflows", 3),
    ("requests", 2),
];
/// The smallest number of people that a count may be about.
pub const LEAST_PEOPLE: u64 = 2;
/// Most cells of all tables; so a manifest stays readable.
pub const MAX_CELLS: usize = 20_000;

/// A table of counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountTable {
    /// Its cells, ascending by keys, then month. What isn't there is 0.
    pub cells: Vec<CountCell>,
    /// One of [`COUNT_TABLES`].
    pub name: String,
}

/// A cell of a table of counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountCell {
    /// How many; left out where it is withheld.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<Int<u64>>,
    /// What is counted, by the table's keys.
    pub keys: Vec<String>,
    /// In which month at UTC+8, e.g. `2026-09`.
    pub month: String,
}

/// The month of a moment at UTC+8, e.g. `2026-09`; none outside of the years 1 to 9999.
#[must_use]
pub fn month_of(ms: i64) -> Option<String> {
    Moment(ms).day()?;
    Some(Moment(ms).to_string().chars().take(7).collect())
}

/// Whether a moment is the first of a month at UTC+8.
#[must_use]
pub fn is_month(ms: i64) -> bool {
    let before = ms.checked_sub(1).and_then(month_of);
    month_of(ms).is_some() && month_of(ms) != before
}

/// Checks tables of counts by themselves, of which each count is about `least` people or more.
///
/// # Errors
/// What they break.
pub fn check_counts(tables: &[CountTable], least: u64) -> Result<(), &'static str> {
    let names = tables.iter().map(|table| table.name.as_str());
    if !names.eq(COUNT_TABLES.iter().map(|(name, _)| *name)) {
        return Err("they are not the four tables, in order");
    }
    if tables.iter().map(|table| table.cells.len()).sum::<usize>() > MAX_CELLS {
        return Err("there are too many cells");
    }
    for (table, (_, keys)) in tables.iter().zip(COUNT_TABLES) {
        let order = |cell: &CountCell| (cell.keys.clone(), cell.month.clone());
        if !table
            .cells
            .is_sorted_by(|one, next| order(one) < order(next))
        {
            return Err("cells don't ascend, or stand twice");
        }
        for cell in &table.cells {
            if cell.keys.len() != keys || !is_month_name(&cell.month) {
                return Err("a cell has other keys than its table, or no month");
            }
            if cell.count.is_some_and(|count| count.0 < least) {
                return Err("a cell counts fewer than k, and must be withheld");
            }
        }
    }
    Ok(())
}

fn is_month_name(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let Some((year, month)) = text.split_once('-') else {
        return false;
    };
    let is_year = year.len() == 4 && digits(year);
    is_year && month.len() == 2 && digits(month) && ("01"..="12").contains(&month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Vec<CountTable> {
        let cell = |keys: usize, month: &str, count| CountCell {
            count,
            keys: vec!["x".to_owned(); keys],
            month: month.to_owned(),
        };
        COUNT_TABLES
            .iter()
            .map(|(name, keys)| CountTable {
                cells: vec![
                    cell(*keys, "2026-09", Some(Int(10))),
                    cell(*keys, "2026-10", None),
                ],
                name: (*name).to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_count_below_k_is_refused() {
        assert_eq!(check_counts(&tables(), 10), Ok(()));
        assert!(check_counts(&tables(), 11).is_err());
        for count in [0, 1, 9] {
            let mut tables = tables();
            tables[2].cells[0].count = Some(Int(count));
            assert!(check_counts(&tables, 10).is_err(), "{count}");
        }
    }

    #[test]
    fn tables_keep_their_shape() {
        let spoils: [fn(&mut Vec<CountTable>); 6] = [
            |tables| drop(tables.pop()),
            |tables| tables.swap(0, 1),
            |tables| tables[0].cells.reverse(),
            |tables| tables[1].cells[0].keys.push("y".into()),
            |tables| tables[3].cells[0].month = "2026-00".into(),
            |tables| tables[3].cells[0].month = "2026-9".into(),
        ];
        for spoil in spoils {
            let mut tables = tables();
            spoil(&mut tables);
            assert!(check_counts(&tables, 10).is_err());
        }
    }

    #[test]
    fn months_begin_at_midnight_in_beijing() {
        // 2026-09-01 00:00 at UTC+8.
        let begin = 1_788_192_000_000;
        assert_eq!(month_of(begin).as_deref(), Some("2026-09"));
        assert_eq!(month_of(begin - 1).as_deref(), Some("2026-08"));
        assert!(is_month(begin) && !is_month(begin + 1) && !is_month(begin - 1));
        assert!(month_of(i64::MAX).is_none() && !is_month(i64::MIN));
    }
}
