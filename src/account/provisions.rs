//! The register of provision and entrustment, and of processing activities (question 13; NDSR 12, GDPR 30).

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::state::entrustments::entrustments_of;
use custodia_core::assess::state::recipients::{recipient_at, recipient_ids};
use custodia_core::assess::{Occurrence, Register, ms_of};
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, When, some, some_hex, unknown};
use super::exemptions::basis_of;
use super::stream::{Period, accepted};
use crate::assess::FindingsDesk;
use crate::query::{CutName, Time, Unknown, Word};

/// Rows of one table.
const MOST_ROWS: usize = 50_000;
/// `SafeguardAttested`, in the envelope.
const ATTESTED: u32 = 283;

/// What was provided, entrusted and collected in a period?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProvisionsQuestion {
    /// The first moment, by the events.
    pub from: Option<Time>,
    /// The last moment, by the events; the register is shown as it stood then.
    pub to: Option<Time>,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
}

/// The register. It holds aggregates and names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionsAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The moment at which recipients are shown.
    pub moment: Time,
    /// What was shared, transferred and disclosed.
    pub provisions: Vec<ProvisionRow>,
    /// What was entrusted.
    pub entrustments: Vec<EntrustmentRow>,
    /// What was collected, and to whom it went for the same purpose.
    pub activities: Vec<ActivityRow>,
    /// The safeguards whose attestation is in force at that moment.
    pub safeguards: Vec<Word>,
    /// What the register doesn't know.
    pub unknowns: Vec<Unknown>,
}

/// What went to one recipient for one purpose, in one case and on one basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionRow {
    /// The recipient's id.
    pub recipient_id: String,
    /// Its name.
    pub recipient: Option<String>,
    /// How people reach it.
    pub contact: Option<String>,
    /// What it is in law.
    pub legal_role: Option<Word>,
    /// Where it keeps data.
    pub storage_countries: Vec<String>,
    /// SHA-256 of the agreement, hex.
    pub agreement_sha256: Option<String>,
    /// Until when it holds.
    pub agreement_until: Option<Time>,
    /// The kind of event.
    pub event: String,
    /// What for.
    pub purpose: Option<Word>,
    /// Which categories.
    pub categories: Vec<Word>,
    /// The policy's case.
    pub case: Option<Word>,
    /// On what basis.
    pub basis: Option<Word>,
    /// Where it went.
    pub destination: Option<String>,
    /// In how many events.
    pub events: u64,
    /// How many records, as the events say.
    pub records: u64,
    /// The first of them.
    pub first: Time,
    /// The last.
    pub last: Time,
}

/// One entrustment that held in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrustmentRow {
    /// Its id.
    pub entrustment_id: String,
    /// To whom.
    pub recipient_id: String,
    /// The recipient's name.
    pub recipient: Option<String>,
    /// What for.
    pub purposes: Vec<Word>,
    /// Which categories.
    pub categories: Vec<Word>,
    /// SHA-256 of the agreement, hex.
    pub agreement_sha256: Option<String>,
    /// Where the data is kept.
    pub storage_country: Option<String>,
    /// When it began; none where the registry doesn't say.
    pub started: Option<Time>,
    /// When it ended, or its time runs out.
    pub ends: Option<Time>,
    /// What shows that data came back or is gone, hex.
    pub certificate_sha256: Option<String>,
}

/// What was collected for one purpose, in one way and on one basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRow {
    /// The kind of event.
    pub event: String,
    /// What for.
    pub purpose: Option<Word>,
    /// Which categories.
    pub categories: Vec<Word>,
    /// Whose, by their part.
    pub people: Vec<Word>,
    /// In which way, or from which provider.
    pub source: Option<String>,
    /// On what basis.
    pub basis: Option<Word>,
    /// Into which stores.
    pub stores: Vec<String>,
    /// Who received data for the same purpose in the period.
    pub recipients: Vec<String>,
    /// In how many events.
    pub events: u64,
    /// The first of them.
    pub first: Time,
    /// The last.
    pub last: Time,
}

impl ProvisionsQuestion {
    /// The answer. It reads through the whole ledger and holds one page of it.
    ///
    /// # Errors
    /// [`Error::BadQuestion`]; [`Error::TooLarge`] beyond 50,000 rows of one table; what keeps rows or leaves
    /// from being read.
    pub fn answer(&self, desk: &FindingsDesk) -> Result<ProvisionsAnswer, Error> {
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
        let register = judging.register();
        let moment = self.to.unwrap_or_else(|| Time(desk.clock().now_ms()));
        let mut counted = Counted::default();
        accepted(&from, register, period, &mut |one| counted.take(one))?;
        let mut unknowns = Vec::new();
        let provisions = counted.provisions(register, moment, &mut unknowns);
        unknowns.sort();
        unknowns.dedup();
        Ok(ProvisionsAnswer {
            cut: CutName::from(from.cut()),
            moment,
            provisions,
            entrustments: entrustments(register, period, moment),
            activities: counted.activities(),
            safeguards: safeguards(register, moment),
            unknowns,
        })
    }
}

