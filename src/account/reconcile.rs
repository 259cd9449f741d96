//! What the ledger says was sent to a partner, against what the partner says it got (question 24).

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::{Day, LeafAt};
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Error;
use super::asked::When;
use super::provisions::outflow;
use super::stream::{Period, accepted_of};
use crate::assess::FindingsDesk;
use crate::query::{CutName, Time};

/// Digests of one question's list.
const MOST_GIVEN: usize = 100_000;
/// Transfers of one answer.
const MOST_SENT: usize = 1_000_000;
/// Mismatches of each kind that are shown; all are counted.
const MOST_SHOWN: usize = 1000;

/// What was sent to a partner by day, and does it agree with the partner's list?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReconcileQuestion {
    /// The recipient's id.
    pub recipient: String,
    /// What the partner says it got, by day at UTC+8 (`2026-09-01`); none where there is no list.
    pub given: Option<BTreeMap<String, GivenDigests>>,
    /// The first moment, by the events.
    pub from: Option<Time>,
    /// The last moment, by the events.
    pub to: Option<Time>,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
}

/// What a partner says of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GivenDigests {
    /// How many transfers; none where only digests are given.
    pub count: Option<u64>,
    /// The digests of transfers, hex.
    pub digests: Vec<String>,
}

/// Both sides, by day. Names no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The recipient.
    pub recipient: String,
    /// Whether the ledger knows it.
    pub known: bool,
    /// Whether a list was given.
    pub compared: bool,
    /// Each day on which either side has something.
    pub days: Vec<DigestsOfDay>,
    /// What the ledger says it sent, and the list doesn't have; the first 1000.
    pub not_received: Vec<SentDigest>,
    /// What the list has, and the ledger doesn't; the first 1000.
    pub not_sent: Vec<GivenDigest>,
    /// What both have, on different days; the first 1000.
    pub other_day: Vec<GivenDigest>,
    /// Acknowledgements of digests that the ledger never sent; the first 1000.
    pub acknowledged_unknown: Vec<SentDigest>,
    /// Whether both sides agree, as far as a list was given.
    pub agrees: bool,
}

/// One day of both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestsOfDay {
    /// The day at UTC+8.
    pub day: String,
    /// How many transfers the ledger says it sent.
    pub sent: u64,
    /// How many of them carry no digest, so that they can't be compared.
    pub without_digest: u64,
    /// How many of them the recipient acknowledged.
    pub acknowledged: u64,
    /// SHA-256 over the day's digests, ascending, hex: what the partner can compare at a glance.
    pub digests_sha256: Option<String>,
    /// How many the list has; none where it says nothing of the day.
    pub given: Option<u64>,
    /// How many the list has as many as the ledger sent, digest by digest.
    pub matched: u64,
    /// How many the ledger sent and the list doesn't have.
    pub not_received: u64,
    /// How many the list has and the ledger doesn't.
    pub not_sent: u64,
}

/// A digest with its leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentDigest {
    /// The day at UTC+8.
    pub day: String,
    /// The digest, hex.
    pub digest: String,
    /// The leaf.
    pub leaf: LeafAt,
}

/// A digest of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenDigest {
    /// The day under which the list has it.
    pub day: String,
    /// The digest, hex.
    pub digest: String,
}

impl ReconcileQuestion {
    /// The answer. What was sent is read from the rows of this recipient alone.
    ///
    /// # Errors
    /// [`Error::BadQuestion`]; [`Error::TooLarge`] beyond 1,000,000 transfers, or 100,000 digests in the list;
    /// what keeps rows or leaves from being read.
    pub fn answer(&self, desk: &FindingsDesk) -> Result<Reconciliation, Error> {
        let period = Period {
            from: self.from,
            to: self.to,
        };
        period.check()?;
        let when = When {
            as_of: self.as_of.as_deref(),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let mut sent = Sent::default();
        let register = judging.register();
        accepted_of(&from, register, &self.recipient, period, &mut |one| {
            sent.take(one.occurred_at_ms, one.body(), &one.leaf)
        })?;
        let known = register.under(120, &self.recipient).next().is_some() || sent.any;
        let mut answer = Reconciliation {
            cut: CutName::from(from.cut()),
            recipient: self.recipient.clone(),
            known,
            compared: self.given.is_some(),
            days: Vec::new(),
            not_received: Vec::new(),
            not_sent: Vec::new(),
            other_day: Vec::new(),
            acknowledged_unknown: Vec::new(),
            agrees: true,
        };
        let given = self
            .given
            .as_ref()
            .map(|given| within(given, period))
            .transpose()?;
        sent.compare(given.as_ref(), &mut answer)?;
        Ok(answer)
    }
}

/// The days of a list that the period touches.
fn within(
    given: &BTreeMap<String, GivenDigests>,
    period: Period,
) -> Result<BTreeMap<String, GivenDigests>, Error> {
    let mut days = BTreeMap::new();
    for (name, of_day) in given {
        let day = Day(day_named(name)?);
        let before = period.from.is_some_and(|from| day.end_ms() <= from.0);
        let after = period.to.is_some_and(|to| to.0 < day.start_ms());
        if !before && !after {
            days.insert(name.clone(), of_day.clone());
        }
    }
    Ok(days)
}

/// What the ledger says was sent.
#[derive(Default)]
struct Sent {
    any: bool,
    /// Digest → the days on which it was sent, each with its leaf.
    digests: BTreeMap<Vec<u8>, Vec<(i64, LeafAt)>>,
    days: BTreeMap<i64, DigestsOfDay>,
    acknowledged: BTreeMap<Vec<u8>, LeafAt>,
    count: usize,
}

impl Sent {
    fn take(&mut self, ms: i64, body: &Body, leaf: &LeafAt) -> Result<(), Error> {
        self.any = true;
        if let Body::RecipientAcknowledged(said) = body {
            self.acknowledged
                .insert(said.transfer_sha256.clone(), leaf.clone());
            return self.counted();
        }
        let Some(out) = outflow(body) else {
            return Ok(());
        };
        let day = Day::of(ms).0;
        let of_day = self.days.entry(day).or_default();
        of_day.sent += 1;
        if out.digest.is_empty() {
            of_day.without_digest += 1;
            return Ok(());
        }
        let days = self.digests.entry(out.digest.to_vec()).or_default();
        days.push((day, leaf.clone()));
        self.counted()
    }

