//! Where the ledger's evidence has gaps: what the completeness rule says of producers, what was quarantined,
//! and offsets of Kafka under which no record is.

use std::collections::BTreeMap;

use custodia_core::assess::LeafAt;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::assess::{FindingsDesk, FindingsQuestion};
use crate::query::{CutName, Time, VerdictsQuestion};

/// The rule that judges completeness.
const COMPLETENESS: u8 = 35;
/// Findings looked through.
const MOST: usize = 10_000;
/// Leaves named as examples.
const SAMPLES: usize = 5;

/// Where has the evidence gaps?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GapsQuestion {
    /// Of this producer's events alone.
    pub producer: Option<String>,
    /// That began then or later.
    pub from: Option<Time>,
    /// That began then or before.
    pub until: Option<Time>,
}

/// The gaps. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapsAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// What R35 says, by producer and cause: numbers missing, late, ahead of the clock, counts that differ.
    pub producers: Vec<ProducerGap>,
    /// Whether there are more findings than were looked through; the counts are of those then.
    pub more: bool,
    /// How many records were quarantined, by code. None of them counts in any answer.
    pub quarantined: BTreeMap<String, u64>,
    /// Offsets of each log under which Kafka has no record for a reader: markers and aborted transactions, first
    /// and first after.
    pub offsets: Vec<OffsetGap>,
}

/// A kind of gap in what a producer sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducerGap {
    /// The producer; empty where the finding is of a recipient's count.
    pub producer: String,
    /// The finding's cause, e.g. `sequence_gap`.
    pub cause: String,
    /// Its result.
    pub result: String,
    /// How many.
    pub count: u64,
    /// What the first says.
    pub says: String,
    /// Some of the leaves.
    pub leaves: Vec<LeafAt>,
}

/// Offsets without a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetGap {
    /// The log.
    pub log: String,
    /// The first offset.
    pub from: u64,
    /// The first offset after.
    pub until: u64,
}

/// Where has the evidence gaps?
///
/// # Errors
/// Where findings aren't kept up, or rows or leaves can't be read.
pub fn gaps(desk: &FindingsDesk, question: &GapsQuestion) -> Result<GapsAnswer, Error> {
    let found = desk.kept(&FindingsQuestion {
        producer: question.producer.clone(),
        rule: Some(COMPLETENESS),
        from: question.from,
        until: question.until,
        most: Some(MOST),
        ..FindingsQuestion::default()
    })?;
    let mut producers: BTreeMap<(String, String, String), ProducerGap> = BTreeMap::new();
    for one in &found.findings {
        let finding = &one.finding;
        let producer = finding.producer.clone().unwrap_or_default();
        let (cause, result) = (finding.cause.clone(), finding.result.name().to_owned());
        let key = (producer.clone(), cause.clone(), result.clone());
        let gap = producers.entry(key).or_insert_with(|| ProducerGap {
            producer,
            cause,
            result,
            count: 0,
            says: finding.sentence.en.clone(),
            leaves: Vec::new(),
        });
        gap.count += 1;
        if gap.leaves.len() < SAMPLES {
            gap.leaves.extend(finding.judged.clone());
        }
    }
    let verdicts = desk.desk().verdicts(&VerdictsQuestion {
        producer: question.producer.clone(),
        since: question.from,
        ..VerdictsQuestion::default()
    })?;
    let mut quarantined = verdicts.counts;
    quarantined.retain(|code, _| code != "accepted" && code != "duplicate");
    Ok(GapsAnswer {
        cut: found.cut,
        producers: producers.into_values().collect(),
        more: found.more,
        quarantined,
        offsets: offsets(desk)?,
    })
}

fn offsets(desk: &FindingsDesk) -> Result<Vec<OffsetGap>, Error> {
    let mut all = Vec::new();
    for log in desk.desk().view().logs() {
        let gaps = log.log().gaps()?.into_iter();
        all.extend(gaps.map(|(from, until)| OffsetGap {
            log: log.log().name().to_owned(),
            from,
            until,
        }));
    }
    Ok(all)
}