/// What makes a row of provision: recipient, event, purpose, categories, case, basis, destination.
type Provided = (String, String, i32, Vec<i32>, Option<Word>, i32, String);
/// What makes a row of collection: event, purpose, categories, source, basis.
type Collected = (String, i32, Vec<i32>, Option<String>, i32);

#[derive(Default)]
struct Counted {
    provided: BTreeMap<Provided, Tally>,
    collected: BTreeMap<Collected, Tally>,
    /// Who received data for a purpose.
    recipients: BTreeMap<i32, BTreeSet<String>>,
}

#[derive(Default)]
struct Tally {
    events: u64,
    records: u64,
    first: Option<i64>,
    last: Option<i64>,
    stores: BTreeSet<String>,
    roles: BTreeSet<i32>,
}

impl Tally {
    fn count(&mut self, one: &Occurrence, records: Option<u64>) {
        let ms = one.occurred_at_ms;
        self.events += 1;
        self.records = self.records.saturating_add(records.unwrap_or(0));
        self.first = Some(self.first.map_or(ms, |first| first.min(ms)));
        self.last = self.last.max(Some(ms));
        self.roles.insert(one.event.subject_role);
    }

    fn first(&self) -> Time {
        Time(self.first.unwrap_or(0))
    }

    fn last(&self) -> Time {
        Time(self.last.unwrap_or(0))
    }
}

impl Counted {
    fn take(&mut self, one: &Occurrence) -> Result<(), Error> {
        let event = Seen::of(one).event;
        let basis = basis_of(one.body()).map_or(0, |basis| basis.kind);
        match one.body() {
            Body::DataCollected(said) => {
                let way = Word::of("CollectionWay", said.way).map(|way| way.value);
                let key = (event, said.purpose, sorted(&said.categories), way, basis);
                self.collected(key, one, &said.store_id)
            }
            Body::DataReceivedFromThirdParty(said) => {
                let provider = some(&said.provider_id);
                let key = (
                    event,
                    said.purpose,
                    sorted(&said.categories),
                    provider,
                    basis,
                );
                self.collected(key, one, &said.store_id)
            }
            body => match outflow(body) {
                Some(out) => {
                    let to = out.recipient.to_owned();
                    let categories = sorted(out.categories);
                    let (case, place) = (out.case, out.destination.to_owned());
                    self.recipients
                        .entry(out.purpose)
                        .or_default()
                        .insert(to.clone());
                    let key = (to, event, out.purpose, categories, case, basis, place);
                    row(&mut self.provided, key)?.count(one, out.records);
                    Ok(())
                }
                None => Ok(()),
            },
        }
    }

    fn collected(&mut self, key: Collected, one: &Occurrence, store: &str) -> Result<(), Error> {
        let tally = row(&mut self.collected, key)?;
        tally.count(one, None);
        tally.stores.extend(some(store));
        Ok(())
    }

    fn provisions(
        &self,
        register: &Register,
        moment: Time,
        unknowns: &mut Vec<Unknown>,
    ) -> Vec<ProvisionRow> {
        let row = |(key, tally): (&Provided, &Tally)| {
            let (id, event, purpose, categories, case, basis, destination) = key;
            let known = recipient_at(register, id, moment.0);
            if known.is_none() {
                unknowns.push(unknown("recipient", id));
            }
            let known = known.as_ref();
            let agreement = known.and_then(|known| known.agreement);
            ProvisionRow {
                recipient_id: id.clone(),
                recipient: known.and_then(|known| some(known.name)),
                contact: known.and_then(|known| some(known.contact)),
                legal_role: known.and_then(|known| Word::of("LegalRole", known.legal_role.into())),
                storage_countries: known
                    .map_or(Vec::new(), |known| known.storage_countries.to_vec()),
                agreement_sha256: agreement.and_then(|agreed| some_hex(agreed.sha256)),
                agreement_until: agreement.and_then(|agreed| agreed.valid_until_ms).map(Time),
                event: event.clone(),
                purpose: Word::of("Purpose", *purpose),
                categories: Word::all("DataCategory", categories),
                case: case.clone(),
                basis: Word::of("BasisKind", *basis),
                destination: some(destination),
                events: tally.events,
                records: tally.records,
                first: tally.first(),
                last: tally.last(),
            }
        };
        self.provided.iter().map(row).collect()
    }

