//! An order of erasure, as it stands in the registry.

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ErasureOrdered, Event};

/// An order that was accepted as a record of the registry. Whether it binds, [`Authority`] says.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The registry's log.
    pub log: String,
    /// Its leaf.
    pub index: u64,
    /// When Kafka took it, ms since 1970: records of the person up to then are erased.
    pub recorded_ms: i64,
    /// When it was given, by the event.
    pub given_ms: i64,
    /// The digest of the person's reference, or of the Kafka key bytes.
    pub digest: [u8; 32],
    /// What it says.
    pub said: ErasureOrdered,
}

impl Order {
    /// The order that an event of the registry gives; none where it is another event, or names nobody.
    pub(super) fn of(log: &str, index: u64, recorded_ms: i64, event: Event) -> Option<Self> {
        let given = event.occurred_at?;
        let Some(Body::ErasureOrdered(said)) = event.body else {
            return None;
        };
        Some(Self {
            log: log.to_owned(),
            index,
            recorded_ms,
            given_ms: given.seconds.saturating_mul(1000) + i64::from(given.nanos) / 1_000_000,
            digest: said.erased_subject_blake3.as_slice().try_into().ok()?,
            said,
        })
    }

    /// Whether it names key bytes that are no person's reference: those of a case.
    pub(super) fn is_by_payload(&self) -> bool {
        self.said.case_key == Some(true)
    }

    /// The one record that it is about, by log and leaf; none where it is about a person or a case.
    pub fn leaf(&self) -> Option<(&str, u64)> {
        let log = Some(self.said.leaf_log.as_str()).filter(|log| !log.is_empty());
        log.map(|log| (log, self.said.leaf_index.unwrap_or_default()))
    }

    /// Begins the names of what is kept of it in the key store until it is attested.
    pub(super) fn kept_as(&self) -> Vec<u8> {
        let mut name = b"destroyed ".to_vec();
        name.extend_from_slice(&self.index.to_be_bytes());
        name.extend_from_slice(self.log.as_bytes());
        name.push(b' ');
        name
    }
}

/// Says whether an order binds: whether two people who may, and not the one who asked, approved it.
pub trait Authority: Send + Sync {
    /// Why an order is not to be carried out; none where it is.
    ///
    /// # Errors
    /// What keeps the register from being read.
    fn refuses(&self, order: &Order) -> Result<Option<String>, super::Error>;
}
