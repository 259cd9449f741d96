//! Records under way, and their reports in the order of the lines.

use std::collections::VecDeque;
use std::time::Duration;

use custodia_core::record::{Record, Timestamp};
use custodia_core::slot::Slots;
use uuid::Uuid;

use super::landing::{Acknowledged, Landing};
use super::{Draft, LineReport, Outcome, Refusal, Report, Tally, topic_of};
use crate::app::Error;
use crate::config::{Config, Topics};
use crate::kafka::{self, Outgoing, Pending, Settings, Writer};
use crate::query::RecordPlace;

/// Most lines that may wait for their report.
const MOST_WAITING: usize = 10_000;
/// How long an acknowledgement is waited for at least.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line that has no report yet.
enum Waiting {
    Refused(Vec<Refusal>),
    Sent {
        event_id: Uuid,
        topic: String,
        pending: Pending,
        /// What its leaf must commit to, where that is waited for.
        commitment: Option<[u8; 32]>,
    },
}

/// The producer, and the lines that wait.
pub(super) struct Sending<'a> {
    writer: Writer,
    topics: &'a Topics,
    patience: Duration,
    waiting: VecDeque<(u64, Waiting)>,
    landing: Option<Landing<'a>>,
    /// What Kafka has and the ledger may not yet have; empty without a landing.
    acknowledged: Vec<Acknowledged>,
    tally: Tally,
    report: Report<'a>,
}

impl<'a> Sending<'a> {
    pub(super) fn to(
        config: &'a Config,
        settings: &Settings,
        landing: Option<Landing<'a>>,
        report: Report<'a>,
    ) -> Result<Self, Error> {
        Ok(Self {
            writer: Writer::new(settings)?,
            topics: &config.topics,
            patience: Duration::from_millis(config.kafka.timeout_ms).max(PATIENCE),
            waiting: VecDeque::new(),
            landing,
            acknowledged: Vec::new(),
            tally: Tally::default(),
            report,
        })
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    pub(super) const fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn refuse(&mut self, line: u64, reasons: Vec<Refusal>) {
        self.waiting.push_back((line, Waiting::Refused(reasons)));
    }

    /// Puts a record under way; where the queue is full, once all before it are acknowledged.
    pub(super) fn send(&mut self, line: u64, draft: &Draft) -> Result<(), Error> {
        let topic = topic_of(self.topics, draft.role);
        let (key, value) = (Some(&draft.key[..]), Some(&draft.value[..]));
        let outgoing = Outgoing {
            topic,
            key,
            value,
            headers: &[],
        };
        let enqueued = match self.writer.enqueue(&outgoing) {
            Err(kafka::Error::QueueFull) => {
                self.settle()?;
                self.writer.enqueue(&outgoing)
            }
            enqueued => enqueued,
        };
        let (event_id, topic) = (draft.event_id, topic.to_owned());
        let commitment = self.landing.is_some().then(|| commitment_of(draft));
        match enqueued {
            Ok(pending) => {
                self.waiting.push_back((
                    line,
                    Waiting::Sent {
                        event_id,
                        topic,
                        pending,
                        commitment,
                    },
                ));
                Ok(())
            }
            Err(error) => {
                self.settle()?;
                self.hand_on(line, unacknowledged(event_id, topic, &error))?;
                Err(error.into())
            }
        }
    }

    /// Waits for everything under way and reports it, all of it, before the first failure.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let mut failed = None;
        while let Some((line, waiting)) = self.waiting.pop_front() {
            let outcome = match waiting {
                Waiting::Refused(reasons) => Outcome::Refused { reasons },
                Waiting::Sent {
                    event_id,
                    topic,
                    pending,
                    commitment,
                } => match pending.wait(self.patience) {
                    Ok(kafka::Delivery { partition, offset }) => {
                        self.acknowledged
                            .extend(commitment.map(|commitment| Acknowledged {
                                line,
                                event_id,
                                place: RecordPlace {
                                    topic: topic.clone(),
                                    partition,
                                    offset,
                                },
                                commitment,
                            }));
                        Outcome::Sent {
                            event_id,
                            topic,
                            partition,
                            offset,
                        }
                    }
                    Err(error) => {
                        let outcome = unacknowledged(event_id, topic, &error);
                        failed = failed.or(Some(error));
                        outcome
                    }
                },
            };
            self.hand_on(line, outcome)?;
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        if self.acknowledged.len() >= MOST_WAITING {
            self.land()?;
        }
        Ok(())
    }

    /// Waits for the receipts of everything acknowledged.
    pub(super) fn land(&mut self) -> Result<(), Error> {
        let records = std::mem::take(&mut self.acknowledged);
        match &self.landing {
            Some(landing) => landing.wait(records, &mut self.tally, self.report),
            None => Ok(()),
        }
    }

    fn hand_on(&mut self, line: u64, outcome: Outcome) -> Result<(), Error> {
        self.tally
            .hand_on(&LineReport { line, outcome }, self.report)
    }
}

fn unacknowledged(event_id: Uuid, topic: String, error: &kafka::Error) -> Outcome {
    Outcome::Unacknowledged {
        event_id,
        topic,
        why: error.to_string(),
    }
}

/// What the leaf of a record commits to: its place and time are not in it.
fn commitment_of(draft: &Draft) -> [u8; 32] {
    let record = Record {
        offset: 0,
        timestamp: Timestamp::None,
        key: Some(draft.key.clone()),
        value: Some(draft.value.clone()),
        headers: Vec::new(),
    };
    Slots::of(&record).commitment()
}