    fn activities(&self) -> Vec<ActivityRow> {
        let row = |(key, tally): (&Collected, &Tally)| {
            let (event, purpose, categories, source, basis) = key;
            let to = self.recipients.get(purpose).into_iter().flatten();
            let roles: Vec<i32> = tally.roles.iter().copied().collect();
            ActivityRow {
                event: event.clone(),
                purpose: Word::of("Purpose", *purpose),
                categories: Word::all("DataCategory", categories),
                people: Word::all("Actor", &roles),
                source: source.clone(),
                basis: Word::of("BasisKind", *basis),
                stores: tally.stores.iter().cloned().collect(),
                recipients: to.cloned().collect(),
                events: tally.events,
                first: tally.first(),
                last: tally.last(),
            }
        };
        self.collected.iter().map(row).collect()
    }
}

/// Data that leaves, as the three kinds of events say it.
pub(super) struct Outflow<'a> {
    pub(super) recipient: &'a str,
    pub(super) purpose: i32,
    pub(super) categories: &'a [i32],
    pub(super) case: Option<Word>,
    pub(super) destination: &'a str,
    pub(super) records: Option<u64>,
    pub(super) digest: &'a [u8],
}

pub(super) fn outflow(body: &Body) -> Option<Outflow<'_>> {
    Some(match body {
        Body::DataShared(said) => Outflow {
            recipient: &said.recipient_id,
            purpose: said.purpose,
            categories: &said.categories,
            case: Word::of("ShareCase", said.case),
            destination: &said.destination_country,
            records: said.record_count,
            digest: &said.transfer_sha256,
        },
        Body::DataTransferred(said) => Outflow {
            recipient: &said.recipient_id,
            purpose: 0,
            categories: &said.categories,
            case: Word::of("TransferCase", said.case),
            destination: &said.destination_country,
            records: said.record_count,
            digest: &said.transfer_sha256,
        },
        Body::DataDisclosed(said) => Outflow {
            recipient: &said.recipient_id,
            purpose: said.purpose,
            categories: &said.categories,
            case: Word::of("DisclosureCase", said.case),
            destination: &said.destination_country,
            records: said.record_count,
            digest: &said.transfer_sha256,
        },
        _ => return None,
    })
}

fn sorted(numbers: &[i32]) -> Vec<i32> {
    let all: BTreeSet<i32> = numbers.iter().copied().collect();
    all.into_iter().collect()
}

fn row<K: Ord, T: Default>(rows: &mut BTreeMap<K, T>, key: K) -> Result<&mut T, Error> {
    if rows.len() == MOST_ROWS && !rows.contains_key(&key) {
        return Err(Error::TooLarge {
            what: "rows",
            limit: MOST_ROWS,
        });
    }
    Ok(rows.entry(key).or_default())
}

/// Entrustments that held at some moment of the period.
fn entrustments(register: &Register, period: Period, moment: Time) -> Vec<EntrustmentRow> {
    let mut rows = Vec::new();
    for recipient_id in recipient_ids(register) {
        let name = recipient_at(register, recipient_id, moment.0);
        let name = name.and_then(|known| some(known.name));
        for (id, one) in entrustments_of(register, recipient_id) {
            let started = one.started.map(|(_, on)| on.occurred_at_ms);
            let ends = one.ended_ms();
            let over = ends
                .zip(period.from)
                .is_some_and(|(end, from)| end < from.0);
            let ahead = started
                .zip(period.to)
                .is_some_and(|(start, to)| start > to.0);
            if over || ahead {
                continue;
            }
            let said = one.started.map(|(said, _)| said);
            let certificate = one
                .ended
                .and_then(|(said, _)| some_hex(&said.certificate_sha256));
            let confirmed = one.confirmed.and_then(|on| match on.body() {
                Body::RecipientDeletionConfirmed(said) => some_hex(&said.certificate_sha256),
                _ => None,
            });
            rows.push(EntrustmentRow {
                entrustment_id: id.to_owned(),
                recipient_id: recipient_id.to_owned(),
                recipient: name.clone(),
                purposes: said.map_or(Vec::new(), |said| Word::all("Purpose", &said.purposes)),
                categories: said.map_or(Vec::new(), |said| {
                    Word::all("DataCategory", &said.categories)
                }),
                agreement_sha256: said.and_then(|said| some_hex(&said.agreement_sha256)),
                storage_country: said.and_then(|said| some(&said.storage_country)),
                started: started.map(Time),
                ends: ends.map(Time),
                certificate_sha256: certificate.or(confirmed),
            });
        }
    }
    rows
}

fn safeguards(register: &Register, moment: Time) -> Vec<Word> {
    let in_force = register.of(ATTESTED).filter_map(|one| match one.body() {
        Body::SafeguardAttested(said) => {
            let until = said.valid_until.as_ref().map(ms_of);
            let holds =
                one.occurred_at_ms <= moment.0 && until.is_none_or(|until| until > moment.0);
            holds.then_some(said.measure)
        }
        _ => None,
    });
    let measures: BTreeSet<i32> = in_force.collect();
    Word::all("SecurityMeasure", &measures.into_iter().collect::<Vec<_>>())
}
