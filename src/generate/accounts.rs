//! What accounts must say of a town, known by its construction: of an ordinary life by its steps, of a story
//! by the events that it tells. Nothing here asks a ledger.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ConsentStatus, RightsRequestKind};

use super::Town;
use super::calendar::Calendar;
use super::dice::Dice;
use super::envelope::due_after_15_days;
use super::faults;
use super::life::{Life, Step, Store, What, Who};
use super::register::{RECIPIENTS, SCORER, paper};
use super::terms::{self, Ask, Categories};

/// For how long records of provision are kept after a cancellation, as the town's stores say.
const KEPT_MS: i64 = 1096 * 86_400_000;

/// One consent of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownConsent {
    /// The consent record's id.
    pub id: String,
    /// Its status in the end.
    pub status: ConsentStatus,
    /// What it allows, in the order of the notice.
    pub purposes: Vec<String>,
    /// For which categories.
    pub categories: Vec<String>,
    /// For which recipients.
    pub recipients: Vec<String>,
    /// SHA-256 of the notice.
    pub notice_sha256: Vec<u8>,
    /// When each of its events happened, in ms since 1970.
    pub steps_ms: Vec<i64>,
}

/// One request or complaint of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRequest {
    /// Its id.
    pub id: String,
    /// What was asked for.
    pub kind: RightsRequestKind,
    /// When it arrived, in ms since 1970.
    pub received_ms: i64,
    /// When it is due, without any holiday, in ms since 1970.
    pub due_ms: i64,
    /// When it ended, in ms since 1970: every ordinary request does.
    pub ended_ms: i64,
}

/// What became of data of one category in one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownFate {
    /// It is held.
    Held,
    /// It was erased.
    Erased,
    /// It is restricted until then, in ms since 1970.
    Restricted(i64),
}

/// What is left of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownRemains {
    /// When the account was cancelled, in ms since 1970; none where it wasn't.
    pub cancelled_ms: Option<i64>,
    /// What became of each store's categories.
    pub data: BTreeMap<(String, String), KnownFate>,
    /// Who received data, and whether it confirmed that it deleted it.
    pub recipients: BTreeMap<String, bool>,
    /// When the last order was completed and none is open, in ms since 1970.
    pub last_order_ms: Option<i64>,
}

impl Town {
    /// The customer's consents, also those given on the device before login, by id.
    pub fn consents(&self, n: u64) -> Vec<KnownConsent> {
        let life = Life::of(&Dice::new(self.seed), &Calendar::of(self), n);
        let mut consents: BTreeMap<String, KnownConsent> = BTreeMap::new();
        for step in own(&life) {
            let (ask, status) = match step.what {
                What::Notice(ask) => (ask, ConsentStatus::StRequested),
                What::Grant(ask) => (ask, ConsentStatus::StGiven),
                What::Refuse(ask) => (ask, ConsentStatus::StRefused),
                What::Withdraw(ask) => (ask, ConsentStatus::StWithdrawn),
                _ => continue,
            };
            let id = format!("consent-{:016x}-{}", life.code(step.who), ask.terms().name);
            let fresh = || known_consent(&id, ask);
            let consent = consents.entry(id.clone()).or_insert_with(fresh);
            consent.status = status;
            consent.steps_ms.push(step.at);
        }
        consents.into_values().collect()
    }

    /// The customer's requests and complaints, by when they arrived.
    pub fn requests(&self, n: u64) -> Vec<KnownRequest> {
        let life = Life::of(&Dice::new(self.seed), &Calendar::of(self), n);
        let of_matter = |matter, is: fn(What) -> bool| {
            let found = life
                .steps
                .iter()
                .find(|step| step.matter == matter && is(step.what));
            found.map(|step| step.at)
        };
        let mut requests = Vec::new();
        for step in &life.steps {
            let (kind, from) = match step.what {
                What::Request(kind) => (kind, Some(step.at)),
                // A complaint's time runs from when the person was verified (L326).
                What::Complain => (
                    RightsRequestKind::RrComplaint,
                    of_matter(step.matter, |what| what == What::Verify),
                ),
                _ => continue,
            };
            let ended = of_matter(step.matter, |what| {
                matches!(what, What::Fulfil(_) | What::Answer)
            });
            requests.push(KnownRequest {
                id: format!("request-{:016x}-{}", life.code(step.who), step.matter),
                kind,
                received_ms: step.at,
                due_ms: due_after_15_days(from.unwrap_or(step.at)),
                ended_ms: ended.unwrap_or(i64::MAX),
            });
        }
        requests
    }

