//! After cancellation, what remains, why, and until when? (question 5)

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::state::requests::Requests;
use custodia_core::assess::state::retention::{
    Cancellation, Cover, CoverKind, Covers, Holding, Holdings,
};
use custodia_core::assess::{Occurrence, Outcome};
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Asked, Question, Said, Seen, When, Whom, of_person, some, some_hex, unknown};
use super::gagged::may_see;
use super::provisions::outflow;
use crate::assess::FindingsDesk;
use crate::query::{Asking, Time, Word};

/// What remains of this person's data?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemainsQuestion {
    /// The reference.
    pub subject: String,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// What had happened by then.
    pub at: Option<Time>,
}

/// What is held of a person, by store and category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemainsAnswer {
    /// Whom it is about, and where it stands.
    #[serde(flatten)]
    pub whom: Whom,
    /// When the account was cancelled; none where it wasn't.
    pub cancelled: Option<Cancelled>,
    /// What was taken, and what became of it.
    pub data: Vec<Remaining>,
    /// What recipients were told and confirmed.
    pub recipients: Vec<AtRecipient>,
    /// When what is still there must go, by rule R23; where nothing is done.
    pub ends: Vec<Ends>,
}

/// The cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// When it was asked for.
    pub asked: Time,
    /// What says that it was done.
    #[serde(flatten)]
    pub seen: Seen,
    /// The statutes under which something stays, as told to the person.
    pub statutes: Vec<String>,
}

/// One category in one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    /// The store; empty where the collection named none.
    pub store: String,
    /// The category.
    pub category: Option<Word>,
    /// `erased`, `anonymised`, `restricted`, `held by law`, `authorised anew` or `held`.
    pub state: String,
    /// Since when it was held.
    pub since: Time,
    /// Until when it may stay, where something lets it; none where no end is named.
    pub until: Option<Time>,
    /// The statute or case that lets it stay.
    pub statute: Option<String>,
    /// Whether it was masked, which is no erasing (PIPL 73).
    pub masked: bool,
    /// How it was erased.
    pub method: Option<Word>,
    /// What erased it or lets it stay: the certificate.
    pub by: Option<Seen>,
}

/// One recipient that received data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtRecipient {
    /// Its id.
    pub recipient_id: String,
    /// Whether a fulfilled request told it.
    pub told: bool,
    /// SHA-256 of its certificate of deletion, hex.
    pub certificate_sha256: Option<String>,
    /// Its confirmation.
    pub confirmed: Option<Seen>,
}

/// The end of a time of retention.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ends {
    /// The first moment that is too late.
    pub at: Time,
    /// Why, in the rule's word.
    pub cause: String,
}

impl RemainsQuestion {
    /// The answer, the look on record.
    ///
    /// # Errors
    /// As [`FindingsDesk::findings`] of a person.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<RemainsAnswer, Error> {
        let question = Question {
            name: "remains",
            subject: &self.subject,
            when: When {
                as_of: self.as_of.as_deref(),
                at: self.at,
            },
        };
        let (whom, held) = of_person(desk, asking, &question, |asked| Ok(held(asked)))?;
        let Held {
            cancelled,
            data,
            recipients,
            ends,
        } = held;
        Ok(RemainsAnswer {
            whom,
            cancelled,
            data,
            recipients,
            ends,
        })
    }
}

struct Held {
    cancelled: Option<Cancelled>,
    data: Vec<Remaining>,
    recipients: Vec<AtRecipient>,
    ends: Vec<Ends>,
}

fn held(asked: &Asked<'_>) -> Said<Held> {
    let holdings = Holdings::of(asked.timeline, asked.judging.policies());
    let covers = Covers::of(asked.timeline);
    let requests = Requests::of(asked.timeline);
    let cancelled = Cancellation::all(&requests).pop().map(cancelled);
    let mut unknowns = Vec::new();
    if cancelled.is_some() && holdings.is_empty() {
        unknowns.push(unknown("collection", "nothing that was taken is on record"));
    }
    let mut data: Vec<Remaining> = holdings
        .all()
        .iter()
        .map(|holding| remaining(asked, holding, &covers))
        .collect();
    if data.iter().any(|one| one.store.is_empty()) {
        unknowns.push(unknown("store", "a collection names none"));
    }
    data.sort_by(|a, b| {
        let key = |one: &Remaining| (one.store.clone(), one.category.clone(), one.since);
        key(a).cmp(&key(b))
    });
    let ends = asked
        .findings
        .iter()
        .filter(|one| one.rule == 23 && one.result == Outcome::Violation && one.until_ms.is_none());
    let ends: BTreeSet<Ends> = ends
        .map(|one| Ends {
            at: Time(one.since_ms),
            cause: one.cause.clone(),
        })
        .collect();
    Said {
        rows: data.len(),
        what: Held {
            cancelled,
            data,
            recipients: recipients(asked),
            ends: ends.into_iter().collect(),
        },
        unknowns,
    }
}

