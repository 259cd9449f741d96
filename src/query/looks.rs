//! Looks: who read what about whom, on record before the answer leaves (law 9).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Actor, Event, LedgerQueried, LegalBasisOfReading};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::{Asking, Cut, Error};
use crate::clock::Clock;
use crate::keys::{KeyStore, erased_subject};
use crate::log::{Outbox, OutboxError, notices};

/// How long a look stands for the same question by the same person at the same cut.
const STANDS_FOR: Duration = Duration::from_secs(15 * 60);
/// Looks remembered; beyond, what is repeated is put on record again.
const MOST_REMEMBERED: usize = 65_536;
/// References that one answer may show.
const MOST_PEOPLE: usize = 10_000;

/// Puts looks on record.
pub struct Looks {
    outbox: Arc<dyn Outbox>,
    topic: String,
    clock: Arc<dyn Clock>,
    /// Digest of principal, query, cut and reference → when, by the monotonic clock.
    recent: Mutex<HashMap<[u8; 32], Duration>>,
}

/// What one answer shows, to be put on record.
pub struct Look<'a> {
    /// Who asks, and what for.
    pub asking: &'a Asking,
    /// The query, normalised, without references.
    pub query: &'a str,
    /// What was known.
    pub cut: &'a Cut,
    /// Each reference, with how many rows are shown of it.
    pub people: BTreeMap<String, u64>,
    /// The extract that shows it, hex, and on what basis that is issued; none for an answer, whose
    /// basis is the principal's.
    pub extract: Option<(&'a str, LegalBasisOfReading)>,
}

/// A look at one reference, ready to be sent.
struct Notice {
    name: [u8; 32],
    key: Vec<u8>,
    event: Vec<u8>,
}

impl Looks {
    /// Looks go to `topic` through `outbox`.
    pub fn new(outbox: Arc<dyn Outbox>, topic: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            outbox,
            topic,
            clock,
            recent: Mutex::default(),
        }
    }

    /// Puts a look at each reference on record, and waits until all are acknowledged. A look of
    /// the last 15 minutes by the same principal with the same query and cut stands. One at a person whom
    /// `keys` remember as erased, whatever cut the answer stands on, is keyed by the digest and never names
    /// the reference (design §2, §4).
    ///
    /// # Errors
    /// [`Error::LookNotRecorded`]; then the answer must not leave. [`Error::TooMany`].
    pub(super) fn record(&self, keys: &KeyStore, shown: &Look<'_>) -> Result<(), Error> {
        if shown.people.len() > MOST_PEOPLE {
            return Err(Error::TooMany {
                what: "people",
                limit: MOST_PEOPLE,
            });
        }
        let now = self.clock.monotonic();
        let mut looks = Vec::new();
        for (subject, rows) in &shown.people {
            let name = shown.name(subject);
            if !self.stands(&name, now) {
                let erased = keys.remembered(subject.as_bytes()).is_some();
                let digest = erased.then(|| erased_subject(subject).to_vec());
                looks.push(self.look(shown, (subject, digest), *rows, name)?);
            }
        }
        self.send(&looks).map_err(Error::LookNotRecorded)?;
        let mut recent = self.recent();
        recent.retain(|_, at| now.saturating_sub(*at) < STANDS_FOR);
        let room = MOST_REMEMBERED.saturating_sub(recent.len());
        recent.extend(looks.iter().take(room).map(|look| (look.name, now)));
        Ok(())
    }

    fn stands(&self, name: &[u8; 32], now: Duration) -> bool {
        self.recent()
            .get(name)
            .is_some_and(|at| now.saturating_sub(*at) < STANDS_FOR)
    }

    fn look(
        &self,
        shown: &Look<'_>,
        (subject, digest): (&str, Option<Vec<u8>>),
        rows: u64,
        name: [u8; 32],
    ) -> Result<Notice, Error> {
        let Asking {
            principal,
            reason,
            ticket,
            peer,
        } = shown.asking;
        let body = LedgerQueried {
            role: principal.role.into(),
            legal_basis: shown
                .extract
                .map_or_else(|| principal.legal_basis(), |(_, basis)| basis)
                .into(),
            reason: (*reason).into(),
            query: shown.query.to_owned(),
            cut_sha256: shown.cut.digest().to_vec(),
            repeated: Some(false),
            row_count: Some(rows),
            ticket: ticket.clone(),
            erased_subject_blake3: digest.clone().unwrap_or_default(),
            extract_id: shown
                .extract
                .map_or_else(String::new, |(id, _)| id.to_owned()),
            principal_ref: principal.employee.clone(),
            peer: peer.clone(),
            ..LedgerQueried::default()
        };
        let notice = notices::notice(Body::LedgerQueried(body), self.clock.as_ref())?;
        let event = match digest {
            Some(_) => notice,
            None => about(subject, &notice),
        };
        Ok(Notice {
            name,
            key: digest.unwrap_or_else(|| subject.as_bytes().to_vec()),
            event,
        })
    }

    fn send(&self, looks: &[Notice]) -> Result<(), OutboxError> {
        let records = looks.iter();
        let records: Vec<(&[u8], &[u8])> = records
            .map(|look| (look.key.as_slice(), look.event.as_slice()))
            .collect();
        self.outbox.deliver_all(&self.topic, &records)
    }

    fn recent(&self) -> MutexGuard<'_, HashMap<[u8; 32], Duration>> {
        // A panic leaves at worst a look forgotten, which is then put on record again.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look<'_> {
    fn name(&self, subject: &str) -> [u8; 32] {
        let Asking {
            principal,
            reason,
            ticket,
            ..
        } = self.asking;
        let mut digest = Sha256::new();
        let role = principal.role.as_str_name();
        let words = [
            principal.employee.as_str(),
            role,
            reason.as_str_name(),
            ticket,
            self.query,
            subject,
            self.extract.map_or("", |(id, _)| id),
        ];
        for word in words {
            digest.update((word.len() as u64).to_be_bytes());
            digest.update(word);
        }
        digest.update(self.cut.digest());
        digest.finalize().into()
    }
}

/// The notice, under a person.
fn about(subject: &str, notice: &[u8]) -> Vec<u8> {
    let mut event = Event::decode(notice).expect("the notice was encoded a moment ago");
    subject.clone_into(&mut event.subject_ref);
    event.subject_role = Actor::AcUnspecified.into();
    event.encode_to_vec()
}