    /// What is left of the customer's data.
    pub fn remains(&self, n: u64) -> KnownRemains {
        let life = Life::of(&Dice::new(self.seed), &Calendar::of(self), n);
        let mut remains = KnownRemains::default();
        let mut open = BTreeSet::new();
        for step in own(&life) {
            match step.what {
                What::Collect(taken) => remains.take(taken.store(), taken.categories()),
                What::Receive(from) if from == SCORER => remains.take(Store::Credit, terms::SCORE),
                What::Receive(_) => remains.take(Store::Credit, terms::CREDIT_ANSWER),
                What::Erase(store) => remains.change(store, &KnownFate::Erased),
                What::Restrict(store) => {
                    remains.change(store, &KnownFate::Restricted(step.at + KEPT_MS));
                }
                What::Fulfil(RightsRequestKind::RrCancelAccount) => {
                    remains.cancelled_ms = Some(step.at);
                }
                What::ConfirmDeletion(by) => {
                    remains
                        .recipients
                        .insert(RECIPIENTS[by].id.to_owned(), true);
                }
                What::Open(_) => {
                    open.insert(step.matter);
                }
                What::Complete(_) => {
                    open.remove(&step.matter);
                    remains.last_order_ms = remains.last_order_ms.max(Some(step.at));
                }
                what => {
                    if let Some(to) = what.recipient() {
                        let id = RECIPIENTS[to].id.to_owned();
                        remains.recipients.entry(id).or_insert(false);
                    }
                }
            }
        }
        remains.last_order_ms = remains.last_order_ms.filter(|_| open.is_empty());
        remains
    }

    /// The version of the policy that a story's event publishes, by the event's id in hex; none where none does.
    pub fn published_by(&self, event_id: &str) -> Option<String> {
        let tales = faults::stories(self).0.into_iter();
        let mut events = tales.map(|tale| tale.event);
        let event = events.find(|event| hex::encode(&event.event_id) == event_id)?;
        match event.body? {
            Body::PolicyVersionPublished(said) => Some(said.policy_version_id),
            _ => None,
        }
    }
}

/// The customer's own steps, under either reference.
fn own(life: &Life) -> impl Iterator<Item = &Step> {
    life.steps.iter().filter(|step| step.who != Who::Consignee)
}

fn known_consent(id: &str, ask: Ask) -> KnownConsent {
    let terms = ask.terms();
    KnownConsent {
        id: id.to_owned(),
        status: ConsentStatus::StRequested,
        purposes: terms
            .purposes
            .iter()
            .map(|one| one.as_str_name().to_owned())
            .collect(),
        categories: names(terms.categories),
        recipients: ask.recipient_ids(),
        notice_sha256: paper(terms.name),
        steps_ms: Vec::new(),
    }
}

impl KnownRemains {
    fn take(&mut self, store: Store, categories: Categories) {
        for category in names(categories) {
            self.data
                .insert((store.id().to_owned(), category), KnownFate::Held);
        }
    }

    fn change(&mut self, store: Store, fate: &KnownFate) {
        for ((of, _), held) in &mut self.data {
            if of == store.id() {
                held.clone_from(fate);
            }
        }
    }
}

fn names(categories: Categories) -> Vec<String> {
    let names = categories.iter();
    names
        .map(|category| category.as_str_name().to_owned())
        .collect()
}
