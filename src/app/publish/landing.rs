//! Records on their way from Kafka into the ledger: asked after at the running ledger's socket,
//! until each has its receipt or the time is up.

use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use custodia_core::entry::Entry;
use uuid::Uuid;

use super::receipts::Receipts;
use super::{LineReport, Outcome, Report, Tally};
use crate::app::Error;
use crate::clock::Clock;
use crate::config::Config;
use crate::log::Folder;
use crate::query::{Landed, LandedQuestion, MOST_PLACES, Receipt, RecordPlace};
use crate::serve::{self, Client};

/// The pause after the first asking, and the longest: nothing tells a client of a checkpoint, so
/// it asks again, less and less often while nothing moves.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What waiting is asked for.
#[derive(Debug, Clone)]
pub struct Wait {
    /// The folder that receipts are written into.
    pub receipts: PathBuf,
    /// How long to wait, counted from when the last record was acknowledged.
    pub timeout: Duration,
}

/// A record that Kafka has.
#[derive(Debug, Clone)]
pub(super) struct Acknowledged {
    pub(super) line: u64,
    pub(super) event_id: Uuid,
    pub(super) place: RecordPlace,
    pub(super) commitment: [u8; 32],
}

/// A record that has no receipt yet.
struct Missing {
    record: Acknowledged,
    /// The leaf, once it is one.
    leaf: Option<(String, u64)>,
    /// Whether no leaf will come of it.
    nowhere: bool,
}

/// Where receipts come from and go to.
pub(super) struct Landing<'a> {
    client: Client,
    clock: &'a dyn Clock,
    timeout: Duration,
    receipts: Receipts,
}

impl<'a> Landing<'a> {
    /// Finds the running ledger, makes sure that it answers us, and makes the folder.
    ///
    /// # Errors
    /// Where nothing runs, it refuses, or the folder can't be made: nothing has been sent then.
    pub(super) fn at(config: &Config, clock: &'a dyn Clock, wait: &Wait) -> Result<Self, Error> {
        let folder = &config.ledger.folder;
        let client = Client::at(&Folder::socket_path(folder))?;
        let client = client.ok_or_else(|| Error::NothingRuns(folder.clone()))?;
        let none: Vec<Landed> = client.ask_openly(&LandedQuestion::default())?;
        drop(none);
        Ok(Self {
            client,
            clock,
            timeout: wait.timeout,
            receipts: Receipts::into(&wait.receipts)?,
        })
    }

    /// Waits until each record has its receipt, and reports each in the order of the lines; at the
    /// end of the time, what is still missing too.
    ///
    /// # Errors
    /// [`Error::NoReceipt`] where the time is up, [`Error::OtherRecord`], and where a receipt can't
    /// be written. What was sent stays sent.
    pub(super) fn wait(
        &self,
        records: Vec<Acknowledged>,
        tally: &mut Tally,
        report: Report<'_>,
    ) -> Result<(), Error> {
        let sent = records.len();
        let mut missing: Vec<Missing> = records.into_iter().map(Missing::from).collect();
        let mut landed = Vec::new();
        let ended = self.ask_on(&mut missing, &mut landed);
        missing.sort_by_key(|missing| missing.record.line);
        landed.extend(missing.iter().map(Missing::report));
        landed.sort_by_key(|landed| landed.line);
        for landed in &landed {
            tally.hand_on(landed, report)?;
        }
        let error = NoReceipt::of(sent, &missing, self.timeout, ended?);
        error.map_or(Ok(()), |error| Err(Error::NoReceipt(error)))
    }

    /// Asks until nothing is missing that may still come, or the time is up; then, why the ledger
    /// gave no answer when it was asked last.
    fn ask_on(
        &self,
        missing: &mut Vec<Missing>,
        landed: &mut Vec<LineReport>,
    ) -> Result<Option<serve::Error>, Error> {
        let (began, mut pause, mut silence) = (self.clock.monotonic(), FIRST_PAUSE, None);
        while missing.iter().any(|record| !record.nowhere) {
            let before = Self::progress(missing);
            match self.ask(missing, landed) {
                Ok(()) => silence = None,
                // It may be starting anew. What it refuses now it may answer then.
                Err(Error::Serve(error)) => silence = Some(error),
                Err(error) => return Err(error),
            }
            let waited = self.clock.monotonic().saturating_sub(began);
            let left = self.timeout.saturating_sub(waited);
            if missing.is_empty() || left.is_zero() {
                break;
            }
            pause = if Self::progress(missing) == before {
                (pause * 2).min(LONGEST_PAUSE)
            } else {
                FIRST_PAUSE
            };
            thread::sleep(pause.min(left));
        }
        Ok(silence)
    }

