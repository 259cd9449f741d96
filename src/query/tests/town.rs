//! A ledger in a temporary folder, with a record of the looks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use custodia_core::checkpoint::Checkpoint;
use custodia_core::note::SignerKey;
use custodia_core::producer_signature::ProducerKey;
use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{self, AccessReason, Basis, BasisKind, PersonRole};
use custodia_core::slot::Slots;
use custodia_core::verdict::{Place, TopicRole, judge};
use prometheus_client::registry::Registry;
use prost::Message as _;
use tempfile::TempDir;

use super::super::*;
use crate::clock::FixedClock;
use crate::keys::{FileKek, KeyStore, Label, erased_subject};
use crate::log::{Delivered, Generation, Incoming, Log, Outbox, OutboxError, Writer};
use crate::metrics::Metrics;
use crate::project::Projector;
use crate::store::{Budget, Shared};

pub(super) const EVENTS: &str = "ledger.example/custodia.events/0/0";
pub(super) const REGISTRY: &str = "ledger.example/custodia.registry/0/0";
const ACCESS: &str = "ledger.example/custodia.access/0/0";
const NOW_MS: i64 = 1_700_000_000_000;

pub(super) const LI: &str = "abcdefghijklmnopqrstuv2345";
pub(super) const WANG: &str = "bbcdefghijklmnopqrstuv2345";
pub(super) const OTHER: &str = "cbcdefghijklmnopqrstuv2345";
const EMPLOYEE: &str = "ebcdefghijklmnopqrstuv2345";

pub(super) const fn time(ms: i64) -> Time {
    Time(NOW_MS + ms)
}

pub(super) fn asking() -> Asking {
    Asking {
        principal: Principal {
            employee: EMPLOYEE.into(),
            role: PersonRole::PrProtectionOfficer,
        },
        reason: AccessReason::ArRightsRequest,
        ticket: String::new(),
        peer: "test".into(),
    }
}

pub(super) fn shared(recipient: &str) -> v1::DataShared {
    let basis = Basis {
        kind: BasisKind::BaContract.into(),
        contract_ref: "order-1".into(),
        ..Basis::default()
    };
    v1::DataShared {
        recipient_id: recipient.into(),
        case: v1::ShareCase::Sh03GoodsDelivery.into(),
        purpose: 1,
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
        basis: Some(basis),
        method: v1::ShareMethod::MtApi.into(),
        destination_country: "CN".into(),
        transfer_sha256: vec![1; 32],
        field_count: Some(1),
        record_count: Some(1),
        ..v1::DataShared::default()
    }
}

pub(super) fn stamp(ms: i64) -> prost_types::Timestamp {
    let ms = NOW_MS + ms;
    prost_types::Timestamp {
        seconds: ms / 1000,
        nanos: i32::try_from(ms % 1000).unwrap() * 1_000_000,
    }
}

/// Topic, key and value of a record.
type Sent = (String, Vec<u8>, Vec<u8>);

/// Keeps what is delivered, or refuses.
#[derive(Default)]
struct Memory {
    delivered: Mutex<Vec<Sent>>,
    refuses: AtomicBool,
    refuses_key: Mutex<Option<Vec<u8>>>,
}

impl Outbox for Memory {
    fn deliver(&self, topic: &str, key: &[u8], value: &[u8]) -> Result<Delivered, OutboxError> {
        let refused = self.refuses_key.lock().unwrap().as_deref() == Some(key);
        if refused || self.refuses.load(Ordering::SeqCst) {
            return Err(OutboxError {
                topic: topic.to_owned(),
                reason: "refused".into(),
            });
        }
        let mut delivered = self.delivered.lock().unwrap();
        delivered.push((topic.to_owned(), key.to_vec(), value.to_vec()));
        Ok(Delivered {
            partition: 0,
            offset: delivered.len() as u64 - 1,
        })
    }
}

struct Lane {
    writer: Writer,
    projector: Projector,
}

pub(super) struct Town {
    events: Lane,
    registries: Vec<Lane>,
    /// Which of the registry's generations is open.
    registry: usize,
    _access: Lane,
    keys: Arc<KeyStore>,
    outbox: Arc<Memory>,
    clock: Arc<FixedClock>,
    desk: Desk,
    next_id: u8,
    _dir: TempDir,
}

