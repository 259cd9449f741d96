//! One producer, as the register has it at a cut, and how its events stand to that.

use custodia_core::producer_signature::ProducerSignature;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ProducerRegistered, ProducerUpdated};
use custodia_core::slot::Slots;

use super::Time;
use super::received::{ProducerOf, some};
use super::view::{Leaf, time_of};

/// Standings, as answers say them.
pub(super) const REGISTERED: &str = "registered";
pub(super) const UNKNOWN: &str = "unknown";
pub(super) const FORGED: &str = "forged";

/// What is said of an event's signature.
const UNSIGNED: &str = "unsigned";
const SIGNED: &str = "signed";
/// The register has no key of that id for the producer: nothing can be checked.
pub(super) const UNKNOWN_KEY: &str = "unknown key";
/// It verifies, under a key in whose place the register had put another before the record.
const REPLACED_KEY: &str = "replaced key";

/// What the register says of a producer.
#[derive(Debug, Clone, Default)]
pub(super) struct Service {
    registered: bool,
    event_types: Vec<u32>,
    retired_at: Option<Time>,
    /// Every key that it ever had, in order: what it signed while one counted stays signed.
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    id: String,
    public: Vec<u8>,
    /// When the record was written that put another in its place.
    replaced_at: Option<Time>,
}

impl Service {
    /// Takes in one accepted event of the register, in order.
    pub(super) fn learn(&mut self, leaf: &Leaf) {
        let event = leaf.event.as_ref();
        match event.and_then(|event| event.body.as_ref()) {
            Some(Body::ProducerRegistered(said)) => self.register(said, leaf.record_time),
            Some(Body::ProducerUpdated(said)) => {
                self.register(&registered(said), leaf.record_time);
            }
            Some(Body::ProducerRetired(said)) => {
                self.retired_at = said.retired_at.as_ref().map(time_of);
            }
            _ => {}
        }
    }

    fn register(&mut self, said: &ProducerRegistered, record_time: Option<Time>) {
        self.registered = true;
        self.event_types.clone_from(&said.event_types);
        self.retired_at = None;
        let same = |key: &Key| key.id == said.key_id && key.public == said.public_key;
        for key in self.keys.iter_mut().filter(|key| !same(key)) {
            key.replaced_at = key.replaced_at.or(record_time);
        }
        match self.keys.iter_mut().find(|key| same(key)) {
            Some(key) => key.replaced_at = None,
            None => self.keys.push(Key {
                id: said.key_id.clone(),
                public: said.public_key.clone(),
                replaced_at: None,
            }),
        }
    }

    /// How the producer of an event stands: whose signature it is, then whether it was registered
    /// for this kind of body and not retired when the record was written.
    pub(super) fn producer_of(&self, name: &str, leaf: &Leaf, body: Option<u32>) -> ProducerOf {
        let record = leaf.record.as_ref();
        let signature = record.and_then(|record| ProducerSignature::of(&Slots::of(record)));
        let said = signature.as_ref().map_or(UNSIGNED, |signature| {
            self.signature(signature, leaf.record_time)
        });
        let standing = match said {
            FORGED => FORGED,
            _ => self.standing(body, leaf.record_time),
        };
        let key_id = signature.map(|signature| String::from_utf8_lossy(&signature.key_id).into());
        ProducerOf {
            name: name.to_owned(),
            standing: standing.to_owned(),
            signature: said.to_owned(),
            key_id: key_id.and_then(|id: String| some(&id)),
        }
    }

    fn signature(&self, signature: &ProducerSignature, record_time: Option<Time>) -> &'static str {
        let of_id = |key: &&Key| key.id.as_bytes() == signature.key_id;
        if !self.keys.iter().any(|key| of_id(&key)) {
            return UNKNOWN_KEY;
        }
        let signed = |key: &&Key| signature.verify(&key.public).is_ok();
        let mut signing = self.keys.iter().filter(of_id).filter(signed).peekable();
        if signing.peek().is_none() {
            return FORGED;
        }
        let counted = |key: &Key| {
            let replaced = key.replaced_at.zip(record_time);
            replaced.map_or(key.replaced_at.is_none(), |(at, time)| time <= at)
        };
        if signing.any(counted) {
            SIGNED
        } else {
            REPLACED_KEY
        }
    }

    fn standing(&self, body: Option<u32>, record_time: Option<Time>) -> &'static str {
        if !self.registered {
            return UNKNOWN;
        }
        let retired = self
            .retired_at
            .is_some_and(|at| record_time.is_none_or(|time| time >= at));
        let foreign = body.is_some_and(|body| !self.event_types.contains(&body));
        match (retired, foreign) {
            (true, _) => "retired",
            (false, true) => "not registered for this kind of event",
            (false, false) => REGISTERED,
        }
    }
}

/// The two events say the same; only what is used is carried over.
fn registered(said: &ProducerUpdated) -> ProducerRegistered {
    ProducerRegistered {
        event_types: said.event_types.clone(),
        public_key: said.public_key.clone(),
        key_id: said.key_id.clone(),
        ..ProducerRegistered::default()
    }
}