    /// What changes as records come nearer to their receipts.
    fn progress(missing: &[Missing]) -> (usize, usize) {
        let leaves = missing.iter().filter(|record| record.leaf.is_some());
        (missing.len(), leaves.count())
    }

    /// Asks once after each record that is missing, and takes what has come. Where that fails, what
    /// has not come stays among what is missing.
    fn ask(&self, missing: &mut Vec<Missing>, landed: &mut Vec<LineReport>) -> Result<(), Error> {
        let mut asked = std::mem::take(missing);
        while !asked.is_empty() {
            let rest = asked.split_off(asked.len().min(MOST_PLACES));
            let places = asked.iter().map(|missing| missing.record.place.clone());
            let question = LandedQuestion {
                places: places.collect(),
            };
            let answers: Result<Vec<Landed>, serve::Error> = self.client.ask_openly(&question);
            let answers = match answers {
                Ok(answers) if answers.len() == asked.len() => answers,
                other => {
                    missing.extend(asked);
                    missing.extend(rest);
                    return other.map(drop).map_err(Error::from);
                }
            };
            let mut failed = None;
            for (mut record, answer) in asked.into_iter().zip(answers) {
                let taken = match failed {
                    None => self.taken(&mut record, answer),
                    Some(_) => Ok(None),
                };
                match taken {
                    Ok(Some(report)) => landed.push(report),
                    Ok(None) => missing.push(record),
                    Err(error) => {
                        missing.push(record);
                        failed = Some(error);
                    }
                }
            }
            if let Some(error) = failed {
                missing.extend(rest);
                return Err(error);
            }
            asked = rest;
        }
        Ok(())
    }

    /// Takes one answer: the report of a record that has its receipt, or none.
    fn taken(&self, missing: &mut Missing, answer: Landed) -> Result<Option<LineReport>, Error> {
        let receipt = match answer {
            Landed::Signed(receipt) => receipt,
            Landed::Unsigned { log, index } => {
                missing.leaf = Some((log, index));
                return Ok(None);
            }
            Landed::Unread => return Ok(None),
            Landed::Nowhere => {
                missing.nowhere = true;
                return Ok(None);
            }
        };
        let Acknowledged {
            line,
            event_id,
            place,
            commitment,
        } = &missing.record;
        let (line, event_id) = (*line, *event_id);
        if !is_of(&receipt, place, commitment) {
            return Err(Error::OtherRecord {
                event_id,
                log: receipt.log,
                index: receipt.index,
            });
        }
        let path = self.receipts.write(&event_id, &receipt.tlog_proof)?;
        let outcome = Outcome::Landed {
            event_id,
            log: receipt.log,
            offset: place.offset,
            index: receipt.index,
            entry: receipt.entry,
            receipt: path,
        };
        Ok(Some(LineReport { line, outcome }))
    }
}

impl From<Acknowledged> for Missing {
    fn from(record: Acknowledged) -> Self {
        Self {
            record,
            leaf: None,
            nowhere: false,
        }
    }
}

impl Missing {
    fn report(&self) -> LineReport {
        let RecordPlace {
            topic,
            partition,
            offset,
        } = self.record.place.clone();
        let (log, index) = self.leaf.clone().unzip();
        let outcome = Outcome::NoReceipt {
            event_id: self.record.event_id,
            topic,
            partition,
            offset,
            log,
            index,
            nowhere: self.nowhere,
        };
        LineReport {
            line: self.record.line,
            outcome,
        }
    }
}

/// Whether a receipt is of the very record that was sent.
fn is_of(receipt: &Receipt, place: &RecordPlace, commitment: &[u8; 32]) -> bool {
    let entry = hex::decode(&receipt.entry).ok();
    let entry = entry.and_then(|bytes| Entry::from_bytes(&bytes).ok());
    entry.is_some_and(|entry| entry.offset == place.offset && entry.commitment == *commitment)
}