fn lane(
    dir: &TempDir,
    origin: &str,
    role: TopicRole,
    keys: &Arc<KeyStore>,
    shared: &Shared,
) -> Lane {
    let path = dir.path().join(origin.replace('/', "-"));
    let generation = Generation::new("c".into(), Some("t".into()), 1, 0);
    let origin = origin.parse().unwrap();
    Log::create(&path, &origin, &generation, b"opened", shared).unwrap();
    let log = Log::open(&path, origin, shared).unwrap();
    let metrics = Metrics::register(&mut Registry::default());
    let projector = Projector::new(Arc::clone(&log), Arc::clone(keys), role, &metrics).unwrap();
    Lane {
        writer: Writer::new(log, Arc::clone(keys)).unwrap(),
        projector,
    }
}

impl Lane {
    fn append(&mut self, key: &[u8], value: &[u8], ms: i64) {
        let record = Record {
            offset: self.writer.state().size,
            timestamp: Timestamp::LogAppend(NOW_MS + ms),
            key: Some(key.to_vec()),
            value: Some(value.to_vec()),
            headers: Vec::new(),
        };
        self.writer
            .append(&[Incoming {
                record,
                leader_epoch: None,
            }])
            .unwrap();
        while self
            .projector
            .step()
            .map(|done| done.from < done.to)
            .unwrap()
        {}
    }
}

impl Town {
    pub(super) fn new() -> Self {
        Self::with_registries(&[REGISTRY])
    }