fn cancelled(of: Cancellation<'_>) -> Cancelled {
    Cancelled {
        asked: Time(of.receipt.received_ms),
        seen: Seen::of(of.fulfilled),
        statutes: match of.fulfilled.body() {
            Body::RightsRequestFulfilled(said) => said.statutes_retained.clone(),
            _ => Vec::new(),
        },
    }
}

fn remaining(asked: &Asked<'_>, holding: &Holding<'_>, covers: &Covers<'_>) -> Remaining {
    let covered = || {
        let active = covers
            .of_holding(holding.store, holding.category)
            .filter(|cover| {
                cover.from_ms <= asked.moment_ms
                    && cover.until_ms.is_none_or(|until| until > asked.moment_ms)
            });
        // What lets it stay longest.
        active.max_by_key(|cover| (cover.until_ms.unwrap_or(i64::MAX), cover.from_ms))
    };
    let cover = if holding.erased.is_none() {
        covered()
    } else {
        None
    };
    let state = match (
        holding.erased.map(Occurrence::body),
        cover.map(|cover| cover.kind),
    ) {
        (Some(Body::DataAnonymised(_)), _) => "anonymised",
        (Some(_), _) => "erased",
        (None, Some(CoverKind::Restricted)) => "restricted",
        (None, Some(CoverKind::Held)) => "held by law",
        (None, Some(CoverKind::Reauthorised)) => "authorised anew",
        (None, None) => "held",
    };
    Remaining {
        store: holding.store.to_owned(),
        category: Word::of("DataCategory", holding.category),
        state: state.to_owned(),
        since: Time(holding.since_ms),
        until: cover.and_then(|cover| cover.until_ms).map(Time),
        statute: cover.and_then(|cover| statute(asked, cover)),
        masked: holding.masked.is_some(),
        method: holding.erased.and_then(|one| match one.body() {
            Body::DataErased(said) => Word::of("ErasureMethod", said.method),
            Body::DataAnonymised(said) => Word::of("ErasureMethod", said.method),
            _ => None,
        }),
        by: holding.erased.or(cover.map(|cover| cover.on)).map(Seen::of),
    }
}

/// What is cited. A case may be under a gag, so its name is for those who may see that.
fn statute(asked: &Asked<'_>, cover: &Cover<'_>) -> Option<String> {
    match cover.on.body() {
        Body::ProcessingRestricted(said) => some(&said.statute),
        Body::LegalHoldPlaced(said) => {
            let case = some(&said.case_ref).filter(|_| may_see(asked.asks));
            some(&said.statute).or(case)
        }
        Body::RetentionReauthorised(said) => some(&said.consent_id),
        _ => None,
    }
}

/// Recipients that data left for, where no gag hides one.
fn recipients(asked: &Asked<'_>) -> Vec<AtRecipient> {
    let mut all: BTreeMap<&str, AtRecipient> = BTreeMap::new();
    let hidden = |one: &Occurrence| super::gagged::runs(one, asked.now_ms) && !may_see(asked.asks);
    for one in asked.timeline.iter().filter(|one| !hidden(one)) {
        if let Some(out) = outflow(one.body()) {
            all.entry(out.recipient).or_insert_with(|| AtRecipient {
                recipient_id: out.recipient.to_owned(),
                told: false,
                certificate_sha256: None,
                confirmed: None,
            });
        }
    }
    for one in asked.timeline {
        match one.body() {
            Body::RightsRequestFulfilled(said) => {
                for told in &said.recipients_told {
                    if let Some(recipient) = all.get_mut(told.as_str()) {
                        recipient.told = true;
                    }
                }
            }
            Body::RecipientDeletionConfirmed(said) => {
                if let Some(recipient) = all.get_mut(said.recipient_id.as_str()) {
                    recipient.certificate_sha256 = some_hex(&said.certificate_sha256);
                    recipient.confirmed = Some(Seen::of(one));
                }
            }
            _ => {}
        }
    }
    all.into_values().collect()
}