/// What a run of sending still misses when its time is up.
#[derive(Debug, thiserror::Error)]
pub struct NoReceipt {
    /// How many records Kafka took.
    pub sent: usize,
    /// How many of them no log has come to.
    pub unread: usize,
    /// How many are leaves without a signed checkpoint.
    pub unsigned: usize,
    /// How many no leaf will come of.
    pub nowhere: usize,
    /// The first event without a receipt.
    pub first: Uuid,
    /// How long they were waited for.
    pub waited: Duration,
    /// Why the ledger gave no answer when it was asked last.
    pub silence: Option<serve::Error>,
}

impl NoReceipt {
    fn of(
        sent: usize,
        missing: &[Missing],
        waited: Duration,
        silence: Option<serve::Error>,
    ) -> Option<Self> {
        let count = |is: fn(&&Missing) -> bool| missing.iter().filter(is).count();
        Some(Self {
            sent,
            unread: count(|missing| missing.leaf.is_none() && !missing.nowhere),
            unsigned: count(|missing| missing.leaf.is_some() && !missing.nowhere),
            nowhere: count(|missing| missing.nowhere),
            first: missing.first()?.record.event_id,
            waited,
            silence,
        })
    }
}

impl fmt::Display for NoReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.unread + self.unsigned + self.nowhere;
        let (sent, waited) = (self.sent, self.waited.as_secs());
        write!(
            f,
            "{missing} of {sent} events that Kafka took have no receipt after {waited} s:"
        )?;
        let kinds = [
            (self.unread, "not read by the ledger yet"),
            (self.unsigned, "read and not signed yet"),
            (self.nowhere, "of which the ledger has no leaf"),
        ];
        for (count, what) in kinds.iter().filter(|(count, _)| *count > 0) {
            write!(f, " {count} {what};")?;
        }
        write!(f, " the first is {}", self.first)?;
        match &self.silence {
            Some(why) => write!(f, "; when asked last: {why}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(line: u64, leaf: Option<u64>, nowhere: bool) -> Missing {
        let place = RecordPlace {
            topic: "custodia.events".into(),
            partition: 2,
            offset: 17,
        };
        let record = Acknowledged {
            line,
            event_id: Uuid::from_u128(u128::from(line)),
            place,
            commitment: [0; 32],
        };
        Missing {
            record,
            leaf: leaf.map(|index| ("l.example/custodia.events/2/1".to_owned(), index)),
            nowhere,
        }
    }

    #[test]
    fn what_is_missing_is_counted_by_what_it_waits_for() {
        let all = [
            missing(1, None, false),
            missing(2, Some(9), false),
            missing(3, None, false),
            missing(4, None, true),
        ];
        let error = NoReceipt::of(10, &all, Duration::from_secs(60), None).unwrap();
        assert_eq!(
            error.to_string(),
            "4 of 10 events that Kafka took have no receipt after 60 s: 2 not read by the ledger \
             yet; 1 read and not signed yet; 1 of which the ledger has no leaf; the first is \
             00000000-0000-0000-0000-000000000001"
        );
        assert!(NoReceipt::of(10, &[], Duration::from_secs(60), None).is_none());
        let said: Vec<String> = all.iter().map(|one| one.report().to_string()).collect();
        let begin = "line 2: custodia.events/2 at offset 17, event";
        assert!(said[1].starts_with(begin), "{said:?}");
        let still = [
            "not read yet",
            "not signed yet",
            "not read yet",
            "the ledger has no leaf of it",
        ];
        for (said, still) in said.iter().zip(still) {
            assert!(said.ends_with(still), "{said}");
        }
    }

    #[test]
    fn a_receipt_of_another_record_is_told_apart() {
        let record = missing(1, None, false).record;
        let entry = |offset: u64, commitment: u8| Receipt {
            log: "l.example/custodia.events/2/1".into(),
            index: 9,
            entry: hex::encode(
                Entry {
                    splits: true,
                    log_append_time: true,
                    offset,
                    timestamp_ms: 1,
                    commitment: [commitment; 32],
                }
                .to_bytes(),
            ),
            tlog_proof: String::new(),
        };
        let is_of = |receipt: &Receipt| is_of(receipt, &record.place, &record.commitment);
        assert!(is_of(&entry(17, 0)));
        assert!(!is_of(&entry(18, 0)) && !is_of(&entry(17, 1)));
    }
}