    fn counted(&mut self) -> Result<(), Error> {
        self.count += 1;
        if self.count > MOST_SENT {
            return Err(Error::TooLarge {
                what: "transfers",
                limit: MOST_SENT,
            });
        }
        Ok(())
    }

    fn compare(
        mut self,
        given: Option<&BTreeMap<String, GivenDigests>>,
        answer: &mut Reconciliation,
    ) -> Result<(), Error> {
        self.digest_days();
        self.acknowledge(answer);
        if let Some(given) = given {
            let left = self.match_given(given, answer)?;
            for (digest, day, leaf) in left {
                let of_day = self.days.entry(day).or_default();
                of_day.not_received += 1;
                push(
                    &mut answer.not_received,
                    SentDigest {
                        day: Day(day).to_string(),
                        digest: hex::encode(digest),
                        leaf,
                    },
                );
            }
            self.compare_counts(given, answer);
        }
        answer.days = self
            .days
            .into_iter()
            .map(|(day, of_day)| DigestsOfDay {
                day: Day(day).to_string(),
                ..of_day
            })
            .collect();
        let differs = |day: &DigestsOfDay| day.not_received + day.not_sent > 0;
        answer.agrees &= !answer.days.iter().any(differs)
            && answer.other_day.is_empty()
            && answer.acknowledged_unknown.is_empty();
        Ok(())
    }

    fn digest_days(&mut self) {
        let mut hashes: BTreeMap<i64, Sha256> = BTreeMap::new();
        for (digest, days) in &self.digests {
            for (day, _) in days {
                hashes.entry(*day).or_default().update(digest);
            }
        }
        for (day, hash) in hashes {
            let of_day = self.days.entry(day).or_default();
            of_day.digests_sha256 = Some(hex::encode(hash.finalize()));
        }
    }

    fn acknowledge(&mut self, answer: &mut Reconciliation) {
        for (digest, leaf) in &self.acknowledged {
            match self.digests.get(digest) {
                Some(days) => {
                    for (day, _) in days {
                        self.days.entry(*day).or_default().acknowledged += 1;
                    }
                }
                None => push(
                    &mut answer.acknowledged_unknown,
                    SentDigest {
                        day: String::new(),
                        digest: hex::encode(digest),
                        leaf: leaf.clone(),
                    },
                ),
            }
        }
    }

