//! One row of the answer to "who received this person's data?".

use custodia_core::schema;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Basis, DataDisclosed, DataShared, DataTransferred};
use custodia_core::verdict::Verdict;
use serde::{Deserialize, Serialize};

use super::register::Register;
use super::view::{Leaf, time_of};
use super::{Error, Time, Word};

/// Numbers of the bodies with which data leaves: shared, transferred, disclosed.
pub(super) const OUTFLOWS: [u32; 3] = [200, 206, 209];

/// Data of one person that left for one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// When it happened, by the event.
    pub time: Option<Time>,
    /// When Kafka took the record.
    pub record_time: Option<Time>,
    /// The reference that the event is under: the one asked about, or one linked to it.
    pub subject: String,
    /// The kind of event, e.g. `DataShared`; none where it can't be read.
    pub event: Option<String>,
    /// The event's id, hex.
    pub event_id: Option<String>,
    /// Who received it.
    pub recipient: Option<Recipient>,
    /// Which categories of data.
    pub categories: Vec<Word>,
    /// What for.
    pub purposes: Vec<Word>,
    /// The policy's case: sharing, transfer or disclosure.
    pub case: Option<Word>,
    /// On what ground.
    pub basis: Option<Ground>,
    /// The separate consent, where there is one.
    pub separate_consent_id: Option<String>,
    /// Until when the person must not be told.
    pub gag_until: Option<Time>,
    /// What joins it with other events.
    pub correlation_id: Option<String>,
    /// Who says so.
    pub producer: Option<ProducerOf>,
    /// The verdict.
    pub verdict: Said,
    /// Whether its payload is erased, so that nothing but leaf and verdict is left.
    pub erased: bool,
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
    /// Leaves of the same log that repeat it.
    pub repeated_at: Vec<u64>,
}

/// A recipient, as the register has it at the cut.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// What part it plays.
    pub kind: Option<Word>,
    /// How people can reach it.
    pub contact: Option<String>,
    /// `registered`, `terminated` or `unknown`.
    pub standing: String,
    /// Since when it may receive nothing more.
    pub terminated_at: Option<Time>,
}

/// The ground that an outflow rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Which kind.
    pub kind: Option<Word>,
    /// The consent.
    pub consent_id: Option<String>,
    /// The order or agreement.
    pub contract_ref: Option<String>,
    /// The policy's exempt case.
    pub exemption: Option<Word>,
    /// What is cited.
    pub citation: Option<String>,
}

/// A producer, and how it stands at the cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducerOf {
    /// Its name.
    pub name: String,
    /// `registered`, `unknown`, `retired`, `not registered for this kind of event`, `forged` or
    /// `the ledger`.
    pub standing: String,
    /// `unsigned`, `signed`, `forged` where it is not of the key that it names, `unknown key` where
    /// the register has no such key for this producer, or `replaced key` where it verifies and the
    /// register had put another in that key's place before.
    #[serde(default)]
    pub signature: String,
    /// The key that the signature names.
    #[serde(default)]
    pub key_id: Option<String>,
}

/// A verdict, as answers say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// `accepted`, `duplicate`, `quarantined`, or `unknown` where the payload was gone before it
    /// was judged.
    pub verdict: String,
    /// The reason's code.
    pub reason: Option<String>,
    /// The verdict in words.
    pub words: String,
}

/// What is left of a person who was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// The kind of event that says so: `ErasureOrdered` or `SubjectKeyShredded`.
    pub event: String,
    /// The order.
    pub order_id: String,
    /// When, by the event.
    pub time: Option<Time>,
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
}

impl From<Option<&Verdict>> for Said {
    fn from(verdict: Option<&Verdict>) -> Self {
        let Some(verdict) = verdict else {
            let words = "its payload was erased before it was judged".to_owned();
            return Self {
                verdict: "unknown".into(),
                reason: None,
                words,
            };
        };
        let kind = match verdict {
            Verdict::Accepted => "accepted",
            Verdict::Duplicate { .. } => "duplicate",
            Verdict::Quarantined { .. } => "quarantined",
        };
        let reason = verdict.reason().map(|reason| reason.code().to_owned());
        Self {
            verdict: kind.into(),
            reason,
            words: verdict.to_string(),
        }
    }
}

