//! What is said of each line, and of all.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{Refusal, Report};
use crate::app::Error;
use crate::assess::{ShownFinding, TrialAnswer};

/// What became of one line. As JSON: `{"line":1,"outcome":"sent","event_id":"…","topic":
/// "custodia.events","partition":2,"offset":17}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineReport {
    /// The line, from 1; blank ones count.
    pub line: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It would be sent and accepted.
    Accepted {
        /// To this topic.
        topic: String,
        /// What the rules would say, where they were asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        trips: Option<TrialAnswer>,
    },
    /// All replicas that are in sync have it.
    Sent {
        /// The event's id, given or filled in.
        #[serde(serialize_with = "as_text")]
        event_id: Uuid,
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The offset.
        offset: u64,
    },
    /// It is not sent: it would be quarantined.
    Refused {
        /// Every reason; where the line can be read, the first is the verdict's.
        reasons: Vec<Refusal>,
    },
    /// It was sent, and Kafka did not say that it has it: it may have landed all the same.
    Unacknowledged {
        /// The event's id, given or filled in.
        #[serde(serialize_with = "as_text")]
        event_id: Uuid,
        /// The topic.
        topic: String,
        /// What the client said.
        why: String,
    },
    /// It is a leaf under a signed checkpoint, and its receipt is written.
    Landed {
        /// The event's id.
        #[serde(serialize_with = "as_text")]
        event_id: Uuid,
        /// The log.
        log: String,
        /// The offset.
        offset: u64,
        /// The leaf.
        index: u64,
        /// The leaf's entry, hex: what the receipt is of.
        entry: String,
        /// The receipt's file.
        receipt: PathBuf,
    },
    /// Kafka has it, and when the time was up it had no receipt.
    NoReceipt {
        /// The event's id.
        #[serde(serialize_with = "as_text")]
        event_id: Uuid,
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The offset.
        offset: u64,
        /// The log, where it is a leaf.
        log: Option<String>,
        /// The leaf, where it is one.
        index: Option<u64>,
        /// Whether waiting longer brings no leaf: the ledger doesn't follow that partition, or is
        /// past that offset.
        nowhere: bool,
    },
}

impl Outcome {
    /// What a record that has no receipt waits for; none for any other outcome.
    pub const fn still(&self) -> Option<&'static str> {
        match self {
            Self::NoReceipt { nowhere: true, .. } => Some("the ledger has no leaf of it"),
            Self::NoReceipt { index: Some(_), .. } => Some("not signed yet"),
            Self::NoReceipt { .. } => Some("not read yet"),
            _ => None,
        }
    }
}

fn as_text<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl fmt::Display for LineReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.outcome {
            Outcome::Accepted { topic, trips } => {
                write!(f, "accepted, for {topic}")?;
                trips.iter().try_for_each(|trips| tell(trips, f))
            }
            Outcome::Sent {
                event_id,
                topic,
                partition,
                offset,
            } => {
                write!(
                    f,
                    "sent to {topic}/{partition} at offset {offset}, event {event_id}"
                )
            }
            Outcome::Refused { reasons } => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "refused: {}", reasons.join("; "))
            }
            Outcome::Unacknowledged {
                event_id,
                topic,
                why,
            } => {
                write!(f, "not acknowledged by {topic}, event {event_id}: {why}")
            }
            Outcome::Landed {
                event_id,
                log,
                index,
                receipt,
                ..
            } => {
                let receipt = receipt.display();
                write!(f, "leaf {index} of {log}, event {event_id}: {receipt}")
            }
            Outcome::NoReceipt {
                event_id,
                topic,
                partition,
                offset,
                ..
            } => {
                let still = self.outcome.still().unwrap_or_default();
                write!(
                    f,
                    "{topic}/{partition} at offset {offset}, event {event_id}: {still}"
                )
            }
        }
    }
}

/// How many lines, blank ones left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Accepted, or sent and acknowledged.
    pub passed: u64,
    /// Refused.
    pub refused: u64,
}

impl Tally {
    /// Counts a line and hands its report on.
    pub(super) fn hand_on(&mut self, line: &LineReport, report: Report<'_>) -> Result<(), Error> {
        match line.outcome {
            Outcome::Accepted { .. } | Outcome::Sent { .. } => self.passed += 1,
            Outcome::Refused { .. } => self.refused += 1,
            // Counted as sent, or not at all.
            Outcome::Unacknowledged { .. } | Outcome::Landed { .. } | Outcome::NoReceipt { .. } => {
            }
        }
        report(line).map_err(|source| Error::System {
            what: "writing a report".into(),
            source,
        })
    }
}

/// What the rules would say: each that doesn't pass, and how many do.
fn tell(trips: &TrialAnswer, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let passes = |one: &&ShownFinding| one.finding.result == custodia_core::assess::Outcome::Pass;
    for one in trips.findings.iter().filter(|one| !passes(one)) {
        let finding = &one.finding;
        write!(
            f,
            "\n  {} {} {}: {} ({})",
            one.code,
            finding.result.name(),
            finding.cause,
            finding.sentence.en,
            finding.clauses.join(", ")
        )?;
    }
    for one in trips.vanish.iter().filter(|one| !passes(one)) {
        write!(
            f,
            "\n  {} {} {} would be settled",
            one.code,
            one.finding.result.name(),
            one.finding.cause
        )?;
    }
    let passing = trips.findings.iter().filter(passes).count();
    write!(f, "\n  {passing} rules would pass")
}