    /// Takes away what the list has of what was sent, on its own day first; gives back what is left.
    fn match_given(
        &mut self,
        given: &BTreeMap<String, GivenDigests>,
        answer: &mut Reconciliation,
    ) -> Result<Vec<(Vec<u8>, i64, LeafAt)>, Error> {
        let mut left = std::mem::take(&mut self.digests);
        let (mut elsewhere, mut total) = (Vec::new(), 0);
        let digested: BTreeSet<i64> = digested_days(given)?;
        for (name, of_day) in given {
            let day = day_named(name)?;
            total += of_day.digests.len();
            if total > MOST_GIVEN {
                return Err(Error::TooLarge {
                    what: "digests in the list",
                    limit: MOST_GIVEN,
                });
            }
            for digest in &of_day.digests {
                let bytes = digest_named(digest)?;
                let days = left.get_mut(&bytes);
                let found = days.and_then(|days| {
                    let place = days.iter().position(|(sent, _)| *sent == day)?;
                    Some(days.swap_remove(place))
                });
                if found.is_some() {
                    self.days.entry(day).or_default().matched += 1;
                } else {
                    elsewhere.push((day, bytes));
                }
            }
        }
        for (day, bytes) in elsewhere {
            let one = GivenDigest {
                day: Day(day).to_string(),
                digest: hex::encode(&bytes),
            };
            let days = left.get_mut(&bytes);
            if days.and_then(Vec::pop).is_some() {
                push(&mut answer.other_day, one);
            } else {
                self.days.entry(day).or_default().not_sent += 1;
                push(&mut answer.not_sent, one);
            }
        }
        // Of a day for which the list gives a number alone, digests can't be missing.
        let left = left.into_iter().flat_map(|(digest, days)| {
            days.into_iter()
                .map(move |(day, leaf)| (digest.clone(), day, leaf))
        });
        let counted_only = |day: &i64| {
            let name = Day(*day).to_string();
            given.contains_key(&name) && !digested.contains(day)
        };
        Ok(left.filter(|(_, day, _)| !counted_only(day)).collect())
    }

    /// Holds the numbers of a list against those of the ledger.
    fn compare_counts(
        &mut self,
        given: &BTreeMap<String, GivenDigests>,
        answer: &mut Reconciliation,
    ) {
        for (name, of_given) in given {
            let Ok(day) = day_named(name) else { continue };
            let of_day = self.days.entry(day).or_default();
            let digests = of_given.digests.len() as u64;
            let count = of_given.count.unwrap_or(digests);
            of_day.given = Some(count);
            if digests == 0 {
                of_day.matched = count.min(of_day.sent);
                of_day.not_received = of_day.sent.saturating_sub(count);
                of_day.not_sent = count.saturating_sub(of_day.sent);
            }
            answer.agrees &= count == of_day.sent;
        }
    }
}

/// The days for which a list gives digests.
fn digested_days(given: &BTreeMap<String, GivenDigests>) -> Result<BTreeSet<i64>, Error> {
    let with = given
        .iter()
        .filter(|(_, of_day)| !of_day.digests.is_empty());
    with.map(|(name, _)| day_named(name)).collect()
}

fn push<T>(shown: &mut Vec<T>, one: T) {
    if shown.len() < MOST_SHOWN {
        shown.push(one);
    }
}

fn day_named(name: &str) -> Result<i64, Error> {
    let time: Result<Time, _> = format!("{name}T00:00:00+08:00").parse();
    let day = time.ok().map(|time| Day::of(time.0));
    let day = day.filter(|day| day.to_string() == name);
    day.map(|day| day.0)
        .ok_or_else(|| Error::BadQuestion(format!("{name:?} is no day, e.g. 2026-09-01")))
}

fn digest_named(hex: &str) -> Result<Vec<u8>, Error> {
    let bytes = hex::decode(hex).ok().filter(|bytes| bytes.len() == 32);
    bytes.ok_or_else(|| Error::BadQuestion(format!("{hex:?} is no SHA-256 in hex")))
}

/// Reads a partner's list: a line for each transfer, `day,digest` with the digest in hex, or for each day,
/// `day,count`. Days are at UTC+8. A heading, a byte order mark and empty lines are passed over.
///
/// # Errors
/// [`Error::Digests`], with the line; [`Error::TooLarge`] beyond 100,000 digests.
pub fn read_digests(text: &str) -> Result<BTreeMap<String, GivenDigests>, Error> {
    let mut given: BTreeMap<String, GivenDigests> = BTreeMap::new();
    let mut total = 0;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    for (line, words) in (1..).zip(lines).filter(|(_, words)| !words.is_empty()) {
        let wrong = |what: &str| Error::Digests {
            line,
            what: what.to_owned(),
        };
        let Some((day, said)) = words.split_once(',') else {
            return Err(wrong("expected day,digest or day,count"));
        };
        let (day, said) = (day.trim().trim_matches('"'), said.trim().trim_matches('"'));
        if line == 1 && !day.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        if day_named(day).is_err() {
            return Err(wrong("its first cell is no day, e.g. 2026-09-01"));
        }
        let of_day = given.entry(day.to_owned()).or_default();
        if said.len() == 64 && digest_named(said).is_ok() {
            total += 1;
            of_day.digests.push(said.to_ascii_lowercase());
        } else {
            let count: u64 = said
                .parse()
                .map_err(|_| wrong("its second cell is neither a SHA-256 in hex nor a number"))?;
            if of_day.count.replace(count).is_some() {
                return Err(wrong("a second number for the same day"));
            }
        }
        if total > MOST_GIVEN {
            return Err(Error::TooLarge {
                what: "digests in the list",
                limit: MOST_GIVEN,
            });
        }
    }
    Ok(given)
}

#[cfg(test)]
mod tests;
