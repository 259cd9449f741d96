//! Looks: who read what about whom, on record before the answer leaves (law 9).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Actor, Event, LedgerQueried, LegalBasisOfReading};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tracing::error;

use super::pending::Waiting;
use super::{Asking, Cut, Error, Glass, PendingLooks};
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
    /// Where looks wait while Kafka can't be reached; none where none may.
    pending: Option<Arc<PendingLooks>>,
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

/// One person that an answer shows, and the look's name among those remembered.
struct Shown<'a> {
    subject: &'a str,
    rows: u64,
    name: [u8; 32],
    erased: bool,
}

impl Shown<'_> {
    /// What an erased person's look stands under.
    fn digest(&self) -> Option<Vec<u8>> {
        self.erased.then(|| erased_subject(self.subject).to_vec())
    }
}

impl Looks {
    /// Looks go to `topic` through `outbox`.
    pub fn new(outbox: Arc<dyn Outbox>, topic: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            outbox,
            topic,
            clock,
            pending: None,
            recent: Mutex::default(),
        }
    }

    /// Where Kafka can't be reached and two people approved the question, looks wait in `pending`.
    #[must_use]
    pub fn waiting_in(mut self, pending: Arc<PendingLooks>) -> Self {
        self.pending = Some(pending);
        self
    }

    /// Puts a look at each reference on record, and waits until all are acknowledged. A look of
    /// the last 15 minutes by the same principal with the same query and cut stands. One at a person whom
    /// `keys` remember as erased, whatever cut the answer stands on, is keyed by the digest and never names
    /// the reference (design §2, §4).
    ///
    /// Where Kafka can't be reached, two people's word breaks the glass: the looks are synced here first, and
    /// don't stand for a later question.
    ///
    /// # Errors
    /// [`Error::LookNotRecorded`], [`Error::LookNotKept`], [`Error::GlassUsed`]; then the answer must not leave.
    /// [`Error::TooMany`].
    pub(super) fn record(&self, keys: &KeyStore, shown: &Look<'_>) -> Result<(), Error> {
        if shown.people.len() > MOST_PEOPLE {
            return Err(Error::TooMany {
                what: "people",
                limit: MOST_PEOPLE,
            });
        }
        let now = self.clock.monotonic();
        let all = shown.people.iter().map(|(subject, rows)| Shown {
            subject,
            rows: *rows,
            name: shown.name(subject),
            erased: keys.remembered(subject.as_bytes()).is_some(),
        });
        let looks: Vec<_> = all.filter(|one| !self.stands(&one.name, now)).collect();
        if let Err(error) = self.send(shown, &looks)? {
            let glass = shown.asking.glass.as_ref().zip(self.pending.as_ref());
            // An extract is released only once Kafka has what says so.
            return match glass.filter(|_| !error.refused && shown.extract.is_none()) {
                Some((glass, pending)) => self.break_glass(shown, &looks, glass, pending, &error),
                None => Err(Error::LookNotRecorded(error)),
            };
        }
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

    /// Whether an answer was given on these approvals here, though Kafka may not have its looks yet.
    pub(super) fn has_used(&self, id: &str) -> Result<bool, Error> {
        match &self.pending {
            Some(pending) => pending.has_used(id),
            None => Ok(false),
        }
    }

    /// Keeps the looks here, synced, before the answer leaves, and raises the alert.
    fn break_glass(
        &self,
        shown: &Look<'_>,
        looks: &[Shown<'_>],
        glass: &Glass,
        pending: &PendingLooks,
        why: &OutboxError,
    ) -> Result<(), Error> {
        // An event of another id: what was sent may have reached Kafka, and says that it did.
        let waiting = looks.iter().map(|one| {
            Ok(Waiting {
                subject: one.subject,
                erased: one.erased,
                event: self.look(shown, one, Some(glass))?,
            })
        });
        let waiting: Vec<_> = waiting.collect::<Result<_, Error>>()?;
        pending.keep(glass, &waiting)?;
        error!(
            code = "CU-1020",
            request = glass.id,
            people = looks.len(),
            %why,
            "the glass was broken: an answer leaves before Kafka has its looks; they wait here"
        );
        Ok(())
    }

    /// The event of a look, which names nobody but a digest.
    fn look(
        &self,
        shown: &Look<'_>,
        one: &Shown<'_>,
        glass: Option<&Glass>,
    ) -> Result<Vec<u8>, Error> {
        let Asking {
            principal,
            reason,
            ticket,
            peer,
            ..
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
            row_count: Some(one.rows),
            ticket: ticket.clone(),
            erased_subject_blake3: one.digest().unwrap_or_default(),
            extract_id: shown
                .extract
                .map_or_else(String::new, |(id, _)| id.to_owned()),
            principal_ref: principal.employee.clone(),
            peer: peer.clone(),
            break_glass: glass.map(|_| true),
            approvals: glass.map_or_else(Vec::new, |glass| glass.approvals.clone()),
        };
        Ok(notices::notice(
            Body::LedgerQueried(body),
            self.clock.as_ref(),
        )?)
    }

    fn send(
        &self,
        shown: &Look<'_>,
        looks: &[Shown<'_>],
    ) -> Result<Result<(), OutboxError>, Error> {
        let mut records = Vec::with_capacity(looks.len());
        for one in looks {
            let event = self.look(shown, one, None)?;
            records.push(match one.digest() {
                Some(digest) => (digest, event),
                None => (one.subject.as_bytes().to_vec(), about(one.subject, &event)),
            });
        }
        let records: Vec<(&[u8], &[u8])> = records
            .iter()
            .map(|(key, event)| (key.as_slice(), event.as_slice()))
            .collect();
        Ok(self.outbox.deliver_all(&self.topic, &records))
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
pub(super) fn about(subject: &str, notice: &[u8]) -> Vec<u8> {
    let mut event = Event::decode(notice).expect("the notice was encoded a moment ago");
    subject.clone_into(&mut event.subject_ref);
    event.subject_role = Actor::AcUnspecified.into();
    event.encode_to_vec()
}
