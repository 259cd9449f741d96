//! What an order of erasure did, and what ends when: the certificate.

use std::collections::BTreeSet;

use custodia_core::assess::{LeafAt, Occurrence, Register, ms_of};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ErasureOrdered, SubjectKeyShredded};
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, When, some};
use super::issued::{IssuedExtract, extracts};
use super::order_approved::ORDERED;
use crate::assess::FindingsDesk;
use crate::query::{CutName, Time};

/// `SubjectKeyShredded`, in the envelope.
const SHREDDED: u32 = 304;

/// What did an order of erasure do? Names nobody: people stand under digests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateQuestion {
    /// The order.
    pub order_id: String,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
}

/// The certificate of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The order.
    pub order_id: String,
    /// What it was about, a digest each; empty where the registry has no such order.
    pub erased: Vec<ErasedSubject>,
    /// Extracts that left before and show the person: they can't be called back.
    pub extracts: Vec<IssuedExtract>,
}

/// What was ordered of one digest, and who says that it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedSubject {
    /// `BLAKE3-derive-key("custodia.v1 erased subject", reference)`, hex.
    pub digest: String,
    /// The order.
    pub ordered: Seen,
    /// The basis, and the longest duty to keep that had ended.
    pub duty_ended: String,
    /// When it had.
    pub duty_ended_at: Option<Time>,
    /// The person's request that it follows from.
    pub request_id: Option<String>,
    /// Whether it was about the key of a case.
    pub is_case: bool,
    /// The one leaf that it was about, where it was about one.
    pub leaf: Option<LeafAt>,
    /// Who asked for it, by employee reference.
    pub asked_by: String,
    /// Who approved it, by employee reference.
    pub approvers: Vec<String>,
    /// Ledgers and key stores that carried it out, in the order in which they said so.
    pub attested: Vec<Attested>,
}

/// One ledger's word that it erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// The ledger or key store.
    pub store_id: String,
    /// Its word.
    pub said: Seen,
    /// How many keys were destroyed.
    pub keys: u64,
    /// How many payloads were deleted.
    pub payloads: u64,
    /// How many rows were deleted.
    pub rows: u64,
    /// When Kafka's last copy ends; none where the topics keep what they hold without an end.
    pub kafka_copies_end: Option<Time>,
}

impl CertificateQuestion {
    /// The answer.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn answer(&self, desk: &FindingsDesk) -> Result<Certificate, Error> {
        let when = When {
            as_of: self.as_of.as_deref(),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let register = judging.register();
        let (mut erased, mut ids) = (Vec::new(), BTreeSet::new());
        for one in register.of(ORDERED) {
            if let Body::ErasureOrdered(said) = one.body()
                && said.order_id == self.order_id
            {
                ids.extend(said.extract_ids.iter().cloned());
                erased.push(subject(one, said, register));
            }
        }
        Ok(Certificate {
            cut: CutName::from(from.cut()),
            order_id: self.order_id.clone(),
            erased,
            extracts: extracts(&from, &ids)?,
        })
    }
}

fn subject(one: &Occurrence, said: &ErasureOrdered, register: &Register) -> ErasedSubject {
    let leaf = some(&said.leaf_log).map(|log| LeafAt {
        log,
        index: said.leaf_index.unwrap_or_default(),
    });
    let attested = register.of(SHREDDED).filter_map(|one| match one.body() {
        Body::SubjectKeyShredded(word) if is_of(word, said) => Some(attested(one, word)),
        _ => None,
    });
    ErasedSubject {
        digest: hex::encode(&said.erased_subject_blake3),
        ordered: Seen::of(one),
        duty_ended: said.duty_ended.clone(),
        duty_ended_at: said.duty_ended_at.as_ref().map(|at| Time(ms_of(at))),
        request_id: some(&said.request_id),
        is_case: said.case_key == Some(true),
        leaf,
        asked_by: said.asked_by_ref.clone(),
        approvers: said.approver_refs.clone(),
        attested: attested.collect(),
    }
}

fn is_of(word: &SubjectKeyShredded, said: &ErasureOrdered) -> bool {
    word.order_id == said.order_id && word.erased_subject_blake3 == said.erased_subject_blake3
}

fn attested(one: &Occurrence, word: &SubjectKeyShredded) -> Attested {
    Attested {
        store_id: word.store_id.clone(),
        said: Seen::of(one),
        keys: word.key_count.unwrap_or_default(),
        payloads: word.payload_count.unwrap_or_default(),
        rows: word.row_count.unwrap_or_default(),
        kafka_copies_end: word.kafka_copies_end_at.as_ref().map(|at| Time(ms_of(at))),
    }
}
