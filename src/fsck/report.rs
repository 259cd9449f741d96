//! What a check says, as a table and as JSON.

use std::fmt;

use serde::{Serialize, Serializer};

use super::findings::Findings;
use super::naive::Hash;
use super::{Error, Finding};

/// What was checked of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// The log.
    pub origin: String,
    /// How many leaves lie on disk.
    pub size: u64,
    /// The root as it was computed again.
    #[serde(serialize_with = "as_hex")]
    pub root: Hash,
    /// How many leaves were compared with their tiles, and with their payloads where these are
    /// there.
    pub leaves_checked: u64,
    /// How many payloads opened and gave their leaf's record.
    pub payloads_opened: u64,
    /// How many leaves have no payload: erased, as far as can be told from the log alone.
    pub erased: u64,
    /// How many of the topic's records were compared with their leaves.
    pub records_compared: u64,
    /// Whether there was nothing to compare with: the topic is another than this generation read.
    pub topic_gone: bool,
    /// How many kept checkpoints are as they should be.
    pub checkpoints: u64,
}

/// What a check says about a ledger.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// What was checked, by log.
    pub logs: Vec<LogReport>,
    /// The faults, at most [`super::MOST_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many faults were found beside those.
    pub more_findings: u64,
}

impl Report {
    pub(super) fn of(logs: Vec<LogReport>, findings: Findings) -> Self {
        Self {
            logs,
            findings: findings.kept,
            more_findings: findings.more,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The report as an outcome.
    ///
    /// # Errors
    /// [`Error::Findings`] where it isn't clean.
    pub fn outcome(&self) -> Result<(), Error> {
        if self.is_clean() {
            return Ok(());
        }
        Err(Error::Findings {
            count: self.findings.len() as u64 + self.more_findings,
        })
    }
}

const HEADERS: [&str; 8] = [
    "log",
    "size",
    "root",
    "leaves",
    "payloads",
    "erased",
    "records",
    "checkpoints",
];

fn cells(log: &LogReport) -> [String; 8] {
    [
        log.origin.clone(),
        log.size.to_string(),
        hex::encode(log.root).chars().take(16).collect(),
        log.leaves_checked.to_string(),
        log.payloads_opened.to_string(),
        log.erased.to_string(),
        if log.topic_gone {
            "gone".to_owned()
        } else {
            log.records_compared.to_string()
        },
        log.checkpoints.to_string(),
    ]
}

/// Text columns stand left, numbers right.
const TEXT_COLUMNS: [usize; 2] = [0, 2];

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = HEADERS.map(str::to_owned);
        let rows: Vec<[String; 8]> = std::iter::once(head)
            .chain(self.logs.iter().map(cells))
            .collect();
        for row in &rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = rows.iter().map(|r| r[column].len()).max().unwrap_or(0);
                let padded = if TEXT_COLUMNS.contains(&column) {
                    format!("{cell:<width$}  ")
                } else {
                    format!("{cell:>width$}  ")
                };
                line.push_str(&padded);
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        self.write_findings(out)
    }
}

impl Report {
    fn write_findings(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return writeln!(out, "nothing is wrong");
        }
        for finding in &self.findings {
            writeln!(out, "WRONG {finding}")?;
        }
        match self.more_findings {
            0 => Ok(()),
            more => writeln!(out, "and {more} more"),
        }
    }
}

fn as_hex<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(hash))
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    fn report() -> Report {
        let log = LogReport {
            origin: "ledger.example/custodia.events/0/0".into(),
            size: 12_345,
            root: [0xab; 32],
            leaves_checked: 12_345,
            payloads_opened: 12_344,
            erased: 1,
            records_compared: 0,
            topic_gone: true,
            checkpoints: 3,
        };
        Report {
            logs: vec![log],
            ..Report::default()
        }
    }

    #[test]
    fn a_clean_report_is_a_table_and_says_so() {
        let text = report().to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[1].contains(" 12345  abababababababab   12345"),
            "{text}"
        );
        assert!(lines[1].ends_with("gone            3"), "{text}");
        assert_eq!(lines[2], "nothing is wrong");
        assert!(report().outcome().is_ok());
    }

    #[test]
    fn findings_are_listed_and_counted() {
        let mut report = report();
        let place = Place::Entry(7);
        report.findings.push(Finding {
            origin: "o".into(),
            place,
            what: "differs".into(),
        });
        report.more_findings = 2;
        assert!(
            report
                .to_string()
                .ends_with("WRONG o: entry 7: differs\nand 2 more\n")
        );
        let error = report.outcome().unwrap_err();
        assert_eq!(
            (error.code(), &error.to_string()[..8]),
            ("CU-0700", "3 faults")
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["logs"][0]["root"], "ab".repeat(32));
        assert_eq!(json["findings"][0]["place"]["at"], 7);
    }
}
