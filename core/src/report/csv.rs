//! Tables for spreadsheets: RFC 4180 with a byte order mark, and no cell that a spreadsheet runs.

use std::fmt;

use super::shown::Visible;

/// What tells spreadsheets that a file is UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// What a spreadsheet may take for the beginning of a formula; some take the wide forms too.
const RUNS: [char; 9] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '＠'];

/// A table with its heading.
pub struct Csv<'a> {
    to: &'a mut dyn fmt::Write,
}

impl<'a> Csv<'a> {
    /// Begins a table. A column's name stands in both languages in one cell.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(to: &'a mut dyn fmt::Write, columns: &[(&str, &str)]) -> Result<Self, fmt::Error> {
        to.write_char(BYTE_ORDER_MARK)?;
        let mut csv = Self { to };
        let names: Vec<String> = columns
            .iter()
            .map(|(zh, en)| format!("{zh} {en}"))
            .collect();
        csv.row(names.iter().map(String::as_str))?;
        Ok(csv)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// What the writer says.
    pub fn row<'b>(&mut self, cells: impl IntoIterator<Item = &'b str>) -> fmt::Result {
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                self.to.write_char(',')?;
            }
            self.cell(cell)?;
        }
        self.to.write_str("\r\n")
    }

    /// Writes a cell: an apostrophe before what would run, quotes around what needs them.
    fn cell(&mut self, cell: &str) -> fmt::Result {
        let apostrophe = if cell.starts_with(RUNS) { "'" } else { "" };
        let text = format!("{apostrophe}{}", Visible(cell));
        if text.contains([',', '"', '\n', '\r', '\'', ' ']) {
            return write!(self.to, "\"{}\"", text.replace('"', "\"\""));
        }
        self.to.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(cells: &[&str]) -> String {
        let mut text = String::new();
        let mut csv = Csv::new(&mut text, &[("名", "name")]).unwrap();
        csv.row(cells.iter().copied()).unwrap();
        text
    }

    #[test]
    fn a_table_has_mark_heading_and_ends_of_lines() {
        let text = table(&["a", "b,c", "say \"d\"", ""]);
        let expected = "\u{feff}\"名 name\"\r\na,\"b,c\",\"say \"\"d\"\"\",\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn no_cell_runs() {
        for (cell, written) in [
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'[U+0009]x\""),
            ("\rx", "\"'[U+000D]x\""),
            ("＝1", "\"'＝1\""),
            ("a=b", "a=b"),
            ("a\r\n=b", "a[U+000D][U+000A]=b"),
        ] {
            let text = table(&[cell]);
            assert_eq!(text.lines().nth(1), Some(written), "{cell:?}");
        }
    }
}