    /// With these generations of the registry; the first is open.
    pub(super) fn with_registries(origins: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::new(&Budget {
            memory_bytes: 32 << 20,
            stores: 4,
            write_bytes_per_s: None,
        });
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let keys = Arc::new(KeyStore::create(&dir.path().join("keys"), &shared, kek).unwrap());
        let lane = |origin: &str, role| lane(&dir, origin, role, &keys, &shared);
        let events = lane(EVENTS, TopicRole::Events);
        let registries = origins.iter().copied();
        let registries = registries.map(|origin| lane(origin, TopicRole::Registry));
        let registries: Vec<Lane> = registries.collect();
        let access = lane(ACCESS, TopicRole::Access);
        let rows = |lane: &Lane, role| LogRows {
            role,
            rows: lane.projector.reader(),
        };
        let mut logs = vec![
            rows(&events, TopicRole::Events),
            rows(&access, TopicRole::Access),
        ];
        logs.extend(
            registries
                .iter()
                .map(|lane| rows(lane, TopicRole::Registry)),
        );
        let view = View::new(
            logs,
            Arc::clone(&keys),
            CutFiles::new(&dir.path().join("cuts")),
        );
        let (outbox, clock) = (
            Arc::new(Memory::default()),
            Arc::new(FixedClock::at(NOW_MS)),
        );
        let port = Arc::clone(&outbox) as Arc<dyn Outbox>;
        let looks = Looks::new(port, "custodia.access".into(), Arc::clone(&clock) as _);
        let desk = Desk::new(view, looks);
        Self {
            events,
            registries,
            registry: 0,
            _access: access,
            keys,
            outbox,
            clock,
            desk,
            next_id: 100,
            _dir: dir,
        }
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(super) fn clock(&self) -> &FixedClock {
        &self.clock
    }

    pub(super) fn who(&self, subject: &str) -> Result<WhoAnswer, Error> {
        self.ask(subject, None, None)
    }

    pub(super) fn ask(
        &self,
        subject: &str,
        as_of: Option<&str>,
        at: Option<Time>,
    ) -> Result<WhoAnswer, Error> {
        let as_of = as_of.map(str::to_owned);
        self.desk.who(
            &asking(),
            &WhoQuestion {
                subject: subject.into(),
                as_of,
                at,
            },
        )
    }

    pub(super) fn timeline(&self, of: Topic) -> Result<Timeline, Error> {
        let question = TimelineQuestion {
            of,
            from: None,
            to: None,
            as_of: None,
            at: None,
        };
        self.desk.timeline(&asking(), &question)
    }

    pub(super) fn looks(&self) -> Vec<(String, v1::Event)> {
        let delivered = self.outbox.delivered.lock().unwrap();
        let look = |(topic, key, value): &(String, Vec<u8>, Vec<u8>)| {
            assert_eq!(topic, "custodia.access");
            let key = String::from_utf8_lossy(key).into_owned();
            (key, v1::Event::decode(value.as_slice()).unwrap())
        };
        delivered.iter().map(look).collect()
    }

    pub(super) fn is_accepted_look(key: &str, look: &v1::Event) -> bool {
        let record = Record {
            offset: 0,
            timestamp: Timestamp::LogAppend(NOW_MS),
            key: Some(key.as_bytes().to_vec()),
            value: Some(look.encode_to_vec()),
            headers: Vec::new(),
        };
        let place = Place {
            role: TopicRole::Access,
            partition: 0,
            partitions: 1,
        };
        judge(&record, &place).reason.is_none()
    }

    pub(super) fn refuse_looks(&self) {
        self.outbox.refuses.store(true, Ordering::SeqCst);
    }

    pub(super) fn refuse_look_at(&self, key: &str) {
        *self.outbox.refuses_key.lock().unwrap() = Some(key.as_bytes().to_vec());
    }

    pub(super) fn append_events(&mut self, key: &str, value: &[u8], ms: i64) {
        self.events.append(key.as_bytes(), value, ms);
    }

    pub(super) fn put(&mut self, subject: &str, body: Body, id: u8, ms: i64) {
        let event = event(subject, body, id, ms);
        self.append_events(subject, &event, ms);
    }

    pub(super) fn share(&mut self, subject: &str, recipient: &str, id: u8, ms: i64) {
        self.put(subject, Body::DataShared(shared(recipient)), id, ms);
    }

    pub(super) fn share_late(
        &mut self,
        subject: &str,
        recipient: &str,
        id: u8,
        ms: i64,
        record_ms: i64,
    ) {
        let event = event(subject, Body::DataShared(shared(recipient)), id, ms);
        self.append_events(subject, &event, record_ms);
    }

    pub(super) fn link(&mut self, subject: &str, other: &str, id: u8) {
        let reason = v1::LinkReason::LkAccountMerged.into();
        let body = v1::SubjectLinked {
            reason,
            other_ref: other.into(),
        };
        self.put(subject, Body::SubjectLinked(body), id, i64::from(id) * 1000);
    }

    fn enter(&mut self, key: &[u8], body: Body, ms: i64) {
        self.next_id += 1;
        let event = event("", body, self.next_id, ms);
        self.registries[self.registry].append(key, &event, ms);
    }

    /// Goes on in the next generation of the registry.
    pub(super) fn open_next_registry(&mut self) {
        self.registry += 1;
    }

    pub(super) fn register(&mut self, id: &str, name: &str, ms: i64) {
        let registered = v1::RecipientRegistered {
            recipient_id: id.into(),
            name: name.into(),
            contact: "400-000-0000".into(),
            kind: v1::Actor::AcCourier.into(),
            legal_role: 1,
            confidentiality: Some(true),
            storage_countries: vec!["CN".into()],
            allowed_uses: vec![allowed()],
            ..v1::RecipientRegistered::default()
        };
        self.enter(id.as_bytes(), Body::RecipientRegistered(registered), ms);
    }

    pub(super) fn rename(&mut self, id: &str, name: &str, ms: i64) {
        let updated = v1::RecipientUpdated {
            recipient_id: id.into(),
            name: name.into(),
            contact: "400-000-0000".into(),
            kind: v1::Actor::AcCourier.into(),
            legal_role: 1,
            confidentiality: Some(true),
            storage_countries: vec!["CN".into()],
            allowed_uses: vec![allowed()],
            ..v1::RecipientUpdated::default()
        };
        self.enter(id.as_bytes(), Body::RecipientUpdated(updated), ms);
    }

    pub(super) fn register_producer(&mut self, event_types: Vec<u32>, ms: i64) {
        let registered = v1::ProducerRegistered {
            producer_name: "shop".into(),
            on_call_contact: "team@shop.example".into(),
            event_types,
            public_key: vec![1; 32],
            ..v1::ProducerRegistered::default()
        };
        self.enter(b"shop", Body::ProducerRegistered(registered), ms);
    }

    /// Puts a key in the register, in the place of any before.
    pub(super) fn give_key(&mut self, key_id: &str, seed: u8, ms: i64) {
        let updated = v1::ProducerUpdated {
            producer_name: "shop".into(),
            on_call_contact: "team@shop.example".into(),
            event_types: vec![200],
            public_key: ProducerKey::from_seed(&[seed; 32]).public().to_vec(),
            key_id: key_id.into(),
            ..v1::ProducerUpdated::default()
        };
        self.enter(b"shop", Body::ProducerUpdated(updated), ms);
    }

    /// A share under the signature of the key of this seed, then changed.
    pub(super) fn share_signed(
        &mut self,
        (key_id, seed): (&str, u8),
        ms: i64,
        change: impl FnOnce(&mut v1::Event),
    ) {
        self.next_id += 1;
        let bytes = event(LI, Body::DataShared(shared("courier-1")), self.next_id, ms);
        let mut event = v1::Event::decode(bytes.as_slice()).unwrap();
        event.producer_key_id = key_id.into();
        event.producer_signature = vec![1; 64];
        let record = Record {
            offset: 0,
            timestamp: Timestamp::None,
            key: None,
            value: Some(event.encode_to_vec()),
            headers: Vec::new(),
        };
        let key = ProducerKey::from_seed(&[seed; 32]);
        event.producer_signature = key.sign(&Slots::of(&record)).to_vec();
        change(&mut event);
        self.append_events(LI, &event.encode_to_vec(), ms);
    }

    pub(super) fn who_of(&self, subjects: &[&str]) -> Result<Vec<OfOne>, Error> {
        let question = PeopleQuestion {
            subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
            ..PeopleQuestion::default()
        };
        self.desk.who_of_people(&asking(), &question)
    }

    pub(super) fn retire_producer(&mut self, ms: i64) {
        let retired = v1::ProducerRetired {
            producer_name: "shop".into(),
            reason: 1,
            retired_at: Some(stamp(ms)),
            ..v1::ProducerRetired::default()
        };
        self.enter(b"shop", Body::ProducerRetired(retired), ms);
    }

    pub(super) fn order_erasure(&mut self, subject: &str, ms: i64) {
        let digest = erased_subject(subject);
        let ordered = v1::ErasureOrdered {
            erased_subject_blake3: digest.to_vec(),
            order_id: "order-9".into(),
            duty_ended: "the last order was five years ago".into(),
            duty_ended_at: Some(stamp(0)),
            approver_refs: vec![EMPLOYEE.into(), OTHER.into()],
            ..v1::ErasureOrdered::default()
        };
        self.enter(&digest, Body::ErasureOrdered(ordered), ms);
    }

    pub(super) fn shred(&self, subject: &str) {
        let digest = erased_subject(subject);
        self.keys.remember(&digest, -1).unwrap();
        self.keys
            .shred(EVENTS, &Label::Key(subject.as_bytes()))
            .unwrap();
    }

    pub(super) fn sign(&self) {
        let log = self.events.writer.log();
        let tail = log.tail();
        let key = SignerKey::from_seed(EVENTS, &[7; 32]).unwrap();
        let checkpoint = Checkpoint {
            origin: EVENTS.to_owned(),
            size: tail.size,
            root: tail.root,
        };
        log.keep_checkpoint(tail.size, &checkpoint.sign(&key).unwrap())
            .unwrap();
    }
}

fn allowed() -> v1::AllowedUse {
    v1::AllowedUse {
        purpose: 1,
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
    }
}

fn event(subject: &str, body: Body, id: u8, ms: i64) -> Vec<u8> {
    let mut event_id = [id; 16];
    (event_id[6], event_id[8]) = (0x71, 0x81);
    let event = v1::Event {
        event_id: event_id.to_vec(),
        salt: vec![7; 32],
        occurred_at: Some(stamp(ms)),
        producer: "shop".into(),
        subject_ref: subject.into(),
        body: Some(body),
        ..v1::Event::default()
    };
    event.encode_to_vec()
}