/// What the three kinds of outflow have in common.
#[derive(Default)]
struct Outflow<'a> {
    categories: &'a [i32],
    purpose: i32,
    case: Option<Word>,
    basis: Option<&'a Basis>,
    separate_consent_id: &'a str,
    gag_until: Option<Time>,
}

impl<'a> Outflow<'a> {
    fn of(body: &'a Body) -> Self {
        match body {
            Body::DataShared(shared) => Self::shared(shared),
            Body::DataTransferred(transferred) => Self::transferred(transferred),
            Body::DataDisclosed(disclosed) => Self::disclosed(disclosed),
            _ => Self::default(),
        }
    }

    fn shared(said: &'a DataShared) -> Self {
        Self {
            categories: &said.categories,
            purpose: said.purpose,
            case: Word::of("ShareCase", said.case),
            basis: said.basis.as_ref(),
            separate_consent_id: &said.separate_consent_id,
            gag_until: None,
        }
    }

    fn transferred(said: &'a DataTransferred) -> Self {
        Self {
            categories: &said.categories,
            case: Word::of("TransferCase", said.case),
            basis: said.basis.as_ref(),
            separate_consent_id: &said.reconsent_id,
            ..Self::default()
        }
    }

    fn disclosed(said: &'a DataDisclosed) -> Self {
        Self {
            categories: &said.categories,
            purpose: said.purpose,
            case: Word::of("DisclosureCase", said.case),
            basis: said.basis.as_ref(),
            separate_consent_id: &said.separate_consent_id,
            gag_until: said.gag_until.as_ref().map(time_of),
        }
    }
}

impl From<&Basis> for Ground {
    fn from(basis: &Basis) -> Self {
        let exemption = Word::of("CollectionExemption", basis.collection_exemption);
        Self {
            kind: Word::of("BasisKind", basis.kind),
            consent_id: some(&basis.consent_id),
            contract_ref: some(&basis.contract_ref),
            exemption: exemption.or_else(|| Word::of("OutflowExemption", basis.outflow_exemption)),
            citation: some(&basis.citation),
        }
    }
}

impl Received {
    /// The row of a leaf that names `subject`.
    pub(super) fn of(
        leaf: &Leaf,
        subject: &str,
        body_number: Option<u32>,
        register: &mut Register<'_>,
    ) -> Result<Self, Error> {
        let mut row = Self {
            record_time: leaf.record_time,
            subject: subject.to_owned(),
            event: body_number
                .and_then(schema::body_of)
                .map(|kind| kind.name.clone()),
            verdict: Said::from(leaf.verdict.as_ref()),
            erased: leaf.record.is_none(),
            log: leaf.log.clone(),
            index: leaf.index,
            ..Self::default()
        };
        let Some(event) = &leaf.event else {
            return Ok(row);
        };
        row.time = leaf.time();
        row.event_id = Some(hex::encode(&event.event_id));
        row.correlation_id = some(&event.correlation_id);
        row.producer = register.producer(leaf, body_number)?;
        row.recipient = match recipient_of(leaf) {
            Some(id) => Some(register.recipient(&id)?),
            None => None,
        };
        if let Some(body) = &event.body {
            row.put(&Outflow::of(body));
        }
        Ok(row)
    }

    fn put(&mut self, outflow: &Outflow<'_>) {
        self.categories = Word::all("DataCategory", outflow.categories);
        self.purposes = Word::all("Purpose", &[outflow.purpose]);
        self.case.clone_from(&outflow.case);
        self.basis = outflow.basis.map(Ground::from);
        self.separate_consent_id = some(outflow.separate_consent_id);
        self.gag_until = outflow.gag_until;
    }
}

/// Field 1 of the body (design §3.2).
pub(super) fn recipient_of(leaf: &Leaf) -> Option<String> {
    let value = leaf.record.as_ref()?.value.as_deref()?;
    let split = custodia_core::split::split(value).ok()?;
    let event = schema::decode(&value[split.frame.len()..]).ok()?;
    let kind = schema::body_of(split.body_number)?;
    let body = event.get_field_by_name(&kind.field_name)?;
    let id = body.as_message()?.get_field_by_name("recipient_id")?;
    id.as_str().and_then(some)
}

/// A text that is there.
pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
