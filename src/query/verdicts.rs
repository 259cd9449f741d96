//! What was said of records: by producer, reason and time. Names no person.

use std::collections::BTreeMap;

use custodia_core::verdict::Verdict;
use serde::{Deserialize, Serialize};

use super::view::Standpoint;
use super::{CutName, Error, Said, Time};
use crate::project::{LeafRow, Page};

/// Leaves read at once.
const PAGE: u64 = 4096;
/// Rows of one answer; the counts go on.
const MOST_SHOWN: usize = 1000;

/// Counts of all verdicts asked for, and the first of those that are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// The cut that it stands on.
    pub cut: CutName,
    /// How many leaves have which verdict, by its code; `unknown` where a payload was gone before
    /// it was judged.
    pub counts: BTreeMap<String, u64>,
    /// Those that are not accepted (or, where `accepted` was asked for, those that are), by log
    /// and index; at most 1000.
    pub rows: Vec<Judgement>,
    /// Whether there are more of them.
    pub more: bool,
}

/// One leaf's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// When Kafka took the record.
    pub record_time: Option<Time>,
    /// Who sent it, where its name has a service's form.
    pub producer: Option<String>,
    /// The producer's sequence number.
    pub producer_seq: Option<u64>,
    /// The verdict.
    pub verdict: Said,
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
}

/// Which verdicts are asked for.
pub(super) struct Wanted<'a> {
    pub(super) producer: Option<&'a str>,
    pub(super) code: Option<&'a str>,
    pub(super) since: Option<Time>,
}

impl Wanted<'_> {
    fn matches(&self, code: &str, row: &LeafRow) -> bool {
        self.producer
            .is_none_or(|wanted| row.producer.as_deref() == Some(wanted))
            && self.code.is_none_or(|wanted| wanted == code)
    }
}

impl Standpoint<'_> {
    pub(super) fn verdicts(&self, wanted: &Wanted<'_>) -> Result<Verdicts, Error> {
        let mut found = Verdicts {
            cut: CutName::from(&self.cut),
            counts: BTreeMap::new(),
            rows: Vec::new(),
            more: false,
        };
        for log in self.logs() {
            let below = self.size_of(log);
            let mut from = match wanted.since {
                Some(since) => log.log().size_at(since.0.saturating_sub(1), below)?,
                None => 0,
            };
            while from < below {
                let page = Page {
                    from,
                    ..Page::all_below(below.min(from.saturating_add(PAGE)))
                };
                for (index, row) in log.rows.verdicts(&page)? {
                    let code = row.verdict.as_ref().map_or("unknown", Verdict::code);
                    if !wanted.matches(code, &row) {
                        continue;
                    }
                    *found.counts.entry(code.to_owned()).or_default() += 1;
                    if code == "accepted" && wanted.code.is_none() {
                        continue;
                    }
                    if found.rows.len() == MOST_SHOWN {
                        found.more = true;
                        continue;
                    }
                    let ms = log.log().entry(index)?.timestamp_ms;
                    found.rows.push(Judgement {
                        record_time: (ms >= 0).then_some(Time(ms)),
                        verdict: Said::from(row.verdict.as_ref()),
                        producer: row.producer,
                        producer_seq: row.producer_seq,
                        log: log.log().name().to_owned(),
                        index,
                    });
                }
                from = page.below;
            }
        }
        Ok(found)
    }
}
